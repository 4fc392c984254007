"""The words that organizers read: English in the source, other languages in a catalogue of their own."""

from gettext import NullTranslations

from worker.wording import templates


def O_(words: str) -> str:
    """Mark words that are translated where they are said; catalogues are made from source by this name."""
    return words


def On_(one: str, many: str) -> tuple[str, str]:
    """The same of words that go by a number."""
    return one, many


def catalogue(language: str) -> NullTranslations:
    """What organizers read in this language; English where nobody has translated it."""
    return templates.translations(language, "organizers")
