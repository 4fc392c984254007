"""What changes about a running campaign: its deadline, reminders, its letter, and how it goes on."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from worker import db
from worker.acts.extend import move_deadline
from worker.state.recipients import load_asked
from worker.text import durations
from worker.web.desk.doing import At, DeskAct, Wrong
from worker.wording.acts import Before
from worker.wording.acts import deadline as words
from worker.wording.organizers import O_


def _read_deadline(session: Session, at: At) -> datetime:
    now = db.clock(session)
    try:
        moment = durations.deadline(at.typed.get("deadline", ""), now=now, zone=ZoneInfo(at.campaign.zone))
    except durations.NotATime:
        raise Wrong(deadline="deadline unknown") from None
    if moment > now + durations.MAX_AHEAD:
        raise Wrong(deadline="deadline too far")
    return moment


def _extend(session: Session, at: At) -> int:
    return move_deadline(session, at.campaign.id, _read_deadline(session, at))


def _before_extend(session: Session, at: At) -> Before:
    moment = _read_deadline(session, at)
    names = [partner.organization for partner in load_asked(session, at.campaign)]
    told = move_deadline(session, at.campaign.id, moment)
    return words.move(told, names, moment, at.campaign.zone, at.language)


ACTS = (
    DeskAct(
        "extend",
        O_("Move the deadline"),
        "deadline",
        _before_extend,
        _extend,
        form_page="extend",
        sends=True,
        fits=lambda at: at.campaign.takes_answers(at.visitor.now),
        then=O_("The emails leave in a minute. Until then you can take it back."),
    ),
)
