"""An act of organizers at the desk: its form, what it would do on a page of its own, and the button that does it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from gettext import NullTranslations
from typing import Any, Literal, cast

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from worker import broker, db
from worker.acts import two_persons
from worker.child_process import ChildFailed
from worker.models import Campaign, Partner, Role, Seat
from worker.state import log
from worker.state.campaigns import get_campaign, get_partner
from worker.state.organizers import Visitor, is_at_least
from worker.state.refusals import Refused, SecondPersonNeeded
from worker.web.desk.door import acting
from worker.web.desk.visit import DeskRoute, Visit
from worker.wording import log as log_words
from worker.wording import refusals
from worker.wording.acts import Before
from worker.wording.organizers import O_, catalogue
from worker.wording.problems import Why

CAMPAIGN = "/desk/campaigns/{campaign:number}"
PARTNER = f"{CAMPAIGN}/partners/{{partner:number}}"
SECOND_PERSON, AGREED = "second-person", "agreed"
"""What was done where no act was: a second person was asked, or has decided."""
Group = Literal["partners", "deadline", "letter", "members", "safety", "end"]
"""Under which title of the campaign's page an act stands; acts on one partner stand on that partner's page."""


@dataclass(frozen=True)
class At:
    """Where an act is done: the campaign, the partner where it is about one, what was typed, by whom."""

    campaign: Campaign
    partner: Partner | None
    typed: Mapping[str, str]
    visitor: Visitor
    language: str

    @property
    def its_partner(self) -> Partner:
        """The partner, where the act is about one."""
        assert self.partner is not None
        return self.partner


class Unfinished(Exception):
    """The form's page asks for more, beside what follows from what was typed so far."""


class Wrong(Exception):
    """What was typed cannot be taken: a code of `wording/problems.py`, what `check` says, or a refusal, by field.

    `said`: sentences beside, such as one for each row of a list.
    """

    def __init__(self, *said: str, **problems: Why) -> None:
        super().__init__("wrong")  # no values: they may be names
        self.said, self.problems = said, problems


@dataclass(frozen=True)
class DeskAct:
    """One act. `before` and `do` are given the same; the first is tried and rolled back, so it may do the act itself.

    `name` is the end of its address, `below` the page of the campaign on which it stands if that is not the campaign's
    own, and to which one comes back; `label` its link (both of `O_` words, like `then`, which is said afterwards
    below what the audit log has). `form_page` is its template in `templates/pages/desk/acts/`, empty where there is
    nothing to type; `form` is what that template needs, `typed` in it being what the fields begin with. `fits`: whether
    it is offered; the act itself refuses what is too late. `watches`: whose acts since the page was opened have to be
    shown first; `concerns`: partners of whom that is so, too; `at_once`: nothing is, for whoever presses has no
    time. `wakes`: the tasks to notify; `wakes_for_it`: those that take the campaign's number. `done_page`: a
    template of what is shown once, at once and nowhere else; `do` returns what that needs. `read`: where the form
    may bring a file, what it makes of that: fields of text, which the next page keeps hidden. It may raise Wrong.
    `for_taken_out`: it is offered, too, where the partner was taken out of the list. `takes_letter`: a whole letter
    may be typed, in several languages. `afterwards`: what takes seconds and needs no lock, given the campaign's number
    once the act is done; if it is refused then, a task does it later.
    """

    name: str
    label: str
    group: Group
    before: Callable[[Session, At], Before]
    do: Callable[[Session, At], object]
    form_page: str = ""
    form: Callable[[Session, At], dict[str, Any]] = lambda session, at: {}
    needs: Role = "editor"
    sends: bool = False
    is_dangerous: bool = False
    of_partner: bool = False
    below: str = ""
    fits: Callable[[At], bool] = lambda at: True
    watches: log.Watched = "organizers"
    concerns: Callable[[Session, At], Sequence[Partner]] = lambda session, at: ()
    at_once: bool = False
    then: str = ""
    done_page: str = ""
    takes_letter: bool = False
    wakes: Sequence[broker.TaskName] = ("deliver",)
    wakes_for_it: Sequence[broker.TaskName] = ()
    afterwards: Callable[[int], object] = lambda campaign_id: None
    read: "Callable[[Visit, At], Mapping[str, str]] | None" = None
    for_taken_out: bool = False

    @property
    def keeps_form(self) -> bool:
        """Whether what was typed is worth another try after a refusal."""
        return bool(self.form_page) and self.read is None

    @property
    def path(self) -> str:
        return "/".join(filter(None, (PARTNER if self.of_partner else CAMPAIGN, self.below, self.name)))

    def is_allowed(self, seat: Seat) -> bool:
        """Whether a person may do it at this campaign."""
        return is_at_least(seat.role, self.needs) and (seat.may_send or not self.sends)

    def rows(self) -> tuple[DeskRoute, DeskRoute]:
        """Its two rows of the table: a look, and what is pressed."""
        return (
            DeskRoute("GET", self.path, lambda visit: _show(visit, self), self.needs),
            DeskRoute(
                "POST",
                self.path,
                lambda visit: _pressed(visit, self),
                self.needs,
                sends=self.sends,
                is_dangerous=self.is_dangerous,
                uploads=self.read is not None,
                takes_letter=self.takes_letter,
            ),
        )


