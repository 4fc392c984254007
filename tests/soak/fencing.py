"""A worker is paused past its lease, in the middle of what it holds: when it wakes, it changes nothing."""

import signal
import time
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from tests.soak import campaigns
from tests.soak.house import House, eventually, furnished
from tests.soak.relay import Relay
from tests.soak.rows import Extent, Row, tried
from worker import db, settings
from worker.models import Mail

CONNECTIONS, PARTNERS = 4, 80
AWAKE = 1.2  # seconds in which a worker that woke could do harm


def run(extent: Extent) -> Iterator[Row]:
    wanted, lease = extent.wanted(50, 1), extent.wanted(2, 1)
    with tried("6 a worker paused past its lease", wanted) as row:
        relay = Relay(pause=lambda to, port: 0.03)
        with furnished("PostgreSQL", relay=relay, lease=lease, batch=20, smtp_connections=CONNECTIONS) as house:
            house.start("beat", "beat")
            for name in ("worker-1", "worker-2"):
                house.start(name, "worker")
            campaign_id = campaigns.launched(PARTNERS)
            mails = campaigns.put_mails(campaign_id, "1")
            eventually(lambda: not campaigns.unsent(mails), "the first mails were not sent")
            totals = _Totals()
            while row.trials < wanted and extent.goes_on:
                _one_pause(house, campaign_id, extent, row, totals)
        row.counted = (
            f"{totals.held} mails were held at the pauses; {totals.after} bodies came after waking "
            f"(at most {totals.most} at once, bound {CONNECTIONS}), {totals.changed} rows changed"
        )
    yield row


class _Totals:
    held = after = most = changed = 0


def _one_pause(house: House, campaign_id: int, extent: Extent, row: Row, totals: _Totals) -> None:
    mails = campaigns.put_mails(campaign_id, f"pause-{time.monotonic_ns()}")
    house.notify("deliver")
    house.notify("deliver")
    victim = extent.chance.choice(["worker-1", "worker-2"])
    until = time.monotonic() + 3
    while not house.ports_to_the_relay(victim) and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(extent.chance.uniform(0, 0.25))
    house.processes[victim].send(signal.SIGSTOP)
    held = sum(row["lease_holder"] is not None for row in _rows(mails).values())
    try:
        _until_others_sent_all(mails, settings.current().lease)
        before, copies = _rows(mails), len(house.relay.copies)
    finally:
        house.processes[victim].send(signal.SIGCONT)
    time.sleep(AWAKE)
    after = _rows(mails)
    sent_before = [mail for mail in mails if before[mail]["sent_at"] is not None]
    eventually(lambda: not campaigns.unsent(mails), "some mails were never sent")
    changed = [mail for mail in sent_before if before[mail] != after[mail]]
    bodies = len(house.relay.copies) - copies - (len(mails) - len(sent_before))
    row.trials += held > 0
    row.wrong += [f"mail {mail} was changed by who had lost it" for mail in changed]
    if bodies > CONNECTIONS:
        row.wrong.append(f"{bodies} mails were sent by who had lost them")
    totals.held, totals.changed = totals.held + held, totals.changed + len(changed)
    totals.after, totals.most = totals.after + max(0, bodies), max(totals.most, bodies)


def _until_others_sent_all(mails: list[int], lease: float) -> None:
    """At least past the lease; what the paused one has locked in a transaction must wait for it, and is not counted."""
    until = time.monotonic() + lease + 4
    time.sleep(lease + 0.2)
    while campaigns.unsent(mails) and time.monotonic() < until:
        time.sleep(0.05)


def _rows(mails: list[int]) -> dict[int, dict[str, Any]]:
    with db.reading() as session:
        found = session.execute(select(Mail.__table__).where(Mail.id.in_(mails))).mappings()
        return {row["id"]: dict(row) for row in found}
