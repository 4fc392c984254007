"""How a partner is listed under the letter: corrected by the partner itself, its name after an organizer's yes."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from worker.acts import audit, locking
from worker.definition.partners import MAX_LENGTH
from worker.mail import outbox
from worker.models import Campaign, Partner
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
    other = {language: name for language, name in partner.proposed.items() if language}
    return Listing(partner.proposed[""], standing.acronym, standing.country, standing.sort_as, other)


def other_languages(campaign: Campaign) -> list[str]:
    """In which languages an organization may have another name than in the letter's own."""
    return [one for one in LANGUAGES if one in campaign.letter.texts and one != campaign.authentic]


def problems(partner: Partner, wanted: Listing) -> dict[str, str]:
    """What of a listing cannot be taken, as a code by field; a name in another language is `name_<language>`.

    What is printed at once says as little as it can: an acronym is short, and a country one that is known. What an
    organizer wrote may stay.
    """
    found = {
        "organization": names.wrong_with_print(wanted.organization, MAX_NAME, needed=True),
        "acronym": "" if wanted.acronym == partner.acronym else names.wrong_with_print(wanted.acronym, MAX_ACRONYM),
        "country": _wrong_with_country(wanted.country, partner.country),
        "sort_as": names.wrong_with_print(wanted.sort_as, MAX_NAME),
    }
    offered = other_languages(partner.campaign)
    for language, name in wanted.names.items():
        known = language in offered
        found[f"name_{language}"] = names.wrong_with_print(name, MAX_NAME) if known else "language unknown"
    return {field: wrong for field, wrong in found.items() if wrong}


def change_listing(session: Session, partner_id: int, wanted: Listing, *, generation: int | None = None) -> bool:
    """Print a partner as it wishes; returns whether its name waits for an organizer now.

    Acronym, country and place are changed at once; a name in any language waits, and the old one stands until
    then. The organizers are told, of one partner once in an hour at most.
    Raises Closed after the deadline, NotFilledIn, LetterHasLeft or LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, generation)
    held.require("correct")
    partner = held.partner
    if wanted == proposed_listing(partner):
        return partner.proposed is not None
    if found := problems(partner, wanted):
        raise NotFilledIn(problems=found)
    partner.acronym, partner.country, partner.sort_as = wanted.acronym, wanted.country, wanted.sort_as or None
    same = (wanted.organization, wanted.names) == (partner.organization, partner.names or {})
    partner.proposed = None if same else {"": wanted.organization} | wanted.names
    which = f"partner-{partner_id}/{outbox.hour_key(held.now)}"
    outbox.put(session, [outbox.to_organizers("row", held.campaign, which, held.now)])
    audit.log(session, held.campaign, "partner", "corrected_listing" if same else "proposed_name", partner, at=held.now)
    return not same


def decide_name(session: Session, partner_id: int, *, agreed: bool) -> Listing:
    """Print a partner under the name that it asks for, or let the old one stand; returns its listing.

    Raises NothingProposed, or Closed once the list is taken.
    """
    campaign, partner = locking.lock_partner_alone(session, partner_id)
    if partner.proposed is None:
        raise NothingProposed(organization=partner.organization)
    if agreed and (campaign.closed_at is not None or campaign.cancelled_at is not None):
        raise Closed.to("rename", campaign)
    if agreed:
        wanted = proposed_listing(partner)
        partner.organization, partner.names = wanted.organization, wanted.names or None
    partner.proposed = None
    audit.log(session, campaign, "organizer", "name_agreed" if agreed else "name_kept", partner)
    return present_listing(partner)


def _wrong_with_country(wanted: str, present: str) -> str:
    """One that nobody knows is taken only where it stands already, for it would be printed."""
    if wrong := names.wrong_with_print(wanted, MAX_COUNTRY):
        return wrong
    known = not wanted.strip() or wanted.strip() == present or countries.code(wanted) is not None
    return "" if known else "country unknown"
