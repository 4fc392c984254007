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
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)  # which keeps no cell that is written: memory and time grow with the rows
    sheet = book.create_sheet(title)
    last = get_column_letter(len(columns))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{last}{len(rows) + 1}"
    for place, column in enumerate(columns, start=1):
        widest = max(len(column), *(len(row[column]) for row in rows)) if rows else len(column)
        sheet.column_dimensions[get_column_letter(place)].width = min(widest + 2, _WIDEST)

    def cell(text: str) -> WriteOnlyCell:
        made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
        made.data_type = "s"  # whatever it looks like
        if formulas.harmless(text) != text:
            made.quotePrefix = True
        return made

    heads = [cell(column) for column in columns]
    for head in heads:
        head.font = Font(bold=True)
    sheet.append(heads)
    for row in rows:
        sheet.append([cell(row[column]) for column in columns])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()
