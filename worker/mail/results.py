"""What became of mails, written down: sent, deferred with a retry, refused, uncertain."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from worker import db
from worker.mail import circuit_breaker, claims, holds, kinds, outbox
from worker.mail.outcomes import BEFORE_MAIL, Kind, Outcome, is_about_a_mailbox
from worker.models import Campaign, CancelReason, Mail

SECOND_COPY_AFTER = timedelta(minutes=15)  # a partner's mail whose fate nobody knows: one identical copy
GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321 4.5.4.1
_RETRIES = [timedelta(minutes=m) for m in (6, 25, 60, 120, 180, 240)]


@dataclass(frozen=True)
class DeliveryResult:
    """What became of one mail; `mail_id` is None where the relay was at fault before any mail was offered."""

    mail_id: int | None
    outcome: Outcome
    body_hash: str = ""
    cancel_reason: CancelReason | None = None


def record_results(session: Session, holder: str, results: Sequence[DeliveryResult]) -> set[int]:
    """Write down what became of mails, in this order; returns those recorded: one whose lease is another's is not.

    Also notes that the relay is at fault, or takes mail again: any answer about a mail says so.
    """
    recorded: set[int] = set()
    if any(one.outcome.kind is not Kind.SENT for one in results):  # those alone are locked as they are marked
        claims.lock_in_order(session, [one.mail_id for one in results if one.mail_id])
    now = db.clock(session)
    for were_sent, alike in groupby(results, key=lambda one: one.outcome.kind is Kind.SENT):
        now += _A_TICK  # so that it is known which mails were taken after one that was turned down
        if were_sent:
            sent = [(one.mail_id or 0, one.outcome.reply, one.body_hash) for one in alike]
            recorded |= claims.mark_sent(session, holder, sent, now)
        else:
            recorded |= {
                one.mail_id for one in alike if one.mail_id and _record_one(session, one.mail_id, holder, one, now)
            }
    if any(_says_that_the_relay_works(one.outcome) for one in results) and circuit_breaker.is_open(session):
        if _proves_something(session, recorded):
            _tell_of_an_outage(session, circuit_breaker.record_success(session, now), now)
        else:
            circuit_breaker.release_probe(session)
    for one in results:
        if one.outcome.kind is Kind.NOT_CONNECTED:
            _tell_of_an_outage(session, circuit_breaker.record_failure(session, one.outcome, now), now)
    return recorded


def _tell_of_an_outage(session: Session, since: datetime | None, now: datetime) -> None:
    """One mail to the organizers of each campaign that had mail waiting; it leaves as soon as mail leaves again."""
    if since is None:
        return
    due = Mail.due_at.is_not(None) & ~holds.held()
    waited = exists().where(Mail.campaign_id == Campaign.id, due | (Mail.sent_at > since), Mail.kind != "outage")
    campaigns = session.scalars(select(Campaign).where(Campaign.cancelled_at.is_(None), waited))
    which = outbox.moment_key(since)
    outbox.put(session, [outbox.to_organizers("outage", campaign, which, now) for campaign in campaigns])


_A_TICK = timedelta(milliseconds=1)


def _says_that_the_relay_works(outcome: Outcome) -> bool:
    if outcome.kind is Kind.REFUSED:
        return is_about_a_mailbox(outcome.status)
    return outcome.kind is Kind.SENT


def _proves_something(session: Session, recorded: set[int]) -> bool:
    """Whether one of these was for a partner or an addressee, or none such waits but what is held."""
    there = exists().where(Mail.id.in_(recorded), Mail.is_to_others)
    waiting = exists().where(Mail.due_at.is_not(None), Mail.is_to_others, ~holds.held())
    return bool(session.scalar(select(there | ~waiting)))


def _record_one(session: Session, mail_id: int, holder: str, told: DeliveryResult, now: datetime) -> bool:
    mail = session.get(Mail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None or mail.lease_holder != holder:
        return False
    mail.lease_holder = mail.lease_until = None
    if told.outcome.reply:
        mail.reply = told.outcome.reply
        mail.reported_at = mail.delayed_at = None  # what was reported was of an earlier copy
    mail.body_hash = told.body_hash or mail.body_hash
    mail.cancel_reason = told.cancel_reason or mail.cancel_reason
    if told.outcome.kind is Kind.NOT_CONNECTED and told.outcome.phase not in BEFORE_MAIL:
        _turned_down(session, mail, told.outcome, now)
    else:
        _RECORDERS[told.outcome.kind](mail, now)
    goes_again = mail.due_at is not None and mail.cancelled_at is None and kinds.is_irrevocable(mail.kind)
    if goes_again and not claims.may_still_leave(session, mail):
        mail.cancelled_at = now  # it was held, stopped, or somebody withdrew, while it travelled and came back
    if mail.cancelled_at is not None:
        mail.due_at = None
    session.flush()
    return True


def _turned_down(session: Session, mail: Mail, outcome: Outcome, now: datetime) -> None:
    """The relay's fault, or ours, and no attempt is burnt; unless it has taken others since: then it is this mail's."""
    if mail.blocked_at is None or not circuit_breaker.took_mail_since(session, mail.blocked_at):
        mail.blocked_at = now
        _not_tried(mail, now)
    elif outcome.fault == "relay":
        _refused(mail, now)
    else:
        _deferred(mail, now)


def retry_delay(attempts: int, chance: float = 0.5) -> timedelta:
    """The backoff after the given number of tries (from 1); `chance` in 0..1 is its jitter, a tenth each way.

    Greylisting is over after a few minutes; a full mailbox or a server in repair takes hours.
    """
    wait = _RETRIES[min(max(attempts, 1), len(_RETRIES)) - 1]
    return wait * (0.9 + 0.2 * chance)


def _sent(mail: Mail, now: datetime) -> None:
    mail.sent_at, mail.due_at, mail.uncertain_at = now, None, None


def _deferred(mail: Mail, now: datetime) -> None:
    mail.in_data_at = mail.blocked_at = None
    mail.due_at = now + retry_delay(mail.attempts, random.random())
    if mail.due_at > mail.dated_at + GIVE_UP_AFTER:
        _refused(mail, now)


def _refused(mail: Mail, now: datetime) -> None:
    mail.refused_at, mail.due_at, mail.in_data_at, mail.uncertain_at = now, None, None, None


def _uncertain(mail: Mail, now: datetime) -> None:
    """A partner's mail goes once more, the same bytes; what goes to an addressee waits for a person."""
    first_time = mail.uncertain_at is None
    mail.uncertain_at, mail.blocked_at = now, None
    mail.due_at = now + SECOND_COPY_AFTER if first_time and not kinds.is_irrevocable(mail.kind) else None


def _not_tried(mail: Mail, now: datetime) -> None:
    mail.attempts -= 1
    mail.in_data_at = None
    mail.due_at = now + circuit_breaker.PAUSE


def _called_back(mail: Mail, now: datetime) -> None:
    mail.cancelled_at = mail.cancelled_at or now


_RECORDERS = {
    Kind.SENT: _sent,
    Kind.DEFERRED: _deferred,
    Kind.REFUSED: _refused,
    Kind.UNCERTAIN: _uncertain,
    Kind.NOT_CONNECTED: _not_tried,
    Kind.CANCELLED: _called_back,
}
