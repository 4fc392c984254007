"""The row under which a partner is printed: corrected by the partner itself, its name after an organizer's yes."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import diary, speaking
from worker.acts.speaking import Closed
from worker.mail import outbox
from worker.models import Campaign, Partner


class NothingProposed(Exception):
    """The partner asks for no other name."""


@dataclass(frozen=True)
class Row:
    """How an organization is printed; `names` are its name in other languages than the letter's own."""

    organization: str
    acronym: str
    country: str
    sort_as: str = ""
    names: dict[str, str] = field(default_factory=dict)


def of(partner: Partner) -> Row:
    """The row as it stands."""
    return Row(partner.organization, partner.acronym, partner.country, partner.sort_as or "", partner.names or {})


def proposed(partner: Partner) -> Row:
    """The row as the partner wishes it: with the names that wait for an organizer's yes."""
    standing = of(partner)
    if partner.proposed is None:
        return standing
    names = {language: name for language, name in partner.proposed.items() if language}
    return Row(partner.proposed[""], standing.acronym, standing.country, standing.sort_as, names)


def correct(session: Session, partner_id: int, wanted: Row, *, generation: int | None = None) -> bool:
    """Print a partner as it wishes; returns whether its name waits for an organizer now.

    Acronym, country and place are changed at once; a name in any language waits, and the old one stands until
    then. The organizers are told, of one partner once in an hour at most.
    Raises Closed after the deadline, LetterHasLeft or LinkIsDead.
    """
    held = speaking.partner(session, partner_id, generation)
    held.must_allow("correct")
    partner = held.partner
    if wanted == proposed(partner):
        return partner.proposed is not None
    partner.acronym, partner.country, partner.sort_as = wanted.acronym, wanted.country, wanted.sort_as or None
    names = {"": wanted.organization} | wanted.names
    same = (wanted.organization, wanted.names) == (partner.organization, partner.names or {})
    partner.proposed = None if same else names
    which = f"partner-{partner_id}/{held.now:%Y%m%dT%H}"
    outbox.put(session, [outbox.to_organizers("row", held.campaign, which, held.now)])
    diary.note(session, held.campaign, "partner", "corrected its row" if same else "asks for another name", partner)
    return not same


def decide(session: Session, partner_id: int, *, agreed: bool) -> Row:
    """Print a partner under the name that it asks for, or let the old one stand; returns its row.

    Raises NothingProposed, or Closed once the list is taken.
    """
    campaign_id = session.scalars(select(Partner.campaign_id).where(Partner.id == partner_id)).one()
    campaign: Campaign = db.locked(session, campaign_id)
    partner = session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)
    if partner.proposed is None:
        raise NothingProposed
    if agreed and (campaign.closed_at is not None or campaign.cancelled_at is not None):
        raise Closed
    if agreed:
        wanted = proposed(partner)
        partner.organization, partner.names = wanted.organization, wanted.names or None
    partner.proposed = None
    diary.note(session, campaign, "organizer", "agreed to another name" if agreed else "kept the name", partner)
    return of(partner)
