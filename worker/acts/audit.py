"""The audit log of a campaign: who did what, when. Codes and numbers only; the rows say the rest."""

from datetime import datetime
from typing import Any

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
    row = event(campaign, actor, what, partner, detail=detail, at=at or db.clock(session), person=acting(session))
    session.add(AuditEvent(**row))


def event(
    campaign: Campaign,
    actor: Actor,
    what: AuditCode,
    partner: Partner | None = None,
    *,
    detail: object = None,
    at: datetime,
    person: int | None,
) -> dict[str, Any]:
    """The same line as a row that is not yet written; `person` is who is `acting`."""
    return {
        "campaign_id": campaign.id,
        "partner_id": partner.id if partner else None,
        "at": at,
        "actor": actor,
        "what": what,
        "detail": None if detail is None else _in_words(detail),
        "organizer_id": person,
    }


def _in_words(detail: object) -> str:
    """Several are parted by blanks; a dash stands for one that is not known."""
    several = detail if isinstance(detail, tuple) else (detail,)
    return " ".join("-" if one is None else str(one) for one in several)


def act_as(session: Session, organizer_id: int) -> None:
    """Let all lines that follow in this session know the person at the desk, by whatever act they are written."""
    session.info[_PERSON] = organizer_id


def acting(session: Session) -> int | None:
    """The number of the person at the desk; null for a command and for the clock."""
    number: int | None = session.info.get(_PERSON)
    return number


_PERSON = "organizer"
