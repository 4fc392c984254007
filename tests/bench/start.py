"""How long the command line takes to say what it can do."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.bench.rounds import Comparison, Extent, interleaved

LIMIT = 0.5  # seconds
UNDERSIGNED = Path(sys.executable).with_name("undersigned")


def measure(extent: Extent) -> Iterator[Comparison]:
    """The installed `undersigned --help`, against a Python that does nothing and against the limit."""
    taken = interleaved(
        replace(extent, rounds=extent.rounds * 3),
        ours=partial(_run, str(UNDERSIGNED), "--help"),
        python=partial(_run, sys.executable, "-c", "pass"),
    )
    ours = taken["ours"]
    yield Comparison("undersigned --help", ours, "python -c pass", taken["python"], "seconds")
    yield Comparison("undersigned --help", ours, "the limit, half a second", [LIMIT] * len(ours), "seconds")


def _run(*command: str) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun
