"""Report: everyone who signed gets a copy of what was sent; the organizers hear what the server said."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.mail import outbox
from worker.models import Answer, Campaign, Mail, Partner


def report(session: Session, campaign_id: int) -> int:
    """Put a copy for each partner that signed and the organizers' report; returns how many are new.

    Idempotent. Waits until a server accepted the letter (or it was brought by hand), and while held. Copies
    carry the public rendition, whatever visibility the reader chose; who wants no mail gets none.
    """
    campaign = db.locked(session, campaign_id, "shared")
    number = number_sent(session, campaign)
    if campaign.dispatched_at is None or campaign.held_at is not None or number is None:
        return 0
    now = db.clock(session)
    rows = [
        outbox.to_partner("copy", campaign, partner, f"seal-{number}", now, language=language, seal_number=number)
        for partner, language in _signers(session, campaign)
    ]
    rows.append(outbox.to_organizers("report", campaign, f"seal-{number}", now, seal_number=number))
    return outbox.put(session, rows)


def number_sent(session: Session, campaign: Campaign) -> int | None:
    """The number of the seal that the first server accepted; of the living one if it was brought by hand."""
    from worker.acts.close import living_seal

    first = (
        select(Mail.seal_number)
        .where(Mail.campaign_id == campaign.id, Mail.kind == "letter", Mail.sent_at.is_not(None))
        .order_by(Mail.sent_at)
        .limit(1)
    )
    return session.scalar(first) or living_seal(session, campaign)


def _signers(session: Session, campaign: Campaign) -> list[tuple[Partner, str]]:
    signed = session.execute(
        select(Partner, Answer.language)
        .join(Answer, Answer.partner_id == Partner.id)
        .where(Partner.campaign_id == campaign.id, Partner.email_hmac.is_not(None), Partner.quiet_at.is_(None))
        .where(Answer.superseded_at.is_(None), Answer.choice == "sign")
        .order_by(Partner.id)
    )
    return [(partner, language) for partner, language in signed]
