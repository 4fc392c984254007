"""Reports with thousands of errors in them: none makes us stumble, and none suppresses an address by forgery."""

import random
from collections.abc import Callable

import pytest

from tests.mutated_reports import Trial, read_into, trial

pytestmark = pytest.mark.usefixtures("bounces_come_back")

A_FEW_HUNDRED = 600


def test_mutated_reports_do_no_harm(record_property: Callable[[str, object], None]) -> None:
    found = trial(A_FEW_HUNDRED)
    record_property("read as", dict(found.read_as))
    assert found.crashes == []
    assert found.forgeries == []
    assert found.slowest < 2
    ways = {"hard", "soft", "delayed", "none", "response", "nothing"}
    assert found.read_as.keys() >= ways, "the trial no longer tries much"
    assert found.read_as["hard"] > A_FEW_HUNDRED / 50


def test_bytes_without_any_form_do_no_harm() -> None:
    chance = random.Random(1)
    found = Trial()
    for number in range(100):
        read_into(found, chance.randbytes(chance.choice([1, 30, 3000])), str(number))
    assert found.crashes == found.forgeries == []
