"""A list of organizations that are to become partners of a campaign that runs: whole, or with all its problems."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Any

from worker.definition import csv_list, printable
from worker.definition.partners import COLUMNS, PartnerRow, TakenList, countries_in_doubt, row_of
from worker.definition.problems import Problem, in_column, rows_named, shown
from worker.text import addresses, countries, similar_names
from worker.text.phrases import P_

A_LIST, ALONE = P_("The list"), P_("The organization")
SUFFIXES = (".csv", ".tsv", ".xlsx", ".ods", ".txt")


@dataclass(frozen=True)
class Additions:
    """Rows with their numbers, and what is wrong with them as far as the list alone says it."""

    file: str
    rows: Sequence[PartnerRow]
    numbers: Sequence[int]
    place: str = "row"
    problems: Sequence[Problem] = field(default_factory=list)

    @classmethod
    def from_list(cls, file: str, taken: TakenList) -> "Additions":
        """As a file or a paste was taken over."""
        return cls(file, taken.rows, taken.numbers, taken.place, taken.problems)

    @classmethod
    def alone(cls, cells: Mapping[str, str]) -> "Additions":
        """One organization, as its fields were typed."""
        problems: list[Problem] = []
        row = row_of(ALONE, 1, cells, problems)
        problems = [replace(one, where=one.where.removeprefix("row 1, column ")) for one in problems]
        return cls(ALONE, [row], [1], "", problems)

    @classmethod
    def from_spelled(cls, spelled: str) -> "Additions":
        """What a page kept of a list; a person can have changed it, so each cell is looked at again."""
        try:
            place, cells = _parsed(json.loads(spelled))
        except (ValueError, TypeError, RecursionError):
            return cls(A_LIST, [], [])
        problems: list[Problem] = []
        rows = [row_of(A_LIST, number, dict(zip(COLUMNS, row, strict=True)), problems) for number, *row in cells]
        return cls(A_LIST, rows, [number for number, *_ in cells], place, problems)

    def spelled(self) -> str:
        """As a page keeps it."""
        cells = [[number, *astuple(row)] for number, row in zip(self.numbers, self.rows, strict=True)]
        return json.dumps([self.place, *cells], ensure_ascii=False, separators=(",", ":"))

    def where(self, at: int) -> str:
        """`row 12`; empty where there is only one."""
        return rows_named([self.numbers[at]], self.place) if self.place else ""

    def all_problems(self, languages: Collection[str], addressees: Collection[str]) -> list[Problem]:
        """All at once: of its cells, and of what the campaign does not take.

        `languages` are those of the letter, `addressees` their mail addresses.
        """
        found = [*self.problems, *self._of_rows(languages, {addresses.mailbox(one) for one in addressees})]
        numbered = list(zip(self.numbers, self.rows, strict=True))
        found += [*self._twice(), *countries_in_doubt(self.file, numbered if self.place else ())]
        if not self.rows and not found:
            fix = P_("Write one organization a row; the first row names the columns.")
            found.append(Problem(self.file, "", P_("an empty list"), P_("at least one organization"), fix))
        return found

    def _of_rows(self, languages: Collection[str], addressees: Collection[str]) -> Iterator[Problem]:
        for at, row in enumerate(self.rows):
            if row.language and row.language not in languages:
                fix = P_("Change it, or leave it empty.")
                expected = P_("a language of the letter (%(languages)s)", languages=sorted(languages))
                yield Problem(self.file, self._cell(at, "language"), shown(row.language), expected, fix)
            if row.email and addresses.mailbox(row.email) in addressees:
                fix = P_("Correct it, or leave it empty: the addressee is not asked to sign.")
                found = P_("the address of an addressee")
                yield Problem(self.file, self._cell(at, "email"), found, P_("its own address"), fix)
            if missing := printable.row_glyph_problem(self.file, self.where(at), row):
                yield missing

    def _twice(self) -> Iterator[Problem]:
        """Who stands there twice would be asked twice."""
        seen: dict[tuple[str, str], list[int]] = {}
        for number, row in zip(self.numbers, self.rows, strict=True):
            key = similar_names.same_name(row.organization), countries.same_country(row.country)
            seen.setdefault(key, []).append(number)
        for (name, _), numbers in seen.items():
            if name and len(numbers) > 1:
                one = self.rows[list(self.numbers).index(numbers[0])].organization
                fix = P_("Delete the rows that are not needed. If they are two organizations, add one of them alone.")
                found = P_("a duplicate, in the same country: %(name)s", name=shown(one))
                where = rows_named(numbers, self.place)
                yield Problem(self.file, where, found, P_("each organization once"), fix)

    def _cell(self, at: int, column: str) -> str:
        return in_column(self.where(at), column) if self.place else column


def label(name: str) -> Path:
    """What an uploaded file is called here: nothing of its name but the end by which its kind is known."""
    suffix = Path(name[-20:]).suffix.lower()
    return Path(f"list{suffix if suffix in SUFFIXES else ''}")


def _parsed(found: Any) -> tuple[str, list[list[Any]]]:
    """Raises ValueError or TypeError for what no page of ours has."""
    place, *cells = found
    if place not in {"row", "line"} or len(cells) > csv_list.MAX_ROWS:
        raise ValueError
    for number, *row in cells:
        if type(number) is not int or len(row) != len(COLUMNS) or not all(isinstance(cell, str) for cell in row):
            raise ValueError
        "".join(row).encode()  # JSON can spell halves of signs, which no page can be written with
    return place, cells
