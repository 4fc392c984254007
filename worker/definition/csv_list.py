"""A list as spreadsheets write it, in a CSV file or as cells, with the row numbers that they show."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from worker.definition import column_guesses
from worker.definition.column_guesses import Column
from worker.definition.problems import Problem, did_you_mean, first_of, in_column, row_named, rows_named, shown
from worker.text.phrases import P_

DELIMITERS = {",": P_("a comma"), ";": P_("a semicolon"), "\t": P_("a tab")}
MAX_ROWS = 20_000  # below the one that names the columns; without those that are empty
MAX_CELLS = 200  # in one row
FIRST_ROWS = 5
"""The columns are named in one of these; titles may stand above."""
FIRST_RECORDS = 10
"""Rows of a sheet that hold something; the columns are named in one of these."""
SYNONYMS = {
    "organization": ("organisation", "name"),
    "email": ("e-mail", "mail", "courriel"),
    "country": ("land", "pays"),
    "language": ("langue", "sprache"),
    "acronym": ("sigle", "abbreviation"),
}
_MAX_HEADER = 20_000  # characters
_FOR_EXCEL = re.compile(r'[ \t]*"?sep=(,|;|\t|\\t)"?[,;\t ]*(?:\r\n|\r|\n|\Z)', re.IGNORECASE)

Row = tuple[int, dict[str, str]]
"""The row's number, the header being row 1 when nothing stands above it, and its cells by column."""
Record = tuple[int, list[str]]


@dataclass
class Table:
    """A list as it is, with what was understood of its columns."""

    rows: list[Row] = field(default_factory=list)
    others: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    """What stands in columns that are none of ours, by row: (heading, cell)."""
    columns: list[Column] = field(default_factory=list)
    header: int = 1
    """The row that names the columns, or the first of two."""
    second_header: tuple[int, str] | None = None
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem] = field(default_factory=list)
    strays: list[tuple[int, str, str]] = field(default_factory=list)
    """Cells of a sheet in columns that have no name, kept as others: row, letter, cell."""
    links: dict[int, dict[str, str]] = field(default_factory=dict)
    """Mail addresses that cells of a sheet link to, by row and column of ours."""


@dataclass(frozen=True)
class Grid:
    """The cells of a list, by row: what a CSV file and a sheet of a workbook are made into."""

    records: list[Record]
    delimiter: str = ""
    """Of a CSV file."""
    letters: Sequence[str] = ()
    """Of the columns of a sheet; none of a CSV file."""
    across: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    """By row, the first and last place of cells that are merged over several columns."""
    covered: Collection[tuple[int, int]] = ()
    """Rows and places whose text is that of a cell above, with which they are merged."""


def has_header(text: str, columns: Sequence[str], needed: str) -> bool:
    """Whether one of the first lines names columns, as a spreadsheet does and hardly a list in running text."""
    delimiter, text = _delimiter_and_rest(text, columns)
    for number, line in enumerate(_first_lines(text)):
        cells = line.split(delimiter)
        named = _known(_names(cells, columns), columns)
        if len(named) > 1 or (number == 0 and needed in named and len(cells) == 1):
            return True
    return False


def rows(file: str, text: str, columns: Sequence[str], needed: str) -> tuple[list[Row], list[Problem], list[Problem]]:
    """Read the rows of a CSV text below the row that names the columns: (rows, problems, remarks).

    Rows without content are skipped, and so is Excel's `sep=;`, which no spreadsheet shows or counts. When no
    row names the column that is needed, that is the only problem.
    """
    problems: list[Problem] = []
    delimiter, text = _delimiter_and_rest(text, columns)
    records = list(_records(file, text, delimiter, problems))
    above, header, below = _at_header(Grid(records), columns, needed)
    names = _names(header[1], columns)
    if needed not in names:
        return [], problems if problems and not records else [_no_header(file, header, columns, needed)], []
    problems += _header_problems(file, header, names, columns)
    if len(below) > MAX_ROWS:
        problems.append(_too_many(file, below[MAX_ROWS][0]))
        below = below[:MAX_ROWS]
    problems += _without_column(file, below, names, delimiter)
    found = [
        (number, {name: cell for name, cell in zip(names, cells, strict=False) if name}) for number, cells in below
    ]
    return found, problems, [_title(file, record, header[0]) for record in above]


