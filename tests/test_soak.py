"""The trials run and find nothing, in tiny counts, and their page explains every row."""

import re
import subprocess
import sys
from pathlib import Path

from tests import counts
from tests.soak.__main__ import TRIALS
from tests.soak.full_counts import failures

TOP = Path(__file__).resolve().parent.parent
PAGE = (TOP / "docs" / "soak.md").read_text()
# Those that measure no waiting: what must happen within seconds is for a machine that does nothing else.
UNHURRIED = ["claims", "reports", "smtp", "greylisting"]


def test_the_trials_run_and_find_nothing() -> None:
    one = _begun(UNHURRIED)
    printed, _ = one.communicate(timeout=180)
    assert one.returncode == 0, printed
    assert _promises(printed)
    assert set(_promises(printed)) <= set(_promises(PAGE)), "docs/soak.md shows another table"


def test_the_page_names_every_trial() -> None:
    assert all(name in PAGE for name in TRIALS)


def test_whoever_repeats_less_in_a_hurry_repeats_it_all_there() -> None:
    hurried = {file.name for file in (TOP / "tests").rglob("test_*.py") if "counts import times" in file.read_text()}
    assert hurried - {Path(__file__).name} == set(counts.FILES)


def test_a_test_that_fails_with_its_full_count_only_is_told(tmp_path: Path) -> None:
    hurried = tmp_path / "test_hurried.py"
    hurried.write_text("from tests.counts import times\n\ndef test_it():\n    assert times(9, few=2) < 9\n")
    assert failures(hurried, full=False) == []
    [told] = failures(hurried, full=True)
    assert told.endswith("test_hurried.py::test_it failed")


def _begun(names: list[str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.soak", "--quick", "--seed", "1", "--only", *names]
    return subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _promises(text: str) -> list[str]:
    """The first column of a table."""
    return re.findall(r"^\| (\d+ [^|]*?) *\|", text, re.M)
