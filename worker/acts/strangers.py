"""Addresses that others give us: to whom a partner passes its invitation on, and organizations that ask to sign.

Whoever types an address may mean harm by it, so one address gets one mail a day of this kind and few in all,
whatever is asked in its name; so many ask to join one campaign in an hour.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import diary, speaking, stages
from worker.acts.speaking import Closed
from worker.acts.stages import MAY
from worker.mail import outbox
from worker.models import Campaign, Mail, Partner, Stranger, Suppression

A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
TO_ONE_ADDRESS = 3  # in all
OF_ONE_CAMPAIGN = 30  # within an hour
OF_ONE_PARTNER = 3  # in all
PASSED_ON = "passed the invitation on"


class NotWrittenTo(Exception):
    """The address gets no mail of this kind from us, or not now."""


class TooMany(Exception):
    """The partner has passed its invitation on as often as it can."""


class SameAddress(Exception):
    """It is the partner's own address."""


class Decided(Exception):
    """An organizer has said yes or no already."""


@dataclass(frozen=True)
class Person:
    """Who is to be written to, as it was typed; without an organization where a partner passes on."""

    email: str
    language: str
    contact: str = ""
    organization: str = ""
    acronym: str = ""
    country: str = ""


def pass_on(session: Session, partner_id: int, to: Person, *, generation: int | None = None) -> Stranger:
    """Send a partner's invitation to another person of it, and tell the address that it came to first.

    That address gets every receipt as before. Raises TooMany, SameAddress, NotWrittenTo, Closed, LetterHasLeft or
    LinkIsDead.
    """
    held = speaking.partner(session, partner_id, generation)
    held.must_allow("pass on")
    if tokens.fingerprint(to.email) == held.partner.email_hmac:
        raise SameAddress
    passed = select(func.count()).select_from(Stranger).where(Stranger.partner_id == partner_id)
    if (session.scalar(passed) or 0) >= OF_ONE_PARTNER:
        raise TooMany
    stranger = _written_to(session, "passed_on", held.campaign, to, held.now, partner_id=partner_id)
    if held.partner.email_hmac is not None and held.partner.quiet_at is None:
        told = outbox.to_partner("was_passed_on", held.campaign, held.partner, str(stranger.id), held.now)
        outbox.put(session, [told])
    diary.note(session, held.campaign, "partner", PASSED_ON, held.partner)
    return stranger


def ask_to_join(session: Session, campaign_id: int, who: Person) -> None:
    """Ask an address whether an organization wants to sign, as somebody said in its name.

    Raises Closed if nobody may, and NotWrittenTo, of which whoever asked is told nothing.
    """
    campaign = db.locked(session, campaign_id, "shared")
    now = db.clock(session)
    if not campaign.may_be_joined or "join" not in MAY[stages.of(session, campaign, now)]:
        raise Closed
    if _asked_lately(session, campaign, now) >= OF_ONE_CAMPAIGN:
        raise NotWrittenTo
    _written_to(session, "confirm", campaign, who, now)


def confirm(session: Session, stranger_id: int) -> None:
    """Note that it was the organization itself that asked; the organizers decide. Twice is once.

    They are told once in an hour at most. Raises Closed once answers are taken no more.
    """
    stranger = session.get_one(Stranger, stranger_id)
    campaign = db.locked(session, stranger.campaign_id, "shared")
    stranger = session.get_one(Stranger, stranger_id, with_for_update=True, populate_existing=True)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise Closed
    if stranger.confirmed_at is not None:
        return
    stranger.confirmed_at = now
    outbox.put(session, [outbox.to_organizers("applicant", campaign, f"{now:%Y%m%dT%H}", now)])
    diary.note(session, campaign, "partner", "somebody asks to sign")


def applicants(session: Session, campaign: Campaign) -> list[Stranger]:
    """Who asks to sign, has confirmed it, and waits for an organizer."""
    waiting = select(Stranger).where(Stranger.campaign_id == campaign.id, Stranger.confirmed_at.is_not(None))
    return list(session.scalars(waiting.where(Stranger.decided_at.is_(None)).order_by(Stranger.id)))


def decide(session: Session, stranger_id: int, *, admitted: bool) -> Partner | None:
    """Make a partner of an applicant, which is asked like every other; or forget it but for its address's fingerprint.

    Raises Decided, or Closed once answers are taken no more.
    """
    campaign = db.locked(session, session.get_one(Stranger, stranger_id).campaign_id)
    stranger = session.get_one(Stranger, stranger_id, with_for_update=True, populate_existing=True)
    now = db.clock(session)
    if stranger.decided_at is not None:
        raise Decided
    if admitted and not campaign.takes_answers(at=now):
        raise Closed
    stranger.decided_at = now
    partner = None
    if admitted:
        partner = _partner_of(campaign, stranger)
        session.add(partner)
        session.flush()
        stranger.partner_id = partner.id
        outbox.put(session, [outbox.to_partner("invitation", campaign, partner, "1", now)])
    stranger.contact = stranger.email = stranger.organization = stranger.acronym = stranger.country = ""
    diary.note(session, campaign, "organizer", "admitted an organization" if admitted else "refused one", partner)
    return partner


def _partner_of(campaign: Campaign, stranger: Stranger) -> Partner:
    return Partner(
        campaign_id=campaign.id,
        ref=tokens.new_ref(),
        generation=1,
        organization=stranger.organization,
        acronym=stranger.acronym,
        country=stranger.country,
        language=stranger.language,
        contact=stranger.contact,
        email=stranger.email,
        email_hmac=stranger.email_hmac,
        note="asked to sign",
    )


def _written_to(
    session: Session, kind: str, campaign: Campaign, to: Person, now: datetime, partner_id: int | None = None
) -> Stranger:
    """The stranger with its mail in the outbox; its key lets no address have two a day, even asked for at once."""
    fingerprint = tokens.fingerprint(to.email)
    if not _may_be_written_to(session, fingerprint, now):
        raise NotWrittenTo
    row: dict[str, Any] = outbox.to_stranger(kind, campaign, f"{fingerprint.hex()}/{now:%Y%m%d}", now, to.language)
    if not outbox.put(session, [row]):
        raise NotWrittenTo
    mail_id = session.scalars(select(Mail.id).where(Mail.key == row["key"])).one()
    stranger = Stranger(
        campaign_id=campaign.id,
        mail_id=mail_id,
        partner_id=partner_id,
        ref=tokens.new_ref(),
        email_hmac=fingerprint,
        at=now,
        **vars(to),
    )
    session.add(stranger)
    session.flush()
    return stranger


def _may_be_written_to(session: Session, fingerprint: bytes, now: datetime) -> bool:
    if session.scalar(select(Suppression.id).where(Suppression.email_hmac == fingerprint)):
        return False
    of_it = select(func.count(), func.max(Stranger.at)).where(Stranger.email_hmac == fingerprint)
    times, latest = session.execute(of_it).one()
    return times < TO_ONE_ADDRESS and (latest is None or latest <= now - A_DAY)


def _asked_lately(session: Session, campaign: Campaign, now: datetime) -> int:
    """How many asked to join within the hour; whoever passes on is counted by partner, and not kept back by these."""
    asked = Stranger.partner_id.is_(None) | Stranger.decided_at.is_not(None)
    lately = select(func.count()).where(Stranger.campaign_id == campaign.id, Stranger.at > now - AN_HOUR, asked)
    return session.scalar(lately) or 0
