"""The words that organizers read: English in the source, other languages in a catalogue of their own."""

from gettext import NullTranslations

from worker.text.marks import O_, On_
from worker.wording import templates

__all__ = ["O_", "On_", "catalogue"]


def catalogue(language: str) -> NullTranslations:
    """What organizers read in this language; English where nobody has translated it."""
    return templates.translations(language, "organizers")
