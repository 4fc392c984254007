"""Erase: contacts go, and the names of all who are not publicly under a letter that has left.

What stays: who is publicly named, what each answered and when (without who said it and why), the public letter as it
was sealed unless somebody named in it is erased, and the hashes of all that was sealed. Links that end say so for a
year, and nothing leads from them to whose they were but the moment, where one organization alone was erased.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from worker import db, tokens
from worker.acts import audit, locking, two_persons
from worker.acts.cancel import cancel_campaign
from worker.acts.ended_links import remember_links
from worker.acts.erase_members import erase_members_of
from worker.mail import outbox
from worker.models import (
    REDACTED,
    Actor,
    Answer,
    Approval,
    Campaign,
    Contact,
    ListingChange,
    Mail,
    MailResponse,
    Partner,
    PartnerNote,
    Rendition,
    Reply,
    Seal,
    ThirdPartyAddress,
)
from worker.state.due import is_erasing_due
from worker.state.letters import delivery_state, living_seal_number, load_letters, sealed_at
from worker.state.lifecycle import BEYOND_RECALL, load_stage, stage_at
from worker.state.recipients import count_waiting
from worker.state.refusals import CannotBeCancelled, NotOver, StillSigns
from worker.state.signatories import is_named, load_signatories, standing_signatures


def erase_when_due(session: Session, campaign_id: int) -> bool:
    """Erase a campaign if its time has come, and tell the organizers what is theirs to erase; whether it did."""
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if not is_erasing_due(session, campaign, now):
        return False
    _erase(session, campaign, "clock")
    outbox.put(session, [outbox.to_organizers("erased", campaign, "1", now)])
    return True


def erase_campaign(session: Session, campaign_id: int, *, give_up: bool = False, by_person: bool = True) -> int:
    """Erase a whole campaign at once; how many names went. Twice erases what came since.

    `give_up`: a letter that nobody has is cancelled, never leaves, and nobody is told of it any more; `by_person`: not
    because the journal says that it was. Raises NotOver, and SecondPersonNeeded to a person.
    """
    campaign = db.locked(session, campaign_id)
    if by_person:
        two_persons.require(session, campaign, "erase", give_up=give_up)
    letters = load_letters(session, campaign, lock=True)
    if stage_at(campaign, letters, db.clock(session)) not in _OVER:
        where = delivery_state(campaign, letters)
        if not give_up or where != "not_sent":
            raise NotOver(where=where)
        cancel_campaign(session, campaign.id, tell=False)
    return _erase(session, campaign, "organizer")


def give_up(session: Session, campaign_id: int) -> int:
    """Have a cancelled campaign erased once whoever was asked was told; for how many mails that waits.

    One whose letter nobody has is cancelled. 0 where nobody waits to be told: then it can be erased at once. Raises
    NotOver and SecondPersonNeeded.
    """
    campaign = db.locked(session, campaign_id)
    stage = stage_at(campaign, load_letters(session, campaign), db.clock(session))
    if stage in BEYOND_RECALL or campaign.erased_at is not None:
        return 0
    two_persons.require(session, campaign, "erase_after_telling")
    try:
        cancel_campaign(session, campaign.id)
    except CannotBeCancelled as refused:
        raise NotOver(**refused.facts) from None
    if (waiting := count_waiting(session, campaign, "cancelled")) and campaign.erase_by is None:
        campaign.erase_by = db.clock(session) + ERASED_WITHIN
        audit.log(session, campaign, "organizer", "erasure_planned", detail=waiting)
    return waiting


def cancel_and_erase(session: Session, campaign_id: int) -> int:
    """Cancel a letter that nobody has, and have all erased once whoever was asked was told; how many mails tell.

    The clock erases it, also where nobody is to be told. Raises NotOver.
    """
    campaign = db.locked(session, campaign_id)
    letters = load_letters(session, campaign)
    if stage_at(campaign, letters, db.clock(session)) in BEYOND_RECALL:
        raise NotOver(where=delivery_state(campaign, letters))
    waiting = give_up(session, campaign_id)
    if campaign.erase_by is None and campaign.dispatched_at is None and campaign.erased_at is None:
        campaign.erase_by = db.clock(session)
        audit.log(session, campaign, "organizer", "erasure_planned", detail=waiting)
    return waiting


ERASED_WITHIN = timedelta(days=1)  # of a letter that is given up, also where somebody cannot be told before
_OVER = {*BEYOND_RECALL, "cancelled"}


def erase_partner(session: Session, partner_id: int) -> bool:
    """Erase one organization at its request, at any time; whether its name went too. It has no link any more.

    Raises StillSigns.
    """
    held = locking.lock_partner(session, partner_id, None, even_taken_out=True)
    if held.standing is not None and held.standing.signs and held.stage not in _OVER:
        raise StillSigns(organization=held.partner.organization)
    _forget(session, held.campaign, [held.partner])
    for request in session.scalars(select(Approval).where(Approval.campaign_id == held.campaign.id)):
        if json.loads(request.fields or "{}").get("partner") == partner_id:
            session.delete(request)
    _forget_strangers(
        session, list(session.scalars(select(ThirdPartyAddress).where(ThirdPartyAddress.partner_id == partner_id)))
    )
    audit.log(session, held.campaign, "organizer", "erased", held.partner, at=held.now)
    return held.partner.organization == REDACTED


def erase_applicant(session: Session, stranger_id: int) -> None:
    """Erase an organization that only asked to sign."""
    one = session.get_one(ThirdPartyAddress, stranger_id, with_for_update=True, populate_existing=True)
    _forget_strangers(session, [one])
    audit.log(session, one.campaign, "organizer", "applicant_erased")


def _erase(session: Session, campaign: Campaign, actor: Actor) -> int:
    partners = session.scalars(
        select(Partner).where(Partner.campaign_id == campaign.id).order_by(Partner.id).with_for_update()
    ).all()
    outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind == "letter")  # to whom nobody sent it by now
    _forget(session, campaign, partners)
    erase_members_of(session, campaign, db.clock(session))
    session.execute(delete(Approval).where(Approval.campaign_id == campaign.id))
    _forget_responses(session, Mail.campaign_id == campaign.id)
    session.execute(delete(Reply).where(Reply.campaign_id == campaign.id))
    of_it = (Seal.campaign_id == campaign.id) & (Seal.rendition == "addressee")
    session.execute(update(Seal).where(of_it).values(content=b""))
    _forget_strangers(
        session, list(session.scalars(select(ThirdPartyAddress).where(ThirdPartyAddress.campaign_id == campaign.id)))
    )
    campaign.erased_at = db.clock(session)
    campaign.dropped_domains = None
    nameless = sum(one.organization == REDACTED for one in partners)
    audit.log(session, campaign, actor, "erased", detail=nameless)
    return nameless


def _forget(session: Session, campaign: Campaign, partners: Sequence[Partner]) -> None:
    now, ids = db.clock(session), [one.id for one in partners]
    named = _publicly_named(session, campaign)
    outbox.cancel(session, Mail.partner_id.in_(ids), at=now)
    remember_links(session, campaign, [one for one in partners if one.erased_at is None], now)
    for one in partners:
        one.contact = one.email = one.note = ""
        one.email_hmac = one.proposed = None
        one.ref = tokens.new_ref()
        one.renew_link()
        one.quiet_at, one.erased_at = one.quiet_at or now, one.erased_at or now
        one.listing_changed_at = one.organizer_id = None
        if one.id not in named:
            one.organization, one.acronym, one.country = REDACTED, "", ""
            one.names, one.sort_as = None, None
    session.flush()
    _forget_contacts(session, campaign, ids, now)
    session.execute(delete(ListingChange).where(ListingChange.partner_id.in_(ids)))
    session.execute(delete(PartnerNote).where(PartnerNote.partner_id.in_(ids)))
    forgotten = {"representative": "", "role": "", "reason": "", "note": "", "passage": None}
    of_them = update(Answer).where(Answer.partner_id.in_(ids)).values(forgotten)
    session.execute(of_them.execution_options(synchronize_session="fetch"))
    _forget_responses(session, Mail.partner_id.in_(ids))
    session.execute(update(Mail).where(Mail.partner_id.in_(ids)).values(reply=None, reported_at=None, delayed_at=None))
    _empty_seals(session, campaign, [one.id for one in partners if one.id not in named])


def _forget_responses(session: Session, of_mails: ColumnElement[bool]) -> None:
    session.execute(delete(MailResponse).where(MailResponse.mail_id.in_(select(Mail.id).where(of_mails))))


def _forget_contacts(session: Session, campaign: Campaign, partner_ids: list[int], now: datetime) -> None:
    contacts = session.scalars(select(Contact).where(Contact.partner_id.in_(partner_ids))).all()
    remember_links(session, campaign, [one for one in contacts if one.ended_at is None], now)
    for one in contacts:
        one.name = one.email = ""
        one.email_hmac = None
        one.ref, one.generation, one.ended_at = tokens.new_ref(), one.generation + 1, one.ended_at or now
    session.flush()


def _publicly_named(session: Session, campaign: Campaign) -> set[int]:
    """Whose names everybody reads under the letter; nobody's while nobody has it, or if it never leaves."""
    has_left = campaign.dispatched_at is not None or load_stage(session, campaign, db.clock(session)) in BEYOND_RECALL
    if not has_left or campaign.cancelled_at is not None:
        return set()
    return {one.id for one in load_signatories(session, campaign, "public").named}


