"""The outbox: mail is put beside the fact that causes it, and called back while it has not left."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypedDict, Unpack

from sqlalchemy import BindParameter, ColumnElement, Update, bindparam, func, select, update
from sqlalchemy.orm import Session

from worker import db
from worker.mail import holds, message_ids
from worker.mail.kinds import Audience, kind_named
from worker.models import Addressee, Campaign, Digest, Mail
from worker.registry import NotRegistered


class MailOptions(TypedDict, total=False):
    """What a mail may be given beside its kind and reader; where it is left out, the reader's own holds, or nothing."""

    language: str
    due_at: datetime
    dated_at: datetime
    answer_id: int | None
    seal_number: int | None
    digest_id: int | None
    organizer_id: int | None
    former_address: str | None


class ToContact(Protocol):
    """What a mail to a further contact of a partner needs of it."""

    @property
    def id(self) -> int: ...
    @property
    def partner_id(self) -> int: ...
    @property
    def generation(self) -> int: ...
    @property
    def language(self) -> str: ...


class ToPartner(Protocol):
    """What a mail to a partner needs of it: a row of these columns will do, and nothing is decrypted for it."""

    @property
    def id(self) -> int: ...
    @property
    def generation(self) -> int: ...
    @property
    def language(self) -> str: ...


class ToMember(Protocol):
    """What a mail to a member needs of it."""

    @property
    def id(self) -> int: ...
    @property
    def generation(self) -> int: ...
    @property
    def language(self) -> str: ...


class ToOrganizer(Protocol):
    """What a mail with a login code needs of who asked for it."""

    @property
    def id(self) -> int: ...


class MailRow(TypedDict):
    """A row for the table `mail`, not yet written."""

    key: str  # a second row with the same key is the same mail
    kind: str
    urgency: int
    campaign_id: int | None  # null for what opens the desk
    partner_id: int | None
    contact_id: int | None  # of the partner; null for its registered one
    generation: int | None  # of the reader's link, when the mail was put
    addressee_id: int | None
    member_id: int | None
    digest_id: int | None
    login_id: int | None
    organizer_id: int | None  # one of the organizers; null for the address that they share
    former_address: str | None  # that this was before
    answer_id: int | None
    seal_number: int | None
    language: str
    dated_at: datetime
    due_at: datetime
    attempts: int


A_DAY = timedelta(days=1)
_OF_AN_ID = (
    *(Mail.id, Mail.campaign_id, Mail.key, Mail.generation, Mail.language, Mail.dated_at),
    *(Mail.answer_id, Mail.seal_number),
)


def put(session: Session, rows: Sequence[MailRow]) -> int:
    """Add mails to the outbox and return how many are new; a key that is there already changes nothing."""
    if not rows:
        return 0
    session.flush()  # what a mail speaks of may not be written yet
    ids = message_ids.derive(session, rows)
    with_ids = [row | {"message_id": message_id} for row, message_id in zip(rows, ids, strict=True)]
    return db.upsert_ignore(session, Mail, with_ids, Mail.key)


def put_unless_tried(session: Session, rows: Sequence[MailRow]) -> int:
    """The same for an act that reads nothing of them afterwards: where it is only tried they are counted, not written.

    Answers wait for a try, and ten thousand rows that are rolled back stay in PostgreSQL's files.
    """
    if not session.info.get("trying"):
        return put(session, rows)
    campaigns, kinds = {row["campaign_id"] for row in rows}, {row["kind"] for row in rows}
    there = session.scalars(select(Mail.key).where(Mail.campaign_id.in_(campaigns), Mail.kind.in_(kinds)))
    return len({row["key"] for row in rows}.difference(there))


def fact_moment(moment: datetime | None, now: datetime, *, within: timedelta = A_DAY) -> datetime:
    """Dates a mail by the fact it tells of, so that it is the same when put again; by now where that is long ago."""
    return moment if moment is not None and timedelta(0) <= now - moment <= within else now


def date_anew(session: Session, now: datetime, *which: ColumnElement[bool]) -> None:
    """Date mails that waited as if they were put now; what a worker holds at this moment keeps its Message-ID."""
    dated = update(Mail).where(*which).values(dated_at=now).returning(*_OF_AN_ID, Mail.lease_holder)
    rows = session.execute(dated.execution_options(synchronize_session=False)).all()
    free = [dict(row._mapping) for row in rows if row.lease_holder is None]
    if free:
        ids = message_ids.derive(session, free)
        named = [{"id": row["id"], "message_id": one} for row, one in zip(free, ids, strict=True)]
        session.execute(update(Mail), named)


def to_partner(
    kind: str, campaign: Campaign, partner: ToPartner, which: str, now: datetime, **more: Unpack[MailOptions]
) -> MailRow:
    """A mail row for a partner's registered contact; `which` tells it from others of its kind (a number, a moment)."""
    row = _row(kind, "partner", campaign, f"partner-{partner.id}/{which}", now, partner.language)
    return {**row, "partner_id": partner.id, "generation": partner.generation, **more}


def to_contact(
    kind: str, campaign: Campaign, contact: ToContact, which: str, now: datetime, **more: Unpack[MailOptions]
) -> MailRow:
    """A mail row for a further contact of a partner."""
    whose = f"partner-{contact.partner_id}/contact-{contact.id}/{which}"
    row = _row(kind, "partner", campaign, whose, now, contact.language)
    ids = {"partner_id": contact.partner_id, "contact_id": contact.id, "generation": contact.generation}
    return {**row, **ids, **more}  # type: ignore[typeddict-item]


