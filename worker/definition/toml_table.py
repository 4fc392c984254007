"""One table of `campaign.toml`, read key by key: what is wrong is noted, and reading goes on."""

from collections.abc import Mapping
from typing import Any

from worker.definition.problems import Problem, any_of, did_you_mean, key_named, named, shown, what_is_wrong_with
from worker.text import addresses, characters
from worker.text.phrases import P_

_TEXT = P_('a text in "quotation marks"')


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
        name = named(key)  # quoted where something in it cannot be seen
        where = key_named(P_("%(table)s%(key)s", table=self.prefix, key=name) if self.prefix else name)
        self.problems.append(Problem(self.file, where, found, expected, fix))

    def only(self, known: tuple[str, ...], not_yet: tuple[str, ...] = ()) -> None:
        """Note every key that is not known, and those that are not built yet."""
        for key in self.values:
            if key in not_yet:
                found, expected = P_("a key that is not built yet"), P_("no key of that name")
                self.note(key, found, expected, P_("Remove it for now."))
            elif key not in known:
                self.note(key, P_("a key that is not known"), P_("only known keys"), did_you_mean(key, known))

    def has(self, key: str, expected: str, fix: str) -> bool:
        """Whether a key is there; notes that it is missing."""
        if key not in self.values:
            self.note(key, P_("nothing"), expected, fix)
        return key in self.values

    def text(self, key: str, *, most: int, example: str = "", default: str | None = None) -> str:
        """Read one line of text, tidied; without a default it must be there and not be empty."""
        if default is not None and key not in self.values:
            return default
        fix = P_("Add %(key)s = %(example)s", key=key, example=example) if example else P_("Add %(key)s.", key=key)
        if not self.has(key, _TEXT, fix):
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
            fix = P_('Write { en = "…", fr = "…" }.')
            self.note(key, P_("an empty table"), P_("a text for each language"), fix)
        for language in value:
            if wrong := what_is_wrong_with(language):
                inner.note(language, shown(language), *wrong)
        return inner

    def whole(self, key: str, *, default: int, least: int, most: int) -> int:
        """Read a whole number."""
        value = self.values.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        expected = P_("a whole number from %(least)s to %(most)s", least=str(least), most=most)
        fix = P_("Write %(key)s = %(value)s, without quotation marks.", key=key, value=str(default))
        self.note(key, shown(value), expected, fix)
        return default

    def one_of(self, key: str, words: tuple[str, ...]) -> str:
        """Read one word of a few; the first when the key is not there."""
        value = self.values.get(key, words[0])
        if value in words:
            return str(value)
        fix = P_('Write %(key)s = "%(value)s".', key=key, value=words[0])
        fix = did_you_mean(value, words) if isinstance(value, str) else fix
        self.note(key, shown(value), any_of([f'"{word}"' for word in words]), fix)
        return words[0]

    def yes(self, key: str) -> bool:
        """Read true or false; false when the key is not there."""
        value = self.values.get(key, False)
        if isinstance(value, bool):
            return value
        self.note(key, shown(value), P_("true or false"), P_("Write it without quotation marks."))
        return False

    def address(self, key: str, *, example: str, default: str | None = None) -> str:
        """Read a mail address."""
        value = self.text(key, most=254, example=example, default=default)
        address, wrong = addresses.normalize(value) if value else (value, "")
        if wrong:
            expected = P_("an address such as %(example)s", example=example)
            self.note(key, shown(value), expected, P_("%(why)s Correct it.", why=wrong))
        return address

    def _lines(self, key: str, value: object, most: int) -> list[str]:
        if isinstance(value, list):
            return [self._line(f"{key}[{place}]", line, most) for place, line in enumerate(value, 1)]
        fix = P_('Write %(key)s = ["first line", "second line"].', key=named(key))
        self.note(key, shown(value), P_("a list of texts"), fix)
        return []

    def _line(self, key: str, value: object, most: int, *, may_be_empty: bool = False) -> str:
        if not isinstance(value, str):
            self.note(key, shown(value), _TEXT, P_("Put it in quotation marks."))
            return ""
        hidden = list(dict.fromkeys(name for _, name in characters.unfit(value)))
        tidied = characters.tidy(value)
        if hidden:
            found = P_("%(characters)s in %(text)s", characters=hidden[:3], text=shown(value))
            self.note(key, found, P_("one line of characters that can be read"), P_("Type the text again."))
        elif not tidied and not may_be_empty:
            self.note(key, P_("an empty text"), _TEXT, P_("Fill it in."))
        elif len(tidied) > most:
            found = P_("%(n)s characters", n=str(len(tidied)))
            self.note(key, found, P_("%(n)s at most", n=most), P_("Shorten it."))
        return tidied[:most]  # what is longer was noted, and is not to cost whoever reads it further
