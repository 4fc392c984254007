"""The campaign's diary: who did what, when. Numbers and kinds only; the rows say the rest."""

from datetime import datetime

from sqlalchemy.orm import Session

from worker import db
from worker.models import Campaign, Event, Partner


def note(
    session: Session,
    campaign: Campaign,
    actor: str,
    what: str,
    partner: Partner | None = None,
    at: datetime | None = None,
) -> None:
    """Add a line; `actor` is partner, organizer or clock. `at` is now, unless it is known already."""
    session.add(
        Event(
            campaign_id=campaign.id,
            partner_id=partner.id if partner else None,
            at=at or db.clock(session),
            actor=actor,
            what=what,
        )
    )
