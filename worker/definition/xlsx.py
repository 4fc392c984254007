"""The sheets of an Excel workbook (XLSX, XLSM), row by row as the file has them, without the empty space between."""

import warnings
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any
from xml.etree.ElementTree import Element, iterparse

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries
from openpyxl.utils.escape import unescape
from openpyxl.worksheet._reader import WorkSheetParser
from openpyxl.xml.constants import SHEET_MAIN_NS

from worker.definition import sheet_cells
from worker.definition.number_formats import number_text
from worker.definition.sheet_cells import SheetCells, TooMuch

_IN_SHEET = f"{{{SHEET_MAIN_NS}}}"
_OF_CELLS = {f"{_IN_SHEET}{name}" for name in ("c", "v", "f", "is", "t", "r", "rPr", "rPh", "phoneticPr")}
_MAX_LINKED = 500  # cells of one link's range


def sheets(octets: bytes) -> Iterator[tuple[str, bool, Any]]:
    """Open a workbook; yield each sheet's name, whether it is hidden, and what `cells` takes."""
    warnings.simplefilter("ignore")
    book = load_workbook(BytesIO(octets), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        yield sheet.title, sheet.sheet_state != "visible", sheet


def cells(sheet: Any, found: SheetCells) -> None:
    """Read one sheet of `sheets`.

    Its dimensions are not believed: what openpyxl's own rows would fill with empty cells is passed over.
    """
    reader = _Rows(sheet, found)
    try:
        reader.parse()
    except TooMuch:
        return
    _read_links_and_notes(sheet, reader.linked, found)


class _Rows:
    """One pass over a sheet's XML."""

    def __init__(self, sheet: Any, found: SheetCells) -> None:
        self.sheet, self.found = sheet, found
        self.linked: list[tuple[str, str]] = []
        """Range and the relationship's id."""
        self._styles: dict[int, tuple[str, bool]] = {}

    def parse(self) -> None:
        book = self.sheet.parent
        with book._archive.open(self.sheet._worksheet_path) as source:
            parser = WorkSheetParser(
                source,
                self.sheet._shared_strings,
                data_only=True,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            for _, element in iterparse(source):
                name = element.tag.removeprefix(_IN_SHEET)
                if name == "row":
                    self._row(element, parser)
                elif name == "mergeCell" and len(self.found.merged) < 10 * sheet_cells.MAX_ROWS:
                    left, top, right, bottom = range_boundaries(element.get("ref", ""))
                    self.found.merged.append((top, left, bottom, right))
                elif name == "hyperlink" and len(self.linked) < 10 * sheet_cells.MAX_ROWS:
                    ids = [value for key, value in element.attrib.items() if key.endswith("}id")]
                    self.linked += [(element.get("ref", ""), one) for one in ids]
                elif name == "col" and _is_true(element.get("hidden")):
                    self.found.hidden_columns.append((int(element.get("min", "0")), int(element.get("max", "0"))))
                elif name == "filterColumn":
                    self.found.filtered = True
                if element.tag not in _OF_CELLS:
                    element.clear()

    def _row(self, element: Element, parser: Any) -> None:
        number, row = parser.parse_row(element)
        parser.row_dimensions.clear()
        for place, cell in enumerate(row):
            self._cell(cell, element[place])
        if _is_true(element.get("hidden")) and number in self.found.rows:
            self.found.hidden_rows.append(number)

    def _cell(self, cell: dict[str, Any], element: Element) -> None:
        row, column, value = cell["row"], cell["column"], cell["value"]
        formula = element.find(f"{_IN_SHEET}f")
        if formula is not None and (link := sheet_cells.address_in_formula(formula.text or "")):
            self.found.put_link(row, column, link)
        if value is None:
            has_empty_text = element.get("t") == "str" and element.find(f"{_IN_SHEET}v") is not None
            if formula is not None and not has_empty_text:
                self.found.put_formula_without_result(row, column)
            return
        if cell["data_type"] == "e":
            self.found.put_error(row, column, str(value))
            return
        code, struck = self._style(cell)
        if struck and (not self.found.struck or self.found.struck[-1] != row):
            self.found.struck.append(row)
        if isinstance(value, datetime | date | time | timedelta):
            self.found.put_date(row, column, sheet_cells.date_text(value))
        elif isinstance(value, bool):
            self.found.put(row, column, str(value).upper())
        elif isinstance(value, int | float):
            self.found.put(row, column, number_text(value, code))
        else:
            self.found.put(row, column, unescape(str(value)))

    def _style(self, cell: dict[str, Any]) -> tuple[str, bool]:
        """The code of its number format, and whether it is struck through."""
        number = cell["style_id"]
        if number not in self._styles:
            styled = ReadOnlyCell(self.sheet, **cell)
            try:
                self._styles[number] = str(styled.number_format), bool(styled.font.strike)
            except IndexError:
                self._styles[number] = "General", False
        return self._styles[number]


def _read_links_and_notes(sheet: Any, linked: list[tuple[str, str]], found: SheetCells) -> None:
    archive, path = sheet.parent._archive, sheet._worksheet_path
    if (of_sheet := get_rels_path(path)) not in archive.namelist():
        return
    related = {one.Id: one for one in get_dependents(archive, of_sheet)}
    for cells_of_link, number in linked:
        if number in related:
            left, top, right, bottom = range_boundaries(cells_of_link)
            if (bottom - top + 1) * (right - left + 1) <= _MAX_LINKED:
                for row in range(top, bottom + 1):
                    for column in range(left, right + 1):
                        found.put_link(row, column, related[number].Target)
    for one in related.values():
        if one.Type.endswith("/comments") and one.target in archive.namelist():
            with archive.open(one.target) as source:
                for _, element in iterparse(source):
                    if element.tag == f"{_IN_SHEET}comment":
                        found.put_note(*coordinate_to_tuple(element.get("ref", "A1")))


def _is_true(value: str | None) -> bool:
    return value in ("1", "true")
