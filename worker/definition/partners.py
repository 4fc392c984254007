"""The list of partners as organizers have it: a spreadsheet's file, a spreadsheet saved as CSV, or a paste."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from worker.definition import (
    cell_cleaning,
    csv_list,
    encodings,
    pasted_list,
    readable_files,
    sheet_choice,
    sheet_remarks,
    workbook,
)
from worker.definition.column_guesses import Column
from worker.definition.pasted_list import Fix
from worker.definition.problems import Problem, rows_named, shown
from worker.definition.problems import named as printable_name
from worker.definition.sheet_choice import SheetName
from worker.text import addresses, characters, countries, formulas, similar_names
from worker.text.languages import LANGUAGES, what_is_wrong_with

COLUMNS = ("organization", "acronym", "country", "contact", "email", "language", "note")
MAX_LENGTH = {"organization": 300, "acronym": 40, "country": 80, "contact": 120, "email": 254, "note": 2000}
MAX_LIST = 5 * 1024 * 1024
MAX_UNFIT = 20  # characters of a cell that are looked at; three are told
_NEEDED = "organization"
_A_LIST = "a list of partners as CSV"
_ANY_LIST = "a list of partners as XLSX, ODS, CSV or text"
_SAVE_AS = "Save the list from a spreadsheet program as Excel workbook (XLSX) or as CSV UTF-8, and try again."
_SAVE_AS_CSV = "Save the list from a spreadsheet program as CSV UTF-8, and try again."
_MAKE_CSV = (
    "Save it from a spreadsheet program as CSV UTF-8 (partners.csv), or let `undersigned new NAME --partners {}` "
    "make the folder of a new campaign with a clean partners.csv in it."
)
_TOTAL = re.compile(r"(?:grand |sub)?-?(?:total|totals|totaux|sum|summe|somme)[ :=.]*(?:\d[\d,.  ]*)?", re.IGNORECASE)
_IF_TWO = (
    "Delete the rows that are not needed. If they are two organizations, write in campaign.toml, above [sender]: "
    "namesakes = [{}] (several names have commas between them)."
)


@dataclass(frozen=True)
class PartnerRow:
    """One organization to ask, in the columns of `partners.csv`; all but the first may be empty."""

    organization: str
    acronym: str = ""
    country: str = ""
    contact: str = ""
    email: str = ""
    language: str = ""
    note: str = ""


_Numbered: TypeAlias = tuple[int, PartnerRow]  # a row with its number, as a spreadsheet shows it


class ListExists(FileExistsError):
    """A list of partners is already there and is not overwritten: move it away first."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is already there and is not overwritten: move it away first.")


def read_csv(
    path: Path, namesakes: Collection[str] | None = ()
) -> tuple[list[PartnerRow], list[Problem], list[Problem]]:
    """Read a list from CSV: (rows, problems, remarks); remarks are shown and refuse nothing.

    Two rows of one name and country are a problem, unless the name is one of the `namesakes`; None where nobody could
    read which those are, so that nothing is said of it. Comma, semicolon or tab; UTF-8, UTF-16 with its mark, or
    another likely encoding, which is told. Rows are numbered as a spreadsheet shows them. Never raises for what is in
    the file.
    """
    try:
        octets = readable_files.octets(path, expected=_A_LIST, most=MAX_LIST)
        fix = _MAKE_CSV.format(path.name) if workbook.is_workbook(octets) else _SAVE_AS_CSV
        readable_files.check_text(path, octets, expected=_A_LIST, most=MAX_LIST, fix=fix)
        text, guessed = readable_files.any_encoding(path, octets)
    except readable_files.Unreadable as error:
        return [], [_workbook_instead(path) or error.problem], []
    numbered, problems, remarks = _from_csv(path.name, text, guessed)
    groups = _by_name_and_country(numbered)
    if namesakes is not None:
        problems += _duplicates(path.name, groups, namesakes)
        remarks += _namesakes_not_there(groups, namesakes)
    problems += _countries_in_doubt(path.name, numbered)
    return [row for _, row in numbered], problems, [*remarks, *_remarks(path.name, numbered, groups)]


