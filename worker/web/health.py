"""Whether we live, and whether we can do our work: for whoever watches the machines."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from worker import db, tasks
from worker.mail import outbox

WAIT_FOR_DATABASE = 4.0  # seconds; a connection is given up after three
WAIT_FOR_BROKER = 2.0

_T = TypeVar("_T")
# Threads of their own: a broker that hangs must not use up those that serve partners.
_threads = ThreadPoolExecutor(4, "health")


async def livez(request: Request) -> Response:
    """Says that this process answers; asks nothing of anybody."""
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """Says whether database and broker answer, and for how long the oldest due mail has been waiting."""
    overdue, broker = await asyncio.gather(
        _within(WAIT_FOR_DATABASE, _seconds_overdue),
        _within(WAIT_FOR_BROKER, _broker_answers),
    )
    failing = [name for name, fails in (("database", overdue is None), ("broker", not broker)) if fails]
    found = {
        "ready": not failing,
        "database": overdue is not None,
        "broker": bool(broker),
        "oldest_due_mail_seconds": None if overdue is None else round(overdue, 1),
        "failing": failing,
    }
    return JSONResponse(found, 503 if failing else 200)


async def _within(seconds: float, ask: Callable[[], _T]) -> _T | None:
    """The answer, or None when it takes too long; the thread that hangs is left to itself."""
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.run_in_executor(_threads, ask), seconds)
    except TimeoutError:
        return None


def _seconds_overdue() -> float | None:
    try:
        with db.reading() as session:
            return outbox.seconds_overdue(session)
    except SQLAlchemyError:
        return None


def _broker_answers() -> bool:
    return tasks.broker_answers(WAIT_FOR_BROKER)
