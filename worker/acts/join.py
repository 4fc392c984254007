"""An organization that was not asked asks to sign, confirms it by mail, and waits for an organizer."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from worker import db, journal, tokens
from worker.acts import audit, locking, suppressions
from worker.acts.third_party_limits import Person, wait_of, write_to
from worker.mail import outbox
from worker.models import REDACTED, Campaign, Mail, Partner, ThirdPartyAddress
from worker.state import joining, lifecycle, listings
from worker.state.refusals import AlreadyDecided, AlreadyPartner, Closed, LinkRevoked, TakenOut
from worker.text import countries, similar_names


def ask_to_join(session: Session, campaign_id: int, who: Person, *, of_its_origin: int = 0) -> None:
    """Ask an address whether an organization wants to sign, as somebody said in its name: later, if many do.

    `of_its_origin` wishes came before it from where it came, within the hour. Of a flood the organizers are told.
    Raises InPanic, Closed if nobody may, and RateLimited, of which whoever asked is told nothing.
    """
    campaign = locking.lock_calm(session, campaign_id, "shared")
    now = db.clock(session)
    if not lifecycle.can_join(campaign, now):
        raise Closed.to("answer", campaign)
    before = joining.count_asked_lately(session, campaign.id, now)
    write_to(session, "confirm", campaign, who, now, due_at=now + wait_of(before, of_its_origin))
    if before >= joining.FIRST_OF_CAMPAIGN:
        _tell_of_flood(session, campaign, now)


def confirm_wish(session: Session, stranger_id: int) -> None:
    """Note that it was the organization itself that asked; the organizers decide. Idempotent.

    They are told once in an hour at most. Raises InPanic, Closed once answers are taken no more, and LinkRevoked if
    the wish was forgotten.
    """
    campaign, stranger = locking.lock_applicant(session, stranger_id, "shared")
    locking.require_calm(campaign)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise Closed.to("answer", campaign)
    if stranger.confirmed_at is not None:
        return
    if stranger.decided_at is not None:
        raise LinkRevoked
    stranger.confirmed_at = now
    outbox.put(session, [outbox.to_organizers("applicant", campaign, outbox.hour_key(now), now)])
    audit.log(session, campaign, "partner", "asked_to_join", at=now)


def decide_applicant(session: Session, stranger_id: int, *, admitted: bool, namesake: bool = False) -> Partner | None:
    """Make a partner of an applicant, which is asked like every other; or forget it but for its address's fingerprint.

    A partner of the same name and country is the same organization, which would be asked, counted and printed twice;
    but not if a person says that it is a `namesake`. Raises InPanic for a yes, AlreadyPartner, TakenOut if it was taken
    out of the list, AlreadyDecided, or Closed once answers are taken no more.
    """
    campaign, stranger = locking.lock_applicant(session, stranger_id, "exclusive")
    if admitted:
        locking.require_calm(campaign)
    now = db.clock(session)
    if stranger.decided_at is not None:
        raise AlreadyDecided
    if admitted and not campaign.takes_answers(at=now):
        raise Closed.to("admit", campaign)
    if admitted and not namesake and (number := _partner_alike(session, stranger)) is not None:
        raise AlreadyPartner(organization=stranger.organization, number=number, applicant=stranger.id)
    stranger.decided_at = now
    partner = None
    if admitted:
        partner = _partner_of(session, campaign, stranger)
        session.add(partner)
        session.flush()
        suppressions.find_again(session, [partner.email])
        stranger.partner_id = partner.id
        outbox.put(session, [outbox.to_partner("invitation", campaign, partner, "1", now)])
    stranger.forget()
    audit.log(session, campaign, "organizer", "admitted" if admitted else "not_admitted", partner, at=now)
    return partner


def forget_unconfirmed(session: Session, campaign_id: int) -> tuple[int, int]:
    """Forget all wishes that nobody has confirmed, but for their addresses' fingerprints, and call back their mails.

    Returns how many wishes and how many mails. Their links die.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    which = (ThirdPartyAddress.campaign_id == campaign_id, joining.is_unconfirmed())
    mails = outbox.cancel(session, Mail.id.in_(select(ThirdPartyAddress.mail_id).where(*which)), at=now)
    blank = dict.fromkeys(("organization", "acronym", "country", "contact", "email"), "")
    forgotten = update(ThirdPartyAddress).where(*which).values(decided_at=now, **blank).returning(ThirdPartyAddress.ref)
    refs = session.scalars(forgotten.execution_options(synchronize_session=False)).all()
    for ref in refs:
        journal.note(session, "erased", ref, 1)
    if wishes := len(refs):
        audit.log(session, campaign, "organizer", "not_admitted", detail=wishes, at=now)
    return wishes, mails


def _tell_of_flood(session: Session, campaign: Campaign, now: datetime) -> None:
    """Put a mail to the organizers, unless one was put within the hour; its key lets no two at once put two."""
    told = select(Mail.id).where(
        Mail.campaign_id == campaign.id, Mail.kind == "flood", Mail.dated_at > now - joining.AN_HOUR
    )
    if session.scalar(told.limit(1)) is None:
        outbox.put(session, [outbox.to_organizers("flood", campaign, outbox.hour_key(now), now)])


def _partner_alike(session: Session, stranger: ThirdPartyAddress) -> int | None:
    """The number of a partner with its name, and its country as far as both say one."""
    of_it = select(Partner.id, Partner.organization, Partner.country, Partner.taken_out_at).where(
        Partner.campaign_id == stranger.campaign_id, Partner.organization != REDACTED
    )
    name, country = similar_names.same_name(stranger.organization), countries.same_country(stranger.country)
    alike = []
    for one in session.execute(of_it.order_by(Partner.id)):
        its = countries.same_country(one.country)
        if similar_names.same_name(one.organization) == name and (not its or not country or its == country):
            alike.append(one)
    if alike and all(one.taken_out_at is not None for one in alike):
        raise TakenOut(organization=alike[0].organization)
    return next((int(one.id) for one in alike if one.taken_out_at is None), None)


def _partner_of(session: Session, campaign: Campaign, stranger: ThirdPartyAddress) -> Partner:
    """The partner that an applicant becomes; its country is written as lists write it, an unknown one as it stands."""
    typed = stranger.country
    listed = listings.country_as_listed(session, campaign, typed) or countries.spelling(typed, campaign.authentic)
    return Partner(
        campaign_id=campaign.id,
        ref=tokens.new_ref(),
        generation=1,
        organization=stranger.organization,
        acronym=stranger.acronym,
        country=listed or typed,
        language=stranger.language,
        contact=stranger.contact,
        email=stranger.email,
        email_hmac=tokens.fingerprint(stranger.email),
        note="asked to sign",
    )