def _workbook_instead(path: Path) -> Problem | None:
    """The list that is there as a workbook only."""
    try:
        if path.exists() or path.is_symlink():
            return None
        names = sorted(one.name for one in path.parent.iterdir() if one.suffix.lower() in workbook.SUFFIXES)
    except (OSError, ValueError):
        return None
    if not names:
        return None
    name = next((one for one in names if Path(one).stem.casefold() == path.stem), names[0])
    return Problem(
        path.name, "", f"no such file, but {printable_name(name)}", _A_LIST, _MAKE_CSV.format(printable_name(name))
    )


def read_pasted(text: str, language: str = "en") -> tuple[list[PartnerRow], list[Fix]]:
    """Read a pasted list as it is: (rows, what was fixed or should be looked at).

    Every line with content becomes a row, if need be with the whole line as organization; what stands above or below
    a list whose items have signs or numbers is left out. Countries are spelled as letters in that language print them.
    """
    lines = list(pasted_list.lines(text, language))
    return [_of_line(line) for line in lines if not line.beside], [fix for line in lines for fix in line.fixes]


def _of_line(line: pasted_list.Line) -> PartnerRow:
    return PartnerRow(line.organization, line.acronym, line.country, line.contact, line.email, note=line.note)


@dataclass
class TakenList:
    """A list as people have it, and all that was understood, changed or doubted in it."""

    rows: list[PartnerRow] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    """What each column was taken for; none of a paste."""
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Problem | Fix] = field(default_factory=list)
    """What was changed (Fix), and what to look at (Problem; Doubt where letters may be wrong)."""
    sheets: list[SheetName] = field(default_factory=list)
    """Of a workbook, all of them."""
    sheet: str = ""
    """The one that was read; empty where none was, for whoever asks which."""
    numbers: list[int] = field(default_factory=list)
    """Of the rows, as a spreadsheet shows them; or of the lines of a paste (`place`)."""
    place: str = "row"


def take_list(path: Path, language: str = "en", sheet: str = "") -> TakenList:
    """Read a workbook, CSV or a pasted list, by what is in the file and hardly by its name.

    What is understood in spite of how it is written is corrected and told; `read_csv` refuses it. Of several sheets
    that may be the list none is taken: `sheet` is the name of one. Countries are spelled as letters in that language
    print them. Never raises for what is in the file.
    """
    try:
        octets = readable_files.octets(path, expected=_ANY_LIST, most=workbook.MAX_WORKBOOK)
    except readable_files.Unreadable as error:
        return TakenList(problems=[error.problem])
    return take_octets(path, octets, language, sheet)


def take_octets(path: Path, octets: bytes, language: str = "en", sheet: str = "") -> TakenList:
    """The same of what is in memory; `path` is what it is called, and is not looked for."""
    try:
        if workbook.is_workbook(octets):
            return _take_workbook(path.name, octets, language, sheet)
        readable_files.check_text(path, octets, expected=_ANY_LIST, most=MAX_LIST, fix=_SAVE_AS)
        text, guessed = readable_files.any_encoding(path, octets)
    except readable_files.Unreadable as error:
        return TakenList(problems=[error.problem])
    if sheet:
        return TakenList(problems=[Problem(path.name, "", "text", "a workbook with sheets", "Leave out --sheet.")])
    misnamed = list(_misnamed(path))
    if path.suffix.lower() in (".csv", ".tsv") or csv_list.has_header(text, COLUMNS, _NEEDED):
        table = csv_list.loose_rows(path.name, text, COLUMNS, _NEEDED)
        taken = _take_table(path.name, table, guessed, language)
        return replace(taken, remarks=[*misnamed, *taken.remarks])
    if too_much := pasted_list.too_much(path.name, text):
        return TakenList(problems=[too_much])
    lines = list(pasted_list.lines(text, language))
    listed = [line for line in lines if not line.beside]
    doubts = encodings.doubts(path.name, _lines_of(text), guessed)
    return TakenList(
        rows=[_of_line(line) for line in listed],
        problems=[] if listed else [_empty(path.name)],
        remarks=[*misnamed, *_guess(path.name, guessed), *doubts, *(fix for line in lines for fix in line.fixes)],
        numbers=[line.number for line in listed],
        place="line",
    )


