"""Sentences about what people wrote: English as they stand, and told in another language where that is read."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from worker.text.languages import SOURCE
from worker.text.numbers import grouped

if TYPE_CHECKING:
    from gettext import NullTranslations

Fact: TypeAlias = str | int | Sequence["str | int"]
"""What is put into a sentence: another phrase, a text as it was typed, a whole number, or a list of these.

A number is written as the language groups it; where it is the name of something, such as of a row, it comes as text.
"""


class Phrase(str):
    """English that knows of which words of the organizers' catalogue it was made, and of which facts.

    It is a text like any other to whoever speaks English alone; what is cut out of it is English only.
    """

    words: tuple[str, ...]
    """As the source has them; two where they go by `number`."""
    number: int
    facts: Mapping[str, Fact]

    def __new__(cls, words: tuple[str, ...], facts: Mapping[str, Fact], number: int = 0, english: str = "") -> "Phrase":
        """`english` stands instead of the words, where it is another's and says more than they do."""
        said = words[0] if number == 1 else words[-1]
        phrase = super().__new__(cls, english or _filled(said, facts, str, SOURCE))
        phrase.words, phrase.number, phrase.facts = words, number, facts
        return phrase

    def __getnewargs__(self) -> tuple[Any, ...]:  # for copies, which would take the English for the words
        return self.words, self.facts, self.number, str(self)

    def worded(self, english: str) -> "Phrase":
        """The same, but in English as a library says it."""
        return Phrase(self.words, self.facts, self.number, english)

    def told(self, catalogue: "NullTranslations", language: str) -> str:
        """The same in the language of a catalogue."""
        if language == SOURCE:
            return str(self)
        one, *many = self.words
        said = catalogue.ngettext(one, many[0], self.number) if many else catalogue.gettext(one)
        return _filled(said, self.facts, lambda inner: inner.told(catalogue, language), language)


def P_(words: str, /, **facts: Fact) -> Phrase:  # by this name the organizers' catalogue is made from source
    """A phrase of these words, with `%(name)s` where a fact belongs."""
    return Phrase((words,), facts)


def Pn_(one: str, many: str, number: int, /, **facts: Fact) -> Phrase:  # by this name, too
    """A phrase whose words go by a number, which is its fact `n`."""
    return Phrase((one, many), {"n": number, **facts}, number)


def _filled(said: str, facts: Mapping[str, Fact], tell: Callable[[Phrase], str], language: str) -> str:
    return said % {name: _told(fact, tell, language) for name, fact in facts.items()} if facts else said


def _told(fact: Fact, tell: Callable[[Phrase], str], language: str) -> str:
    if isinstance(fact, Phrase):
        return tell(fact)
    if isinstance(fact, str):
        return fact
    if isinstance(fact, int):
        return grouped(fact, language)
    return ", ".join(_told(one, tell, language) for one in fact)