@dataclass(frozen=True)
class Offer:
    """A link to an act, as it stands on a page."""

    name: str
    label: str
    path: str
    group: Group


@dataclass(frozen=True)
class Happened:
    """What was done a moment ago, as the audit log has it, and what comes next."""

    lines: Sequence[str]
    then: str


def offers(acts: Sequence[DeskAct], visit: Visit, at: At, below: str = "") -> list[Offer]:
    """The acts that this person may do here, as far as they fit, in their order; `below`: on which page."""
    seat = visit.seat
    assert seat is not None
    words = catalogue(at.language)
    return [
        Offer(one.name, words.gettext(one.label), f"{_place(visit, one)}/{one.name}", one.group)
        for one in acts
        if one.of_partner == (at.partner is not None)
        and one.below == below
        and one.is_allowed(seat)
        and (at.partner is None or at.partner.is_in_list or one.for_taken_out)
        and one.fits(at)
    ]


def what_happened(session: Session, visit: Visit, acts: Sequence[DeskAct], at: At) -> Happened | None:
    """What the page before did, where this one was reached by it."""
    asked = visit.request.query_params
    act = next((one for one in acts if one.name == asked.get("done")), None)
    if act is None and asked.get("done") not in {SECOND_PERSON, AGREED}:
        return None
    words = catalogue(at.language)
    then = words.gettext(act.then) if act is not None and act.then else _after_asking(asked.get("done"), words)
    return Happened(own_lines(session, at, asked.get("since", "")), then)


def own_lines(session: Session, at: At, since: str) -> list[str]:
    """What this person did here after a line of the audit log, as that says it."""
    number = read_number(since)
    entries = log.load_own(session, at.campaign, number, at.visitor.organizer) if number is not None else []
    said = [log_words.sentence(one, at.campaign.zone, at.language) for one in entries]
    return said or [catalogue(at.language).gettext(O_("It is done."))]


def _after_asking(done: str | None, words: NullTranslations) -> str:
    if done != SECOND_PERSON:
        return ""
    return words.gettext(O_("It is done once another owner says yes at the desk, within 48 hours."))


def where(session: Session, visit: Visit) -> At:
    """What the address is about. Another campaign's partner is as unknown as one that does not exist."""
    parts = visit.request.path_params
    campaign = get_campaign(session, int(parts["campaign"]))
    partner = None
    if "partner" in parts:
        partner = get_partner(session, campaign, int(parts["partner"]))
        if partner is None:
            raise HTTPException(404)
    typed = visit.typed if visit.refill is None else visit.refill
    return At(campaign, partner, typed, visit.person, visit.language)


