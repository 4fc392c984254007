"""What a path of ours is made of: anything else leads nowhere, and a bent link leads to its one spelling.

Mail programs and people bend links: they add the full stop of a sentence, an equals sign, a bracket, a blank that
nobody sees, the fold of a line, the words that follow. One spelling of each link is looked up, and no other.
"""

import contextlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from worker.models import MAX_SLUG
from worker.tokens import FORMER_LENGTH, LENGTH, PATHS, NotALink, read_token
from worker.web import responses

SHORTEST_BEGINNING = 8  # characters; what is shorter is a typed word as well as a link that was cut
_NOT_OF_A_TOKEN = re.compile(r"[^A-Za-z0-9_-]")
_A_BEGINNING = re.compile(rf"[^A-Za-z0-9_-]*[A-Za-z0-9_-]{{{SHORTEST_BEGINNING},{FORMER_LENGTH - 1}}}[^A-Za-z0-9_-]*")
# What was to be a query, or was added to one; a second link; the end tag of a link.
_BEYOND_A_TOKEN = re.compile(r"[?&#].*|(?<=[A-Za-z0-9_-])(?:[,;|\s]*https?:|</).*", re.DOTALL | re.IGNORECASE)
_ESCAPES = re.compile(r"[=%](?:3D|20|0D|0A)|(?:[=%][0-9A-F]{2}){1,9}$", re.IGNORECASE)  # signs, escaped once too often
_NOT_OF_A_PAGE = re.compile(r"[^a-z-]")
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|ttclid|twclid)(?:=.*)?", re.IGNORECASE
)
_PRINTABLE = re.compile(r"[!-~]+")


class _Text(Convertor[str]):
    """A part of a path that is taken as it is."""

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class _Token(_Text):
    regex = f"(?:[A-Za-z0-9]{{{LENGTH}}}|[A-Za-z0-9_-]{{{FORMER_LENGTH}}})"


class _Slug(_Text):
    regex = f"[a-z0-9-]{{1,{MAX_SLUG}}}"


class _Number(Convertor[int]):
    """A number of as many digits as any row may have: thousands of them are none that Python reads."""

    regex = "[0-9]{1,9}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


class _File(_Text):
    """The name of a file to be kept, such as `public.pdf`."""

    regex = r"[a-z]{1,20}\.[a-z]{1,8}"


class _Key(_Text):
    regex = "[A-Za-z0-9_-]{43}"


_CONVERTORS: dict[str, Convertor[Any]] = {
    "token": _Token(),
    "slug": _Slug(),
    "number": _Number(),
    "key": _Key(),
    "file": _File(),
}
for _name, _convertor in _CONVERTORS.items():
    register_url_convertor(_name, _convertor)


class Parts(NamedTuple):
    """A path behind a link: the place, what was to be the token, and the page below it."""

    place: str
    given: str
    page: str

    @classmethod
    def from_path(cls, path: str) -> "Parts | None":
        """Those of a path; None for one that is behind no link."""
        first, *others = path.lstrip("/").split("/")
        place = _NOT_OF_A_PAGE.sub("", first.lower())
        if place not in PATHS.values():
            return None
        rest = _BEYOND_A_TOKEN.sub("", "/".join(others))
        given, *below = [part for part in rest.split("/") if part] or [""]
        pages = [page for part in below if (page := _NOT_OF_A_PAGE.sub("", part.lower()))]
        return cls(place, given, pages[0] if pages else "") if len(pages) < 2 else None


def straight(path: str) -> str | None:
    """The one spelling of a path behind a link; None for what is no link, whatever is left out of it.

    It looks at the characters alone, so it tells nothing about which links there are.
    """
    if (parts := Parts.from_path(path)) is None or (token := _token_in(parts.given, parts.place)) is None:
        return None
    return f"/{parts.place}/{token}" + (f"/{parts.page}" if parts.page else "")


def is_cut(path: str) -> bool:
    """Whether a path looks like the beginning of a link, by its characters alone."""
    parts = Parts.from_path(path)
    return parts is not None and _A_BEGINNING.fullmatch(parts.given) is not None


def _token_in(given: str, place: str) -> str | None:
    """The token in a text: what is left of it without the signs, or else what stands before what follows.

    A former token may end in two signs, as may a link in bold or before a dash. Of two readings the key says which is
    a token of ours; that needs no look-up, and nobody makes one that passes.
    """
    readings = [token for one in _readings(given) if (token := _whole(one))]
    if len(set(readings)) > 1:
        return next((one for one in readings if _is_ours(one, place)), readings[0])
    return readings[0] if readings else None


_BEFORE_A_SIGN = [
    re.compile(rf"[^A-Za-z0-9_-]*([A-Za-z0-9_-]{{{FORMER_LENGTH}}})(?![A-Za-z0-9])"),
    re.compile(rf"[^A-Za-z0-9_-]*([A-Za-z0-9]{{{LENGTH}}})(?![A-Za-z0-9])"),
]


def _readings(given: str) -> Iterator[str]:
    yield _NOT_OF_A_TOKEN.sub("", _ESCAPES.sub("", given))
    yield _NOT_OF_A_TOKEN.sub("", given)
    yield _NOT_OF_A_TOKEN.sub(" ", given).lstrip().partition(" ")[0]
    for pattern in _BEFORE_A_SIGN:
        if found := pattern.match(given):
            yield found[1]


def _is_ours(token: str, place: str) -> bool:
    purpose = next(purpose for purpose, path in PATHS.items() if path == place)
    with contextlib.suppress(NotALink):
        return bool(read_token(token, purpose))
    return False


def _whole(kept: str) -> str | None:
    if len(kept) == FORMER_LENGTH:
        return kept
    kept = kept.replace("-", "").replace("_", "")
    return kept if len(kept) == LENGTH else None


def _without_tracking(query: str) -> str:
    """A query without the parameters that mailers and networks add to every link."""
    return "&".join(one for one in query.split("&") if not _TRACKING.fullmatch(one))


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
            if spelling is not None:
                asked = scope["query_string"].decode("latin-1")
                query = _without_tracking(asked)
                is_bent = (scope.get("raw_path") or path.encode(), asked) != (spelling.encode("ascii"), query)
                if is_bent and scope["method"] in {"GET", "HEAD"}:
                    app = RedirectResponse(f"{spelling}?{query}" if query else spelling, 301)
                scope = {**scope, "path": spelling, "raw_path": spelling.encode("ascii")}
            elif is_cut(path):
                app = responses.apology("cut link")
            elif not _PRINTABLE.fullmatch(path):
                app = responses.apology("wrong link")
        await app(scope, receive, send)