def loose_rows(file: str, text: str, columns: Sequence[str], needed: str) -> Table:
    """Read a CSV text as `rows` does, but take headings for what they mean, and columns that are none of ours."""
    problems: list[Problem] = []
    delimiter, text = _delimiter_and_rest(text, columns)
    records = list(_records(file, text, delimiter, problems))
    return loose_table(file, Grid(records, delimiter), columns, needed, problems)


def rows_below_headings(grid: Grid, columns: Sequence[str], needed: str) -> int | None:
    """How many rows stand below the headings; None where no heading means the column that is needed.

    A sentence that stands alone and has its word in it is no heading.
    """
    above, header, below = _at_header(grid, columns, needed, loose=True)
    _, found, below = _headings(grid, above, header, below, columns)
    taken = [one for one in found if one.column == needed]
    return len(below) if taken and (len(found) > 1 or not taken[0].guessed) else None


def loose_table(file: str, grid: Grid, columns: Sequence[str], needed: str, problems: Sequence[Problem] = ()) -> Table:
    """Read the cells of a list as `loose_rows` does; `problems` were found before."""
    table = Table(problems=list(problems))
    above, header, below = _at_header(grid, columns, needed, loose=True)
    table.header = header[0]
    table.second_header, table.columns, below = _headings(grid, above, header, below, columns)
    taken = {one.place: one for one in table.columns}
    if needed not in {one.column for one in table.columns}:
        table.problems = (
            table.problems if table.problems and not grid.records else [_no_header(file, header, columns, needed)]
        )
        return table
    table.remarks = [_title(file, record, header[0]) for record in above]
    below = _without_headings_again(file, header, below, table)
    if grid.letters:
        below = _without_lines_between(file, grid, below, table)
    if len(below) > MAX_ROWS:
        table.problems.append(_too_many(file, below[MAX_ROWS][0]))
        below = below[:MAX_ROWS]
    if not grid.letters:
        width = max(taken, default=0)
        names = [taken[place].heading if place in taken else "" for place in range(1, width + 1)]
        table.problems += _without_column(file, below, names, grid.delimiter)
    for number, cells in below:
        placed = [(taken[place], cell) for place, cell in enumerate(cells, 1) if place in taken]
        table.rows.append((number, {one.column: cell for one, cell in placed if one.column}))
        table.others[number] = [(one.heading, cell) for one, cell in placed if not one.column and cell.strip()]
        for letter, cell in _strays(grid, cells, taken):
            table.strays.append((number, letter, cell))
            table.others[number].append((f"column {letter}", cell))
    return table


def _headings(
    grid: Grid, above: list[Record], header: Record, below: list[Record], columns: Sequence[str]
) -> tuple[tuple[int, str] | None, list[Column], list[Record]]:
    """What the columns are taken for: (a second row that names them, the columns, the rows below)."""
    second_header = None
    tops, bottom = [above[-1]] if above else [], header
    while below and (
        _is_merged_with_headings(grid, below[0])
        or (second_header is None and column_guesses.is_heading(_own_cells(grid, below[0])))
    ):
        second_header = below[0][0], " | ".join(cell.strip() for cell in _own_cells(grid, below[0]) if cell.strip())
        tops = [*tops, bottom] if bottom is not header else [header]
        bottom, below = below[0], below[1:]
    if second_header is None:
        tops = [one for one in tops if len([cell for cell in one[1] if cell.strip()]) > 1]
    found = _understood(_one_above_the_other(grid, tops), _spread(grid, bottom), columns)
    if grid.letters:
        found = [replace(one, letter=grid.letters[one.place - 1]) for one in found]
    return second_header, found, below


def _is_merged_with_headings(grid: Grid, record: Record) -> bool:
    """Whether it stands right below the headings and a cell of theirs reaches into it."""
    return any((record[0], place) in grid.covered for place in range(1, len(record[1]) + 1))


