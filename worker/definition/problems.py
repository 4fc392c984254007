"""What is wrong, said so that a person can fix it: where, what was found, what was expected.

Its parts are phrases, which are English texts as well: commands print them, pages say them in the reader's language.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.text import characters
from worker.text.languages import LANGUAGES
from worker.text.phrases import P_, Fact, Phrase, Pn_


@dataclass(frozen=True)
class Problem:
    """One thing to fix, or to look at when it is only a remark."""

    file: str
    where: str
    """`line 3`, `row 12, column email`, `key reminders[1]` (counted from 1); empty for the whole file."""
    found: str
    expected: str
    fix: str
    """A whole sentence: what to do now."""

    @property
    def sentence(self) -> Phrase:
        file = self.file if isinstance(self.file, Phrase) else visible(self.file)  # whoever sent it gave it its name
        place = P_("%(file)s, %(where)s", file=file, where=self.where) if self.where else file
        return self._found_at(place)

    @property
    def without_file(self) -> Phrase:
        """The same where nothing has to say in which file."""
        return self._found_at(self.where)

    def _found_at(self, place: str) -> Phrase:
        parts: dict[str, Fact] = {"found": self.found, "expected": self.expected, "fix": self.fix}
        match bool(place), bool(self.fix):
            case True, True:
                return P_("%(place)s: found %(found)s; expected %(expected)s. %(fix)s", place=place, **parts)
            case True, False:
                return P_("%(place)s: found %(found)s; expected %(expected)s.", place=place, **parts)
            case False, True:
                return P_("found %(found)s; expected %(expected)s. %(fix)s", **parts)
        return P_("found %(found)s; expected %(expected)s.", **parts)


MAX_OF_A_KIND, MAX_OF_A_FILE = 10, 50


def few(problems: Iterable[Problem]) -> list[Problem]:
    """Keep the first of each kind, where there are too many to read, and say how many more there are.

    Of a kind are those that expect the same of one file.
    """
    kinds: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.file, problem.expected), []).append(problem)
    kept: dict[str, list[Problem]] = {}
    left_out: dict[str, int] = {}
    for (file, expected), those in kinds.items():
        shown_first = those if len(those) <= MAX_OF_A_KIND else those[:MAX_OF_A_KIND]
        if more := len(those) - len(shown_first):
            found = P_("%(n)s more of this kind", n=more)
            shown_first = [*shown_first, Problem(file, "", found, expected, _THESE_FIRST)]
        of_file = kept.setdefault(file, [])
        of_file += shown_first[: MAX_OF_A_FILE - len(of_file)]
        left_out[file] = left_out.get(file, 0) + len(those)
    for file, of_file in kept.items():
        if len(of_file) == MAX_OF_A_FILE and left_out[file] > MAX_OF_A_FILE:
            found = P_("%(n)s problems in all", n=left_out[file])
            of_file.append(Problem(file, "", found, P_("fewer"), _THESE_FIRST))
    return [problem for of_file in kept.values() for problem in of_file]


_THESE_FIRST = P_("Correct these first, and look again.")


class BadDefinition(Exception):
    """The campaign's folder cannot be used as it is; `problems` holds every problem at once.

    `remarks` are what is to be looked at in the same files, and refuses nothing.

    The message names places only: what people wrote, addresses among it, is in the problems.
    """

    def __init__(self, problems: Iterable[Problem], remarks: Iterable[Problem] = ()) -> None:
        self.problems = list(problems)
        self.remarks = list(remarks)
        super().__init__("; ".join(f"{one.file}, {one.where}".rstrip(", ") for one in self.problems))


def shown(value: object, most: int = 80) -> Phrase:
    """Quote what was found: on one line, shortened, nothing in it able to move a cursor.

    What nobody sees is shown by its number, unless it parts words as its script does: Khmer would not be readable.
    """
    text = value if isinstance(value, str) else _as_in_toml(value)
    if not isinstance(text, Phrase):
        text = text if len(text) <= most else text[: most - 1] + "…"
        unfit = {position for position, _ in characters.unfit(text)}
        seen = "".join(_AS_SEEN.get(c, c) if at not in unfit else c for at, c in enumerate(text))
        text = visible(seen)
    return P_("“%(value)s”", value=text)


_AS_SEEN = {"\u200b": "", "\u00a0": " ", "\u202f": " "}  # between words of Khmer, and before the signs of French


def visible(text: str) -> str:
    """The same text with the code of each character that is invisible or moves a cursor in its place."""
    return "".join(c if c.isprintable() else f"<U+{ord(c):04X}>" for c in text)


def named(name: str) -> str:
    """Write the name of a key or a file as it is, or quoted when something in it cannot be seen."""
    return name if name.isprintable() and 0 < len(name) <= 60 else shown(name, 60)


def _as_in_toml(value: object) -> str:
    """Write a value as it would stand in a TOML file, roughly."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and value.bit_length() > 200:
        return P_("a number of very many digits")
    if isinstance(value, dict):
        return P_("a table")
    if isinstance(value, list):
        return P_("a list")
    return str(value)


def rows_named(numbers: Sequence[int], what: str = "row") -> Phrase:
    """Name one row or several: `rows 2, 4 and 5`."""
    named = _first_numbers(numbers)
    if what == "line":
        return Pn_("line %(lines)s", "lines %(lines)s", len(numbers), lines=named)
    return Pn_("row %(rows)s", "rows %(rows)s", len(numbers), rows=named)


def _first_numbers(numbers: Sequence[int]) -> str:
    named = list(map(str, numbers))
    if len(named) > 6:
        return P_("%(first)s and %(n)s more", first=named[:5], n=str(len(named) - 5))
    return P_("%(first)s and %(last)s", first=named[:-1], last=named[-1]) if len(named) > 1 else named[0]


def row_named(number: int) -> Phrase:
    return rows_named([number])


def line_named(number: int) -> Phrase:
    return rows_named([number], "line")


def key_named(key: str) -> Phrase:
    return P_("key %(key)s", key=key)


def in_column(place: str, column: str) -> Phrase:
    """`row 12, column email`."""
    return P_("%(place)s, column %(column)s", place=place, column=column)


def first_of(texts: Sequence[str], most: int) -> str:
    """The first of a list, and how many more there are."""
    if len(texts) > most:
        return P_("%(first)s and %(n)s more", first=texts[:most], n=len(texts) - most)
    return P_("%(first)s, %(last)s", first=texts[:-1], last=texts[-1]) if len(texts) > 1 else texts[0]


def any_of(texts: Sequence[str]) -> str:
    """`one or two or three`."""
    *first, last = texts
    return P_("%(first)s or %(last)s", first=any_of(first), last=last) if first else last


def all_of(texts: Sequence[str]) -> str:
    """`one and two and three`."""
    *first, last = texts
    return P_("%(first)s and %(last)s", first=all_of(first), last=last) if first else last


def did_you_mean(word: str, known: Iterable[str]) -> Phrase:
    """Ask for the nearest known word, or list them all."""
    known = list(known)
    near = difflib.get_close_matches(word.casefold()[:100], [one.casefold() for one in known], n=1)
    if near:
        return P_("Did you mean %(word)s?", word=next(one for one in known if one.casefold() == near[0]))
    return P_("Known are: %(known)s.", known=known)


def what_is_wrong_with(language: str) -> tuple[Phrase, Phrase] | None:
    """Say what was expected instead of this language and how to fix it; None when all is well."""
    if language in LANGUAGES:
        return None
    *first, last = LANGUAGES
    return P_("%(first)s or %(last)s", first=first, last=last), P_("Write the language as two small letters.")
