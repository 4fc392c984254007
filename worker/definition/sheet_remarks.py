"""What is told of a sheet that is read as a list: what it hides, what its cells are beside their text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from worker.definition import csv_list
from worker.definition.csv_list import Table
from worker.definition.pasted_list import Fix
from worker.definition.problems import Problem, rows_named, shown
from worker.definition.sheet_cells import MAX_CELL
from worker.definition.workbook import Sheet, letters

_PLACE = re.compile(r"\bcolumn (organization|acronym|country|contact|email|language|note)$")
_OF_COLUMN = re.compile(r"(organization|acronym|country|contact|email|language|note), ")


def problems(file: str, sheet: Sheet, table: Table) -> Iterator[Problem]:
    """What is in the sheet and cannot be read."""
    if sheet.seen["too_wide"]:
        row, cells = sheet.seen["too_wide"]
        yield csv_list.too_wide(file, row, cells)
    elif sheet.columns > csv_list.MAX_CELLS:
        fix = "Delete the columns that are not needed, and what stands far from the list."
        found = f"{sheet.columns:,} columns with something in them"
        yield Problem(file, "", found, f"{csv_list.MAX_CELLS} at most", fix)
    if sheet.seen["too_long"] == "rows" and len(table.rows) < csv_list.MAX_ROWS:
        fix = "Delete what is not needed, or split the list."
        yield Problem(file, "", f"more than {sheet.count - 1:,} rows", f"at most {csv_list.MAX_ROWS} rows", fix)
    if sheet.seen["too_long"] == "text":
        fix = "Delete the columns that are not needed, or split the list."
        yield Problem(file, "", "more than 5 MB of text", "a list of partners", fix)
    for where, _ in _by_column(sheet.seen.get("without_result", ()), table):
        fix = "Open the file in a spreadsheet program, save it again, and try again."
        yield Problem(file, where, "a formula whose result is not in the file", "what the cell shows", fix)


def remarks(file: str, sheet: Sheet, table: Table) -> list[Problem | Fix]:
    """What was read and should be looked at, or was left out."""
    first = table.rows[0][0] if table.rows else table.header + 1
    return [
        *_of_the_reader(file, sheet),
        *_hidden(file, sheet, table),
        *_errors(file, sheet, table),
        *_merged(file, sheet, table, first),
        *_dates(sheet, table, first),
        *_notes(file, sheet),
        *_cut(file, sheet),
        *_strays(file, table),
    ]


def in_letters(told: Iterable[Problem | Fix], table: Table) -> list[Problem | Fix]:
    """Name each column by its letter too: `row 7, column C (email)`."""
    letter = {one.column: one.letter for one in table.columns if one.column}
    return [
        _problem_in_letters(one, letter) if isinstance(one, Problem) else _fix_in_letters(one, letter) for one in told
    ]


def problems_in_letters(told: Iterable[Problem], table: Table) -> list[Problem]:
    letter = {one.column: one.letter for one in table.columns if one.column}
    return [_problem_in_letters(one, letter) for one in told]


def _problem_in_letters(problem: Problem, letter: dict[str, str]) -> Problem:
    match = _PLACE.search(problem.where)
    if not match or not letter.get(match[1]):
        return problem
    return replace(problem, where=f"{problem.where[: match.start()]}column {letter[match[1]]} ({match[1]})")


def _fix_in_letters(fix: Fix, letter: dict[str, str]) -> Fix:
    match = _OF_COLUMN.match(f"{fix.what}, ")
    if fix.column or not match or not letter.get(match[1]):
        return fix
    return replace(fix, column=letter[match[1]])


def _by_column(cells: Iterable[Sequence[int]], table: Table) -> Iterator[tuple[str, list[int]]]:
    """Group cells of the list, its headings among them, by column: (`rows 4 and 5, column C (email)`, the rows)."""
    ours = {one.letter: one.column for one in table.columns}
    groups: dict[int, list[int]] = defaultdict(list)
    for row, column in cells:
        if row >= table.header:
            groups[column].append(row)
    for column, rows in sorted(groups.items()):
        letter = letters(column)
        if letter in ours:
            name = f" ({ours[letter]})" if ours[letter] else ""
            yield f"{rows_named(sorted(rows))}, column {letter}{name}", sorted(rows)


def _of_the_reader(file: str, sheet: Sheet) -> Iterator[Problem]:
    if sheet.seen["reader"] in ("calamine", "xls"):
        found = "an old Excel workbook" if sheet.seen["reader"] == "xls" else "a workbook that is written unusually"
        fix = "Hidden rows, links and notes were not seen, and numbers stand without format: look through the list."
        yield Problem(file, "", found, "XLSX or ODS", fix)


def _hidden(file: str, sheet: Sheet, table: Table) -> Iterator[Problem]:
    listed = {row for row, _ in table.rows}
    if rows := [row for row in sheet.seen.get("hidden_rows", ()) if row in listed]:
        why = ", by a filter" if sheet.seen["filtered"] else ""
        found = f"{'rows that are' if len(rows) > 1 else 'a row that is'} hidden in the sheet{why}"
        fix = "They are read like all others: delete those that are not to be asked."
        yield Problem(file, _every_row(rows), found, "only rows that are meant", fix)
    for first, last in sheet.seen.get("hidden_columns", ()):
        for one in table.columns:
            if one.letter in {letters(column) for column in range(first, min(last, first + 500) + 1)}:
                found = f"a column that is hidden in the sheet: {shown(one.heading)}"
                fix = f"It is read all the same, {f'as {one.column}' if one.column else 'into the note'}."
                yield Problem(file, f"column {one.letter}", found, "only columns that are meant", fix)
    if rows := [row for row in sheet.seen.get("struck", ()) if row in listed]:
        found = "text that is struck through"
        fix = "It is read like all other text: delete the rows that are not to be asked."
        yield Problem(file, _every_row(rows), found, "only rows that are meant", fix)


def _every_row(rows: Sequence[int]) -> str:
    """Name rows that one would not find otherwise: runs of them as such, up to twenty."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    named = [f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs]
    more = f" and {len(named) - 20} more places" if len(named) > 20 else ""
    return f"{'row' if len(rows) == 1 else 'rows'} {', '.join(named[:20])}{more}"


