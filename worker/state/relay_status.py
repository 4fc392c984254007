"""Whether mail leaves, of whatever campaign, and if it does not, what keeps it; for `status` and for `/readyz`."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import db, settings
from worker.mail import circuit_breaker, holds, outbox, quotas
from worker.mail.kinds import AFTER_ALL, MAY_WAIT
from worker.mail.quotas import Quota
from worker.models import Mail, RelayHealth

TOO_LONG = timedelta(minutes=5)  # without a sign of life, while mail is due
SILENCE = timedelta(minutes=2)  # after which a process is taken for dead, though no mail is due
SWEEPS_MISSED = 4  # or after so many, where sweeps are far apart
_NOBODY_KNOWS = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Limit:
    """A quota of the relay, and if it is used up, when the next mail leaves: one that can wait, or an urgent one.

    Null also while mails are on the way, of which nobody knows yet when they count no more.
    """

    quota: Quota
    next_at: datetime | None
    urgent_next_at: datetime | None

    @property
    def hours(self) -> int:
        return int(self.quota.span / timedelta(hours=1))

    @property
    def name(self) -> str:
        return "day" if self.hours == 24 else "hour"

    def keeps(self, urgency: int) -> bool:
        """Whether no mail of this urgency leaves now."""
        if urgency >= AFTER_ALL:
            return self.quota.room_for_anybody == 0
        return (self.quota.room if urgency < MAY_WAIT else self.quota.room_for_bulk) == 0

    def next_of(self, urgency: int) -> datetime | None:
        """When the next mail of this urgency leaves; null where nobody knows."""
        if urgency >= AFTER_ALL and self.quota.room_for_bulk:
            return None  # its share is used up
        return self.urgent_next_at if urgency < MAY_WAIT else self.next_at


@dataclass(frozen=True)
class RelayStatus:
    """What is known of the relay and of our own processes at one moment.

    `blocked_at`, `reply` and `retry_at` are of a relay that takes no mail now; the reply names no address. `stuck`:
    mail is due and no worker looks for it. `worker`: one gives signs of life; `seen_at`: the last that was seen of any.
    `beat`: the clock makes workers look for what is due; none does so without a worker, as each has a clock.
    """

    now: datetime
    due: int  # but what is held
    overdue: float  # seconds for which the oldest due mail has waited
    stuck: bool
    worker: bool
    beat: bool
    seen_at: datetime | None
    limits: list[Limit]
    blocked_at: datetime | None = None
    reply: str | None = None
    retry_at: datetime | None = None

    def limit_of(self, urgency: int) -> Limit | None:
        """The quota that keeps a mail of this urgency, if one does; of two the one that keeps it longer."""
        full = [one for one in self.limits if one.keeps(urgency)]
        return max(full, key=lambda one: one.next_of(urgency) or _NOBODY_KNOWS) if full else None


def load_relay_status(session: Session, now: datetime | None = None) -> RelayStatus:
    """Judge the relay as it is `now`, by the database's clock: by what it says here unless the caller has read it."""
    now, signs = now or db.clock(session), circuit_breaker.relay_health(session)
    limits = [_limit(session, quota, now) for quota in quotas.load_quotas(session, now)]
    seen_at = max(filter(None, (signs.swept_at, signs.drained_at)), default=None)
    due = session.scalar(select(func.count()).select_from(Mail).where(Mail.due_at <= now, ~holds.held())) or 0
    found = RelayStatus(
        now=now,
        due=due,
        overdue=outbox.seconds_overdue(session, now),
        stuck=False,
        worker=_is_recent(seen_at, now, silence()),
        beat=_is_recent(signs.swept_at, now, silence()),
        seen_at=seen_at,
        limits=limits,
        blocked_at=signs.blocked_at if signs.is_blocked else None,
        reply=signs.reply if signs.is_blocked else None,
        retry_at=signs.retry_at if signs.is_blocked else None,
    )
    if not session.scalar(select(db.is_running())):
        return replace(found, beat=True, worker=True)  # what is to stand still is not dead
    return replace(found, stuck=_is_stuck(session, signs, found))


def _is_stuck(session: Session, signs: RelayHealth, found: RelayStatus) -> bool:
    """Whether mail has been due for long and no worker looked for it; not while breaker or quota explain the wait.

    A breaker explains nothing any more once the moment to try again is long over: nobody tried.
    """
    if _is_recent(signs.drained_at, found.now, TOO_LONG):
        return False
    if found.blocked_at is not None and (found.retry_at is None or found.retry_at > found.now - TOO_LONG):
        return False
    late = select(Mail.urgency).where(Mail.due_at < found.now - TOO_LONG, ~holds.held()).distinct()
    return any(found.limit_of(urgency) is None for urgency in session.scalars(late))


def silence() -> timedelta:
    """For how long a process that does its work may give no sign of it."""
    return max(SILENCE, timedelta(seconds=SWEEPS_MISSED * settings.current().sweep))


def _is_recent(sign: datetime | None, now: datetime, within: timedelta) -> bool:
    return sign is not None and sign >= now - within


def _limit(session: Session, quota: Quota, now: datetime) -> Limit:
    can_wait, urgent = (_next_leaves_at(session, quota, kept, now) for kept in (quota.reserve, 0))
    return Limit(quota, can_wait, urgent)


def _next_leaves_at(session: Session, quota: Quota, kept: int, now: datetime) -> datetime | None:
    """When so many mails have left the window that there is room for one beside what is kept; null while there is."""
    must_pass = quota.used - (quota.allowed - kept)
    if must_pass < 0:
        return None
    sent = select(Mail.sent_at).where(Mail.sent_at > now - quota.span).order_by(Mail.sent_at)
    last = session.scalar(sent.offset(must_pass).limit(1))
    return last + quota.span if last else None
