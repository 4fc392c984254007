"""The partners of a campaign as a table: filters, orders and pages are links, and a search is a form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast, get_args
from urllib.parse import urlencode

from starlette.responses import Response

from worker import db
from worker.state.board import PAGE, Board, Filter, Order, Wanted, load_board
from worker.text import characters
from worker.text.languages import LANGUAGES
from worker.web import responses
from worker.web.desk import doing
from worker.web.desk.visit import Visit
from worker.wording.partners import PartnerWords

_LONGEST = 254  # characters of a search: an email address
_MINE = "me"


@dataclass(frozen=True)
class Choice:
    """A link of the table: what it would show, and how many; null where it only sorts."""

    label: str
    path: str
    number: int | None
    is_chosen: bool


def show_board(visit: Visit) -> Response:
    """A page of the partners that are wanted. What the address says and nobody can want is left out of it."""
    with db.reading() as session:
        at = doing.where(session, visit)
        me = at.visitor.organizer.id
        wanted = read_wanted(visit.request.query_params, me)
        board = load_board(session, at.campaign, wanted)
        wanted = replace(wanted, page=board.page)
        words, here = PartnerWords(at.language), visit.request.url.path
        return visit.show(
            "board",
            title=words.board(wanted),
            campaign=at.campaign,
            here_path=here,
            words=words,
            board=board,
            wanted=wanted,
            first=(board.page - 1) * PAGE + 1,
            searched_besides=_query(replace(wanted, search="", page=1)),
            is_filtered=_query(replace(wanted, order="printed", page=1)) != {},
            without_search=_path(here, replace(wanted, search="", page=1)),
            filters=list(_filters(here, wanted, board, words)),
            languages_of_it=list(_languages(here, wanted, board, words)),
            countries=list(_countries(here, wanted, board, words)),
            orders=list(_orders(here, wanted, words)),
            mine=_mine(here, wanted, board, me),
            pages=[
                Choice(str(page), _path(here, replace(wanted, page=page)), None, page == board.page)
                for page in _near(board.page, board.pages)
            ],
            previous=_path(here, replace(wanted, page=board.page - 1)) if board.page > 1 else None,
            next=_path(here, replace(wanted, page=board.page + 1)) if board.page < board.pages else None,
        )


def read_wanted(asked: Mapping[str, str], me: int) -> Wanted:
    """What a query string asks for; what is not known in it asks for nothing."""
    which, order, language = asked.get("which"), asked.get("order"), asked.get("language")
    search, country = _text(asked.get("search", "")), asked.get("country")
    return Wanted(
        which=cast(Filter, which) if which in get_args(Filter) else None,
        language=language if language in LANGUAGES else None,
        country=None if country is None or (country and not _text(country)) else _text(country),
        care=me if asked.get("care") == _MINE else None,
        search=search if characters.has_letters(search) else "",
        order=cast(Order, order) if order in get_args(Order) else "printed",
        page=responses.read_page(asked.get("page", "")),
    )


def _text(typed: str) -> str:
    visible, _ = characters.without_unfit_unprinted(typed[:_LONGEST])
    return characters.tidy(visible)


def _query(wanted: Wanted) -> dict[str, str]:
    """What is wanted, as a query string says it: what goes without saying is left out."""
    said: dict[str, Any] = {
        "which": wanted.which,
        "language": wanted.language,
        "country": wanted.country,
        "care": None if wanted.care is None else _MINE,
        "search": wanted.search or None,
        "order": None if wanted.order == "printed" else wanted.order,
        "page": None if wanted.page == 1 else str(wanted.page),
    }
    return {name: value for name, value in said.items() if value is not None}


def _path(here: str, wanted: Wanted) -> str:
    query = _query(wanted)
    return f"{here}?{urlencode(query)}" if query else here


def _filters(here: str, wanted: Wanted, board: Board, words: PartnerWords) -> Iterator[Choice]:
    one: Filter | None
    for one in (None, *get_args(Filter)):
        number = board.by_filter[one] if one else board.unfiltered
        if number or one is None or one == wanted.which:
            path = _path(here, replace(wanted, which=one, page=1))
            yield Choice(words.filter(one), path, number, one == wanted.which)


def _languages(here: str, wanted: Wanted, board: Board, words: PartnerWords) -> Iterator[Choice]:
    for code, number in _with(board.by_language, wanted.language).items():
        is_chosen = code == wanted.language
        path = _path(here, replace(wanted, language=None if is_chosen else code, page=1))
        yield Choice(words.of_language(code), path, number, is_chosen)


def _countries(here: str, wanted: Wanted, board: Board, words: PartnerWords) -> Iterator[Choice]:
    for country, number in _with(board.by_country, wanted.country).items():
        is_chosen = country == wanted.country
        path = _path(here, replace(wanted, country=None if is_chosen else country, page=1))
        yield Choice(words.country(country), path, number, is_chosen)


def _with(counted: Mapping[str, int], chosen: str | None) -> dict[str, int]:
    """What is counted, and what is chosen even if there is none of it, so that it can be unchosen."""
    return dict(counted) if chosen is None else {chosen: 0, **counted}


def _orders(here: str, wanted: Wanted, words: PartnerWords) -> Iterator[Choice]:
    order: Order
    for order in get_args(Order):
        yield Choice(words.order(order), _path(here, replace(wanted, order=order, page=1)), None, order == wanted.order)


def _mine(here: str, wanted: Wanted, board: Board, me: int) -> Choice:
    is_chosen = wanted.care is not None
    path = _path(here, replace(wanted, care=None if is_chosen else me, page=1))
    return Choice("", path, board.by_carer.get(me, 0), is_chosen)


def _near(page: int, pages: int) -> list[int]:
    """The first and the last page, and those around this one."""
    return sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
