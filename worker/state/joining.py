"""How many ask to sign a letter that nobody asked to, and whether it is a flood."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from worker.models import Mail, ThirdPartyAddress

AN_HOUR = timedelta(hours=1)
FIRST_OF_CAMPAIGN = 30  # wishes within an hour that are mailed at once; from then on it is a flood
MAX_OF_CAMPAIGN = 600  # within an hour
FOR_NEWCOMERS = 100  # of them, for who has asked only a few times from where it asks


@dataclass(frozen=True)
class Joining:
    """How many asked within the hour, how many wishes nobody has confirmed, and how many of their mails wait."""

    asked_lately: int = 0
    unconfirmed: int = 0
    waiting: int = 0

    @property
    def is_flood(self) -> bool:
        """So many that mails are spread over the hour."""
        return self.asked_lately > FIRST_OF_CAMPAIGN

    @property
    def turns_away(self) -> bool:
        """So many that who has asked often gets no mail; at MAX_OF_CAMPAIGN nobody does."""
        return self.asked_lately >= MAX_OF_CAMPAIGN - FOR_NEWCOMERS


NOBODY = Joining()


def load_joining(session: Session, campaign_ids: Sequence[int], now: datetime) -> dict[int, Joining]:
    """Who asks to sign these campaigns, by number; in one statement, however many they are."""
    waits = Mail.due_at.is_not(None)
    counted = (
        select(
            ThirdPartyAddress.campaign_id,
            func.count().filter(_lately(now)),
            func.count().filter(is_unconfirmed()),
            func.count().filter(is_unconfirmed(), waits),
        )
        .join(Mail, Mail.id == ThirdPartyAddress.mail_id)
        .where(ThirdPartyAddress.campaign_id.in_(campaign_ids), _asked_to_join())
        .group_by(ThirdPartyAddress.campaign_id)
    )
    return {campaign_id: Joining(*numbers) for campaign_id, *numbers in session.execute(counted)}


def count_asked_lately(session: Session, campaign_id: int, now: datetime) -> int:
    """How many asked to join within the hour; whoever passes on is counted by partner, and not kept back by these."""
    asked = (
        select(func.count())
        .select_from(ThirdPartyAddress)
        .join(Mail, Mail.id == ThirdPartyAddress.mail_id)
        .where(ThirdPartyAddress.campaign_id == campaign_id, _asked_to_join(), _lately(now))
    )
    return session.scalar(asked) or 0


def is_unconfirmed() -> ColumnElement[bool]:
    """Whether a wish was confirmed by nobody, and not forgotten."""
    return (
        ThirdPartyAddress.partner_id.is_(None)
        & ThirdPartyAddress.confirmed_at.is_(None)
        & ThirdPartyAddress.decided_at.is_(None)
    )


def _asked_to_join() -> ColumnElement[bool]:
    return ThirdPartyAddress.partner_id.is_(None) | ThirdPartyAddress.decided_at.is_not(None)


def _lately(now: datetime) -> ColumnElement[bool]:
    """Within the hour, by a clock that may have been set back; what was called back unsent counts no more."""
    return ThirdPartyAddress.at.between(now - AN_HOUR, now) & Mail.cancelled_at.is_(None)
