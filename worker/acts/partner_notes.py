"""What organizers write down about a partner for each other: no mail and no export has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking
from worker.acts.answer import wrong_with_text
from worker.models import PartnerNote
from worker.state.refusals import Erased
from worker.text import days, durations


@dataclass(frozen=True)
class NoteTyped:
    """A note as somebody typed it: `due` is the first moment of its day; `problems` are codes by field (text, day)."""

    text: str
    due: datetime | None
    problems: Mapping[str, str]


def read_note(text: str, day: str, *, now: datetime, zone: str) -> NoteTyped:
    """Read what was typed, and find all that is wrong with it; without a day the note is never due."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    problems, due = {}, None
    if wrong := wrong_with_text(text) if text else "text missing":
        problems["text"] = wrong
    if day.strip():
        try:
            on = days.day(day, now=now, zone=zone)
        except durations.NotATime:
            problems["day"] = "due day unknown"
        else:
            due = days.begins(on, zone)
            if on < days.day_at(now, zone):
                problems["day"] = "day past"
            elif due > now + durations.MAX_AHEAD:
                problems["day"] = "day too far"
    return NoteTyped(text, due, problems)


def add_note(session: Session, partner_id: int, text: str, due: datetime | None = None) -> bool:
    """Keep a note about a partner; whether it is new. The same words for the same day, not ticked off yet, are one.

    Raises Erased.
    """
    campaign, partner = locking.lock_partner_alone(session, partner_id)
    if partner.erased_at is not None:
        raise Erased(organization=partner.organization)
    open_ = select(PartnerNote).where(PartnerNote.partner_id == partner_id, PartnerNote.done_at.is_(None))
    if any((one.text, one.due_at) == (text, due) for one in session.scalars(open_)):
        return False
    now = db.clock(session)
    who = audit.acting(session).organizer_id
    session.add(PartnerNote(partner_id=partner_id, organizer_id=who, text=text, at=now, due_at=due))
    audit.log(session, campaign, "organizer", "note_added", partner, at=now)
    return True


def finish_note(session: Session, note_id: int) -> bool:
    """Tick a note off; whether it was there and open until now."""
    partner_id = session.scalar(select(PartnerNote.partner_id).where(PartnerNote.id == note_id))
    if partner_id is None:
        return False
    campaign, partner = locking.lock_partner_alone(session, partner_id)
    note = session.get(PartnerNote, note_id, populate_existing=True)
    if note is None or note.done_at is not None:
        return False
    note.done_at = db.clock(session)
    audit.log(session, campaign, "organizer", "note_finished", partner, at=note.done_at)
    return True
