"""A CSV file as spreadsheets write it, with the row numbers that they show."""

import csv
import io
from collections.abc import Iterator, Sequence

from worker.definition.problems import Problem, did_you_mean, shown

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab"}
MOST_ROWS = 20_000

Row = tuple[int, dict[str, str]]
"""The row's number, the header being row 1 when nothing stands above it, and its cells by column."""


def delimiter_of(text: str, columns: Sequence[str]) -> tuple[str, int]:
    """Find the delimiter under which the first line names most of the columns, and how many it names."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    named = {mark: len(set(columns) & set(map(_plain, first.split(mark)))) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: (named[mark], first.count(mark)))
    return best, named[best]


def rows(file: str, text: str, columns: Sequence[str], needed: str) -> tuple[list[Row], list[Problem]]:
    """Read the rows of a CSV text whose first row names the columns; rows without content are skipped."""
    problems: list[Problem] = []
    delimiter, _ = delimiter_of(text, columns)
    records = _records(file, text, delimiter, problems)
    top, header = next(records, (1, []))
    names = _header(file, top, header, columns, needed, problems)
    found = [(number, _cells(file, number, record, names, delimiter, problems)) for number, record in records]
    if needed not in names:
        return [], problems
    return found, problems


def _plain(name: str) -> str:
    return name.strip(" \t\ufeff\"'").casefold()


def _records(file: str, text: str, delimiter: str, problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that has content; stop where the file can no longer be understood."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, record in enumerate(reader, 1):
            if number > MOST_ROWS:
                most = f"at most {MOST_ROWS} rows"
                problems.append(Problem(file, f"row {number}", "more rows", most, "Split the list."))
                return
            if any(cell.strip() for cell in record):
                yield number, record
    except csv.Error as error:
        problems.append(_torn(file, number + 1, str(error)))


def _torn(file: str, number: int, error: str) -> Problem:
    if "unexpected end" in error or "field larger" in error:
        found = "a quotation mark that is never closed"
    else:
        found = "quotation marks that do not belong together"
    mend = "Write a quotation mark inside a cell twice, or save the list from a spreadsheet as CSV."
    return Problem(file, f"row {number}", found, 'cells in plain text or in "quotation marks"', mend)


def _header(
    file: str, top: int, header: list[str], columns: Sequence[str], needed: str, problems: list[Problem]
) -> list[str]:
    """Recognise the columns; an empty name stands for a column that is ignored as long as it is empty."""
    names = [_plain(cell) for cell in header]
    for name, cell in zip(names, header, strict=True):
        if name and name not in columns:
            where = f"row {top}, column {shown(cell.strip(), 40)}"
            mend = did_you_mean(name, columns)
            problems.append(Problem(file, where, "a column that is not known", ", ".join(columns), mend))
        elif name and names.count(name) > 1:
            where = f"row {top}, column {name}"
            problem = Problem(file, where, "the same column twice", "each column once", "Delete one of them.")
            problems += [problem] if problem not in problems else []
    if needed not in names:
        found = f"no column {needed}" if header else "nothing"
        mend = f"Name the columns in the first row: {', '.join(columns)} (only {needed} is needed)."
        problems.append(Problem(file, f"row {top}", found, f"a column {needed}", mend))
    return names


def _cells(
    file: str, number: int, record: list[str], names: list[str], delimiter: str, problems: list[Problem]
) -> dict[str, str]:
    padded = [*names, *[""] * (len(record) - len(names))]
    for place, (name, cell) in enumerate(zip(padded, record, strict=False), 1):
        if not name and cell.strip():
            where = f"row {number}, cell {place}"
            mend = f"Put a cell with {DELIMITERS[delimiter]} in it in quotation marks, or name the column."
            problems.append(Problem(file, where, shown(cell.strip()), "no cell without a column", mend))
    return {name: cell for name, cell in zip(names, record, strict=False) if name}
