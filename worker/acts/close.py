"""Close: nothing more can be added; the list, the text and the PDF are sealed before anything is sent."""

import hashlib
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from worker import db
from worker.acts import diary
from worker.acts.sheets import renditions
from worker.mail import outbox
from worker.models import Campaign, Mail, Seal


def close(session: Session, campaign_id: int, *, early: bool = False) -> Seal | None:
    """Close a campaign whose deadline has passed and seal its letter; seal again after a withdrawal.

    Idempotent: returns the new seal, or None when there was nothing to do. Does nothing while held,
    unless a person closes `early`. Takes the campaign alone, so that no answer slips between list and seal.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if campaign.cancelled_at or (campaign.held_at and not early):
        return None
    if campaign.closed_at is None:
        if campaign.takes_answers(at=now) and not early:
            return None
        campaign.closed_at = now
        asks = Mail.kind.in_(["invitation", "reminder", "extended", "amended", "corrected"])
        outbox.cancel(session, Mail.campaign_id == campaign.id, asks)
        diary.note(session, campaign, "organizer" if early else "clock", "closed")
    elif living_seal(session, campaign) is not None or has_left_entirely(session, campaign):
        return None
    return _seal(session, campaign)


def living_seal(session: Session, campaign: Campaign) -> int | None:
    """The number of the seal that may be sent, if there is one."""
    return session.scalar(
        select(func.max(Seal.number)).where(Seal.campaign_id == campaign.id, Seal.voided_at.is_(None))
    )


def void(session: Session, campaign: Campaign) -> None:
    """Make sure that no seal made so far is sent: what travels now is not sent again, the rest is called back."""
    now = db.clock(session)
    outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind.in_(["letter", "closed"]))
    session.execute(update(Seal).where(Seal.campaign_id == campaign.id, Seal.voided_at.is_(None)).values(voided_at=now))


Whereabouts = Literal["here", "leaving", "uncertain", "partly", "left"]


def whereabouts(session: Session, campaign: Campaign) -> Whereabouts:
    """Where the letter is.

    `here`: nobody has it; `leaving`: it is being handed over now; `uncertain`: nobody knows whether it arrived;
    `partly`: one addressee has it and another not yet; `left`: all have it, or it was brought by hand.
    """
    if campaign.closed_at is None:
        return "here"
    living = _living_letters(session, campaign)
    sent = {letter.addressee_id for letter in living if letter.sent_at is not None}
    by_mail = _served_by_mail(campaign)
    if was_brought(campaign, living) or (by_mail and by_mail <= sent):
        return "left"
    if any(letter.uncertain_at is not None for letter in living):
        return "uncertain"
    if any(letter.in_data_at is not None and letter.sent_at is None for letter in living):
        return "leaving"
    return "partly" if sent else "here"


def has_left_entirely(session: Session, campaign: Campaign, *, lock: bool = False) -> bool:
    """Whether no addressee's letter can be called back any more.

    A letter whose fate is uncertain does not count as gone: a person decides about its next copy.
    `lock` keeps the outbox from sending one of them until the transaction ends.
    """
    if campaign.closed_at is None:
        return False
    living = _living_letters(session, campaign, lock=lock)
    gone = {letter.addressee_id for letter in living if letter.has_left and letter.uncertain_at is None}
    by_mail = _served_by_mail(campaign)
    return was_brought(campaign, living) or bool(by_mail and by_mail <= gone)


def _living_letters(session: Session, campaign: Campaign, *, lock: bool = False) -> list[Mail]:
    letters = select(Mail).where(Mail.campaign_id == campaign.id, Mail.kind == "letter", Mail.cancelled_at.is_(None))
    if lock:
        letters = letters.with_for_update().execution_options(populate_existing=True)
    return list(session.scalars(letters))


def _served_by_mail(campaign: Campaign) -> set[int]:
    return {addressee.id for addressee in campaign.letter.addressees if addressee.email}


def was_brought(campaign: Campaign, living: Sequence[Mail]) -> bool:
    """Whether an organizer carried the letter there: dispatched, and by no mail."""
    return campaign.dispatched_at is not None and not any(letter.sent_at for letter in living)


def _seal(session: Session, campaign: Campaign) -> Seal:
    now = db.clock(session)
    number = (session.scalar(select(func.max(Seal.number)).where(Seal.campaign_id == campaign.id)) or 0) + 1
    seals = [
        Seal(
            campaign_id=campaign.id,
            number=number,
            rendition=rendition,
            language=language,
            format=format,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            sealed_at=now,
        )
        for rendition, language, format, content in renditions(session, campaign)
    ]
    session.add_all(seals)
    session.flush()
    outbox.put(session, [outbox.to_organizers("closed", campaign, f"seal-{number}", now, seal_number=number)])
    diary.note(session, campaign, "clock", f"sealed as number {number}")
    return seals[0]
