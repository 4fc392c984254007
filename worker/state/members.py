"""Persons who add their voices to a letter: who counts, and how many they are."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from worker.models import Campaign, Letter, Member


def counts(as_of: datetime | ColumnElement[datetime] | None = None) -> ColumnElement[bool]:
    """Whether a voice counts: confirmed, not withdrawn, and for the letter in its present meaning.

    `as_of`: whether it did at that moment, in place of now; a voice that was added again since is missing there.
    """
    latest = select(func.max(Letter.meaning)).where(Letter.campaign_id == Member.campaign_id).correlate(Member)
    present = select(Letter.id).where(
        Letter.campaign_id == Member.campaign_id, Letter.meaning == latest.scalar_subquery()
    )
    of_it = Member.letter_id.in_(present.correlate(Member))
    if as_of is None:
        return Member.stands & of_it
    return (Member.confirmed_at <= as_of) & (Member.withdrawn_at.is_(None) | (Member.withdrawn_at > as_of)) & of_it


def count_members(session: Session, campaign: Campaign, as_of: datetime | None = None) -> int:
    """How many persons' voices count, now or at a moment."""
    counted = select(func.count()).select_from(Member).where(Member.campaign_id == campaign.id, counts(as_of))
    return session.scalar(counted) or 0


def can_add_voice(campaign: Campaign) -> bool:
    """Whether a person may add its voice now: before the letter leaves and after, until names are erased."""
    is_open = campaign.members != "closed" and campaign.voices_stopped_at is None
    return is_open and campaign.is_public and campaign.erased_at is None