def _misnamed(path: Path) -> Iterator[Problem]:
    if path.suffix.lower() in workbook.SUFFIXES:
        found = f"text, in a file that is named {path.suffix}"
        yield Problem(path.name, "", found, "a workbook", "It is read as text: look at accents and columns.")


def _take_workbook(file: str, octets: bytes, language: str, sheet: str) -> TakenList:
    """Take the list out of the sheet that has it. Raises Unreadable."""
    found = sheet_choice.find_list(file, octets, sheet, COLUMNS, _NEEDED)
    if not found.sheet:
        return TakenList(problems=found.table.problems, sheets=found.sheets)
    taken = _take_table(file, found.table, "", language)
    return replace(
        taken,
        problems=sheet_remarks.problems_in_letters(taken.problems, found.table),
        remarks=sheet_remarks.in_letters([*found.remarks, *taken.remarks], found.table),
        sheets=found.sheets,
        sheet=found.sheet,
    )


def read_list(path: Path, language: str = "en") -> tuple[list[PartnerRow], list[Problem], list[Problem | Fix]]:
    """Read a list as `take_list` does: (rows, problems, remarks)."""
    taken = take_list(path, language)
    return taken.rows, taken.problems, taken.remarks


def _lines_of(text: str) -> Iterator[tuple[str, str]]:
    return ((f"line {number}", line.strip()) for number, line in enumerate(text.splitlines(), 1))


def _cells_of(records: Iterable[csv_list.Row]) -> Iterator[tuple[str, str]]:
    for number, cells in records:
        yield from ((f"row {number}, column {column}", cell.strip()) for column, cell in cells.items())


def _take_table(file: str, table: csv_list.Table, guessed: str, language: str) -> TakenList:
    fixes = list(_told_columns(table))
    numbered: list[_Numbered] = []
    for number, cells in table.rows:
        cells = _with_link(number, cells, table.links.get(number, {}), fixes)
        cleaned = _cleaned(number, cells, table.others.get(number, []), fixes)
        numbered.append((number, _row(file, number, cleaned, table.problems)))
    if not numbered and not table.problems:
        table.problems.append(_empty(file))
    spelled, spellings = _spell_countries(numbered, language)
    groups = _by_name_and_country(spelled)
    remarks: list[Problem | Fix] = [
        *_guess(file, guessed),
        *encodings.doubts(file, _cells_of(table.rows), guessed),
        *table.remarks,
        *fixes,
        *spellings,
        *_duplicates(file, groups, ()),
        *_countries_in_doubt(file, spelled),
        *_totals(file, spelled),
        *_formulas(file, spelled),
        *_remarks(file, spelled, groups),
    ]
    rows, numbers = [row for _, row in spelled], [number for number, _ in spelled]
    return TakenList(rows, table.columns, table.problems, remarks, numbers=numbers)


def row_of(file: str, number: int, cells: Mapping[str, str], problems: list[Problem]) -> PartnerRow:
    """One row of cells by the names of COLUMNS, tidied; what is wrong with them is added to `problems`."""
    return _row(file, number, dict(cells), problems)


def countries_in_doubt(file: str, numbered: Iterable[_Numbered]) -> Iterator[Problem]:
    """Names that several countries have."""
    return _countries_in_doubt(file, numbered)


def _with_link(number: int, cells: dict[str, str], links: Mapping[str, str], fixes: list[Fix]) -> dict[str, str]:
    """Put the address that a cell of a sheet links to into the row's email, where that has none."""
    if not links:
        return cells
    was = cells.get("email", "").strip()
    if "@" in was or cell_cleaning.find_address(was).email:
        link = links.get("email", "")
        if link and link.casefold() not in was.casefold():
            what = f"email, and its cell links to another address, {shown(link)}: the one that it shows is asked"
            fixes.append(Fix(number, what, was, was, place="row"))
        return cells
    column = next((one for one in ("email", "contact", _NEEDED) if one in links), "")
    if not column:
        return cells
    stood = cells.get(column, "").strip()
    fixes.append(Fix(number, f"email, taken from what the cell {column} links to", stood, links[column], place="row"))
    kept = "" if not was or cell_cleaning.says_nothing(was, "email") else f"email: {was}"
    note = "; ".join(filter(None, [cells.get("note", ""), kept]))
    return cells | {"email": links[column]} | ({"note": note} if note else {})


