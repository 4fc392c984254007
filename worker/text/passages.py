"""A letter's Markdown by lines: which of them are read as one paragraph, and how a line begins and ends."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from worker.text import plain_text

Kind = Literal["heading", "paragraph", "rule", "table", "note"]
NARROWEST = 50  # columns to which somebody lets an editor break lines
MAX_WRAP = 130  # columns: what an editor breaks is no wider
_CLOSING = "*_\"”’'»)] \u00a0"
_OPENING = "*_\"“‘'«([ \u00a0"
_NOTE = re.compile(r"\[\^[^\]\s]+\]:")
_MARK = re.compile(r"(?:\[\^?\w{1,5}\]|[⁰¹²³⁴-⁹]|(?<=[^\W\d_][.!?…])[0-9]{1,2})+\Z")
_SENTENCE_WITHIN = re.compile(r"([^\W_]{1,9})[.!?…][”\"’»)*]*[ \u00a0]+[“\"‘«(*]*[^\W\d_a-zß-öø-ÿ]|[។៕] *\S")
_LINKING = re.compile(
    r"(?:\A|[\s(])(?:an?|the|and|or|of|at|by|from|as|than|that|which|whose|is|are|was|were|been|has|have|had|our|your|their"
    r"|its|his|this|these|those|les?|la|une?|des?|du|et|ou|aux?|par|que|qui|dont|est|sont|ont|notre|votre|leurs?|cette|ces)\Z",
    re.IGNORECASE,
)
_ABBREVIATIONS = {"mr", "mrs", "ms", "dr", "prof", "st", "art", "no", "nos", "vs", "mme", "mlle", "rev", "hon", "gen"}


@dataclass(frozen=True)
class Line:
    number: int
    text: str
    """As Markdown reads it: without the sign of a list or a quotation, and without spaces at its ends."""
    indented: bool
    keeps_its_end: bool
    """Two spaces or a backslash at its end print as a line break."""
    outside: bool
    """It stands at the margin although it belongs to a list or a quotation."""

    @cached_property
    def width(self) -> int:
        return len(self.text) if len(self.text) > 1_000 else plain_text.columns(self.text)

    @cached_property
    def ends_a_sentence(self) -> bool:
        return _last(self.text) in ".!?…។៕៙"

    @property
    def breaks_off(self) -> bool:
        """Whether it ends in a word that no sentence, title or name ends in."""
        return bool(_LINKING.search(self.text[-12:]))

    @property
    def is_open(self) -> bool:
        """Whether it ends in no punctuation at all."""
        return _last(self.text) not in ".!?…។៕៖៙,;:"

    @cached_property
    def begins_anew(self) -> bool:
        """Whether it begins as a sentence may: no small letter, in scripts that have them."""
        first = self.text.lstrip(_OPENING)[:1]
        return bool(first) and (first.isdigit() or first == "{" or (first.isalpha() and not first.islower()))

    @cached_property
    def has_several_sentences(self) -> bool:
        ends = (match[1] for match in _SENTENCE_WITHIN.finditer(self.text[:20_000]))
        return any(word is None or (len(word) > 1 and word.lower() not in _ABBREVIATIONS) for word in ends)


def _last(text: str) -> str:
    """The last sign but marks of notes, quotation marks and brackets; a space if there is none."""
    end = _MARK.sub("", text[-40:].rstrip("*_ "))
    return end.rstrip(_CLOSING)[-1:] or " "


@dataclass(frozen=True)
class Passage:
    """A heading, a rule, lines that print as one paragraph, or what needs no look: a table, a footnote."""

    kind: Kind
    lines: tuple[Line, ...]
    within: Literal["", "list", "quote"]

    @cached_property
    def width(self) -> int:
        return max(line.width for line in self.lines)

    @property
    def first(self) -> Line:
        return self.lines[0]

    @property
    def stands_alone(self) -> bool:
        return self.kind == "paragraph" and not self.within and len(self.lines) == 1

    @property
    def is_prose(self) -> bool:
        return self.kind == "paragraph" and (self.width > 80 or self.lines[-1].ends_a_sentence)

    def room(self, place: int, least: int = NARROWEST) -> int:
        """How many columns a line leaves empty although the next word would have fitted in; below zero if it is full.

        Text is taken to be as wide as its widest line, or `least`.
        """
        wide = max(self.width, least)
        return wide - self.lines[place].width - 1 - _first_word(self.lines[place + 1].text)

    @cached_property
    def is_wrapped(self) -> bool:
        """Whether an editor broke its lines: full, or broken within sentences."""
        pairs = list(pairwise(self.lines))
        if not pairs or self.width > MAX_WRAP:
            return False
        closed = all(not line.is_open and following.begins_anew for line, following in pairs)
        if closed and (len(pairs) > 1 or self.width > 100):
            return False
        full = [self.room(place) < 0 for place in range(len(pairs))]
        within = [
            not line.ends_a_sentence and (not following.begins_anew or (line.is_open and is_full))
            for (line, following), is_full in zip(pairs, full, strict=True)
        ]
        return sum(full) >= 0.75 * len(pairs) or sum(within) >= 0.5 * len(pairs)


def _first_word(text: str) -> int:
    """How many columns the first word takes."""
    word, *_ = text[:200].split(maxsplit=1) or [""]
    return plain_text.columns(word)


@dataclass(frozen=True)
class Letter:
    """What is looked at: the lines as they were typed (the first has number 1), and what Markdown makes of them."""

    typed: list[str]
    passages: list[Passage]
    numbered: list[list[tuple[int, int]]]
    """Each ordered list: its items as (line, number that was typed)."""

    @cached_property
    def wrapped_at(self) -> int:
        """How wide an editor made the lines of several paragraphs; 0 if none did."""
        wrapped = [one for one in self.passages if one.is_wrapped and any(line.is_open for line in one.lines[:-1])]
        widths = [one.width for one in wrapped]
        return max(widths) if len(widths) > 1 else 0


def read_letter(markdown: str) -> Letter:
    """Read the body of a letter; its first line, the subject, is none of its passages."""
    typed = markdown.split("\n")
    tokens = _READER.parse(markdown)
    passages = [one for passage in _passages(typed, tokens) for one in _below_the_subject(passage)]
    return Letter(typed, passages, list(_numbered(tokens)))


def _below_the_subject(passage: Passage) -> Iterator[Passage]:
    lines = tuple(line for line in passage.lines if line.number > 1)
    if lines:
        yield replace(passage, lines=lines)


def _passages(typed: list[str], tokens: list[Token]) -> Iterator[Passage]:
    within: list[Literal["list", "quote"]] = []
    heading = False
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open", "blockquote_open"):
            within.append("quote" if token.type == "blockquote_open" else "list")
        elif token.type in ("bullet_list_close", "ordered_list_close", "blockquote_close"):
            within.pop()
        elif token.type in ("heading_open", "heading_close"):
            heading = token.nesting == 1
        elif token.map and token.type in ("inline", "hr"):
            content = token.content.split("\n") if token.type == "inline" else [typed[token.map[0]]]
            inner = within[-1] if within else ""
            lines = tuple(
                _line(typed, token.map[0] + place, text, inner if place else "") for place, text in enumerate(content)
            )
            if heading or token.type == "hr":
                yield Passage("heading" if heading else "rule", lines, inner)
            else:
                yield from (Passage(kind, part, inner) for kind, part in _parts(lines) if part[0].text)


def _parts(lines: tuple[Line, ...]) -> Iterator[tuple[Kind, tuple[Line, ...]]]:
    """Part a paragraph where a table begins in it, or a footnote."""
    kind: Kind = "paragraph"
    first = 0
    for place, line in enumerate(lines):
        following = lines[place + 1].text if place + 1 < len(lines) else ""
        if _NOTE.match(line.text):
            next_kind: Kind = "note"
        elif kind == "paragraph" and "|" in line.text and _is_below_the_head_of_a_table(following):
            next_kind = "table"
        else:
            continue
        if place > first:
            yield kind, lines[first:place]
        first, kind = place, next_kind
    yield kind, lines[first:]


def _is_below_the_head_of_a_table(text: str) -> bool:
    return {"|", "-"} <= set(text) <= set("|-: \t")


def _line(typed: list[str], place: int, text: str, within: str) -> Line:
    raw = typed[min(place, len(typed) - 1)]
    keeps = raw.endswith(("  ", "\\"))
    outside = bool(within) and raw[:1] not in (" ", "\t", ">", "")
    return Line(place + 1, text.strip(), text[:1] in (*" \t\u00a0\u2003\u3000",), keeps, outside)


def _numbered(tokens: list[Token]) -> Iterator[list[tuple[int, int]]]:
    open_: list[list[tuple[int, int]]] = []
    for token in tokens:
        if token.type == "ordered_list_open":
            open_.append([])
        elif token.type == "ordered_list_close":
            yield open_.pop()
        elif token.type == "list_item_open" and token.info and token.map and open_:
            open_[-1].append((token.map[0] + 1, int(token.info)))


def _reader() -> MarkdownIt:
    """Build the parser of `markdown.READER` without what happens inside lines."""
    reader = MarkdownIt("zero", {"html": False, "maxNesting": 100})
    reader.enable(["blockquote", "heading", "hr", "list"])
    return reader.disable("inline")


_READER = _reader()
