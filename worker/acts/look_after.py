"""Which organizer looks after a partner."""

from sqlalchemy.orm import Session

from worker.acts import audit, locking
from worker.state.organizers import load_carers
from worker.state.refusals import Erased, NoSeat


def choose_carer(session: Session, partner_id: int, organizer_id: int | None) -> bool:
    """Let this organizer look after a partner, or nobody; whether that is new. Raises Erased or NoSeat."""
    campaign, partner = locking.lock_partner_alone(session, partner_id)
    if partner.erased_at is not None:
        raise Erased(organization=partner.organization)
    if organizer_id not in {None, *(one.id for one in load_carers(session, campaign))}:
        raise NoSeat
    if partner.organizer_id == organizer_id:
        return False
    partner.organizer_id = organizer_id
    if organizer_id is None:
        audit.log(session, campaign, "organizer", "looked_after_no_more", partner)
    else:
        audit.log(session, campaign, "organizer", "looked_after", partner)
    return True
