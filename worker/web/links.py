"""What every page behind a partner's link does first: whose link it is, in which language, who guesses codes."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

from sqlalchemy import Row, bindparam, select, tuple_
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from worker import db, render, tokens
from worker.models import Partner, Stranger
from worker.tokens import Linked, Purpose
from worker.web import pages
from worker.web.guesses import Guesses
from worker.web.together import Together

A_WRONG_CODE_TAKES = 1.0  # seconds; for how long it holds its slot is for guesses to say


@dataclass(frozen=True)
class Holder:
    """Who holds a link, as far as a form is concerned before it is taken."""

    id: int
    campaign_id: int
    ref: bytes
    generation: int
    language: str


_HOLDERS = select(Partner.id, Partner.campaign_id, Partner.ref, Partner.generation, Partner.language).where(
    tuple_(Partner.ref, Partner.generation).in_(bindparam("links", expanding=True))
)


def partner(session: Session, token: str, purpose: Purpose = "sign") -> Partner:
    """Whose link it is; unknown, revoked and foreign ones cost the same and end in the same 404."""
    ref, generation = named(token, purpose)
    living = session.scalar(select(Partner).where(Partner.ref == ref, Partner.generation == generation))
    if living is None:
        raise HTTPException(404)
    return living


def stranger(session: Session, token: str) -> Stranger:
    """Who was asked by mail whether it wants to sign; every other token ends in the same 404."""
    ref, _ = named(token, "join")
    asked = session.scalar(select(Stranger).where(Stranger.ref == ref))
    if asked is None:
        raise HTTPException(404)
    return asked


async def holder(token: str) -> Holder:
    """Whose link it is, for a form whose code is to be compared; ends in the same 404."""
    if (found := await _holders.ask(named(token))) is None:
        raise HTTPException(404)
    return found


def named(token: str, purpose: Purpose = "sign") -> tuple[bytes, int]:
    """The ref and generation that a token names; of what is none, what no partner has, so that it takes as long."""
    try:
        return tokens.read(token, purpose)
    except tokens.NotALink:
        return bytes(tokens.REF), -1


def _find_holders(wanted: Sequence[tuple[bytes, int]]) -> list[Holder | None]:
    found = {(bytes(row.ref), row.generation): row for row in db.glance(_HOLDERS, links=list(wanted))}
    return [_holder_in(found.get(one)) for one in wanted]


def _holder_in(row: Row[Any] | None) -> Holder | None:
    return None if row is None else Holder(row.id, row.campaign_id, bytes(row.ref), row.generation, row.language)


_holders = Together(_find_holders)


def whose(token: str, purpose: Purpose = "sign") -> Partner:
    """The same, in a transaction of its own."""
    with db.reading() as session:
        return partner(session, token, purpose)


def language(wanted: str, partner: Partner | Holder) -> str:
    """The one that was asked for if pages speak it, else the partner's."""
    return in_language(wanted, partner.language)


def in_language(wanted: str, own: str) -> str:
    """The first of two that pages speak."""
    return next((one for one in (wanted, own) if one in render.LANGUAGES), "en")


def query(language: str, partner: Partner | Holder) -> str:
    """What an address needs so that its page is in this language."""
    return "" if language == partner.language else f"?lang={language}"


@dataclass(frozen=True)
class CodeForm:
    """A form that asks for the mail code; a robot that presses every button does not know it."""

    mail_code: str = ""
    lang: str = ""
    switch: str = ""  # the language in which to show the form again, with all that was typed

    @classmethod
    def of(cls, sent: dict[str, str]) -> Self:
        """Take what we know out of a form; what is not there is empty."""
        return cls(**{field.name: sent.get(field.name, "") for field in fields(cls)})

    def has_wrong_code(self, linked: Linked) -> bool:
        """Whether a mail code was typed that is not the one of the mail with this link."""
        return bool(self.mail_code.strip()) and not tokens.is_mail_code(linked, self.mail_code)

    def problems(self, linked: Linked) -> dict[str, str]:
        """What is wrong, by field; the sentences are in the template."""
        if not self.mail_code.strip():
            return {"mail_code": "mail code missing"}
        return {"mail_code": "mail code wrong"} if self.has_wrong_code(linked) else {}


async def answered(
    request: Request, linked: Partner | Holder | Stranger, *, wrong: bool, answer: Callable[[], Awaitable[Response]]
) -> Response:
    """Answer a form with a mail code: a wrong one takes a second and a place, too many are not looked at."""
    guesses: Guesses = request.app.state.guesses
    who = -linked.id if isinstance(linked, Stranger) else linked.id
    # Nothing is awaited from here to the note, so that guesses sent at the same moment do not pass together.
    if guesses.are_too_many(who):
        return await run_in_threadpool(pages.apology, "too many", {"Retry-After": "60"})
    if not wrong:
        return await answer()
    guesses.note(who)
    response = await answer()
    await asyncio.sleep(A_WRONG_CODE_TAKES)
    return response
