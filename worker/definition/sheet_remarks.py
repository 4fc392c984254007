"""What is told of a sheet that is read as a list: what it hides, what its cells are beside their text."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from worker.definition import csv_list
from worker.definition.csv_list import Table
from worker.definition.pasted_list import Fix
from worker.definition.problems import Problem, first_of, in_column, row_named, rows_named, shown
from worker.definition.sheet_cells import MAX_CELL
from worker.definition.workbook import Sheet, letters
from worker.text.phrases import P_, Phrase, Pn_

_OF_COLUMN = re.compile(r"(organization|acronym|country|contact|email|language|note), ")


def problems(file: str, sheet: Sheet, table: Table) -> Iterator[Problem]:
    """What is in the sheet and cannot be read."""
    if sheet.seen["too_wide"]:
        row, cells = sheet.seen["too_wide"]
        yield csv_list.too_wide(file, row, cells)
    elif sheet.columns > csv_list.MAX_CELLS:
        fix = P_("Delete the columns that are not needed, and what stands far from the list.")
        found = P_("%(n)s columns with something in them", n=sheet.columns)
        yield Problem(file, "", found, P_("%(n)s at most", n=csv_list.MAX_CELLS), fix)
    if sheet.seen["too_long"] == "rows" and len(table.rows) < csv_list.MAX_ROWS:
        found, most = P_("more than %(n)s rows", n=sheet.count - 1), P_("at most %(n)s rows", n=str(csv_list.MAX_ROWS))
        yield Problem(file, "", found, most, P_("Delete what is not needed, or split the list."))
    if sheet.seen["too_long"] == "text":
        fix = P_("Delete the columns that are not needed, or split the list.")
        yield Problem(file, "", P_("more than 5 MB of text"), P_("a list of partners"), fix)
    for where, _ in _by_column(sheet.seen.get("without_result", ()), table):
        fix = P_("Open the file in a spreadsheet program, save it again, and try again.")
        found = P_("a formula whose result is not in the file")
        yield Problem(file, where, found, P_("what the cell shows"), fix)


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
    facts = problem.where.facts if isinstance(problem.where, Phrase) else {}
    match facts:
        case {"place": str(place), "column": str(column)} if letter.get(column):
            return replace(problem, where=in_column(place, _letter_and_name(letter[column], column)))
    return problem


def _letter_and_name(letter: str, column: str) -> str:
    return f"{letter} ({column})" if column else letter


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
            yield in_column(rows_named(sorted(rows)), _letter_and_name(letter, ours[letter])), sorted(rows)


def _of_the_reader(file: str, sheet: Sheet) -> Iterator[Problem]:
    if sheet.seen["reader"] in ("calamine", "xls"):
        found = P_("an old Excel workbook")
        if sheet.seen["reader"] == "calamine":
            found = P_("a workbook that is written unusually")
        fix = P_("Hidden rows, links and notes were not seen, and numbers stand without format: look through the list.")
        yield Problem(file, "", found, P_("XLSX or ODS"), fix)


def _hidden(file: str, sheet: Sheet, table: Table) -> Iterator[Problem]:
    listed = {row for row, _ in table.rows}
    if rows := [row for row in sheet.seen.get("hidden_rows", ()) if row in listed]:
        found = Pn_("a row that is hidden in the sheet", "rows that are hidden in the sheet", len(rows))
        if sheet.seen["filtered"]:
            found = Pn_(
                "a row that is hidden in the sheet, by a filter",
                "rows that are hidden in the sheet, by a filter",
                len(rows),
            )
        fix = P_("They are read like all others: delete those that are not to be asked.")
        yield Problem(file, _every_row(rows), found, P_("only rows that are meant"), fix)
    for first, last in sheet.seen.get("hidden_columns", ()):
        for one in table.columns:
            if one.letter in {letters(column) for column in range(first, min(last, first + 500) + 1)}:
                found = P_("a column that is hidden in the sheet: %(heading)s", heading=shown(one.heading))
                fix = P_("It is read all the same, into the note.")
                if one.column:
                    fix = P_("It is read all the same, as %(column)s.", column=one.column)
                where = P_("column %(column)s", column=one.letter)
                yield Problem(file, where, found, P_("only columns that are meant"), fix)
    if rows := [row for row in sheet.seen.get("struck", ()) if row in listed]:
        found = P_("text that is struck through")
        fix = P_("It is read like all other text: delete the rows that are not to be asked.")
        yield Problem(file, _every_row(rows), found, P_("only rows that are meant"), fix)


def _every_row(rows: Sequence[int]) -> Phrase:
    """Name rows that one would not find otherwise: runs of them as such, up to twenty."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][-1] + 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    named: Sequence[str] = [
        P_("%(first)s to %(last)s", first=str(run[0]), last=str(run[-1])) if len(run) > 2 else ", ".join(map(str, run))
        for run in runs
    ]
    if len(named) > 20:
        more = str(len(named) - 20)
        return P_("rows %(rows)s and %(n)s more places", rows=named[:20], n=more)
    return Pn_("row %(rows)s", "rows %(rows)s", len(rows), rows=named)


