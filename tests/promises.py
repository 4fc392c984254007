"""Stories of what does not hold yet: they fail at the promise and nowhere else."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

SOON = 1.5  # seconds in which what should come by itself is there, when nothing else is under way
T = TypeVar("T")


class NotYet(Exception):
    """What is promised does not hold.

    No AssertionError, so that `xfail(strict=True, raises=NotYet)` is red where anything else of a story fails.
    """


@contextmanager
def promised() -> Iterator[None]:
    """What is asserted within is the promise; what comes before it must hold today."""
    try:
        yield
    except AssertionError as broken:
        raise NotYet(str(broken)) from broken


def soon(what: Callable[[], T], *, seconds: float = SOON) -> T:
    """Look again and again until there is something to see, or the time is over; returns what was seen last."""
    until = time.monotonic() + seconds
    while not (seen := what()) and time.monotonic() < until:
        time.sleep(0.05)
    return seen
