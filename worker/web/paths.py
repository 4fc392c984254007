"""What a path of ours is made of: anything else leads nowhere, and a bent link leads to its one spelling.

Mail programs and people bend links: they add the full stop of a sentence, an equals sign, a bracket, a blank that
nobody sees. One spelling of each link is looked up, and no other.
"""

import re
from typing import Any

from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.models import MAX_SLUG
from worker.tokens import GENERATION, MAC, PATHS, REF
from worker.web import responses

TOKEN_LENGTH = (REF + GENERATION + MAC) * 4 // 3  # 27 bytes in base64url, which need no padding
_OF_A_LINK = re.compile(rf"/({'|'.join(PATHS.values())})/([^/]*)(?:/([^/]*))?")
_NOT_OF_A_TOKEN = re.compile(r"[^A-Za-z0-9_-]")
_NOT_OF_A_PAGE = re.compile(r"[^a-z-]")
_PRINTABLE = re.compile(r"[!-~]+")


class _Text(Convertor[str]):
    """A part of a path that is taken as it is."""

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _Token(_Text):
    regex = f"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}"


class _Slug(_Text):
    regex = f"[a-z0-9-]{{1,{MAX_SLUG}}}"


class _Number(Convertor[int]):
    """A number of a few digits: thousands of them are none that Python reads."""

    regex = "[0-9]{1,6}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


_CONVERTORS: dict[str, Convertor[Any]] = {"token": _Token(), "slug": _Slug(), "number": _Number()}
for _name, _convertor in _CONVERTORS.items():
    register_url_convertor(_name, _convertor)


def straight(path: str) -> str | None:
    """The one spelling of a path behind a link; None for what is no link, whatever is left out of it.

    It looks at the characters alone, so it tells nothing about which links there are.
    """
    if (found := _OF_A_LINK.fullmatch(path)) is None:
        return None
    place, token, below = found.groups(default="")
    token, page = _NOT_OF_A_TOKEN.sub("", token), _NOT_OF_A_PAGE.sub("", below)
    if len(token) != TOKEN_LENGTH:
        return None
    return f"/{place}/{token}" + (f"/{page}" if page else "")


class OneSpelling:
    """Redirects who looks at a bent link to its one spelling, before anything is looked up.

    By 301, which every program understands: only looks are redirected, so that no form can be lost on the way, and
    it is `no-store` as all that we answer. A form that was sent to a bent address is taken as one to the address that
    its page printed: neither an answer nor the one click of RFC 8058, which forbids a redirect, gets lost.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app, path = self._app, scope.get("path", "")
        if scope["type"] == "http":
            spelling = straight(path)
            if spelling not in {None, path}:
                if scope["method"] in {"GET", "HEAD"}:
                    query = scope["query_string"].decode("latin-1")
                    app = RedirectResponse(f"{spelling}?{query}" if query else f"{spelling}", 301)
                scope = {**scope, "path": spelling, "raw_path": f"{spelling}".encode("ascii")}
            elif not _PRINTABLE.fullmatch(path):
                app = responses.apology("wrong link")
        await app(scope, receive, send)
