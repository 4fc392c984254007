"""Take the organizers' last act back while its mails wait, as if it had not been done.

`campaign.undo` remembers the act, when it was done and what stood before: numbers and moments, and no names. Each act
overwrites what the one before it left, so only the last can be taken back.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session

from worker import db, journal
from worker.acts import audit, locking, merge
from worker.mail import kinds, outbox, undo_minutes
from worker.models import Addressee, Answer, Campaign, Letter, Mail, Member, OrganizerAct, Partner
from worker.state.refusals import CannotBeUndone, Closed, NothingToUndo

UndoableAct = Literal["amend", "remind", "extend"]
CalledBack = list[tuple[int, str | None]]  # mails, each with when it was due


@dataclass(frozen=True)
class Undone:
    """How many mails were taken back, how many answers stand again, and until when answers are taken."""

    mails: int
    answers: int
    deadline: datetime


def remember(campaign: Campaign, act: OrganizerAct, now: datetime, **before: Any) -> datetime:
    """Keep what it takes to take this act back; returns when its mails leave.

    Needs the campaign alone. While the launch itself can be taken back, a sleep starts its minute anew together with
    this one.
    Numbers of letters that were taken back are used no more: somebody may have read them.
    """
    earlier = campaign.undo or {}
    waits = campaign.undo_until is not None and campaign.undo_until > now
    launching = act == "launch" or (waits and bool(earlier.get("launching")))
    campaign.undo_until = undo_minutes.undo_until(campaign, now)
    campaign.undo = {
        "act": act,
        "at": now.isoformat(),
        "restarts": 0,
        "launching": launching,
        "used": earlier.get("used", [0, 0]),
        **before,
    }
    return campaign.undo_until


def used_numbers(campaign: Campaign) -> tuple[int, int]:
    """The highest version and meaning of a letter that was taken back; zeros if none was."""
    version, meaning = (campaign.undo or {}).get("used", [0, 0])
    return version, meaning


def call_back(session: Session, *which: ColumnElement[bool], at: datetime) -> CalledBack:
    """Call back mails as `outbox.cancel` does, and say which, and when they were due."""
    waiting = select(Mail.id, Mail.due_at).where(Mail.sent_at.is_(None), Mail.cancelled_at.is_(None), *which)
    found = session.execute(waiting.order_by(Mail.id)).all()
    outbox.cancel(session, *which, at=at)
    return [(mail_id, due_at.isoformat() if due_at else None) for mail_id, due_at in found]


def count_left(mails: Sequence[Mail]) -> int:
    """How many of these mails were handed over, may have been, or are leased to a worker.

    Also by a lease that ran out: a worker that was killed may have handed the mail over and not written it down.
    """
    return sum(mail.has_left or mail.uncertain_at is not None or _is_leased(mail) for mail in mails)


def _is_leased(mail: Mail) -> bool:
    return mail.lease_holder is not None


def undo_act(session: Session, campaign_id: int, act: UndoableAct) -> Undone:
    """Take back the last act, if it is this one: an amended letter, a moved deadline, or reminders; not a launch.

    Takes the campaign alone, and the act's mails from under the workers. Raises NothingToUndo if another act was done
    since, or its time is over and no mail of it waits; InPanic; Closed once answers are taken no more;
    CannotBeUndone once one of its mails has left or may have, or somebody has answered what the act brought about.
    """
    campaign = locking.lock_calm(session, campaign_id)
    now = db.clock(session)
    if not campaign.takes_answers(at=now):
        raise Closed.to(act, campaign)
    undo = campaign.undo
    if undo is None or undo["act"] is None:
        raise NothingToUndo(act=act, last=None)
    its = undo_minutes.mails_of_act(campaign)
    mails = session.scalars(select(Mail).where(its).order_by(Mail.id).with_for_update()).all()
    left, answers = count_left(mails), _count_answers(session, campaign)
    if undo["act"] != act:
        raise NothingToUndo(act=act, last=None if left or answers or _is_over(campaign, mails, now) else undo["act"])
    if left or answers:
        raise CannotBeUndone(act=act, left=left, answers=answers, slug=campaign.slug)
    if _is_over(campaign, mails, now):
        raise NothingToUndo(act=act, last=None)
    session.execute(delete(Mail).where(Mail.id.in_([mail.id for mail in mails])))
    again = 0
    if act == "amend":
        again = _put_letter_back(session, campaign, now)
    elif act == "extend":
        campaign.deadline_at = datetime.fromisoformat(undo["deadline"])
        campaign.deadline_set_at = datetime.fromisoformat(undo["deadline_set"])
        _wait_again(session, dict(undo.get("called_back", [])), undo_minutes.moment_of_act(campaign))
    journal.note(session, "undone", campaign.seed, detail=undo["at"], at=now)
    audit.log(session, campaign, "organizer", "undone", detail=(act, len(mails)), at=now)
    _forget(campaign, now)
    return Undone(len(mails), again, campaign.deadline_at)


def undo_last(session: Session, campaign_id: int) -> tuple[UndoableAct, Undone]:
    """The same of the last act, whichever it is; what it was. Raises NothingToUndo also where that is the launch."""
    last = (db.locked(session, campaign_id).undo or {}).get("act")
    if last is None or last == "launch":
        raise NothingToUndo(act=None, last=last)
    return last, undo_act(session, campaign_id, last)


def _count_answers(session: Session, campaign: Campaign) -> int:
    """How many were given to the letter as amended, voices too, or after the deadline that stood before."""
    assert campaign.undo is not None
    of_it = select(Answer.id).join(Partner).where(Partner.campaign_id == campaign.id)
    match campaign.undo["act"]:
        case "amend":
            voices = select(Member.id).where(Member.letter_id == campaign.letter.id)
            answers = of_it.where(Answer.letter_id == campaign.letter.id)
            return len(session.scalars(answers).all()) + len(session.scalars(voices).all())
        case "extend":
            of_it = of_it.where(Answer.at > datetime.fromisoformat(campaign.undo["deadline"]))
        case _:
            return 0
    return len(session.scalars(of_it).all())


def _is_over(campaign: Campaign, mails: Collection[Mail], now: datetime) -> bool:
    """Whether its minute has ended, and no mail of it waits any more."""
    assert campaign.undo_until is not None
    return now > campaign.undo_until and all(mail.due_at is None for mail in mails)


def _put_letter_back(session: Session, campaign: Campaign, now: datetime) -> int:
    """Let the version before stand again, with the answers and the mails that the amendment took; returns how many."""
    undo, amended = campaign.undo, campaign.letter
    assert undo is not None
    campaign.undo = undo | {"used": [amended.version, amended.meaning]}
    at = undo_minutes.moment_of_act(campaign)
    session.execute(delete(Addressee).where(Addressee.letter_id == amended.id))
    session.execute(delete(Letter).where(Letter.id == amended.id))
    session.expire(campaign, ["letters"])
    lapsed = select(Answer).join(Partner).where(Answer.id.in_(undo["answers"]), Answer.superseded_at == at)
    own = (
        Partner.erased_at.is_(None) & Partner.is_in_list & or_(Partner.disowned_at.is_(None), Partner.disowned_at < at)
    )
    again = _stand_again(session, session.scalars(lapsed.where(own)).all(), now)
    # Whoever stands again is asked no more: not by a new link either, nor by a reminder that came in between.
    asks = Mail.kind.in_(kinds.cancelled_by("answer"))
    outbox.cancel(session, Mail.partner_id.in_([answer.partner_id for answer in again]), asks, at=now)
    _wait_again(session, dict(undo["called_back"]), at)
    return len(again)


def _stand_again(session: Session, lapsed: Sequence[Answer], now: datetime) -> list[Answer]:
    """Let these answers stand again; of several of one partner, for two were made one, that which exposes least."""
    which = Answer.partner_id.in_({answer.partner_id for answer in lapsed}), Answer.superseded_at.is_(None)
    given: dict[int, list[Answer]] = {}
    for answer in [*lapsed, *session.scalars(select(Answer).where(*which))]:
        given.setdefault(answer.partner_id, []).append(answer)
    again = []
    for answers in given.values():
        stands, *others = merge.least_exposing(answers)
        for one in others:
            one.superseded_at = one.superseded_at or now
        if stands.superseded_at is not None:
            again.append(stands)
    session.flush()  # of one partner one stands at most
    for one in again:
        one.superseded_at = None
    session.flush()
    return again


def _wait_again(session: Session, due: dict[int, str | None], called_back_at: datetime) -> None:
    """Let the mails wait again that the act called back, each until it was due before.

    But no receipt of an answer that does not stand.
    """
    of_one = exists().where(Answer.id == Mail.answer_id, Answer.superseded_at.is_(None))
    called_back = select(Mail).where(
        Mail.id.in_(due), Mail.cancelled_at == called_back_at, (Mail.kind != "receipt") | of_one
    )
    for mail in session.scalars(called_back.order_by(Mail.id).with_for_update()).all():
        mail.cancelled_at = None
        if (due_at := due[mail.id]) and mail.sent_at is None and mail.refused_at is None:
            mail.due_at = datetime.fromisoformat(due_at)


def _forget(campaign: Campaign, now: datetime) -> None:
    """Nothing can be taken back now but the launch, if it could until then."""
    undo = campaign.undo
    assert undo is not None
    goes_on = undo["launching"] and campaign.undo_until is not None and campaign.undo_until > now
    kept = {name: undo[name] for name in ("at", "restarts", "launching", "used")}
    campaign.undo = kept | {"act": "launch" if goes_on else None}
    if not goes_on:
        campaign.undo_until = None
