"""Answers that arrive in the very second of the deadline: whoever was told yes is in the seal, nobody else is."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests import servers
from tests.conftest import Clock
from tests.counts import times
from tests.stage import ProductionStage, Story, post
from worker import db, tokens
from worker.acts import answer, close
from worker.acts.launch import launch_campaign
from worker.definition.campaign import read_definition
from worker.models import Answer, Campaign, Partner, Seal

RACES, ENOUGH, AT_ONCE, RUNNERS = 200, times(200, few=24), 4, 6
EARLY = (0.06, 0.3)  # seconds before the line: some at the last moment, some in time on a busy machine too
LEAD = 0.8  # seconds from the making of a few campaigns to their deadline


@pytest.fixture
def stage(tmp_path: Path, redis_url: str) -> Iterator[ProductionStage]:
    with servers.fresh_postgresql() as url:
        stage = ProductionStage(tmp_path / "stage", url, redis_url, workers=0, webs=2)
        yield stage
        stage.end()


def test_whoever_was_told_yes_is_in_the_seal_and_nobody_else(stage: ProductionStage) -> None:
    accepted = refused = races = 0
    earlier = 1.0
    with stage.here(), ThreadPoolExecutor(AT_ONCE * (RUNNERS + 1)) as people:
        while races < ENOUGH or (races < RACES and not _went_both_ways(races, accepted, refused)):
            campaigns = _campaigns(stage, races // AT_ONCE)
            races += AT_ONCE
            starting = threading.Barrier(AT_ONCE * (RUNNERS + 1))
            told = {
                slug: [
                    people.submit(_runs, stage, starting, n, link, code, deadline, earlier)
                    for n, (link, code) in enumerate(runners)
                ]
                for slug, (_, deadline, runners) in campaigns.items()
            }
            closers = [people.submit(_closes, starting, number, deadline) for number, deadline, _ in campaigns.values()]
            for closer in closers:
                closer.result()
            for slug, answers in told.items():
                yes = {n for n, answer in enumerate(answers) if answer.result() == 200}
                # Too late, or turned away because the one who closes is still at work: "nothing was recorded".
                no = {n for n, answer in enumerate(answers) if answer.result() in {409, 503}}
                assert len(yes) + len(no) == RUNNERS
                assert _in_the_seal(slug) == yes, f"{slug}: told yes {yes}"
                accepted, refused = accepted + len(yes), refused + len(no)
            if accepted < refused / 4:  # a busy machine brings nearly all too late
                earlier = min(earlier * 1.5, LEAD / max(EARLY))
    assert _went_both_ways(races, accepted, refused), "a race that always ends the same way is no race"


def _went_both_ways(races: int, accepted: int, refused: int) -> bool:
    return min(accepted, refused) > races * RUNNERS / 20


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_answer_that_is_under_way_is_waited_for(database: str, tmp_path: Path, clock: Clock) -> None:
    """Read in time and not yet committed: the one who closes waits, and then finds it."""
    with db.transaction() as session:
        story = Story(_Folder(tmp_path), "rivers")  # type: ignore[arg-type]
        story.joined_by("River Watch", "RW", "Canada")
        story.writes_its_folder()
        campaign_id = launch_campaign(
            session, read_definition(story.folder, now=db.clock(session), deadline="in 1h")
        ).id
    with ThreadPoolExecutor(1) as people:
        with db.transaction() as session:
            partner_id = session.scalars(select(Partner.id)).one()
            answer.sign(session, partner_id, "public", answer.Statement("Ada", "chair"))
            clock.advance(hours=2)
            closing = people.submit(_closes_once, campaign_id)
            time.sleep(0.5)
            assert not closing.done()
        assert closing.result()

    assert _in_the_text("rivers", "River Watch")


@dataclass
class _Folder:
    campaigns: Path


def _closes_once(campaign_id: int) -> bool:
    return close.close_and_seal(campaign_id) is not None


def _campaigns(stage: ProductionStage, round: int) -> dict[str, tuple[int, float, list[tuple[str, str]]]]:
    """Campaigns whose deadline comes in a second, and the runners' links and codes."""
    made = {}
    story = Story(stage, "race")
    for number in range(RUNNERS):
        story.joined_by(f"Runner {number}", f"R{number}", "Canada")
    story.writes_its_folder()
    with db.transaction() as session:
        now = db.clock(session)
        for number in range(AT_ONCE):
            definition = read_definition(story.folder, now=now, deadline="in 1h")
            object.__setattr__(definition, "slug", f"race-{round}-{number}")
            campaign = launch_campaign(session, definition)
            campaign.deadline_at = now + timedelta(seconds=LEAD)
            partners = session.scalars(select(Partner).where(Partner.campaign_id == campaign.id).order_by(Partner.id))
            runners = [(str(tokens.link(p)), tokens.mail_code(p)) for p in partners]
            made[campaign.slug] = (campaign.id, time.monotonic() + LEAD, runners)
    return made


def _runs(
    stage: ProductionStage, starting: threading.Barrier, n: int, link: str, code: str, deadline: float, earlier: float
) -> int:
    """Press the button some hundredths of a second around the deadline, or so many times as early, at one of two."""
    starting.wait()
    port, other = stage.web_ports
    link = link.replace(f":{port}/", f":{(port, other)[n % 2]}/")
    time.sleep(max(0.0, deadline - time.monotonic() - random.uniform(0.0, EARLY[n % 2] * earlier)))
    form = {"choice": "sign", "visibility": "public", "representative": f"Runner {n}", "role": "runner"}
    return post(link, form | {"authorised": "yes", "mail_code": code})[0]


def _closes(starting: threading.Barrier, campaign_id: int, deadline: float) -> None:
    """Try from just before the deadline until the list is taken."""
    starting.wait()
    time.sleep(max(0.0, deadline - time.monotonic() - 0.02))
    sealed = None
    while sealed is None:
        sealed = close.close_and_seal(campaign_id)


def _in_the_text(slug: str, name: str) -> bool:
    """Whether the sealed text names an organization."""
    with db.reading() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.slug == slug)).one()
        text = session.scalars(
            select(Seal.content).where(
                Seal.campaign_id == campaign.id,
                Seal.rendition == "addressee",
                Seal.format == "text",
                Seal.language == "en",
            )
        ).one()
    return f"{name} (" in text.decode()


def _in_the_seal(slug: str) -> set[int]:
    """Which runners the sealed text names; the standing answers must say the same."""
    with db.reading() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.slug == slug)).one()
        signed = session.scalars(
            select(Partner.organization)
            .join(Answer)
            .where(Partner.campaign_id == campaign.id, Answer.superseded_at.is_(None), Answer.choice == "sign")
        ).all()
    named = {number for number in range(RUNNERS) if _in_the_text(slug, f"Runner {number}")}
    assert {int(name.split()[1]) for name in signed} == named
    return named
