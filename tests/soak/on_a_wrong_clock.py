"""The command line on a machine whose clock is wrong: `python -m tests.soak.on_a_wrong_clock SECONDS worker`."""

import datetime
import sys
import time
from typing import Any

_real = datetime.datetime


class _Any(type):
    """A moment is a moment, whoever made it."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _real)


def set_wrong(seconds: float) -> None:
    """Whatever is imported from now on reads a clock that is wrong by so much; monotonic clocks stay right."""
    by, right, right_ns = datetime.timedelta(seconds=seconds), time.time, time.time_ns

    class Wrong(_real, metaclass=_Any):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Any:
            return _real.now(tz) + by

        @classmethod
        def utcnow(cls) -> Any:
            return _real.now(datetime.UTC).replace(tzinfo=None) + by

    datetime.datetime = Wrong  # type: ignore[misc]
    time.time = lambda: right() + seconds
    time.time_ns = lambda: right_ns() + int(seconds * 1e9)


if __name__ == "__main__":
    set_wrong(float(sys.argv.pop(1)))
    from worker import cli

    cli.main()
