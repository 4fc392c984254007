"""What forms of several acts ask for, and what an act finds wrong with it."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from worker import db
from worker.state.refusals import NotFilledIn
from worker.text import durations
from worker.web.desk.doing import At, Wrong

T = TypeVar("T")


def read_deadline(session: Session, at: At) -> datetime:
    """The new deadline that was typed. Raises Wrong."""
    now = db.clock(session)
    try:
        moment = durations.deadline(at.typed.get("deadline", ""), now=now, zone=ZoneInfo(at.campaign.zone))
    except durations.NotATime:
        raise Wrong(deadline="deadline unknown") from None
    if moment > now + durations.MAX_AHEAD:
        raise Wrong(deadline="deadline too far")
    return moment


def filled_in(act: Callable[[], T]) -> T:
    """Do it; raises Wrong with all that the act finds wrong with the fields."""
    try:
        return act()
    except NotFilledIn as refused:
        raise Wrong(**refused.facts["problems"]) from None
