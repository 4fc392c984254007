"""Links that ended because what they led to was erased: for a year their pages say why."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import delete
from sqlalchemy.orm import Session

from worker import db
from worker.models import Campaign, EndedLink

LINKS_SAY_SO = timedelta(days=365)  # for how long a link of ours that was erased says why it ended


class Linked(Protocol):
    """Whose link it was, or a row of these columns."""

    @property
    def ref(self) -> bytes: ...
    @property
    def generation(self) -> int: ...
    @property
    def language(self) -> str: ...


def remember_links(session: Session, campaign: Campaign, linked: Iterable[Linked], now: datetime) -> None:
    """Keep what tells these links from unknown ones; in the order of their random refs, not in that of their owners."""
    rows = [
        {
            "ref": one.ref,
            "generation": one.generation,
            "campaign_id": campaign.id,
            "language": one.language,
            "ended_at": now,
        }
        for one in sorted(linked, key=lambda one: one.ref)
    ]
    db.upsert_ignore(session, EndedLink, rows, EndedLink.ref)


def forget_ended_links(session: Session, now: datetime) -> None:
    """Drop the links of which nobody is told any more why they ended."""
    session.execute(delete(EndedLink).where(EndedLink.ended_at <= now - LINKS_SAY_SO))
