"""An organizer takes a partner's invitation there by another way than mail."""

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking, two_persons
from worker.models import Partner
from worker.state.refusals import Erased


def note_handed_out(session: Session, partner: Partner) -> None:
    """Note that an organizer takes it there. Raises Erased, InPanic and SecondPersonNeeded."""
    if partner.erased_at is not None:
        raise Erased(organization=partner.organization)
    locking.require_calm(partner.campaign)
    now = db.clock(session)
    two_persons.require_for_withheld(session, partner.campaign, "carry", partner.id, now=now, partner=partner.id)
    partner.handed_out_at = now
    audit.log(session, partner.campaign, "organizer", "handed_out", partner, at=partner.handed_out_at)
