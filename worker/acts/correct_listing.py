"""How a partner is listed under the letter: corrected by the partner itself, a new name after an organizer's yes."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from worker import db, journal
from worker.acts import audit, locking
from worker.acts.locking import LockedPartner
from worker.acts.receipts import next_receipt_at, recently_told
from worker.definition.partners import MAX_LENGTH
from worker.mail import outbox
from worker.models import Campaign, ListingChange, Mail, Partner
from worker.state.links import Link
from worker.state.listings import COUNTRY, as_columns, country_as_listed
from worker.state.refusals import Closed, NotFilledIn, NothingProposed
from worker.text import countries, names
from worker.text.languages import LANGUAGES

MAX_ACRONYM = 20  # characters; one in the organizers' list may be longer
MAX_NAME, MAX_COUNTRY = MAX_LENGTH["organization"], MAX_LENGTH["country"]


@dataclass(frozen=True)
class Listing:
    """How an organization is printed; `names` are its name in other languages than the letter's own."""

    organization: str
    acronym: str
    country: str
    sort_as: str = ""
    names: dict[str, str] = field(default_factory=dict)


def present_listing(partner: Partner) -> Listing:
    """As it stands."""
    return Listing(partner.organization, partner.acronym, partner.country, partner.sort_as or "", partner.names or {})


def proposed_listing(partner: Partner) -> Listing:
    """As the partner wishes it: with the names that wait for an organizer's yes."""
    standing = present_listing(partner)
    if partner.proposed is None:
        return standing
    other = {language: name for language, name in partner.proposed.items() if language not in ("", COUNTRY)}
    country = partner.proposed.get(COUNTRY, standing.country)
    return Listing(partner.proposed[""], standing.acronym, country, standing.sort_as, other)


def other_languages(campaign: Campaign) -> list[str]:
    """In which languages an organization may have another name than in the letter's own."""
    return [one for one in LANGUAGES if one in campaign.letter.texts and one != campaign.authentic]


def problems(partner: Partner, wanted: Listing) -> dict[str, str]:
    """What of a listing cannot be taken, as a code by field; a name in another language is `name_<language>`.

    What is printed at once says as little as it can: an acronym is short. What an organizer wrote may stay.
    """
    found = {
        "organization": names.wrong_with_print(wanted.organization, MAX_NAME, needed=True),
        "acronym": "" if wanted.acronym == partner.acronym else names.wrong_with_print(wanted.acronym, MAX_ACRONYM),
        "country": names.wrong_with_print(wanted.country, MAX_COUNTRY),
        "sort_as": names.wrong_with_print(wanted.sort_as, MAX_NAME),
    }
    offered = other_languages(partner.campaign)
    for language, name in wanted.names.items():
        known = language in offered
        found[f"name_{language}"] = names.wrong_with_print(name, MAX_NAME) if known else "language unknown"
    return {field: wrong for field, wrong in found.items() if wrong}


