"""What changes about a running campaign: its deadline, reminders, its letter and settings, and how it is closed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from worker import db
from worker.acts.close import close_and_seal, close_early, require_not_closed
from worker.acts.extend import LEAST_AHEAD, bring_deadline_forward, move_deadline
from worker.acts.remind import remind_now
from worker.acts.undo import undo_last
from worker.state.counts import load_counts
from worker.state.recipients import count_reminded, load_asked, load_to_tell_of_end_by_hand
from worker.state.refusals import NobodyToRemind
from worker.web.desk import amend_act, fields, settings_act
from worker.web.desk.doing import At, DeskAct
from worker.wording.acts import Before
from worker.wording.acts import deadline as words
from worker.wording.organizers import O_

Move = Callable[[Session, int, datetime], int]
_IN_A_MINUTE = O_("The emails leave in a minute. Until then you can take it back.")


def _moves(move: Move) -> Callable[[Session, At], object]:
    return lambda session, at: move(session, at.campaign.id, fields.read_deadline(session, at))


def _before_move(move: Move) -> Callable[[Session, At], Before]:
    def before(session: Session, at: At) -> Before:
        moment = fields.read_deadline(session, at)
        names = [partner.organization for partner in load_asked(session, at.campaign)]
        by_hand = [partner.organization for partner in load_to_tell_of_end_by_hand(session, at.campaign)]
        told = move(session, at.campaign.id, moment)
        earlier = move is bring_deadline_forward
        return words.move(
            told, names, moment, at.campaign.zone, at.language, earlier=earlier, by_hand=by_hand if earlier else ()
        )

    return before


def _deadline_form(session: Session, at: At) -> dict[str, Any]:
    return {"deadline": at.campaign.deadline_at}


def _remind(session: Session, at: At) -> None:
    again = bool(at.typed.get("again"))
    if not remind_now(session, at.campaign.id, mailed_lately=again):
        raise NobodyToRemind(silent=count_reminded(session, at.campaign, db.clock(session), again=again).silent)


def _before_remind(session: Session, at: At) -> Before:
    again = bool(at.typed.get("again"))
    found = count_reminded(session, at.campaign, db.clock(session), again=again)
    _remind(session, at)
    return words.remind(found.names, found.just_reminded, found.mailed_lately, at.language)


def _undo(session: Session, at: At) -> object:
    return undo_last(session, at.campaign.id)


def _before_undo(session: Session, at: At) -> Before:
    act, undone = undo_last(session, at.campaign.id)
    return words.undo(act, undone.mails, undone.answers, undone.deadline, at.campaign.zone, at.language)


def _close(session: Session, at: At) -> None:
    close_early(session, at.campaign.id)


def _before_close(session: Session, at: At) -> Before:
    require_not_closed(session, at.campaign.id)
    counts = load_counts(session, at.campaign)
    return words.close(counts.signed, counts.silent, counts.unreached, at.language)


def _is_open(at: At) -> bool:
    return at.campaign.takes_answers(at.visitor.now)


def _can_be_undone(at: At) -> bool:
    until, last = at.campaign.undo_until, (at.campaign.undo or {}).get("act")
    return until is not None and until > at.visitor.now and last != "launch" and _is_open(at)


def _can_be_earlier(at: At) -> bool:
    return at.campaign.deadline_at > at.visitor.now + LEAST_AHEAD and _is_open(at)


ACTS = (
    DeskAct(
        "undo",
        O_("Take the last action back"),
        "deadline",
        _before_undo,
        _undo,
        fits=_can_be_undone,
        then=O_("None of its emails was sent."),
    ),
    DeskAct(
        "extend",
        O_("Move the deadline later"),
        "deadline",
        _before_move(move_deadline),
        _moves(move_deadline),
        form_page="extend",
        form=_deadline_form,
        sends=True,
        fits=_is_open,
        then=_IN_A_MINUTE,
    ),
    DeskAct(
        "earlier",
        O_("Make the deadline earlier"),
        "deadline",
        _before_move(bring_deadline_forward),
        _moves(bring_deadline_forward),
        form_page="earlier",
        form=_deadline_form,
        sends=True,
        fits=_can_be_earlier,
        then=_IN_A_MINUTE,
    ),
    DeskAct(
        "remind",
        O_("Remind those who have not answered"),
        "deadline",
        _before_remind,
        _remind,
        form_page="remind",
        sends=True,
        fits=_is_open,
        then=_IN_A_MINUTE,
    ),
    amend_act.AMEND,
    settings_act.SETTINGS,
    DeskAct(
        "close",
        O_("Close before the deadline"),
        "end",
        _before_close,
        _close,
        needs="owner",
        sends=True,
        is_dangerous=True,
        fits=_is_open,
        watches="everything",
        then=O_("The letter leaves after the review, or when a person sends it."),
        wakes_for_it=("dispatch",),
        afterwards=lambda campaign_id: close_and_seal(campaign_id, early=True),
    ),
)
