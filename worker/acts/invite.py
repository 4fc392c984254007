"""Invite every partner once."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.mail import outbox
from worker.mail.undo_minutes import undo_until
from worker.models import Campaign, Mail
from worker.state.due import first_mail_at
from worker.state.recipients import select_not_yet_asked

FIRST_FEW = 5
BATCH = 2_000


def enqueue_invitations(session: Session, campaign_id: int) -> int:
    """Put an invitation for partners that have an address and none yet; returns how many, 0 when all have one.

    BATCH at most, for a list may be long: whoever calls it calls again. The first few go alone, and by fives
    until the relay took one: a mistake in the sender or in the relay's settings then reaches five and not five
    thousand. They wait for `settings.undo` after a launch, or after a partner was added.
    """
    campaign = db.locked(session, campaign_id, "shared")
    now = db.clock(session)
    if campaign.panic_at is not None or not campaign.takes_answers(at=now):
        return 0
    if (number := _how_many_may_be_asked(session, campaign)) == 0:
        return 0
    partners = session.execute(select_not_yet_asked(campaign).limit(number)).all()
    dated_at, due_at = _says_so_since(campaign, now), max(now, first_mail_at(campaign))
    rows = [
        outbox.to_partner(
            *("invitation", campaign, one, "1", now),
            dated_at=max(dated_at, one.added_at or dated_at),
            due_at=max(due_at, _minute_of(campaign, one.added_at, now)) if one.added_at else due_at,
        )
        for one in partners
    ]
    asked = outbox.put(session, rows)
    if asked:
        audit.log(session, campaign, "clock", "invited", detail=asked, at=now)
    return asked


def _minute_of(campaign: Campaign, added_at: datetime, now: datetime) -> datetime:
    """Until when one that was added can be taken out again unseen; from now on where nothing ran until then."""
    until = undo_until(campaign, added_at)
    return until if until > now else undo_until(campaign, now)


def _says_so_since(campaign: Campaign, now: datetime) -> datetime:
    """Since when an invitation says what it says now."""
    since = (campaign.launched_at, campaign.deadline_set_at, campaign.letter.made_at)
    return outbox.fact_moment(max(filter(None, since)), now)


def _how_many_may_be_asked(session: Session, campaign: Campaign) -> int:
    """Many once the relay took an invitation; before that a few, and none while no answer came about the last few.

    While some are uncertain, one after the other: those go once more after a quarter of an hour only, and somebody
    must try the relay before.
    """
    invitations = select(Mail.id).where(Mail.campaign_id == campaign.id, Mail.kind == "invitation")
    if session.scalar(invitations.where(Mail.sent_at.is_not(None)).limit(1)):
        return BATCH
    waits = invitations.where(Mail.due_at.is_not(None))
    without_answer = Mail.uncertain_at.is_(None) & (Mail.reply.is_(None) | Mail.blocked_at.is_not(None))
    if session.scalar(waits.where(without_answer).limit(1)):
        return 0
    return 1 if session.scalar(waits.where(Mail.uncertain_at.is_not(None)).limit(1)) else FIRST_FEW