def _empty_seals(session: Session, campaign: Campaign, nameless: list[int]) -> None:
    """Seals that were voided, and are sent by nobody; and of the living one what names somebody who is erased."""
    of_it = Seal.campaign_id == campaign.id
    living_sealed_at = sealed_at(campaign.id, living_seal_number(campaign.id))
    stood = standing_signatures(Answer.visibility, campaign_id=campaign.id, as_of=living_sealed_at)
    named = set(session.scalars(stood.where(Partner.id.in_(nameless)).distinct()))
    wiped: list[ColumnElement[bool]] = [Seal.voided_at.is_not(None)]
    naming = [one for one in get_args(Rendition) if any(is_named(visibility, one) for visibility in named)]
    wiped.append(Seal.rendition.in_(naming))
    for which in wiped:
        session.execute(update(Seal).where(of_it, which).values(content=b""))


def _forget_strangers(session: Session, strangers: Sequence[ThirdPartyAddress]) -> None:
    """Blank who they are, and call back their mails; their links lead nowhere any more."""
    now = db.clock(session)
    if living := [one for one in strangers if one.organization]:
        remember_links(session, living[0].campaign, living, now)
    for one in strangers:
        one.forget()
        one.ref, one.decided_at = tokens.new_ref(), one.decided_at or now
    mails = Mail.id.in_([one.mail_id for one in strangers])
    outbox.cancel(session, mails)
    session.execute(update(Mail).where(mails).values(reply=None, reported_at=None, delayed_at=None))
