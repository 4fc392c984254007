"""The letters that everyone may read: which come before and after one of them."""

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, bindparam, select, tuple_
from sqlalchemy.orm import Session, aliased

from worker.models import Campaign


def neighbours(session: Session, campaign: Campaign) -> tuple[Campaign | None, Campaign | None]:
    """Find the public letters launched just before and just after this one; two rows are loaded at most."""
    here = campaign.launched_at, campaign.id
    found = session.scalars(_NEIGHBOURS, {"at": campaign.launched_at, "number": campaign.id}).all()
    before = next((one for one in found if (one.launched_at, one.id) < here), None)
    return before, next((one for one in found if one is not before), None)


_other = aliased(Campaign)
_place = tuple_(_other.launched_at, _other.id)
_here = tuple_(bindparam("at", type_=Campaign.launched_at.type), bindparam("number", type_=Campaign.id.type))


def _first(where: ColumnElement[bool], *order: ColumnElement[Any]) -> ScalarSelect[int]:
    return select(_other.id).where(_other.is_public, where).order_by(*order).limit(1).scalar_subquery()


_NEIGHBOURS = select(Campaign).where(
    (Campaign.id == _first(_place < _here, _other.launched_at.desc(), _other.id.desc()))
    | (Campaign.id == _first(_place > _here, _other.launched_at.asc(), _other.id.asc()))
)
