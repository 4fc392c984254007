"""Whether what is said of a list, a letter or a setting can be said in another language: all of it is marked."""

import re
from collections.abc import Iterable, Iterator
from gettext import NullTranslations

from worker.definition.partners import COLUMNS
from worker.definition.pasted_list import Fix
from worker.definition.problems import Problem
from worker.text.countries import CountryName
from worker.text.phrases import Fact, Phrase

TYPED = {"value", "name", "file", "word", "known", "setting", "why"}
"""Facts that are texts of people, or words that they have to type as they stand, or what the system says."""


class Shouted(NullTranslations):
    """A language of capitals: what is small in it was said by people, or is marked nowhere."""

    def gettext(self, message: str) -> str:
        return "".join(part if part.startswith("%(") else part.upper() for part in re.split(r"(%\(\w+\)s)", message))

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)


def unmarked(said: Iterable[Problem | Fix]) -> list[str]:
    """The English that no catalogue has."""
    found: list[str] = []
    for one in said:
        parts = [one.what] if isinstance(one, Fix) else [one.where, one.found, one.expected, one.fix]
        found += [part for part in parts if not isinstance(part, Phrase) and _is_english(part)]
        found += _within(one.sentence)
    return found


def _is_english(part: str) -> bool:
    return bool(re.match("[a-z]{2}|[A-Z][a-z]+ [a-z]", part)) and part not in COLUMNS


def _within(fact: Fact, name: str = "") -> Iterator[str]:
    if isinstance(fact, CountryName):
        return
    if isinstance(fact, Phrase):
        for inner, value in fact.facts.items():
            yield from _within(value, inner)
    elif isinstance(fact, str):
        if name not in TYPED and not fact.startswith('"') and re.search("[a-z]{2} [a-z]{2}", fact):
            yield fact
    elif not isinstance(fact, int):
        for one in fact:
            yield from _within(one, name)


def printed(said: Iterable[Problem | Fix]) -> str:
    """What a command prints of it, a line each; all of it can be said in another language."""
    those = list(said)
    assert not unmarked(those)
    return "\n".join(one.sentence for one in those)
