"""What stops a campaign, or what it sends, and what lets it go on."""

from sqlalchemy.orm import Session

from worker.acts.cancel import cancel_campaign
from worker.acts.erase import cancel_and_erase
from worker.acts.hold import Held, hold_letter, leaves_at_once, resume_letter
from worker.acts.two_persons import switch_two_persons
from worker.state.approvals import count_possible_seconds
from worker.state.counts import load_counts
from worker.state.letters import delivery_state, load_letters
from worker.state.recipients import load_to_tell_of_end_by_hand
from worker.state.refusals import AlreadyHeld, Closed, NotHeld
from worker.web.desk.doing import At, DeskAct
from worker.wording.acts import Before, safety, two_persons
from worker.wording.organizers import O_


def _hold(session: Session, at: At) -> object:
    return hold_letter(session, at.campaign.id, all_mail=True)


def _before_hold(session: Session, at: At) -> Before:
    hold_letter(session, at.campaign.id, all_mail=True)
    return safety.hold_all_mail(at.language)


def _hold_letter(session: Session, at: At) -> Held:
    held = hold_letter(session, at.campaign.id)
    if not held.changed:
        raise AlreadyHeld
    return held


def _before_hold_letter(session: Session, at: At) -> Before:
    where = delivery_state(at.campaign, load_letters(session, at.campaign))
    return safety.hold_letter(where, at.language, unasked=_hold_letter(session, at).unasked)


def _resume(session: Session, at: At) -> int:
    if (waiting := resume_letter(session, at.campaign.id)) is None:
        raise NotHeld
    return waiting


def _before_resume(session: Session, at: At) -> Before:
    waiting = _resume(session, at)
    facts = leaves_at_once(session, at.campaign.id)
    signed = facts.signed if facts else 0
    return safety.resume(waiting, at.language, letter_leaves=facts is not None, signed=signed)


def _cancel(session: Session, at: At) -> int:
    if at.campaign.cancelled_at is not None:
        raise Closed.to("close", at.campaign)
    if at.typed.get("erase"):
        return cancel_and_erase(session, at.campaign.id)
    return cancel_campaign(session, at.campaign.id) or 0


def _before_cancel(session: Session, at: At) -> Before:
    signed = load_counts(session, at.campaign).signed
    by_hand = [partner.organization for partner in load_to_tell_of_end_by_hand(session, at.campaign)]
    told = _cancel(session, at)
    return safety.cancel(signed, told, by_hand, at.language, erase=bool(at.typed.get("erase")))


def _want_two(session: Session, at: At) -> bool:
    return switch_two_persons(session, at.campaign.id, on=True)


def _before_wanting_two(session: Session, at: At) -> Before:
    owners = count_possible_seconds(session, at.campaign)
    _want_two(session, at)
    return two_persons.switch(on=True, owners=owners, language=at.language)


def _want_one(session: Session, at: At) -> bool:
    return switch_two_persons(session, at.campaign.id, on=False)


def _before_wanting_one(session: Session, at: At) -> Before:
    _want_one(session, at)
    return two_persons.switch(on=False, owners=0, language=at.language)


def _can_be_cancelled(at: At) -> bool:
    return at.campaign.cancelled_at is None and at.campaign.dispatched_at is None


ACTS = (
    DeskAct(
        "hold",
        O_("Hold the letter and all email"),
        "safety",
        _before_hold,
        _hold,
        fits=lambda at: at.campaign.mail_held_at is None and at.campaign.cancelled_at is None,
        then=O_(
            "Until the list is closed, partners can still answer. It stays held until somebody chooses “Let it go on”."
        ),
    ),
    DeskAct(
        "hold-letter",
        O_("Hold the letter only"),
        "safety",
        _before_hold_letter,
        _hold_letter,
        fits=lambda at: at.campaign.held_at is None and _can_be_cancelled(at),
        then=O_(
            "Until the list is closed, partners can still answer. It stays held until somebody chooses “Let it go on”."
        ),
    ),
    DeskAct(
        "resume",
        O_("Let it go on"),
        "safety",
        _before_resume,
        _resume,
        sends=True,
        is_dangerous=True,
        fits=lambda at: at.campaign.held_at is not None,
        watches="everything",
        wakes_for_it=("close",),
    ),
    DeskAct(
        "two-persons",
        O_("Want two persons for what exposes more"),
        "safety",
        _before_wanting_two,
        _want_two,
        needs="owner",
        fits=lambda at: not at.campaign.two_persons,
        wakes=(),
    ),
    DeskAct(
        "one-person",
        O_("Let one person be enough"),
        "safety",
        _before_wanting_one,
        _want_one,
        needs="owner",
        is_dangerous=True,
        fits=lambda at: at.campaign.two_persons,
    ),
    DeskAct(
        "cancel",
        O_("Cancel the campaign"),
        "end",
        _before_cancel,
        _cancel,
        form_page="cancel",
        needs="owner",
        sends=True,
        is_dangerous=True,
        fits=_can_be_cancelled,
        watches="everything",
        then=O_("The letter will never be sent. Whoever was asked is told by email now."),
        wakes_for_it=("erase",),
    ),
)
