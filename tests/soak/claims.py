"""Claimers in processes of their own take from one outbox: no mail is claimed twice, and none is left."""

import functools
import multiprocessing
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta

from tests.soak import campaigns
from tests.soak.house import Database, furnished
from tests.soak.rows import Extent, Row, tried
from worker import db
from worker.mail import claims, outbox
from worker.models import Campaign

BOTH: tuple[Database, ...] = ("PostgreSQL", "SQLite")
AN_HOUR = timedelta(hours=1)
MAX_CLAIMED = 25  # mails in one claim


def run(extent: Extent) -> Iterator[Row]:
    claimers, mails = extent.wanted(8, 2), extent.wanted(10_000, 300)
    for which in BOTH[: extent.wanted(2, 1)]:
        with tried(f"5 claims are exclusive, {which}", mails) as row:
            with furnished(which, redis=False):
                _put(mails)
                claimed, busy = _claim_all(claimers, mails)
            row.trials = len(claimed)
            row.wrong += [f"mail {mail} was claimed {n} times" for mail, n in Counter(claimed).items() if n > 1]
            if left := mails - len(set(claimed)):
                row.wrong.append(f"{left} mails were never claimed")
            row.counted = f"{claimers} processes, of which {busy} got some"
        yield row


def _put(mails: int) -> None:
    campaign_id = campaigns.launched(1)
    with db.transaction() as session:
        campaign, now = session.get_one(Campaign, campaign_id), db.clock(session)
        outbox.put(session, [outbox.to_organizers("waiting", campaign, str(n), now) for n in range(mails)])
    db.dispose()


def _claim_all(claimers: int, mails: int) -> tuple[list[int], int]:
    spawn = multiprocessing.get_context("spawn")  # a fork would share our connections
    ready = time.time() + 1.5 + claimers / 4
    ends = functools.partial(_end_with, os.getpid())
    with ProcessPoolExecutor(claimers, mp_context=spawn, initializer=ends) as processes:
        parts = list(processes.map(_claim_until_none_is_left, range(claimers), [ready] * claimers, [mails] * claimers))
    return [mail for part in parts for mail in part], sum(bool(part) for part in parts)


def _end_with(parent: int) -> None:
    """A claimer whose parent was killed would wait for work for ever."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _claim_until_none_is_left(number: int, ready: float, mails: int) -> list[int]:
    """In a process of its own; all begin at once."""
    chance, claimed = random.Random(number), list[int]()
    time.sleep(max(0.0, ready - time.time()))
    while len(claimed) <= mails:
        with db.transaction() as session:
            until = db.clock(session) + AN_HOUR
            ids = claims.lease_due(session, holder=str(number), until=until, limit=chance.randint(1, MAX_CLAIMED))
        if not ids:
            break
        claimed += ids
    return claimed
