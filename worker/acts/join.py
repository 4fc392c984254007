"""An organization that was not asked asks to sign, confirms it by mail, and waits for an organizer."""

from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import audit, locking
from worker.acts.third_party_limits import MAX_OF_ONE_CAMPAIGN, Person, count_asked_lately, write_to
from worker.mail import outbox
from worker.models import Campaign, Partner, ThirdPartyAddress
from worker.state import lifecycle
from worker.state.refusals import AlreadyDecided, Closed, RateLimited


def ask_to_join(session: Session, campaign_id: int, who: Person) -> None:
    """Ask an address whether an organization wants to sign, as somebody said in its name.

    Raises Closed if nobody may, and RateLimited, of which whoever asked is told nothing.
    """
    campaign = db.locked(session, campaign_id, "shared")
    now = db.clock(session)
    if not lifecycle.can_join(campaign, now):
        raise Closed.to("answer", campaign)
    if count_asked_lately(session, campaign, now) >= MAX_OF_ONE_CAMPAIGN:
        raise RateLimited
    write_to(session, "confirm", campaign, who, now)


def confirm_wish(session: Session, stranger_id: int) -> None:
    """Note that it was the organization itself that asked; the organizers decide. Idempotent.

    They are told once in an hour at most. Raises Closed once answers are taken no more.
    """
    campaign, stranger = locking.lock_applicant(session, stranger_id, "shared")
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise Closed.to("answer", campaign)
    if stranger.confirmed_at is not None:
        return
    stranger.confirmed_at = now
    outbox.put(session, [outbox.to_organizers("applicant", campaign, outbox.hour_key(now), now)])
    audit.log(session, campaign, "partner", "asked_to_join", at=now)


def decide_applicant(session: Session, stranger_id: int, *, admitted: bool) -> Partner | None:
    """Make a partner of an applicant, which is asked like every other; or forget it but for its address's fingerprint.

    Raises AlreadyDecided, or Closed once answers are taken no more.
    """
    campaign, stranger = locking.lock_applicant(session, stranger_id, "exclusive")
    now = db.clock(session)
    if stranger.decided_at is not None:
        raise AlreadyDecided
    if admitted and not campaign.takes_answers(at=now):
        raise Closed.to("admit", campaign)
    stranger.decided_at = now
    partner = None
    if admitted:
        partner = _partner_of(campaign, stranger)
        session.add(partner)
        session.flush()
        stranger.partner_id = partner.id
        outbox.put(session, [outbox.to_partner("invitation", campaign, partner, "1", now)])
    stranger.forget()
    audit.log(session, campaign, "organizer", "admitted" if admitted else "not_admitted", partner, at=now)
    return partner


def _partner_of(campaign: Campaign, stranger: ThirdPartyAddress) -> Partner:
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
