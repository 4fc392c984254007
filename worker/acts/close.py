"""Close: nothing more can be added; the list, the text and the PDF are sealed before anything is sent."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking, two_persons
from worker.mail import kinds, outbox
from worker.models import Campaign, Mail, Rendition, Seal
from worker.state.letters import is_irrevocable, living, living_seal, load_letters
from worker.state.refusals import Closed
from worker.state.signatories import count_signing, names_too_many
from worker.wording.letter import Content, build_sheets, read_content, render
from worker.wording.sheet import Sheet

RENDERED_AHEAD = 3  # times, before the letter is rendered under the lock


def close_and_seal(campaign_id: int, *, early: bool = False) -> int | None:
    """Close a campaign whose deadline has passed and seal its letter; seal again after a withdrawal.

    Idempotent: returns the number of the seal, or None when there was nothing to do. Does nothing while held, unless a
    person closes `early`. Has transactions of its own: the letter is rendered between them, as thousands of names take
    seconds, and sealed if it still says what holds. Raises InPanic and SecondPersonNeeded if `early`.
    """
    with db.transaction() as session:
        if _lock_and_close(session, campaign_id, early=early) is None:
            return None
    for _ in range(RENDERED_AHEAD):
        with db.reading() as session:
            ahead = _read(session, session.get_one(Campaign, campaign_id))
        rendered = ahead.render()
        with db.transaction() as session:
            locked = _lock_and_close(session, campaign_id, early=early)
            if locked is None:  # another may have sealed what was rendered here
                return _living(session, campaign_id)
            if read_content(session, locked.campaign) == ahead.content:
                return _seal(session, locked, rendered)
    with db.transaction() as session:
        return close_and_seal_within(session, campaign_id, early=early) or _living(session, campaign_id)


def close_and_seal_within(session: Session, campaign_id: int, *, early: bool = False) -> int | None:
    """The same in one transaction: the letter is rendered while the campaign is locked."""
    locked = _lock_and_close(session, campaign_id, early=early)
    return None if locked is None else _seal(session, locked, _read(session, locked.campaign).render())


def close_when_due(session: Session, campaign_id: int) -> None:
    """Close a campaign whose deadline has passed, and leave it to `close_and_seal` to seal its letter."""
    _lock_and_close(session, campaign_id, early=False)


def close_early(session: Session, campaign_id: int) -> None:
    """Close before the deadline; `close_and_seal` seals afterwards. Raises Closed, InPanic and SecondPersonNeeded."""
    require_not_closed(session, campaign_id)
    _lock_and_close(session, campaign_id, early=True)


def require_not_closed(session: Session, campaign_id: int) -> None:
    """Raise Closed where there is nothing to close any more, InPanic where nothing is closed now."""
    campaign = db.locked(session, campaign_id)
    if campaign.closed_at is not None or campaign.cancelled_at is not None:
        raise Closed.to("close", campaign)
    locking.require_calm(campaign)


def void_seal(session: Session, campaign: Campaign, now: datetime) -> None:
    """Make sure that no seal made so far is sent: what travels now is not sent again, the rest is cancelled.

    Call it once whoever stepped back does not stand in the rows any more.
    """
    outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind.in_(kinds.cancelled_by("void")), at=now)
    living = update(Seal).where(Seal.campaign_id == campaign.id, Seal.voided_at.is_(None)).values(voided_at=now)
    voided = set(session.scalars(living.returning(Seal.number)))
    if voided:
        audit.log(session, campaign, "clock", "seal_voided", detail=max(voided), at=now)
    empty_voided_seals(session, campaign)


def empty_voided_seals(session: Session, campaign: Campaign) -> None:
    """Keep no document of a seal that was voided, for it may name who stepped back; hashes and moments stay.

    Of one that an addressee has, or may have, copies bring the public rendition until that names somebody too many.
    """
    kept_whole = (Seal.campaign_id == campaign.id, Seal.voided_at.is_not(None), func.length(Seal.content) > 0)
    numbers = set(session.scalars(select(Seal.number).where(*kept_whole)))
    if not numbers:
        return
    gone = {letter.seal_number for letter in living(load_letters(session, campaign)) if letter.has_left}
    copied = {number for number in numbers & gone if not names_too_many(session, campaign, number)}
    brought = (Seal.rendition == "public") & Seal.number.in_(copied)
    session.execute(update(Seal).where(*kept_whole, ~brought).values(content=b""))


def _lock_and_close(session: Session, campaign_id: int, *, early: bool) -> "_Locked | None":
    """Lock a campaign alone, so that no answer slips between list and seal, and close it; null if nothing is to do."""
    campaign = db.locked(session, campaign_id)
    if early:
        locking.require_calm(campaign)
    now = db.clock(session)
    if campaign.cancelled_at or campaign.panic_at or (campaign.held_at and not early):
        return None
    if campaign.closed_at is None:
        if campaign.takes_answers(at=now):
            if not early:
                return None
            two_persons.require(session, campaign, "close")
        campaign.closed_at = now
        past = Mail.kind.in_(kinds.cancelled_by("close"))
        outbox.cancel(session, Mail.campaign_id == campaign.id, past, at=now)
        audit.log(session, campaign, "organizer" if early else "clock", "closed", at=now)
    elif living_seal(session, campaign) is not None or is_irrevocable(campaign, load_letters(session, campaign)):
        return None
    return _Locked(campaign, now)


def _living(session: Session, campaign_id: int) -> int | None:
    return living_seal(session, session.get_one(Campaign, campaign_id))


class _Locked(NamedTuple):
    """A campaign that is closed and without a living seal, locked from `now` until the transaction ends."""

    campaign: Campaign
    now: datetime


@dataclass(frozen=True)
class _Letter:
    """What a campaign's letter says at one moment, in each rendition."""

    content: Content
    sheets: list[tuple[Rendition, Sheet]]
    closed_at: datetime
    authentic: str

    def render(self) -> list[dict[str, Any]]:
        """The documents, as columns of the rows of a seal; takes seconds where there are thousands of names."""
        return [
            {
                "rendition": rendition,
                "language": language,
                "format": format,
                "content": content,
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for rendition, language, format, content in render(self.sheets, self.closed_at, self.authentic)
        ]


def _read(session: Session, campaign: Campaign) -> _Letter:
    assert campaign.closed_at is not None
    content = read_content(session, campaign)
    return _Letter(content, build_sheets(campaign, content), campaign.closed_at, campaign.authentic)


def _seal(session: Session, locked: _Locked, documents: list[dict[str, Any]]) -> int:
    campaign, now = locked
    number = (session.scalar(select(func.max(Seal.number)).where(Seal.campaign_id == campaign.id)) or 0) + 1
    these = {"campaign_id": campaign.id, "number": number, "sealed_at": now}
    session.execute(insert(Seal), [document | these for document in documents])
    outbox.put(session, [outbox.to_organizers("closed", campaign, f"seal-{number}", now, seal_number=number)])
    signed = sum(count_signing(session, [campaign.id]).get(campaign.id, {}).values())
    audit.log(session, campaign, "clock", "sealed", detail=(number, signed), at=now)
    return number
