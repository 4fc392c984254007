"""Panic: nothing public, no link, no mail, until an owner ends it."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from worker import db
from worker.acts.panic import end_panic, start_panic
from worker.web.desk import fields
from worker.web.desk.doing import At, DeskAct
from worker.wording.acts import Before
from worker.wording.acts import panic as words
from worker.wording.organizers import O_


def _start(session: Session, at: At) -> object:
    return start_panic(session, at.campaign.id)


def _before_start(session: Session, at: At) -> Before:
    return words.start(at.language)


def _new_deadline(session: Session, at: At) -> datetime | None:
    if not at.typed.get("deadline", "").strip():
        return None
    return fields.read_deadline(session, at)


def _end(session: Session, at: At) -> object:
    return end_panic(session, at.campaign.id, _new_deadline(session, at))


def _before_end(session: Session, at: At) -> Before:
    deadline, campaign, now = _new_deadline(session, at), at.campaign, db.clock(session)
    is_open = campaign.closed_at is None and campaign.cancelled_at is None
    ended = end_panic(session, campaign.id, deadline)
    return words.end(
        ended.mails if ended else 0,
        campaign.deadline_at,
        campaign.zone,
        is_held=bool(ended and ended.is_held),
        has_passed=is_open and campaign.deadline_at < now,
        is_new=deadline is not None,
        language=at.language,
    )


def _form_of_end(session: Session, at: At) -> dict[str, Any]:
    campaign = at.campaign
    return {"has_passed": campaign.closed_at is None and campaign.deadline_at < db.clock(session)}


ACTS = (
    DeskAct(
        "panic",
        O_("Panic: show and send nothing"),
        "safety",
        _before_start,
        _start,
        fits=lambda at: at.campaign.panic_at is None,
        at_once=True,
        then=O_("Tell the other organizers. An owner ends the panic on this page."),
        wakes=(),
    ),
    DeskAct(
        "end-panic",
        O_("End the panic"),
        "safety",
        _before_end,
        _end,
        form_page="end_panic",
        form=_form_of_end,
        needs="owner",
        is_dangerous=True,
        watches="everything",
        fits=lambda at: at.campaign.panic_at is not None,
        then=O_("The letter and all email stay held until you resume the campaign."),
    ),
)
