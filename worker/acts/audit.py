"""The audit log of a campaign: who did what, when. Codes and numbers only; the rows say the rest."""

from dataclasses import dataclass
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
    row = event(campaign, actor, what, partner, detail=detail, at=at or db.clock(session), by=acting(session))
    session.add(AuditEvent(**row))


def event(
    campaign: Campaign,
    actor: Actor,
    what: AuditCode,
    partner: Partner | None = None,
    *,
    detail: object = None,
    at: datetime,
    by: "AtDesk",
) -> dict[str, Any]:
    """The same line as a row that is not yet written; `by` is who is `acting`."""
    return {
        "campaign_id": campaign.id,
        "partner_id": partner.id if partner else None,
        "at": at,
        "actor": actor,
        "what": what,
        "detail": None if detail is None else _in_words(detail),
        "organizer_id": by.organizer_id,
        "page_key": by.page_key,
    }


def _in_words(detail: object) -> str:
    """Several are parted by blanks; a dash stands for one that is not known."""
    several = detail if isinstance(detail, tuple) else (detail,)
    return " ".join("-" if one is None else str(one) for one in several)


@dataclass(frozen=True)
class AtDesk:
    """The number of the person at the desk, and the key of the page whose button was pressed; null for a command."""

    organizer_id: int | None = None
    page_key: str | None = None


def act_as(session: Session, organizer_id: int, page_key: str | None = None) -> None:
    """Let all lines that follow in this session know the person at the desk, by whatever act they are written."""
    session.info[_AT_DESK] = AtDesk(organizer_id, page_key)


def acting(session: Session) -> AtDesk:
    """Who acts in this session; nobody who is known for a command and for the clock."""
    found: AtDesk = session.info.get(_AT_DESK, _NOBODY)
    return found


_AT_DESK, _NOBODY = "at desk", AtDesk()
