"""The first page of a person at the desk: what waits in its campaigns, and where each stands.

In as many statements for thirty campaigns as for one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from worker.models import Organizer, Seat
from worker.state import todo
from worker.state.lifecycle import BEYOND_RECALL
from worker.state.organizers import load_seats
from worker.state.overview import Overview, load_overviews
from worker.state.todo import ToDo


@dataclass(frozen=True)
class SeatAt:
    """A seat, and where its campaign stands."""

    seat: Seat
    overview: Overview


@dataclass(frozen=True)
class Home:
    """`seats` by the next deadline, what is over last; `todo` is first what is of no campaign, then in that order."""

    todo: Sequence[ToDo]
    seats: Sequence[SeatAt]


def load_home(session: Session, organizer: Organizer) -> Home:
    """Read it; of a campaign where one may see totals and public names only, no thing to do tells more."""
    seats = {one.campaign_id: one for one in load_seats(session, organizer)}
    if not seats:
        return Home([], [])
    overviews = load_overviews(session, seats.keys())
    found = sorted((SeatAt(seats[one.campaign.id], one) for one in overviews), key=_place)
    places = {one.seat.campaign_id: place for place, one in enumerate(found)}
    waiting = [shown for one in todo.load_todo_of(session, overviews) for shown in _as_may_be_told(one, seats)]
    return Home(sorted(waiting, key=lambda one: places[one.campaign.id] if one.campaign else -1), found)


def _place(one: SeatAt) -> tuple[bool, datetime]:
    return one.overview.stage in BEYOND_RECALL | {"cancelled"}, one.overview.campaign.deadline_at


def _as_may_be_told(one: ToDo, seats: Mapping[int, Seat]) -> list[ToDo]:
    """A number of emails counts those of every campaign, so it is not told where one of them may not be counted."""
    those = [seats[one.campaign.id]] if one.campaign else seats.values()
    return todo.for_viewers([one]) if any(seat.role == "viewer" for seat in those) else [one]
