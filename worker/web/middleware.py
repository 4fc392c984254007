"""What every response carries, and what is said when something broke that nobody foresaw."""

import logging
import traceback

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("web")

HEADERS = {
    # form-action, base-uri and frame-ancestors are not covered by default-src.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}


class Guard:
    """Adds the headers that a response does not set itself; an uncaught error becomes a page without details.

    It stands inside Starlette's own last resort, which would raise again and let the server print a traceback.
    """

    def __init__(self, app: ASGIApp, broken: Response) -> None:
        self._app = app
        self._broken = broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _add_headers(message)
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:
            log.error("%s at %s", type(error).__name__, _place(error))
            if not started:
                await self._broken(scope, receive, send_guarded)


def _add_headers(message: Message) -> None:
    present = {name for name, _ in message["headers"]}
    message["headers"] += [header for header in _RAW if header[0] not in present]


_RAW = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in HEADERS.items()]


def _place(error: Exception) -> str:
    """Where it was raised; the message of an error may tell a name or an address, a line of code does not."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
