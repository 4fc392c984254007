"""The list of a workbook: which sheet it is in, and what is read there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from worker.definition import csv_list, sheet_remarks, workbook
from worker.definition.csv_list import Table
from worker.definition.pasted_list import Fix
from worker.definition.problems import Problem, did_you_mean, first_of, shown
from worker.definition.workbook import Sheet
from worker.text.phrases import P_, Phrase, Pn_
from worker.text.similar_names import same_name


@dataclass(frozen=True)
class SheetName:
    """One sheet of a workbook, as whoever chooses one sees it."""

    name: str
    rows: int
    """With content, below the names of the columns if it has a list; 0 where another was chosen by its name."""
    hidden: bool
    listed: bool
    """Whether it has a column of organizations."""


@dataclass
class FoundList:
    """What a workbook has for a list."""

    sheets: list[SheetName]
    table: Table
    """With the problem alone, where nobody can say which sheet is meant."""
    sheet: str = ""
    """The name of the one that is read; empty where none is."""
    remarks: list[Problem | Fix] = field(default_factory=list)


def find_list(file: str, octets: bytes, name: str, columns: Sequence[str], needed: str) -> FoundList:
    """Read the sheet of that name, or the only one that may be the list. Raises Unreadable."""
    sheets = workbook.read_sheets(file, octets, name)
    named = [_named(one, columns, needed) for one in sheets]
    chosen = _of_name(file, sheets, name) if name else _with_list(file, named, needed)
    if isinstance(chosen, Problem):
        return FoundList(named, Table(problems=[chosen]))
    sheet = sheets[chosen]
    if not sheet.whole:
        sheet = workbook.read_sheets(file, octets, sheet.name)[chosen]
    table = csv_list.loose_table(file, _grid(sheet), columns, needed)
    table.problems += sheet_remarks.problems(file, sheet, table)
    ours = {one.letter: one.column for one in table.columns if one.column}
    for row, column, address in sheet.seen.get("links", ()):
        if our := ours.get(workbook.letters(column)):
            table.links.setdefault(row, {})[our] = address
    remarks = [*_not_read(file, named, chosen), *sheet_remarks.remarks(file, sheet, table)]
    return FoundList(named, table, sheet.name, remarks)


def _grid(sheet: Sheet) -> csv_list.Grid:
    return csv_list.Grid(sheet.records, letters=sheet.letters, across=sheet.across, covered=sheet.covered)


def _named(sheet: Sheet, columns: Sequence[str], needed: str) -> SheetName:
    below = csv_list.rows_below_headings(_grid(sheet), columns, needed)
    rows = sheet.count if below is None else sheet.count - len(sheet.records) + below
    return SheetName(sheet.name, rows, sheet.hidden, below is not None)


def _of_name(file: str, sheets: Sequence[Sheet], name: str) -> int | Problem:
    """The place of the sheet of that name, whatever its case, accents and spaces."""
    exact = [place for place, one in enumerate(sheets) if one.name == name]
    alike = exact or [place for place, one in enumerate(sheets) if same_name(one.name) == same_name(name)]
    if len(alike) == 1:
        return alike[0]
    fix = did_you_mean(name, [one.name for one in sheets if one.name.isprintable()][:20])
    found = P_("no sheet %(name)s", name=shown(name))
    if alike:
        found = P_("%(n)s sheets named %(name)s", n=len(alike), name=shown(name))
    return Problem(file, "", found, P_("the name of one sheet"), fix)


def _with_list(file: str, sheets: Sequence[SheetName], needed: str) -> int | Problem:
    """The place of the one sheet that is the list, or what to say where that is not clear."""
    filled = [place for place, one in enumerate(sheets) if one.rows or one.listed]
    visible = [place for place in filled if not sheets[place].hidden]
    listed = [place for place in visible if sheets[place].listed]
    if not filled:
        return 0
    if len(listed) == 1:
        return listed[0]
    behind = [place for place in filled if sheets[place].hidden and sheets[place].listed]
    if not listed and not behind and len(visible) == 1:
        return visible[0]
    meant = listed or behind or visible or filled
    names = first_of([_sheet_and_rows(sheets[place]) for place in meant], 20)
    if listed:
        found = P_("%(n)s sheets that may be the list: %(sheets)s", n=len(listed), sheets=names)
    elif sheets[meant[0]].hidden:
        found = P_("a list in hidden sheets only: %(sheets)s", sheets=names)
    else:
        found = P_("no sheet with a column %(column)s: %(sheets)s", column=needed, sheets=names)
    fix = P_("Say which one: --sheet %(name)s.", name=_typed(sheets[meant[0]].name))
    return Problem(file, "", found, P_("one sheet with the list"), fix)


def _sheet_and_rows(sheet: SheetName) -> Phrase:
    name = shown(sheet.name, 31)
    if sheet.hidden:
        return Pn_("%(name)s (%(n)s row, hidden)", "%(name)s (%(n)s rows, hidden)", sheet.rows, name=name)
    return Pn_("%(name)s (%(n)s row)", "%(name)s (%(n)s rows)", sheet.rows, name=name)


def _typed(name: str) -> str:
    """A sheet's name as it is typed, for example; NAME where it has signs that are hard to type."""
    is_easy = name.isprintable() and not set(name) & set('"$`\\!%')
    return P_('"%(name)s", for example', name=name) if is_easy else P_("NAME")


def _not_read(file: str, sheets: Sequence[SheetName], chosen: int) -> Iterator[Problem]:
    """Which sheet was read where there are several, and which were not."""
    others = [one for place, one in enumerate(sheets) if place != chosen and (one.rows or one.listed or one.hidden)]
    if others:
        names = first_of([shown(one.name, 31) if not one.rows else _sheet_and_rows(one) for one in others], 20)
        found = P_("several sheets; read is %(sheet)s", sheet=_sheet_and_rows(sheets[chosen]))
        fix = P_("Not read: %(sheets)s. --sheet NAME takes another one.", sheets=names)
        yield Problem(file, "", found, P_("the list in one sheet"), fix)
