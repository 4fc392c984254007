"""What stands before each page of the desk: whose form it is, who asks, and what that person may do there."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, compile_path

from worker import db
from worker.acts import audit, login
from worker.models import Role, Seat
from worker.state import organizers
from worker.state.organizers import Visitor
from worker.web import forms
from worker.web.desk import cookies, same_origin
from worker.web.desk.visit import DeskRoute, Kept, Visit
from worker.web.key_gate import require_key

HEADERS = {"Referrer-Policy": "same-origin"}  # a form has to say where it comes from


class FactorNeeded(Exception):
    """The second factor is to be typed before this is done."""


class Door:
    """Serves the rows of one table, each by what it needs."""

    def __init__(self, table: Sequence[DeskRoute]) -> None:
        self._table = table
        self._forms = [(compile_path(one.path), one) for one in table if one.method == "GET"]

    def routes(self) -> list[Route]:
        """Each path of the table once, with its methods."""
        by_path: dict[str, dict[str, DeskRoute]] = {}
        for row in self._table:
            by_path.setdefault(row.path, {})[row.method] = row
        return [Route(path, self._endpoint(rows), methods=[*rows]) for path, rows in by_path.items()]

    def _endpoint(self, rows: dict[str, DeskRoute]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            row = rows["GET" if request.method == "HEAD" else request.method]
            try:
                response = await self._answer(Visit(request, row, revisit=self._revisit))
            except HTTPException as error:
                response = _refused(Visit(request, row), error)
            response.headers.update(HEADERS)
            return response

        return endpoint

    async def _answer(self, visit: Visit) -> Response:
        request = visit.request
        if not same_origin.is_safe_here():
            raise HTTPException(403, "no tls")
        elsewhere = same_origin.elsewhere(request)
        if elsewhere is not None:
            if not elsewhere:
                raise HTTPException(404)
            if request.method == "POST":
                raise HTTPException(403, "not same origin")
            return RedirectResponse(elsewhere, 307)
        if request.method != "POST":
            return await run_in_threadpool(self._identified, visit)
        if not same_origin.is_same_origin(request):
            raise HTTPException(403, "not same origin")
        if visit.route.uploads:
            return await self._with_files(visit)
        limit = forms.MAX_FORM
        if visit.route.takes_letter:
            limit = forms.MAX_LETTER
        elif visit.route.needs in {"nobody", "factor"}:
            limit = forms.MAX_FORM_KEPT
        typed = await forms.read_form(request, limit)
        return await run_in_threadpool(self._identified, replace(visit, typed=typed))

    async def _with_files(self, visit: Visit) -> Response:
        """Nothing of it is kept of whoever is not logged in: the file is chosen again afterwards."""
        if not await run_in_threadpool(_is_logged_in, visit):
            await forms.discard(visit.request)
            return await run_in_threadpool(self._identified, visit)
        typed, files = await forms.read_upload_form(visit.request)
        return await run_in_threadpool(self._identified, replace(visit, typed=typed, files=files))

    def _identified(self, visit: Visit) -> Response:
        visitor = _visitor(visit)
        if visitor is not None and visitor.now - visitor.session.seen_at > login.SEEN_EVERY:
            with db.transaction() as session:
                login.note_seen(session, visitor.session.id)
        return self._checked(visit.with_visitor(visitor))

    def _checked(self, visit: Visit) -> Response:
        """Let a view answer, once its row of the table says that this person may."""
        row, visitor = visit.route, visit.visitor
        if row.needs == "nobody":
            return row.view(visit)
        if visitor is None:
            kept = _kept(visit)
            return visit.show("login", 401, kept=kept.spelled(), is_expired=True, kept_fields=bool(kept.fields))
        if row.needs == "factor":
            return row.view(visit)
        if visitor.lacks_factor:
            return _ask_for_factor(visit)
        if row.needs != "person":
            visit = replace(visit, seat=_seat(visit, visitor))
        try:
            if row.is_dangerous:
                require_recent_second_factor(visit)
            return row.view(visit)
        except FactorNeeded:
            return _ask_for_factor(visit)

    def _revisit(self, visit: Visit, key: str, kept: Kept) -> Response:
        """Show the page on which something was typed before, filled with it; what it was to do is not done."""
        for (pattern, _, convertors), row in self._forms:
            if found := pattern.match(kept.path):
                parts = {name: convertors[name].convert(value) for name, value in found.groupdict().items()}
                visit.request.scope["path_params"] = parts
                with db.reading() as session:
                    visitor = organizers.load_visitor(session, key)
                if not kept.fields:
                    return visit.go_to(kept.path)
                again = replace(visit, route=row, visitor=visitor, typed={}, refill=kept.fields)
                try:
                    return self._checked(again)
                except HTTPException as error:
                    return _refused(again, error)
        return visit.go_to("/desk")


def _visitor(visit: Visit) -> Visitor | None:
    require_key()
    if not (key := cookies.kept(visit.request, "session")):
        return None
    with db.reading() as session:
        return organizers.load_visitor(session, key)


def _is_logged_in(visit: Visit) -> bool:
    visitor = _visitor(visit)
    return visitor is not None and not visitor.lacks_factor


def require_recent_second_factor(visit: Visit) -> None:
    """Have the second factor typed again, unless that was done in the last ten minutes, or none is set up.

    A view that finds out by itself that what it does is dangerous calls it before it writes anything.
    """
    if not visit.person.has_recent_factor:
        raise FactorNeeded


@contextmanager
def acting(visit: Visit) -> Iterator[Session]:
    """A transaction of the person at the desk: each line of the audit log that it writes names that person."""
    with db.transaction() as session:
        audit.act_as(session, visit.person.organizer.id, visit.page_key)
        yield session


def _kept(visit: Visit) -> Kept:
    """What was typed, for the page on which its form stands."""
    path = compile_path(visit.route.form or visit.route.path)[1].format(**visit.request.path_params)
    typed = visit.typed if visit.refill is None else visit.refill
    is_too_much = sum(map(len, typed.values())) > forms.MAX_FORM // 2  # a list that was pasted, or read out of a file
    return Kept(path, {} if is_too_much else typed)


def _ask_for_factor(visit: Visit) -> Response:
    return visit.show("factor", 401, kept=_kept(visit).spelled())


def _seat(visit: Visit, visitor: Visitor) -> Seat:
    """The seat at the campaign in the path; another's campaign is as unknown as one that does not exist."""
    row, number = visit.route, int(visit.request.path_params["campaign"])
    with db.reading() as session:
        seat = organizers.find_seat(session, visitor.organizer, number)
    if seat is None:
        raise HTTPException(404)
    if not organizers.is_at_least(seat.role, cast(Role, row.needs)):
        raise HTTPException(403, "role")
    if row.sends and not seat.may_send:
        raise HTTPException(403, "may not send")
    return seat


def _refused(visit: Visit, error: HTTPException) -> Response:
    why = error.detail if error.detail in {"no tls", "not same origin", "role", "may not send"} else error.status_code
    response = visit.show("refused", error.status_code, why=why)
    response.headers.update(error.headers or {})
    return response
