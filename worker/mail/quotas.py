"""How much mail the relay takes from us in an hour and a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import settings
from worker.mail.kinds import AFTER_ALL
from worker.models import Mail

IN_RESERVE = 10  # one in so many of a quota is kept for the letter and for what people wait for
FOR_ANYBODY = 4  # one in so many, at least one, is what anybody can make us send by a form


@dataclass(frozen=True)
class Quota:
    """What the relay takes from us in a span of time, and how much of it is used: sent, or on the way.

    `used_by_anybody` is what anybody can make us send: a flood of it must not keep a campaign's own mail waiting.
    """

    span: timedelta
    allowed: int
    used: int
    used_by_anybody: int = 0

    @property
    def room(self) -> int:
        return max(0, self.allowed - self.used)

    @property
    def reserve(self) -> int:
        """What is kept for the letter and for what people wait for."""
        return max(1, self.allowed // IN_RESERVE) if self.allowed > 1 else 0

    @property
    def room_for_bulk(self) -> int:
        return max(0, self.room - self.reserve)

    @property
    def room_for_anybody(self) -> int:
        share = max(1, self.allowed // FOR_ANYBODY) - self.used_by_anybody
        return max(0, min(self.room_for_bulk, share))


def load_quotas(session: Session, now: datetime) -> list[Quota]:
    """The quotas that are set, hour and day, each as a window that ends now."""
    conf = settings.current()
    found = []
    for span, allowed in ((timedelta(hours=1), conf.smtp_per_hour), (timedelta(days=1), conf.smtp_per_day)):
        if allowed:
            counted = select(func.count(), func.count().filter(Mail.urgency >= AFTER_ALL))
            sent = session.execute(counted.where(Mail.sent_at > now - span)).one()
            leased = session.execute(counted.where(Mail.due_at.is_not(None), Mail.lease_until >= now)).one()
            found.append(Quota(span, allowed, *(one + other for one, other in zip(sent, leased, strict=True))))
    return found
