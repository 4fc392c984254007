"""What the clock's look for due acts costs after a year, beside the same with little to look through."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from tests.bench import databases, workers, year
from tests.bench.rounds import Comparison, Extent, interleaved
from worker import db, settings, tasks

IN_A_ROUND = 9  # sweeps, of which the middle one counts


def measure(extent: Extent) -> Iterator[Comparison]:
    """Nothing is due in any of them; each has a database of its own."""
    few, many = extent.signers
    for database in databases.BOTH:
        with ExitStack() as stack:
            sides = {
                "one": lambda: year.finished_again(year.finished(few), 0),
                "year": lambda: year.finished_again(year.finished(few), extent.campaigns - 1),
                "few": lambda: year.signed_by_all(few),
                "many": lambda: year.signed_by_all(many),
            }
            swept = {name: stack.enter_context(_side(database, build)) for name, build in sides.items()}
            taken = interleaved(extent, **swept)
        over = f"{extent.campaigns} campaigns of {few} partners that are over"
        yield Comparison(
            f"sweep after a year, {database}", taken["year"], "one campaign", taken["one"], "seconds", over
        )
        signed = f"a campaign that {many:,} partners signed, beside one of {few}"
        yield Comparison(f"sweep, many signers, {database}", taken["many"], "few", taken["few"], "seconds", signed)


@contextmanager
def _side(database: str, build: Callable[[], object]) -> Iterator[Callable[[], float]]:
    """Sweeps this database; returns seconds for one."""
    with databases.in_use(database):
        build()
        if database == "PostgreSQL":
            workers.tidy()
        conf = settings.current()
        # SQLite works in this process: its processor time leaves out how long the disk takes for the one commit.
        clock = time.process_time if database == "SQLite" else time.perf_counter
        places = {"data_dir": conf.data_dir, "database_url": conf.database_url, "secret_key": conf.secret_key}

        def sweeps() -> float:
            settings.only_for_this_process(**places)
            db.dispose()
            _one_sweep(clock)  # which connects
            return median(_one_sweep(clock) for _ in range(IN_A_ROUND))

        yield sweeps


def _one_sweep(clock: Callable[[], float]) -> float:
    begun = clock()
    assert tasks.due_now() == []
    return clock() - begun
