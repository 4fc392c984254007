"""The further contacts of partners, numbered in the order in which they were added."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from worker.models import Answer, Campaign, Contact, Partner


def load_contacts(session: Session, campaign: Campaign) -> dict[int, list[Contact]]:
    """All in a campaign by partner, ended ones too, without a name or an address to decrypt.

    The number of one is its place, from 1; it stays, for none is ever deleted and a later one has a later place.
    """
    in_it = select(Contact).join(Partner, Partner.id == Contact.partner_id).where(Partner.campaign_id == campaign.id)
    found: dict[int, list[Contact]] = {}
    unread = (defer(Contact.name), defer(Contact.email))
    for contact in session.scalars(in_it.options(*unread).order_by(Contact.id)):
        found.setdefault(contact.partner_id, []).append(contact)
    return found


def load_contacts_of(session: Session, partner: Partner) -> list[Contact]:
    """Those of one partner, whole."""
    return list(session.scalars(select(Contact).where(Contact.partner_id == partner.id).order_by(Contact.id)))


def load_who_answered(session: Session, contacts: Collection[Contact]) -> set[int | None]:
    """By whose links an answer came, of these."""
    by_one = select(Answer.contact_id).where(Answer.contact_id.in_([one.id for one in contacts]))
    return set(session.scalars(by_one.distinct()))
