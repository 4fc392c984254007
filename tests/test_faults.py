"""Workers die, Redis forgets, and every partner still gets its mail."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests import servers
from tests.mail_server import MailServer
from tests.stage import EmbeddedStage, Organization, ProductionStage, Story, eventually
from worker import db
from worker.models import Campaign, Mail

PARTNERS = 120


class SlowMailServer(MailServer):
    """A mail server that takes its time, so that there is a middle in which things can go wrong."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await asyncio.sleep(0.05)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Redis]:
    server = servers.Redis(tmp_path_factory.mktemp("redis") / "redis")
    yield server
    server.quit()


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory, redis: servers.Redis) -> Iterator[ProductionStage]:
    with pytest.MonkeyPatch.context() as patch, servers.fresh_postgresql() as url:
        patch.setattr("tests.stage.MailServer", SlowMailServer)
        stage = ProductionStage(tmp_path_factory.mktemp("faults") / "stage", url, redis.url())
        yield stage
        stage.end()


@pytest.fixture
def stage(processes: ProductionStage, redis: servers.Redis) -> Iterator[ProductionStage]:
    """All are alive when a test begins, and nothing of an earlier one is due any more."""
    if redis.process is None:
        redis.restart()
    for name, process in processes.processes.items():
        if not process.runs:
            processes.restart(name)
    processes.wait_until_up()
    eventually(processes.has_nothing_to_send)
    yield processes
    print(processes.logs())


@pytest.fixture
def campaign(stage: ProductionStage) -> Story:
    story = Story(stage, f"many-rivers-{os.urandom(3).hex()}")
    for number in range(PARTNERS):
        story.joined_by(f"River Group {number}", f"RG{number}", "Canada")
    return story


def test_a_killed_worker_loses_no_invitation(stage: ProductionStage, campaign: Story) -> None:
    campaign.launches()
    unrecorded = 0
    for share in (0.2, 0.5):
        eventually(_caught(campaign, int(PARTNERS * share)))
        for worker in ("worker-1", "worker-2"):
            stage.kill(worker)
        unrecorded += _count_unrecorded(campaign)
        for worker in ("worker-1", "worker-2"):
            stage.restart(worker)

    got = eventually(lambda: _everyone_got_one(campaign))

    assert sum(got.values()) - PARTNERS <= unrecorded
    assert max(got.values()) <= 3  # a mail that was in flight at both kills
    _assert_copies_are_identical(campaign)


def test_a_worker_that_is_told_to_stop_ends_between_two_mails(stage: ProductionStage, campaign: Story) -> None:
    """As at each new version: nothing is sent twice, and nobody waits for a lease to run out."""
    campaign.launches()
    eventually(_caught(campaign, PARTNERS // 4))

    codes = [stage.processes[worker].end(signal.SIGTERM) for worker in ("worker-1", "worker-2")]
    for worker in ("worker-1", "worker-2"):
        stage.restart(worker)
    got = eventually(lambda: _everyone_got_one(campaign))

    assert codes == [0, 0], stage.logs()
    assert set(got.values()) == {1}


def test_a_flushed_redis_loses_no_invitation(stage: ProductionStage, campaign: Story, redis: servers.Redis) -> None:
    """Redis forgets everything while nobody is at work: what is due is in the database alone."""
    campaign.launches()
    eventually(_caught(campaign, PARTNERS // 4))
    for worker in ("worker-1", "worker-2"):
        stage.kill(worker)
    unrecorded = _count_unrecorded(campaign)
    redis.flush()
    for worker in ("worker-1", "worker-2"):
        stage.restart(worker)
    eventually(_caught(campaign, PARTNERS // 2))
    redis.flush()

    got = eventually(lambda: _everyone_got_one(campaign))

    assert sum(got.values()) - PARTNERS <= unrecorded
    assert max(got.values()) <= 2


def test_a_killed_redis_that_comes_back_loses_no_invitation(
    stage: ProductionStage, campaign: Story, redis: servers.Redis
) -> None:
    campaign.launches()
    eventually(_caught(campaign, PARTNERS // 5))
    redis.kill()
    time.sleep(2)
    redis.restart()

    got = eventually(lambda: _everyone_got_one(campaign))

    assert max(got.values()) == 1


def test_an_answer_is_taken_while_redis_hangs(stage: ProductionStage, campaign: Story, redis: servers.Redis) -> None:
    campaign.launches()
    partner, another = campaign.partners[:2]
    partner.invitation()
    usually = _seconds_to_sign(another)
    with redis.stop_cont():
        longer = _seconds_to_sign(partner) - usually
    assert campaign.status()["counts"]["signed"] == 2
    assert longer < 3  # a promise to partners, not a measure of speed
    assert partner.receipts()


def test_a_killed_up_loses_no_invitation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with everything in one process, on SQLite."""
    monkeypatch.setattr("tests.stage.MailServer", SlowMailServer)
    stage = EmbeddedStage(tmp_path / "embedded")
    campaign = Story(stage, "many-rivers")
    for number in range(PARTNERS):
        campaign.joined_by(f"River Group {number}", f"RG{number}", "Canada")
    campaign.launches()
    eventually(_caught(campaign, PARTNERS // 3))

    stage.kill("up")
    unrecorded = _count_unrecorded(campaign)
    stage.restart("up")
    got = eventually(lambda: _everyone_got_one(campaign))

    stage.end()
    assert sum(got.values()) - PARTNERS <= unrecorded
    assert max(got.values()) <= 2
    _assert_copies_are_identical(campaign)


def _seconds_to_sign(partner: Organization) -> float:
    partner.invitation()
    before = time.monotonic()
    partner.signs()
    return time.monotonic() - before


def _caught(campaign: Story, count: int) -> Callable[[], bool]:
    return lambda: _recipients(campaign).total() >= count


def _count_unrecorded(campaign: Story) -> int:
    """How many mails the relay took of processes that were killed and did not record them: those go again."""
    time.sleep(0.5)  # until the relay has taken what was on the wire
    with campaign.stage.here(), db.reading() as session:
        sent = (Mail.kind == "invitation", Mail.sent_at.is_not(None), Campaign.slug == campaign.slug)
        recorded = session.scalar(select(func.count(Mail.id)).join(Campaign).where(*sent)) or 0
    return len(_recipients(campaign)) - recorded


def _recipients(campaign: Story) -> Counter[str]:
    return Counter({to: count for to, count in campaign.stage.recipients().items() if campaign.slug in to})


def _everyone_got_one(campaign: Story) -> Counter[str]:
    """How many invitations each partner got, once the outbox is empty."""
    found = campaign.status()
    if found["counts"]["asked"] < PARTNERS:
        return Counter()
    return _recipients(campaign)


def _assert_copies_are_identical(campaign: Story) -> None:
    for partner in campaign.partners:
        copies = partner.mails()
        assert len({str(copy["Message-ID"]) for copy in copies}) == 1
        assert len({copy.get_payload(0).as_string() for copy in copies}) == 1  # type: ignore[union-attr]
