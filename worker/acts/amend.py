"""Change a running campaign: move its deadline, hold it, let it go on."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import diary
from worker.mail import outbox
from worker.models import Campaign, Mail, Partner


class TooLate(Exception):
    """The deadline has passed, so it cannot be moved: the list may be taken already."""


class NotLater(Exception):
    """The new deadline is not after the present one."""


def extend(session: Session, campaign_id: int, deadline: datetime) -> int:
    """Move the deadline to a later moment and tell every partner that was asked; returns how many are told.

    Raises TooLate once the deadline has passed, NotLater if the new one is not later.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise TooLate
    if deadline <= campaign.deadline_at:
        raise NotLater
    campaign.deadline_at, campaign.deadline_set_at = deadline, now
    which = f"{deadline:%Y%m%dT%H%M%S}"
    rows = [outbox.to_partner("extended", campaign, p, which, now) for p in asked(session, campaign)]
    told = outbox.put(session, rows)
    diary.note(session, campaign, "organizer", f"extended; {told} partners are told")
    return told


def asked(session: Session, campaign: Campaign) -> list[Partner]:
    """The partners whose invitation was accepted by a server."""
    arrived = exists().where(Mail.partner_id == Partner.id, Mail.kind == "invitation", Mail.sent_at.is_not(None))
    return list(
        session.scalars(select(Partner).where(Partner.campaign_id == campaign.id, arrived).order_by(Partner.id))
    )


def hold(session: Session, campaign_id: int) -> bool:
    """Stop close, dispatch and report until `resume`; answers go on. False if it was held already.

    A letter that lies in the outbox is called back; one that travels already cannot be.
    """
    campaign = db.locked(session, campaign_id)
    if campaign.held_at is not None:
        return False
    campaign.held_at = db.clock(session)
    outbox.cancel(session, Mail.campaign_id == campaign.id, Mail.kind == "letter")
    diary.note(session, campaign, "organizer", "held")
    return True


def resume(session: Session, campaign_id: int) -> bool:
    """Let a held campaign go on; False if it was not held."""
    campaign = db.locked(session, campaign_id)
    if campaign.held_at is None:
        return False
    campaign.held_at = None
    diary.note(session, campaign, "organizer", "resumed")
    return True
