"""What waits for the yes of a second person: what was asked for, by whom, and who may be the second."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.models import Approval, Campaign, Organizer, Role, Seat
from worker.state.organizers import find_seat, is_at_least

WITHIN = timedelta(hours=48)  # after which a request ends by itself
ActOfTwo = Literal[
    "dispatch", "brought", "close", "earlier", "settings", "show_more", "address", "contact", "carry", "merge",
    "export", "end_panic", "erase", "erase_after_telling", "two_persons_off",
]  # fmt: skip
Over = Literal["decided", "expired", "asker_gone", "moot"]
NotSecond = Literal["asker", "local", "no_email", "role", "may_not_send"]


@dataclass(frozen=True)
class Takes:
    """What the act takes of whoever asked for it, at the moment in which it is done."""

    role: Role
    sends: bool = False


ACTS: dict[ActOfTwo, Takes] = {
    "dispatch": Takes("owner", sends=True),
    "brought": Takes("editor", sends=True),
    "close": Takes("owner", sends=True),
    "earlier": Takes("editor", sends=True),
    "settings": Takes("editor"),
    "show_more": Takes("editor", sends=True),
    "address": Takes("editor", sends=True),
    "contact": Takes("editor", sends=True),
    "carry": Takes("editor"),
    "merge": Takes("editor", sends=True),
    "export": Takes("owner"),
    "end_panic": Takes("owner"),
    "erase": Takes("owner"),
    "erase_after_telling": Takes("owner"),
    "two_persons_off": Takes("owner"),
}


@dataclass(frozen=True)
class Request:
    """One request; `asked_by` is null where a command asked, `over`: why it cannot be agreed to any more."""

    number: int
    act: ActOfTwo
    fields: Mapping[str, Any]
    asker_id: int | None
    asked_by: str | None
    asked_at: datetime
    over: Over | None
    """`moot`: what was asked for cannot be done any more, or is so already."""

    @property
    def ends_at(self) -> datetime:
        return self.asked_at + WITHIN


def load_request(session: Session, campaign: Campaign, number: int) -> Request | None:
    """The request of this number, if it is one of this campaign."""
    its = (Approval.id == number, Approval.campaign_id == campaign.id)
    found = _load(session, db.clock(session), *its)
    return found[0][1] if found else None


def load_open(session: Session, campaign_ids: Collection[int], now: datetime | None = None) -> dict[int, list[Request]]:
    """Those that wait, by campaign, in the order in which they were asked for."""
    now = now or db.clock(session)
    waiting = (Approval.campaign_id.in_(campaign_ids), Approval.decided_at.is_(None), Approval.asked_at > now - WITHIN)
    found: dict[int, list[Request]] = {}
    for campaign_id, request in _load(session, now, *waiting):
        if request.over is None:
            found.setdefault(campaign_id, []).append(request)
    return found


def why_not_second(session: Session, campaign: Campaign, request: Request, organizer: Organizer) -> NotSecond | None:
    """Why a person cannot be the second one; null if it can.

    Whoever asked, sits at the machine, or has no login by email is none: a command, and its link, are one person's.
    """
    if organizer.is_local:
        return "local"
    if organizer.id == request.asker_id:
        return "asker"
    if organizer.removed_at is not None or organizer.email_hmac is None:
        return "no_email"
    seat = find_seat(session, organizer, campaign.id)
    if seat is None or not is_at_least(seat.role, "owner"):
        return "role"
    return "may_not_send" if ACTS[request.act].sends and not seat.may_send else None


def count_possible_seconds(session: Session, campaign: Campaign) -> int:
    """How many persons could say yes to what somebody else asks for."""
    everybody = session.scalars(select(Organizer).where(Organizer.removed_at.is_(None), ~Organizer.is_local)).all()
    seats = [find_seat(session, one, campaign.id) for one in everybody if one.email_hmac is not None]
    return sum(seat is not None and seat.role == "owner" for seat in seats)


def _load(session: Session, now: datetime, *which: Any) -> list[tuple[int, Request]]:
    at_it = (Seat.organizer_id == Approval.asked_by) & (Seat.campaign_id == Approval.campaign_id)
    rows = select(Approval, Campaign, Organizer, Seat).join(Campaign, Campaign.id == Approval.campaign_id)
    rows = rows.outerjoin(Organizer, Organizer.id == Approval.asked_by)
    in_order = rows.outerjoin(Seat, at_it).where(*which).order_by(Approval.id)
    found = session.execute(in_order.execution_options(populate_existing=True)).all()
    return [(row.campaign_id, _request(row, campaign, asker, seat, now)) for row, campaign, asker, seat in found]


def _request(row: Approval, campaign: Campaign, asker: Organizer | None, seat: Seat | None, now: datetime) -> Request:
    act, fields = cast(ActOfTwo, row.act), json.loads(row.fields or "{}")
    over: Over | None = None
    if row.decided_at is not None:
        over = "decided"
    elif row.asked_at <= now - WITHIN:
        over = "expired"
    elif asker is not None and not _may_still_ask(asker, seat, ACTS[act]):
        over = "asker_gone"
    elif _is_moot(act, fields, campaign, now):
        over = "moot"
    name = asker.name if asker is not None else None
    return Request(row.id, act, fields, row.asked_by, name, row.asked_at, over)


def _is_moot(act: ActOfTwo, fields: Mapping[str, Any], campaign: Campaign, now: datetime) -> bool:
    """Whether the campaign has gone on past what was asked for, as far as its own row says it."""
    if campaign.erased_at is not None or (campaign.cancelled_at is not None and act not in _OF_CANCELLED):
        return True
    if act == "end_panic":
        return campaign.panic_at is None
    if act == "settings" and "reply_to" in fields:
        return False
    if act in {"dispatch", "settings"}:
        return campaign.dispatched_at is not None
    return act in _WHILE_OPEN and not campaign.takes_answers(at=now)


_OF_CANCELLED: Collection[ActOfTwo] = ("export", "end_panic", "erase", "erase_after_telling", "two_persons_off")
_WHILE_OPEN: Collection[ActOfTwo] = ("close", "earlier", "merge")


def _may_still_ask(asker: Organizer, seat: Seat | None, takes: Takes) -> bool:
    if asker.removed_at is not None or asker.is_local:
        return asker.removed_at is None  # whoever sits at the machine may do all
    return seat is not None and is_at_least(seat.role, takes.role) and (seat.may_send or not takes.sends)
