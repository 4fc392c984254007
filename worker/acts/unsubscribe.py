"""A reader opts out of mail about a campaign (unsubscribe), or wants it again. It is never an answer.

Who is silent by its own link still hears of what exposes it more. Total silence is an organizer's decision, and then
no link of that partner signs.
"""

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking
from worker.mail import kinds, outbox
from worker.models import Contact, Mail, Partner
from worker.state.answers import standing_answer
from worker.state.links import Link
from worker.state.refusals import AlreadySilenced, Erased, NotSilenced, Silenced

# A receipt is looked at when it is worded: of a signature that exposes more it leaves all the same.
_STILL_SENT = ("receipt", *kinds.names(lambda kind: kind.alert))


def unsubscribe_reader(session: Session, partner_id: int, *, link: Link) -> None:
    """Send a reader no more mail than it must have, and cancel what waits for it. Idempotent.

    What was answered stands, and the signing link works on. The registered contact is told, once a day at most: it may
    have been somebody else who asked. Raises LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, link, even_taken_out=True)
    campaign, partner, now = held.campaign, held.partner, held.now
    reader = _reader(session, partner, link)
    if reader.quiet_at is not None:
        return
    reader.quiet_at = now
    to_it = Mail.partner_id == partner.id, Mail.contact_id.is_not_distinct_from(link.contact_id)
    if isinstance(reader, Contact):
        outbox.cancel(session, *to_it, Mail.due_at.is_not(None), at=now)
    else:
        outbox.cancel(session, *to_it, Mail.due_at.is_not(None), Mail.kind.not_in(_STILL_SENT), at=now)
        if partner.takes_alerts:
            outbox.put(
                session, [outbox.to_partner("silence", campaign, partner, f"{link.generation}/{now:%Y%m%d}", now)]
            )
    audit.log(session, campaign, "partner", "unsubscribed", partner, at=now)


def resubscribe_reader(session: Session, partner_id: int, *, link: Link) -> None:
    """Let a reader have what is put from now on; an invitation that was cancelled is put anew.

    Other mails that it missed stay missed. Idempotent. Raises LinkRevoked, or Silenced where an organizer decided.
    """
    held = locking.lock_partner(session, partner_id, link, even_taken_out=True)
    if held.partner.silenced_at is not None:
        raise Silenced
    reader = _reader(session, held.partner, link)
    if reader.quiet_at is None:
        return
    reader.quiet_at = None
    if isinstance(reader, Partner):
        _ask_if_never_asked(session, held)
    audit.log(session, held.campaign, "partner", "resubscribed", held.partner, at=held.now)


def silence_partner(session: Session, partner_id: int) -> None:
    """Send a partner and its contacts nothing at all, as an organizer decides.

    Its links do nothing then that exposes it more. What it answered stands. Raises Erased or AlreadySilenced.
    """
    campaign, partner = locking.lock_partner_alone(session, partner_id)
    _require_kept(partner)
    if partner.silenced_at is not None:
        raise AlreadySilenced(organization=partner.organization)
    partner.silenced_at = db.clock(session)
    outbox.cancel(session, Mail.partner_id == partner_id, Mail.due_at.is_not(None), at=partner.silenced_at)
    audit.log(session, campaign, "organizer", "silenced", partner, at=partner.silenced_at)


def allow_mail(session: Session, partner_id: int) -> bool:
    """Take back that a partner gets nothing, whoever asked for it; returns whether it is only asked now.

    Raises InPanic, Erased or NotSilenced.
    """
    held = locking.lock_partner(session, partner_id, None)
    partner = held.partner
    locking.require_calm(held.campaign)
    _require_kept(partner)
    if partner.silenced_at is None and partner.quiet_at is None:
        raise NotSilenced(organization=partner.organization)
    partner.silenced_at = partner.quiet_at = None
    is_asked = _ask_if_never_asked(session, held)
    _pass_on_if_never_sent(session, held)
    audit.log(session, held.campaign, "organizer", "mail_allowed", partner, at=held.now)
    return is_asked


def _require_kept(partner: Partner) -> None:
    if partner.erased_at is not None:
        raise Erased(organization=partner.organization)


def _reader(session: Session, partner: Partner, link: Link) -> Partner | Contact:
    return partner if link.contact_id is None else session.get_one(Contact, link.contact_id, populate_existing=True)


def _pass_on_if_never_sent(session: Session, held: locking.LockedPartner) -> None:
    """Put the mail anew by which a contact gets its link, if none has left."""
    campaign, now = held.campaign, held.now
    left = Mail.generation == Contact.generation, Mail.sent_at.is_not(None) | Mail.due_at.is_not(None)
    has_link = exists().where(Mail.contact_id == Contact.id, *left)
    without = select(Contact).where(Contact.partner_id == held.partner.id, Contact.takes_mail, ~has_link)
    if campaign.takes_answers(at=now):
        which = outbox.moment_key(now)
        rows = [outbox.to_contact("passed_on", campaign, one, which, now) for one in session.scalars(without)]
        outbox.put(session, rows)


def _ask_if_never_asked(session: Session, held: locking.LockedPartner) -> bool:
    """Put the invitation anew if all were cancelled; one that was never put is put by `invite` anyway."""
    campaign, partner, now = held.campaign, held.partner, held.now
    cancelled = Mail.cancelled_at.is_not(None) & Mail.sent_at.is_(None)
    which = select(cancelled).where(Mail.partner_id == partner.id, Mail.kind == "invitation", Mail.contact_id.is_(None))
    by_its_link = func.coalesce(Mail.generation, partner.generation) == partner.generation
    invitations = session.scalars(which.where(by_its_link)).all()
    asked_before = partner.generation > 1 or bool(invitations)
    never = asked_before and all(invitations) and standing_answer(session, partner.id) is None
    if not (never and partner.takes_mail and campaign.takes_answers(at=now)):
        return False
    outbox.put(session, [outbox.to_partner("invitation", campaign, partner, outbox.moment_key(now), now)])
    return True
