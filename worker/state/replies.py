"""What addressees replied to the letter, as organizers noted it."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from worker.models import Campaign, Reply


def load_last_reply(session: Session, campaign: Campaign) -> Reply:
    """The one that was noted last, where there is one."""
    of_it = select(Reply).where(Reply.campaign_id == campaign.id).order_by(Reply.id.desc()).limit(1)
    return session.scalars(of_it).one()


def load_replies(session: Session, campaign: Campaign) -> Sequence[Reply]:
    """In the order in which they came."""
    of_it = select(Reply).where(Reply.campaign_id == campaign.id).order_by(Reply.came_at, Reply.id)
    return session.scalars(of_it.options(joinedload(Reply.addressee))).all()
