"""One line a thing that happened: numbers and kinds, never a name, an address, a token or a code."""

import logging
import sys


def to_stderr(level: int = logging.INFO) -> None:
    """Log to stderr in one format; idempotent. Libraries that would tell addresses are quietened."""
    root = logging.getLogger()
    root.handlers[:] = [_handler()]
    root.setLevel(level)
    # aiosmtpd and uvicorn's access log print recipients and paths (a path is a token here).
    for chatty in ("mail.log", "mail.debug", "uvicorn.access", "asyncio", "kombu", "celery.redirected"):
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    for noisy in (
        "uvicorn",
        "uvicorn.error",
        "celery",
        "alembic",
        "celery.beat",
        "celery.worker.strategy",
        "celery.app.trace",
    ):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))


def _handler() -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(formatter)
    return handler
