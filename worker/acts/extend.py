"""Move the deadline of a running campaign."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, locking, two_persons, undo
from worker.mail import outbox
from worker.models import Campaign, Mail
from worker.state.recipients import load_answering_contacts, load_asked
from worker.state.refusals import Closed, NotEarlier, NotLater, TooSoon

A_MINUTE = timedelta(minutes=1)  # what is typed twice as a span ("in 3 days") leads some seconds further
LEAST_AHEAD = timedelta(hours=1)  # of an earlier deadline: whoever reads of it has still time to answer


def move_deadline(session: Session, campaign_id: int, deadline: datetime, *, even_passed: bool = False) -> int:
    """Move the deadline to a later moment and tell every partner that was asked; returns how many are told.

    It can be taken back while these mails wait. Raises Closed once the deadline has passed (unless `even_passed`,
    where everything stood still meanwhile and nothing was closed), InPanic, NotLater if the new one is not later by a
    minute.
    """
    campaign = db.locked(session, campaign_id)
    if not even_passed:
        locking.require_calm(campaign)
    now = db.clock(session)
    if not campaign.takes_answers(at=min(now, campaign.deadline_at) if even_passed else now):
        raise Closed.to("extend", campaign)
    if deadline < max(campaign.deadline_at, now) + A_MINUTE:
        raise NotLater(deadline=campaign.deadline_at, zone=campaign.zone)
    return _move(session, campaign, deadline, now, "extended")


def bring_deadline_forward(session: Session, campaign_id: int, deadline: datetime) -> int:
    """Move the deadline to an earlier moment, an hour ahead at least, and tell likewise; answers stand.

    Raises InPanic, Closed once the deadline has passed, NotEarlier, TooSoon or SecondPersonNeeded.
    """
    campaign = locking.lock_calm(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise Closed.to("extend", campaign)
    if deadline > campaign.deadline_at - A_MINUTE:
        raise NotEarlier(deadline=campaign.deadline_at, zone=campaign.zone)
    if deadline < now + LEAST_AHEAD:
        raise TooSoon
    two_persons.require(session, campaign, "earlier", deadline=deadline.isoformat())
    return _move(session, campaign, deadline, now, "earlier")


def _move(session: Session, campaign: Campaign, deadline: datetime, now: datetime, kind: str) -> int:
    """What tells of the other direction and has not left would say what is not so any more: it is called back."""
    other = "earlier" if kind == "extended" else "extended"
    called_back = undo.call_back(session, Mail.campaign_id == campaign.id, Mail.kind == other, at=now)
    before = {"deadline": campaign.deadline_at.isoformat(), "deadline_set": campaign.deadline_set_at.isoformat()}
    campaign.deadline_at, campaign.deadline_set_at = deadline, now
    due_at = undo.remember(campaign, "extend", now, called_back=called_back, **before)
    later = outbox.MailOptions(due_at=due_at)
    which = f"{outbox.moment_key(deadline)}-{outbox.moment_key(now)}"  # a deadline may come back
    rows = [outbox.to_partner(kind, campaign, one, which, now, **later) for one in load_asked(session, campaign)]
    for contacts in load_answering_contacts(session, campaign).values():
        rows += [outbox.to_contact(kind, campaign, one, which, now, **later) for one in contacts]
    told = outbox.put_unless_tried(session, rows)
    audit.log(session, campaign, "organizer", "extended", detail=(told, deadline.isoformat()), at=now)
    return told