def _totals(file: str, numbered: Iterable[_Numbered]) -> Iterator[Problem]:
    """A row that only counts the others."""
    for number, row in numbered:
        if _TOTAL.fullmatch(row.organization):
            fix = "It is kept as an organization: delete the row if it is not one."
            found = f"{shown(row.organization)}, which may be a total"
            yield Problem(file, f"row {number}, column organization", found, "an organization", fix)


def _formulas(file: str, numbered: Sequence[_Numbered]) -> Iterator[Problem]:
    """Cells that a spreadsheet would calculate as it opens the list that is written."""
    for column in COLUMNS:
        cells = [(number, cell) for number, row in numbered if re.match("[=+@＝＋＠-]", cell := getattr(row, column))]
        if cells:
            more = f" and {len(cells) - 3:,} more" if len(cells) > 3 else ""
            found = f"{', '.join(shown(cell, 60) for _, cell in cells[:3])}{more}, which begins as a formula does"
            fix = (
                "In partners.csv an apostrophe stands before it, so that no spreadsheet calculates it: leave it there."
            )
            where = f"{rows_named([number for number, _ in cells])}, column {column}"
            yield Problem(file, where, found, "words", fix)


def _told_columns(table: csv_list.Table) -> Iterator[Fix]:
    """What each heading was taken for, where it is not the column's own name."""
    for one in table.columns:
        if one.guessed:
            what = f"a column taken as {one.column}"
            yield Fix(table.header, what, one.heading, one.column, place="row", column=one.letter)
        elif not one.column:
            what = "a column that is not known, kept in the note"
            yield Fix(table.header, what, one.heading, one.heading, place="row", column=one.letter)
    if table.second_header:
        number, heading = table.second_header
        yield Fix(number, "a second row that names columns, taken as one", heading, heading, place="row")


def _cleaned(number: int, cells: dict[str, str], others: Sequence[tuple[str, str]], fixes: list[Fix]) -> dict[str, str]:
    """The cells of one row as they are meant; what has no column is kept in the note."""
    kept = []
    for heading, cell in others:
        stands = _without_apostrophe(number, "note", cell.strip(), fixes)
        kept.append(f"{' '.join(heading.split())}: {' '.join(stands.split())}")
    cleaned = {}
    for column, cell in cells.items():
        cleaned[column] = _visible(number, column, cell, fixes)
        if column != _NEEDED and cleaned[column] and cell_cleaning.says_nothing(cleaned[column], column):
            fixes.append(Fix(number, f"{column}, taken as empty", cleaned[column], "", place="row"))
            cleaned[column] = ""
    kept += _clean_address(number, cleaned, fixes)
    kept += _clean_language(number, cleaned, fixes)
    if kept:
        note = "; ".join(filter(None, [cleaned.get("note", ""), *kept]))
        if len(note) > MAX_LENGTH["note"]:
            note = note[: MAX_LENGTH["note"] - 1] + "…"
            fixes.append(Fix(number, "note, too long and cut off", note, note, place="row"))
        cleaned["note"] = note
    for column in ("contact", "note"):
        visible, taken = characters.without_unfit_unprinted(cleaned.get(column, ""), "\t\r\n")
        fixes += [
            Fix(number, f"{column}, {character}, taken out", cleaned[column], visible, place="row")
            for character in taken[:3]
        ]
        cleaned |= {column: visible} if taken else {}
    return cleaned


