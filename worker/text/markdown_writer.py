"""Blocks written as Markdown that a person reads and edits: no more escaped than would be markup.

What is written is read again, paragraph by paragraph: where bold and italics do not come back as they were, they are
left out rather than words changed.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import TypeAlias

from worker.text import letter_numbers, markdown

BREAK = markdown.BREAK


@dataclass(frozen=True)
class Piece:
    """Characters in one style, a hard break (one newline), or a reference to the note of that number."""

    text: str
    bold: bool = False
    italic: bool = False
    href: str = ""
    note: int = 0


@dataclass
class Heading:
    level: int
    pieces: list[Piece]


@dataclass
class Paragraph:
    pieces: list[Piece]


@dataclass
class Listing:
    ordered: bool
    start: int = 1
    tight: bool = True
    items: list[list["Block"]] = field(default_factory=list)


@dataclass
class Quote:
    blocks: list["Block"]


@dataclass
class Rule:
    pass


@dataclass
class Table:
    """Rows of cells; the first row is the header."""

    rows: list[list[list[Piece]]]


Block: TypeAlias = Heading | Paragraph | Listing | Quote | Rule | Table


def write(subject: str, blocks: Sequence[Block], notes: Sequence[Sequence[Piece]]) -> tuple[str, int]:
    """Write a letter: its subject, its blocks, and its notes by number (from 1); the text and what was lost.

    That is the number of paragraphs in which bold or italics could not be kept.
    """
    writer = _Writer()
    parts = [f"# {writer.within([Piece(subject)])}", *_separated(writer, blocks)]
    if notes:
        parts.append("\n\n".join(f"[^{number}]: {writer.line(note)}" for number, note in enumerate(notes, 1)))
    return "\n\n".join(parts) + "\n", writer.lost


def plain(pieces: Sequence[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def _separated(writer: "_Writer", blocks: Sequence[Block]) -> Iterator[str]:
    """Each block; of two lists in a row the second has the other mark, or they would be one."""
    other = False
    for before, block in pairwise([None, *blocks]):
        if isinstance(block, Listing):
            other = isinstance(before, Listing) and before.ordered == block.ordered and not other
            yield writer.listing(block, other)
        elif block is not None:
            yield writer.block(block)


class _Writer:
    def __init__(self) -> None:
        self.lost = 0

    def block(self, block: Block) -> str:
        match block:
            case Heading():
                return f"{'#' * block.level} {self.within(block.pieces)}"
            case Paragraph():
                return self.words(block.pieces)
            case Quote():
                inside = "\n\n".join(_separated(self, block.blocks))
                return "\n".join(f"> {line}".rstrip() for line in inside.split("\n"))
            case Rule():
                return "---"
            case Table():
                return self.table(block)
            case Listing():
                return self.listing(block, False)

    def listing(self, block: Listing, other: bool) -> str:
        gap = "\n" if block.tight else "\n\n"
        return gap.join(self.item(block, number, item, other) for number, item in enumerate(block.items, block.start))

    def item(self, block: Listing, number: int, item: Sequence[Block], other: bool) -> str:
        mark = f"{number}{')' if other else '.'} " if block.ordered else ("* " if other else "- ")
        parts = list(_separated(self, item))
        inside = parts[0] if parts else ""
        for before, (after, part) in pairwise([(None, ""), *zip(item, parts, strict=True)]):
            if before[0] is None:
                continue
            joins = isinstance(after, Listing) and not (after.ordered and after.start != 1)
            close = block.tight and isinstance(before[0], Paragraph) and joins
            inside += ("\n" if close else "\n\n") + part
        first, *rest = inside.split("\n")
        return "\n".join([mark + first, *(" " * len(mark) + line if line else "" for line in rest)]).rstrip()

    def table(self, table: Table) -> str:
        width = max(map(len, table.rows))
        rows = [[self.within(cell) for cell in row] + [""] * (width - len(row)) for row in table.rows]
        return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], ["---"] * width, *rows[1:]])

    def within(self, pieces: Sequence[Piece]) -> str:
        """Write words within a line, after the sign of a heading or in a cell."""
        return self.words(_on_one_line(pieces), begins=False)

    def line(self, pieces: Sequence[Piece]) -> str:
        """Write words on one line."""
        return self.words(_on_one_line(pieces))

    def words(self, pieces: Sequence[Piece], *, begins: bool = True) -> str:
        """Write words that begin a line, or stand within one, as they are read again."""
        pieces = tidied(pieces)
        bare = [replace(piece, bold=False, italic=False) for piece in pieces]
        for styled in (pieces, bare):
            for wary in (False, True):
                for italic in "*_":
                    escapes = _Escapes(wary, begins)
                    if _reads_as(_written(styled, italic, escapes, note=_NOTE), styled, begins):
                        self.lost += styled is not pieces
                        return _written(styled, italic, escapes)
        self.lost += 1
        return _written([replace(piece, href="") for piece in bare], "*", _Escapes(True, begins))


@dataclass(frozen=True)
class _Escapes:
    """What is escaped: only what would be markup, or (`wary`) each sign of ASCII; at the beginning of a line or not."""

    wary: bool
    begins: bool


def _on_one_line(pieces: Sequence[Piece]) -> list[Piece]:
    return [replace(one, text=" ") if one.text == BREAK else one for one in pieces]


def tidied(pieces: Sequence[Piece]) -> list[Piece]:
    """Single spaces, none beside a break or at an end; signs at the edge of bold and italics moved out of them."""
    text = "".join(_MARK if piece.note else piece.text for piece in pieces)
    too_much = {at for match in _SPACES.finditer(text) for at in range(*match.span())}
    kept, at = [], 0
    for piece in pieces:
        if piece.note:
            kept.append(piece)
            at += 1
            continue
        words = "".join(one for place, one in enumerate(piece.text, at) if place not in too_much)
        at += len(piece.text)
        if words:
            kept.append(replace(piece, text=words.replace("\t", " ")))
    return _merged(_flanked(list(_links_without_edges(kept))))


def _links_without_edges(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """Leave the spaces before and after a link out of it."""
    for before, piece, after in zip([None, *pieces], pieces, [*pieces[1:], None], strict=False):
        text, first, last = piece.text, "", ""
        if piece.href and (before is None or before.href != piece.href):
            first = text[: len(text) - len(text.lstrip(" "))]
        if piece.href and (after is None or after.href != piece.href):
            last = text[len(text.rstrip(" ")) :] if text.strip(" ") else ""
        words = text[len(first) : len(text) - len(last)]
        for part, href in ((first, ""), (words, piece.href), (last, "")):
            if part or piece.note:
                yield replace(piece, text=part, href=href)
            if piece.note:
                break


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        joins = last and not piece.note and not last.note and BREAK not in (piece.text, last.text)
        if last and joins and replace(last, text="") == replace(piece, text=""):
            merged[-1] = replace(last, text=last.text + piece.text)
        else:
            merged.append(piece)
    return merged


def _flanked(pieces: Sequence[Piece]) -> list[Piece]:
    """Let bold and italics begin and end where Markdown sees it: at a letter, or at a sign beside a space."""
    if not any(piece.bold or piece.italic for piece in pieces):
        return list(pieces)
    characters = [
        piece if piece.note or piece.text == BREAK else replace(piece, text=character)
        for piece in pieces
        for character in (piece.text if not piece.note else [piece.text])
    ]
    for style in ("bold", "italic"):
        for begin, end in list(_spans(characters, style)):
            while begin < end and not _opens(characters, begin):
                characters[begin] = _without(characters[begin], style)
                begin += 1
            while begin < end and not _closes(characters, end):
                end -= 1
                characters[end] = _without(characters[end], style)
    return characters


def _without(piece: Piece, style: str) -> Piece:
    return replace(piece, bold=False) if style == "bold" else replace(piece, italic=False)


def _spans(characters: Sequence[Piece], style: str) -> Iterator[tuple[int, int]]:
    at = 0
    for on, group in groupby(characters, key=lambda one: bool(getattr(one, style))):
        length = len(list(group))
        if on:
            yield at, at + length
        at += length


def _opens(characters: Sequence[Piece], at: int) -> bool:
    before = characters[at - 1].text if at else " "
    return not _is_space(characters[at].text) and (
        not _is_sign(characters[at].text) or _is_space(before) or _is_sign(before)
    )


def _closes(characters: Sequence[Piece], end: int) -> bool:
    after = characters[end].text if end < len(characters) else " "
    last = characters[end - 1].text
    return not _is_space(last) and (not _is_sign(last) or _is_space(after) or _is_sign(after))


def _is_space(text: str) -> bool:
    return text in ("", BREAK) or unicodedata.category(text[0]) == "Zs"


def _is_sign(text: str) -> bool:
    """Punctuation and symbols; the mark of a note is one."""
    return bool(text) and unicodedata.category(text[0])[0] in "PS"


def _written(pieces: list[Piece], italic: str, escapes: _Escapes, note: str = "[^{}]") -> str:
    """Write pieces, bold and italics opened and closed around them in the order in which they last."""
    words = _escaped(pieces, note, escapes)
    out = []
    for href, linked in groupby(zip(words, pieces, strict=True), key=lambda one: one[1].href):
        together = list(linked)
        text = plain([piece for _, piece in together])
        inside = _styled([(_bare(word, text, href), piece) for word, piece in together], italic)
        out.append(_link(inside, href) if href else inside)
    return "".join(out)


def _bare(written: str, text: str, href: str) -> str:
    """An address that is its own words stands as it is."""
    return text if href and text in (href, href.removeprefix("mailto:")) and not _ODD_ADDRESS.search(text) else written


def _styled(written: list[tuple[str, Piece]], italic: str) -> str:
    marks = {"bold": "**", "italic": italic}
    open_: list[str] = []
    out = []
    for at, (text, piece) in enumerate(written):
        wanted = [style for style in ("bold", "italic") if getattr(piece, style)]
        while any(style not in wanted for style in open_):
            out.append(marks[open_.pop()])
        to_open = [style for style in wanted if style not in open_]
        to_open.sort(key=lambda style: -_lasts(written, at, style))
        out += [marks[style] for style in to_open]
        open_ += to_open
        out.append(text)
    return "".join(out) + "".join(marks[style] for style in reversed(open_))


def _lasts(written: list[tuple[str, Piece]], at: int, style: str) -> int:
    end = at
    while end < len(written) and getattr(written[end][1], style):
        end += 1
    return end - at


def _link(words: str, href: str) -> str:
    if words == href and markdown.SAFE_LINK.match(href) and not href.startswith("mailto"):
        return href
    if href == f"mailto:{words}":
        return f"<{words}>"
    return f"[{words}]({address(href)})"


def address(href: str) -> str:
    """An address as it can stand in round brackets."""
    written = re.sub(r"[\s()<>\\{}\"*`\[\]|]", lambda match: "".join(f"%{one:02X}" for one in match[0].encode()), href)
    return re.sub(r"&(?=#|\w+;)", "&amp;", written)


def _reads_as(written: str, pieces: list[Piece], begins: bool) -> bool:
    """Whether Markdown reads what was written as these words in these styles; a note is written as §1§."""
    if not written:
        return not pieces
    tree = markdown.blocks(written if begins else f"# {written}")
    if len(tree) != 1 or (tree[0]["kind"] != "paragraph" and tree[0]["kind"] != "heading"):
        return False
    if begins != (tree[0]["kind"] == "paragraph"):
        return False
    wanted = [(one, piece) for piece in pieces for one in (_NOTE.format(piece.note) if piece.note else piece.text)]
    found = [(one, run) for run in tree[0]["runs"] for one in run["text"]]
    return len(wanted) == len(found) and all(
        one == read and (one.isspace() or piece.note > 0 or _is_styled_as(run, piece))
        for (one, piece), (read, run) in zip(wanted, found, strict=True)
    )


def _is_styled_as(run: markdown.Run, piece: Piece) -> bool:
    if (run["bold"], run["italic"]) != (piece.bold, piece.italic):
        return False
    return not piece.href or run["href"] == markdown.READER.normalizeLink(address(piece.href).replace("&amp;", "&"))


def _escaped(pieces: list[Piece], note: str, escapes: _Escapes) -> Iterator[str]:
    """The words of each piece of a paragraph, escaped."""
    starts, text = [], ""
    for piece in pieces:
        starts.append(len(text))
        text += _MARK if piece.note else piece.text
    links = {start for start, piece in zip(starts, pieces, strict=True) if piece.href}
    marked = set(_markup(text, links, escapes))
    for start, piece in zip(starts, pieces, strict=True):
        if piece.note:
            yield note.format(piece.note)
        elif piece.text == BREAK:
            yield "\\\n"
        else:
            yield "".join("\\" * (start + at in marked) + character for at, character in enumerate(piece.text))


_SPACES = re.compile(r"^[^\S\n]+|[^\S\n]+$|[ \t](?=[ \t])", re.MULTILINE)
_MARK = "\x01"  # stands for a note; no character of XML
_NOTE = "§{}§"
_ODD_ADDRESS = re.compile(r"[\s<>\\(){}\[\]\"*`|]|[.,;:!?']$")
_WARY = re.compile(r"[!-/:-@\[-`{-~]")
_ANYWHERE = re.compile(
    r"[\\*`|]"
    r"|(?<![^\W_])_|_(?![^\W_])"
    r"|\[(?=\^|[^\[\]]*\][(:])"
    r"|(?<=\x01)[(:]"
    r"|<(?=[a-zA-Z/!?])"
    r"|&(?=#|\w+;)"
    r"|~(?=~)|(?<=~)~"
    r"|!(?=\[)"
    r"|\{(?=[{%#])|(?<=\{)\{|(?<=[}%#])\}|\}(?=\})"
)
_AT_THE_START = re.compile(
    r"(?:^|(?<=\n))(?:(#)(?=#{0,5}(?:\s|$))|(>)|([-+])(?=\s|$|-)|\d{1,9}([.)])(?=\s|$)|(=))", re.M
)
_CLOSING_HEADING = re.compile(r"(?:(?<=\s)|^)#(?=#*$)")


def _markup(text: str, links: set[int], escapes: _Escapes) -> Iterator[int]:
    """Where a character would be markup, or be taken for it by `markdown_lint`."""
    filled_in = [match.span() for match in letter_numbers.EITHER.finditer(text)]
    for match in (_WARY if escapes.wary else _ANYWHERE).finditer(text):
        if not any(begin <= match.start() < end for begin, end in filled_in):
            yield match.start()
    for match in (_AT_THE_START if escapes.begins else _CLOSING_HEADING).finditer(text):
        yield match.start(match.lastindex or 0)
    yield from (at - 1 for at in links if at and text[at - 1] == "!")
