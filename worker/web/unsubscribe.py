"""`/u/<token>`: a mail program's button for no more mail (RFC 8058), and a page for it and for the way back.

It is never an answer, leads to no place where one could sign, and tells less than the mail that it came with:
neither the letter nor the organization. Mail programs and their servers see this link.
"""

import re
from dataclasses import dataclass
from email.message import Message

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from worker import broker, db, installation, journal, tokens
from worker.acts import unsubscribe
from worker.journal import Line
from worker.models import Partner
from worker.state import links
from worker.state.links import Holder
from worker.web import forms, not_now, responses
from worker.web.code_page import Act, CodeForm, CodePage, Visit
from worker.web.link_auth import NotNow

_ACTS = {"no more mail": unsubscribe.unsubscribe_reader, "mail again": unsubscribe.resubscribe_reader}


@dataclass(frozen=True)
class UnsubscribeForm(CodeForm):
    """The page's own form: the code, and whether mail is wanted."""

    wish: str = ""


ONE_CLICK = UnsubscribeForm(wish="no more mail")


class UnsubscribePage(CodePage[Partner, UnsubscribeForm]):
    """Looking changes nothing; a mail program's one click does, and the page's form with the mail code."""

    model, form, purpose, takes_back = Partner, UnsubscribeForm, "quiet", "mail"

    async def post(self, request: Request) -> Response:
        """Take one click, which needs no code, or the page's form."""
        sent = await read_wish(request)
        if not _is_one_click(sent):
            return await self.take_form(request, sent)
        try:
            holder = await self.holder(request)
        except NotNow as refused:
            if refused.holder is None:
                raise
            await self.take_back_at_once(refused.holder)
            return not_now.page(request.url.path, refused.language, refused.holder, self.takes_back, done=True)
        return await self.answer(Visit(request.path_params["token"], holder, ONE_CLICK))

    def take_back(self, holder: Holder) -> Act:
        return lambda session: unsubscribe.unsubscribe_reader(session, holder.id, link=holder.link)

    def show(self, session: Session, partner: Partner, visit: Visit[UnsubscribeForm]) -> Response:
        """Whether mail goes, and the form for the other."""
        contact = links.load_contact(session, visit.holder)
        return responses.show(
            "quiet.html",
            visit.language,
            422 if visit.problems else 200,
            campaign=partner.campaign,
            partner=partner,
            token=visit.token,
            quiet=(contact or partner).quiet_at is not None,
            is_registered=contact is None,
            silenced=partner.silenced_at is not None,
            typed=visit.typed,
            problems=visit.problems,
        )

    def act(self, partner: Partner, visit: Visit[UnsubscribeForm]) -> Act:
        if (wish := visit.typed.wish) not in _ACTS:
            raise HTTPException(400)
        return lambda session: _ACTS[wish](session, partner.id, link=visit.holder.link)

    def done(self, visit: Visit[UnsubscribeForm]) -> Response:
        """Answer one click by a page and no redirect: whoever asks is a machine (RFC 8058 3.1)."""
        broker.notify("deliver")
        return self.look(visit) if visit.typed is ONE_CLICK else self.home(visit)


def _is_one_click(sent: dict[str, str]) -> bool:
    return sent.get("List-Unsubscribe", "").strip() == "One-Click"


def note_one_click(path: str, sent: dict[str, str] | None) -> bool:
    """Keep a mail program's one click while the database stands still; false for anything else, or if it cannot be.

    Nobody sees what it is answered, and nobody clicks again. It is kept in the journal, which is applied as everything
    goes on: the link's own code says that it is ours, and whether it still lives is seen then.
    """
    place, _, token = path.removeprefix("/").partition("/")
    if place != tokens.PATHS["quiet"] or sent is None or not _is_one_click(sent):
        return False
    try:
        ref, generation = tokens.read_token(token, "quiet")
        with db.reading() as session:
            number, now = installation.load_number(session), db.clock(session)
        return journal.append(number, [Line(now, "quiet", journal.mark_of(ref), generation)])
    except (tokens.NotALink, SQLAlchemyError):
        return False


def one_click_noted() -> Response:
    """What the mail program is answered then."""
    return PlainTextResponse("ok")


async def read_wish(request: Request) -> dict[str, str]:
    """The fields of a form in either of the two ways in which mail programs send it (RFC 8058 3.2)."""
    kind = Message()
    kind["Content-Type"] = request.headers.get("content-type", "")
    boundary = kind.get_boundary()
    if kind.get_content_type() != "multipart/form-data" or not boundary:
        return await forms.read_form(request)
    return _parts(await forms._body(request), boundary.encode())


def _parts(body: bytes, boundary: bytes) -> dict[str, str]:
    """The fields of multipart/form-data (RFC 7578), in time that grows with its length only."""
    found: dict[str, str] = {}
    pieces = (b"\n" + body.replace(b"\r\n", b"\n")).split(b"\n--" + boundary)
    for piece in pieces[1 : forms.MAX_FIELDS]:
        head, _, value = piece.partition(b"\n\n")
        if name := _NAME.search(head):
            found.setdefault(name[1].decode("utf-8", "replace"), value.decode("utf-8", "replace"))
    return found


_NAME = re.compile(rb'^content-disposition:[^\n]*;\s*name="?([^";\n]*)', re.IGNORECASE | re.MULTILINE)
