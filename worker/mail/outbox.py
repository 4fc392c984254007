"""The outbox: mail is put beside the fact that causes it, claimed for a while, and marked with what the relay said."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, true, update
from sqlalchemy.orm import Session

from worker import db, settings, tokens
from worker.mail import breaker
from worker.mail.kinds import MAY_WAIT, Audience, kind_named
from worker.mail.outcomes import BEFORE_MAIL, Kind, Outcome, is_about_a_mailbox
from worker.models import Addressee, Campaign, CancelReason, Mail, Partner, Seal, Stranger, Suppression
from worker.registry import NotRegistered

SECOND_COPY_AFTER = timedelta(minutes=15)  # a partner's mail whose fate nobody knows: one identical copy
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 4.5.4.1
_RETRIES = [timedelta(minutes=m) for m in (6, 25, 60, 120, 180, 240)]


def put(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Add mails to the outbox and return how many are new; a key that is there already changes nothing."""
    return db.upsert_ignore(session, Mail, rows, Mail.key)


def to_partner(
    kind: str, campaign: Campaign, partner: Partner, which: str, now: datetime, **more: Any
) -> dict[str, Any]:
    """A mail row for a partner; `which` tells it from others of its kind (a number, a moment)."""
    more = {"language": partner.language, "partner_id": partner.id, "generation": partner.generation} | more
    return _row(kind, "partner", campaign, f"partner-{partner.id}/{which}", now, **more)


def to_organizers(kind: str, campaign: Campaign, which: str, now: datetime, **more: Any) -> dict[str, Any]:
    """A mail row for the people who run the campaign."""
    return _row(kind, "organizers", campaign, f"organizers/{which}", now, language=campaign.authentic, **more)


def to_stranger(kind: str, campaign: Campaign, which: str, now: datetime, language: str) -> dict[str, Any]:
    """A mail row for an address of which we know nothing; `which` tells it from others."""
    return _row(kind, "third party", campaign, f"stranger/{which}", now, language=language)


def to_addressee(
    campaign: Campaign, addressee: Addressee, seal_number: int, time: int, now: datetime
) -> dict[str, Any]:
    """The mail row that carries one seal to one addressee; `time` counts from 1, after a hold or a refusal."""
    which = f"addressee-{addressee.position}/seal-{seal_number}" + (f"/{time}" if time > 1 else "")
    more = {"language": campaign.authentic, "addressee_id": addressee.id, "seal_number": seal_number}
    return _row("letter", "addressee", campaign, which, now, **more)


