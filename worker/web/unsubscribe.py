"""`/u/<token>`: a mail program's button for no more mail (RFC 8058), and a page for it and for the way back.

It is never an answer, leads to no place where one could sign, and tells less than the mail that it came with:
neither the letter nor the organization. Mail programs and their servers see this link.
"""

import re
from dataclasses import dataclass
from email.message import Message

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from worker import tasks
from worker.acts import unsubscribe
from worker.models import Contact, Partner
from worker.web import forms, responses
from worker.web.code_page import Act, CodeForm, CodePage, Visit

_ACTS = {"no more mail": unsubscribe.unsubscribe_reader, "mail again": unsubscribe.resubscribe_reader}


@dataclass(frozen=True)
class UnsubscribeForm(CodeForm):
    """The page's own form: the code, and whether mail is wanted."""

    wish: str = ""


ONE_CLICK = UnsubscribeForm(wish="no more mail")


class UnsubscribePage(CodePage[Partner, UnsubscribeForm]):
    """Looking changes nothing; a mail program's one click does, and the page's form with the mail code."""

    model, form, purpose = Partner, UnsubscribeForm, "quiet"

    async def post(self, request: Request) -> Response:
        """Take one click, which needs no code, or the page's form."""
        sent = await _read(request)
        if sent.get("List-Unsubscribe", "").strip() != "One-Click":
            return await self.take_form(request, sent)
        return await self.answer(Visit(request.path_params["token"], await self.holder(request), ONE_CLICK))

    def show(self, session: Session, partner: Partner, visit: Visit[UnsubscribeForm]) -> Response:
        """Whether mail goes, and the form for the other."""
        contact = session.get(Contact, visit.holder.contact_id) if visit.holder.contact_id is not None else None
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
        tasks.notify(tasks.deliver)
        return self.look(visit) if visit.typed is ONE_CLICK else self.home(visit)


async def _read(request: Request) -> dict[str, str]:
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
