"""How a partner is listed under the letter: corrected by the partner itself, its name after an organizer's yes."""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from worker.acts import audit, locking
from worker.mail import outbox
from worker.models import Partner
from worker.state.refusals import Closed, NothingProposed


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
    names = {language: name for language, name in partner.proposed.items() if language}
    return Listing(partner.proposed[""], standing.acronym, standing.country, standing.sort_as, names)


def change_listing(session: Session, partner_id: int, wanted: Listing, *, generation: int | None = None) -> bool:
    """Print a partner as it wishes; returns whether its name waits for an organizer now.

    Acronym, country and place are changed at once; a name in any language waits, and the old one stands until
    then. The organizers are told, of one partner once in an hour at most.
    Raises Closed after the deadline, LetterHasLeft or LinkRevoked.
    """
    held = locking.lock_partner(session, partner_id, generation)
    held.require("correct")
    partner = held.partner
    if wanted == proposed_listing(partner):
        return partner.proposed is not None
    partner.acronym, partner.country, partner.sort_as = wanted.acronym, wanted.country, wanted.sort_as or None
    names = {"": wanted.organization} | wanted.names
    same = (wanted.organization, wanted.names) == (partner.organization, partner.names or {})
    partner.proposed = None if same else names
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
