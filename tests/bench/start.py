"""How long the command line takes to say what it can do, and what a command that only looks takes beside that."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests import servers
from tests.bench import campaign, databases
from tests.bench.rounds import Comparison, Extent, interleaved
from worker import db
from worker.acts import launch

LIMIT = 0.5  # seconds
PARTNERS = 60
UNDERSIGNED = str(Path(sys.executable).with_name("undersigned"))
HELP = (UNDERSIGNED, "--help")
PASS = (sys.executable, "-c", "pass")


def measure(extent: Extent) -> Iterator[Comparison]:
    """The installed `undersigned --help`, against a Python that does nothing and against the limit."""
    _run(HELP)
    taken = interleaved(replace(extent, rounds=extent.rounds * 3), ours=partial(_run, HELP), python=partial(_run, PASS))
    ours = taken["ours"]
    yield Comparison("undersigned --help", ours, "python -c pass", taken["python"], "seconds")
    yield Comparison("undersigned --help", ours, "the limit, half a second", [LIMIT] * len(ours), "seconds")
    yield from _looks(extent)


def _looks(extent: Extent) -> Iterator[Comparison]:
    """`status` and `export` of a campaign in SQLite, in processor time: what they wait for is the same for all."""
    with databases.in_use("SQLite"):
        looked_at = campaign.definition(PARTNERS)
        with db.transaction() as session:
            launch.launch_campaign(session, looked_at)
        sides = {word: partial(_processor_time, (UNDERSIGNED, word, looked_at.slug)) for word in ("status", "export")}
        for side in sides.values():
            side()  # which leaves its bytecode
        wide = replace(extent, rounds=extent.rounds * 2, seconds=extent.seconds * 2)
        taken = interleaved(wide, help=partial(_processor_time, HELP), **sides)
    for word in sides:
        yield Comparison(f"undersigned {word}", taken[word], "undersigned --help", taken["help"], "seconds")


def _run(command: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL, env=_environment())
    return time.perf_counter() - begun


def _processor_time(command: tuple[str, ...]) -> float:
    """Of this command alone, its own and the system's for it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _environment() -> dict[str, str]:
    """One in which the second start finds the bytecode of the first, whatever is set on this machine."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(servers.run_folder() / "bytecode")}
