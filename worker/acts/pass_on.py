"""A partner passes its invitation on to another person of it, who answers by a link of its own."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import tokens
from worker.acts import audit, contacts, locking
from worker.acts.third_party_limits import MAX_OF_ONE_PARTNER, Person, note_passed_on, require_may_be_written_to
from worker.mail import outbox
from worker.models import Contact, Mail, ThirdPartyAddress
from worker.state.links import Link
from worker.state.refusals import PassedOnTooOften, RateLimited, SameAddress
from worker.text.addresses import mailbox


def pass_invitation_on(session: Session, partner_id: int, to: Person, *, link: Link | None = None) -> Contact:
    """Send a partner's invitation to another person of it, and tell the registered contact.

    That contact gets every receipt as before. An address that has a link already gets its mail again.
    Raises PassedOnTooOften, SameAddress, RateLimited, Silenced, Closed, LetterHasLeft or LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, link)
    held.require("pass on")
    campaign, partner, now, of_it = held.campaign, held.partner, held.now, tokens.fingerprints(to.email)
    passed = select(func.count()).select_from(ThirdPartyAddress).where(ThirdPartyAddress.partner_id == partner_id)
    if (session.scalar(passed) or 0) >= MAX_OF_ONE_PARTNER:
        raise PassedOnTooOften
    if partner.email_hmac in of_it:  # only whoever has read that mail may learn where it went
        raise SameAddress(organization=partner.organization) if held.contact_id is None else RateLimited
    require_may_be_written_to(session, to.email, now)
    known = (one for one in contacts.load_living(session, partner_id) if one.email_hmac in of_it)
    contact = next(known, None) or contacts.new_contact(session, held, to.email, to.language)
    if not contact.takes_mail:
        raise RateLimited
    if contact.added_by == "partner":
        contact.language = to.language
    row = outbox.to_contact("passed_on", campaign, contact, "1", now)
    of_mailbox = tokens.fingerprint(mailbox(to.email)).hex()
    row["key"] = outbox.mail_key(campaign, "passed_on", f"{of_mailbox}/{now:%Y%m%d}")  # one a day, even at once
    if not outbox.put(session, [row]):
        raise RateLimited
    mail_id = session.scalars(select(Mail.id).where(Mail.key == row["key"])).one()
    note_passed_on(session, contact, campaign, mail_id, now)
    if partner.takes_alerts:
        outbox.put(session, [outbox.to_partner("was_passed_on", campaign, partner, str(mail_id), now)])
    partner.passed_on_at = now
    audit.log(session, campaign, "partner", "passed_on", partner, at=now)
    return contact
