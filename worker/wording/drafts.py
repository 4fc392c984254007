"""A mail worded once for everybody who gets the same, with slots where each reader's own words stand."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Protocol, TypeAlias

from jinja2.utils import LRUCache

from worker.models import Campaign
from worker.text import markdown, plain_text
from worker.text.khmer import keep_words
from worker.wording import mail_parts, templates
from worker.wording.slots import A_MARK, LINK, MARKS, UNSUBSCRIBE_LINK, Slot, changes_in_html, changes_in_text

MAX_DRAFTS = 200

_Fill: TypeAlias = Callable[[str], str]
_MARKS = dict(zip(("contact", "organization", "mail_code", "long_code", "row", "elsewhere"), MARKS, strict=False))
_MARKS |= {"link": LINK, "unsubscribe": UNSUBSCRIBE_LINK}
_drafts = LRUCache(MAX_DRAFTS)


@dataclass(frozen=True)
class Draft:
    """One mail worded for nobody in particular: what is finished is set, what is personal has its place."""

    subject: str
    parts: list[Callable[[_Fill], str]]
    """The text, block by block: each gives what it says once its marks are filled."""
    pieces: list[str]
    """The page, cut at its marks."""

    def filled(self, personal: dict[str, str]) -> tuple[str, str]:
        """Text and page with a reader's own words."""
        values = {_MARKS[name]: markdown.one_line(value) for name, value in personal.items()}
        fill = lambda text: A_MARK.sub(lambda found: values.get(found[0], found[0]), text)
        escaped = {mark: html.escape(value) for mark, value in values.items()}
        text = "\n\n".join([part(fill) for part in self.parts])
        return text, "".join([escaped.get(piece, piece) for piece in self.pieces])


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
    pieces = re.split(f"({A_MARK.pattern})", changes_in_html(page))
    return Draft(subject, [_part(block) for block in blocks], pieces)


def _part(block: markdown.Block) -> Callable[[_Fill], str]:
    """How one block is set once its marks are filled; at once, if it has none."""
    if block["kind"] == "paragraph":
        line = plain_text.plain(block["runs"])
        if A_MARK.search(line):
            return lambda fill: "\n".join(plain_text.wrap(fill(line), plain_text.WIDTH))
    elif A_MARK.search(json.dumps(block, ensure_ascii=False)):
        return lambda fill: plain_text.to_text(markdown.rewritten([block], fill))
    text = plain_text.to_text([block])
    return lambda fill: text
