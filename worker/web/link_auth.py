"""Whose link it is: the one thing that lets anybody in to a page behind a link that we sent by mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

from sqlalchemy import Boolean, Row, bindparam, literal, null, select, tuple_, type_coerce
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from worker import db, tokens
from worker.acts.locking import Link
from worker.models import Campaign, Contact, EndedLink, Member, Partner, ThirdPartyAddress
from worker.tokens import Purpose
from worker.web.batching import Batcher
from worker.web.key_gate import require_key

HolderKind = Literal["partner", "applicant", "member"]
Owner = TypeVar("Owner", Partner, ThirdPartyAddress, Member)


@dataclass(frozen=True)
class Holder:
    """Who holds a link, as far as it takes to check a mail code and to act.

    `id` is the partner's, the applicant's or the member's; `contact_id` says whose link it is if not the registered
    contact's.
    `ref` and `generation` are those of the link.
    """

    kind: HolderKind
    id: int
    campaign_id: int
    ref: bytes
    generation: int
    language: str
    wrong_codes: int = 0
    """How many wrong mail codes were typed there, when the link was looked up."""
    contact_id: int | None = None
    in_panic: bool = False
    """Whether nothing of its campaign is shown, as of when it was looked up."""

    @property
    def link(self) -> Link:
        """The link, as acts ask for it."""
        return Link(self.generation, self.contact_id)


@dataclass(frozen=True)
class Ended:
    """A link whose records were erased: what may still be said of it, and nothing of whose it was."""

    language: str
    ended_at: datetime
    dispatched_at: datetime | None
    cancelled_at: datetime | None
    zone: str
    slug: str
    is_public: bool
    in_panic: bool = False


class LinkEnded(HTTPException):
    """The link was right, and what it led to is erased."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(410)
        self.ended = ended


class NotNow(HTTPException):
    """The link is right, and nothing behind it is shown: its campaign is in panic. `holder`: null of one that ended."""

    def __init__(self, language: str, holder: Holder | None = None) -> None:
        super().__init__(503)
        self.language, self.holder = language, holder


async def find_holder(token: str, purpose: Purpose = "sign") -> Holder:
    """Look up whose link it is; what many ask at once is one statement.

    An unknown link, a revoked link and one of another purpose cost the same and end in the same 404. Raises LinkEnded
    for one that lived until its records were erased, and NotNow while the campaign is in panic.
    """
    found = await _HOLDERS.get(purpose, _partners).ask(parse_or_nobody(token, purpose))
    if found is None:
        raise HTTPException(404)
    if found.in_panic:
        raise NotNow(found.language, found if isinstance(found, Holder) else None)
    if isinstance(found, Ended):
        raise LinkEnded(found)
    return found


def load_owner(session: Session, model: type[Owner], holder: Holder) -> Owner:
    """Load the row of a link's holder; 404 if the link was revoked since it was looked up. Raises NotNow."""
    owner = session.get(model, holder.id)
    linked = session.get(Contact, holder.contact_id) if holder.contact_id is not None else owner
    ended = isinstance(linked, Contact) and linked.ended_at is not None
    if owner is None or linked is None or ended or linked.generation != holder.generation:
        raise HTTPException(404)
    if owner.campaign.panic_at is not None:
        raise NotNow(holder.language, holder)
    return owner


def parse_or_nobody(token: str, purpose: Purpose = "sign") -> tuple[bytes, int]:
    """The ref and generation in a token; of what is no link, what nobody has, so that it takes as long."""
    try:
        return tokens.read_token(token, purpose)
    except tokens.NotALink:
        return bytes(tokens.REF), -1


