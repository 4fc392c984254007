"""A partner wants no more mail about a campaign, or wants it again. It is never an answer."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import answer, diary
from worker.acts.answer import LinkIsDead
from worker.mail import outbox
from worker.models import Campaign, Mail, Partner


def no_more_mail(session: Session, partner_id: int, *, generation: int) -> None:
    """Send a partner nothing more, and call back what waits for it; twice is once.

    What it answered stands, and its signing link works on. A mail that is put at this very moment is dropped when
    it is worded. `generation` is that of the link it came by. Raises LinkIsDead.
    """
    campaign, partner = _hold(session, partner_id, generation)
    if partner.quiet_at is not None:
        return
    partner.quiet_at = db.clock(session)
    outbox.cancel(session, Mail.partner_id == partner.id, Mail.due_at.is_not(None))
    diary.note(session, campaign, "partner", "wants no more mail", partner)


def mail_again(session: Session, partner_id: int, *, generation: int) -> None:
    """Let a partner have what is put from now on; an invitation that was called back is put anew.

    Other mails that it missed stay missed. Twice is once. Raises LinkIsDead.
    """
    campaign, partner = _hold(session, partner_id, generation)
    if partner.quiet_at is None:
        return
    partner.quiet_at = None
    now = db.clock(session)
    if campaign.takes_answers(at=now) and _was_never_asked(session, partner):
        outbox.put(session, [outbox.to_partner("invitation", campaign, partner, f"{now:%Y%m%dT%H%M%S}", now)])
    diary.note(session, campaign, "partner", "wants mail again", partner)


def _was_never_asked(session: Session, partner: Partner) -> bool:
    """Whether all its invitations were called back; one that was never put is put by `invite` anyway."""
    called_back = Mail.cancelled_at.is_not(None) & Mail.sent_at.is_(None)
    which = select(called_back).where(Mail.partner_id == partner.id, Mail.kind == "invitation")
    invitations = session.scalars(which).all()
    return bool(invitations) and all(invitations) and answer.standing(session, partner.id) is None


def _hold(session: Session, partner_id: int, generation: int) -> tuple[Campaign, Partner]:
    """Lock as an answer does, the campaign shared and then the partner; ask again whether the link lives."""
    campaign_id = session.scalars(select(Partner.campaign_id).where(Partner.id == partner_id)).one()
    campaign = db.locked(session, campaign_id, "shared")
    partner = session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)
    if generation != partner.generation:
        raise LinkIsDead
    return campaign, partner
