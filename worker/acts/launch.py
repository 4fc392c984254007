"""Launch: the folder becomes rows. From now on the rows are the truth, and editing a file changes nothing."""

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import diary
from worker.definition.campaign import Definition
from worker.definition.partners import PartnerRow
from worker.letter import text
from worker.models import Addressee, Campaign, Letter, Partner


class AlreadyLaunched(Exception):
    """A campaign of this name is running or was run; nothing was changed and nobody was asked again."""


def launch(session: Session, definition: Definition) -> Campaign:
    """Write a checked definition down as a campaign, its letter, its addressees and its partners.

    Raises AlreadyLaunched, also when two people launch at once.
    """
    if session.scalar(select(Campaign.id).where(Campaign.slug == definition.slug)):
        raise AlreadyLaunched(definition.slug)
    now = db.clock(session)
    campaign = Campaign(
        slug=definition.slug,
        definition=definition.as_json(),
        deadline_at=definition.deadline,
        deadline_set_at=now,
        launched_at=now,
    )
    session.add(campaign)
    try:
        session.flush()
    except IntegrityError:
        raise AlreadyLaunched(definition.slug) from None
    session.add(_letter(campaign, definition))
    session.flush()
    session.execute(insert(Partner), [_partner(campaign, row) for row in definition.partners])
    diary.note(session, campaign, "organizer", f"launched with {len(definition.partners)} partners")
    return campaign


def _letter(campaign: Campaign, definition: Definition) -> Letter:
    stored = definition.as_json()["addressee"]
    addressees = [
        Addressee(
            position=position,
            name=addressee["name"],
            office=_by_language(addressee["office"]),
            salutation=_by_language(addressee["salutation"]),
            address=addressee["address"],
            email=addressee["email"],
            copy=addressee["copy"],
        )
        for position, addressee in enumerate(stored, start=1)
    ]
    texts = dict(definition.letters)
    return Letter(campaign=campaign, version=1, meaning=1, texts=texts, hash=text.hash_of(texts), addressees=addressees)


def _by_language(value: Any) -> dict[str, Any]:
    """What may be said once or per language, as one shape; the empty key is for every language."""
    return value if isinstance(value, dict) else {"": value}


def _partner(campaign: Campaign, row: PartnerRow) -> dict[str, Any]:
    return {
        "campaign_id": campaign.id,
        "ref": tokens.new_ref(),
        "generation": 1,
        "organization": row.organization,
        "acronym": row.acronym,
        "country": row.country,
        "language": row.language or campaign.authentic,
        "contact": row.contact,
        "email": row.email,
        "email_hmac": tokens.fingerprint(row.email) if row.email else None,
        "note": row.note,
    }
