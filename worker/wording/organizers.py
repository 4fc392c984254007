"""The words that organizers read: English in the source, other languages in a catalogue of their own."""

from gettext import NullTranslations

from worker.text.languages import SOURCE
from worker.text.marks import O_, On_
from worker.text.phrases import Phrase

__all__ = ["O_", "On_", "catalogue", "in_language"]


def catalogue(language: str) -> NullTranslations:
    """What organizers read in this language; English where nobody has translated it."""
    if language == SOURCE:
        return NullTranslations()
    from worker.wording import templates  # which brings Jinja and Markdown: most commands speak English alone

    return templates.translations(language, "organizers")


def in_language(phrase: Phrase, language: str) -> str:
    """What is said of a list, a letter or a setting, as its reader reads it."""
    return phrase.told(catalogue(language), language)