def _visible(number: int, column: str, cell: str, fixes: list[Fix]) -> str:
    """One line without what nobody sees; the address is taken apart as it stands."""
    cell = _without_apostrophe(number, column, cell.strip(), fixes)
    if column in ("email", "note") or (cell.isascii() and cell.isprintable()):
        return cell
    if len(lines := cell.splitlines()) > 1:
        joined = " ".join(filter(None, map(str.strip, lines)))
        fixes.append(Fix(number, f"{column}, a line break", " / ".join(lines), joined, place="row"))
        cell = joined
    if column == "contact":
        return cell.replace("\t", " ")
    visible, taken = characters.without_unfit(cell.replace("\t", " "))
    fixes += [Fix(number, f"{column}, {character}, taken out", cell, visible, place="row") for character in taken]
    return visible


def _without_apostrophe(number: int, column: str, cell: str, fixes: list[Fix]) -> str:
    """Take off what makes a spreadsheet show `+33 1` or `=x` as text, where it is left in the cell."""
    meant = formulas.as_meant(cell)
    if meant != cell:
        fixes.append(Fix(number, f"{column}, an apostrophe before it taken off", cell, meant, place="row"))
    return meant


def _clean_address(number: int, cells: dict[str, str], fixes: list[Fix]) -> list[str]:
    """Put the first address into its cell, a name before it into an empty contact; return what the note keeps."""
    was = cells.get("email", "")
    if not was or len(was) > 10 * MAX_LENGTH["email"]:
        return []
    found = cell_cleaning.find_address(was)
    cells["email"] = found.email
    if found.done:
        fixes.append(Fix(number, f"email, {', '.join(found.done)}", " ".join(was.split()), found.email, place="row"))
    kept = [f"further addresses: {'; '.join(found.others)}"] if found.others else []
    if found.name and not cells.get("contact"):
        cells["contact"] = found.name
    elif found.name and found.name.casefold() != cells["contact"].casefold():
        kept.append(f"name at the address: {found.name}")
    return [*kept, f"email: {found.kept}"] if found.kept else kept


def _clean_language(number: int, cells: dict[str, str], fixes: list[Fix]) -> list[str]:
    """Put the language's code into its cell; return what the note keeps of a language that letters do not have."""
    was = " ".join(cells.get("language", "").split())
    if not was or was.lower() in LANGUAGES:
        return []
    code, several = cell_cleaning.find_language(was)
    cells["language"] = code
    what = "language" if code else "language, none in which letters are written, kept in the note"
    fixes.append(Fix(number, f"{what}, the first of several" if code and several else what, was, code, place="row"))
    return [f"language: {was}"] if several or not code else []


def write_csv(path: Path, rows: Iterable[PartnerRow]) -> None:
    """Write a clean `partners.csv`, in which a spreadsheet finds no formula; raises ListExists if there is one."""
    try:
        file = path.open("x", encoding="utf-8", newline="")
    except FileExistsError:
        raise ListExists(path) from None
    with file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({column: formulas.harmless(cell) for column, cell in asdict(row).items()} for row in rows)


def _from_csv(file: str, text: str, guessed: str) -> tuple[list[tuple[int, PartnerRow]], list[Problem], list[Problem]]:
    """Read the rows with their numbers; the remarks are on the file, not yet on what is in the rows."""
    records, problems, skipped = csv_list.rows(file, text, COLUMNS, _NEEDED)
    numbered = [(number, _row(file, number, cells, problems)) for number, cells in records]
    if not numbered and not problems:
        problems.append(_empty(file))
    doubts = encodings.doubts(file, _cells_of(records), guessed)
    return numbered, problems, [*_guess(file, guessed), *doubts, *skipped]


def _spell_countries(
    numbered: Iterable[tuple[int, PartnerRow]], language: str
) -> tuple[list[tuple[int, PartnerRow]], list[Fix]]:
    """Spell one country one way, telling each row that is changed; a country that is unknown stays."""
    spelled, fixes = [], []
    for number, row in numbered:
        country = countries.spelling(row.country, language) or row.country
        if country != row.country:
            fixes.append(Fix(number, "country", row.country, country, place="row"))
        spelled.append((number, replace(row, country=country)))
    return spelled, fixes


def _empty(file: str) -> Problem:
    fix = "Write one organization a row; the first row names the columns."
    return Problem(file, "", "an empty list", "at least one partner", fix)


