"""What an organizer waits for, as the list grows: each thing per partner, with many beside a tenth of them."""

import csv
import io
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import psutil  # type: ignore[import-untyped]
from sqlalchemy.orm import Session

from tests.bench import campaign, databases, workers, year
from tests.bench.rounds import Comparison, Extent, interleaved
from worker import db
from worker.acts import close, dispatch, launch, report
from worker.acts.invite import BATCH
from worker.cli import status_view
from worker.definition import campaign as definitions
from worker.definition.campaign import Definition
from worker.definition.printable import glyph_problems
from worker.models import Campaign
from worker.state.status import load_status
from worker.wording import export

Life = dict[str, float]  # what took how long, per partner
LOCKED = {56: 0.1, 1_000: 0.1, 10_000: 0.3}  # seconds at once, at most, while the letter is sealed


def measure(extent: Extent) -> Iterator[Comparison]:
    """The lives of campaigns of each size, one after the other, in one database."""
    lives: dict[int, list[Life]] = {size: [] for size in extent.growth}
    locked: dict[int, list[float]] = {size: [] for size in extent.growth}
    with databases.in_use("PostgreSQL") as folder:
        sides = {f"{size}": partial(_lived, size, folder, lives[size], locked[size]) for size in extent.growth}
        interleaved(extent, **sides)
    *_, fewer, many = extent.growth
    for act in lives[many][0]:
        taken = {size: [life[act] for life in lives[size]] for size in extent.growth}
        totals = [f"{size * median(each):.3f} s for {size:,}" for size, each in taken.items()]
        peer = f"with {fewer:,}"
        yield Comparison(f"growth, {act}", taken[many], peer, taken[fewer], "a second", ", ".join(totals))
    for size in extent.growth:
        limit = [LOCKED.get(size, 0.1)] * len(locked[size])
        yield Comparison(f"locked while sealed, {size:,} names", locked[size], "the limit", limit, "seconds")


def _lived(size: int, folder: Path, lives: list[Life], locked: list[float]) -> float:
    """A campaign from its folder to its export; adds what each thing took, and returns the sum.

    To `locked` it adds the seconds of the longest transaction of the sealing: each locks the campaign at its start.
    """
    defined = campaign.definition(size)
    prepared = written(folder, defined)
    life: Life = {}

    def timed(act: str, do: Callable[[], Any]) -> Any:
        begun = processor_seconds()
        done = do()
        life[act] = (processor_seconds() - begun) / size
        return done

    read = timed("check", lambda: _checked(prepared))
    campaign_id = timed("launch", lambda: _launched(read))
    with db.transaction() as session:
        year.all_have_signed(session, session.get_one(Campaign, campaign_id))
    workers.tidy()
    timed("status", lambda: _status(campaign_id))
    with _transactions_timed() as transactions:
        timed("close and seal", lambda: _closed(campaign_id))
    locked.append(max(transactions))
    with db.transaction() as session:
        dispatch.note_brought_by_hand(session, campaign_id)
    timed("copies", lambda: _copies(campaign_id))
    timed("export", lambda: _export(campaign_id))
    lives.append(life)
    return sum(life.values())


def written(folder: Path, defined: Definition) -> Path:
    """The example's folder with another list."""
    written = shutil.copytree(campaign.EXAMPLE, folder / defined.slug)
    rows = [asdict(row) for row in defined.partners]
    with (written / "partners.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return written


def _checked(folder: Path) -> Definition:
    read = definitions.read_definition(folder, now=datetime.now(UTC), deadline="in 2 weeks")
    assert not glyph_problems(read)
    return read


def _launched(defined: Definition) -> int:
    with db.transaction() as session:
        return launch.launch_campaign(session, defined).id


def _status(campaign_id: int) -> None:
    with redirect_stdout(io.StringIO()) as shown, db.reading() as session:
        status_view.one_campaign(load_status(session, session.get_one(Campaign, campaign_id)))
    assert shown.getvalue()


def _closed(campaign_id: int) -> None:
    assert close.close_and_seal(campaign_id, early=True)


@contextmanager
def _transactions_timed() -> Iterator[list[float]]:
    """The seconds that each transaction which writes takes meanwhile."""
    taken: list[float] = []
    begin = db.transaction

    @contextmanager
    def timed() -> Iterator[Session]:
        begun = time.perf_counter()
        with begin() as session:
            yield session
        taken.append(time.perf_counter() - begun)

    with patch.object(db, "transaction", timed):
        yield taken


def _copies(campaign_id: int) -> None:
    put = BATCH
    while put == BATCH:
        with db.transaction() as session:
            put = report.put_copies(session, campaign_id)


def _export(campaign_id: int) -> None:
    with db.reading() as session:
        assert export.signatures(session, session.get_one(Campaign, campaign_id))


def processor_seconds() -> float:
    """Of this process and of those that it started, the database and what has ended among them."""
    seconds = time.process_time() + sum(os.times()[2:4])
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # one that has ended
            seconds += float(sum(child.cpu_times()[:4]))
    return seconds
