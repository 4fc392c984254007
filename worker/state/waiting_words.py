"""Own words of persons that wait for an organizer, and by what a command names them."""

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from worker.models import Campaign, Member
from worker.state import members

_NUMBER = re.compile(r"#?(?P<id>[0-9]{1,18})-(?P<mark>[0-9a-f]{6})")


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


def wait() -> ColumnElement[bool]:
    """Whether a person's own words wait for an organizer: its voice counts, for a letter that was not given up."""
    of_it = exists().where(Campaign.id == Member.campaign_id)
    goes_on = of_it.where(Campaign.cancelled_at.is_(None), Campaign.erased_at.is_(None)).correlate(Member)
    return Member.words_wait & members.counts() & goes_on


def read_number(written: str) -> tuple[int, str] | None:
    """The person and the mark in such a number; null if it is none."""
    found = _NUMBER.fullmatch(written.casefold())
    return (int(found["id"]), found["mark"]) if found else None


def load_waiting_words(
    session: Session,
    campaign: Campaign,
    *,
    most: int | None = None,
    after: int = 0,
    those: Collection[int] | None = None,
) -> list[WaitingWords]:
    """The words that wait, those that have waited longest first; `most` of them, without as many as `after` before.

    `those`: of these members only.
    """
    waiting = select(Member).where(Member.campaign_id == campaign.id, wait())
    if those is not None:
        waiting = waiting.where(Member.id.in_(those))
    in_order = waiting.order_by(Member.words_at, Member.id).limit(most).offset(after)
    return [
        WaitingWords(
            member_id=one.id,
            name=one.name if one.appearance == "named" else None,
            language=one.language,
            words=one.words,
            at=one.words_at,
        )
        for one in session.scalars(in_order)
        if one.words_at is not None
    ]


def count_waiting_words(session: Session, campaign: Campaign) -> int:
    """How many wait."""
    number = select(func.count()).select_from(Member).where(Member.campaign_id == campaign.id, wait())
    return session.scalar(number) or 0
