"""The one way in which an organization is printed, and what cannot be."""

import re
from collections.abc import Mapping
from typing import Protocol

from worker.text import characters, countries, glyphs


class Printable(Protocol):
    """What is printed of an organization."""

    @property
    def organization(self) -> str: ...
    @property
    def acronym(self) -> str: ...
    @property
    def country(self) -> str: ...


def signatory(row: Printable, language: str = "", authentic: str = "") -> str:
    """`Name (ACR), Country`, the one way an organization is printed; in another language under its name there."""
    country = row.country if language == authentic else country_in(row.country, language)
    names: dict[str, str] = getattr(row, "names", None) or {}
    name = row.organization if language == authentic else names.get(language, row.organization)
    name = f"{name} ({row.acronym})" if row.acronym else name
    return f"{name}, {country}" if country else name


class Named(Printable, Protocol):
    """The same with its names in other languages."""

    @property
    def names(self) -> Mapping[str, str]: ...


def in_all_languages(row: Named) -> str:
    """How an organization is printed, and its names in other languages than the letter's own."""
    return "; ".join([signatory(row), *(f"{language}: {name}" for language, name in row.names.items())])


def country_in(name: str, language: str) -> str:
    """A country's name in another language; one that is not known stays as it is."""
    return countries.spelling(name, language) or name


def unlinked(text: str) -> str:
    """A text as mail programs make no link of it: whoever typed it may want a reader to follow one."""
    return _LINKABLE.sub(r"\1 ", text)


def as_told(text: str) -> str:
    """A person's name as a mail shows it, however it was broken into lines on the way to whoever types it."""
    return characters.tidy(unlinked(text))


# A dot within an address, the colon of a scheme, the at sign of a mailbox; dots of other scripts count as one.
_LINKABLE = re.compile(r"((?<=\w)[.\u3002\uff0e\uff61](?=\w{2})|:(?=//)|[@\uff20](?=\w))")


def wrong_with_print(typed: str, longest: int, *, needed: bool = False) -> str:
    """What keeps a text from being printed under a letter, as a code; empty if nothing."""
    typed = typed.strip()
    if any(characters.unfit(typed)):
        return "unfit"
    if len(typed) > longest:
        return "too long"
    if glyphs.unprintable([typed]):
        return "unprintable"
    return "name missing" if (typed or needed) and not characters.has_letters(typed) else ""


def wrong_with_person(typed: str, longest: int, *, needed: bool = False) -> str:
    """What keeps a text from being kept as the name or role of a person, which is never printed; empty if nothing."""
    typed = typed.strip()
    if any(characters.unfit_unprinted(typed)):
        return "unfit"
    if len(typed) > longest:
        return "too long"
    return "name missing" if needed and not characters.has_letters(typed) else ""
