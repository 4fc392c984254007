"""The tests that repeat something a few times in `make test`, each with its full count."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests import counts
from tests.soak.rows import Extent, Row, tried

TESTS = Path(counts.__file__).parent


def run(extent: Extent) -> Iterator[Row]:
    files = [TESTS / file for file in counts.FILES]
    with tried("15 tests with their full counts", len(files)) as row:
        while row.trials < len(files) and extent.goes_on:
            row.wrong += failures(files[row.trials], full=not extent.quick)
            row.trials += 1
        row.counted = ", ".join(file.name for file in files[: row.trials])
    yield row


def failures(file: Path, *, full: bool) -> list[str]:
    """A sentence for each test of the file that fails."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE", str(file)]
    environment = os.environ | ({counts.FULL: "1"} if full else {})
    ended = subprocess.run(command, cwd=TESTS.parent, env=environment, capture_output=True, text=True)
    told = [f"{test} failed" for test in re.findall(r"^(?:FAILED|ERROR) (\S+)", ended.stdout, re.M)]
    return told or ([f"{file.name} ended with {ended.returncode}"] if ended.returncode else [])
