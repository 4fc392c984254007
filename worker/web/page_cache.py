"""A look at a partner's page while answers are taken, which is what most requests are: worded once, filled for each.

What the readers of one campaign see differs by a few words of their own. Those are slots here, as they are in mails
(`wording/drafts.py`); the rest is kept for all who see the same. Nothing is kept of a reader.
"""

import bisect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from jinja2.utils import LRUCache
from markupsafe import escape
from sqlalchemy import ColumnElement, ScalarSelect, bindparam, func, select, tuple_
from sqlalchemy.engine import Row
from starlette.responses import HTMLResponse, Response

from worker import db
from worker.models import Answer, Campaign, Letter, Partner
from worker.state import signatories
from worker.text import dates, names
from worker.web import link_auth, responses
from worker.web.batching import Batcher
from worker.wording import slots

ORGANIZATION, ROW, PRINTED, TOKEN, RECORDED, LIST = slots.MARKS[:6]
_A_MARK = re.compile(f"([{ORGANIZATION}{ROW}{PRINTED}{TOKEN}{RECORDED}{LIST}])")
_OWN = ' class="own"'
MAX_PAGES = 200


@dataclass(frozen=True)
class PageTemplate:
    """A page cut at its marks, and what it takes to fill them; without pieces the page cannot be shared."""

    pieces: list[str]
    zone: str = ""
    authentic: str = ""
    letter_language: str = ""
    line: str = ""
    """The line of the reader in the list, where it stands among others that are shown."""

    def filled(self, values: dict[str, str]) -> str:
        """The page with a reader's own words, escaped."""
        return "".join([values.get(piece, piece) for piece in self.pieces])


_worded = LRUCache(MAX_PAGES)  # a language and a state, and the page that all who are in it read


def _of_the_letter(latest: ColumnElement[int]) -> ScalarSelect[int]:
    return select(latest).where(Letter.campaign_id == Campaign.id).correlate(Campaign).scalar_subquery()


_LOOK = (
    select(
        Partner.id,
        Partner.ref,
        Partner.generation,
        Partner.organization,
        Partner.acronym,
        Partner.country,
        Partner.names,
        Partner.sort_as,
        Partner.proposed,
        Partner.language.label("reader"),
        Partner.email_hmac.is_not(None).label("has_address"),
        Partner.quiet_at.is_not(None).label("wants_no_mail"),
        Campaign.id.label("campaign_id"),
        Campaign.launched_at,
        Campaign.deadline_at,
        Campaign.taking_answers(db.now()).label("takes_answers"),
        _of_the_letter(func.max(Letter.id)).label("letter_id"),
        _of_the_letter(func.max(Letter.meaning)).label("meaning"),
        Answer.choice,
        Answer.visibility,
        Answer.channel,
        Answer.at,
    )
    .join(Campaign, Campaign.id == Partner.campaign_id)
    .outerjoin(Answer, (Answer.partner_id == Partner.id) & Answer.superseded_at.is_(None))
    .where(tuple_(Partner.ref, Partner.generation).in_(bindparam("links", expanding=True)))
)


Word = Callable[[int, str], tuple["State", PageTemplate]]


async def page(token: str, wanted: str, word: Word) -> Response | None:
    """The page behind a link, or None where it is not so simple.

    `word` words it for a partner's id and a language, and says the state in which it found both.
    """
    seen = await _looks.ask(link_auth.parse_or_nobody(token))
    if seen is None or not seen.takes_answers or seen.proposed is not None or seen.meaning > 1:
        return None  # of a letter that has changed its meaning, each is told what it said to the earlier one
    language = responses.choose_language(wanted, seen.reader)
    worded = await _worded_for(seen, language, word)
    if not worded.pieces:
        return None
    own = {
        ORGANIZATION: seen.organization,
        ROW: names.signatory(seen, language, worded.authentic),
        PRINTED: names.signatory(seen, worded.letter_language, worded.authentic),
        TOKEN: token,
    }
    if seen.at is not None:
        own[RECORDED] = dates.day_and_time(seen.at, worded.zone, language)
    escaped = {mark: str(escape(value)) for mark, value in own.items()}
    if worded.line:
        escaped[LIST] = _with_its_own(await _lists.ask(Listed.under(worded, seen.campaign_id)), seen, worded)
    return HTMLResponse(worded.filled(escaped))


def _look(wanted: Sequence[tuple[bytes, int]]) -> list[Row[Any] | None]:
    """What is seen of each link, by ref and generation."""
    found = {(bytes(row.ref), row.generation): row for row in db.read_autocommit(_LOOK, links=list(wanted))}
    return [found.get(one) for one in wanted]


