"""The first page of the desk: what waits for this person, and the campaigns at which it has a seat."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from starlette.responses import Response

from worker import db
from worker.models import Campaign, Seat
from worker.state.home import load_home
from worker.state.todo import ToDo
from worker.web.desk.visit import Visit
from worker.web.desk.ways_out import way_out
from worker.wording.todo import sentence


@dataclass(frozen=True)
class ToDoLine:
    """What waits, in words, and where something can be done about it."""

    said: str
    path: str | None


@dataclass(frozen=True)
class ToDoGroup:
    """What waits in one campaign, or in all where it is null."""

    campaign: Campaign | None
    lines: list[ToDoLine]


def show_home(visit: Visit) -> Response:
    """Things to do across the campaigns of one's seats, then where each stands."""
    with db.reading() as session:
        found = load_home(session, visit.person.organizer)
        seats = {one.seat.campaign_id: one.seat for one in found.seats}
        return visit.show("home", todo=grouped(found.todo, seats, visit.language), seats=found.seats)


def grouped(found: Iterable[ToDo], seats: Mapping[int, Seat], language: str) -> list[ToDoGroup]:
    """By campaign, in the order in which it was read."""
    return [
        ToDoGroup(campaign, [_line(one, seats, language) for one in those])
        for campaign, those in groupby(found, key=lambda one: one.campaign)
    ]


def _line(one: ToDo, seats: Mapping[int, Seat], language: str) -> ToDoLine:
    seat = seats.get(one.campaign.id) if one.campaign else None
    return ToDoLine(sentence(one, language), way_out(one, seat))
