"""How often a test repeats one and the same thing: a few times in `make test`, in full in `make soak`."""

import os

FULL = "TESTS_FULL_COUNTS"  # set by tests/soak/full_counts.py
FILES = (
    *("test_race_at_the_deadline.py", "test_links_hold.py", "test_moments.py", "test_wire.py"),
    "test_voices_by_the_thousand.py",
)


def times(full: int, *, few: int) -> int:
    """For repetitions only: a case belongs to every run."""
    return full if os.environ.get(FULL) else few
