"""The sheets of an OpenDocument spreadsheet (ODS), as its content.xml has them.

A cell or row that is repeated a million times over stands there once; it is passed over when it is empty.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import IO, Any
from xml.etree.ElementTree import Element, iterparse
from zipfile import ZipFile

from worker.definition import sheet_cells
from worker.definition.number_formats import number_text
from worker.definition.sheet_cells import SheetCells, TooMuch

_NAMESPACES = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
_TABLE, _OFFICE, _TEXT, _STYLE = (f"{{{_NAMESPACES.format(name)}}}" for name in ("table", "office", "text", "style"))
_HREF = "{http://www.w3.org/1999/xlink}href"
_KIND = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
_OF_EMPTY_CELLS = {f"{_TABLE}number-columns-repeated", f"{_TABLE}style-name"}
_NOT_SHOWN = {f"{_OFFICE}annotation", f"{_TEXT}note", f"{_TEXT}ruby-text", f"{_TEXT}bookmark"}
_ERROR = re.compile(r"#[A-Z/0]+[!?]?|Err:\d+")
_MAX_REPEATED = 1 << 21


def sheets(octets: bytes) -> Iterator[tuple[str, bool, Any]]:
    """Open a workbook; yield each sheet's name, whether it is hidden, and what `cells` takes."""
    with ZipFile(BytesIO(octets)) as archive, archive.open("content.xml") as source:
        book = _Styles()
        for number, (name, hidden) in enumerate(_named(source, book)):
            yield name, hidden, (octets, number, book)


@dataclass
class _Styles:
    hidden: set[str] = field(default_factory=set)
    """Styles of tables that are not displayed."""
    struck: set[str] = field(default_factory=set)
    """Styles of text that is struck through."""


def _named(source: IO[bytes], styles: _Styles) -> Iterator[tuple[str, bool]]:
    depth = 0
    for event, element in iterparse(source, ("start", "end")):
        if element.tag == f"{_TABLE}table":
            depth += 1 if event == "start" else -1
            if event == "start" and depth == 1:
                yield element.get(f"{_TABLE}name", ""), element.get(f"{_TABLE}style-name") in styles.hidden
        if event == "end" and element.tag == f"{_STYLE}style":
            _read_style(element, styles)
        if event == "end" and element.tag in (f"{_TABLE}table-row", f"{_TABLE}table", f"{_STYLE}style"):
            element.clear()


def _read_style(element: Element, styles: _Styles) -> None:
    name = element.get(f"{_STYLE}name", "")
    for child in element:
        if child.get(f"{_TABLE}display") == "false":
            styles.hidden.add(name)
        if child.get(f"{_STYLE}text-line-through-style", "none") != "none":
            styles.struck.add(name)


def cells(sheet: Any, found: SheetCells) -> None:
    """Read one sheet of `sheets`."""
    octets, wanted, styles = sheet
    with ZipFile(BytesIO(octets)) as archive, archive.open("content.xml") as source:
        try:
            _Table(found, styles).parse(source, wanted)
        except TooMuch:
            return


