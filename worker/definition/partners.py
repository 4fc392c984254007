"""The list of partners as organizers have it: a spreadsheet's file, a spreadsheet saved as CSV, or a paste."""

import csv
import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
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
from worker.definition.problems import (
    Problem,
    any_of,
    first_of,
    in_column,
    key_named,
    line_named,
    row_named,
    rows_named,
    shown,
    what_is_wrong_with,
)
from worker.definition.problems import named as printable_name
from worker.definition.sheet_choice import SheetName
from worker.text import addresses, characters, countries, formulas, similar_names
from worker.text.languages import LANGUAGES
from worker.text.phrases import P_, Phrase

COLUMNS = ("organization", "acronym", "country", "contact", "email", "language", "note")
MAX_LENGTH = {"organization": 300, "acronym": 40, "country": 80, "contact": 120, "email": 254, "note": 2000}
MAX_LIST = 5 * 1024 * 1024
MAX_UNFIT = 20  # characters of a cell that are looked at; three are told
_NEEDED = "organization"
_A_LIST = P_("a list of partners as CSV")
_ANY_LIST = P_("a list of partners as XLSX, ODS, CSV or text")
_SAVE_AS = P_("Save the list from a spreadsheet program as Excel workbook (XLSX) or as CSV UTF-8, and try again.")
_SAVE_AS_CSV = P_("Save the list from a spreadsheet program as CSV UTF-8, and try again.")
_TOTAL = re.compile(r"(?:grand |sub)?-?(?:total|totals|totaux|sum|summe|somme)[ :=.]*(?:\d[\d,.  ]*)?", re.IGNORECASE)


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
        fix = _make_csv(path.name) if workbook.is_workbook(octets) else _SAVE_AS_CSV
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
    found = P_("no such file, but %(file)s", file=printable_name(name))
    return Problem(path.name, "", found, _A_LIST, _make_csv(printable_name(name)))