def to_organizers(kind: str, campaign: Campaign, which: str, now: datetime, **more: Unpack[MailOptions]) -> MailRow:
    """A mail row for the people who run the campaign."""
    return {**_row(kind, "organizers", campaign, f"organizers/{which}", now, campaign.authentic), **more}


def to_third_party(kind: str, campaign: Campaign, which: str, now: datetime, language: str) -> MailRow:
    """A mail row for an address of which we know nothing; `which` tells it from others."""
    return _row(kind, "third party", campaign, f"stranger/{which}", now, language)


def to_member(
    kind: str, campaign: Campaign, member: ToMember, which: str, now: datetime, **more: Unpack[MailOptions]
) -> MailRow:
    """A mail row for a person who adds its voice."""
    row = _row(kind, "member", campaign, f"member-{member.id}/{which}", now, member.language)
    return {**row, "member_id": member.id, "generation": member.generation, **more}


def to_addressee(campaign: Campaign, addressee: Addressee, seal_number: int, time: int, now: datetime) -> MailRow:
    """The mail row that carries one seal to one addressee; `time` counts from 1, after a hold or a refusal."""
    which = f"addressee-{addressee.position}/seal-{seal_number}" + (f"/{time}" if time > 1 else "")
    row = _row("letter", "addressee", campaign, which, now, campaign.authentic)
    return row | {"addressee_id": addressee.id, "seal_number": seal_number}


def about_members(kind: str, campaign: Campaign, digest: Digest, now: datetime, due_at: datetime) -> MailRow:
    """The mail row that tells an addressee about members, as far as `digest` says of whom."""
    row = _row(kind, "addressee", campaign, f"{digest.number}", now, campaign.authentic)
    return {**row, "addressee_id": digest.addressee_id, "digest_id": digest.id, "due_at": due_at}


def to_organizer(login: ToOrganizer, language: str, now: datetime) -> MailRow:
    """The mail row that brings one person a code for the desk; it is of no campaign."""
    return {**_row("login", "organizer", None, str(login.id), now, language), "login_id": login.id}


def moment_key(moment: datetime) -> str:
    """Tells a mail from others of its kind by the second of a moment."""
    return f"{moment:%Y%m%dT%H%M%S}"


def hour_key(moment: datetime) -> str:
    """Tells a mail from others of its kind by the hour of a moment: of those in one hour only the first is put."""
    return f"{moment:%Y%m%dT%H}"


def mail_key(campaign: Campaign, kind: str, which: str) -> str:
    """What a mail is known by; with the campaign's number, which stays when the campaign gets another name."""
    return f"campaign-{campaign.id}/{kind}/{which}"


def cancel(session: Session, *which: ColumnElement[bool], at: datetime | None = None) -> int:
    """Call back mails that have not left, and return how many; those that left stay as they are.

    Locked in order first: two who call back the same ones, each in its own order, would deadlock.
    """
    called_back = _cancelling(at or db.clock(session), *which).returning(Mail.id)
    return len(session.scalars(called_back.execution_options(synchronize_session="fetch")).all())


def cancel_to_partners(session: Session, partners: Sequence[int], kinds: Sequence[str], at: datetime) -> None:
    """The same for mails of these kinds to these partners, none of which this session has loaded."""
    session.execute(_TO_PARTNERS, {"partners": partners, "kinds": kinds, "at": at})


def _cancelling(at: datetime | BindParameter[datetime], *which: ColumnElement[bool]) -> Update:
    not_left = (Mail.sent_at, Mail.refused_at, Mail.cancelled_at, Mail.in_data_at)
    waiting = select(Mail.id).where(*(column.is_(None) for column in not_left), *which)
    in_order = waiting.order_by(Mail.id).with_for_update().cte("in_order")
    return update(Mail).where(Mail.id.in_(select(in_order.c.id))).values(cancelled_at=at, due_at=None)


_TO_PARTNERS = _cancelling(
    bindparam("at"),
    db.among(Mail.partner_id, "partners"),
    db.among(Mail.kind, "kinds"),
).execution_options(synchronize_session=False)


def seconds_overdue(session: Session, now: datetime) -> float:
    """For how long the oldest due mail has been waiting, of those that no hold keeps; 0 when none is due."""
    oldest = session.scalar(select(func.min(Mail.due_at)).where(Mail.due_at.is_not(None), ~holds.held()))
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def _row(kind: str, audience: Audience, campaign: Campaign | None, which: str, now: datetime, language: str) -> MailRow:
    registered = kind_named(kind)
    if registered.audience != audience:
        raise NotRegistered(f"mail {kind!r}: it is registered for the {registered.audience}, not the {audience}")
    return {
        "key": mail_key(campaign, kind, which) if campaign else f"{kind}/{which}",
        "kind": kind,
        "urgency": registered.urgency,
        "campaign_id": campaign.id if campaign else None,
        "partner_id": None,
        "contact_id": None,
        "generation": None,
        "addressee_id": None,
        "member_id": None,
        "digest_id": None,
        "login_id": None,
        "organizer_id": None,
        "former_address": None,
        "answer_id": None,
        "seal_number": None,
        "language": language,
        "dated_at": now,
        "due_at": now,
        "attempts": 0,
    }
