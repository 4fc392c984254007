"""A partner opts out of mail about a campaign (unsubscribe), or wants it again. It is never an answer."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.acts import audit, locking
from worker.mail import outbox
from worker.models import Mail, Partner
from worker.state.answers import standing_answer


def unsubscribe_partner(session: Session, partner_id: int, *, generation: int) -> None:
    """Send a partner nothing more, and cancel what waits for it. Idempotent.

    What it answered stands, and its signing link works on. A mail that is put at this very moment is dropped when
    it is worded. `generation` is that of the link it came by. Raises LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, generation)
    campaign, partner, now = held.campaign, held.partner, held.now
    if partner.quiet_at is not None:
        return
    partner.quiet_at = now
    outbox.cancel(session, Mail.partner_id == partner.id, Mail.due_at.is_not(None), at=now)
    audit.log(session, campaign, "partner", "unsubscribed", partner, at=now)


def resubscribe_partner(session: Session, partner_id: int, *, generation: int) -> None:
    """Let a partner have what is put from now on; an invitation that was cancelled is put anew.

    Other mails that it missed stay missed. Idempotent. Raises LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, generation)
    campaign, partner, now = held.campaign, held.partner, held.now
    if partner.quiet_at is None:
        return
    partner.quiet_at = None
    if campaign.takes_answers(at=now) and _was_never_asked(session, partner):
        outbox.put(session, [outbox.to_partner("invitation", campaign, partner, outbox.moment_key(now), now)])
    audit.log(session, campaign, "partner", "resubscribed", partner, at=now)


def _was_never_asked(session: Session, partner: Partner) -> bool:
    """Whether all its invitations were cancelled; one that was never put is put by `invite` anyway."""
    cancelled = Mail.cancelled_at.is_not(None) & Mail.sent_at.is_(None)
    which = select(cancelled).where(Mail.partner_id == partner.id, Mail.kind == "invitation")
    invitations = session.scalars(which).all()
    return bool(invitations) and all(invitations) and standing_answer(session, partner.id) is None
