"""Acts that need a second person, where the campaign wants that: each asks here, and a request is filed."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.mail import outbox
from worker.models import Approval, Campaign, Organizer
from worker.state.answers import has_withheld
from worker.state.approvals import ActOfTwo, load_open
from worker.state.refusals import SecondPersonNeeded

MOST_TOLD = 10  # requests of one person that wait: who asks without end floods nobody in our name


@dataclass(frozen=True)
class Agreed:
    """What a second person has agreed to at this moment, in this session."""

    campaign_id: int
    act: ActOfTwo
    fields: dict[str, Any]


def require(session: Session, campaign: Campaign, act: ActOfTwo, **fields: Any) -> None:
    """Raises SecondPersonNeeded unless a second person agreed in this session to this act with these fields.

    A yes is good for one act. What is only tried, and rolled back, goes on; `needed` says afterwards that it was asked.
    """
    if not campaign.two_persons or _is_agreed(session, campaign, act, fields):
        return
    if not session.info.get("trying") or _AGREED in session.info:  # what was agreed to is not what would be done now
        raise SecondPersonNeeded(act=act, fields=fields)
    session.info[_NEEDED] = act


def require_for_withheld(
    session: Session, campaign: Campaign, act: ActOfTwo, *partner_ids: int, now: datetime, **fields: Any
) -> None:
    """The same before somebody else can answer by a link of a partner that ever withheld its name.

    By that link it could be shown to everybody, which one person could not record by hand.
    """
    if campaign.two_persons and campaign.takes_answers(at=now) and has_withheld(session, *partner_ids):
        require(session, campaign, act, **fields)


def require_to_read(session: Session, campaign: Campaign, act: ActOfTwo, **fields: Any) -> None:
    """The same before something is read out: what was read is not rolled back."""
    if campaign.two_persons and not _is_agreed(session, campaign, act, fields):
        raise SecondPersonNeeded(act=act, fields=fields)


def is_needed(session: Session) -> bool:
    """Whether what was tried in this session needs a second person."""
    return _NEEDED in session.info


def ask_second_person(
    session: Session, campaign_id: int, needed: SecondPersonNeeded, asker: Organizer | None = None
) -> int:
    """File a request, and tell the organizers that something waits; returns its number. The same again files none.

    Without `asker` a command asks.
    """
    campaign = db.locked(session, campaign_id)
    act, fields = needed.facts["act"], needed.facts["fields"]
    asker_id = asker.id if asker is not None else None
    its = [one for one in load_open(session, [campaign.id]).get(campaign.id, []) if one.asker_id == asker_id]
    for one in its:
        if (one.act, dict(one.fields)) == (act, fields):
            return one.number
    now = db.clock(session)
    spelled = json.dumps(fields, ensure_ascii=False, sort_keys=True)
    request = Approval(campaign_id=campaign.id, act=act, fields=spelled, asked_by=asker_id, asked_at=now)
    session.add(request)
    session.flush()
    if len(its) < MOST_TOLD:
        outbox.put(session, [outbox.to_organizers("approval", campaign, f"approval-{request.id}", now)])
    audit.log(session, campaign, "organizer", "second_asked", detail=act, at=now)
    return request.id


def let_do(session: Session, agreed: Agreed) -> None:
    """Let this session do what a second person has just agreed to, once."""
    session.info[_AGREED] = agreed


def switch_two_persons(session: Session, campaign_id: int, *, on: bool) -> bool:
    """Want two persons for what exposes more, or no longer; returns whether that is new.

    Raises SecondPersonNeeded: off takes two.
    """
    campaign = db.locked(session, campaign_id)
    if campaign.two_persons is on:
        return False
    if not on:
        require(session, campaign, "two_persons_off")
    campaign.definition = campaign.definition | {"two_persons": on}
    audit.log(session, campaign, "organizer", "two_persons_on" if on else "two_persons_off")
    return True


_AGREED, _NEEDED = "agreed by a second person", "needs a second person"


def _is_agreed(session: Session, campaign: Campaign, act: ActOfTwo, fields: dict[str, Any]) -> bool:
    if session.info.get(_AGREED) != Agreed(campaign.id, act, fields):
        return False
    del session.info[_AGREED]
    return True
