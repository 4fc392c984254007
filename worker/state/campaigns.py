"""Which campaigns there are."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload

from worker import db
from worker.models import Campaign, Letter, Partner


def find_campaign(session: Session, slug: str) -> Campaign | None:
    """The campaign of this name; null if none was launched."""
    return session.scalar(select(Campaign).where(Campaign.slug == slug))


def get_campaign(session: Session, number: int) -> Campaign:
    """The campaign of this number, which there is."""
    return session.get_one(Campaign, number)


def get_partner(session: Session, campaign: Campaign, number: int) -> Partner | None:
    """The partner of this number, if it is one of this campaign."""
    return session.scalar(select(Partner).where(Partner.id == number, Partner.campaign_id == campaign.id))


def find_public(session: Session, slug: str) -> tuple[Campaign, datetime] | None:
    """The campaign of this name with its letter, and the time, if everyone may read it now; in one statement."""
    found = session.execute(_WITH_LETTER, {"slug": slug}).unique().first()
    return (found[0], found[1]) if found and found[0].is_public else None


_WITH_LETTER = (
    select(Campaign, db.now())
    .where(Campaign.slug == bindparam("slug"))
    .options(joinedload(Campaign.letters).joinedload(Letter.addressees))
)
