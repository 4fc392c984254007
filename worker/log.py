"""One line a thing that happened: numbers and kinds, never a name, an address, a token or a code.

A line begins with what it is about: `task=close campaign=17`, of a mail `mail=40` too. The task and its campaign are
known while a task runs; whoever knows more of one line gives it as `extra`.
"""

import logging
import sys
from contextvars import ContextVar

WARNING = logging.WARNING
ABOUT = ("task", "campaign", "mail")
_task: ContextVar[dict[str, str | int]] = ContextVar("task", default={})  # noqa: B039 - never changed, only replaced


def to_stderr(level: int = logging.INFO) -> None:
    """Log to stderr in one format; idempotent. Libraries that would tell addresses are quietened."""
    root = logging.getLogger()
    root.handlers[:] = [_handler()]
    root.setLevel(level)
    for name in _TELLTALES:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    clock = logging.getLogger("celery.beat")
    if _first_line not in clock.filters:
        clock.addFilter(_first_line)


# These print recipients, paths (a path is a token here), or an exception with all its values.
_TELLTALES = (
    "mail.log",
    "mail.debug",
    "uvicorn.access",
    "asyncio",
    "kombu",
    "celery.redirected",
    "celery.app.trace",
    "celery.worker.consumer",
)
_TALKATIVE = ("uvicorn", "uvicorn.error", "celery", "celery.beat", "celery.worker.strategy", "alembic")


def begin_task(name: str, campaign_id: int | None) -> None:
    """From now on the lines of this thread, and of what it starts, are about this task."""
    _task.set({"task": name} if campaign_id is None else {"task": name, "campaign": campaign_id})


def end_task() -> None:
    """The thread is about nothing any more."""
    _task.set({})


def _tell_what_it_is_about(record: logging.LogRecord) -> bool:
    known = _task.get() | {key: found for key in ABOUT if (found := getattr(record, key, None)) is not None}
    record.about = "".join(f"{key}={known[key]} " for key in ABOUT if key in known)
    return True


def _first_line(record: logging.LogRecord) -> bool:
    """Keep of a message its first line: while the broker is away the clock gives two tracebacks at every look."""
    record.msg, record.args = record.getMessage().partition("\n")[0], ()
    record.exc_info = record.exc_text = None
    return True


def _handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(about)s%(message)s")
    handler.addFilter(_tell_what_it_is_about)
    handler.setFormatter(formatter)
    return handler