def _own_cells(grid: Grid, record: Record) -> list[str]:
    return ["" if (record[0], place) in grid.covered else cell for place, cell in enumerate(record[1], 1)]


def _one_above_the_other(grid: Grid, records: Sequence[Record]) -> list[str]:
    """Several rows of headings as one: in each column the lowest that says something."""
    found: list[str] = []
    for cells in (_spread(grid, record) for record in records):
        found = [
            cell if cell.strip() or place >= len(found) else found[place] for place, cell in enumerate(cells)
        ] or found
    return found


def _spread(grid: Grid, record: Record) -> list[str]:
    """A row of headings, each over all the columns that it is merged over."""
    cells = list(record[1])
    for first, last in grid.across.get(record[0], ()):
        for place in range(first + 1, min(last, len(cells)) + 1):
            cells[place - 1] = cells[place - 1] if cells[place - 1].strip() else cells[first - 1]
    return cells


def _without_headings_again(file: str, header: Record, records: list[Record], table: Table) -> list[Record]:
    """Leave out, and tell, rows that name the columns once more, as lists of several parts have them."""
    names = [_plain(cell) for cell in header[1]]
    again = [number for number, cells in records if [_plain(cell) for cell in cells] == names]
    if again and len([name for name in names if name]) > 1:
        found, fix = P_("the names of the columns again"), P_("Skipped: they are no organizations.")
        table.remarks.append(Problem(file, rows_named(again), found, P_("an organization"), fix))
        return [record for record in records if record[0] not in set(again)]
    return records


def _without_lines_between(file: str, grid: Grid, records: list[Record], table: Table) -> list[Record]:
    """Leave out, and tell, the rows of a sheet that are none of the list: titles over its width, cells beside it."""
    named = {one.place for one in table.columns}
    kept: list[Record] = []
    beside: list[tuple[int, str]] = []
    titles: list[tuple[int, str]] = []
    for number, cells in records:
        filled = [place for place, cell in enumerate(cells, 1) if cell.strip()]
        text = " ".join(cells[place - 1].strip() for place in filled)
        merged = [(first, last) for first, last in grid.across.get(number, ()) if first == filled[0]]
        if not named & set(filled):
            beside.append((number, text))
        elif len(filled) == 1 < len(named) and any(_covers(first, last, named) for first, last in merged):
            titles.append((number, text))
        else:
            kept.append((number, cells))
    if titles:
        found = P_("one merged cell over all columns: %(texts)s", texts=_texts(titles))
        fix = P_("Skipped: it is taken as a title between the rows.")
        table.remarks.append(Problem(file, _numbers(titles), found, P_("one organization"), fix))
    if beside:
        found = P_("something beside the list: %(texts)s", texts=_texts(beside))
        fix = P_("Skipped: nothing stands in the columns of the list there.")
        table.remarks.append(Problem(file, _numbers(beside), found, P_("nothing there"), fix))
    return kept


def _numbers(records: Sequence[tuple[int, str]]) -> str:
    return rows_named([number for number, _ in records])


def _texts(records: Sequence[tuple[int, str]]) -> str:
    return first_of([shown(text, 60) for _, text in records], 5)


def _covers(first: int, last: int, places: set[int]) -> bool:
    return first <= min(places) and last >= max(places)


def _strays(grid: Grid, cells: Sequence[str], taken: Mapping[int, Column]) -> Iterator[tuple[str, str]]:
    if grid.letters:
        for place, cell in enumerate(cells, 1):
            if cell.strip() and place not in taken:
                yield grid.letters[place - 1], cell


