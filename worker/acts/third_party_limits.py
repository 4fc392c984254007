"""Addresses that others give us: to whom a partner passes its invitation on, and organizations that ask to sign.

Whoever types an address may mean harm by it, so there is a rate limit: one mailbox gets one mail a day of this kind and
few in all, whatever is asked in its name and however its address is varied. Who asks to join a campaign gets its mail
later, the more others ask and the more of them from one place; nobody is turned away before there are very many in an
hour.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from worker import tokens
from worker.mail import outbox
from worker.models import Campaign, Contact, Mail, Suppression, ThirdPartyAddress
from worker.state.joining import FIRST_OF_CAMPAIGN, FOR_NEWCOMERS, MAX_OF_CAMPAIGN
from worker.state.refusals import RateLimited
from worker.text.addresses import is_plain, mailbox

A_DAY = timedelta(days=1)
MAX_TO_ONE_MAILBOX = 3  # in all; the last one is for the address without additions, which some servers do not know
MAX_OF_ONE_PARTNER = 3  # in all
FIRST_OF_ORIGIN = 5  # wishes from one place within an hour that are mailed at once
BETWEEN, BETWEEN_OF_ORIGIN = timedelta(seconds=2), timedelta(seconds=5)  # from one mail to the next, beyond the first
LATEST = timedelta(minutes=50)  # after the wish


@dataclass(frozen=True)
class Person:
    """Who is to be written to, as it was typed; without an organization where a partner passes on."""

    email: str
    language: str
    contact: str = ""
    organization: str = ""
    acronym: str = ""
    country: str = ""


def write_to(
    session: Session,
    kind: str,
    campaign: Campaign,
    to: Person,
    now: datetime,
    due_at: datetime | None = None,
) -> ThirdPartyAddress:
    """Put a mail to an address that somebody else gave us, now or later, and remember it. Raises RateLimited.

    The mail's key lets no mailbox have two a day, even asked for at once.
    """
    if not _may_be_written_to(session, to.email, now):
        raise RateLimited
    earlier = select(func.count()).select_from(ThirdPartyAddress).where(_is_of_mailbox(to.email))
    of_mailbox = tokens.fingerprint(mailbox(to.email))
    which = f"{of_mailbox.hex()}/{now:%Y%m%d}/{session.scalar(earlier)}"  # one that was forgotten may ask again
    row = outbox.to_third_party(kind, campaign, which, now, to.language)
    row["due_at"] = due_at or now
    if not outbox.put(session, [row]):
        raise RateLimited
    mail_id = session.scalars(select(Mail.id).where(Mail.key == row["key"])).one()
    stranger = ThirdPartyAddress(
        campaign_id=campaign.id,
        mail_id=mail_id,
        ref=tokens.new_ref(),
        email_hmac=tokens.fingerprint(to.email),
        mailbox_hmac=of_mailbox,
        at=now,
        **vars(to),
    )
    session.add(stranger)
    session.flush()
    return stranger


def note_passed_on(session: Session, contact: Contact, campaign: Campaign, mail_id: int, now: datetime) -> None:
    """Remember that an address was written to because a partner passed on: its fingerprint, and not whose it is."""
    stranger = ThirdPartyAddress(
        campaign_id=campaign.id,
        mail_id=mail_id,
        partner_id=contact.partner_id,
        ref=tokens.new_ref(),
        email_hmac=tokens.fingerprint(contact.email),
        mailbox_hmac=tokens.fingerprint(mailbox(contact.email)),
        language=contact.language,
        at=now,
    )
    stranger.forget()
    session.add(stranger)


def require_may_be_written_to(session: Session, email: str, now: datetime) -> None:
    """Raises RateLimited if an address that somebody else gave us gets no mail of this kind, or not now."""
    if not _may_be_written_to(session, email, now):
        raise RateLimited


def wait_of(of_campaign: int, of_origin: int) -> timedelta:
    """How long after a wish its mail leaves, by how many came before it within the hour: in all, and from its place.

    Raises RateLimited. The last places of the hour are for who has asked only a few times, so that no single machine
    shuts the door.
    """
    room = MAX_OF_CAMPAIGN if of_origin < FIRST_OF_ORIGIN else MAX_OF_CAMPAIGN - FOR_NEWCOMERS
    if of_campaign >= room:
        raise RateLimited
    in_line = max(0, of_campaign + 1 - FIRST_OF_CAMPAIGN) * BETWEEN
    of_its_origin = max(0, of_origin + 1 - FIRST_OF_ORIGIN) * BETWEEN_OF_ORIGIN
    return min(LATEST, max(in_line, of_its_origin))


def _may_be_written_to(session: Session, email: str, now: datetime) -> bool:
    of_it = {*tokens.fingerprints(email), *tokens.fingerprints(mailbox(email))}
    if session.scalar(select(Suppression.id).where(Suppression.email_hmac.in_(of_it)).limit(1)):
        return False
    called_back = Mail.cancelled_at.is_not(None) & Mail.sent_at.is_(None)
    written = select(func.count(), func.max(ThirdPartyAddress.at)).join(Mail, Mail.id == ThirdPartyAddress.mail_id)
    times, latest = session.execute(written.where(_is_of_mailbox(email), ~called_back)).one()
    most = MAX_TO_ONE_MAILBOX if is_plain(email) else MAX_TO_ONE_MAILBOX - 1
    return times < most and (latest is None or latest <= now - A_DAY)


def _is_of_mailbox(email: str) -> ColumnElement[bool]:
    """Whether an address is one of this mailbox; rows of before are found by the address only."""
    exact, of_mailbox = tokens.fingerprints(email), tokens.fingerprints(mailbox(email))
    return or_(ThirdPartyAddress.email_hmac.in_({*exact, *of_mailbox}), ThirdPartyAddress.mailbox_hmac.in_(of_mailbox))
