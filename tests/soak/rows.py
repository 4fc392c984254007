"""What a trial tells: a promise, how often it was tried, what went wrong, and what was counted besides."""

import random
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Extent:
    """How much is tried: a count, and a moment (monotonic seconds) after which nothing new is begun."""

    quick: bool
    chance: random.Random
    until: float

    def wanted(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    @property
    def goes_on(self) -> bool:
        return self.quick or time.monotonic() < self.until

    def part(self, share: float) -> "Extent":
        """The first part of the time that is left."""
        now = time.monotonic()
        return Extent(self.quick, self.chance, now + max(0.0, self.until - now) * share)


@dataclass
class Row:
    """One promise: `wrong` has a sentence for each failure, `counted` says what was seen besides."""

    promise: str
    wanted: int
    trials: int = 0
    wrong: list[str] = field(default_factory=list)
    counted: str = ""
    seconds: float = 0

    @property
    def bound(self) -> float | None:
        """Below it the rate of failures is with 95 %, where none was seen; None where one was, or nothing tried."""
        return 3 / self.trials if self.trials and not self.wrong else None


@contextmanager
def tried(promise: str, wanted: int) -> Iterator[Row]:
    """A row while it is tried; a trial that breaks is a failure, and the others go on."""
    row, begun = Row(promise, wanted), time.monotonic()
    try:
        yield row
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        row.wrong.append(f"the trial itself broke ({type(error).__name__}: {error})")
    row.seconds = time.monotonic() - begun
