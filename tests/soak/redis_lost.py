"""Redis forgets everything in the middle of a campaign: what is due is sent within two sweeps all the same."""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from tests import servers
from tests.soak import campaigns
from tests.soak.house import House, furnished
from tests.soak.relay import Relay
from tests.soak.rows import Extent, Row, tried
from worker import db
from worker.models import RelayHealth

PARTNERS = 60
TWO_SWEEPS = 30  # seconds, as the clock is set in production
MAX_SWEEPS, BETWEEN_SWEEPS = 2, 1


def run(extent: Extent) -> Iterator[Row]:
    """A sweep is made every second here; counted are those that were made, and the time."""
    wanted = extent.wanted(50, 1)
    with furnished("PostgreSQL", relay=Relay(pause=lambda to, port: 0.005), sweep=BETWEEN_SWEEPS) as house:
        house.start("beat", "beat")
        for name in ("worker-1", "worker-2"):
            house.start(name, "worker")
        campaign_id = campaigns.launched(PARTNERS, deadline_in=86_400)
        _until_sent(campaigns.put_mails(campaign_id, "1"))
        for word, part in (("flushed", extent.part(0.5)), ("killed", extent)):
            with tried(f"3 Redis {word}: all due is sent in two sweeps", wanted) as row:
                _trials(house, campaign_id, word, part, row)
            yield row


def _flushed(redis: servers.Redis, chance: random.Random) -> None:
    redis.flush()


def _killed(redis: servers.Redis, chance: random.Random) -> None:
    """With nothing on its disk when it comes back, at once or after a while."""
    redis.kill()
    shutil.rmtree(redis.folder / "appendonlydir")
    time.sleep(chance.choice([0, 0, 0.5, 2]))
    redis.restart()


Loss = Callable[[servers.Redis, random.Random], None]
LOSSES: dict[str, Loss] = {"flushed": _flushed, "killed": _killed}


def _trials(house: House, campaign_id: int, word: str, extent: Extent, row: Row) -> None:
    """Half the times while nobody is at work: then only a sweep can find what is due."""
    assert house.redis
    most_sweeps, slowest = 0, 0.0
    while row.trials < row.wanted and extent.goes_on:
        row.trials += 1
        which = f"{word}-{row.trials}"
        before = len(house.relay.copies)
        under_way = campaigns.put_mails(campaign_id, which, slice(0, PARTNERS // 2))
        house.notify("deliver")
        if extent.chance.random() < 0.5:
            _until_arrived(house, before + extent.chance.randrange(PARTNERS // 2))
        else:
            _until_sent(under_way)
            time.sleep(extent.chance.uniform(0, 0.3))
        unheard = campaigns.put_mails(campaign_id, which, slice(PARTNERS // 2, None))
        begun = time.monotonic()
        LOSSES[word](house.redis, extent.chance)
        sweeps = _until_sent(under_way + unheard)
        taken = time.monotonic() - begun
        most_sweeps, slowest = max(most_sweeps, sweeps), max(slowest, taken)
        if (left := campaigns.unsent(under_way + unheard)) or sweeps > MAX_SWEEPS:
            row.wrong.append(f"{left} mails left after {sweeps} sweeps and {taken:.1f} s")
        if (more := len(house.relay.copies) - before - PARTNERS) and not left:
            row.wrong.append(f"{more:+d} copies, though nobody died")
    row.counted = f"{row.trials * PARTNERS:,} mails; at most {most_sweeps} sweeps, {slowest:.1f} s"


def _until_arrived(house: House, count: int) -> None:
    until = time.monotonic() + 3
    while len(house.relay.copies) < count and time.monotonic() < until:
        time.sleep(0.005)


def _until_sent(mails: list[int]) -> int:
    """Wait until all are sent or two sweeps of production are over; returns how many sweeps were made meanwhile.

    Those that had gathered in Redis while the workers were looking for it come at once, and count as one.
    """
    until, seen, last = time.monotonic() + TWO_SWEEPS, 0, _last_sweep()
    while campaigns.unsent(mails) and time.monotonic() < until:
        latest = _last_sweep()
        if latest - last > timedelta(seconds=BETWEEN_SWEEPS / 2):
            seen, last = seen + 1, latest
        time.sleep(0.02)
    return seen


def _last_sweep() -> datetime:
    with db.reading() as session:
        return session.scalar(select(RelayHealth.swept_at)) or datetime.min.replace(tzinfo=UTC)