def _show(visit: Visit, act: DeskAct) -> Response:
    return _form(visit, act) if act.form_page else _check(visit, act)


def _pressed(visit: Visit, act: DeskAct) -> Response:
    if visit.typed.get("change") and act.form_page:
        return _form(visit, act)
    if visit.typed.get("sure"):
        return _do(visit, act)
    if act.read is not None:
        try:
            with db.reading() as session:
                at = where(session, visit)
            visit = replace(visit, typed=act.read(visit, at))
        except Wrong as wrong:
            return _form(visit, act, 422, wrong)
    return _check(visit, act)


def _form(
    visit: Visit, act: DeskAct, status: int = 200, wrong: Wrong | None = None, refused: Sequence[str] = ()
) -> Response:
    with db.reading() as session:
        at = where(session, visit)
        context = act.form(session, at)
        is_typed = bool(visit.typed) or visit.refill is not None
        typed = at.typed if is_typed else context.get("typed", {})
        return visit.show(
            f"acts/{act.form_page}",
            status,
            **{
                **_around(visit, act, at),
                **context,
                "typed": typed,
                "is_refilled": visit.refill is not None,
                "problems": wrong.problems if wrong else {},
                "said": wrong.said if wrong else (),
                "refused": refused,
            },
        )


def _check(visit: Visit, act: DeskAct, status: int = 200, *, seen: int | None = None) -> Response:
    """What would happen; with what was done since the page was opened, where something was."""
    try:
        with trying(visit) as session:
            db.locked(session, int(visit.request.path_params["campaign"]))
            at = where(session, visit)
            partners = _watched(session, act, at)
            mark = log.load_mark(session, at.campaign, act.watches, *partners)
            meanwhile = [] if seen is None else log.load_watched(session, at.campaign, act.watches, seen, *partners)
            told = [_meanwhile(one, at) for one in meanwhile]
            context = _around(visit, act, at)
            before = act.before(session, at)
            needs_second = two_persons.is_needed(session)
            kept = _typed(at) | dict(before.fields)
            page = visit.show(
                "check",
                status,
                before=before,
                mark=mark,
                meanwhile=told,
                hidden=kept,
                needs_second=needs_second,
                **context,
            )  # before the rows are as they were
    except Unfinished:
        return _form(visit, act)
    except Wrong as wrong:
        return _form(visit, act, 422, wrong) if act.form_page else _refused(visit, act, wrong.problems)
    except Refused as refused:
        return _refused(visit, act, {"": refused})
    return page


def _meanwhile(entry: log.LogEntry, at: At) -> dict[str, Any]:
    return {
        "who": log_words.actor(entry, at.language),
        "ago": at.visitor.now - entry.at,
        "what": log_words.sentence(entry, at.campaign.zone, at.language),
    }


def _do(visit: Visit, act: DeskAct) -> Response:
    try:
        with acting(visit) as session:
            campaign_id = int(visit.request.path_params["campaign"])
            db.locked(session, campaign_id)
            at = where(session, visit)
            if not act.done_page:
                require_first_press(session, visit, at.campaign)
            mark = log.load_mark(session, at.campaign, act.watches, *_watched(session, act, at))
            seen = read_number(visit.typed.get("seen", ""))
            if seen != mark and not act.at_once:
                raise _Changed
            last = log.load_mark(session, at.campaign, "everything")
            made = act.do(session, at)
            if act.done_page:
                page = visit.show(f"acts/{act.done_page}", **_around(visit, act, at), **cast(Mapping[str, Any], made))
    except PressedAgain as again:
        done, place = (SECOND_PERSON, visit.campaign_path) if again.only_asked else (act.name, _place(visit, act))
        return visit.go_to(f"{place}?done={done}&since={again.since}")
    except _Changed:
        return _check(visit, act, 409, seen=seen)
    except Unfinished:
        return _form(visit, act)
    except SecondPersonNeeded as needed:
        with acting(visit) as session:
            two_persons.ask_second_person(session, campaign_id, needed, visit.person.organizer)
        broker.notify("deliver")
        return visit.go_to(f"{visit.campaign_path}?done={SECOND_PERSON}&since={last}")
    except Wrong as wrong:
        return _form(visit, act, 422, wrong) if act.form_page else _refused(visit, act, wrong.problems)
    except Refused as refused:
        return _refused(visit, act, {"": refused})
    with suppress(Refused, ChildFailed):  # a letter that was not set here is set by a worker's next sweep
        act.afterwards(campaign_id)
    for task in act.wakes:
        broker.notify(task)
    for task in act.wakes_for_it:
        broker.notify(task, campaign_id)
    if act.done_page:
        return page
    return visit.go_to(f"{_place(visit, act)}?done={act.name}&since={last}")


