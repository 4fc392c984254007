"""Further contacts of a partner: added by an organizer, ended, and what becomes of all links when one was stolen."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import tokens
from worker.acts import audit, locking, suppressions, two_persons
from worker.acts.locking import LockedPartner
from worker.mail import outbox
from worker.models import Contact, Mail, Partner
from worker.state.links import Link
from worker.state.refusals import ContactNotMailed, Erased, NoSuchContact, NotAnAddress, SameAddress
from worker.text import addresses


def add_contact(session: Session, partner_id: int, email: str, *, language: str, name: str = "") -> Contact:
    """Let one more person answer for a partner, by a link of its own; the registered contact is told.

    Raises NotAnAddress, SameAddress, ContactNotMailed, Erased, Closed, LetterHasLeft or SecondPersonNeeded.
    """
    email, wrong = addresses.normalize(email.strip())
    if wrong:
        raise NotAnAddress(typed=email, reason=wrong)
    held = locking.lock_partner(session, partner_id, None)
    partner, now = held.partner, held.now
    if partner.erased_at is not None:
        raise Erased(organization=partner.organization)
    held.require("pass on")
    known = {partner.email_hmac, *(one.email_hmac for one in load_living(session, partner_id))}
    if not known.isdisjoint(tokens.fingerprints(email)):
        raise SameAddress(organization=partner.organization)
    if partner.silenced_at is not None:
        raise ContactNotMailed(organization=partner.organization, email=email, silenced=True)
    if suppressions.is_suppressed(session, email):
        raise ContactNotMailed(organization=partner.organization, email=email, silenced=False)
    its = {"partner": partner.id, "email": email, "language": language, "name": name}
    two_persons.require_for_withheld(session, held.campaign, "contact", partner.id, now=now, **its)
    contact = new_contact(session, held, email, language, name)
    rows = [outbox.to_contact("passed_on", held.campaign, contact, "1", now)]
    if partner.takes_alerts:
        rows.append(outbox.to_partner("contact_added", held.campaign, partner, str(contact.id), now))
    outbox.put(session, rows)
    audit.log(session, held.campaign, "organizer", "contact_added", partner, at=now)
    return contact


def new_contact(session: Session, held: LockedPartner, email: str, language: str, name: str = "") -> Contact:
    """Remember one more contact of a locked partner, with its number."""
    contact = Contact(
        partner_id=held.partner.id,
        ref=tokens.new_ref(),
        generation=1,
        language=language,
        name=name,
        email=email,
        email_hmac=tokens.fingerprint(email),
        added_by="partner" if held.by_link else "organizer",
        added_at=held.now,
    )
    session.add(contact)
    session.flush()
    suppressions.find_again(session, [email])
    return contact


def end_contact(session: Session, partner_id: int, contact_id: int, *, link: Link | None = None) -> Contact:
    """End the link of one further contact; only the registered contact may, or an organizer (`link` is null).

    What it answered stands, for it may have been right: to undo that, one disowns or withdraws it. The organizers are
    told where a link did it, for whoever stole that one may want nobody else to hear what it does.
    Raises NoSuchContact or LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, link)
    contact = session.get(Contact, contact_id, populate_existing=True)
    if held.contact_id is not None or contact is None or contact.partner_id != partner_id or contact.ended_at:
        raise NoSuchContact
    contact.ended_at = held.now
    outbox.cancel(session, Mail.contact_id == contact.id, at=held.now)
    if held.by_link:
        outbox.put(session, [outbox.to_organizers("contact_ended", held.campaign, str(contact.id), held.now)])
    audit.log(session, held.campaign, "partner" if held.by_link else "organizer", "contact_ended", held.partner)
    return contact


def load_living(session: Session, partner_id: int) -> list[Contact]:
    """The contacts of a partner whose links live, the oldest first."""
    of_it = select(Contact).where(Contact.partner_id == partner_id, Contact.ended_at.is_(None))
    return list(session.scalars(of_it.order_by(Contact.id).execution_options(populate_existing=True)))


def end_passed_on(session: Session, partner: Partner, now: datetime) -> None:
    """End the links that were passed on by a link of a partner, whoever has them; its mails to them are called back."""
    ended = [one for one in load_living(session, partner.id) if one.added_by == "partner"]
    for contact in ended:
        contact.ended_at = now
    outbox.cancel(session, Mail.contact_id.in_([one.id for one in ended]), at=now)
    partner.passed_on_at = None


def revoke_all(session: Session, partner: Partner, now: datetime, *, suspects: Collection[int | None]) -> list[Contact]:
    """Revoke every link of a partner and call back all that waits for it; returns the contacts with a new link.

    The registered contact gets a new one, and so does each whom an organizer added, for a person vouches for their
    addresses; but not the `suspects`, by whose links somebody acted. Those passed on are ended. Silence is over, for
    whoever gets a new link has to hear of it.
    """
    end_passed_on(session, partner, now)
    partner.renew_link()
    outbox.cancel(session, Mail.partner_id == partner.id, at=now)
    living = load_living(session, partner.id)
    for contact in living:
        contact.generation += 1
        contact.quiet_at = None
        if contact.id in suspects:
            contact.ended_at = now
    return [one for one in living if one.ended_at is None]