_IN_PANIC = Campaign.panic_at.is_not(None).label("in_panic")
_PARTNERS = (
    select(
        *(Partner.id, Partner.campaign_id, Partner.ref, Partner.generation, Partner.language, Partner.wrong_codes),
        null().label("contact_id"),
        _IN_PANIC,
    )
    .join(Campaign, Campaign.id == Partner.campaign_id)
    .where(tuple_(Partner.ref, Partner.generation).in_(bindparam("links", expanding=True)))
)
_CONTACTS = (
    select(
        Partner.id,
        Partner.campaign_id,
        Contact.ref,
        Contact.generation,
        Contact.language,
        Partner.wrong_codes,
        Contact.id.label("contact_id"),
        _IN_PANIC,
    )
    .join(Partner, Partner.id == Contact.partner_id)
    .join(Campaign, Campaign.id == Partner.campaign_id)
    .where(tuple_(Contact.ref, Contact.generation).in_(bindparam("links", expanding=True)), Contact.ended_at.is_(None))
)
_APPLICANTS = (
    select(
        ThirdPartyAddress.id,
        ThirdPartyAddress.campaign_id,
        ThirdPartyAddress.ref,
        literal(1).label("generation"),
        ThirdPartyAddress.language,
        ThirdPartyAddress.wrong_codes,
        null().label("contact_id"),
        _IN_PANIC,
    )
    .join(Campaign, Campaign.id == ThirdPartyAddress.campaign_id)
    .where(
        ThirdPartyAddress.ref.in_(bindparam("refs", expanding=True)),
        ThirdPartyAddress.confirmed_at.is_not(None) | ThirdPartyAddress.decided_at.is_(None),  # else it was forgotten
    )
)
_MEMBERS = (
    select(
        *(Member.id, Member.campaign_id, Member.ref, Member.generation, Member.language, Member.wrong_codes),
        null().label("contact_id"),
        _IN_PANIC,
    )
    .join(Campaign, Campaign.id == Member.campaign_id)
    .where(
        tuple_(Member.ref, Member.generation).in_(bindparam("links", expanding=True)),
        *(Member.disowned_at.is_(None), Member.erased_at.is_(None)),
    )
)


_ENDED = (
    select(
        EndedLink.ref,
        EndedLink.generation,
        EndedLink.language,
        EndedLink.ended_at,
        Campaign.dispatched_at,
        Campaign.cancelled_at,
        Campaign.definition["zone"].as_string().label("zone"),
        Campaign.slug,
        type_coerce(Campaign.is_public, Boolean).label("is_public"),
        _IN_PANIC,
    )
    .join(Campaign, Campaign.id == EndedLink.campaign_id)
    .where(tuple_(EndedLink.ref, EndedLink.generation).in_(bindparam("links", expanding=True)))
)


def _find_partners(wanted: Sequence[tuple[bytes, int]]) -> list[Holder | Ended | None]:
    require_key()
    found = _in_order("partner", db.read_autocommit(_PARTNERS, links=list(wanted)), wanted)
    others = [one for one, holder in zip(wanted, found, strict=True) if holder is None]
    if not others:
        return [*found]
    contacts = {
        (one.ref, one.generation): one for one in _holders("partner", db.read_autocommit(_CONTACTS, links=others))
    }
    return _or_ended([holder or contacts.get(one) for one, holder in zip(wanted, found, strict=True)], wanted)


def _find_applicants(wanted: Sequence[tuple[bytes, int]]) -> list[Holder | Ended | None]:
    require_key()
    refs = [ref for ref, _ in wanted]
    return _or_ended(_in_order("applicant", db.read_autocommit(_APPLICANTS, refs=refs), wanted), wanted)


def _find_members(wanted: Sequence[tuple[bytes, int]]) -> list[Holder | Ended | None]:
    require_key()
    return _or_ended(_in_order("member", db.read_autocommit(_MEMBERS, links=list(wanted)), wanted), wanted)


def _or_ended(found: Sequence[Holder | None], wanted: Sequence[tuple[bytes, int]]) -> list[Holder | Ended | None]:
    """For links that nobody holds, whether they ended with what they led to: one statement, whatever they are."""
    others = [one for one, holder in zip(wanted, found, strict=True) if holder is None]
    if not others:
        return [*found]
    ended: dict[tuple[bytes, int], Ended] = {}
    for row in db.read_autocommit(_ENDED, links=others):
        ref, generation, *said = tuple[Any, ...](row)
        ended[bytes(ref), generation] = Ended(*said)
    return [holder or ended.get(one) for one, holder in zip(wanted, found, strict=True)]


def _in_order(kind: HolderKind, rows: Sequence[Row[Any]], wanted: Sequence[tuple[bytes, int]]) -> list[Holder | None]:
    found = {(holder.ref, holder.generation): holder for holder in _holders(kind, rows)}
    return [found.get(one) for one in wanted]


def _holders(kind: HolderKind, rows: Sequence[Row[Any]]) -> list[Holder]:
    return [
        Holder(kind, row.id, row.campaign_id, bytes(row.ref), row.generation, row.language, *row[5:]) for row in rows
    ]


_partners = Batcher(_find_partners)
_HOLDERS: dict[Purpose, Batcher[tuple[bytes, int], Holder | Ended | None]] = {
    "join": Batcher(_find_applicants),
    "voice": Batcher(_find_members),
}
