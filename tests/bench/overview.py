"""What `undersigned status` without a name takes after a year, beside the same with one campaign."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from tests.bench import databases, workers, year
from tests.bench.rounds import Comparison, Extent, interleaved
from worker import db, settings
from worker.state.overview import load_lines

COMMAND = (sys.executable, "-m", "worker", "status")


def measure(extent: Extent) -> Iterator[Comparison]:
    """The whole command, and beside it what it reads; each side has a database of its own."""
    partners, _ = extent.signers
    for database in databases.BOTH:
        with ExitStack() as stack:
            sides: dict[str, Callable[[], float]] = {}
            for name, campaigns in (("one", 1), ("all", extent.campaigns)):
                command, reading = stack.enter_context(_side(database, partners, campaigns))
                sides |= {name: command, f"reading {name}": reading}
            taken = interleaved(extent, **sides)
        reads = f"it reads for {median(taken['reading all']):.3f} s, of one for {median(taken['reading one']):.3f} s"
        note = f"{extent.campaigns} campaigns of {partners} partners that are over; {reads}"
        yield Comparison(f"status of all, {database}", taken["all"], "one campaign", taken["one"], "seconds", note)


@contextmanager
def _side(database: str, partners: int, campaigns: int) -> Iterator[tuple[Callable[[], float], Callable[[], float]]]:
    """Looks at so many campaigns that are over; each returns its seconds."""
    with databases.in_use(database):
        year.finished_again(year.finished(partners), campaigns - 1)
        if database == "PostgreSQL":
            workers.tidy()
        conf, environment = settings.current(), dict(os.environ)
        places = {"data_dir": conf.data_dir, "database_url": conf.database_url, "secret_key": conf.secret_key}

        def command() -> float:
            begun = time.perf_counter()
            subprocess.run(COMMAND, check=True, timeout=60, stdout=subprocess.DEVNULL, env=environment)
            return time.perf_counter() - begun

        def reading() -> float:
            settings.only_for_this_process(**places)
            db.dispose()
            _read()  # which connects
            return _read()

        yield command, reading


def _read() -> float:
    begun = time.perf_counter()
    with db.reading() as session:
        load_lines(session)
    return time.perf_counter() - begun
