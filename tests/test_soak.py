"""The trials run and find nothing, in tiny counts, and their page explains every row."""

import re
import subprocess
import sys
from pathlib import Path

from tests.soak.__main__ import TRIALS

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


def _begun(names: list[str]) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.soak", "--quick", "--seed", "1", "--only", *names]
    return subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _promises(text: str) -> list[str]:
    """The first column of a table."""
    return re.findall(r"^\| (\d+ [^|]*?) *\|", text, re.M)