def _guess(file: str, guessed: str) -> list[Problem]:
    fix = "Look at the accents; if they are wrong, save the list again as CSV UTF-8."
    return [encodings.Doubt(file, "", f"another encoding, read as {guessed}", "UTF-8", fix)] if guessed else []


def _row(file: str, number: int, cells: dict[str, str], problems: list[Problem]) -> PartnerRow:
    values = {column: _cell(column, formulas.as_meant(cells.get(column, "").strip())) for column in COLUMNS}
    for column, (_, *wrong) in values.items():
        if wrong:
            problems.append(Problem(file, f"row {number}, column {column}", *wrong))
    return PartnerRow(**{column: value for column, (value, *_) in values.items()})


def _cell(column: str, raw: str) -> tuple[str, ...]:
    """Tidy one cell; when it is not fit: (it, what was found, what was expected, how to fix it)."""
    if len(raw) > 10 * MAX_LENGTH.get(column, 80):
        return "", f"{len(raw):,} characters", f"{MAX_LENGTH.get(column, 80)} characters at most", "Shorten it."
    unfit = characters.unfit_unprinted(raw, "\r\n\t") if column == "note" else _unfit(column, raw)
    hidden = dict.fromkeys(name for _, name in islice(unfit, MAX_UNFIT))
    value = characters.tidy(raw)
    if hidden:
        found = f"{', '.join(list(hidden)[:3])} in {shown(raw)}"
        return value, found, "characters that can be read", "Delete it or type the text again."
    if len(value) > MAX_LENGTH.get(column, 80):
        expected = f"{MAX_LENGTH.get(column, 80)} characters at most"
        return value, f"{len(value)} characters", expected, "Shorten it."
    if column == "organization":
        return _organization(value)
    if column == "email" and value:
        return _email(value)
    if column == "language" and value:
        return _language(value)
    return (value,)


def _unfit(column: str, raw: str) -> Iterator[tuple[int, str]]:
    """A person's name is not printed, so that more may stand in it."""
    return characters.unfit_unprinted(raw) if column == "contact" else characters.unfit(raw)


def _organization(value: str) -> tuple[str, ...]:
    if any(character.isalnum() for character in value):
        return (value,)
    return value, shown(value) if value else "nothing", "the organization's name", "Fill it in."


def _email(value: str) -> tuple[str, ...]:
    address, wrong = addresses.normalize(value)
    if not wrong:
        return (address,)
    expected = "one address such as secretariat@name.example, or nothing"
    return (
        value,
        shown(value),
        expected,
        f"{wrong} Correct it, or leave the cell empty and ask the organization yourself.",
    )


def _language(value: str) -> tuple[str, ...]:
    value = value.lower()
    if not (wrong := what_is_wrong_with(value)):
        return (value,)
    return value, shown(value), *wrong


def _remarks(file: str, numbered: Sequence[_Numbered], groups: Sequence[Sequence[_Numbered]]) -> list[Problem]:
    """What an organizer should look at: nothing here is changed or refused."""
    return [
        *_look_alikes(file, [group[0] for group in groups]),
        *_shared_addresses(file, numbered),
        *_countries(file, numbered),
    ]


def _by_name_and_country(numbered: Iterable[_Numbered]) -> list[list[_Numbered]]:
    """Put together the rows that are one organization, as far as its name and country tell."""
    seen: dict[tuple[str, str], list[_Numbered]] = defaultdict(list)
    for number, row in numbered:
        seen[similar_names.same_name(row.organization), countries.same_country(row.country)].append((number, row))
    return list(seen.values())


def _duplicates(file: str, groups: Iterable[Sequence[_Numbered]], namesakes: Collection[str]) -> Iterator[Problem]:
    """Find who stands there twice: it would be asked, counted and printed twice."""
    known = {similar_names.same_name(name) for name in namesakes}
    for group in groups:
        name = group[0][1].organization
        if len(group) > 1 and (same := similar_names.same_name(name)) and same not in known:
            found = f"a duplicate, in the same country: {shown(name)}"
            fix = _IF_TWO.format("".join(map(_as_in_toml, json.dumps(name, ensure_ascii=False))))
            yield Problem(file, _rows_named(group), found, "each organization once", fix)


