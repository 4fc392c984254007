"""The circuit breaker of the relay: open while it takes no mail, whatever the mail; and signs of life."""

from datetime import datetime, timedelta

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from worker import db, settings
from worker.mail.outcomes import BEFORE_MAIL, Outcome
from worker.models import Mail, RelayHealth

PAUSE = timedelta(seconds=30)  # before a relay that took nothing is tried again
MAX_PAUSE = timedelta(minutes=15)  # between two tries, when it is away for long
WORTH_TELLING = timedelta(minutes=10)  # a shorter outage nobody need hear of


def relay_health(session: Session, *, lock: bool = False) -> RelayHealth:
    """The row that says it."""
    return session.get_one(RelayHealth, 1, with_for_update=lock or None, populate_existing=True)


def is_open(session: Session) -> bool:
    """Whether the breaker is open, for a worker about to claim.

    With a quota, workers look one after the other, so that together they claim no more than is left of it.
    """
    conf = settings.current()
    one_by_one = conf.smtp_per_hour or conf.smtp_per_day
    return session.scalars(_IS_BLOCKED.with_for_update() if one_by_one else _IS_BLOCKED).one()


_IS_BLOCKED = select(RelayHealth.blocked_at.is_not(None) & RelayHealth.mended_at.is_(None))


def record_run(session: Session) -> None:
    """A sign of life of the workers: one looked for mail, and nothing broke."""
    session.execute(update(RelayHealth).values(drained_at=db.clock(session)))


def record_sweep(session: Session) -> None:
    """A sign of life of the clock."""
    session.execute(update(RelayHealth).values(swept_at=db.clock(session)))


def acquire_probe(session: Session, now: datetime, until: datetime) -> bool:
    """Whether this worker may try a relay at fault with one mail; until then no other does."""
    turn = update(RelayHealth).where(RelayHealth.retry_at <= now).values(retry_at=until).returning(RelayHealth.id)
    return session.scalar(turn) is not None


def release_probe(session: Session) -> None:
    """Nothing was tried: what was claimed could not be sent for reasons of its own."""
    session.execute(update(RelayHealth).where(RelayHealth.mended_at.is_(None)).values(retry_at=db.clock(session)))


def record_failure(session: Session, outcome: Outcome, now: datetime) -> datetime | None:
    """Open the breaker: nothing is tried for a while, which grows with the outage (RFC 5321 4.5.4.1).

    Not for a policy against one mail, while others are taken. Returns since when, if it must be told at once.
    """
    if outcome.phase not in BEFORE_MAIL and took_mail_since(session, now - PAUSE):
        return None
    found = relay_health(session, lock=True)
    if not found.is_blocked:
        found.blocked_at, found.mended_at = now, None
    assert found.blocked_at is not None
    found.retry_at = now + min(max(PAUSE, (now - found.blocked_at) / 4), MAX_PAUSE)
    # What is said about a mail may name its recipient's domain, and this is shown to the organizers of all campaigns.
    said = f"{outcome.code} {outcome.status or ''}".strip() if outcome.code else ""
    found.reply = said if said and outcome.phase not in BEFORE_MAIL else outcome.reply
    session.flush()
    return found.blocked_at if outcome.fault == "relay" else None


def record_success(session: Session, now: datetime) -> datetime | None:
    """Close the breaker; returns since when it was open, if that is worth telling.

    Whoever calls it has seen a mail to a partner or an addressee taken: a relay that takes our own domain's mail,
    and nobody else's, still works for nobody.
    """
    mended = update(RelayHealth).where(RelayHealth.blocked_at.is_not(None), RelayHealth.mended_at.is_(None))
    since = session.scalar(mended.values(mended_at=now).returning(RelayHealth.blocked_at))
    return since if since is not None and now - since >= WORTH_TELLING else None


def took_mail_since(session: Session, moment: datetime) -> bool:
    """Whether the relay took any mail for a partner or an addressee after this moment."""
    return bool(session.scalar(select(exists().where(Mail.sent_at > moment, Mail.is_to_others))))
