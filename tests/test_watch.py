"""Whoever watches is told that nothing runs, that a letter is late, and of which campaign a line of the log is."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from tests import cast, lives, servers
from tests.servers import TIMEOUT_S
from tests.stage import EmbeddedStage, ProductionStage, Stage, Story, eventually
from worker import db, settings
from worker.acts.hold import hold_letter
from worker.models import Campaign, RelayHealth
from worker.settings import CHECKOUT
from worker.state import overdue, relay_status
from worker.state.facts import load_facts_of

LATE = timedelta(minutes=5)
NO_SEALS = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no room''; END';
CREATE TRIGGER refuse BEFORE INSERT ON seal EXECUTE FUNCTION refuse();
"""


@pytest.fixture
def production(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[ProductionStage]:
    stage = ProductionStage(tmp_path / "stage", postgres_url, redis_url, workers=0)
    stage.start("worker", "-m", "worker", "worker", "--heartbeat", str(heartbeat_of(stage)))
    yield stage
    stage.end()


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[EmbeddedStage]:
    stage = EmbeddedStage(tmp_path / "stage")
    yield stage
    stage.end()


def heartbeat_of(stage: Stage) -> Path:
    return stage.folder / "heartbeat"


def readyz(stage: Stage) -> dict[str, Any]:
    url = f"http://127.0.0.1:{stage.web_ports[0]}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            found, expected = json.load(answer), True
    except urllib.error.HTTPError as unavailable:
        found, expected = json.load(unavailable), False
    assert found["ready"] is expected
    return dict(found)


def failing(stage: Stage) -> list[str]:
    return list(readyz(stage)["failing"])


def campaign_that_somebody_signs(stage: Stage) -> Story:
    story = Story(stage, "rivers")
    river_watch = story.joined_by("River Watch", "RW", "Canada")
    story.launches().joined_by("Nobody", "N", "Canada")
    river_watch.signs()
    river_watch.receipts()
    eventually(stage.has_nothing_to_send)
    return story


def unwrapped(printed: str) -> str:
    return " ".join(printed.split())


def doctor_on(stage: Stage, *, code: int) -> dict[str, dict[str, str]]:
    found = json.loads(stage.types("doctor", "--json", code=code).partition("\n]")[0] + "]")
    return {one["check"]: one for one in found}


def test_a_dead_worker_and_a_letter_that_nothing_closes_are_told_until_it_is_closed(
    production: ProductionStage, postgres_url: str
) -> None:
    story = campaign_that_somebody_signs(production)
    eventually(lambda: not failing(production))
    deadline = story.moment("deadline")

    production.kill("worker")
    production.set_clock(deadline + LATE)

    assert failing(production) == ["worker", "close"]
    assert readyz(production)["overdue"] == [{"campaign": 1, "act": "close", "since": deadline.isoformat()}]
    said = unwrapped(story.types("status", code=4))
    assert said.startswith("NOTHING IS SENT OR CLOSED: no worker has given a sign of life since ")
    assert re.search(r"THE LETTER of rivers is not closed, though its deadline passed \d minutes ago ", said)
    assert "THE LETTER of rivers is not closed" in unwrapped(production.types("status"))
    assert story.status()["overdue"] == {"act": "close", "since": deadline.isoformat()}
    worker = doctor_on(production, code=1)["worker"]
    assert worker["verdict"] == "failed"
    assert "the letter of rivers is not closed, though its deadline passed" in worker["found"]

    with psycopg.connect(servers.plain(postgres_url), autocommit=True) as connection:
        connection.execute(NO_SEALS)
        production.restart("worker")
        eventually(lambda: story.status()["closed"])
        production.set_clock(deadline + 3 * LATE)

        eventually(lambda: failing(production) == ["seal"])  # it runs, and what it should do fails each time
        told = r"ERROR tasks: task=close campaign=1 failed with \w+ at \w+\.py:\d+; the next sweep tries again\n"
        eventually(lambda: re.search(told, (production.folder / "worker.log").read_text()))
        connection.execute("DROP TRIGGER refuse ON seal")

    eventually(lambda: not failing(production))
    assert story.status()["overdue"] is None


def test_the_health_check_of_the_compose_file_asks_for_a_sign_of_life_of_the_worker(
    production: ProductionStage,
) -> None:
    heartbeat = heartbeat_of(production)
    worker = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"]["worker"]
    program, *words = worker["healthcheck"]["test"][1:]
    assert program == "python"
    assert worker["command"][-2:] == ["--heartbeat", "/tmp/heartbeat"]
    check = [sys.executable, *(word.replace("/tmp/heartbeat", str(heartbeat)) for word in words)]

    def healthy() -> bool:
        return subprocess.run(check, capture_output=True, check=False).returncode == 0

    assert not healthy()  # it has not begun
    eventually(healthy)
    process = production.processes["worker"].popen
    process.send_signal(signal.SIGSTOP)
    os.utime(heartbeat, (0, 0))  # as much later
    assert not healthy()

    process.send_signal(signal.SIGCONT)
    eventually(healthy)


def test_where_up_has_ended_the_status_says_so_and_waits_for_a_person_once_the_letter_is_due(
    embedded: EmbeddedStage,
) -> None:
    story = campaign_that_somebody_signs(embedded)
    assert story.types("status").startswith("A letter")
    embedded.processes["up"].end(signal.SIGTERM)

    said = story.types("status")
    assert said.startswith("Nothing is running, so nothing is sent or closed: undersigned up\n")
    post = story.status()["post"]
    assert (post["worker"], post["beat"]) == (False, False)
    assert doctor_on(embedded, code=0)["worker"]["verdict"] == "warning"

    embedded.set_clock(story.moment("deadline") + timedelta(seconds=30))
    said = unwrapped(story.types("status", code=4))
    assert "THE LETTER of rivers is not closed, though its deadline passed 1 minute ago" in said
    assert doctor_on(embedded, code=1)["worker"]["verdict"] == "failed"


# --- What is late, and what is not


def due_act(campaign_id: int) -> overdue.DueAct | None:
    with db.reading() as session:
        found = load_facts_of(session, [session.get_one(Campaign, campaign_id)], db.clock(session))
        return overdue.load_due_acts(session, found).get(campaign_id)


def late() -> list[str]:
    with db.reading() as session:
        return [due.act for due in overdue.load_all_due(session, db.clock(session)).values() if due.late]


def a_campaign_that(lived: Any) -> int:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        campaign.definition = campaign.definition | {"quorum": 1}
        lived(session, campaign)
        return campaign.id


@pytest.mark.parametrize(
    ("lived", "act"),
    [
        (lives.receipted, None),
        (lives.past_its_deadline, "close"),
        (lives.voided, "seal"),
        (lives.sealed, "dispatch"),
        (lives.in_data, None),
        (lives.uncertain, None),
        (lives.dispatched, None),
    ],
)
def test_what_is_due_is_late_once_it_takes_longer_than_it_ever_does(
    database: str, clock: Any, lived: Any, act: str | None
) -> None:
    campaign_id = a_campaign_that(lived)
    if lived is lives.sealed:
        assert due_act(campaign_id) is None  # it is reviewed
        with db.reading() as session:
            review_ends_at = session.get_one(Campaign, campaign_id).review_ends_at
        assert review_ends_at is not None
        clock.set(review_ends_at + timedelta(seconds=1))

    due = due_act(campaign_id)
    assert (due.act if due else None) == act
    clock.advance(minutes=3)
    assert late() == ([act] if act else [])


def test_what_somebody_holds_is_not_late(database: str, clock: Any) -> None:
    campaign_id = a_campaign_that(lives.past_its_deadline)
    clock.advance(minutes=3)
    assert late() == ["close"]
    with db.transaction() as session:
        hold_letter(session, campaign_id)
    assert late() == []


@pytest.mark.parametrize(
    ("swept", "drained", "worker", "beat"),
    [(1, 1, True, True), (3, 1, True, False), (3, 3, False, False)],
)
def test_a_dead_clock_is_told_from_a_dead_worker(
    database: str, swept: int, drained: int, worker: bool, beat: bool
) -> None:
    with db.transaction() as session:
        now = db.clock(session)
        signs = {"swept_at": swept, "drained_at": drained}
        session.query(RelayHealth).update({name: now - timedelta(minutes=ago) for name, ago in signs.items()})
    with db.reading() as session:
        found = relay_status.load_relay_status(session)
    assert (found.worker, found.beat) == (worker, beat)


def test_sweeps_that_are_far_apart_are_waited_for(database: str) -> None:
    with db.transaction() as session:
        session.query(RelayHealth).update({"swept_at": db.clock(session) - timedelta(minutes=20)})
    settings.set_for_this_process(sweep=600)
    with db.reading() as session:
        assert relay_status.load_relay_status(session).beat
