"""Throttle wrong mail codes, per link holder and process: too slow for guessing, and nobody is locked out for long.

Everything here is remembered as moments, so nothing has to happen for a slot to become free, and whoever hangs up
frees none. It belongs to the event loop alone: no thread, no lock.
"""

import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

log = logging.getLogger("web")

SLOTS = 5
HELD, HELD_LONGER = 1.0, 60.0  # seconds for which a wrong code holds its slot
MANY, VERY_MANY = 20, 100  # wrong codes of one link holder within an hour: it is logged; slots are held longer
AN_HOUR = 3600.0
MAX_HOLDERS = 2000


class Guessed(NamedTuple):
    """Whose mail code is guessed: a row of which table. Partners and applicants are numbered each by themselves."""

    kind: Literal["partner", "applicant"]
    id: int


@dataclass
class _Tally:
    """The wrong codes of one link holder."""

    at: deque[float] = field(default_factory=lambda: deque(maxlen=VERY_MANY))
    held_until: list[float] = field(default_factory=list)
    logged_at: float = float("-inf")

    def within_an_hour(self, now: float) -> int:
        return sum(at > now - AN_HOUR for at in self.at)


class CodeThrottle:
    """Whose codes were guessed lately; beyond MAX_HOLDERS the one that rested longest is forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tallies: OrderedDict[Guessed, _Tally] = OrderedDict()

    def is_blocked(self, whose: Guessed) -> bool:
        """Whether all slots are held, so that no code of this link holder is looked at now."""
        tally = self._tallies.get(whose)
        now = self._clock()
        return tally is not None and sum(until > now for until in tally.held_until) >= SLOTS

    def note(self, whose: Guessed) -> None:
        """Note a wrong code, which takes a slot."""
        now = self._clock()
        tally = self._tallies.setdefault(whose, _Tally())
        self._tallies.move_to_end(whose)
        if len(self._tallies) > MAX_HOLDERS:
            self._tallies.popitem(last=False)
        longer = tally.within_an_hour(now) >= VERY_MANY
        tally.held_until = [until for until in tally.held_until if until > now][-SLOTS:]
        tally.held_until.append(now + (HELD_LONGER if longer else HELD))
        tally.at.append(now)
        if tally.within_an_hour(now) >= MANY and tally.logged_at <= now - AN_HOUR:
            tally.logged_at = now
            log.warning("%s %d: %d wrong mail codes within an hour", *whose, MANY)
