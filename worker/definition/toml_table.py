"""One table of `campaign.toml`, read key by key: what is wrong is noted, and reading goes on."""

from collections.abc import Mapping
from typing import Any

from worker.definition.problems import Problem, did_you_mean, named, shown
from worker.text import addresses, characters
from worker.text.languages import what_is_wrong_with

_TEXT = 'a text in "quotation marks"'


class Table:
    """The values of one table, and where to note what is wrong with them.

    What is missing or wrong comes back as the value an organizer gets without the key, or as an empty one:
    whoever reads a table looks at `problems` before the values are used.
    """

    def __init__(self, file: str, values: Mapping[str, Any], problems: list[Problem], prefix: str = "") -> None:
        self.file = file
        self.values = values
        self.problems = problems
        self.prefix = prefix

    def note(self, key: str, found: str, expected: str, fix: str) -> None:
        """Note a problem with one key of this table."""
        self.problems.append(Problem(self.file, f"key {self.prefix}{named(key)}", found, expected, fix))

    def only(self, known: tuple[str, ...], not_yet: tuple[str, ...] = ()) -> None:
        """Note every key that is not known, and those that are not built yet."""
        for key in self.values:
            if key in not_yet:
                self.note(key, "a key that is not built yet", "no key of that name", "Remove it for now.")
            elif key not in known:
                self.note(key, "a key that is not known", "only known keys", did_you_mean(key, known))

    def has(self, key: str, expected: str, fix: str) -> bool:
        """Whether a key is there; notes that it is missing."""
        if key not in self.values:
            self.note(key, "nothing", expected, fix)
        return key in self.values

    def text(self, key: str, *, most: int, example: str = "", default: str | None = None) -> str:
        """Read one line of text, tidied; without a default it must be there and not be empty."""
        if default is not None and key not in self.values:
            return default
        if not self.has(key, _TEXT, f"Add {key} = {example}" if example else f"Add {key}."):
            return ""
        return self._line(key, self.values[key], most, may_be_empty=default == "")

    def texts(self, key: str, *, most: int) -> list[str]:
        """Read a list of lines; none when the key is not there."""
        return self._lines(key, self.values.get(key, []), most)

    def by_language(self, key: str, *, most: int, example: str, needed: bool) -> str | dict[str, str]:
        """Read a text, or a table of texts by language."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            return self.text(key, most=most, example=example, default=None if needed else "")
        inner = self._languages(key, value)
        return {language: inner.text(language, most=most) for language in inner.values}

    def lines_by_language(self, key: str, *, most: int) -> list[str] | dict[str, list[str]]:
        """Read a list of lines, or a table of such lists by language."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            return self.texts(key, most=most)
        inner = self._languages(key, value)
        return {language: inner.texts(language, most=most) for language in inner.values}

    def _languages(self, key: str, value: dict[str, Any]) -> "Table":
        inner = Table(self.file, value, self.problems, f"{self.prefix}{key}.")
        if not value:
            self.note(key, "an empty table", "a text for each language", 'Write { en = "…", fr = "…" }.')
        for language in value:
            if wrong := what_is_wrong_with(language):
                inner.note(language, shown(language), *wrong)
        return inner

    def whole(self, key: str, *, default: int, least: int, most: int) -> int:
        """Read a whole number."""
        value = self.values.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        expected = f"a whole number from {least} to {most:,}"
        self.note(key, shown(value), expected, f"Write {key} = {default}, without quotation marks.")
        return default

    def one_of(self, key: str, words: tuple[str, ...]) -> str:
        """Read one word of a few; the first when the key is not there."""
        value = self.values.get(key, words[0])
        if value in words:
            return str(value)
        fix = did_you_mean(value, words) if isinstance(value, str) else f'Write {key} = "{words[0]}".'
        self.note(key, shown(value), " or ".join(f'"{word}"' for word in words), fix)
        return words[0]

    def yes(self, key: str) -> bool:
        """Read true or false; false when the key is not there."""
        value = self.values.get(key, False)
        if isinstance(value, bool):
            return value
        self.note(key, shown(value), "true or false", "Write it without quotation marks.")
        return False

    def address(self, key: str, *, example: str, default: str | None = None) -> str:
        """Read a mail address."""
        value = self.text(key, most=254, example=example, default=default)
        address, wrong = addresses.normalize(value) if value else (value, "")
        if wrong:
            self.note(key, shown(value), f"an address such as {example}", f"{wrong} Correct it.")
        return address

    def _lines(self, key: str, value: object, most: int) -> list[str]:
        if isinstance(value, list):
            return [self._line(f"{key}[{place}]", line, most) for place, line in enumerate(value, 1)]
        self.note(key, shown(value), "a list of texts", f'Write {named(key)} = ["first line", "second line"].')
        return []

    def _line(self, key: str, value: object, most: int, *, may_be_empty: bool = False) -> str:
        if not isinstance(value, str):
            self.note(key, shown(value), _TEXT, "Put it in quotation marks.")
            return ""
        hidden = list(dict.fromkeys(name for _, name in characters.unfit(value)))
        tidied = characters.tidy(value)
        if hidden:
            found = f"{', '.join(hidden[:3])} in {shown(value)}"
            self.note(key, found, "one line of characters that can be read", "Type the text again.")
        elif not tidied and not may_be_empty:
            self.note(key, "an empty text", _TEXT, "Fill it in.")
        elif len(tidied) > most:
            self.note(key, f"{len(tidied)} characters", f"{most} at most", "Shorten it.")
        return tidied[:most]  # what is longer was noted, and is not to cost whoever reads it further
