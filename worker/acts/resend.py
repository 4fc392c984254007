"""Send a partner's mail again of which nobody knows whether it arrived."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.models import Mail, Partner


def resend_to_partner(session: Session, partner_id: int) -> int:
    """Send a partner's uncertain mails once more, the same under the same Message-ID, because a person says so.

    Only those whose second copy met doubt too: an earlier one goes again by itself. Returns how many.
    """
    again = (
        update(Mail)
        .where(Mail.partner_id == partner_id, Mail.uncertain_at.is_not(None), Mail.due_at.is_(None))
        .where(Mail.sent_at.is_(None), Mail.refused_at.is_(None), Mail.cancelled_at.is_(None))
        .where(Mail.bounced_at.is_(None))
        .values(due_at=db.clock(session))
        .returning(Mail.id)
        .execution_options(synchronize_session=False)
    )
    number = len(session.scalars(again).all())
    if number:
        partner = session.get_one(Partner, partner_id)
        audit.log(session, partner.campaign, "organizer", "resent", partner, detail=number)
    return number
