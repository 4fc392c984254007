"""The benches run, and what they measure is what their page explains; no time is asserted."""

import re
from pathlib import Path

import pytest

from tests.bench import table
from tests.bench.__main__ import MEASURES
from tests.bench.rounds import QUICK, Comparison

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "bench.md").read_text()
EXPLAINED = "|".join(re.escape(row).replace("…", ".+") for row in re.findall(r"^\| `(.+?)` \|", PAGE, re.MULTILINE))


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_runs_and_its_rows_are_explained(name: str) -> None:
    compared = [one for one in MEASURES[name](QUICK) if isinstance(one, Comparison)]  # a peer may be left out

    assert all(one.ratio > 0 for one in compared)
    assert len(table.lines(compared)) == len(compared) + 2
    assert not [one.name for one in compared if not re.fullmatch(EXPLAINED, one.name)]