_looks = Batcher(_look)


def split_slots(html: str, campaign: Campaign, letter_language: str) -> PageTemplate:
    """A page with marks in it, made ready to be filled."""
    line = ""
    if campaign.show_signers != "nobody" and (found := re.search(f"[^\n]*{PRINTED}[^\n]*\n", html)):
        line, html = found[0], html.replace(found[0], LIST)
    return PageTemplate(_A_MARK.split(html), campaign.zone, campaign.authentic, letter_language, line)


class Listed(NamedTuple):
    """A list of those who sign publicly: of which campaign, and how its lines are set."""

    campaign_id: int
    letter_language: str
    authentic: str
    line: str

    @classmethod
    def under(cls, worded: PageTemplate, campaign_id: int) -> "Listed":
        """The one under a page."""
        return cls(campaign_id, worded.letter_language, worded.authentic, worded.line.replace(_OWN, ""))


class Line(NamedTuple):
    """One organization in such a list."""

    place: tuple[tuple[int, ...], str, int]
    partner_id: int
    html: str


def _list(wanted: Sequence[Listed]) -> list[list[Line]]:
    """Who signs publicly at this moment, in the printed order."""
    made = {one: _lines(one) for one in set(wanted)}
    return [made[one] for one in wanted]


def _lines(listed: Listed) -> list[Line]:
    rows = db.read_autocommit(signatories.PUBLIC, campaign=listed.campaign_id)
    printed = [names.signatory(row, listed.letter_language, listed.authentic) for row in rows]
    html = [listed.line.replace(PRINTED, str(escape(row))) for row in printed]
    return sorted(Line(signatories.place_of(row), row.id, line) for row, line in zip(rows, html, strict=True))


_lists = Batcher(_list)


def _with_its_own(lines: Sequence[Line], seen: Row[Any], worded: PageTemplate) -> str:
    """The list with the reader's own row in its place."""
    own = worded.line.replace(PRINTED, str(escape(names.signatory(seen, worded.letter_language, worded.authentic))))
    others = [line for line in lines if line.partner_id != seen.id]
    place = bisect.bisect(others, (signatories.place_of(seen),))
    return "".join([*(one.html for one in others[:place]), own, *(one.html for one in others[place:])])


class State(NamedTuple):
    """Whoever is in the same one reads the same page, but for what is its own."""

    campaign_id: int
    launched_at: datetime
    deadline_at: datetime
    letter_id: int
    reader: str  # its language
    has_address: bool
    wants_no_mail: bool
    choice: str | None
    visibility: str | None
    channel: str | None

    @classmethod
    def from_rows(cls, partner: Partner, campaign: Campaign, standing: Answer | None) -> "State":
        """That of a partner, as rows say it."""
        return cls(
            campaign_id=campaign.id,
            launched_at=campaign.launched_at,
            deadline_at=campaign.deadline_at,
            letter_id=campaign.letter.id,
            reader=partner.language,
            has_address=partner.email_hmac is not None,
            wants_no_mail=partner.quiet_at is not None,
            choice=standing.choice if standing else None,
            visibility=standing.visibility if standing else None,
            channel=standing.channel if standing else None,
        )

    @classmethod
    def seen(cls, row: Row[Any]) -> "State":
        """That of a partner, as a look says it, by the same names."""
        return cls(**{name: getattr(row, name) for name in cls._fields})


class Wording(NamedTuple):
    """A page to be worded, and by whom."""

    partner_id: int
    language: str
    state: State
    word: Word


async def _worded_for(seen: Row[Any], language: str, word: Word) -> PageTemplate:
    state = State.seen(seen)
    known: PageTemplate | None = _worded.get((language, state))
    if known is not None:
        return known
    return await _wordings.ask(Wording(seen.id, language, state, word))


def _word(wanted: Sequence[Wording]) -> list[PageTemplate | Exception]:
    """One after the other, each kind once: after a start all who come want the same page at once."""
    return [_worded_once(one) for one in wanted]


def _worded_once(one: Wording) -> PageTemplate | Exception:
    known: PageTemplate | None = _worded.get((one.language, one.state))
    if known is not None:
        return known
    try:
        found, worded = one.word(one.partner_id, one.language)
    except Exception as error:
        return error
    if found != one.state:
        return PageTemplate([])  # it answered between look and wording: that page is its own, and nobody else's
    _worded[one.language, one.state] = worded
    return worded


_wordings = Batcher(_word)