def _as_in_toml(character: str) -> str:
    """Write what nobody sees, a joiner for example, as its code: TOML reads it back."""
    return character if character.isprintable() else f"\\u{ord(character):04X}"


def _namesakes_not_there(groups: Iterable[Sequence[_Numbered]], namesakes: Iterable[str]) -> Iterator[Problem]:
    twice = {similar_names.same_name(group[0][1].organization) for group in groups if len(group) > 1}
    for name in namesakes:
        if similar_names.same_name(name) not in twice:
            fix = "Remove it, or correct how it is written."
            yield Problem(
                "campaign.toml",
                "key namesakes",
                f"{shown(name)}, which stands there once at most",
                "a name that two rows share",
                fix,
            )


def _look_alikes(file: str, numbered: Sequence[tuple[int, PartnerRow]]) -> Iterator[Problem]:
    pairs, are_more = similar_names.alike([row.organization for _, row in numbered])
    for first, second in pairs:
        pair = [numbered[first], numbered[second]]
        found = " and ".join(shown(row.organization) for _, row in pair) + ", which look alike"
        fix = "If they are two organizations, leave them. If they are one, delete a row."
        yield Problem(file, _rows_named(pair), found, "two organizations", fix)
    if are_more:
        found = f"{len(pairs)} pairs of names that look alike, and perhaps more"
        yield Problem(file, "", found, "few", "Only these are shown: look through the list yourself.")


def _shared_addresses(file: str, numbered: Iterable[tuple[int, PartnerRow]]) -> Iterator[Problem]:
    groups: dict[str, list[tuple[int, PartnerRow]]] = defaultdict(list)
    for number, row in numbered:
        groups[row.email.casefold()].append((number, row))
    for email, group in groups.items():
        if email and len(group) > 1:
            fix = "Each organization gets its own email and its own link there: is that intended?"
            found = f"one address for {len(group)} organizations: {shown(email)}"
            yield Problem(file, f"{_rows_named(group)}, column email", found, "one person behind all", fix)


def _countries(file: str, numbered: Iterable[tuple[int, PartnerRow]]) -> Iterator[Problem]:
    """What is printed under the letter as no other list would; a row in the organizers' list is their yes to it."""
    groups = _by_country(numbered)
    codes = [countries.code(country) for country in groups]
    for country, group in groups.items():
        code = countries.code(country)
        if not country or countries.readings(country) or (countries.is_usual(country) and codes.count(code) == 1):
            continue
        several = bool(code) and codes.count(code) > 1
        expected = countries.spelling(country) or "a country"
        if countries.is_other_place(country):
            found, fix = f"{shown(country)}, which is not a country that we know", "It is printed as it is written."
        elif several:
            found = f"{shown(country)}, one of several spellings"
            fix = "It is printed as it is written: spell one country one way."
        else:
            found = f"{shown(country)}, unusual"
            fix = "It is printed as it is written: spell one country one way."
        if expected != country:
            yield Problem(file, f"{_rows_named(group)}, column country", found, expected, fix)


def _countries_in_doubt(file: str, numbered: Iterable[tuple[int, PartnerRow]]) -> Iterator[Problem]:
    """A name that several countries have: which one is meant is not guessed."""
    for country, group in _by_country(numbered).items():
        if meant := countries.readings(country):
            where = f"{_rows_named(group)}, column country"
            fix = "Write which one is meant."
            yield Problem(file, where, f"{shown(country)}, which may be several", " or ".join(meant), fix)


def _by_country(numbered: Iterable[tuple[int, PartnerRow]]) -> dict[str, list[tuple[int, PartnerRow]]]:
    groups: dict[str, list[tuple[int, PartnerRow]]] = defaultdict(list)
    for number, row in numbered:
        groups[row.country].append((number, row))
    return groups


def _rows_named(group: Sequence[tuple[int, PartnerRow]]) -> str:
    return rows_named([number for number, _ in group])
