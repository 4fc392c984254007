"""Thousands of mutated delivery reports: tests/test_bounces_mutated.py, many times."""

from collections import Counter
from collections.abc import Iterator

from tests import mutated_reports as mutated
from tests.soak.house import A_SECRET_KEY
from tests.soak.rows import Extent, Row, tried
from worker import settings

AT_ONCE = 100


def run(extent: Extent) -> Iterator[Row]:
    wanted = extent.wanted(5_000, 200)
    settings.only_for_this_process(secret_key=A_SECRET_KEY, bounces_to="bounces@letters.example")
    first, read_as = extent.chance.randrange(10**9), Counter[str]()
    with tried("12 mutated delivery reports", wanted) as row:
        while row.trials < wanted and extent.goes_on:
            found = mutated.trial(AT_ONCE, first + row.trials)
            row.trials += found.reports
            row.wrong += [f"crashed: {label}" for label in found.crashes]
            row.wrong += [f"a forgery was believed: {label}" for label in found.forgeries]
            read_as.update(found.read_as)
        row.counted = "read as " + ", ".join(f"{kind} {n:,}" for kind, n in read_as.most_common())
    settings.only_for_this_process()
    yield row
