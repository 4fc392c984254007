"""What the clock finds to do, of a campaign at each point of its life, and of many at once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests import cast
from tests.deliveries import mails
from tests.lives import (
    answered,
    asked,
    brought_by_hand,
    cancelled,
    dispatched,
    held,
    in_data,
    past_its_deadline,
    receipted,
    reported,
    sealed,
    stepped_back,
    uncertain,
    voided,
)
from tests.sql import statements
from tests.two_addressees import a_campaign_with_two_addressees, a_letter_goes
from worker import db, key_check, tasks
from worker.acts import invite, receipts, report
from worker.models import Campaign
from worker.state import recipients
from worker.state.due import due_acts

pytestmark = pytest.mark.usefixtures("database")


LIFE: dict[Callable[[Session, Campaign], None] | None, list[str]] = {
    None: ["invite"],
    asked: [],
    answered: ["record"],
    receipted: [],
    past_its_deadline: ["close"],
    voided: ["close"],
    sealed: ["dispatch"],
    in_data: ["dispatch"],
    uncertain: ["dispatch"],
    dispatched: ["report"],
    reported: [],
    stepped_back: ["record"],
    brought_by_hand: [],
    held: [],
    cancelled: [],
}


@pytest.mark.parametrize("lived", LIFE, ids=lambda one: one.__name__ if one else "launched")
def test_a_campaign_has_due_what_comes_next_in_its_life(lived: Any) -> None:
    campaign_id = a_campaign(lived)

    assert due() == [(name, campaign_id) for name in LIFE[lived]]


def test_of_many_campaigns_each_has_its_own_due() -> None:
    launched = {lived: a_campaign(lived) for lived in LIFE}

    assert due() == [(name, launched[lived]) for lived, names in LIFE.items() for name in names]


@pytest.mark.parametrize("second", [None, "due", "uncertain", "sent"])
def test_a_letter_to_a_second_addressee_is_not_forgotten_once_the_first_has_it(second: str | None) -> None:
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session)
        asked(session, campaign)
        cast.signs(session, campaign.partners[0])
        receipts.put_receipts(session, campaign.id)
        cast.passes_its_deadline(session, campaign)
        cast.is_sealed(session, campaign)
        a_letter_goes(session, campaign, 0, "sent")
        if second:
            a_letter_goes(session, campaign, 1, second)
        report.put_copies(session, campaign.id)
        campaign_id = campaign.id

    assert due() == ([] if second == "sent" else [("dispatch", campaign_id)])


@pytest.mark.parametrize(("act", "kind"), [("record", "receipt"), ("report", "copy")])
def test_after_a_full_group_the_next_one_follows_and_stays_due_if_it_is_lost(
    act: str, kind: str, monkeypatch: pytest.MonkeyPatch, notified: list[tuple[Any, ...]]
) -> None:
    for module in (invite, receipts, report):
        monkeypatch.setattr(module, "BATCH", 3)
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=tuple(f"Group {number}" for number in range(5)))
        for partner in campaign.partners:
            cast.signs(session, partner)
        if act == "report":
            cast.is_sealed(session, campaign)
            cast.the_letter_leaves(session, campaign)
        campaign_id = campaign.id

    put = []
    for _ in range(3):
        assert (act, campaign_id) in due()
        tasks.queue.tasks[act].run(campaign_id)
        put.append(len(mails(kind)))
        assert notified.count((act, campaign_id)) == min(len(put), 2)

    assert put == [3, 6, 7]
    assert (act, campaign_id) not in due()


def test_a_sweep_takes_as_many_statements_for_many_campaigns_as_for_one() -> None:
    """Whatever they are at, and however many are over; what a sweep writes is three rows at most."""
    key_check.check()  # which the first process writes down
    counted = []
    for _ in range(2):
        for lived in LIFE:
            a_campaign(lived)
        counted.append(statements_of_a_sweep())

    assert counted[0] == counted[1] <= 33


def a_campaign(lived: Callable[[Session, Campaign], None] | None) -> int:
    with db.transaction() as session:
        number = len(session.scalars(select(Campaign.id)).all())
        campaign = cast.a_campaign(session, slug=f"dam-{number}")
        if lived:
            lived(session, campaign)
        return campaign.id


def due() -> list[tuple[str, int]]:
    with db.reading() as session:
        return due_acts(session)


def statements_of_a_sweep() -> int:
    with statements() as seen:
        tasks.sweep.run()
    return len(seen)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_who_has_no_receipt_is_looked_up_one_by_one_whatever_the_statistics_say() -> None:
    """As a join, each answer would be compared with each receipt until the tables are analyzed."""
    with db.reading() as session:
        for wanted in (
            recipients.select_without_receipt(1),
            recipients.select_with_receipts_missing(db.clock(session)),
        ):
            compiled = wanted.compile(session.connection(), compile_kwargs={"literal_binds": True})
            plan = "\n".join(session.scalars(text(f"EXPLAIN {compiled}")))
            assert "SubPlan" in plan
            assert "Anti Join" not in plan


def test_a_receipt_is_missing_for_a_month_and_no_longer() -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        signed = cast.signs(session, campaign.partners[0])
        now = db.clock(session)
        found = []
        for days in (29, 31):
            signed.at = now - timedelta(days=days)
            session.flush()
            found.append(("record", campaign.id) in due_acts(session))
    assert found == [True, False]
