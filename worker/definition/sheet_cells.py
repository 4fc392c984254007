"""The cells of one sheet as text, and what a person sees of the sheet beside them."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import unquote

MAX_ROWS = 20_100  # with content; a list has fewer (csv_list.MAX_ROWS)
MAX_CELLS = 200  # with content, in one row
MAX_TEXT = 5 * 1024 * 1024  # characters in one sheet, as many as a CSV file may have
MAX_CELL = 32_767  # characters, as many as Excel has
MAX_TOLD = 2_000  # cells of a kind, ranges and links
_FIRST = 12  # rows that are given of a sheet that is not given whole

Cell = tuple[int, int]
"""Row and column, counted from 1."""


class TooMuch(Exception):
    """A sheet has more than a list of partners may have; what was read until then stands."""


@dataclass
class SheetCells:
    """One sheet: only rows and cells that hold something, by the numbers that the spreadsheet shows."""

    name: str
    hidden: bool = False
    rows: dict[int, dict[int, str]] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """First row, first column, last row, last column."""
    links: dict[Cell, str] = field(default_factory=dict)
    """Mail addresses that cells link to."""
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    """First and last."""
    filtered: bool = False
    struck: list[int] = field(default_factory=list)
    """Rows with a cell that is struck through."""
    notes: list[Cell] = field(default_factory=list)
    errors: list[tuple[int, int, str]] = field(default_factory=list)
    without_result: list[Cell] = field(default_factory=list)
    """Formulas whose result is not in the file."""
    dates: dict[int, int] = field(default_factory=dict)
    """The first row with a date, by column."""
    too_wide: Cell | None = None
    """A row with more cells than it may have, and how many."""
    too_long: str = ""
    """`rows` or `text`, where there is more than is read."""
    _characters: int = 0

    def put(self, row: int, column: int, text: str) -> None:
        """Keep one cell. Raises TooMuch."""
        if not text.strip():
            return
        cells = self.rows.setdefault(row, {})
        cells[column] = text[:MAX_CELL]
        self._characters += min(len(text), MAX_CELL)
        if len(cells) > MAX_CELLS:
            self.too_wide = row, len(cells)
            raise TooMuch
        if len(self.rows) > MAX_ROWS or self._characters > MAX_TEXT:
            self.too_long = "text" if self._characters > MAX_TEXT else "rows"
            raise TooMuch

    def put_date(self, row: int, column: int, text: str) -> None:
        """Keep a date, which may be shown otherwise in the sheet."""
        self.dates.setdefault(column, row)
        self.put(row, column, text)

    def put_error(self, row: int, column: int, text: str) -> None:
        if len(self.errors) < MAX_TOLD:
            self.errors.append((row, column, text[:20]))

    def put_formula_without_result(self, row: int, column: int) -> None:
        if len(self.without_result) < MAX_TOLD:
            self.without_result.append((row, column))

    def put_note(self, row: int, column: int) -> None:
        if len(self.notes) < MAX_TOLD:
            self.notes.append((row, column))

    def put_link(self, row: int, column: int, target: str) -> None:
        """Keep what a cell links to if that is a mail address."""
        if (address := mail_address(target)) and len(self.links) < 10 * MAX_ROWS:
            self.links[row, column] = address

    def as_json(self, *, whole: bool) -> dict[str, Any]:
        """What the child hands out; not `whole`: the first rows only."""
        self._read_merged_cells_in_each_row()
        numbers = sorted(self.rows)
        rows = [[number, sorted(self.rows[number].items())] for number in (numbers if whole else numbers[:_FIRST])]
        found: dict[str, Any] = {"name": self.name, "hidden": self.hidden, "count": len(numbers), "whole": whole}
        found |= {"rows": rows, "merged": self.merged, "too_wide": self.too_wide, "too_long": self.too_long}
        if whole:
            found |= {
                "links": [[*cell, address] for cell, address in self.links.items()],
                "hidden_rows": [row for row in self.hidden_rows if row in self.rows],
                "hidden_columns": self.hidden_columns[:MAX_TOLD],
                "filtered": self.filtered,
                "struck": sorted(set(self.struck)),
                "notes": sorted(self.notes),
                "errors": self.errors,
                "without_result": self.without_result,
                "dates": sorted(self.dates.items()),
            }
        return found

    @property
    def size(self) -> int:
        """The characters in it."""
        return self._characters

    def _read_merged_cells_in_each_row(self) -> None:
        """Put the text of cells that are merged over several rows into each of these that holds something else."""
        for top, left, bottom, _ in self.merged[: 10 * MAX_ROWS]:
            text = self.rows.get(top, {}).get(left, "")
            if text and bottom > top and self._characters <= MAX_TEXT:
                below = range(top + 1, bottom + 1) if bottom - top <= len(self.rows) else sorted(self.rows)
                for row in below:
                    if top < row <= bottom and row in self.rows and left not in self.rows[row]:
                        self.rows[row][left] = text
                        self._characters += len(text)


def mail_address(target: str) -> str:
    """The address of a `mailto:` link."""
    match = re.match(r"\s*mailto:\s*([^?\s]+)", target[:2000], re.IGNORECASE)
    return unquote(match[1])[:400] if match else ""


def address_in_formula(formula: str) -> str:
    """The `mailto:` link that a formula makes: `HYPERLINK("mailto:…","Mail us")`."""
    match = re.search(r'HYPERLINK\(\s*"(mailto:[^"]{1,500})"', formula[:2000], re.IGNORECASE)
    return match[1] if match else ""


def date_text(value: date | datetime | time | timedelta) -> str:
    """A date in ISO, a time of day or a duration in hours and minutes; seconds where there are any."""
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
    if isinstance(value, time):
        return f"{value:%H:%M:%S}".removesuffix(":00") if value.second else f"{value:%H:%M}"
    if isinstance(value, datetime):
        day = value.date().isoformat()
        return day if value.time() == time() else f"{day} {date_text(value.time())}"
    return value.isoformat()
