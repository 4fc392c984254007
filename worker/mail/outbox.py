"""The outbox: mail is put beside the fact that causes it, claimed for a while, and marked with what the relay said."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from worker import db, settings, tokens
from worker.mail.outcomes import Kind, Outcome
from worker.models import Addressee, Campaign, Mail, Partner, Seal

# The letter first, then what people wait for, then what can wait.
URGENCY = {"letter": 0, "doubt": 1, "waiting": 1, "closed": 1, "report": 1, "receipt": 1, "extended": 2}
LATER = 3

SECOND_COPY_AFTER = timedelta(minutes=15)  # a partner's mail whose fate nobody knows: one identical copy
RELAY_AWAY = timedelta(seconds=30)  # the relay cannot be reached: not the mail's fault, no attempt is burnt
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 4.5.4.1
_RETRIES = [timedelta(minutes=m) for m in (6, 25, 60, 120, 180, 240)]


def put(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Add mails to the outbox and return how many are new; a key that is there already changes nothing."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Mail).on_conflict_do_nothing(index_elements=[Mail.key]).returning(Mail.id)
    batches = [rows[first : first + 500] for first in range(0, len(rows), 500)]
    return sum(len(session.scalars(statement, batch).all()) for batch in batches)


def to_partner(
    kind: str, campaign: Campaign, partner: Partner, which: str, now: datetime, **more: Any
) -> dict[str, Any]:
    """A mail row for a partner; `which` tells it from others of its kind (a number, a moment)."""
    more = {"language": partner.language, "partner_id": partner.id, "generation": partner.generation} | more
    return _row(kind, campaign, f"partner-{partner.id}/{which}", now, **more)


def to_organizers(kind: str, campaign: Campaign, which: str, now: datetime, **more: Any) -> dict[str, Any]:
    """A mail row for the people who run the campaign."""
    return _row(kind, campaign, f"organizers/{which}", now, language=campaign.authentic, **more)


def to_addressee(
    campaign: Campaign, addressee: Addressee, seal_number: int, time: int, now: datetime
) -> dict[str, Any]:
    """The mail row that carries one seal to one addressee; `time` counts from 1, after a hold or a refusal."""
    which = f"addressee-{addressee.position}/seal-{seal_number}" + (f"/{time}" if time > 1 else "")
    more = {"language": campaign.authentic, "addressee_id": addressee.id, "seal_number": seal_number}
    return _row("letter", campaign, which, now, **more)


def cancel(session: Session, *which: ColumnElement[bool]) -> int:
    """Call back mails that have not left, and return how many; those that left stay as they are."""
    called_back = (
        update(Mail)
        .where(Mail.sent_at.is_(None), Mail.refused_at.is_(None), Mail.cancelled_at.is_(None))
        .where(Mail.in_data_at.is_(None), *which)
        .values(cancelled_at=db.clock(session), due_at=None)
        .returning(Mail.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(session.scalars(called_back).all())


def claim(session: Session, holder: str) -> list[int]:
    """Take a batch of due mails for this holder alone, for the length of a lease."""
    conf = settings.current()
    return db.claim(session, holder=holder, until=_lease_end(session), limit=conf.batch)


def renew(session: Session, holder: str, ids: Sequence[int]) -> set[int]:
    """Keep the lease on these mails; returns those that are still the holder's."""
    kept = (
        update(Mail)
        .where(Mail.id.in_(ids), Mail.lease_holder == holder)
        .values(lease_until=_lease_end(session))
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    return set(session.scalars(kept))


def release(session: Session, holder: str, ids: Sequence[int]) -> None:
    """Give back mails that were claimed and not tried."""
    session.execute(
        update(Mail)
        .where(Mail.id.in_(ids), Mail.lease_holder == holder)
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


def mark(session: Session, mail_id: int, holder: str, outcome: Outcome, body_hash: str | None = None) -> bool:
    """Write down what became of a mail; False, and nothing changed, if its lease went to another holder."""
    mail = session.get(Mail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None or mail.lease_holder != holder:
        return False
    now = db.clock(session)
    mail.lease_holder = mail.lease_until = None
    mail.reply = outcome.reply or mail.reply
    mail.body_hash = body_hash or mail.body_hash
    _MARKS[outcome.kind](mail, now)
    if mail.kind == "letter" and mail.due_at is not None and not _still_may_leave(session, mail):
        mail.cancelled_at = now  # it was held, or somebody withdrew, while it travelled and came back
    if mail.cancelled_at is not None:
        mail.due_at = None
    return True


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
    mail.in_data_at = None
    mail.due_at = now + next_try(mail.attempts, random.random())
    if mail.due_at > mail.dated_at + GIVE_UP_AFTER:
        _refused(mail, now)


def _refused(mail: Mail, now: datetime) -> None:
    mail.refused_at, mail.due_at, mail.in_data_at, mail.uncertain_at = now, None, None, None


def _uncertain(mail: Mail, now: datetime) -> None:
    """A partner's mail goes once more, the same bytes; the addressee's letter waits for a person."""
    first_time = mail.uncertain_at is None
    mail.uncertain_at = now
    mail.due_at = now + SECOND_COPY_AFTER if first_time and mail.kind != "letter" else None


def _not_tried(mail: Mail, now: datetime) -> None:
    mail.attempts -= 1
    mail.in_data_at = None
    mail.due_at = now + RELAY_AWAY


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


def _row(kind: str, campaign: Campaign, which: str, now: datetime, **more: Any) -> dict[str, Any]:
    empty = dict.fromkeys(["partner_id", "generation", "addressee_id", "answer_id", "seal_number"])
    return (
        empty
        | {
            "key": f"{campaign.slug}/{kind}/{which}",
            "kind": kind,
            "urgency": URGENCY.get(kind, LATER),
            "campaign_id": campaign.id,
            "message_id": tokens.message_id(),
            "dated_at": now,
            "due_at": now,
            "attempts": 0,
        }
        | more
    )
