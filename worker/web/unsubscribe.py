"""`/u/<token>`: a mail program's button for no more mail (RFC 8058), and a page for it and for the way back.

It is never an answer, leads to no place where one could sign, and tells less than the mail that it came with:
neither the letter nor the organization. Mail programs and their servers see this link.
"""

import asyncio
import re
from dataclasses import dataclass
from email.message import Message

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.endpoints import HTTPEndpoint
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from worker import db, render, tokens
from worker.acts import quiet
from worker.acts.answer import LinkIsDead
from worker.models import Partner
from worker.web import forms, pages
from worker.web.guesses import Guesses
from worker.web.partner import A_WRONG_CODE_TAKES

_ACTS = {"no more mail": quiet.no_more_mail, "mail again": quiet.mail_again}


@dataclass(frozen=True)
class QuietForm:
    """The page's own form; a robot that presses every button does not know the code."""

    wish: str = ""
    mail_code: str = ""
    lang: str = ""

    def has_wrong_code(self, partner: Partner) -> bool:
        """Whether a mail code was typed that is not the partner's."""
        return bool(self.mail_code.strip()) and not tokens.is_mail_code(partner, self.mail_code)

    def problems(self, partner: Partner) -> dict[str, str]:
        """What is wrong, by field; the sentences are in the template."""
        if not self.mail_code.strip():
            return {"mail_code": "mail code missing"}
        return {"mail_code": "mail code wrong"} if self.has_wrong_code(partner) else {}


class QuietPage(HTTPEndpoint):
    """Looking changes nothing; a mail program's one click does, and the page's form with the mail code."""

    async def get(self, request: Request) -> Response:
        token, language = request.path_params["token"], request.query_params.get("lang", "")
        return await run_in_threadpool(_look, token, language)

    async def post(self, request: Request) -> Response:
        token, sent = request.path_params["token"], await _read(request)
        partner = await run_in_threadpool(_whose, token)
        if sent.get("List-Unsubscribe", "").strip() == "One-Click":
            return await run_in_threadpool(_one_click, token, partner)
        typed = QuietForm(sent.get("wish", ""), sent.get("mail_code", ""), sent.get("lang", ""))
        guesses: Guesses = request.app.state.guesses
        # As on the partner's page: nothing is awaited from here to the note.
        if guesses.are_too_many(partner.id):
            return await run_in_threadpool(pages.apology, "too many", {"Retry-After": "60"})
        if not typed.has_wrong_code(partner):
            return await run_in_threadpool(_wish, token, typed)
        guesses.note(partner.id)
        response = await run_in_threadpool(_wish, token, typed)
        await asyncio.sleep(A_WRONG_CODE_TAKES)
        return response


def _look(token: str, language: str) -> Response:
    with db.reading() as session:
        partner = _partner(session, token)
        return _page(partner, token, _language(language, partner))


def _whose(token: str) -> Partner:
    with db.reading() as session:
        return _partner(session, token)


def _one_click(token: str, partner: Partner) -> Response:
    """The answer is a page and no redirect: whoever asks is a machine (RFC 8058 3.1)."""
    _act("no more mail", partner)
    return _look(token, "")


def _wish(token: str, typed: QuietForm) -> Response:
    """What came of the form."""
    with db.reading() as session:
        partner = _partner(session, token)
        language = _language(typed.lang, partner)
        if problems := typed.problems(partner):
            return _page(partner, token, language, typed, problems)
    _act(typed.wish, partner)
    query = "" if language == partner.language else f"?lang={language}"
    return RedirectResponse(f"/u/{token}{query}", 303)


def _act(wish: str, partner: Partner) -> None:
    if wish not in _ACTS:
        raise HTTPException(400)
    try:
        with db.transaction() as session:
            _ACTS[wish](session, partner.id, generation=partner.generation)
    except LinkIsDead:
        raise HTTPException(404) from None


def _partner(session: Session, token: str) -> Partner:
    """Whose link it is; unknown, revoked and foreign ones cost the same and end in the same 404, as on `/s/`."""
    try:
        ref, generation = tokens.read(token, "quiet")
    except tokens.NotALink:
        ref, generation = bytes(tokens.REF), -1
    partner = session.scalar(select(Partner).where(Partner.ref == ref, Partner.generation == generation))
    if partner is None:
        raise HTTPException(404)
    return partner


def _language(wanted: str, partner: Partner) -> str:
    return next((one for one in (wanted, partner.language) if one in render.LANGUAGES), "en")


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