def _understood(top: Sequence[str], bottom: Sequence[str], columns: Sequence[str]) -> list[Column]:
    """Take each heading for a column of ours, each once: first those that are named so, then what others mean."""
    width = max(len(top), len(bottom))
    top, bottom = [*top, *[""] * (width - len(top))], [*bottom, *[""] * (width - len(bottom))]
    over = column_guesses.carried(top)
    exact = _names(bottom, columns) if not top or not any(map(str.strip, top)) else [_plain(cell) for cell in bottom]
    found: dict[int, tuple[str, bool]] = {}
    for place, name in enumerate(exact):
        if name in columns and not column_guesses.is_generic(bottom[place]):
            _take(found, place, name, guessed=False)
    generic = [place for place, heading in enumerate(bottom) if column_guesses.is_generic(heading)]
    for place in [*(place for place in range(width) if place not in generic), *generic]:
        if place in found:
            continue
        own = column_guesses.guess_column(bottom[place] if bottom[place].strip() else top[place])
        over_it = column_guesses.guess_column(over[place]) if place in generic else ""
        if (over_it or own) in columns:
            _take(found, place, over_it or own, guessed=bool(over_it) or exact[place] != own)
    headings = [" ".join((bottom[place] or top[place]).split()) for place in range(width)]
    return [
        Column(place + 1, heading, *found.get(place, ("", False))) for place, heading in enumerate(headings) if heading
    ]


def _take(found: dict[int, tuple[str, bool]], place: int, column: str, *, guessed: bool) -> None:
    if column not in {one for one, _ in found.values()}:
        found[place] = column, guessed


def _delimiter_and_rest(text: str, columns: Sequence[str]) -> tuple[str, str]:
    """Take Excel's word for the delimiter, else find the one under which one of the first lines names most columns."""
    if match := _FOR_EXCEL.match(text):
        return match[1] if match[1] in DELIMITERS else "\t", text[match.end() :]

    def fit(mark: str) -> tuple[int, int]:
        lines = _first_lines(text)
        named = max((len(_known(_names(line.split(mark), columns), columns)) for line in lines), default=0)
        return named, lines[0].count(mark) if lines else 0

    return max(DELIMITERS, key=fit), text


def _first_lines(text: str) -> list[str]:
    lines = io.StringIO(text, newline=None)
    # More than a header may have is cut off: it is looked at under each delimiter.
    return [line[:_MAX_HEADER] for _, line in zip(range(FIRST_ROWS), lines, strict=False) if line.strip()]


def _at_header(
    grid: Grid, columns: Sequence[str], needed: str, *, loose: bool = False
) -> tuple[list[Record], Record, list[Record]]:
    """Part the records at the first that names the needed column and another, else at the likeliest."""
    records = grid.records

    def fit(place: int) -> tuple[bool, int]:
        cells = records[place][1]
        known = _known(_names(cells, columns), columns)
        if loose and needed not in known and not any("@" in cell for cell in cells):
            known |= set(map(column_guesses.guess_column, cells)) & set(columns)
        return needed in known, min(len(known), 2) if needed in known else len(known)

    first = records[:FIRST_RECORDS]
    places = [place for place, (number, _) in enumerate(first) if grid.letters or number <= FIRST_ROWS]
    if loose:
        exact = [place for place in places if _names_exactly(records[place][1], columns, needed)]
        places = places[: exact[0] + 1] if exact else places
    best = max(places, key=fit, default=0)
    header = records[best] if places else (1, [])
    return records[:best], header, records[best + 1 :]


def _names_exactly(cells: Sequence[str], columns: Sequence[str], needed: str) -> bool:
    """Whether a row of several cells has the needed column's name: no row below it is a better one."""
    return needed in _names(cells, columns) and len([cell for cell in cells if cell.strip()]) > 1


def _plain(name: str) -> str:
    return name.strip(" \t\r\n\ufeff\"'").casefold()