def _make_csv(name: str) -> Phrase:
    return P_(
        "Save it from a spreadsheet program as CSV UTF-8 (partners.csv), or let `undersigned new NAME --partners "
        "%(file)s` make the folder of a new campaign with a clean partners.csv in it.",
        file=name,
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

    def called(self, file: str) -> "TakenList":
        """The same, with another name of the list in all that is said of it."""
        remarks = [replace(one, file=file) if isinstance(one, Problem) else one for one in self.remarks]
        return replace(self, problems=[replace(one, file=file) for one in self.problems], remarks=remarks)


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
        expected, fix = P_("a workbook with sheets"), P_("Leave out --sheet.")
        return TakenList(problems=[Problem(path.name, "", P_("text"), expected, fix)])
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
        found = P_("text, in a file that is named %(suffix)s", suffix=path.suffix)
        fix = P_("It is read as text: look at accents and columns.")
        yield Problem(path.name, "", found, P_("a workbook"), fix)


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


def _lines_of(text: str) -> Iterator[tuple[encodings.Place, str]]:
    return ((partial(line_named, number), line.strip()) for number, line in enumerate(text.splitlines(), 1))


def _cells_of(records: Iterable[csv_list.Row]) -> Iterator[tuple[encodings.Place, str]]:
    for number, cells in records:
        yield from ((partial(_cell_named, number, column), cell.strip()) for column, cell in cells.items())


def _cell_named(number: int, column: str) -> Phrase:
    return in_column(row_named(number), column)


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
            what = P_(
                "email, and its cell links to another address, %(link)s: the one that it shows is asked",
                link=shown(link),
            )
            fixes.append(Fix(number, what, was, was, place="row"))
        return cells
    column = next((one for one in ("email", "contact", _NEEDED) if one in links), "")
    if not column:
        return cells
    stood = cells.get(column, "").strip()
    what = P_("email, taken from what the cell %(column)s links to", column=column)
    fixes.append(Fix(number, what, stood, links[column], place="row"))
    kept = "" if not was or cell_cleaning.says_nothing(was, "email") else f"email: {was}"
    note = "; ".join(filter(None, [cells.get("note", ""), kept]))
    return cells | {"email": links[column]} | ({"note": note} if note else {})


def _totals(file: str, numbered: Iterable[_Numbered]) -> Iterator[Problem]:
    """A row that only counts the others."""
    for number, row in numbered:
        if _TOTAL.fullmatch(row.organization):
            fix = P_("It is kept as an organization: delete the row if it is not one.")
            found = P_("%(text)s, which may be a total", text=shown(row.organization))
            yield Problem(file, _cell_named(number, _NEEDED), found, P_("an organization"), fix)


def _formulas(file: str, numbered: Sequence[_Numbered]) -> Iterator[Problem]:
    """Cells that a spreadsheet would calculate as it opens the list that is written."""
    for column in COLUMNS:
        cells = [(number, cell) for number, row in numbered if re.match("[=+@＝＋＠-]", cell := getattr(row, column))]
        if cells:
            texts = first_of([shown(cell, 60) for _, cell in cells], 3)
            found = P_("%(texts)s, which begins as a formula does", texts=texts)
            fix = P_(
                "In partners.csv an apostrophe stands before it, so that no spreadsheet calculates it: leave it there."
            )
            where = in_column(rows_named([number for number, _ in cells]), column)
            yield Problem(file, where, found, P_("words"), fix)


def _told_columns(table: csv_list.Table) -> Iterator[Fix]:
    """What each heading was taken for, where it is not the column's own name."""
    for one in table.columns:
        if one.guessed:
            what = P_("a column taken as %(column)s", column=one.column)
            yield Fix(table.header, what, one.heading, one.column, place="row", column=one.letter)
        elif not one.column:
            what = P_("a column that is not known, kept in the note")
            yield Fix(table.header, what, one.heading, one.heading, place="row", column=one.letter)
    if table.second_header:
        number, heading = table.second_header
        what = P_("a second row that names columns, taken as one")
        yield Fix(number, what, heading, heading, place="row")


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
            what = P_("%(column)s, taken as empty", column=column)
            fixes.append(Fix(number, what, cleaned[column], "", place="row"))
            cleaned[column] = ""
    kept += _clean_address(number, cleaned, fixes)
    kept += _clean_language(number, cleaned, fixes)
    if kept:
        note = "; ".join(filter(None, [cleaned.get("note", ""), *kept]))
        if len(note) > MAX_LENGTH["note"]:
            note = note[: MAX_LENGTH["note"] - 1] + "…"
            fixes.append(Fix(number, P_("note, too long and cut off"), note, note, place="row"))
        cleaned["note"] = note
    for column in ("contact", "note"):
        visible, taken = characters.without_unfit_unprinted(cleaned.get(column, ""), "\t\r\n")
        fixes += [
            Fix(number, _taken_out(column, character), cleaned[column], visible, place="row") for character in taken[:3]
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
        what = P_("%(column)s, a line break", column=column)
        fixes.append(Fix(number, what, " / ".join(lines), joined, place="row"))
        cell = joined
    if column == "contact":
        return cell.replace("\t", " ")
    visible, taken = characters.without_unfit(cell.replace("\t", " "))
    fixes += [Fix(number, _taken_out(column, character), cell, visible, place="row") for character in taken]
    return visible


def _taken_out(column: str, character: str) -> Phrase:
    return P_("%(column)s, %(character)s, taken out", column=column, character=character)


def _without_apostrophe(number: int, column: str, cell: str, fixes: list[Fix]) -> str:
    """Take off what makes a spreadsheet show `+33 1` or `=x` as text, where it is left in the cell."""
    meant = formulas.as_meant(cell)
    if meant != cell:
        what = P_("%(column)s, an apostrophe before it taken off", column=column)
        fixes.append(Fix(number, what, cell, meant, place="row"))
    return meant


def _clean_address(number: int, cells: dict[str, str], fixes: list[Fix]) -> list[str]:
    """Put the first address into its cell, a name before it into an empty contact; return what the note keeps."""
    was = cells.get("email", "")
    if not was or len(was) > 10 * MAX_LENGTH["email"]:
        return []
    found = cell_cleaning.find_address(was)
    cells["email"] = found.email
    if found.done:
        what = P_("email, %(done)s", done=found.done)
        fixes.append(Fix(number, what, " ".join(was.split()), found.email, place="row"))
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
    if not code:
        what = P_("language, none in which letters are written, kept in the note")
    else:
        what = P_("language, the first of several") if several else P_("language")
    fixes.append(Fix(number, what, was, code, place="row"))
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
            fixes.append(Fix(number, P_("country"), row.country, country, place="row"))
        spelled.append((number, replace(row, country=country)))
    return spelled, fixes


def _empty(file: str) -> Problem:
    fix = P_("Write one organization a row; the first row names the columns.")
    return Problem(file, "", P_("an empty list"), P_("at least one partner"), fix)


def _guess(file: str, guessed: str) -> list[Problem]:
    fix = P_("Look at the accents; if they are wrong, save the list again as CSV UTF-8.")
    found = P_("another encoding, read as %(encoding)s", encoding=guessed)
    return [encodings.Doubt(file, "", found, P_("UTF-8"), fix)] if guessed else []


def _row(file: str, number: int, cells: dict[str, str], problems: list[Problem]) -> PartnerRow:
    values = {column: _cell(column, formulas.as_meant(cells.get(column, "").strip())) for column in COLUMNS}
    for column, (_, *wrong) in values.items():
        if wrong:
            problems.append(Problem(file, _cell_named(number, column), *wrong))
    return PartnerRow(**{column: value for column, (value, *_) in values.items()})


def _cell(column: str, raw: str) -> tuple[str, ...]:
    """Tidy one cell; when it is not fit: (it, what was found, what was expected, how to fix it)."""
    if len(raw) > 10 * MAX_LENGTH.get(column, 80):
        return "", P_("%(n)s characters", n=len(raw)), *_too_long(column)
    unfit = characters.unfit_unprinted(raw, "\r\n\t") if column == "note" else _unfit(column, raw)
    hidden = dict.fromkeys(name for _, name in islice(unfit, MAX_UNFIT))
    value = characters.tidy(raw)
    if hidden:
        found = P_("%(characters)s in %(text)s", characters=list(hidden)[:3], text=shown(raw))
        return value, found, P_("characters that can be read"), P_("Delete it or type the text again.")
    if len(value) > MAX_LENGTH.get(column, 80):
        return value, P_("%(n)s characters", n=str(len(value))), *_too_long(column)
    if column == "organization":
        return _organization(value)
    if column == "email" and value:
        return _email(value)
    if column == "language" and value:
        return _language(value)
    return (value,)


def _too_long(column: str) -> tuple[Phrase, Phrase]:
    return P_("%(n)s characters at most", n=str(MAX_LENGTH.get(column, 80))), P_("Shorten it.")


def _unfit(column: str, raw: str) -> Iterator[tuple[int, str]]:
    """A person's name is not printed, so that more may stand in it."""
    return characters.unfit_unprinted(raw) if column == "contact" else characters.unfit(raw)


def _organization(value: str) -> tuple[str, ...]:
    if any(character.isalnum() for character in value):
        return (value,)
    return value, shown(value) if value else P_("nothing"), P_("the organization's name"), P_("Fill it in.")


def _email(value: str) -> tuple[str, ...]:
    address, wrong = addresses.normalize(value)
    if not wrong:
        return (address,)
    expected = P_("one address such as %(example)s, or nothing", example="secretariat@name.example")
    fix = P_("%(why)s Correct it, or leave the cell empty and ask the organization yourself.", why=wrong)
    return value, shown(value), expected, fix


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
            found = P_("a duplicate, in the same country: %(name)s", name=shown(name))
            fix = P_(
                "Delete the rows that are not needed. If they are two organizations, write in campaign.toml, above "
                "[sender]: namesakes = [%(name)s] (several names have commas between them).",
                name="".join(map(_as_in_toml, json.dumps(name, ensure_ascii=False))),
            )
            yield Problem(file, _rows_named(group), found, P_("each organization once"), fix)


def _as_in_toml(character: str) -> str:
    """Write what nobody sees, a joiner for example, as its code: TOML reads it back."""
    return character if character.isprintable() else f"\\u{ord(character):04X}"


def _namesakes_not_there(groups: Iterable[Sequence[_Numbered]], namesakes: Iterable[str]) -> Iterator[Problem]:
    twice = {similar_names.same_name(group[0][1].organization) for group in groups if len(group) > 1}
    for name in namesakes:
        if similar_names.same_name(name) not in twice:
            found = P_("%(name)s, which stands there once at most", name=shown(name))
            fix = P_("Remove it, or correct how it is written.")
            where, expected = key_named("namesakes"), P_("a name that two rows share")
            yield Problem("campaign.toml", where, found, expected, fix)


def _look_alikes(file: str, numbered: Sequence[tuple[int, PartnerRow]]) -> Iterator[Problem]:
    pairs, are_more = similar_names.alike([row.organization for _, row in numbered])
    for first, second in pairs:
        pair = [numbered[first], numbered[second]]
        one, other = (shown(row.organization) for _, row in pair)
        found = P_("%(one)s and %(other)s, which look alike", one=one, other=other)
        fix = P_("If they are two organizations, leave them. If they are one, delete a row.")
        yield Problem(file, _rows_named(pair), found, P_("two organizations"), fix)
    if are_more:
        found = P_("%(n)s pairs of names that look alike, and perhaps more", n=str(len(pairs)))
        fix = P_("Only these are shown: look through the list yourself.")
        yield Problem(file, "", found, P_("few"), fix)


def _shared_addresses(file: str, numbered: Iterable[tuple[int, PartnerRow]]) -> Iterator[Problem]:
    groups: dict[str, list[tuple[int, PartnerRow]]] = defaultdict(list)
    for number, row in numbered:
        groups[row.email.casefold()].append((number, row))
    for email, group in groups.items():
        if email and len(group) > 1:
            fix = P_("Each organization gets its own email and its own link there: is that intended?")
            found = P_("one address for %(n)s organizations: %(email)s", n=str(len(group)), email=shown(email))
            where = in_column(_rows_named(group), "email")
            yield Problem(file, where, found, P_("one person behind all"), fix)


def _countries(file: str, numbered: Iterable[tuple[int, PartnerRow]]) -> Iterator[Problem]:
    """What is printed under the letter as no other list would; a row in the organizers' list is their yes to it."""
    groups = _by_country(numbered)
    codes = [countries.code(country) for country in groups]
    for country, group in groups.items():
        code = countries.code(country)
        if not country or countries.readings(country) or (countries.is_usual(country) and codes.count(code) == 1):
            continue
        several = bool(code) and codes.count(code) > 1
        expected = countries.spelling(country) or P_("a country")
        fix = P_("It is printed as it is written: spell one country one way.")
        if countries.is_other_place(country):
            found = P_("%(country)s, which is not a country that we know", country=shown(country))
            fix = P_("It is printed as it is written.")
        elif several:
            found = P_("%(country)s, one of several spellings", country=shown(country))
        else:
            found = P_("%(country)s, unusual", country=shown(country))
        if expected != country:
            yield Problem(file, in_column(_rows_named(group), "country"), found, expected, fix)


def _countries_in_doubt(file: str, numbered: Iterable[tuple[int, PartnerRow]]) -> Iterator[Problem]:
    """A name that several countries have: which one is meant is not guessed."""
    for country, group in _by_country(numbered).items():
        if meant := countries.countries_meant(country):
            where = in_column(_rows_named(group), "country")
            found = P_("%(country)s, which may be several", country=shown(country))
            yield Problem(file, where, found, any_of(meant), P_("Write which one is meant."))


def _by_country(numbered: Iterable[tuple[int, PartnerRow]]) -> dict[str, list[tuple[int, PartnerRow]]]:
    groups: dict[str, list[tuple[int, PartnerRow]]] = defaultdict(list)
    for number, row in numbered:
        groups[row.country].append((number, row))
    return groups


def _rows_named(group: Sequence[tuple[int, PartnerRow]]) -> Phrase:
    return rows_named([number for number, _ in group])
