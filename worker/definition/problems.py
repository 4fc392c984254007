"""What is wrong, said so that a person can fix it: where, what was found, what was expected."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.text import characters


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
    def sentence(self) -> str:
        file = visible(self.file)  # whoever sent it gave it its name
        place = f"{file}, {self.where}" if self.where else file
        return f"{place}: found {self.found}; expected {self.expected}. {self.fix}".rstrip()


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
            shown_first = [*shown_first, Problem(file, "", f"{more:,} more of this kind", expected, _THESE_FIRST)]
        of_file = kept.setdefault(file, [])
        of_file += shown_first[: MAX_OF_A_FILE - len(of_file)]
        left_out[file] = left_out.get(file, 0) + len(those)
    for file, of_file in kept.items():
        if len(of_file) == MAX_OF_A_FILE and left_out[file] > MAX_OF_A_FILE:
            of_file.append(Problem(file, "", f"{left_out[file]:,} problems in all", "fewer", _THESE_FIRST))
    return [problem for of_file in kept.values() for problem in of_file]


_THESE_FIRST = "Correct these first, and look again."


class BadDefinition(Exception):
    """The campaign's folder cannot be used as it is; `problems` holds every problem at once.

    `remarks` are what is to be looked at in the same files, and refuses nothing.

    The message names places only: what people wrote, addresses among it, is in the problems.
    """

    def __init__(self, problems: Iterable[Problem], remarks: Iterable[Problem] = ()) -> None:
        self.problems = list(problems)
        self.remarks = list(remarks)
        super().__init__("; ".join(f"{one.file}, {one.where}".rstrip(", ") for one in self.problems))


def shown(value: object, most: int = 80) -> str:
    """Quote what was found: on one line, shortened, nothing in it able to move a cursor.

    What nobody sees is shown by its number, unless it parts words as its script does: Khmer would not be readable.
    """
    text = value if isinstance(value, str) else _as_in_toml(value)
    text = text if len(text) <= most else text[: most - 1] + "…"
    unfit = {position for position, _ in characters.unfit(text)}
    seen = "".join(_AS_SEEN.get(c, c) if at not in unfit else c for at, c in enumerate(text))
    return f"“{visible(seen)}”"


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
        return "a number of very many digits"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return str(value)


def rows_named(numbers: Sequence[int], what: str = "row") -> str:
    """Name one row or several: `rows 2, 4 and 5`."""
    if len(numbers) == 1:
        return f"{what} {numbers[0]}"
    if len(numbers) > 6:
        return f"{what}s {', '.join(map(str, numbers[:5]))} and {len(numbers) - 5} more"
    return f"{what}s {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Ask for the nearest known word, or list them all."""
    known = list(known)
    near = difflib.get_close_matches(word.casefold()[:100], [one.casefold() for one in known], n=1)
    if near:
        return f"Did you mean {next(one for one in known if one.casefold() == near[0])}?"
    return f"Known are: {', '.join(known)}."
