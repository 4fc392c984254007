"""Panic: nothing of a campaign is public, its links show nothing, and no mail of it leaves, until an owner ends it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit, two_persons
from worker.acts.extend import move_deadline
from worker.acts.hold import hold_letter
from worker.mail import holds, outbox
from worker.models import Mail
from worker.state.held import count_held_mails
from worker.state.refusals import Closed


@dataclass(frozen=True)
class Ended:
    """How many mails wait, and whether they wait for `resume`: those of a cancelled campaign are sent now."""

    mails: int
    is_held: bool


def start_panic(session: Session, campaign_id: int) -> bool:
    """Show nothing of a campaign to anybody but its organizers, and send nothing to others, at once; whether it is new.

    Its letter and all its mail are held besides, and stay so after the panic: what waited leaves once somebody resumes.
    """
    campaign = db.locked(session, campaign_id)
    if campaign.panic_at is not None:
        return False
    if campaign.cancelled_at is None:
        hold_letter(session, campaign.id, all_mail=True)
    campaign.panic_at = db.clock(session)
    audit.log(session, campaign, "organizer", "panic", at=campaign.panic_at)
    return True


def end_panic(session: Session, campaign_id: int, deadline: datetime | None = None) -> Ended | None:
    """Let pages and links be there again; null if there was no panic. What is held stays held.

    With a new `deadline` partners get the time back in which they could not answer, also where the one before passed
    during the panic; without it nothing is closed before somebody resumes. Raises Closed, NotLater and
    SecondPersonNeeded.
    """
    campaign = db.locked(session, campaign_id)
    if campaign.panic_at is None:
        return None
    now = db.clock(session)
    if deadline is not None and campaign.deadline_at < min(campaign.panic_at, now):
        raise Closed.to("extend", campaign)
    two_persons.require(session, campaign, "end_panic", deadline=deadline.isoformat() if deadline else None)
    waited = (Mail.campaign_id == campaign.id, Mail.due_at.is_not(None), holds.is_to_others())
    mails = count_held_mails(session, [campaign]).get(campaign.id, 0)
    campaign.panic_at = None
    if campaign.cancelled_at is not None:
        outbox.date_anew(session, now, *waited, Mail.uncertain_at.is_(None))
    audit.log(session, campaign, "organizer", "panic_ended", detail=mails, at=now)
    session.flush()
    if deadline is not None:
        move_deadline(session, campaign.id, deadline, even_passed=True)
    return Ended(mails, is_held=campaign.mail_held_at is not None)
