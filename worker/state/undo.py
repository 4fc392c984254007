"""Which act of the organizers can still be taken back, and until when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, select
from sqlalchemy.orm import Session

from worker.column_types import Moment
from worker.models import Campaign, OrganizerAct


@dataclass(frozen=True)
class Undoable:
    """The last act of a campaign, whose mails wait until then; it stays if somebody answers first."""

    act: OrganizerAct
    until: datetime


def load_undoable(session: Session, campaign_ids: Sequence[int], now: datetime) -> dict[int, Undoable]:
    """By campaign, what can be taken back now; in one statement."""
    last = select(Campaign.id, Campaign.undo["act"].as_string(), Campaign.undo_until)
    waits = (Campaign.id.in_(campaign_ids), Campaign.undo_until > now, Campaign.taking_answers(literal(now, Moment())))
    return {one: Undoable(act, until) for one, act, until in session.execute(last.where(*waits)) if act}
