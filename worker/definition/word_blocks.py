"""The paragraphs, lists and tables of a Word file, in their order."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Literal
from xml.etree.ElementTree import Element

from worker.definition.problems import shown
from worker.definition.word_package import MAX_PART, NotTaken, Package, Relation
from worker.definition.word_runs import CELL_CHANGES, DELETED, INSERTED, Runs, local_name, note_of
from worker.definition.word_styles import Numbered, Numbering, Styles, is_on, number, value
from worker.definition.word_told import Telling
from worker.text.markdown_lint import MAX_DEPTH
from worker.text.markdown_writer import BREAK, Block, Heading, Listing, Paragraph, Piece, Quote, Rule, Table, plain

MAX_PARAGRAPHS = 2_000
MAX_CELLS = 4_000
_RULE = re.compile(r"(?:\*[ \u00a0]*){3,}|[-_–—=]{5,}")
_BETWEEN_CELLS = " · "
_QUOTES = (["quote"], ["intense quote"], ["block text"], ["quotations"])  # the last of LibreOffice
_FRAME = ("notice", "letterhead", "address", "signatory")


@dataclass
class Line:
    """One paragraph or table, before lists are put together."""

    kind: Literal["heading", "title", "paragraph", "rule", "table"]
    pieces: list[Piece] = field(default_factory=list)
    level: int = 0
    numbered: Numbered | None = None
    left: int = 0
    loose: bool = False
    is_quote: bool = False
    style: str = ""
    rows: list[list[list[Piece]]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return plain(self.pieces).strip()


class Reader:
    """Reads a document once, from its beginning to its end."""

    def __init__(self, package: Package, changes: str) -> None:
        self._package = package
        self._root = package.document()
        self._relations = package.relations(package.main)
        self.styles = Styles(self._related("styles"))
        self._numbering = Numbering(self._related("numbering"), self.styles)
        self.telling = Telling()
        self.runs = Runs(self.styles, self.telling, changes, self._relations)
        self.runs.marked = _marked_notes(self._root)
        self.is_ours = self.styles.has("Notice", "Letterhead", "Address", "Signatory")
        self._lines: list[Line] = []
        self._count = self._cells = self._tables = 0
        self._notes: dict[str, tuple[dict[str, Element], Mapping[str, Relation]]] = {}  # by kind and identity
        self._kept: list[Piece] = []  # of a paragraph whose end is deleted

    def lines(self) -> list[Line]:
        """All of the text itself; raises NotTaken for what is no letter."""
        body = self._root.find("w:body")
        if body is not None:
            self._blocks(body)
        if self._kept:
            self._lines.append(Line("paragraph", self._kept))
        self._headers()
        if any(relation.kind == "vbaProject" for relation in self._relations.values()):
            self.telling.tell("macro", where="the file")
        return self._lines

    def notes(self) -> list[list[Piece]]:
        """The words of each note that was referred to, in that order."""
        found = [self._note(number, *note) for number, note in enumerate(self.runs.notes, 1)]
        return [note or [Piece("…")] for note in found]

    def _note(self, number_: int, kind: str, identity: str) -> list[Piece]:
        if kind not in self._notes:
            self._notes[kind] = self._notes_part(f"{kind}s")
        by_identity, relations = self._notes[kind]
        note = by_identity.get(identity)
        with self._elsewhere(f"note {number_}"):
            marks = self.telling.marks()
            if note is None:
                self.telling.tell("note gone")
                self.telling.settle(marks, "")
                return []
            self.runs.in_note, self.runs.relations = True, relations
            lines = self._apart(note)
            self.runs.in_note, self.runs.relations = False, self._relations
            if len(lines) > 1:
                self.telling.tell("note block")
                self.telling.settle(marks, "")
            return _joined(lines, " ")

    def _notes_part(self, kind: str) -> tuple[dict[str, Element], Mapping[str, Relation]]:
        name = next((one.target for one in self._relations.values() if one.kind == kind and not one.external), "")
        root = self._package.part(name) if name else None
        if root is None:
            return {}, {}
        notes = [one for one in reversed(root) if one.get("w:type", "normal") == "normal"]
        return {one.get("w:id", ""): one for one in notes}, self._package.relations(name)

    def _related(self, kind: str) -> Element | None:
        targets = (one.target for one in self._relations.values() if one.kind == kind and not one.external)
        return self._package.part(next(targets, ""))

    def _headers(self) -> None:
        """Tell of headers and footers that have words or pictures."""
        identities = dict.fromkeys(
            one.get("r:id", "") for one in self._root.iter() if one.tag in ("w:headerReference", "w:footerReference")
        )
        for identity in list(identities)[:12]:
            relation = self._relations.get(identity)
            if relation is None or relation.external:
                continue
            root = self._package.part(relation.target, MAX_PART)
            if root is None:
                continue
            tags = {one.tag for one in root.iter() if one.tag != "w:t" or (one.text or "").strip()}
            if tags & {"w:t", "w:drawing", "w:pict", "w:object"}:
                marks = self.telling.marks()
                with self._elsewhere("each page"):
                    self.telling.tell("header")
                    self.telling.settle(marks, "".join(one.text or "" for one in root.iter("w:t")))

    @contextmanager
    def _elsewhere(self, place: str) -> Iterator[None]:
        before, self.telling.place = self.telling.place, place
        try:
            yield
        finally:
            self.telling.place = before

    def _apart(self, element: Element) -> list[Line]:
        """The lines within an element, not among those of the text."""
        lines, self._lines = self._lines, []
        kept, self._kept = self._kept, []
        self._blocks(element)
        if self._kept:
            self._lines.append(Line("paragraph", self._kept))
        self._kept = kept
        lines, self._lines = self._lines, lines
        return lines

    def _blocks(self, element: Element) -> None:
        marks = self.telling.marks()
        for child in self.runs.through(element):
            match child.tag:
                case "w:p":
                    self._paragraph(child, marks)
                case "w:tbl":
                    self._table(child)
                case "m:oMathPara" | "m:oMath":
                    self.telling.tell("equation")
                case "w:altChunk" | "w:subDoc":
                    self.telling.tell("file")
                case _:
                    self.telling.tell("unknown", local_name(child))
            if child.tag not in ("w:p", "w:tbl"):
                self.telling.settle(marks, "")
            marks = self.telling.marks()

    def _paragraph(self, paragraph: Element, marks: tuple[int, int]) -> None:
        properties = paragraph.find("w:pPr")
        style = self.styles.of_paragraph(properties)
        names = self.styles.names(style)
        level = self._level(properties, style, names)
        is_title = "title" in names[:2]
        has_own_style = bool(level) or is_title or names[:1] in _QUOTES
        pieces = [*self._kept, *self.runs.pieces(paragraph, style, own_style=has_own_style)]
        self._kept = []
        boxes, self.runs.boxes = self.runs.boxes, []
        goes_on = self._is_end_gone(properties)
        text = plain(pieces).strip()
        self._count += bool(text)
        if self._count > MAX_PARAGRAPHS:
            fix = "Take a letter: a document as long as this one is a report, which a letter can link to."
            raise NotTaken(f"more than {MAX_PARAGRAPHS:,} paragraphs", f"{MAX_PARAGRAPHS:,} at most", fix)
        if goes_on:
            self._kept = pieces
        elif text or any(piece.note for piece in pieces):
            self._lines.append(self._line(properties, style, names, level, is_title, pieces))
        elif names[:1] == ["horizontal line"]:
            self._lines.append(Line("rule"))
        if properties is not None and properties.find("w:pPrChange") is not None:
            self.telling.tell("formatting")
        self.telling.settle(marks, text)
        for box in boxes:
            with self._elsewhere(f"text box in paragraph {self.telling.paragraph}"):
                self._blocks(box)

    def _line(
        self, properties: Element | None, style: str, names: list[str], level: int, is_title: bool, pieces: list[Piece]
    ) -> Line:
        numbered = self._numbering.count(properties, style)
        if numbered and numbered.is_words:
            pieces = [Piece(f"{numbered.label} "), *pieces] if numbered.label else pieces
            numbered = None
        if is_title:
            return Line("title", pieces)
        if level:
            if numbered and numbered.label:
                pieces = [Piece(f"{numbered.label} "), *pieces]
            return Line("heading", pieces, level=level, style=names[0] if names else "")
        if not numbered and _RULE.fullmatch(plain(pieces).strip()):
            return Line("rule")
        indent = self.styles.find(properties, style, "w:pPr/w:ind", defaults=False)
        left = number(indent.get("w:left") or indent.get("w:start")) if indent is not None else 0
        is_quote = names[:1] in _QUOTES
        if numbered and numbered.format != "bullet" and not _is_plainly_numbered(numbered):
            self.telling.tell("numbers", numbered.label)
        return Line(
            *("paragraph", pieces, 0, numbered, left, self._is_loose(properties, style), is_quote),
            style=names[0] if names else "",
        )

    def _level(self, properties: Element | None, style: str, names: list[str]) -> int:
        """1 to 9 for a heading, by the name that its style has in every language, or its level in the outline."""
        for name in names:
            if match := re.fullmatch(r"heading ([1-9])", name):
                return int(match[1])
        outline = self.styles.find(properties, style, "w:pPr/w:outlineLvl", defaults=False)
        found = number(outline.get("w:val"), 9) if outline is not None else 9
        return found + 1 if 0 <= found < 9 else 0

    def _is_loose(self, properties: Element | None, style: str) -> bool:
        """Whether Word leaves a space between this paragraph and the next of its style."""
        if is_on(self.styles.find(properties, style, "w:pPr/w:contextualSpacing")):
            return False
        spacing = self.styles.find(properties, style, "w:pPr/w:spacing")
        return spacing is not None and number(spacing.get("w:after")) + number(spacing.get("w:before")) > 0

    def _is_end_gone(self, properties: Element | None) -> bool:
        """Whether the end of this paragraph is not there: it was deleted, or inserted and is rejected."""
        mark = properties.find("w:rPr") if properties is not None else None
        tracked = [one for one in mark if one.tag in INSERTED | DELETED] if mark is not None else []
        taken = [self.runs.is_taken(one) for one in tracked]  # each is counted
        return not all(taken)

    def _table(self, table: Element) -> None:
        self._tables += not self.telling.place.startswith("table")
        name = self.telling.place or f"table {self._tables}"
        rows: list[list[list[Line]]] = []
        simple = True
        for row in self.runs.through(table):
            with self._elsewhere(f"{name}, row {len(rows) + 1}"):
                if row.tag != "w:tr" or not self._is_row_taken(row):
                    continue
                cells = [one for one in self.runs.through(row) if one.tag == "w:tc" and self._is_cell_taken(one)]
                simple = simple and not any(map(_is_merged, cells))
                self._cells += len(cells)
                if self._cells > MAX_CELLS:
                    fix = "Send it beside the letter, or link to it."
                    raise NotTaken(f"more than {MAX_CELLS:,} cells of tables", "a letter", fix)
                rows.append([self._apart(cell) for cell in cells])
        simple = simple and not any(line.kind == "table" for row in rows for cell in row for line in cell)
        self._set_table(name, rows, simple)

    def _set_table(self, name: str, rows: list[list[list[Line]]], simple: bool) -> None:
        rows = [row for row in rows if any(row)]
        marks = self.telling.marks()
        if not rows:
            return
        with self._elsewhere(name):
            if simple and (len(rows) == 1 or max(map(len, rows)) == 1):
                self._lines += [line for row in rows for cell in row for line in cell]
                self.telling.tell("layout")
            elif simple:
                if any(len(cell) > 1 or any(BREAK in line.text for line in cell) for row in rows for cell in row):
                    self.telling.tell("cell")
                header, *others = [[_joined(cell, " ") for cell in row] for row in rows]
                self._lines.append(Line("table", rows=[_without_bold(header), *others]))
            else:
                for row in rows:
                    cells = [_joined(cell, " ") for cell in row if cell]
                    self._lines.append(Line("paragraph", _with_between(cells, _BETWEEN_CELLS)))
                self.telling.tell("merged")
            self.telling.settle(marks, "")

    def _is_row_taken(self, row: Element) -> bool:
        properties = row.find("w:trPr")
        if properties is not None and is_on(properties.find("w:hidden")):
            marks = self.telling.marks()
            self.telling.tell("hidden")
            self.telling.settle(marks, "")
            return False
        tracked = [one for one in properties if one.tag in ("w:ins", "w:del")] if properties is not None else []
        marks = self.telling.marks()
        taken = [self.runs.is_taken(one) for one in tracked]
        self.telling.settle(marks, "")
        return all(taken)

    def _is_cell_taken(self, cell: Element) -> bool:
        properties = cell.find("w:tcPr")
        tracked = [one for one in properties if one.tag in CELL_CHANGES] if properties is not None else []
        marks = self.telling.marks()
        taken = [self.runs.is_taken(one) for one in tracked]
        self.telling.settle(marks, "")
        return all(taken)


def _marked_notes(root: Element) -> dict[str, tuple[str, str]]:
    """The notes right before which bookmarks begin: what a field refers to again."""
    marked: dict[str, tuple[str, str]] = {}
    open_: dict[str, str] = {}
    for one in root.iter():
        match one.tag:
            case "w:bookmarkStart" if len(open_) < 100:
                open_[one.get("w:id", "")] = one.get("w:name", "")
            case "w:bookmarkEnd":
                open_.pop(one.get("w:id", ""), None)
            case "w:t" if one.text:
                open_.clear()
            case "w:footnoteReference" | "w:endnoteReference":
                marked |= {name: note_of(one) for name in open_.values() if name not in marked}
    return marked


def _without_bold(header: list[list[Piece]]) -> list[list[Piece]]:
    """A header is bold by itself: all bold, it needs no signs for it."""
    words = [piece for cell in header for piece in cell if piece.text.strip()]
    if not all(piece.bold for piece in words):
        return header
    return [[replace(piece, bold=False) for piece in cell] for cell in header]


def _is_plainly_numbered(numbered: Numbered) -> bool:
    return numbered.format == "decimal" and re.fullmatch(r"\d+[.)]?", numbered.label) is not None


def _is_merged(cell: Element) -> bool:
    properties = cell.find("w:tcPr")
    if properties is None:
        return False
    span = number(value(properties, "w:gridSpan"), 1)
    return span > 1 or any(properties.find(name) is not None for name in ("w:vMerge", "w:hMerge"))


def _joined(lines: Sequence[Line], between: str) -> list[Piece]:
    """Several paragraphs as one; what is numbered keeps its number as a word."""
    parts = []
    for line in lines:
        pieces = line.pieces or _with_between([cell for row in line.rows for cell in row if cell], _BETWEEN_CELLS)
        label = line.numbered.label or "•" if line.numbered else ""
        parts.append([Piece(f"{label} "), *pieces] if label else pieces)
    return _with_between(parts, between)


def _with_between(parts: Sequence[list[Piece]], between: str) -> list[Piece]:
    return [piece for at, part in enumerate(parts) for piece in ([Piece(between), *part] if at else part)]


def without_frame(lines: list[Line]) -> tuple[list[Line], list[str]]:
    """Leave out what a letter prints around its text, in a file that we made; what was left out, by name."""
    subject = next((at for at, line in enumerate(lines) if line.kind == "heading" and line.level == 1), None)
    names = [line.style for line in lines]
    if subject is None or "letterhead" not in names[:subject]:
        return lines, []
    out = {at for at, name in enumerate(names) if name in _FRAME or at < subject}
    after = subject + 1
    if after < len(lines) and lines[after].kind == "paragraph" and lines[after].text.endswith((",", ":", "៖", "！")):
        out.add(after)
    signed = [at for at, name in enumerate(names) if name == "signatory"]
    if signed:
        out |= set(range(signed[0], len(lines)))
        out |= {signed[0] - 1} if lines[signed[0] - 1].kind == "heading" else set()
    told = ["what stands above the subject", "the salutation"] if after in out else ["what stands above the subject"]
    told += ["the list of signatories and what follows"] if signed else []
    return [line for at, line in enumerate(lines) if at not in out], told


def together(lines: Sequence[Line], telling: Telling, *, ours: bool) -> list[Block]:
    """Put paragraphs together as lists and quotations, and give headings their levels below the subject."""
    levels = [line.level for line in lines if line.kind == "heading"]
    shift = 1 if ours else min(levels, default=2) - 2
    builder = _Builder(telling, shift, ours)
    for line in lines:
        builder.take(line)
    return builder.blocks


@dataclass
class _Level:
    listing: Listing
    left: int
    numbered: Numbered


class _Builder:
    def __init__(self, telling: Telling, shift: int, ours: bool) -> None:
        self.blocks: list[Block] = []
        self._telling, self._shift, self._ours = telling, shift, ours
        self._open: list[_Level] = []
        self._lists: dict[str, int] = {}

    def take(self, line: Line) -> None:
        if line.numbered:
            return self._item(line, line.numbered)
        while self._open and not (line.kind == "paragraph" and line.left >= self._open[-1].left > 0):
            self._open.pop()
        target = self._open[-1].listing.items[-1] if self._open else self.blocks
        base = self._open[-1].left if self._open else 0
        match line.kind:
            case "heading" | "title":
                level = max(line.level, 1) - self._shift
                target.append(Heading(min(max(level, 1 if self._ours else 2), 6), line.pieces))
            case "rule":
                target.append(Rule())
            case "table":
                target.append(Table(line.rows))
            case _:
                depth = (line.left - base) // 480 if self._ours else int(line.is_quote)
                if self._open and not line.is_quote and not self._ours:
                    depth = 0
                self._quoted(target, min(depth, MAX_DEPTH), Paragraph(line.pieces))
        return None

    def _quoted(self, target: list[Block], depth: int, paragraph: Paragraph) -> None:
        for _ in range(depth):
            if not (target and isinstance(target[-1], Quote)):
                target.append(Quote([]))
            last = target[-1]
            assert isinstance(last, Quote)
            target = last.blocks
        target.append(paragraph)

    def _item(self, line: Line, numbered: Numbered) -> None:
        while self._open and self._is_beside(self._open[-1], numbered):
            self._open.pop()
        current = self._open[-1] if self._open else None
        if current and (current.numbered.identity, current.numbered.level) == (numbered.identity, numbered.level):
            current.listing.items.append([Paragraph(line.pieces)])
            current.listing.tight = current.listing.tight and not line.loose
            return
        if len(self._open) == MAX_DEPTH:
            self._telling.tell("deep", where=shown(line.text, 40))
            self._open[-1].listing.items.append([Paragraph(line.pieces)])
            return
        listing = Listing(numbered.format != "bullet", numbered.number, not line.loose, [[Paragraph(line.pieces)]])
        (current.listing.items[-1] if current else self.blocks).append(listing)
        self._open.append(_Level(listing, numbered.left, numbered))

    def _is_beside(self, level: _Level, numbered: Numbered) -> bool:
        """Whether a list that is open ends before this paragraph."""
        if level.numbered.identity == numbered.identity:
            return level.numbered.level > numbered.level
        return level.left >= numbered.left
