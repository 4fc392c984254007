"""Rows as a sheet that a spreadsheet shows and does not calculate: as CSV, and as XLSX."""

import csv
import io
from collections.abc import Mapping, Sequence

from worker.text import formulas

BYTE_ORDER_MARK = "\ufeff"  # by which Excel knows UTF-8
CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST = 60  # characters of a column

Rows = Sequence[Mapping[str, str]]


def as_csv(columns: Sequence[str], rows: Rows) -> str:
    """What begins like a formula has an apostrophe before it."""
    written = io.StringIO()
    writer = csv.DictWriter(written, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({column: formulas.harmless(cell) for column, cell in row.items()} for row in rows)
    return written.getvalue()


def as_xlsx(columns: Sequence[str], rows: Rows, title: str) -> bytes:
    """Every cell is text, also one that begins like a formula, and stays text where somebody edits it."""
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    sheet.title = title
    lines = [list(columns), *([row[column] for column in columns] for row in rows)]
    for number, line in enumerate(lines, start=1):
        for place, text in enumerate(line, start=1):
            cell = sheet.cell(number, place)
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
            cell.data_type = "s"  # whatever it looks like
            cell.quotePrefix = formulas.harmless(text) != text
            if number == 1:
                cell.font = Font(bold=True)
    for place in range(1, len(columns) + 1):
        widest = max(len(line[place - 1]) for line in lines)
        sheet.column_dimensions[get_column_letter(place)].width = min(widest + 2, _WIDEST)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
