"""An organizer takes a partner's invitation there by another way than mail."""

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking
from worker.models import Partner
from worker.state.refusals import Erased


def note_handed_out(session: Session, partner: Partner) -> None:
    """Note that an organizer takes it there. Raises Erased and InPanic."""
    if partner.erased_at is not None:
        raise Erased(organization=partner.organization)
    locking.require_calm(partner.campaign)
    partner.handed_out_at = db.clock(session)
    audit.log(session, partner.campaign, "organizer", "handed_out", partner, at=partner.handed_out_at)
