"""How long the command line takes to say what it can do."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests import servers
from tests.bench.rounds import Comparison, Extent, interleaved

LIMIT = 0.5  # seconds
HELP = (str(Path(sys.executable).with_name("undersigned")), "--help")
PASS = (sys.executable, "-c", "pass")


def measure(extent: Extent) -> Iterator[Comparison]:
    """The installed `undersigned --help`, against a Python that does nothing and against the limit."""
    _run(HELP)
    taken = interleaved(replace(extent, rounds=extent.rounds * 3), ours=partial(_run, HELP), python=partial(_run, PASS))
    ours = taken["ours"]
    yield Comparison("undersigned --help", ours, "python -c pass", taken["python"], "seconds")
    yield Comparison("undersigned --help", ours, "the limit, half a second", [LIMIT] * len(ours), "seconds")


def _run(command: tuple[str, ...]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL, env=_environment())
    return time.perf_counter() - begun


def _environment() -> dict[str, str]:
    """One in which the second start finds the bytecode of the first, whatever is set on this machine."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(servers.run_folder() / "bytecode")}
