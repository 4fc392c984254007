"""Remind only those who have not answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking, undo
from worker.acts.invite import BATCH
from worker.mail import outbox
from worker.models import Actor, Campaign
from worker.state.recipients import (
    A_DAY,
    OF_A_READER,
    is_being_asked,
    last_mail,
    load_to_remind,
    reminder_due,
    select_silent,
)
from worker.state.refusals import Closed


def remind_when_due(session: Session, campaign_id: int) -> int:
    """Put the reminder whose moment has come for silent partners; returns how many, 0 when all have it.

    A moment that was past when the deadline was set is skipped, and so is a partner that had a mail
    within the day before it (an eighth of the whole run, when that is shorter), or for whom one waits.
    """
    campaign = db.locked(session, campaign_id, "shared")
    now = db.clock(session)
    if campaign.panic_at is not None or not campaign.takes_answers(at=now):
        return 0
    if (moment := reminder_due(campaign, now)) is None:
        return 0
    quiet_since = moment - min(A_DAY, (campaign.deadline_at - campaign.launched_at) / 8)
    due = select_silent(campaign).where(last_mail() < quiet_since, ~is_being_asked())
    silent = session.execute(due.limit(BATCH).with_only_columns(*OF_A_READER)).all()
    dated_at = outbox.fact_moment(moment, now)
    return _put_reminders(
        session, campaign, silent, outbox.moment_key(moment), now, "clock", due_at=now, dated_at=dated_at
    )


def remind_now(session: Session, campaign_id: int, *, mailed_lately: bool = True) -> int:
    """Put a reminder for every silent partner because an organizer asks for it; returns how many are new.

    Takes the campaign alone: two who ask for it at once remind once. It can be taken back while these mails wait.
    Raises InPanic, and Closed.
    """
    campaign = locking.lock_calm(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise Closed.to("remind", campaign)
    partners = load_to_remind(session, campaign, now, mailed_lately=mailed_lately)
    if not partners:
        return 0
    due_at = undo.remember(campaign, "remind", now)
    return _put_reminders(
        session, campaign, partners, outbox.moment_key(now), now, "organizer", due_at=due_at, dated_at=now
    )


def _put_reminders(
    session: Session,
    campaign: Campaign,
    partners: Sequence[outbox.ToPartner],
    which: str,
    now: datetime,
    actor: Actor,
    **dates: Unpack[outbox.MailOptions],
) -> int:
    rows = [outbox.to_partner("reminder", campaign, partner, which, now, **dates) for partner in partners]
    reminded = outbox.put_unless_tried(session, rows)
    if reminded:
        audit.log(session, campaign, actor, "reminded", detail=reminded, at=now)
    return reminded
