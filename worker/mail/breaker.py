"""What is known of the relay, whatever the mail: whether it is at fault (the breaker), its quotas, signs of life."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from worker import db, settings
from worker.mail.outcomes import BEFORE_MAIL, Outcome
from worker.models import Mail, Post

PAUSE = timedelta(seconds=30)  # before a relay that took nothing is tried again
LONGEST_PAUSE = timedelta(minutes=15)  # between two tries, when it is away for long
WORTH_TELLING = timedelta(minutes=10)  # a shorter outage nobody need hear of
IN_RESERVE = 10  # one in so many of a quota is kept for the letter and for what people wait for
_LOOKED_LATELY = timedelta(seconds=10)


def post(session: Session, *, lock: bool = False) -> Post:
    """The row that says it."""
    return session.get_one(Post, 1, with_for_update=lock or None, populate_existing=True)


def note_a_look(session: Session, now: datetime) -> datetime | None:
    """Note that a worker looks for mail; returns since when the relay is at fault, None if it is not.

    With a quota, workers look one after the other, so that together they claim no more than is left of it.
    """
    conf = settings.current()
    found = post(session, lock=bool(conf.smtp_per_hour or conf.smtp_per_day))
    if found.drained_at is None or found.drained_at < now - _LOOKED_LATELY:
        session.execute(update(Post).values(drained_at=now))
    return found.blocked_at if found.is_blocked else None


def note_a_sweep(session: Session) -> None:
    """A sign of life of the clock."""
    session.execute(update(Post).values(swept_at=db.clock(session)))


def takes_its_turn(session: Session, now: datetime, until: datetime) -> bool:
    """Whether this worker may try a relay at fault with one mail; until then no other does."""
    turn = update(Post).where(Post.retry_at <= now).values(retry_at=until).returning(Post.id)
    return session.scalar(turn) is not None


def note_a_fault(session: Session, outcome: Outcome, now: datetime) -> datetime | None:
    """Open the breaker: nothing is tried for a while, which grows with the outage (RFC 5321 4.5.4.1).

    Not for a policy against one mail, while others are taken. Returns since when, if it must be told at once.
    """
    if outcome.phase not in BEFORE_MAIL and took_mail_since(session, now - PAUSE):
        return None
    found = post(session, lock=True)
    if not found.is_blocked:
        found.blocked_at, found.mended_at = now, None
    assert found.blocked_at is not None
    found.retry_at = now + min(max(PAUSE, (now - found.blocked_at) / 4), LONGEST_PAUSE)
    found.reply = outcome.reply
    session.flush()
    return found.blocked_at if outcome.fault == "relay" else None


def note_that_it_takes_mail(session: Session, now: datetime) -> datetime | None:
    """Close the breaker; returns since when it was open, if that is worth telling."""
    mended = update(Post).where(Post.blocked_at.is_not(None), Post.mended_at.is_(None))
    since = session.scalar(mended.values(mended_at=now).returning(Post.blocked_at))
    return since if since is not None and now - since >= WORTH_TELLING else None


def took_mail_since(session: Session, moment: datetime) -> bool:
    """Whether the relay took any mail after this moment."""
    return bool(session.scalar(select(exists().where(Mail.sent_at > moment))))


@dataclass(frozen=True)
class Quota:
    """What the relay takes from us in a span of time, and how much of it is used: sent, or on the way."""

    span: timedelta
    allowed: int
    used: int

    @property
    def room(self) -> int:
        return max(0, self.allowed - self.used)

    @property
    def room_for_bulk(self) -> int:
        return max(0, self.room - self.allowed // IN_RESERVE)


def quotas(session: Session, now: datetime) -> list[Quota]:
    """The quotas that are set, hour and day, each as a window that ends now."""
    conf = settings.current()
    found = []
    for span, allowed in ((timedelta(hours=1), conf.smtp_per_hour), (timedelta(days=1), conf.smtp_per_day)):
        if allowed:
            sent = select(func.count()).where(Mail.sent_at > now - span)
            leased = select(func.count()).where(Mail.due_at.is_not(None), Mail.lease_until >= now)
            found.append(Quota(span, allowed, (session.scalar(sent) or 0) + (session.scalar(leased) or 0)))
    return found
