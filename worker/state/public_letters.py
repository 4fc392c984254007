"""The letters that everyone may read: which come before and after one of them."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from worker.models import Campaign


def neighbours(session: Session, campaign: Campaign) -> tuple[Campaign | None, Campaign | None]:
    """Find the public letters launched just before and just after this one; two rows are loaded at most."""
    at, number = Campaign.launched_at, Campaign.id
    together = at == campaign.launched_at
    before = or_(at < campaign.launched_at, and_(together, number < campaign.id))
    after = or_(at > campaign.launched_at, and_(together, number > campaign.id))
    return (
        _first(session, before, at.desc(), number.desc()),
        _first(session, after, at.asc(), number.asc()),
    )


def _first(session: Session, where: ColumnElement[bool], *order: ColumnElement[Any]) -> Campaign | None:
    return session.scalar(select(Campaign).where(Campaign.is_public, where).order_by(*order).limit(1))
