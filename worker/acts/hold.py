"""Hold a campaign's letter back, and let it go on."""

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.mail import outbox
from worker.models import Mail


def hold_letter(session: Session, campaign_id: int) -> bool:
    """Stop close, dispatch and report until `resume_letter`; answers go on. False if it was held already.

    A letter that lies in the outbox is cancelled; one that travels already cannot be.
    """
    campaign = db.locked(session, campaign_id)
    if campaign.held_at is not None:
        return False
    campaign.held_at = db.clock(session)
    outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind == "letter", at=campaign.held_at)
    audit.log(session, campaign, "organizer", "held", at=campaign.held_at)
    return True


def resume_letter(session: Session, campaign_id: int) -> bool:
    """Let a held campaign go on; False if it was not held."""
    campaign = db.locked(session, campaign_id)
    if campaign.held_at is None:
        return False
    campaign.held_at = None
    audit.log(session, campaign, "organizer", "resumed")
    return True
