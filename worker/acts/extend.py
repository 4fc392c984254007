"""Move the deadline of a running campaign."""

from datetime import datetime

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.mail import outbox
from worker.state.recipients import load_answering_contacts, load_asked
from worker.state.refusals import Closed, NotLater


def move_deadline(session: Session, campaign_id: int, deadline: datetime) -> int:
    """Move the deadline to a later moment and tell every partner that was asked; returns how many are told.

    Raises Closed once the deadline has passed, NotLater if the new one is not later.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise Closed.to("extend", campaign)
    if deadline <= campaign.deadline_at:
        raise NotLater(deadline=campaign.deadline_at, zone=campaign.zone)
    campaign.deadline_at, campaign.deadline_set_at = deadline, now
    which = outbox.moment_key(deadline)
    rows = [outbox.to_partner("extended", campaign, p, which, now) for p in load_asked(session, campaign)]
    for contacts in load_answering_contacts(session, campaign).values():
        rows += [outbox.to_contact("extended", campaign, one, which, now) for one in contacts]
    told = outbox.put(session, rows)
    audit.log(session, campaign, "organizer", "extended", detail=told, at=now)
    return told
