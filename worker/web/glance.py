"""A look at a partner's page while answers are taken, which is what most requests are: worded once, filled for each.

What the readers of one campaign see differs by a few words of their own. Those are slots here, as they are in mails
(`mail/messages.py`); the rest is kept for all who see the same. Nothing is kept of a reader.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import escape
from sqlalchemy import ColumnElement, Integer, ScalarSelect, bindparam, func, select
from sqlalchemy.engine import Row
from starlette.responses import HTMLResponse, Response

from worker import db, render, tokens
from worker.letter import signatories
from worker.models import Answer, Campaign, Letter, Partner
from worker.web import links

ORGANIZATION, ROW, PRINTED, TOKEN, RECORDED, LIST = render.MARKS[:6]
_A_MARK = re.compile(f"([{ORGANIZATION}{ROW}{PRINTED}{TOKEN}{RECORDED}{LIST}])")
_OWN = ' class="own"'
MOST_PAGES = 200


@dataclass(frozen=True)
class Worded:
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


_worded: dict[tuple[object, ...], Worded] = {}


def _of_the_letter(latest: ColumnElement[int]) -> ScalarSelect[int]:
    return select(latest).where(Letter.campaign_id == Campaign.id).correlate(Campaign).scalar_subquery()


_LOOK = (
    select(
        *(Partner.id, Partner.organization, Partner.acronym, Partner.country, Partner.names, Partner.language),
        (Partner.email_hmac.is_not(None)).label("has_address"),
        *(Partner.sort_as, Partner.quiet_at, Partner.proposed, Campaign.id.label("campaign_id"), Campaign.launched_at),
        *(
            Campaign.deadline_at,
            Campaign.closed_at,
            Campaign.cancelled_at,
            _of_the_letter(func.max(Letter.id)).label("letter_id"),
        ),
        _of_the_letter(func.max(Letter.meaning)).label("meaning"),
        *(Answer.choice, Answer.visibility, Answer.channel, Answer.at),
    )
    .join(Campaign, Campaign.id == Partner.campaign_id)
    .outerjoin(Answer, (Answer.partner_id == Partner.id) & Answer.superseded_at.is_(None))
    .where(Partner.ref == bindparam("ref"), Partner.generation == bindparam("generation"))
)


_SIGNERS = signatories.select_public(bindparam("campaign", type_=Integer))


def page(token: str, wanted: str, word: Callable[[int, str], Worded]) -> Response | None:
    """The page behind a link, or None where it is not so simple: `word` words it for a partner's id and a language."""
    try:
        ref, generation = tokens.read(token)
    except tokens.NotALink:
        ref, generation = bytes(tokens.REF), -1  # what no partner has, so that it takes as long as one that died
    seen, now = db.glance(_LOOK, ref=ref, generation=generation)
    if seen is None or not _takes_answers(seen, now) or seen.proposed is not None or seen.meaning > 1:
        return None  # of a letter that has changed its meaning, each is told what it said to the earlier one
    language = links.in_language(wanted, seen.language)
    worded = _worded_for(seen, language, word)
    if not worded.pieces:
        return None
    own = {
        ORGANIZATION: seen.organization,
        ROW: render.signatory(seen, language, worded.authentic),
        PRINTED: render.signatory(seen, worded.letter_language, worded.authentic),
        TOKEN: token,
    }
    if seen.at is not None:
        own[RECORDED] = render.day_and_time(seen.at, worded.zone, language)
    escaped = {mark: str(escape(value)) for mark, value in own.items()}
    if worded.line:
        escaped[LIST] = _list(seen, worded)
    return HTMLResponse(worded.filled(escaped))


def cut(html: str, campaign: Campaign, letter_language: str) -> Worded:
    """A page with marks in it, made ready to be filled."""
    line = ""
    if campaign.show_signers != "nobody" and (found := re.search(f"[^\n]*{PRINTED}[^\n]*\n", html)):
        line, html = found[0], html.replace(found[0], LIST)
    return Worded(_A_MARK.split(html), campaign.zone, campaign.authentic, letter_language, line)


def _list(seen: Row[Any], worded: Worded) -> str:
    """Who signs publicly at this moment, and the reader's own row in its place."""
    others = [one for one in db.glance_at_all(_SIGNERS, campaign=seen.campaign_id) if one.id != seen.id]
    lines = {False: worded.line.replace(_OWN, ""), True: worded.line}
    return "".join(
        lines[one is seen].replace(
            PRINTED, str(escape(render.signatory(one, worded.letter_language, worded.authentic)))
        )
        for one in signatories.in_order([*others, seen])
    )


def _worded_for(seen: Row[Any], language: str, word: Callable[[int, str], Worded]) -> Worded:
    of_the_campaign = (seen.campaign_id, seen.launched_at, seen.deadline_at, seen.letter_id)
    of_the_reader = (seen.language, seen.has_address, seen.quiet_at is not None)
    key = (*of_the_campaign, language, *of_the_reader, seen.choice, seen.visibility, seen.channel)
    if key not in _worded:
        if len(_worded) >= MOST_PAGES:
            _worded.clear()
        _worded[key] = word(seen.id, language)
    return _worded[key]


def _takes_answers(seen: Row[Any], now: datetime) -> bool:
    return seen.closed_at is None and seen.cancelled_at is None and now <= seen.deadline_at
