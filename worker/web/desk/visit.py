"""One request at the desk: who asks, by what form, and with what they had typed before they had to log in."""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from worker.models import Campaign, Role, Seat
from worker.state.organizers import Visitor, is_at_least
from worker.text.languages import OF_THE_DESK, SOURCE
from worker.web import responses
from worker.web.desk import cookies
from worker.web.forms import Upload

PAGE_KEY = 16  # signs
_A_PAGE_KEY = re.compile(rf"[A-Za-z0-9_-]{{{PAGE_KEY}}}")
NEVER_KEPT = frozenset({"code", "factor", "kept", "lang", "sure", "seen", "page_key"})


@dataclass(frozen=True)
class DeskRoute:
    """One thing that can be done at the desk, and what it takes.

    `needs`: nobody (whoever comes), factor (who is logged in but for the second factor), person (who is logged in), or
    at least this role at the campaign whose number is in the path. `sends`: mail leaves by it, which is a right of its
    own. `is_dangerous`: the second factor is asked for again. `form`: the page on which its form stands. `uploads`:
    its form may bring files, from whoever is logged in. `takes_letter`: a whole letter may be typed into it.
    """

    method: Literal["GET", "POST"]
    path: str
    view: "View"
    needs: Literal["nobody", "factor", "person"] | Role
    sends: bool = False
    is_dangerous: bool = False
    form: str = ""
    uploads: bool = False
    takes_letter: bool = False


@dataclass(frozen=True)
class Kept:
    """What was typed into a form that could not be taken, and the page on which it stands again."""

    path: str
    fields: Mapping[str, str]

    @classmethod
    def from_field(cls, spelled: str) -> "Kept | None":
        """What a page of ours wrote into a hidden field; it only fills a form, so nobody has to have signed it."""
        try:
            path, fields = json.loads(spelled)
        except (ValueError, TypeError, RecursionError):
            return None
        if not isinstance(path, str) or not isinstance(fields, dict):
            return None
        kept = {_shown(name): _shown(value) for name, value in fields.items() if name not in NEVER_KEPT}
        return cls(_shown(path), kept)

    def spelled(self) -> str:
        """As it stands in a hidden field."""
        fields = {name: value for name, value in self.fields.items() if name not in NEVER_KEPT}
        return json.dumps([self.path, fields], ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class Visit:
    """What a view of the desk is given."""

    request: Request
    route: DeskRoute
    typed: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)
    visitor: Visitor | None = None
    seat: Seat | None = None
    refill: Mapping[str, str] | None = None
    """What fills the form that this page shows, where it was typed before."""
    revisit: "Callable[[Visit, str, Kept], Response] | None" = None

    @property
    def person(self) -> Visitor:
        """Who is logged in, where the table says that somebody is."""
        assert self.visitor is not None
        return self.visitor

    @property
    def language(self) -> str:
        """Of the pages: as the address wishes, as was chosen before, as the person set it, or as the browser asks."""
        chosen = cookies.kept(self.request, "language")
        own = self.visitor.organizer.language if self.visitor else _asked_for(self.request)
        wishes = (self._wanted_language, self.typed.get("lang", ""), chosen, own)
        return next((one for one in wishes if one in OF_THE_DESK), SOURCE)

    @property
    def _wanted_language(self) -> str:
        return QueryParams(self.request.url.query).get("lang", "")

    @property
    def page_key(self) -> str | None:
        """The key of the page whose button was pressed."""
        key = self.typed.get("page_key", "")
        return key if _A_PAGE_KEY.fullmatch(key) else None

    @property
    def page(self) -> int:
        """Which page of a list is asked for."""
        return responses.read_page(self.request.query_params.get("page", ""))

    @property
    def campaign_path(self) -> str:
        """The page of the campaign whose number is in the path."""
        return f"/desk/campaigns/{self.request.path_params['campaign']}"

    @property
    def kept(self) -> Kept | None:
        """What is to come back after the login."""
        return Kept.from_field(self.typed.get("kept", ""))

    def show(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """A page of the desk."""
        page = responses.show(
            f"desk/{template}.html",
            self.language,
            status,
            visitor=self.visitor,
            here=self.request.url.path if self.request.method in {"GET", "HEAD"} else "",
            here_query=_rest_of_query(self.request),
            desk_languages=OF_THE_DESK,
            shared_cookies=not cookies.is_https(),
            at_path=self.request.url.path,
            page_key=secrets.token_urlsafe()[:PAGE_KEY],
            panic=self._panic(context.get("campaign"), context.get("panic_at")),
            **{"problems": {}, "refused": (), "kept": "", "typed": {}, "seat": self.seat, **context},
        )
        if self._wanted_language in OF_THE_DESK:
            cookies.keep(page, "language", self._wanted_language)  # so that the next page is read in it, too
        return page

    def _panic(self, campaign: Campaign | None, began_at: datetime | None) -> dict[str, Any] | None:
        """What each page of a campaign offers to whoever may begin a panic, or says while there is one.

        `began_at`: of a page on which it is tried to end it.
        """
        if campaign is None or self.seat is None or not is_at_least(self.seat.role, "editor"):
            return None
        path, can_end = f"/desk/campaigns/{campaign.id}", is_at_least(self.seat.role, "owner")
        return {"path": path, "since": began_at or campaign.panic_at, "zone": campaign.zone, "can_end": can_end}

    def go_to(self, path: str) -> RedirectResponse:
        """On to another page, by GET."""
        return RedirectResponse(path, 303)

    def with_visitor(self, visitor: Visitor | None) -> "Visit":
        return replace(self, visitor=visitor)


View = Callable[[Visit], Response]


def _shown(value: object) -> str:
    """A text that a page can be written with: JSON can spell halves of signs."""
    return str(value).encode("utf-8", "replace").decode()


def _rest_of_query(request: Request) -> str:
    """What the address asks for beside a language and what was just done, to stand before a language."""
    rest = [(name, value) for name, value in request.query_params.multi_items() if name not in _OF_ONE_LOOK]
    return f"{urlencode(rest)}&" if rest else ""


_OF_ONE_LOOK = frozenset({"lang", "done", "since", "noted"})


def _asked_for(request: Request) -> str:
    """The first language of the browser that the desk speaks."""
    for one in request.headers.get("accept-language", "").split(",")[:20]:
        if (code := one.strip()[:2].lower()) in OF_THE_DESK:
            return code
    return SOURCE
