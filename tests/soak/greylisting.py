"""Servers that turn strangers down for a while get the mail in the end; the database's clock is moved, not slept."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Engine, event, func, select

from tests import servers
from tests.conftest import Clock, PostgreSQLClock, SQLiteClock
from tests.soak import campaigns
from tests.soak.house import Database, furnished
from tests.soak.relay import Relay
from tests.soak.rows import Extent, Row, tried
from worker import db, settings
from worker.acts import invite
from worker.mail import delivery, results
from worker.models import Mail
from worker.wording.composing import compose_batch

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=4)
MAX_TRIES = 10
BOTH: tuple[Database, ...] = ("PostgreSQL", "SQLite")


def run(extent: Extent) -> Iterator[Row]:
    wanted = extent.wanted(50, 2)
    with tried("9 greylisted mail arrives, retries keep their times", wanted) as row:
        tries = 0
        for which in BOTH:
            street = _Street(extent)
            half = row.trials + wanted // 2
            with (
                furnished(which, relay=Relay(rcpt=street.answer), redis=False, smtp_connections=2),
                _moved(which) as clock,
            ):
                while row.trials < half and extent.goes_on:
                    row.trials += 1
                    row.wrong += _one_campaign(street, clock, extent.chance.randint(2, 4))
            tries += sum(map(len, street.tries.values()))
        row.counted = f"{tries} tries, each between 0.9 and 1.1 times what next_try says after the one before"
    yield row


class _Street:
    """Servers that know nobody: each recipient's takes a mail when it has waited since the first try."""

    def __init__(self, extent: Extent) -> None:
        self.now = datetime.min
        self.tries: dict[str, list[datetime]] = defaultdict(list)
        self._chance, self.delays = extent.chance, dict[str, timedelta]()

    def answer(self, to: str, port: int) -> str:
        delay = self.delays.setdefault(to, self._chance.uniform(0, 1) * (LONGEST - SHORTEST) + SHORTEST)
        self.tries[to].append(self.now)
        waited = self.now - self.tries[to][0]
        return "250 2.1.5 ok" if waited >= delay else "450 4.2.0 greylisted, come back later"


def _one_campaign(street: _Street, clock: Clock, partners: int) -> list[str]:
    campaign_id = campaigns.launched(partners)
    with db.transaction() as session:
        assert invite.enqueue_invitations(session, campaign_id) == partners
    for _ in range(MAX_TRIES * partners):
        street.now = _now()
        asyncio.run(delivery.deliver_due(compose_batch, time.monotonic() + 20))
        if (due := _next_due(campaign_id)) is None:
            break
        clock.set(due + timedelta(seconds=1))
    return [wrong for partner in campaigns.asked(campaign_id) for wrong in _judge(street, campaign_id, partner.email)]


def _judge(street: _Street, campaign_id: int, to: str) -> Iterator[str]:
    tries, delay = street.tries[to], street.delays[to]
    if not tries or tries[-1] - tries[0] < delay:
        yield f"a mail that was put off for {delay} never arrived"
    for number, (before, after) in enumerate(pairwise(tries), 1):
        usual, gap = results.retry_delay(number), after - before
        # Others of the campaign are waited for too, and each look costs a second.
        if not usual * 0.9 - _SLACK <= gap <= usual * 1.1 + _SLACK:
            yield f"try {number + 1} came {gap} after the one before; usual is {usual}"


_SLACK = timedelta(seconds=20)


def _next_due(campaign_id: int) -> datetime | None:
    with db.reading() as session:
        return session.scalar(select(func.min(Mail.due_at)).where(Mail.campaign_id == campaign_id))


def _now() -> datetime:
    with db.reading() as session:
        return db.clock(session)


@contextmanager
def _moved(which: Database) -> Iterator[Clock]:
    db.dispose()
    if which == "PostgreSQL":
        yield PostgreSQLClock(servers.plain(settings.current().database))
        return
    clock = SQLiteClock()
    event.listen(Engine, "connect", clock.install)
    try:
        yield clock
    finally:
        event.remove(Engine, "connect", clock.install)
        db.dispose()