class _Table:
    """One pass over the content until the end of one table."""

    def __init__(self, found: SheetCells, styles: _Styles) -> None:
        self.found, self.styles = found, styles
        self.row, self.column = 1, 1

    def parse(self, source: IO[bytes], wanted: int) -> None:
        stack: list[Element] = []
        tables = -1
        for event, element in iterparse(source, ("start", "end")):
            if event == "start":
                stack.append(element)
                tables += element.tag == f"{_TABLE}table" and not _within_table(stack[:-1])
                continue
            stack.pop()
            outermost = sum(one.tag == f"{_TABLE}table" for one in stack) == 1
            if element.tag == f"{_TABLE}table" and not _within_table(stack):
                if tables == wanted:
                    return
                element.clear()
            elif not outermost:
                continue
            elif element.tag == f"{_TABLE}table-row":
                if tables == wanted:
                    self._row(element)
                del stack[-1][:]
            elif element.tag == f"{_TABLE}table-column" and tables == wanted:
                self._column(element)

    def _column(self, element: Element) -> None:
        repeated = _repeated(element, "columns")
        if element.get(f"{_TABLE}visibility", "visible") != "visible":
            self.found.hidden_columns.append((self.column, self.column + repeated - 1))
        self.column += repeated

    def _row(self, element: Element) -> None:
        repeated = _repeated(element, "rows")
        first = self.row
        self.row += repeated
        filled, column = [], 1
        for cell in element:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            times = _repeated(cell, "columns")
            if len(cell) or cell.attrib.keys() - _OF_EMPTY_CELLS:
                filled.append((column, times, cell))
            column += times
        visibility = element.get(f"{_TABLE}visibility", "visible")
        self.found.filtered |= visibility == "filter"
        for row in range(first, first + repeated) if filled else ():
            before = len(self.found.rows)
            for place, times, cell in filled:
                self._cell(cell, row, place, times)
            if row in self.found.rows and visibility != "visible":
                self.found.hidden_rows.append(row)
            if len(self.found.rows) == before:
                break  # none of what is repeated is read

    def _cell(self, cell: Element, row: int, column: int, times: int) -> None:
        text, link, struck = _text(cell, self.styles)
        formula = cell.get(f"{_TABLE}formula", "")
        link = link or sheet_cells.address_in_formula(formula.replace(";", ","))
        kind = cell.get(f"{_OFFICE}value-type", "")
        if cell.tag == f"{_TABLE}covered-table-cell":
            return  # under a merged cell, where nobody sees it
        self._spans(cell, row, column)
        if cell.find(f"{_OFFICE}annotation") is not None:
            self.found.put_note(row, column)
        if cell.get(_KIND) == "error" or (formula and _ERROR.fullmatch(text.strip())):
            self.found.put_error(row, column, text.strip())
            return
        if formula and not kind and not text:
            self.found.put_formula_without_result(row, column)
            return
        shown = _shown(cell, kind, text)
        for place in range(column, column + times) if shown.strip() else ():
            if link:
                self.found.put_link(row, place, link)
            if kind == "date":
                self.found.put_date(row, place, shown)
            else:
                self.found.put(row, place, shown)
        if shown.strip() and (struck or cell.get(f"{_TABLE}style-name") in self.styles.struck):
            self.found.struck.append(row)

    def _spans(self, cell: Element, row: int, column: int) -> None:
        down, across = (_number(cell.get(f"{_TABLE}number-{name}-spanned")) for name in ("rows", "columns"))
        if (down > 1 or across > 1) and len(self.found.merged) < 10 * sheet_cells.MAX_ROWS:
            self.found.merged.append((row, column, row + down - 1, column + across - 1))


def _within_table(stack: list[Element]) -> bool:
    return any(one.tag == f"{_TABLE}table" for one in stack)


def _repeated(element: Element, what: str) -> int:
    return _number(element.get(f"{_TABLE}number-{what}-repeated"))


def _number(text: str | None) -> int:
    return min(max(int(text), 1), _MAX_REPEATED) if text and text.isascii() and text.isdigit() and len(text) < 9 else 1


def _shown(cell: Element, kind: str, text: str) -> str:
    """A date in ISO, a number as it is shown unless that is shortened, everything else as it is shown."""
    if kind == "date":
        day, _, hours = cell.get(f"{_OFFICE}date-value", "").partition("T")
        hours = hours[:8].removesuffix(":00") if hours.count(":") > 1 else hours[:8]
        return (day if not hours or hours in ("00:00", "00") else f"{day} {hours}") or text
    if kind in ("float", "percentage", "currency") and (not text.strip() or "E+" in text or "###" in text):
        try:
            return number_text(float(cell.get(f"{_OFFICE}value", "")), "0.##%" if kind == "percentage" else "General")
        except ValueError:
            return text
    if kind == "boolean" and not text.strip():
        return cell.get(f"{_OFFICE}boolean-value", "").upper()
    return text or (cell.get(f"{_OFFICE}string-value", "") if kind == "string" else "")


def _text(cell: Element, styles: _Styles) -> tuple[str, str, bool]:
    """The text that a cell shows, the first mail address that it links to, and whether all of it is struck through."""
    links: list[str] = []
    struck: list[bool] = []
    lines = ["".join(_within(one, styles, links, struck, False)) for one in cell if one.tag == f"{_TEXT}p"]
    return "\n".join(lines), next(iter(links), ""), bool(struck) and all(struck)


def _within(element: Element, styles: _Styles, links: list[str], struck: list[bool], is_struck: bool) -> Iterator[str]:
    is_struck = is_struck or element.get(f"{_TEXT}style-name") in styles.struck
    if sheet_cells.mail_address(target := element.get(_HREF, "")):
        links.append(target)
    if (element.text or "").strip():
        struck.append(is_struck)
    yield element.text or ""
    for child in element:
        if child.tag == f"{_TEXT}s":
            yield " " * min(_number(child.get(f"{_TEXT}c")), sheet_cells.MAX_CELL)
        elif child.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            yield "\n" if child.tag.endswith("break") else "\t"
        elif child.tag not in _NOT_SHOWN:
            yield from _within(child, styles, links, struck, is_struck)
        if (child.tail or "").strip():
            struck.append(is_struck)
        yield child.tail or ""
