"""A spreadsheet's file with its sheets: XLSX, XLSM, ODS and XLS, read in a child process with limits."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from worker import child_process
from worker.definition import workbook_reader
from worker.definition.csv_list import MAX_CELLS, Record
from worker.definition.problems import Problem
from worker.definition.readable_files import Unreadable
from worker.text.phrases import P_

MAX_WORKBOOK = 10 * 1024 * 1024
MAX_SECONDS = 60.0
MAX_MEMORY = 256 * 1024 * 1024
SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".ods", ".xls", ".xlsb", ".numbers")
_BEGINNINGS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")
_EXPECTED = P_("a list of partners as XLSX, ODS, CSV or text")
_MAX_MERGED = 1_000_000  # rows of ranges that are looked at
_AS_XLSX = P_("Open it in a spreadsheet program and save it as Excel workbook (XLSX) or as CSV UTF-8.")
_ONLY_LIST = P_("Copy the list alone into an empty spreadsheet, and save that as XLSX or CSV UTF-8.")
_REFUSED = {
    "password": (P_("a workbook protected with a password"), P_("Save it without a password and try again.")),
    "strict": (
        P_("a workbook in the Strict variant of Open XML"),
        P_("Save it as Excel workbook (XLSX), not as Strict Open XML, or as CSV UTF-8."),
    ),
    "numbers": (P_("a document of Apple Numbers"), P_("Export it from Numbers: File, Export To, Excel or CSV.")),
    "xlsb": (P_("a binary Excel workbook (XLSB)"), P_("Save it as Excel workbook (XLSX) or as CSV UTF-8.")),
    "word": (P_("a Word document"), P_("Copy its list into a spreadsheet, or paste it into a text file.")),
    "text": (
        P_("an OpenDocument file that is no spreadsheet"),
        P_("Copy its list into a spreadsheet, and save that."),
    ),
    "old": (P_("an old Office file that is no workbook, or is incomplete"), _AS_XLSX),
    "other": (P_("a compressed file (ZIP) that is no workbook"), P_("Take the list out of it, and give that file.")),
    "unpacked": (
        P_(
            "a file that unpacks to more than %(n)s MB, or to very many parts",
            n=workbook_reader.MAX_UNPACKED // 1_048_576,
        ),
        _ONLY_LIST,
    ),
    "entities": (P_("a workbook with a document type in it, which no spreadsheet program writes"), _AS_XLSX),
    "broken": (
        P_("a workbook that is damaged or incomplete"),
        P_("Get the file once more. %(fix)s", fix=_AS_XLSX),
    ),
    "no sheets": (P_("a workbook without a sheet of cells"), _AS_XLSX),
    "sheets": (P_("more than %(n)s sheets", n=workbook_reader.MAX_SHEETS), _ONLY_LIST),
}
_FAILED = {
    "time": (
        P_("a workbook that takes longer than %(n)s seconds to read", n=int(MAX_SECONDS)),
        _ONLY_LIST,
    ),
    "memory": (P_("a workbook that takes too much memory to read"), _ONLY_LIST),
    "output": (P_("a workbook with more text than a list of partners has"), _ONLY_LIST),
    "crash": (P_("a workbook on which its reader fails, perhaps for a cell far from all others"), _ONLY_LIST),
}


@dataclass
class Sheet:
    """One sheet as records, as a CSV file has them; empty rows and columns are left out."""

    name: str
    hidden: bool
    count: int
    """Rows with content."""
    whole: bool
    records: list[Record]
    letters: list[str]
    """Of the column in each place of a record."""
    across: dict[int, list[tuple[int, int]]]
    """By row, the first and last place of cells that are merged."""
    down: list[tuple[int, int, str, str]]
    """Cells that are merged over several rows, whose text stands in each: first row, last row, letter, text."""
    covered: set[tuple[int, int]]
    """Rows and places in which the text of a merged cell above stands."""
    columns: int
    """That hold something."""
    seen: dict[str, Any] = field(default_factory=dict)
    """What else the child tells of it, by the names of `SheetCells`."""


def is_workbook(octets: bytes) -> bool:
    """Whether it is packed as workbooks are; whatever else is packed so is refused by `read_sheets`."""
    return octets.startswith(_BEGINNINGS)


def read_sheets(file: str, octets: bytes, sheet: str = "") -> list[Sheet]:
    """Read the sheets of a workbook, with `sheet` only the one of that name whole. Raises Unreadable."""
    try:
        found = child_process.call(
            workbook_reader.read_workbook, octets, seconds=MAX_SECONDS, memory=MAX_MEMORY, sheet=sheet
        )
    except child_process.ChildFailed as failed:
        raise Unreadable(_problem(file, *_FAILED[failed.reason])) from None
    if code := found.get("refused"):
        raise Unreadable(_problem(file, *_REFUSED[code]))
    return [_sheet(one, found["reader"]) for one in found["sheets"]]


def letters(column: int) -> str:
    """A column as spreadsheets name it: 1 is A, 27 is AA."""
    name = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def _problem(file: str, found: str, fix: str) -> Problem:
    return Problem(file, "", found, _EXPECTED, fix)


def _sheet(given: dict[str, Any], reader: str) -> Sheet:
    used = sorted({column for _, cells in given["rows"] for column, _ in cells})
    columns = len(used)
    used = used[:MAX_CELLS]
    place = {column: number for number, column in enumerate(used)}
    records: list[Record] = []
    for number, cells in given["rows"]:
        record = [""] * len(used)
        for column, text in cells:
            if column in place:
                record[place[column]] = text
        records.append((number, record))
    sheet = Sheet(
        name=given["name"],
        hidden=given["hidden"],
        count=given["count"],
        whole=given["whole"],
        records=records,
        letters=[letters(column) for column in used],
        across=defaultdict(list),
        down=[],
        covered=set(),
        columns=columns,
        seen=given | {"rows": [], "reader": reader},
    )
    _merge(sheet, given["merged"], used)
    return sheet


def _merge(sheet: Sheet, merged: list[list[int]], used: list[int]) -> None:
    texts = dict(sheet.records)
    left_to_look_at = _MAX_MERGED
    for top, left, bottom, right in merged:
        if bottom < top or right < left:
            continue  # no program writes such a range
        height = bottom - top if bottom - top < 5_000 else 0
        left_to_look_at -= len(used) + height
        if left_to_look_at < 0:
            break
        places = [place for place, column in enumerate(used, 1) if left <= column <= right]
        if not places:
            continue
        rows = [row for row in range(top, top + height + 1) if row in texts] if height == bottom - top else []
        if len(places) > 1:
            for row in rows:
                sheet.across[row].append((places[0], places[-1]))
        if len(rows) > 1 and used[places[0] - 1] == left and (text := texts[rows[0]][places[0] - 1].strip()):
            sheet.down.append((rows[0], rows[-1], letters(left), text))
            sheet.covered.update((row, places[0]) for row in rows[1:])
    sheet.down.sort()
