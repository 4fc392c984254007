"""Report: everyone who signed gets a copy of what was sent; the organizers hear what the server said."""

from sqlalchemy.orm import Session

from worker import db
from worker.mail import outbox
from worker.models import Answer, Partner
from worker.state.facts import load_facts
from worker.state.letters import seal_sent
from worker.state.signatories import standing_signatures


def put_copies(session: Session, campaign_id: int) -> int:
    """Put a copy for each partner that signed and the organizers' report; returns how many are new.

    Idempotent. Waits until a server accepted the letter (or it was brought by hand), and while held. Copies
    carry the public rendition, whatever visibility the reader chose; who wants no mail gets none.
    """
    campaign = db.locked(session, campaign_id, "shared")
    if campaign.dispatched_at is None or campaign.held_at is not None:
        return 0
    facts = load_facts(session, campaign)
    number = seal_sent(facts.letters, facts.seal)
    if number is None:
        return 0
    signers = standing_signatures(Partner, Answer.language, campaign_id=campaign.id).where(Partner.takes_mail)
    rows = [
        outbox.to_partner("copy", campaign, partner, f"seal-{number}", facts.now, language=language, seal_number=number)
        for partner, language in session.execute(signers.order_by(Partner.id))
    ]
    rows.append(outbox.to_organizers("report", campaign, f"seal-{number}", facts.now, seal_number=number))
    return outbox.put(session, rows)