def change_listing(session: Session, partner_id: int, wanted: Listing, *, link: Link | None = None) -> bool:
    """Print a partner as it wishes; returns whether its name waits for an organizer now.

    Acronym, place and a country that is known are changed at once; a name in any language waits, and so does a country
    that is not known or may be one of several, and what was there stands until then. A country that others of the list
    have is printed as theirs. The organizers are told, of one partner once in an hour at most, and the registered
    contact of what stood before and what stands now. Raises Closed after the deadline, NotFilledIn, Silenced,
    LetterHasLeft or LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, link)
    held.require("correct")
    partner = held.partner
    if wanted == proposed_listing(partner):
        return partner.proposed is not None
    if found := problems(partner, wanted):
        raise NotFilledIn(problems=found)
    _note_change(session, held)
    journal.note(session, "answered", partner.ref, at=held.now)  # so that it is asked again, if this is lost
    partner.acronym, partner.sort_as = wanted.acronym, wanted.sort_as or None
    same = (wanted.organization, wanted.names) == (partner.organization, partner.names or {})
    if waits := _waits(wanted.country, partner.country):
        same = False
    else:
        partner.country = _as_in_the_list(session, held.campaign, partner, wanted.country)
    waiting = {COUNTRY: wanted.country} if waits else {}
    partner.proposed = None if same else {"": wanted.organization} | wanted.names | waiting
    which = f"partner-{partner_id}/{outbox.hour_key(held.now)}"
    outbox.put(session, [outbox.to_organizers("row", held.campaign, which, held.now)])
    audit.log(session, held.campaign, "partner", "corrected_listing" if same else "proposed_name", partner, at=held.now)
    return not same


def restore_listing(session: Session, partner: Partner, links: Collection[Link] | None) -> bool:
    """Print a partner as it was before one of these links first changed that, or any link; whether one had."""
    changes = session.scalars(
        select(ListingChange).where(ListingChange.partner_id == partner.id).order_by(ListingChange.id)
    ).all()
    by_it = [one for one in changes if one.generation and (links is None or (one.generation, one.contact_id) in links)]
    if not by_it:
        return False
    printed = as_columns(partner)
    for column, value in by_it[0].before.items():
        setattr(partner, column, value)
    undone = [one.id for one in changes if one.id >= by_it[0].id]
    session.execute(delete(ListingChange).where(ListingChange.id.in_(undone)))
    partner.listing_changed_at = max(
        (one.at for one in changes if one.generation and one.id not in undone), default=None
    )
    if printed != as_columns(partner):
        now = db.clock(session)
        session.add(
            ListingChange(partner_id=partner.id, before=as_columns(partner), stood=printed, at=now)
        )  # told, and never brought back
    session.flush()
    return True


def tell_of_what_was_not_told(session: Session, campaign: Campaign, partner: Partner, now: datetime) -> None:
    """Put a mail for changes that no mail has told, or whose mail was called back."""
    told = select(Mail.id).where(Mail.partner_id == partner.id, Mail.cancelled_at.is_(None))
    untold = ListingChange.mail_id.is_(None) | ListingChange.mail_id.not_in(told)
    changes = session.scalars(select(ListingChange).where(ListingChange.partner_id == partner.id, untold)).all()
    if changes and partner.takes_alerts:
        mail_id = _mail_that_tells(session, campaign, partner, now)
        for change in changes:
            change.mail_id = mail_id


def decide_name(session: Session, partner_id: int, *, agreed: bool) -> Listing:
    """Print a partner under the name that it asks for, or let the old one stand; returns its listing.

    Raises InPanic for a yes, NothingProposed, or Closed once the list is taken.
    """
    campaign, partner = locking.lock_partner_alone(session, partner_id)
    if agreed:
        locking.require_calm(campaign)
    if partner.proposed is None:
        raise NothingProposed(organization=partner.organization)
    if agreed and (campaign.closed_at is not None or campaign.cancelled_at is not None):
        raise Closed.to("rename", campaign)
    if agreed:
        wanted = proposed_listing(partner)
        partner.organization, partner.names = wanted.organization, wanted.names or None
    vouched = {"organization": partner.organization, "names": partner.names, "proposed": None}
    if agreed and COUNTRY in partner.proposed:
        vouched["country"] = partner.country = wanted.country
    partner.proposed = None
    for change in session.scalars(select(ListingChange).where(ListingChange.partner_id == partner_id)):
        change.before = change.before | vouched
    audit.log(session, campaign, "organizer", "name_agreed" if agreed else "name_kept", partner)
    return present_listing(partner)


def _note_change(session: Session, held: LockedPartner) -> None:
    """Remember what stood, so that it can be told and brought back; what an organizer does needs neither."""
    if held.link is None:
        return
    partner, now = held.partner, held.now
    partner.listing_changed_at = now
    session.add(
        ListingChange(
            partner_id=partner.id,
            contact_id=held.contact_id,
            generation=held.link.generation,
            mail_id=_mail_that_tells(session, held.campaign, partner, now) if partner.takes_alerts else None,
            before=as_columns(partner),
            stood=as_columns(partner),
            at=now,
        )
    )


def _mail_that_tells(session: Session, campaign: Campaign, partner: Partner, now: datetime) -> int:
    """The mail about changes that waits and was not tried yet, or a new one; limited as receipts are."""
    waiting = select(Mail.id).where(Mail.partner_id == partner.id, Mail.kind == "listing", Mail.due_at.is_not(None))
    untouched = waiting.where(Mail.attempts == 0, Mail.lease_until.is_(None)).limit(1).with_for_update()
    if (mail_id := session.scalar(untouched)) is not None:
        return mail_id
    recent = recently_told(session, "listing", [partner.id], now).get((partner.id, None), (0, None))
    due = outbox.MailOptions(due_at=next_receipt_at(campaign, now, *recent))
    row = outbox.to_partner("listing", campaign, partner, f"{now:%Y%m%dT%H%M%S.%f}", now, **due)
    outbox.put(session, [row])
    return session.scalars(select(Mail.id).where(Mail.key == row["key"])).one()


def _waits(wanted: str, present: str) -> bool:
    """Whether a country is one to which an organizer says yes first, for it would be printed."""
    return bool(wanted) and wanted != present and countries.code(wanted) is None


def _as_in_the_list(session: Session, campaign: Campaign, partner: Partner, wanted: str) -> str:
    """Write a country as the others of the list have it, if they have it one way; else as it is wanted."""
    if wanted == partner.country:
        return wanted
    return country_as_listed(session, campaign, wanted, besides=partner) or wanted
