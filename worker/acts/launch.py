"""Launch: the folder becomes rows. From now on the rows are the truth, and editing a file changes nothing."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from worker import db, journal, tokens
from worker.acts import audit, suppressions, undo
from worker.definition import campaign_keys
from worker.definition.campaign import Definition
from worker.definition.partners import PartnerRow
from worker.models import (
    MAX_SLUG,
    Addressee,
    Answer,
    Approval,
    AuditEvent,
    Campaign,
    Contact,
    Digest,
    EndedLink,
    Letter,
    ListingChange,
    Mail,
    Member,
    Partner,
    PartnerNote,
    Seal,
    Suppression,
    ThirdPartyAddress,
    as_listed,
    bound,
)
from worker.state.campaigns import find_campaign
from worker.state.refusals import AlreadyLaunched, CannotBeUndone
from worker.text.languages import said
from worker.wording.sheet import hash_of


def launch_campaign(session: Session, definition: Definition) -> Campaign:
    """Write a checked definition down as a campaign, its letter, its addressees and its partners.

    A cancelled campaign of the same name gets another. Raises AlreadyLaunched, also when two people launch at once.
    """
    free_name(session, definition.slug)
    campaign = as_row(definition, db.clock(session))
    session.add(campaign)
    try:
        session.flush()
    except IntegrityError:
        raise AlreadyLaunched(slug=definition.slug) from None
    put_partners(session, campaign.id, definition, definition.partners)
    undo.remember(campaign, "launch", campaign.launched_at)
    audit.log(session, campaign, "organizer", "launched", detail=len(definition.partners))
    return campaign


def free_name(session: Session, slug: str) -> str | None:
    """Give another name to a cancelled campaign that has this one, and return it; null if none has it.

    Its links, mails and pages do not depend on it. Raises AlreadyLaunched if the campaign was not cancelled.
    """
    if (found := find_campaign(session, slug)) is None:
        return None
    campaign = db.locked(session, found.id)
    if campaign.cancelled_at is None:
        raise AlreadyLaunched(slug=slug)
    if campaign.slug != slug:
        return None  # somebody else launches at the same time
    campaign.slug = _free_slug(session, slug)
    session.flush()
    audit.log(session, campaign, "organizer", "renamed", detail=campaign.slug)
    return campaign.slug


def _free_slug(session: Session, slug: str) -> str:
    taken = set(session.scalars(select(Campaign.slug)))
    numbered = (f"-cancelled-{number}" for number in itertools.count(1))
    return next(one for end in numbered if (one := slug[: MAX_SLUG - len(end)] + end) not in taken)


def undo_launch(session: Session, campaign_id: int) -> None:
    """Take a launch back as if it had not been: all rows of the campaign go, and its folder can be launched again.

    Takes the campaign alone, and its mails from under the workers. Raises CannotBeUndone once a mail was handed
    over, may have been, or is leased to a worker, and once somebody answered.
    """
    campaign = db.locked(session, campaign_id)
    mails = session.scalars(
        select(Mail).where(Mail.campaign_id == campaign_id).order_by(Mail.id).with_for_update()
    ).all()
    left = undo.count_left(mails)
    partners = select(Partner.id).where(Partner.campaign_id == campaign_id)
    answers = len(session.scalars(select(Answer.id).where(Answer.partner_id.in_(partners))).all())
    if left or answers:
        is_over = campaign.cancelled_at is not None
        raise CannotBeUndone(act="launch", left=left, answers=answers, slug=campaign.slug, cancelled=is_over)
    journal.note(session, "cancelled", campaign.seed)
    letters = select(Letter.id).where(Letter.campaign_id == campaign_id)
    session.expunge_all()
    for rows in (
        delete(Approval).where(Approval.campaign_id == campaign_id),
        delete(ThirdPartyAddress).where(ThirdPartyAddress.campaign_id == campaign_id),
        delete(ListingChange).where(ListingChange.partner_id.in_(partners)),
        delete(PartnerNote).where(PartnerNote.partner_id.in_(partners)),
        delete(Mail).where(Mail.campaign_id == campaign_id),
        delete(Member).where(Member.campaign_id == campaign_id),
        delete(Digest).where(Digest.campaign_id == campaign_id),
        delete(Contact).where(Contact.partner_id.in_(partners)),
        delete(EndedLink).where(EndedLink.campaign_id == campaign_id),
        delete(AuditEvent).where(AuditEvent.campaign_id == campaign_id),
        delete(Seal).where(Seal.campaign_id == campaign_id),
        delete(Addressee).where(Addressee.letter_id.in_(letters)),
        delete(Letter).where(Letter.campaign_id == campaign_id),
        delete(Partner).where(Partner.campaign_id == campaign_id),
        delete(Campaign).where(Campaign.id == campaign_id),
    ):
        session.execute(rows)


def suppressed(session: Session, definition: Definition) -> list[tuple[int, PartnerRow]]:
    """The lines of the list whose address gets no mail of ours, each with its number in partners.csv."""
    known = {bytes(hmac) for hmac in session.scalars(select(Suppression.email_hmac))}
    numbered = enumerate(definition.partners, start=2)
    return [
        (number, row) for number, row in numbered if row.email and not known.isdisjoint(tokens.fingerprints(row.email))
    ]


def as_row(definition: Definition, now: datetime) -> Campaign:
    """The campaign with its letter and addressees, and no partners yet; in no session."""
    return Campaign(
        slug=definition.slug,
        definition=definition.as_json(),
        deadline_at=definition.deadline,
        deadline_set_at=now,
        launched_at=now,
        letters=[letter_of(definition, now)],
    )


class HasLanguage(Protocol):
    """What says in which language whoever has none of its own is written to."""

    @property
    def authentic(self) -> str: ...


def partner_columns(definition: HasLanguage, row: PartnerRow) -> dict[str, Any]:
    """What is kept of one line of the list, with a new ref for its link."""
    return {
        "ref": tokens.new_ref(),
        "generation": 1,
        "organization": row.organization,
        "acronym": row.acronym,
        "country": row.country,
        "language": row.language or definition.authentic,
        "contact": row.contact,
        "email": row.email,
        "email_hmac": tokens.fingerprint(row.email) if row.email else None,
        "note": row.note,
        **as_listed(organization=row.organization, acronym=row.acronym, country=row.country),
    }


def put_partners(
    session: Session, campaign_id: int, owner: HasLanguage, rows: Sequence[PartnerRow], added_at: datetime | None = None
) -> None:
    """Make partners of the lines of a list: some at a time, so that of a long one little is in memory."""
    for begin in range(0, len(rows), _AT_ONCE):
        group = [partner_columns(owner, row) for row in rows[begin : begin + _AT_ONCE]]
        its = {"campaign_id": campaign_id, "added_at": added_at}
        session.execute(insert(Partner), [bound(Partner, one | its) for one in group])
    suppressions.find_again(session, [row.email for row in rows if row.email])


_AT_ONCE = 1_000  # partners


def letter_of(definition: Definition, made_at: datetime | None = None) -> Letter:
    """The letter with its addressees, as the first version; in no session."""
    addressees = [
        Addressee(
            position=position,
            name=said(addressee.name, definition.authentic, definition.authentic),
            office=_by_language(addressee.office),
            salutation=_by_language(addressee.salutation),
            address=_address(addressee, definition.authentic),
            email=addressee.email,
            copy=addressee.copy,
        )
        for position, addressee in enumerate(definition.addressees, start=1)
    ]
    texts = dict(definition.letters)
    return Letter(version=1, meaning=1, texts=texts, hash=hash_of(texts), made_at=made_at, addressees=addressees)


def _address(addressee: campaign_keys.Addressee, authentic: str) -> list[str] | dict[str, Any]:
    """As the column keeps it: the lines, or all that is said by language of the name and the lines."""
    if isinstance(addressee.address, list) and isinstance(addressee.name, str):
        return addressee.address
    lines = {"": said(addressee.address, authentic, authentic)}
    lines |= addressee.address if isinstance(addressee.address, dict) else {}
    return {"names": addressee.name if isinstance(addressee.name, dict) else {}, "lines": lines}


def _by_language(value: Any) -> dict[str, Any]:
    """What may be said once or per language, as one shape; the empty key is for every language."""
    return value if isinstance(value, dict) else {"": value}
