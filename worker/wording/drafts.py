"""A mail worded once for everybody who gets the same, with slots where each reader's own words stand."""

import functools
import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import SimpleNamespace
from typing import Any, Protocol, TypeAlias

from jinja2.utils import LRUCache

from worker.mail.quoted_text import Pieced, Shared
from worker.models import Campaign
from worker.text import markdown, plain_text
from worker.text.khmer import keep_words
from worker.wording import mail_parts, templates
from worker.wording.slots import A_MARK, LINK, MARKS, UNSUBSCRIBE_LINK, Slot, changes_in_html, changes_in_text

MAX_DRAFTS = 200

_Fill: TypeAlias = Callable[[Mapping[str, str]], str]  # what a piece says with these words in the place of its marks
_Piece: TypeAlias = Shared | _Fill
_MARKS = dict(zip(("contact", "organization", "mail_code", "long_code", "row", "elsewhere"), MARKS, strict=False))
_MARKS |= {"link": LINK, "unsubscribe": UNSUBSCRIBE_LINK}
_drafts = LRUCache(MAX_DRAFTS)


@dataclass(frozen=True)
class Draft:
    """One mail worded for nobody in particular: what is finished is set, what is personal has its place."""

    subject: str
    text: list[_Piece]
    page: list[_Piece]

    def filled(self, personal: dict[str, str]) -> tuple[str, str]:
        """Text and page with a reader's own words."""
        values = {_MARKS[name]: markdown.one_line(value) for name, value in personal.items()}
        escaped = {mark: html.escape(value) for mark, value in values.items()}
        return _filled(self.text, values), _filled(self.page, escaped)


def _filled(pieces: list[_Piece], values: Mapping[str, str]) -> Pieced:
    return Pieced([piece if isinstance(piece, Shared) else piece(values) for piece in pieces])


def shared_draft(
    kind: str,
    language: str,
    campaign: Campaign,
    personal: dict[str, str],
    context: Callable[[], dict[str, Any]],
    *,
    variant: object,
) -> Draft:
    """Word a mail, or remember how it was worded; `variant` is what else tells one wording from another."""
    filled = tuple(map(bool, personal.values()))
    moments = (campaign.launched_at, campaign.deadline_at, campaign.dispatched_at, campaign.erase_at)
    key = (kind, language, campaign.id, *moments, campaign.letter.hash, *filled, variant)
    draft: Draft | None = _drafts.get(key)
    if draft is None:
        draft = _drafts[key] = word_draft(kind, language, campaign, personal, context())
    return draft


class Sender(Protocol):
    """From whom a mail is, as its foot says it: a campaign, or the program itself."""

    @property
    def from_name(self) -> str: ...
    @property
    def reply_to(self) -> str: ...


def word_draft(kind: str, language: str, campaign: Sender, personal: dict[str, str], context: dict[str, Any]) -> Draft:
    """Word a mail from its template; of `personal` it only matters what is empty."""
    slots = {name: Slot(_MARKS[name], bool(value)) for name, value in personal.items()}
    if slots:
        partner = SimpleNamespace(contact=slots.pop("contact"), organization=slots.pop("organization"))
        context = context | slots | {"partner": partner}
    context = context | {"campaign": campaign}
    subject, blocks = templates.mail(kind, language, **context)
    page = templates.page(
        "mail/_layout.html",
        language,
        subject=subject,
        heading=keep_words(subject),
        parts=list(mail_parts.parts(blocks, LINK, _MARKS["mail_code"])),
        campaign=campaign,
    )
    words = templates.translations(language)
    gone, new = words.gettext("[gone: %(words)s]"), words.gettext("[new: %(words)s]")
    blocks = mail_parts.with_bare_links(blocks, LINK)
    blocks = markdown.rewritten(blocks, lambda text: changes_in_text(text, gone, new))
    return Draft(subject, _pieces_of_text(blocks), _pieces_of_page(changes_in_html(page)))


def _pieces_of_text(blocks: list[markdown.Block]) -> list[_Piece]:
    endings = ["\n\n"] * (len(blocks) - 1) + [""]
    set_blocks = [_block(block, ending) for block, ending in zip(blocks, endings, strict=True)]
    return [_together(list(alike)) for _, alike in groupby(set_blocks, key=callable)]


def _together(pieces: Sequence[str | _Fill]) -> _Piece:
    """Pieces that are the same for everybody, or that all have marks, as one."""
    words = [piece for piece in pieces if isinstance(piece, str)]
    fills = [piece for piece in pieces if not isinstance(piece, str)]
    return (lambda values: "".join([fill(values) for fill in fills])) if fills else Shared("".join(words))


def _block(block: markdown.Block, ending: str) -> str | _Fill:
    """One block of the text, or how it is set once its marks are filled."""
    if block["kind"] == "paragraph":
        line = plain_text.plain(block["runs"])
        if A_MARK.search(line):
            fill = _cut(line)
            return lambda values: "\n".join(plain_text.wrap(fill(values), plain_text.WIDTH)) + ending
    elif A_MARK.search(json.dumps(block, ensure_ascii=False)):
        return lambda values: plain_text.to_text(markdown.rewritten([block], lambda run: _cut(run)(values))) + ending
    return plain_text.to_text([block]) + ending


def _pieces_of_page(page: str) -> list[_Piece]:
    head, ending, rest = page.partition("</style>\n")
    if not ending or A_MARK.search(head):
        return _lines(page)
    return [_head(head + ending), *_lines(rest)]


_head = functools.lru_cache(maxsize=20)(Shared)  # the same also in mails that are worded for one reader each


def _lines(page: str) -> list[_Piece]:
    """Lines with marks, and lines that are the same for everybody, by turns."""
    runs = groupby(re.split(r"(?<=\n)", page), key=lambda line: bool(A_MARK.search(line)))
    return [_cut("".join(lines)) if has_marks else Shared("".join(lines)) for has_marks, lines in runs]


def _cut(words: str) -> _Fill:
    """How words are filled, which are cut at their marks beforehand."""
    pieces = re.split(f"({A_MARK.pattern})", words)
    return lambda values: "".join([values.get(piece, piece) for piece in pieces])
