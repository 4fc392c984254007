"""What a browser keeps for the desk: its session, that it asked for a code, that it was here before, its language."""

import base64
import binascii
from typing import Literal
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from worker import settings

Kind = Literal["session", "asked", "known", "language"]
_NAMES: dict[Kind, str] = {"session": "desk", "asked": "desk-asked", "known": "desk-known", "language": "desk-language"}
_LAST_S: dict[Kind, int | None] = {"session": None, "asked": 2 * 60 * 60, "known": 365 * 24 * 60 * 60, "language": None}


def is_https() -> bool:
    """Whether people reach us over TLS, so that cookies can be bound to this one host."""
    return settings.current().public_url.startswith("https://")


def cookie_name(kind: Kind) -> str:
    """Its name. Without TLS it has our port in it, for all ports of a host share their cookies."""
    if is_https():
        return f"__Host-{_NAMES[kind]}"
    return f"{_NAMES[kind]}-{urlsplit(settings.current().public_url).port or 80}"


def kept(request: Request, kind: Kind) -> str:
    """What the browser shows; empty if nothing."""
    return request.cookies.get(cookie_name(kind), "")[:200]


def keep(response: Response, kind: Kind, value: str) -> None:
    """Let the browser keep it, out of the reach of scripts and of forms on other sites."""
    response.set_cookie(
        cookie_name(kind), value, max_age=_LAST_S[kind], path="/", secure=is_https(), httponly=True, samesite="lax"
    )


def forget(response: Response, kind: Kind) -> None:
    """Let the browser forget it."""
    response.delete_cookie(cookie_name(kind), path="/", secure=is_https(), httponly=True, samesite="lax")


def keep_mark(response: Response, mark: bytes) -> None:
    """Let the browser be known again, now that it passed all that is asked for."""
    keep(response, "known", base64.urlsafe_b64encode(mark).decode())


def read_mark(request: Request) -> bytes | None:
    """The mark that a browser shows, whoever's it is."""
    try:
        return base64.b64decode(kept(request, "known").encode("ascii"), altchars=b"-_", validate=True) or None
    except (ValueError, binascii.Error):
        return None