def _errors(file: str, sheet: Sheet, table: Table) -> Iterator[Problem]:
    kinds: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row, column, text in sheet.seen.get("errors", ()):
        kinds[text].append((row, column))
    for text, cells in kinds.items():
        for where, _ in _by_column(cells, table):
            found = P_("%(text)s, which a spreadsheet shows where a formula fails", text=shown(text))
            yield Problem(file, where, found, P_("a value"), P_("It is read as an empty cell."))


def _merged(file: str, sheet: Sheet, table: Table, first: int) -> Iterator[Problem]:
    ours = {one.letter: one.column for one in table.columns}
    columns: dict[str, list[str]] = defaultdict(list)
    for top, bottom, letter, text in sheet.down:
        if bottom >= first:
            said = P_("rows %(first)s to %(last)s %(text)s", first=str(top), last=str(bottom), text=shown(text, 30))
            columns[letter].append(said)
    for letter, ranges in sorted(columns.items()):
        found = Pn_("a merged cell over several rows", "%(n)s merged cells over several rows", len(ranges))
        fix = P_("Read in each of the rows: %(ranges)s.", ranges=first_of(ranges, 8))
        where = P_("column %(column)s", column=_letter_and_name(letter, ours.get(letter, "")))
        yield Problem(file, where, found, P_("one cell a row"), fix)


def _dates(sheet: Sheet, table: Table, first: int) -> Iterator[Fix]:
    texts = dict(sheet.records)
    named = {one.letter for one in table.columns}
    for column, row in sheet.seen.get("dates", ()):
        letter = letters(column)
        if letter in named and row >= first and row in texts:
            text = texts[row][sheet.letters.index(letter)]
            what = P_("dates and times in this column, written as year-month-day and hours:minutes")
            yield Fix(row, what, text, text, place="row", column=letter)


def _notes(file: str, sheet: Sheet) -> Iterator[Problem]:
    if notes := sheet.seen.get("notes"):
        cells = [f"{letters(column)}{row}" for row, column in notes]
        found = Pn_("%(n)s note on cells", "%(n)s notes on cells", len(cells))
        fix = P_("Notes and comments on cells are not read: copy into a cell what is needed.")
        where = Pn_("cell %(cells)s", "cells %(cells)s", len(cells), cells=first_of(cells, 8))
        yield Problem(file, where, found, P_("text in cells"), fix)


def _strays(file: str, table: Table) -> Iterator[Problem]:
    columns: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row, letter, cell in table.strays:
        columns[letter].append((row, cell.strip()))
    for letter, cells in columns.items():
        where = in_column(rows_named([row for row, _ in cells]), letter)
        texts = first_of([shown(text, 60) for _, text in cells], 5)
        yield Problem(file, where, texts, P_("a name above the column"), P_("Kept in the note."))


def _cut(file: str, sheet: Sheet) -> Iterator[Problem]:
    for number, cells in sheet.records:
        for place, cell in enumerate(cells):
            if len(cell) >= MAX_CELL:
                where = in_column(row_named(number), sheet.letters[place])
                found = P_("%(n)s characters or more", n=MAX_CELL)
                yield Problem(file, where, found, P_("less text in a cell"), P_("The rest is not read."))
