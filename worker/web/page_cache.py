"""A look at a partner's page, which is what most requests are: worded once, filled for each.

What the readers of one campaign see differs by a few words of their own. Those are slots here, as they are in mails
(`wording/drafts.py`); the rest is kept for all who see the same. Nothing is kept of a reader.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from jinja2.utils import LRUCache
from markupsafe import escape
from sqlalchemy.engine import Row
from starlette.responses import HTMLResponse, Response

from worker import db, tokens
from worker.acts.answer import standing_mark
from worker.models import MAX_WRONG_CODES, Answer, Campaign, Partner
from worker.state import public_list
from worker.state.disclosures import Disclosure, load_disclosures
from worker.state.letters import load_letters_of
from worker.state.lifecycle import Stage, stage_at
from worker.state.looks import load_campaigns, load_looks
from worker.text import dates, names
from worker.web import link_auth, responses
from worker.web.batching import Batcher
from worker.wording import slots

ORGANIZATION, ROW, PRINTED, TOKEN, RECORDED, STOOD, LIST, ELSEWHERE, AGAIN = slots.MARKS[:9]
_A_MARK = re.compile(f"([{ORGANIZATION}{ROW}{PRINTED}{TOKEN}{RECORDED}{STOOD}{LIST}{ELSEWHERE}{AGAIN}])")
_OWN = re.compile(r' class="own"|<span class="heard">[^<]*</span>')
MAX_PAGES = 200


@dataclass(frozen=True)
class PageTemplate:
    """A page cut at its marks, and what it takes to fill them; without pieces the page cannot be shared."""

    pieces: list[str]
    zone: str = ""
    authentic: str = ""
    letter_language: str = ""
    line: str = ""
    """That of one organization in the list, where others are shown: of the reader, if it `lists_itself`."""
    lists_itself: bool = True
    more: str = ""
    """The line that leads to those who are not shown; it has the mark of the reader's link."""

    def filled(self, values: dict[str, str]) -> str:
        """The page with a reader's own words, escaped."""
        return "".join([values.get(piece, piece) for piece in self.pieces])


_worded = LRUCache(MAX_PAGES)  # a language and a state, and the page that all who are in it read


Word = Callable[[int, str], tuple["State", PageTemplate]]


async def page(token: str, wanted: str, word: Word) -> Response | None:
    """The page behind a link, or None where it is not so simple.

    `word` words it for a partner's id and a language, and says the state in which it found both.
    """
    looked = await _looks.ask(link_auth.parse_or_nobody(token))
    if looked is None:
        return None
    seen, after = looked
    if seen.in_panic:
        return None
    if seen.is_special or seen.proposed is not None or seen.meaning > 1 or not (seen.takes_answers or after):
        return None  # of a letter that has changed its meaning, each is told what it said to the earlier one
    if seen.wrong_codes >= MAX_WRONG_CODES:
        return None
    language = responses.choose_language(wanted, seen.reader)
    worded = await _worded_for(State.seen(seen, after), seen.id, language, word)
    if not worded.pieces:
        return None
    own = {
        ORGANIZATION: seen.organization,
        ROW: names.signatory(seen, language, worded.authentic),
        PRINTED: names.signatory(seen, worded.letter_language, worded.authentic),
        TOKEN: token,
        STOOD: standing_mark(seen.at),
        ELSEWHERE: dates.elsewhere(seen.deadline_at, worded.zone, seen.country, language),
        AGAIN: f"/{tokens.PATHS['quiet']}/{tokens.token(seen, 'quiet')}" if seen.wants_no_mail else "",
    }
    if seen.at is not None:
        own[RECORDED] = dates.day_and_time(seen.at, worded.zone, language)
    escaped = {mark: str(escape(value)) for mark, value in own.items()}
    if worded.line:
        beginning = await _lists.ask(Listed.under(worded, seen))
        if not (beginning.rows or worded.lists_itself):
            return None  # above no list there is no heading
        escaped[LIST] = _with_its_own(beginning, seen, worded, escaped)
    return HTMLResponse(worded.filled(escaped))


class After(NamedTuple):
    """What a page says once answers are taken no more, beside the answer that stands."""

    stage: Stage
    review_is_over: bool
    closed_at: datetime | None
    dispatched_at: datetime | None
    cancelled_at: datetime | None
    erase_at: datetime | None
    to: tuple[str, ...]
    naming: tuple[str, ...]
    counting: tuple[str, ...]

    @classmethod
    def at(cls, campaign: Campaign, stage: Stage, now: datetime, disclosed: Disclosure) -> "After | None":
        """That of one partner; null while answers are taken."""
        if stage == "open":
            return None
        return cls(
            stage=stage,
            review_is_over=campaign.review_ends_at is not None and campaign.review_ends_at <= now,
            closed_at=campaign.closed_at,
            dispatched_at=campaign.dispatched_at,
            cancelled_at=campaign.cancelled_at,
            erase_at=campaign.erase_at,
            to=tuple(disclosed.to),
            naming=tuple(disclosed.naming),
            counting=tuple(disclosed.counting),
        )


class Look(NamedTuple):
    """What is seen of one link."""

    row: Row[Any]
    after: After | None


def _look(wanted: Sequence[tuple[bytes, int]]) -> list[Look | None]:
    """What is seen of each link, by ref and generation."""
    rows = load_looks(wanted)
    after = _what_came_after([row for row in rows if not row.takes_answers])
    found = {(bytes(row.ref), row.generation): Look(row, after.get(row.id)) for row in rows}
    return [found.get(one) for one in wanted]


