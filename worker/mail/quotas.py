"""How much mail the relay takes from us in an hour and a day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import settings
from worker.models import Mail

IN_RESERVE = 10  # one in so many of a quota is kept for the letter and for what people wait for


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
    def reserve(self) -> int:
        """What is kept for the letter and for what people wait for."""
        return max(1, self.allowed // IN_RESERVE) if self.allowed > 1 else 0

    @property
    def room_for_bulk(self) -> int:
        return max(0, self.room - self.reserve)


def load_quotas(session: Session, now: datetime) -> list[Quota]:
    """The quotas that are set, hour and day, each as a window that ends now."""
    conf = settings.current()
    found = []
    for span, allowed in ((timedelta(hours=1), conf.smtp_per_hour), (timedelta(days=1), conf.smtp_per_day)):
        if allowed:
            sent = select(func.count()).where(Mail.sent_at > now - span)
            leased = select(func.count()).where(Mail.due_at.is_not(None), Mail.lease_until >= now)
            found.append(Quota(span, allowed, (session.scalar(sent) or 0) + (session.scalar(leased) or 0)))
    return found
