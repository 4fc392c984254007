"""Move the deadline of a running campaign."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, undo
from worker.mail import outbox
from worker.state.recipients import load_answering_contacts, load_asked
from worker.state.refusals import Closed, NotLater

A_MINUTE = timedelta(minutes=1)  # what is typed twice as a span ("in 3 days") leads some seconds further


def move_deadline(session: Session, campaign_id: int, deadline: datetime, *, even_passed: bool = False) -> int:
    """Move the deadline to a later moment and tell every partner that was asked; returns how many are told.

    It can be taken back while these mails wait. Raises Closed once the deadline has passed (unless `even_passed`,
    where everything stood still meanwhile and nothing was closed), NotLater if the new one is not later by a minute.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=min(now, campaign.deadline_at) if even_passed else now):
        raise Closed.to("extend", campaign)
    if deadline < max(campaign.deadline_at, now) + A_MINUTE:
        raise NotLater(deadline=campaign.deadline_at, zone=campaign.zone)
    before = {"deadline": campaign.deadline_at.isoformat(), "deadline_set": campaign.deadline_set_at.isoformat()}
    campaign.deadline_at, campaign.deadline_set_at = deadline, now
    later = outbox.MailOptions(due_at=undo.remember(campaign, "extend", now, **before))
    which = outbox.moment_key(deadline)
    rows = [outbox.to_partner("extended", campaign, p, which, now, **later) for p in load_asked(session, campaign)]
    for contacts in load_answering_contacts(session, campaign).values():
        rows += [outbox.to_contact("extended", campaign, one, which, now, **later) for one in contacts]
    told = outbox.put(session, rows)
    audit.log(session, campaign, "organizer", "extended", detail=(told, deadline.isoformat()), at=now)
    return told
