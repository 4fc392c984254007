"""The audit log of a campaign: who did what, when. Codes and numbers only; the rows say the rest."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.orm import Session

from worker import db
from worker.models import Actor, AuditCode, AuditEvent, Campaign, Partner


def log(
    session: Session,
    campaign: Campaign,
    actor: Actor,
    what: AuditCode,
    partner: Partner | None = None,
    *,
    detail: object = None,
    at: datetime | None = None,
) -> None:
    """Add a line. `detail` is a number or a word, or several of them; `at` is now, unless it is known already."""
    session.add(event(campaign, actor, what, partner, detail=detail, at=at or db.clock(session)))


def event(
    campaign: Campaign,
    actor: Actor,
    what: AuditCode,
    partner: Partner | None = None,
    *,
    detail: object = None,
    at: datetime,
) -> AuditEvent:
    """The same line, not yet written."""
    return AuditEvent(
        campaign_id=campaign.id,
        partner_id=partner.id if partner else None,
        at=at,
        actor=actor,
        what=what,
        detail=None if detail is None else _in_words(detail),
    )


def _in_words(detail: object) -> str:
    """Several are parted by blanks; a dash stands for one that is not known."""
    several = detail if isinstance(detail, tuple) else (detail,)
    return " ".join("-" if one is None else str(one) for one in several)


def name_person(session: Session, events: Sequence[AuditEvent]) -> None:
    """Let lines that are not written by a flush know the person at the desk."""
    for one in events:
        one.organizer_id = session.info.get(_PERSON)


def act_as(session: Session, organizer_id: int) -> None:
    """Let all lines of this session know the person at the desk, by whatever act they are written."""
    session.info[_PERSON] = organizer_id


@sqlalchemy_event.listens_for(Session, "before_flush")
def _name_person(session: Session, *_: object) -> None:
    if session.info.get(_PERSON) is not None:
        name_person(session, [row for row in session.new if isinstance(row, AuditEvent)])


def acting(session: Session) -> int | None:
    """The number of the person at the desk; null for a command and for the clock."""
    number: int | None = session.info.get(_PERSON)
    return number


_PERSON = "organizer"
