"""Whether we live, and whether we can do our work: for whoever watches the machines."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from worker import broker, db, installation
from worker.key_check import WrongKey
from worker.state import overdue, relay_status
from worker.web import key_gate
from worker.wording.relay_status import iso, relay_state

WAIT_FOR_DATABASE = 4.0  # seconds; a connection is given up after three
WAIT_FOR_BROKER = 2.0

_T = TypeVar("_T")
# Threads of their own: a broker that hangs must not use up those that serve partners.
_threads = ThreadPoolExecutor(4, "health")


async def livez(request: Request) -> Response:
    """Says that this process answers; asks nothing of anybody."""
    return PlainTextResponse("ok")


async def readyz(request: Request) -> Response:
    """Says whether database and broker answer, whether mail leaves, and whether letters are closed and sent in time.

    `restored`: the database was put back from a backup, and everything stands still until a person has looked.
    `stuck`: mail is due and no worker looks for it. A relay that takes none is told and is no reason to be not
    ready: the pages work.
    """
    state, restored, broker = await asyncio.gather(
        _within(WAIT_FOR_DATABASE, _state_of_what_runs),
        _within(WAIT_FOR_DATABASE, _stands_still),
        _within(WAIT_FOR_BROKER, _broker_answers),
    )
    found, late = state or (None, {})
    stuck = found is not None and found.stuck and not restored
    failing = [
        *(["database"] if found is None else []),
        *([] if broker else ["broker"]),
        *(["restored"] if restored else _failing(found) if found else []),
        *dict.fromkeys(due.act for due in late.values()),
    ]
    told = {
        "ready": not failing,
        "database": found is not None,
        "broker": bool(broker),
        "relay": relay_state(found) if found else None,
        "restored": restored,
        "stuck": stuck if found else None,
        "worker": found.worker if found else None,
        "beat": found.beat if found else None,
        "overdue": [{"campaign": id, "act": due.act, "since": iso(due.since)} for id, due in late.items()],
        "oldest_due_mail_seconds": round(found.overdue, 1) if found else None,
        "failing": failing,
    }
    return JSONResponse(told, 503 if failing else 200)


async def _within(seconds: float, ask: Callable[[], _T]) -> _T | None:
    """The answer, or None when it takes too long; the thread that hangs is left to itself."""
    loop = asyncio.get_running_loop()
    try:
        return await asyncio.wait_for(loop.run_in_executor(_threads, ask), seconds)
    except TimeoutError:
        return None


def _failing(found: relay_status.RelayStatus) -> list[str]:
    """Which of our own processes do not do their work; each worker has a clock, so none is missed beside a worker."""
    silent = [] if found.beat else ["beat" if found.worker else "worker"]
    return [*(["stuck"] if found.stuck else []), *silent]


def _state_of_what_runs() -> tuple[relay_status.RelayStatus, dict[int, overdue.DueAct]] | None:
    try:
        key_gate.require_key()
        with db.reading() as session:
            found = relay_status.load_relay_status(session)
            due = overdue.load_all_due(session, found.now)
            return found, {campaign_id: act for campaign_id, act in due.items() if act.late}
    except (SQLAlchemyError, WrongKey):
        return None


def _stands_still() -> bool | None:
    try:
        return installation.stands_still()
    except SQLAlchemyError:
        return None


def _broker_answers() -> bool:
    return broker.answers(WAIT_FOR_BROKER)
