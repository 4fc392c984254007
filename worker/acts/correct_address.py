"""Correct the address at which a partner is reached."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import audit, contacts, suppressions, two_persons
from worker.acts.close import void_seal
from worker.acts.correct_listing import restore_listing, tell_of_what_was_not_told
from worker.acts.locking import lock_partner_alone
from worker.mail import outbox
from worker.models import Campaign, Mail, Partner
from worker.state import mail_status
from worker.state.answers import standing_answer
from worker.state.due import first_mail_at
from worker.state.lifecycle import load_stage
from worker.state.partner_changes import Corrected
from worker.state.refusals import Erased, NotAnAddress, SameAddress
from worker.text import addresses


def change_address(session: Session, partner_id: int, email: str) -> Corrected:
    """Give a partner another address: its old links are revoked, and what waited for the old address is cancelled.

    Whoever had the old link may have been anybody: links that were passed on by it are ended, and how the partner is
    printed is as before a link changed it; a seal that says otherwise is voided if it has not left. Contacts that an
    organizer added keep their links.

    While answers are taken, the new address gets an invitation, or the receipt of the answer that stands; a copy
    or receipt that did not arrive goes to it at any time. A person vouches for the address, so it is suppressed no
    more; the present one may be given again when no mail reached it. Raises NotAnAddress, SameAddress, Erased or
    SecondPersonNeeded.
    """
    email, wrong = addresses.normalize(email.strip())
    if wrong:
        raise NotAnAddress(typed=email, reason=wrong)
    campaign, partner = lock_partner_alone(session, partner_id)
    if partner.erased_at is not None:
        raise Erased(organization=partner.organization)
    to_it = Mail.partner_id == partner_id, Mail.contact_id.is_(None)
    mails = session.scalars(select(Mail).where(*to_it).order_by(Mail.id)).all()
    of_it = tokens.fingerprints(email)
    suppressed = suppressions.is_suppressed(session, email)
    if partner.email == email and not suppressed and not _failed(partner, mails):
        raise SameAddress(organization=partner.organization)
    now = db.clock(session)
    two_persons.require_for_withheld(session, campaign, "address", partner_id, now=now, partner=partner_id, email=email)
    if suppressed:
        suppressions.allow(session, email)
    if partner.email_hmac not in of_it:
        partner.quiet_at = None  # whoever wanted no more mail there is not who reads it here
    partner.email, partner.email_hmac, partner.bounced_at = email, of_it[0], None
    living = contacts.load_living(session, partner_id)
    ended = sum(one.added_by == "partner" for one in living)
    contacts.end_passed_on(session, partner, now)
    partner.renew_link()
    outbox.cancel(session, Mail.partner_id == partner_id, Mail.contact_id.is_(None), at=now)
    if restored := restore_listing(session, partner, None):
        _void_what_is_printed_otherwise(session, campaign, now)
    tell_of_what_was_not_told(session, campaign, partner, now)
    rows = _for_the_new_address(session, campaign, partner, mails)
    outbox.put(session, rows)
    audit.log(session, campaign, "organizer", "address_corrected", partner)
    return Corrected(
        goes=[row["kind"] for row in rows],
        was_suppressed=suppressed,
        is_quiet=partner.quiet_at is not None,
        listing_restored=restored,
        links_ended=ended,
        links_kept=len(living) - ended,
    )


def _void_what_is_printed_otherwise(session: Session, campaign: Campaign, now: datetime) -> None:
    """Void the seal, and cancel the letters that carry it, where none of them has left; `close` makes the next."""
    if load_stage(session, campaign, now) == "closed":
        void_seal(session, campaign, now)


def _failed(partner: Partner, mails: Sequence[Mail]) -> bool:
    """Whether no mail to the present address arrived, and that is known or feared."""
    if any(mail_status.arrived(mail, partner) and mail.reported_at is None for mail in mails):
        return partner.bounced_at is not None
    to_it = [mail for mail in mails if mail_status.is_to_present_address(mail, partner)]
    states = {"uncertain" if mail.reported_at is not None else mail_status.mail_state(mail) for mail in to_it}
    return partner.bounced_at is not None or not states.isdisjoint({"refused", "bounced", "uncertain"})


def _for_the_new_address(
    session: Session, campaign: Campaign, partner: Partner, mails: Sequence[Mail]
) -> list[outbox.MailRow]:
    """What the partner is to have at its new address; `mails` are those to the old one."""
    now, standing = db.clock(session), standing_answer(session, partner.id)
    open = campaign.takes_answers(at=now)
    number = partner.generation
    if not (partner.takes_mail or (partner.takes_alerts and standing and standing.signs)):
        return []
    if standing is None:
        if not open:
            return []
        invitation = outbox.to_partner("invitation", campaign, partner, str(number), now)
        return [invitation | {"due_at": max(now, first_mail_at(campaign))}]
    missed = {m.kind: m for m in mails if m.sent_at is None or m.bounced_at or m.reported_at}
    rows = []
    if open or ("receipt" in missed and missed["receipt"].answer_id == standing.id):
        about: outbox.MailOptions = {"answer_id": standing.id}
        rows.append(outbox.to_partner("receipt", campaign, partner, f"{standing.id}/{number}", now, **about))
    if copy := missed.get("copy"):
        sealed: outbox.MailOptions = {"seal_number": copy.seal_number, "language": copy.language}
        rows.append(outbox.to_partner("copy", campaign, partner, f"seal-{copy.seal_number}/{number}", now, **sealed))
    return rows
