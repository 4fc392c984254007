"""The letters before and after a public one, found without loading all campaigns."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from worker import db
from worker.models import Campaign
from worker.state import public_letters
from worker.web.app import make_app

WHEN = ("from launch", "after dispatch", "never", None)


def a_campaign(session: Session, number: int, now: datetime) -> None:
    """One of every kind in turn; ten are launched at the same moment, and the later ones have the lower numbers."""
    campaign = cast.a_campaign(session, f"letter-{number}")
    when, dispatched, cancelled = list(itertools.product(WHEN, (False, True), (False, True)))[number * 7 % 16]
    if when is not None:
        campaign.definition = campaign.definition | {"public_page": when}
    campaign.launched_at = now - timedelta(hours=number // 10)
    campaign.dispatched_at = now if dispatched else None
    campaign.cancelled_at = now if cancelled else None


@pytest.fixture
def campaigns(database: str) -> list[Campaign]:
    """Two hundred, in the order in which they were launched."""
    with db.transaction() as session:
        now = db.clock(session)
        for number in range(200):
            a_campaign(session, number, now)
    with db.reading() as session:
        return list(session.scalars(select(Campaign).order_by(Campaign.launched_at, Campaign.id)))


def test_the_neighbours_are_the_next_that_everyone_may_read(campaigns: list[Campaign]) -> None:
    public = [one.slug for one in campaigns if one.is_public]
    moments = {one.launched_at for one in campaigns if one.is_public}
    assert len(moments) < len(public) < 100, "some at the same moment, and many that are not public"
    expected = dict(zip(public, zip([None, *public], [*public[1:], None], strict=False), strict=True))

    with db.reading() as session:
        found = {
            one.slug: tuple(other and other.slug for other in public_letters.neighbours(session, one))
            for one in campaigns
            if one.is_public
        }

    assert found == expected


def test_the_database_calls_the_same_ones_public(campaigns: list[Campaign]) -> None:
    with db.reading() as session:
        public = set(session.scalars(select(Campaign.slug).where(Campaign.is_public)))
        not_public = set(session.scalars(select(Campaign.slug).where(~Campaign.is_public)))
    assert public == {one.slug for one in campaigns if one.is_public}
    assert not_public == {one.slug for one in campaigns if not one.is_public}


def test_a_look_at_a_public_page_loads_three_campaigns_at_most(campaigns: list[Campaign]) -> None:
    middle = [one.slug for one in campaigns if one.is_public][20]
    loaded: list[str] = []

    def note(campaign: Campaign, *_: Any) -> None:
        loaded.append(campaign.slug)

    event.listen(Campaign, "load", note)
    try:
        page = TestClient(make_app()).get(f"/c/{middle}")
    finally:
        event.remove(Campaign, "load", note)

    assert page.status_code == 200
    assert page.text.count('href="/c/letter-') > 2, "its neighbours are on it"
    assert middle in loaded
    assert len(loaded) == 3
