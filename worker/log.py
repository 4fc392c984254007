"""One line a thing that happened: numbers and kinds, never a name, an address, a token or a code."""

import logging
import sys

WARNING = logging.WARNING


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


def _first_line(record: logging.LogRecord) -> bool:
    """Keep of a message its first line: while the broker is away the clock gives two tracebacks at every look."""
    record.msg, record.args = record.getMessage().partition("\n")[0], ()
    record.exc_info = record.exc_text = None
    return True


def _handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(formatter)
    return handler
