"""`/u/<token>`: a mail program's button for no more mail (RFC 8058), and a page for it and for the way back.

It is never an answer, leads to no place where one could sign, and tells less than the mail that it came with:
neither the letter nor the organization. Mail programs and their servers see this link.
"""

import re
from dataclasses import dataclass
from email.message import Message

from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker import db
from worker.acts import unsubscribe
from worker.models import Partner
from worker.state.refusals import LinkRevoked
from worker.web import forms, links, pages
from worker.web.links import CodeForm

_ACTS = {"no more mail": unsubscribe.unsubscribe_partner, "mail again": unsubscribe.resubscribe_partner}


@dataclass(frozen=True)
class QuietForm(CodeForm):
    """The page's own form: the code, and whether mail is wanted."""

    wish: str = ""


class QuietPage(HTTPEndpoint):
    """Looking changes nothing; a mail program's one click does, and the page's form with the mail code."""

    async def get(self, request: Request) -> Response:
        token, language = request.path_params["token"], request.query_params.get("lang", "")
        return await run_in_threadpool(_look, token, language)

    async def post(self, request: Request) -> Response:
        token, sent = request.path_params["token"], await _read(request)
        partner = await run_in_threadpool(links.whose, token, "quiet")
        if sent.get("List-Unsubscribe", "").strip() == "One-Click":
            return await run_in_threadpool(_one_click, token, partner)
        typed = QuietForm.of(sent)
        if typed.switch:
            return await run_in_threadpool(_look, token, typed.switch, typed)
        wrong = typed.has_wrong_code(partner)
        return await links.answered(
            request, partner, wrong=wrong, answer=lambda: run_in_threadpool(_wish, token, typed)
        )


def _look(token: str, language: str, typed: QuietForm | None = None) -> Response:
    with db.reading() as session:
        partner = links.partner(session, token, "quiet")
        return _page(partner, token, links.language(language, partner), typed)


def _one_click(token: str, partner: Partner) -> Response:
    """The answer is a page and no redirect: whoever asks is a machine (RFC 8058 3.1)."""
    _act("no more mail", partner)
    return _look(token, "")


def _wish(token: str, typed: QuietForm) -> Response:
    """What came of the form."""
    with db.reading() as session:
        partner = links.partner(session, token, "quiet")
        language = links.language(typed.lang, partner)
        if problems := typed.problems(partner):
            return _page(partner, token, language, typed, problems)
    _act(typed.wish, partner)
    return RedirectResponse(f"/u/{token}{links.query(language, partner)}", 303)


def _act(wish: str, partner: Partner) -> None:
    if wish not in _ACTS:
        raise HTTPException(400)
    try:
        with db.transaction() as session:
            _ACTS[wish](session, partner.id, generation=partner.generation)
    except LinkRevoked:
        raise HTTPException(404) from None


def _page(
    partner: Partner,
    token: str,
    language: str,
    typed: QuietForm | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    return pages.show(
        "quiet.html",
        language,
        422 if problems else 200,
        campaign=partner.campaign,
        token=token,
        quiet=partner.quiet_at is not None,
        typed=typed or QuietForm(),
        problems=problems or {},
    )


async def _read(request: Request) -> dict[str, str]:
    """The fields of a form in either of the two ways in which mail programs send it (RFC 8058 3.2)."""
    kind = Message()
    kind["Content-Type"] = request.headers.get("content-type", "")
    boundary = kind.get_boundary()
    if kind.get_content_type() != "multipart/form-data" or not boundary:
        return await forms.read(request)
    return _parts(await forms._body(request), boundary.encode())


def _parts(body: bytes, boundary: bytes) -> dict[str, str]:
    """The fields of multipart/form-data (RFC 7578), in time that grows with its length only."""
    found: dict[str, str] = {}
    pieces = (b"\n" + body.replace(b"\r\n", b"\n")).split(b"\n--" + boundary)
    for piece in pieces[1 : forms.MOST_FIELDS]:
        head, _, value = piece.partition(b"\n\n")
        if name := _NAME.search(head):
            found.setdefault(name[1].decode("utf-8", "replace"), value.decode("utf-8", "replace"))
    return found


_NAME = re.compile(rb'^content-disposition:[^\n]*;\s*name="?([^";\n]*)', re.IGNORECASE | re.MULTILINE)
