"""Two lines of the list were one organization: they become one partner, and none of its links stops working."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from worker import db, journal
from worker.acts import audit, locking, suppressions, two_persons
from worker.mail import kinds, outbox
from worker.models import (
    Answer,
    AuditEvent,
    Campaign,
    Contact,
    ListingChange,
    Mail,
    Partner,
    PartnerNote,
    ThirdPartyAddress,
)
from worker.state.answers import exposure, standing_answer
from worker.state.partner_changes import Merged
from worker.state.recipients import select_answering_contacts
from worker.state.refusals import Closed, Erased, SamePartner, TakenOut

# What makes the registered contact of a partner: its link, and where and how it is written to.
_REGISTERED = ("ref", "generation", "contact", "email", "email_hmac", "language", "quiet_at", "bounced_at")
_LATEST = ("disowned_at", "handed_out_at", "passed_on_at")


def merge_partners(session: Session, kept_id: int, merged_id: int) -> Merged:
    """Make one partner of two; how the first is printed stays, and the row of the second is gone.

    Of two answers the one that exposes less stands: a signature falls if the other does not sign, or signs less
    visibly; of two that expose alike, the later one. Who has not answered says nothing. The second registered contact
    becomes a further contact, added by an organizer, and every link works on with its codes. All that was said, mailed
    and noted of the second is the first's from now on, but for changes of how it was to be printed. Where an organizer
    silenced one, both are silenced. Otherwise both are told, whatever silence their links asked for, for what is shown
    of them may change.
    Raises SamePartner, Erased, TakenOut, SecondPersonNeeded, or Closed once answers are taken no more.
    """
    campaign, kept, merged = _lock(session, kept_id, merged_id)
    now = db.clock(session)
    both = {"partner": kept_id, "other": merged_id}
    two_persons.require_for_withheld(session, campaign, "merge", kept_id, merged_id, now=now, **both)
    for partner in (kept, merged):
        suppressions.renew_fingerprint(session, partner)
    stands, falls = _decide(session, kept, merged, now)
    dropped = Mail.partner_id == merged.id, Mail.kind == "listing"
    outbox.cancel(session, *dropped, at=now)
    swapped = _is_reached(merged) and not _is_reached(kept)
    further = kept if swapped else merged
    registered = {name: getattr(merged, name) for name in _REGISTERED} if swapped else {}
    stays = merged if swapped else kept
    journal.note(session, "merged", further.ref, detail=journal.mark_of(stays.ref), at=now)
    contact = _as_contact(session, kept, further, now)
    waiting = Mail.partner_id == further.id, Mail.contact_id.is_(None), Mail.kind.not_in(_STILL_SENT)
    outbox.cancel(session, *waiting, at=now)
    _hand_over(session, further, contact)
    kept.wrong_codes = max(kept.wrong_codes, merged.wrong_codes)
    kept.silenced_at = min(filter(None, (kept.silenced_at, merged.silenced_at)), default=None)
    kept.note = kept.note or merged.note
    kept.organizer_id = kept.organizer_id or merged.organizer_id
    for name in _LATEST:
        setattr(kept, name, max(filter(None, (getattr(kept, name), getattr(merged, name))), default=None))
    session.flush()
    _move(session, kept, merged)
    for name, value in registered.items():
        setattr(kept, name, value)
    _mute_doubles(session, kept, contact)
    told = _tell(session, campaign, kept, contact, merged_id, now)
    audit.log(session, campaign, "organizer", "merged", kept, detail=(merged_id, told), at=now)
    session.flush()
    for one in filter(None, (campaign, stands, falls)):
        session.expire(one)
    return Merged(stands, falls, told, swapped)


def least_exposing(answers: Iterable[Answer]) -> list[Answer]:
    """Answers of one partner, first the one that stands if only one may."""
    return sorted(answers, key=lambda one: (exposure(one), -one.at.timestamp(), -one.id))


def _lock(session: Session, kept_id: int, merged_id: int) -> tuple[Campaign, Partner, Partner]:
    """Lock the campaign alone, then both partners in the order in which others lock them."""
    campaign_id = session.scalars(select(Partner.campaign_id).where(Partner.id == kept_id)).one()
    campaign = locking.lock_calm(session, campaign_id)
    both = select(Partner).where(Partner.id.in_([kept_id, merged_id]), Partner.campaign_id == campaign_id)
    in_order = both.order_by(Partner.id).with_for_update().execution_options(populate_existing=True)
    found = {partner.id: partner for partner in session.scalars(in_order)}
    kept, merged = found[kept_id], found[merged_id]
    if kept is merged:
        raise SamePartner(organization=kept.organization)
    for one in (kept, merged):
        if one.erased_at is not None:
            raise Erased(organization=one.organization)
        if not one.is_in_list:
            raise TakenOut(organization=one.organization)
    if not campaign.takes_answers(at=db.clock(session)):
        closed = Closed.to("merge", campaign)
        raise Closed(**closed.facts, number=merged_id)
    return campaign, kept, merged


def _decide(session: Session, kept: Partner, merged: Partner, now: datetime) -> tuple[Answer | None, Answer | None]:
    """The answer that stands from now on, and the one that does not any more."""
    standing = [one for one in (standing_answer(session, kept.id), standing_answer(session, merged.id)) if one]
    stands, falls = [*least_exposing(standing), None, None][:2]
    if falls is not None:
        falls.superseded_at = now
    if stands is not None:
        asks = Mail.kind.in_(kinds.cancelled_by("answer"))
        outbox.cancel(session, Mail.partner_id.in_([kept.id, merged.id]), asks, at=now)
    session.flush()  # of one partner one stands at most
    if stands is not None and falls is not None and falls.signs:
        ref = (kept if falls.partner_id == kept.id else merged).ref
        journal.note(session, "reduced", ref, detail=stands.visibility or "none", at=now)
    return stands, falls


def _is_reached(partner: Partner) -> bool:
    return partner.email_hmac is not None and partner.bounced_at is None


def _as_contact(session: Session, kept: Partner, further: Partner, now: datetime) -> Contact:
    """The registered contact of one of them, as a further one of the first: with its ref, link and codes stay."""
    contact = Contact(
        partner_id=kept.id,
        ref=further.ref,
        generation=further.generation,
        language=further.language,
        name=further.contact,
        email=further.email,
        email_hmac=further.email_hmac,
        added_by="organizer",
        added_at=now,
        quiet_at=further.quiet_at,
    )
    session.add(contact)
    session.flush()
    return contact


def _hand_over(session: Session, further: Partner, contact: Contact) -> None:
    """Note of what came by a registered contact's link, and went to it, that it is a further contact's."""
    by_its_link = Answer.partner_id == further.id, Answer.contact_id.is_(None), Answer.channel == "link"
    _write(session, update(Answer).where(*by_its_link).values(contact_id=contact.id))
    to_it = Mail.partner_id == further.id, Mail.contact_id.is_(None)
    _write(session, update(Mail).where(*to_it).values(contact_id=contact.id))
    changed = ListingChange.partner_id == further.id, ListingChange.contact_id.is_(None)
    _write(session, update(ListingChange).where(*changed).values(contact_id=contact.id))


def _move(session: Session, kept: Partner, merged: Partner) -> None:
    """Give the first all rows of the second, and delete that; what it was to be printed as is of no use any more."""
    _write(session, delete(ListingChange).where(ListingChange.partner_id == merged.id))
    # One by one, for what is encrypted is bound to whose it is.
    for answer in session.scalars(select(Answer).where(Answer.partner_id == merged.id).order_by(Answer.id)).all():
        answer.partner_id = kept.id
    for note in session.scalars(select(PartnerNote).where(PartnerNote.partner_id == merged.id)).all():
        note.partner_id = kept.id
    session.flush()
    for model in (Mail, Contact, ThirdPartyAddress, AuditEvent):
        of_it: Any = model
        _write(session, update(of_it).where(of_it.partner_id == merged.id).values(partner_id=kept.id))
    merged_id = merged.id
    session.expunge(merged)
    _write(session, delete(Partner).where(Partner.id == merged_id))


def _write(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))


def _mute_doubles(session: Session, kept: Partner, contact: Contact) -> None:
    """Write to one address once: whoever is reached there already keeps the link, and no mail goes to it."""
    of_it = select(Contact).where(Contact.partner_id == kept.id, Contact.ended_at.is_(None)).order_by(Contact.id)
    living: Sequence[Contact] = session.scalars(of_it.execution_options(populate_existing=True)).all()
    for one in living:
        suppressions.renew_fingerprint(session, one)
    seen = {kept.email_hmac}
    for one in [*(one for one in living if one.id != contact.id), contact]:
        if one.email_hmac is not None and one.email_hmac in seen:
            one.email, one.email_hmac = "", None
        seen.add(one.email_hmac)
    session.flush()


def _tell(session: Session, campaign: Campaign, kept: Partner, contact: Contact, merged_id: int, now: datetime) -> int:
    """Put a mail to both, and to whoever else answered; returns how many. Nothing goes where an organizer says so."""
    if kept.silenced_at is not None:
        outbox.cancel(session, Mail.partner_id == kept.id, Mail.due_at.is_not(None), at=now)
        return 0
    which = str(merged_id)
    rows = [outbox.to_partner("merged", campaign, kept, which, now)] if kept.takes_alerts else []
    others = session.scalars(select_answering_contacts(Contact.partner_id == kept.id, Contact.id != contact.id)).all()
    told = [contact, *others] if contact.email_hmac is not None else others
    rows += [outbox.to_contact("merged", campaign, one, which, now) for one in told]
    return outbox.put(session, rows)


# An alert that waits is not lost with a registered contact; how it was to be printed is of no use any more, and its
# link comes with what it is told of this.
_STILL_SENT = tuple(name for name in kinds.names(lambda kind: kind.alert) if name not in {"listing", "renewed"})