def _watched(session: Session, act: DeskAct, at: At) -> list[Partner]:
    """The partners whose lines in the audit log are watched, as far as an act watches those of partners."""
    return [at.partner, *act.concerns(session, at)] if at.partner is not None else []


class PressedAgain(Exception):
    """The button of a page did already what it does; `since` is the line of the audit log before that."""

    def __init__(self, since: int, *, only_asked: bool) -> None:
        super().__init__("pressed again")
        self.since, self.only_asked = since, only_asked


def require_first_press(session: Session, visit: Visit, campaign: Campaign) -> None:
    """Whoever presses twice on a slow line sees what the first press did. Raises PressedAgain."""
    if done := log.load_done_by_page(session, campaign, visit.page_key, visit.person.organizer):
        only_asked = any(one.what == "second_asked" for one in done)
        raise PressedAgain(min(one.number for one in done) - 1, only_asked=only_asked)


class _Changed(Exception):
    """Somebody did something since the page was opened."""


class _RolledBack(Exception):
    """The end of a try."""


@contextmanager
def trying(visit: Visit) -> Iterator[Session]:
    """A transaction of the person at the desk that changes nothing."""
    try:
        with acting(visit) as session:
            session.info["trying"] = True
            yield session
            raise _RolledBack
    except _RolledBack:
        pass


def _around(visit: Visit, act: DeskAct, at: At) -> dict[str, Any]:
    return {
        "act": act.name,
        "is_dangerous": act.is_dangerous,
        "title": catalogue(at.language).gettext(act.label),
        "campaign": at.campaign,
        "panic_at": at.campaign.panic_at,
        "partner": at.partner,
        "partner_called": at.partner.organization if at.partner else "",  # as it is before an act is tried
        "campaign_path": visit.campaign_path,
        "back": _place(visit, act),
        "act_path": f"{_place(visit, act)}/{act.name}",  # the page may have been reached by logging in
        "uploads": act.read is not None,
        "can_change": bool(act.form_page) and "rows" not in at.typed,  # a list that was read is chosen anew
        "may_send": visit.seat is not None and visit.seat.may_send,
    }


def _refused(visit: Visit, act: DeskAct, why: Mapping[str, Why]) -> Response:
    """Why not; beside the form with all that was typed, where something was."""
    with db.reading() as session:
        at = where(session, visit)
        context = _around(visit, act, at)
    said = [refusals.sentence(one, at.language) for one in why.values() if isinstance(one, Refused)]
    if act.keeps_form:
        return _form(visit, act, 409, refused=said)
    return visit.show("act_refused", 409, said=said, hidden=_typed(at), **context)


def _typed(at: At) -> dict[str, str]:
    """What a form brought, to stand hidden on the next page."""
    of_that_page = {"sure", "seen", "page_key", "lang", "change"}
    return {name: value for name, value in at.typed.items() if name not in of_that_page}


def _place(visit: Visit, act: DeskAct) -> str:
    """The page on which an act stands."""
    if act.of_partner:
        return f"{visit.campaign_path}/partners/{visit.request.path_params['partner']}"
    return f"{visit.campaign_path}/{act.below}".rstrip("/")


def read_number(text: str) -> int | None:
    """A number of our own out of an address; null for whatever else stands there."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
