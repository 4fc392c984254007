"""Close: nothing more can be added; the list, the text and the PDF are sealed before anything is sent."""

import hashlib
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.mail import kinds, outbox
from worker.models import Campaign, Mail, Seal
from worker.state.letters import is_irrevocable, living_seal, load_letters
from worker.wording.letter import renditions


def close_and_seal(session: Session, campaign_id: int, *, early: bool = False) -> int | None:
    """Close a campaign whose deadline has passed and seal its letter; seal again after a withdrawal.

    Idempotent: returns the number of the new seal, or None when there was nothing to do. Does nothing while held,
    unless a person closes `early`. Locks the campaign alone, so that no answer slips between list and seal.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if campaign.cancelled_at or (campaign.held_at and not early):
        return None
    if campaign.closed_at is None:
        if campaign.takes_answers(at=now) and not early:
            return None
        campaign.closed_at = now
        past = Mail.kind.in_(kinds.cancelled_by("close"))
        outbox.cancel(session, Mail.campaign_id == campaign.id, past, at=now)
        audit.log(session, campaign, "organizer" if early else "clock", "closed", at=now)
    elif living_seal(session, campaign) is not None or is_irrevocable(campaign, load_letters(session, campaign)):
        return None
    return _seal(session, campaign, now)


def void_seal(session: Session, campaign: Campaign, now: datetime) -> None:
    """Make sure that no seal made so far is sent: what travels now is not sent again, the rest is cancelled."""
    outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind.in_(kinds.cancelled_by("void")), at=now)
    session.execute(update(Seal).where(Seal.campaign_id == campaign.id, Seal.voided_at.is_(None)).values(voided_at=now))


def _seal(session: Session, campaign: Campaign, now: datetime) -> int:
    number = (session.scalar(select(func.max(Seal.number)).where(Seal.campaign_id == campaign.id)) or 0) + 1
    seals = [
        {
            "campaign_id": campaign.id,
            "number": number,
            "rendition": rendition,
            "language": language,
            "format": format,
            "content": content,
            "sha256": hashlib.sha256(content).hexdigest(),
            "sealed_at": now,
        }
        for rendition, language, format, content in renditions(session, campaign)
    ]
    session.execute(insert(Seal), seals)
    outbox.put(session, [outbox.to_organizers("closed", campaign, f"seal-{number}", now, seal_number=number)])
    audit.log(session, campaign, "clock", "sealed", detail=number, at=now)
    return number
