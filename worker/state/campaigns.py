"""Which campaigns there are."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.models import Campaign


def find_campaign(session: Session, slug: str) -> Campaign | None:
    """The campaign of this name; null if none was launched."""
    return session.scalar(select(Campaign).where(Campaign.slug == slug))