def cancel(session: Session, *which: ColumnElement[bool], at: datetime | None = None) -> int:
    """Call back mails that have not left, and return how many; those that left stay as they are.

    Locked in order first: two who call back the same ones, each in its own order, would wait in a circle.
    """
    not_left = (
        Mail.sent_at.is_(None),
        Mail.refused_at.is_(None),
        Mail.cancelled_at.is_(None),
        Mail.in_data_at.is_(None),
    )
    in_order = select(Mail.id).where(*not_left, *which).order_by(Mail.id).with_for_update().cte("in_order")
    called_back = (
        update(Mail)
        .where(Mail.id.in_(select(in_order.c.id)))
        .values(cancelled_at=at or db.clock(session), due_at=None)
        .returning(Mail.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(session.scalars(called_back).all())


def claim(session: Session, holder: str) -> list[int]:
    """Take a batch of due mails for this holder alone, for the length of a lease; the most urgent first.

    Nothing while the relay is at fault, but for one mail now and then that tries it; no more than is left of a quota.
    """
    conf = settings.current()
    now = db.clock(session)
    at_fault = breaker.is_at_fault(session)
    until = now + timedelta(seconds=conf.lease)
    if at_fault:
        return _one_that_tries(session, holder, until, now)
    limits = breaker.quotas(session, now)
    if bulk := min((conf.batch, *(quota.room_for_bulk for quota in limits))):
        return db.claim(session, holder=holder, until=until, limit=bulk)
    urgent = min((conf.batch, *(quota.room for quota in limits)))
    return db.claim(session, Mail.urgency < MAY_WAIT, holder=holder, until=until, limit=urgent) if urgent else []


def _one_that_tries(session: Session, holder: str, until: datetime, now: datetime) -> list[int]:
    """One mail, for one worker: the organizers' notice of the outage, once; then one that the relay has not turned
    down, for perhaps it was that mail's own fault; and organizers' mail last, for it proves nothing.
    """
    if not breaker.takes_its_turn(session, now, until):
        return []
    notice = (Mail.kind == "outage") & (Mail.attempts == 0)
    abroad = Mail.partner_id.is_not(None) | Mail.addressee_id.is_not(None)
    fresh = Mail.blocked_at.is_(None)
    for first in (notice & fresh, abroad & fresh, abroad, true()):
        if claimed := db.claim(session, first, holder=holder, until=until, limit=1):
            return claimed
    return []


def renew(session: Session, holder: str, ids: Sequence[int]) -> set[int]:
    """Keep the lease on these mails; returns those that are still the holder's, and were not called back."""
    db.lock_in_order(session, Mail.id.in_(ids))
    kept = (
        update(Mail)
        .where(Mail.id.in_(ids), Mail.lease_holder == holder, Mail.cancelled_at.is_(None))
        .values(lease_until=_lease_end(session))
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    return set(session.scalars(kept))


def release(session: Session, holder: str, ids: Sequence[int]) -> None:
    """Give back mails that were claimed and not tried."""
    db.lock_in_order(session, Mail.id.in_(ids))
    session.execute(
        update(Mail)
        .where(Mail.id.in_(ids), Mail.lease_holder == holder, Mail.in_data_at.is_(None))
        .values(lease_until=None, lease_holder=None, attempts=Mail.attempts - 1)
        .execution_options(synchronize_session=False)
    )


def enter_data(session: Session, mail_id: int, holder: str) -> bool:
    """Note that the letter is about to travel; False if it may not, or is no longer this holder's.

    Commit this before DATA: a worker killed after it leaves doubt, which a person resolves, and no blind retry.
    """
    now = db.clock(session)
    entered = (
        update(Mail)
        .where(Mail.id == mail_id, Mail.lease_holder == holder, Mail.lease_until > now)
        .where(Mail.cancelled_at.is_(None), Mail.in_data_at.is_(None), _letter_may_leave())
        .values(in_data_at=now, due_at=None)
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    return session.scalar(entered) is not None


@dataclass(frozen=True)
class Mark:
    """What became of one mail; `mail_id` is None where the relay was at fault before any mail was offered."""

    mail_id: int | None
    outcome: Outcome
    body_hash: str = ""
    cancel_reason: CancelReason | None = None


def mark(session: Session, holder: str, marks: Sequence[Mark]) -> set[int]:
    """Write down what became of mails, in this order; returns those marked: one whose lease is another's is not.

    Also notes that the relay is at fault, or takes mail again: any answer about a mail says so.
    """
    marked: set[int] = set()
    db.lock_in_order(session, Mail.id.in_([one.mail_id for one in marks if one.mail_id]))
    now = db.clock(session)
    for were_sent, run in groupby(marks, key=lambda one: one.outcome.kind is Kind.SENT):
        now += _A_TICK  # so that it is known which mails were taken after one that was turned down
        if were_sent:
            sent = [(one.mail_id or 0, one.outcome.reply, one.body_hash) for one in run]
            marked |= db.mark_sent(session, holder, sent, now)
        else:
            marked |= {one.mail_id for one in run if one.mail_id and _mark_one(session, one.mail_id, holder, one, now)}
    if any(_says_that_the_relay_works(one.outcome) for one in marks) and breaker.is_at_fault(session):
        if _proves_something(session, marked):
            _tell_of_an_outage(session, breaker.note_that_it_takes_mail(session, now), now)
        else:
            breaker.gives_its_turn_back(session)
    for one in marks:
        if one.outcome.kind is Kind.NOT_CONNECTED:
            _tell_of_an_outage(session, breaker.note_a_fault(session, one.outcome, now), now)
    return marked


def _tell_of_an_outage(session: Session, since: datetime | None, now: datetime) -> None:
    """One mail to the organizers of each campaign that had mail waiting; it leaves as soon as mail leaves again."""
    if since is None:
        return
    waited = exists().where(
        Mail.campaign_id == Campaign.id, Mail.due_at.is_not(None) | (Mail.sent_at > since), Mail.kind != "outage"
    )
    campaigns = session.scalars(select(Campaign).where(Campaign.cancelled_at.is_(None), waited))
    put(session, [to_organizers("outage", campaign, f"{since:%Y%m%dT%H%M%S}", now) for campaign in campaigns])


_A_TICK = timedelta(milliseconds=1)


def set_aside(session: Session, mail_id: int) -> None:
    """A mail that was handed over and cannot be marked: uncertain, and nothing more goes by itself."""
    lost = update(Mail).where(Mail.id == mail_id, Mail.sent_at.is_(None))
    now = db.clock(session)
    session.execute(lost.values(uncertain_at=now, due_at=None, lease_until=None, lease_holder=None))


def _says_that_the_relay_works(outcome: Outcome) -> bool:
    if outcome.kind is Kind.REFUSED:
        return is_about_a_mailbox(outcome.status)
    return outcome.kind is Kind.SENT


def _proves_something(session: Session, marked: set[int]) -> bool:
    """Whether one of these was for a partner or an addressee, or none such waits."""
    abroad = Mail.partner_id.is_not(None) | Mail.addressee_id.is_not(None)
    there = exists().where(Mail.id.in_(marked), abroad)
    waiting = exists().where(Mail.due_at.is_not(None), abroad)
    return bool(session.scalar(select(there | ~waiting)))


def _mark_one(session: Session, mail_id: int, holder: str, told: Mark, now: datetime) -> bool:
    mail = session.get(Mail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None or mail.lease_holder != holder:
        return False
    mail.lease_holder = mail.lease_until = None
    mail.reply = told.outcome.reply or mail.reply
    mail.body_hash = told.body_hash or mail.body_hash
    mail.cancel_reason = told.cancel_reason or mail.cancel_reason
    if told.outcome.kind is Kind.NOT_CONNECTED and told.outcome.phase not in BEFORE_MAIL:
        _turned_down(session, mail, told.outcome, now)
    else:
        _MARKS[told.outcome.kind](mail, now)
    if mail.kind == "letter" and mail.due_at is not None and not _still_may_leave(session, mail):
        mail.cancelled_at = now  # it was held, or somebody withdrew, while it travelled and came back
    if mail.cancelled_at is not None:
        mail.due_at = None
    session.flush()
    return True


def _turned_down(session: Session, mail: Mail, outcome: Outcome, now: datetime) -> None:
    """The relay's fault, or ours, and no attempt is burnt; unless it has taken others since: then it is this mail's."""
    if mail.blocked_at is None or not breaker.took_mail_since(session, mail.blocked_at):
        mail.blocked_at = now
        _not_tried(mail, now)
    elif outcome.fault == "relay":
        _refused(mail, now)
    else:
        _deferred(mail, now)


def own_up_to_doubt(session: Session) -> int:
    """Call uncertain the letters whose worker died between DATA and the answer; returns how many."""
    now = db.clock(session)
    doubtful = (
        update(Mail)
        .where(Mail.in_data_at.is_not(None), Mail.sent_at.is_(None), Mail.refused_at.is_(None))
        .where(Mail.uncertain_at.is_(None), Mail.lease_until < now)
        .values(uncertain_at=now, due_at=None, lease_until=None, lease_holder=None)
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(doubtful).all())


def suppressed(session: Session, ids: Sequence[int]) -> set[int]:
    """Those of these mails whose address is to get none: it does not exist, or its reader asked for none."""
    if session.scalar(select(Suppression.id).limit(1)) is None:
        return set()
    for_partners = (
        select(Mail.id)
        .join(Partner, Partner.id == Mail.partner_id)
        .join(Suppression, Suppression.email_hmac == Partner.email_hmac)
        .where(Mail.id.in_(ids))
    )
    for_strangers = (
        select(Stranger.mail_id)
        .join(Suppression, Suppression.email_hmac == Stranger.email_hmac)
        .where(Stranger.mail_id.in_(ids))
    )
    return {*session.scalars(for_partners), *session.scalars(for_strangers)}


def seconds_overdue(session: Session) -> float:
    """For how long the oldest due mail has been waiting; 0 when none is due."""
    oldest = session.scalar(select(func.min(Mail.due_at)).where(Mail.due_at.is_not(None)))
    return max(0.0, (db.clock(session) - oldest).total_seconds()) if oldest else 0.0


def next_try(attempts: int, chance: float = 0.5) -> timedelta:
    """How long to wait after the given number of tries (from 1); `chance` in 0..1 spreads it by a tenth each way.

    Greylisting is over after a few minutes; a full mailbox or a server in repair takes hours.
    """
    wait = _RETRIES[min(max(attempts, 1), len(_RETRIES)) - 1]
    return wait * (0.9 + 0.2 * chance)


def _sent(mail: Mail, now: datetime) -> None:
    mail.sent_at, mail.due_at, mail.uncertain_at = now, None, None


def _deferred(mail: Mail, now: datetime) -> None:
    mail.in_data_at = mail.blocked_at = None
    mail.due_at = now + next_try(mail.attempts, random.random())
    if mail.due_at > mail.dated_at + GIVE_UP_AFTER:
        _refused(mail, now)


def _refused(mail: Mail, now: datetime) -> None:
    mail.refused_at, mail.due_at, mail.in_data_at, mail.uncertain_at = now, None, None, None


def _uncertain(mail: Mail, now: datetime) -> None:
    """A partner's mail goes once more, the same bytes; the addressee's letter waits for a person."""
    first_time = mail.uncertain_at is None
    mail.uncertain_at, mail.blocked_at = now, None
    mail.due_at = now + SECOND_COPY_AFTER if first_time and mail.kind != "letter" else None


def _not_tried(mail: Mail, now: datetime) -> None:
    mail.attempts -= 1
    mail.in_data_at = None
    mail.due_at = now + breaker.PAUSE


def _called_back(mail: Mail, now: datetime) -> None:
    mail.cancelled_at = mail.cancelled_at or now


_MARKS = {
    Kind.SENT: _sent,
    Kind.DEFERRED: _deferred,
    Kind.REFUSED: _refused,
    Kind.UNCERTAIN: _uncertain,
    Kind.NOT_CONNECTED: _not_tried,
    Kind.CANCELLED: _called_back,
}


def _letter_may_leave() -> ColumnElement[bool]:
    """Whether the campaign goes on and the seal that the letter carries is not voided."""
    goes_on = exists().where(
        Campaign.id == Mail.campaign_id, Campaign.held_at.is_(None), Campaign.cancelled_at.is_(None)
    )
    sealed = exists().where(
        Seal.campaign_id == Mail.campaign_id, Seal.number == Mail.seal_number, Seal.voided_at.is_(None)
    )
    return goes_on & sealed


def _still_may_leave(session: Session, mail: Mail) -> bool:
    return bool(session.scalar(select(Mail.id).where(Mail.id == mail.id, _letter_may_leave())))


def _lease_end(session: Session) -> datetime:
    return db.clock(session) + timedelta(seconds=settings.current().lease)


def _row(kind: str, audience: Audience, campaign: Campaign, which: str, now: datetime, **more: Any) -> dict[str, Any]:
    registered = kind_named(kind)
    if registered.audience != audience:
        raise NotRegistered(f"mail {kind!r}: it is registered for the {registered.audience}, not the {audience}")
    empty = dict.fromkeys(["partner_id", "generation", "addressee_id", "answer_id", "seal_number"])
    return (
        empty
        | {
            "key": f"{campaign.slug}/{kind}/{which}",
            "kind": kind,
            "urgency": registered.urgency,
            "campaign_id": campaign.id,
            "message_id": tokens.message_id(),
            "dated_at": now,
            "due_at": now,
            "attempts": 0,
        }
        | more
    )
