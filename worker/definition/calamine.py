"""The sheets of an old Excel workbook (XLS), and of an XLSX that openpyxl cannot read, by python-calamine.

It gives no links, notes or hidden rows, and ends its whole process for a sheet with very much empty space.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

import python_calamine

from worker.definition import sheet_cells
from worker.definition.number_formats import number_text
from worker.definition.sheet_cells import SheetCells, TooMuch


def sheets(octets: bytes) -> Iterator[tuple[str, bool, Any]]:
    """Open a workbook; yield each sheet's name, whether it is hidden, and what `cells` takes.

    Raises python_calamine's errors.
    """
    book = python_calamine.load_workbook(BytesIO(octets))
    for one in book.sheets_metadata:
        if one.typ == python_calamine.SheetTypeEnum.WorkSheet:
            yield one.name, one.visible != python_calamine.SheetVisibleEnum.Visible, (book, one.name)


def cells(sheet: Any, found: SheetCells) -> None:
    """Read one sheet of `sheets`."""
    book, name = sheet
    grid = book.get_sheet_by_name(name)
    if grid.start is None:
        return
    top, left = grid.start
    found.merged = [
        (first_row + 1, first_column + 1, last_row + 1, last_column + 1)
        for (first_row, first_column), (last_row, last_column) in grid.merged_cell_ranges or []
    ]
    try:
        for row, line in enumerate(grid.to_python(skip_empty_area=True), top + 1):
            for column, value in enumerate(line, left + 1):
                _put(found, row, column, value)
    except TooMuch:
        return


def _put(found: SheetCells, row: int, column: int, value: object) -> None:
    if isinstance(value, datetime | date | time | timedelta):
        found.put_date(row, column, sheet_cells.date_text(value))
    elif isinstance(value, bool):
        found.put(row, column, str(value).upper())
    elif isinstance(value, int | float):
        found.put(row, column, number_text(value))
    else:
        found.put(row, column, str(value))
