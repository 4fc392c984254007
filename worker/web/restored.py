"""What stands in front of all pages while the database stands still: nothing of a letter, or of a partner, is shown."""

import asyncio
import contextlib
import time

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from worker import installation
from worker.text.languages import OF_THE_DESK, SOURCE
from worker.tokens import PATHS
from worker.web import responses
from worker.web.unsubscribe import note_one_click, one_click_noted, read_wish

LOOK_HOLDS_S = 0.2  # seconds for which a look whether all stands still is good, and between two notes of new answers
RETRY_AFTER_S = "3600"
_DESK = "desk"
_PLACES = {*PATHS.values(), "c", _DESK}


class UnlessRestored:
    """Answers all pages with 503 while the database stands still; what was typed into a form is kept on the page.

    A link that was revoked since the backup could be alive again, and a name that withdrew could be on a public page.
    After a form the data folder is told how far the database has come; nobody waits for that.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._looked_at = 0.0
        self._stands: bool | None = None  # nobody has looked yet
        self._noting: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].removeprefix("/").split("/")[0] not in _PLACES:
            await self._app(scope, receive, send)
            return
        if await self._stands_still():
            request = Request(scope, receive)
            if request.url.path.removeprefix("/").split("/")[0] == _DESK:
                await desk_apology(request)(scope, receive, send)
                return
            typed = await _typed(request)
            said = (
                one_click_noted()
                if await run_in_threadpool(note_one_click, request.url.path, typed)
                else apology(typed)
            )
            await said(scope, receive, send)
            return
        await self._app(scope, receive, send)
        if scope["method"] == "POST" and (self._noting is None or self._noting.done()):
            self._noting = asyncio.create_task(self._note_progress())

    async def _stands_still(self) -> bool:
        """By a look that is no older than LOOK_HOLDS_S; where the database is away, the page says so itself."""
        if self._stands is None or time.monotonic() - self._looked_at >= LOOK_HOLDS_S:
            looking, loop = self._looking, asyncio.get_running_loop()
            if looking is None or looking.done() or looking.get_loop() is not loop:  # tests have several loops
                looking = self._looking = asyncio.create_task(self._look())
            await asyncio.shield(looking)
        return bool(self._stands)

    async def _look(self) -> None:
        began = time.monotonic()
        with contextlib.suppress(SQLAlchemyError):
            self._stands = await run_in_threadpool(installation.stands_still)
        self._looked_at = began

    async def _note_progress(self) -> None:
        await asyncio.sleep(LOOK_HOLDS_S)
        with contextlib.suppress(SQLAlchemyError):
            self._stands = await run_in_threadpool(installation.stands_still)


def apology(typed: dict[str, str] | None) -> HTMLResponse:
    """What is said instead of any page."""
    return responses.apology("restored", {"Retry-After": RETRY_AFTER_S}, typed)


def desk_apology(request: Request) -> HTMLResponse:
    """What organizers read instead: that only the shell can decide. Nobody logs in meanwhile, and nothing is written,
    for an organizer who was removed since the backup, or a session that was ended, would be there again.
    """
    wanted = request.query_params.get("lang", "")
    page = responses.show("desk/restored.html", wanted if wanted in OF_THE_DESK else SOURCE, 503)
    page.headers["Retry-After"] = RETRY_AFTER_S
    return page


async def _typed(request: Request) -> dict[str, str] | None:
    """What a form sent, if it is one."""
    if request.method != "POST":
        return None
    with contextlib.suppress(HTTPException):
        return await read_wish(request)
    return None
