"""Own words of persons that wait for an organizer, and by what a command names them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker.models import Campaign, Member
from worker.state import members


@dataclass(frozen=True)
class WaitingWords:
    """What one person wrote; `name` is null where it is not to be named. `at`: since when it is written so."""

    member_id: int
    name: str | None
    language: str
    words: str
    at: datetime

    @property
    def number(self) -> str:
        """The person's number, and a mark of the words: with other words it is another."""
        return f"{self.member_id}-{self.mark}"

    @property
    def mark(self) -> str:
        return mark_of(self.at)


def mark_of(words_at: datetime) -> str:
    """Tells the words that somebody read from those that the same person wrote later."""
    return hashlib.sha256(words_at.astimezone(UTC).isoformat(timespec="microseconds").encode()).hexdigest()[:6]


def load_waiting_words(session: Session, campaign: Campaign) -> list[WaitingWords]:
    """The words that wait, those that have waited longest first."""
    waiting = select(Member).where(Member.campaign_id == campaign.id, Member.words_wait, members.counts())
    return [
        WaitingWords(
            member_id=one.id,
            name=one.name if one.appearance == "named" else None,
            language=one.language,
            words=one.words,
            at=one.words_at,
        )
        for one in session.scalars(waiting.order_by(Member.words_at, Member.id))
        if one.words_at is not None
    ]


def count_waiting_words(session: Session, campaign_ids: Sequence[int]) -> dict[int, int]:
    """How many wait, by campaign, in one statement."""
    number = select(Member.campaign_id, func.count()).where(
        Member.campaign_id.in_(campaign_ids), Member.words_wait, members.counts()
    )
    return {row[0]: row[1] for row in session.execute(number.group_by(Member.campaign_id))}
