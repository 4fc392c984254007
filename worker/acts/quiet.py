"""A partner wants no more mail about a campaign, or wants it again. It is never an answer."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.acts import diary, speaking
from worker.mail import outbox
from worker.models import Mail, Partner


def no_more_mail(session: Session, partner_id: int, *, generation: int) -> None:
    """Send a partner nothing more, and call back what waits for it; twice is once.

    What it answered stands, and its signing link works on. A mail that is put at this very moment is dropped when
    it is worded. `generation` is that of the link it came by. Raises LinkIsDead.
    """
    held = speaking.partner(session, partner_id, generation)
    campaign, partner, now = held.campaign, held.partner, held.now
    if partner.quiet_at is not None:
        return
    partner.quiet_at = now
    outbox.cancel(session, Mail.partner_id == partner.id, Mail.due_at.is_not(None))
    diary.note(session, campaign, "partner", "wants no more mail", partner)


def mail_again(session: Session, partner_id: int, *, generation: int) -> None:
    """Let a partner have what is put from now on; an invitation that was called back is put anew.

    Other mails that it missed stay missed. Twice is once. Raises LinkIsDead.
    """
    held = speaking.partner(session, partner_id, generation)
    campaign, partner, now = held.campaign, held.partner, held.now
    if partner.quiet_at is None:
        return
    partner.quiet_at = None
    if campaign.takes_answers(at=now) and _was_never_asked(session, partner):
        outbox.put(session, [outbox.to_partner("invitation", campaign, partner, f"{now:%Y%m%dT%H%M%S}", now)])
    diary.note(session, campaign, "partner", "wants mail again", partner)


def _was_never_asked(session: Session, partner: Partner) -> bool:
    """Whether all its invitations were called back; one that was never put is put by `invite` anyway."""
    called_back = Mail.cancelled_at.is_not(None) & Mail.sent_at.is_(None)
    which = select(called_back).where(Mail.partner_id == partner.id, Mail.kind == "invitation")
    invitations = session.scalars(which).all()
    return bool(invitations) and all(invitations) and speaking.standing(session, partner.id) is None