def _names(header: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Name the columns as we do; a synonym counts where nothing better names the same column."""
    names = [_plain(cell) for cell in header]
    for column in columns:
        word = next((word for word in SYNONYMS.get(column, ()) if word in names), column)
        if column not in names:
            names = [column if name == word else name for name in names]
    return names


def _known(names: Sequence[str], columns: Sequence[str]) -> set[str]:
    return set(columns) & set(names)


def _records(file: str, text: str, delimiter: str, problems: list[Problem]) -> Iterator[Record]:
    """Yield each record that has content; stop where the file can no longer be understood, or is far too long."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number, left = 0, FIRST_ROWS + MAX_ROWS + 1
    try:
        for number, record in enumerate(reader, 1):
            if len(record) > MAX_CELLS and any(cell.strip() for cell in record[MAX_CELLS:]):
                problems.append(too_wide(file, number, len(record)))
                return
            record = record[:MAX_CELLS]
            if any(cell.strip() for cell in record):
                yield number, record
                left -= 1
            if not left:
                return
    except csv.Error as error:
        problems.append(_torn(file, number + 1, str(error)))


def too_wide(file: str, number: int, cells: int) -> Problem:
    fix = P_("Delete the columns that are not needed, or look for a line break that is missing.")
    return Problem(file, row_named(number), P_("%(n)s cells", n=cells), P_("%(n)s at most", n=MAX_CELLS), fix)


def _too_many(file: str, number: int) -> Problem:
    expected = P_("at most %(n)s rows", n=str(MAX_ROWS))
    return Problem(file, row_named(number), P_("more rows"), expected, P_("Split the list."))


def _torn(file: str, number: int, error: str) -> Problem:
    if "unexpected end" in error or "field larger" in error:
        found = P_("a quotation mark that is never closed")
    else:
        found = P_("quotation marks that do not belong together")
    fix = P_("Write a quotation mark inside a cell twice, or save the list from a spreadsheet as CSV.")
    return Problem(file, row_named(number), found, P_('cells in plain text or in "quotation marks"'), fix)


def _no_header(file: str, header: Record, columns: Sequence[str], needed: str) -> Problem:
    """Say that no row names the columns, and what the best of them has instead."""
    number, cells = header
    found = P_("nothing")
    if cells:
        those = shown(", ".join(cell.strip() for cell in cells))
        found = P_("no column %(column)s in %(cells)s", column=needed, cells=those)
    fix = P_(
        "Name the columns in the first row: %(columns)s (only %(needed)s is needed).", columns=columns, needed=needed
    )
    return Problem(file, row_named(number), found, P_("a column %(column)s", column=needed), fix)


def _header_problems(file: str, header: Record, names: list[str], columns: Sequence[str]) -> list[Problem]:
    """Check the names; an empty one stands for a column that is ignored as long as it is empty."""
    number, cells = header
    problems = {}
    for name, cell in zip(names, cells, strict=True):
        if name and name not in columns:
            where = in_column(row_named(number), shown(cell.strip(), 40))
            found, expected = P_("a column that is not known"), P_("only known columns")
            problems[where] = Problem(file, where, found, expected, did_you_mean(name, columns))
        elif name and names.count(name) > 1:
            where = in_column(row_named(number), name)
            found, expected = P_("the same column twice"), P_("each column once")
            problems[where] = Problem(file, where, found, expected, P_("Delete one of them."))
    return list(problems.values())


def _title(file: str, record: Record, header: int) -> Problem:
    number, cells = record
    title = shown(" ".join(cell.strip() for cell in cells if cell.strip()))
    found = P_("%(text)s above the names of the columns", text=title)
    fix = P_("It is skipped: row %(row)s names the columns.", row=str(header))
    return Problem(file, row_named(number), found, P_("nothing there"), fix)


def _without_column(file: str, records: Sequence[Record], names: list[str], delimiter: str) -> Iterator[Problem]:
    """Find cells below no name, told once for each column that they would be."""
    found: dict[int, list[tuple[int, str]]] = {}
    for number, record in records:
        for place, cell in enumerate(record, 1):
            if cell.strip() and not (place <= len(names) and names[place - 1]):
                found.setdefault(place, []).append((number, cell.strip()))
    for place, cells in sorted(found.items()):
        where = P_("%(place)s, cell %(number)s", place=_numbers(cells), number=str(place))
        fix = P_("Put a cell with %(sign)s in it in quotation marks, or name the column.", sign=DELIMITERS[delimiter])
        yield Problem(file, where, shown(cells[0][1]), P_("no cell without a column"), fix)
