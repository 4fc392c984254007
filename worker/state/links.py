"""Whose a link is that we sent by mail: what many ask at once is one statement, which begins no transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeVar

from sqlalchemy import Boolean, Row, bindparam, literal, null, select, tuple_, type_coerce
from sqlalchemy.orm import Session, joinedload

from worker import db
from worker.models import Campaign, Contact, Digest, EndedLink, Member, Partner, ThirdPartyAddress

HolderKind = Literal["partner", "applicant", "member"]
Owner = TypeVar("Owner", Partner, ThirdPartyAddress, Member)


class Link(NamedTuple):
    """The link by which somebody acts: the registered contact's, or another contact's; and of which generation."""

    generation: int
    contact_id: int | None = None


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


class OfDigest(NamedTuple):
    """The campaign of a digest's link."""

    campaign_id: int
    in_panic: bool
    authentic: str


def find_partners(wanted: Sequence[tuple[bytes, int]]) -> list[Holder | Ended | None]:
    """Whose each of these links of partners is, by ref and generation; null where nobody has it."""
    found = _in_order("partner", db.read_autocommit(_PARTNERS, links=list(wanted)), wanted)
    others = [one for one, holder in zip(wanted, found, strict=True) if holder is None]
    if not others:
        return [*found]
    contacts = {
        (one.ref, one.generation): one for one in _holders("partner", db.read_autocommit(_CONTACTS, links=others))
    }
    return _or_ended([holder or contacts.get(one) for one, holder in zip(wanted, found, strict=True)], wanted)


def find_applicants(wanted: Sequence[tuple[bytes, int]]) -> list[Holder | Ended | None]:
    """The same of links of organizations that ask to sign."""
    refs = [ref for ref, _ in wanted]
    return _or_ended(_in_order("applicant", db.read_autocommit(_APPLICANTS, refs=refs), wanted), wanted)


def find_members(wanted: Sequence[tuple[bytes, int]]) -> list[Holder | Ended | None]:
    """The same of links of persons who add their voices."""
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


def find_campaign_of_digest(ref: bytes) -> OfDigest | None:
    """Whose digest has this link; null where none has."""
    found = db.read_autocommit(_DIGESTS, ref=ref)
    return OfDigest(*tuple[Any, ...](found[0])) if found else None


def load_owner(session: Session, model: type[Owner], holder: Holder) -> Owner | None:
    """The row of a link's holder, with its campaign; null if the link was revoked since it was looked up."""
    owner = session.get(model, holder.id, options=[joinedload(model.campaign)])
    linked = load_contact(session, holder) if holder.contact_id is not None else owner
    ended = isinstance(linked, Contact) and linked.ended_at is not None
    if owner is None or linked is None or ended or linked.generation != holder.generation:
        return None
    return owner


def load_contact(session: Session, holder: Holder) -> Contact | None:
    """The further contact whose link it is; null where it is the registered contact's."""
    return session.get(Contact, holder.contact_id) if holder.contact_id is not None else None


def load_row(session: Session, model: type[Owner], number: int) -> Owner:
    """What a link leads to, which is there, whether or not the link still lives."""
    return session.get_one(model, number)


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
_DIGESTS = (
    select(Campaign.id, Campaign.panic_at.is_not(None), Campaign.definition["authentic"].as_string())
    .join(Digest, Digest.campaign_id == Campaign.id)
    .where(Digest.ref == bindparam("ref"))
)
