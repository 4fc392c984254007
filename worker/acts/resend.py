"""Send a partner a mail again: one of which nobody knows whether it arrived, or one with its link."""

from typing import Literal

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.acts.locking import LockedPartner, lock_partner, require_calm
from worker.mail import kinds, outbox
from worker.models import Mail, Partner, Suppression
from worker.state.partner_changes import MailedAgain
from worker.state.recipients import JUST_REMINDED
from worker.state.refusals import NotMailed, NotMailedReason


def mail_once_more(session: Session, partner_id: int) -> MailedAgain:
    """Send a partner's uncertain mails once more, or, if it has none, the mail with its link. Raises NotMailed."""
    if number := resend_to_partner(session, partner_id):
        return MailedAgain(uncertain=number)
    return MailedAgain(kind=mail_again(session, partner_id))


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


def mail_again(session: Session, partner_id: int) -> Literal["reminder", "receipt"]:
    """Send a partner's registered contact the mail with its link once more, because a person asks for it.

    That is the receipt of the answer that stands, or a reminder; returns which. Nobody gets more than one in ten
    minutes. Raises InPanic, and NotMailed.
    """
    locked = lock_partner(session, partner_id, None)
    require_calm(locked.campaign)
    campaign, partner, now, standing = locked.campaign, locked.partner, locked.now, locked.standing
    if why := _why_not(session, locked):
        raise NotMailed(organization=partner.organization, why=why)
    which = outbox.moment_key(now)
    if standing is not None:
        row = outbox.to_partner(
            "receipt", campaign, partner, f"{standing.id}/again-{which}", now, answer_id=standing.id
        )
    else:
        row = outbox.to_partner("reminder", campaign, partner, f"again-{which}", now)
    outbox.put(session, [row])
    audit.log(session, campaign, "organizer", "resent", partner, detail=1, at=now)
    return "receipt" if standing is not None else "reminder"


def _why_not(session: Session, locked: LockedPartner) -> NotMailedReason | None:
    partner, now = locked.partner, locked.now
    if partner.email_hmac is None:
        return "no address"
    if partner.silenced_at is not None:
        return "silenced"
    if partner.quiet_at is not None:
        return "unsubscribed"
    suppressed = select(Suppression.id).where(Suppression.email_hmac == partner.email_hmac)
    if partner.bounced_at is not None or session.scalar(suppressed) is not None:
        return "came back"
    if locked.standing is None and locked.stage != "open":
        return "nothing to say"
    if _has_mail(session, partner, Mail.due_at.is_not(None)):
        return "waits"
    return "lately" if _has_mail(session, partner, Mail.dated_at > now - JUST_REMINDED) else None


def _has_mail(session: Session, partner: Partner, which: ColumnElement[bool]) -> bool:
    """Whether there is such a mail to its registered contact, with its link."""
    of_it = (Mail.partner_id == partner.id, Mail.contact_id.is_(None), Mail.kind.in_(_WITH_LINK))
    return bool(session.scalar(select(exists().where(*of_it, which))))


_WITH_LINK = ("receipt", *kinds.names(lambda kind: kind.asks))
