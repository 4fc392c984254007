"""One campaign at the desk: where it stands, what waits for a person, and what can be done now."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response

from worker import db
from worker.state.approvals import load_open
from worker.state.board import PAGE, load_public_board
from worker.state.organizers import is_at_least
from worker.state.overview import Overview, load_overviews
from worker.state.todo import load_todo_of
from worker.text import dates
from worker.web.desk import doing
from worker.web.desk.doing import At, Group, Offer
from worker.web.desk.home import grouped
from worker.web.desk.registry import ACTS
from worker.web.desk.visit import Visit
from worker.web.desk.ways_out import find_act
from worker.wording import blockers, mail_status, standing
from worker.wording.acts.two_persons import in_words
from worker.wording.organizers import O_, catalogue

_GROUPS: dict[Group, str] = {
    "partners": O_("Partners"),
    "deadline": O_("Deadline and reminders"),
    "letter": O_("The letter"),
    "members": O_("Members"),
    "safety": O_("If something goes wrong"),
    "end": O_("To end it"),
}
"""In the order in which the page shows them: what is dangerous comes last."""


_AFTER_A_PANIC = frozenset(
    {"add", "add-one", "undo", "extend", "earlier", "remind", "settings", "amend", "resume", "close"}
)


@dataclass(frozen=True)
class OfferGroup:
    """Acts that stand below one title."""

    title: str
    offers: list[Offer]


@dataclass(frozen=True)
class UndoLine:
    """What can be taken back, and until what time; `path` is null for who may not."""

    act: str
    until: str
    path: str | None


@dataclass(frozen=True)
class AddresseeLine:
    """An addressee, and what became of its letter; `said` is empty before the list is closed."""

    name: str
    copy: bool
    said: str = ""
    at: datetime | None = None


def show_campaign(visit: Visit) -> Response:
    """All of it, or what a viewer may see: totals and public names."""
    with db.reading() as session:
        at = doing.where(session, visit)
        [overview] = load_overviews(session, [at.campaign.id])
        assert visit.seat is not None
        if visit.seat.role == "viewer":
            return _for_viewer(session, visit, at, overview)
        seats = {at.campaign.id: visit.seat}
        return visit.show(
            "campaign",
            campaign=at.campaign,
            campaign_path=visit.campaign_path,
            overview=overview,
            todo=grouped(load_todo_of(session, [overview]), seats, at.language),
            undo=_undo(visit, overview),
            blockers=[blockers.sentence(one, at.language) for one in overview.blockers],
            partners=standing.partners(overview.counts, at.language),
            numbers=list(standing.numbers(overview.counts, at.language)),
            addressees=list(_addressees(overview, at.language)),
            groups=_groups(_offers(visit, at), at.language),
            happened=doing.what_happened(session, visit, ACTS, at),
            waits=_waiting(session, visit, at),
        )


def _for_viewer(session: Session, visit: Visit, at: At, overview: Overview) -> Response:
    """No number but totals: another would tell when somebody signs who is not named."""
    page = visit.page
    board = load_public_board(session, at.campaign, page=page)
    pages = max(1, -(-board.found // PAGE))
    if page > pages:
        return visit.go_to(visit.request.url.path)
    return visit.show("viewer", campaign=at.campaign, overview=overview, board=board, page=page, pages=pages)


def _undo(visit: Visit, overview: Overview) -> UndoLine | None:
    if (found := overview.undo) is None or found.act == "launch":  # which only a command takes back
        return None
    act = find_act("undo")
    may = act is not None and visit.seat is not None and act.is_allowed(visit.seat)
    return UndoLine(
        catalogue(visit.language).gettext(mail_status.ACTS[found.act]),
        dates.day_and_time(found.until, overview.campaign.zone, visit.language),
        f"{visit.request.url.path}/undo" if may else None,
    )


def _addressees(overview: Overview, language: str) -> Iterator[AddresseeLine]:
    if overview.campaign.closed_at is None:
        for to in overview.campaign.letter.addressees:
            yield AddresseeLine(to.name, to.copy)
    for one in overview.addressees:
        yield AddresseeLine(one.name, one.copy, standing.served(one.state, language), one.at)


def _offers(visit: Visit, at: At) -> list[Offer]:
    """What can be done now: in a panic nothing that has to wait for its end."""
    offers = doing.offers(ACTS, visit, at)
    return [one for one in offers if at.campaign.panic_at is None or one.name not in _AFTER_A_PANIC]


def _groups(offers: list[Offer], language: str) -> list[OfferGroup]:
    words = catalogue(language)
    found = {group: [one for one in offers if one.group == group] for group in _GROUPS}
    return [OfferGroup(words.gettext(_GROUPS[group]), those) for group, those in found.items() if those]


def _waiting(session: Session, visit: Visit, at: At) -> list[dict[str, Any]]:
    """What waits for a second person, each with its number and in words; nothing for viewers."""
    if visit.seat is None or not is_at_least(visit.seat.role, "editor"):
        return []
    waiting = load_open(session, [at.campaign.id]).get(at.campaign.id, [])
    return [{"number": one.number, "words": in_words(one.act, at.language)} for one in waiting]
