"""What organizers wrote down about partners, and which of it is due."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, joinedload

from worker import db
from worker.models import Campaign, Partner, PartnerNote


@dataclass(frozen=True)
class NoteStatus:
    """One note; `number` is its own for good, `by` who wrote it at the desk, null where a command did."""

    number: int
    partner: Partner
    text: str
    by: str | None
    at: datetime
    due: datetime | None
    done: datetime | None
    is_due: bool


def load_notes_of(session: Session, partner: Partner, now: datetime) -> list[NoteStatus]:
    """All notes about a partner, the newest first."""
    of_it = _notes().where(PartnerNote.partner_id == partner.id).order_by(PartnerNote.id.desc())
    return [_status(one, now) for one in session.scalars(of_it)]


def load_open_notes(session: Session, campaign: Campaign, now: datetime) -> list[NoteStatus]:
    """What is not ticked off yet in a campaign: by the day on which it is due, what has none last.

    Nothing about partners that were taken out of its list, here and in `count_due`.
    """
    in_it = Partner.campaign_id == campaign.id, Partner.taken_out_at.is_(None)
    open_ = _notes().where(*in_it, PartnerNote.done_at.is_(None))
    in_order = open_.order_by(PartnerNote.due_at.is_(None), PartnerNote.due_at, PartnerNote.id)
    return [_status(one, now) for one in session.scalars(in_order)]


def find_note(session: Session, campaign: Campaign, number: int) -> PartnerNote | None:
    """The note of this number, if it is about a partner of this campaign."""
    of_it = _notes().where(PartnerNote.id == number, Partner.campaign_id == campaign.id)
    return session.scalar(of_it)


def has_due_note() -> ColumnElement[bool]:
    """Of any partner, whether a note about it is due, as a condition in SQL."""
    return exists().where(PartnerNote.partner_id == Partner.id, *_due()).correlate(Partner)


def count_due(session: Session, campaign_ids: Collection[int]) -> dict[int, int]:
    """How many notes are due, by campaign, of those that have any."""
    counted = select(Partner.campaign_id, func.count()).join(PartnerNote, PartnerNote.partner_id == Partner.id)
    in_them = Partner.campaign_id.in_(campaign_ids), Partner.taken_out_at.is_(None)
    due = counted.where(*in_them, *_due()).group_by(Partner.campaign_id)
    return dict(session.execute(due).all())


def load_due(session: Session, partner_ids: Collection[int]) -> set[int]:
    """Of these partners those about whom a note is due."""
    due = select(PartnerNote.partner_id).where(PartnerNote.partner_id.in_(partner_ids), *_due())
    return set(session.scalars(due))


def _due() -> tuple[ColumnElement[bool], ...]:
    return PartnerNote.done_at.is_(None), PartnerNote.due_at <= db.now()


def _notes() -> Select[PartnerNote]:
    with_whom = joinedload(PartnerNote.organizer)
    return select(PartnerNote).join(PartnerNote.partner).options(with_whom)


def _status(note: PartnerNote, now: datetime) -> NoteStatus:
    return NoteStatus(
        number=note.id,
        partner=note.partner,
        text=note.text,
        by=note.organizer.name if note.organizer else None,
        at=note.at,
        due=note.due_at,
        done=note.done_at,
        is_due=note.done_at is None and note.due_at is not None and note.due_at <= now,
    )