def _errors(file: str, sheet: Sheet, table: Table) -> Iterator[Problem]:
    kinds: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, column, text in sheet.seen.get("errors", ()):
        kinds[text].append((row, column))
    for text, cells in kinds.items():
        for where, _ in _by_column(cells, table):
            found = f"{shown(text)}, which a spreadsheet shows where a formula fails"
            yield Problem(file, where, found, "a value", "It is read as an empty cell.")


def _merged(file: str, sheet: Sheet, table: Table, first: int) -> Iterator[Problem]:
    ours = {one.letter: f" ({one.column})" if one.column else "" for one in table.columns}
    columns: dict[str, list[str]] = defaultdict(list)
    for top, bottom, letter, text in sheet.down:
        if bottom >= first:
            columns[letter].append(f"rows {top} to {bottom} {shown(text, 30)}")
    for letter, ranges in sorted(columns.items()):
        more = f" and {len(ranges) - 8:,} more" if len(ranges) > 8 else ""
        found = f"{'a merged cell' if len(ranges) == 1 else f'{len(ranges):,} merged cells'} over several rows"
        fix = f"Read in each of the rows: {', '.join(ranges[:8])}{more}."
        yield Problem(file, f"column {letter}{ours.get(letter, '')}", found, "one cell a row", fix)


def _dates(sheet: Sheet, table: Table, first: int) -> Iterator[Fix]:
    texts = dict(sheet.records)
    named = {one.letter for one in table.columns}
    for column, row in sheet.seen.get("dates", ()):
        letter = letters(column)
        if letter in named and row >= first and row in texts:
            text = texts[row][sheet.letters.index(letter)]
            what = "dates and times in this column, written as year-month-day and hours:minutes"
            yield Fix(row, what, text, text, place="row", column=letter)


def _notes(file: str, sheet: Sheet) -> Iterator[Problem]:
    if notes := sheet.seen.get("notes"):
        cells = [f"{letters(column)}{row}" for row, column in notes]
        named = ", ".join(cells[:8]) + (f" and {len(cells) - 8:,} more" if len(cells) > 8 else "")
        found = f"{len(cells):,} {'note' if len(cells) == 1 else 'notes'} on cells"
        fix = "Notes and comments on cells are not read: copy into a cell what is needed."
        yield Problem(file, f"{'cell' if len(cells) == 1 else 'cells'} {named}", found, "text in cells", fix)


def _strays(file: str, table: Table) -> Iterator[Problem]:
    columns: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row, letter, cell in table.strays:
        columns[letter].append((row, cell.strip()))
    for letter, cells in columns.items():
        where = f"{rows_named([row for row, _ in cells])}, column {letter}"
        texts = ", ".join(shown(text, 60) for _, text in cells[:5])
        more = f" and {len(cells) - 5:,} more" if len(cells) > 5 else ""
        yield Problem(file, where, f"{texts}{more}", "a name above the column", "Kept in the note.")


def _cut(file: str, sheet: Sheet) -> Iterator[Problem]:
    for number, cells in sheet.records:
        for place, cell in enumerate(cells):
            if len(cell) >= MAX_CELL:
                where, found = f"row {number}, column {sheet.letters[place]}", f"{MAX_CELL:,} characters or more"
                yield Problem(file, where, found, "less text in a cell", "The rest is not read.")