def _what_came_after(rows: Sequence[Row[Any]]) -> dict[int, After | None]:
    """By partner, where answers are taken no more: in as many statements for fifty as for one."""
    if not rows:
        return {}
    with db.reading() as session:
        ids = {row.campaign_id for row in rows}
        campaigns = {campaign.id: campaign for campaign in load_campaigns(session, ids)}
        letters_of = load_letters_of(session, list(campaigns))
        letters = {campaign: letters_of.get(campaign.id, []) for campaign in campaigns.values()}
        standing = {row.id: (campaigns[row.campaign_id], row) for row in rows if row.campaign_id in campaigns}
        disclosed = load_disclosures(session, letters, standing)
    stages = {row.id: stage_at(campaign, letters[campaign], row.now) for campaign, row in standing.values()}
    return {
        partner_id: After.at(campaign, stages[partner_id], row.now, disclosed[partner_id])
        for partner_id, (campaign, row) in standing.items()
    }


_looks = Batcher(_look)


def split_slots(html: str, campaign: Campaign, letter_language: str, *, lists_others: bool) -> PageTemplate:
    """A page with marks in it, made ready to be filled."""
    line = more = ""
    if lists_others and (found := re.search(f"([^\n]*{PRINTED}[^\n]*\n)([^\n]*\n)", html)):
        line, more = found.groups()
        html = html.replace(found[0], LIST)
    pieces = _A_MARK.split(html)
    return PageTemplate(pieces, campaign.zone, campaign.authentic, letter_language, line, ' class="own"' in line, more)


class Listed(NamedTuple):
    """The beginning of a list of those who sign publicly: of which campaign, and how its lines are set."""

    campaign_id: int
    launched_at: datetime
    letter_language: str
    authentic: str
    line: str

    @classmethod
    def under(cls, worded: PageTemplate, seen: Row[Any]) -> "Listed":
        """The one under a page."""
        line = _OWN.sub("", worded.line)
        return cls(seen.campaign_id, seen.launched_at, worded.letter_language, worded.authentic, line)


class Beginning(NamedTuple):
    """The first rows of such a list, in the printed order, and the line of each."""

    rows: Sequence[Row[Any]]
    lines: dict[int, str]


def _list(wanted: Sequence[Listed]) -> list[Beginning]:
    """Who signs publicly at this moment."""
    made = {one: _beginning(one) for one in set(wanted)}
    return [made[one] for one in wanted]


def _beginning(listed: Listed) -> Beginning:
    with db.reading() as session:
        rows = public_list.load_beginning(session, listed.campaign_id, listed.launched_at)
    printed = {row.id: names.signatory(row, listed.letter_language, listed.authentic) for row in rows}
    return Beginning(rows, {one: listed.line.replace(PRINTED, str(escape(row))) for one, row in printed.items()})


_lists = Batcher(_list)


def _with_its_own(beginning: Beginning, seen: Row[Any], worded: PageTemplate, own: dict[str, str]) -> str:
    """The list with the line of the reader, whose own words are escaped, in its place."""
    shown = public_list.with_own(beginning.rows, seen.id, seen if worded.lists_itself else None)
    its_line = worded.line.replace(PRINTED, own[PRINTED])
    lines = [its_line if row is seen else beginning.lines[row.id] for row in shown.rows]
    if shown.link is not None:
        lines.insert(shown.link, worded.more.replace(TOKEN, own[TOKEN]))
    return "".join(lines)


class State(NamedTuple):
    """Whoever is in the same one reads the same page, but for what is its own."""

    campaign_id: int
    launched_at: datetime
    deadline_at: datetime
    voices_stopped_at: datetime | None
    reply_to: str
    public_page: str | None
    show_signers: str | None
    letter_id: int
    few_are_asked: bool
    letter_made_at: datetime | None  # after one was taken back, SQLite gives its number to the next
    reader: str  # its language
    has_address: bool
    wants_no_mail: bool
    is_special: bool
    choice: str | None
    visibility: str | None
    channel: str | None
    answered_letter: int | None
    after: After | None

    @classmethod
    def from_rows(
        cls,
        partner: Partner,
        campaign: Campaign,
        standing: Answer | None,
        after: After | None,
        *,
        few_are_asked: bool,
    ) -> "State":
        """That of a partner, as rows say it."""
        return cls(
            campaign_id=campaign.id,
            launched_at=campaign.launched_at,
            deadline_at=campaign.deadline_at,
            voices_stopped_at=campaign.voices_stopped_at,
            reply_to=campaign.reply_to,
            public_page=campaign.definition.get("public_page"),
            show_signers=campaign.definition.get("show_signers"),
            letter_id=campaign.letter.id,
            few_are_asked=few_are_asked,
            letter_made_at=campaign.letter.made_at,
            reader=partner.language,
            has_address=partner.email_hmac is not None,
            wants_no_mail=partner.quiet_at is not None,
            is_special=any(
                (
                    *(partner.silenced_at, partner.taken_out_at),
                    *(partner.listing_changed_at, partner.passed_on_at),
                )
            ),
            choice=standing.choice if standing else None,
            visibility=standing.visibility if standing else None,
            channel=standing.channel if standing else None,
            answered_letter=standing.letter_id if standing else None,
            after=after,
        )

    @classmethod
    def seen(cls, row: Row[Any], after: After | None) -> "State":
        """That of a partner, as a look says it, by the same names."""
        return cls(**{name: getattr(row, name) for name in cls._fields if name != "after"}, after=after)


class Wording(NamedTuple):
    """A page to be worded, and by whom."""

    partner_id: int
    language: str
    state: State
    word: Word


async def _worded_for(state: State, partner_id: int, language: str, word: Word) -> PageTemplate:
    known: PageTemplate | None = _worded.get((language, state))
    if known is not None:
        return known
    return await _wordings.ask(Wording(partner_id, language, state, word))


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
