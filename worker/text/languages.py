"""The languages in which letters are written, partners are asked and pages speak: one record each."""

from dataclasses import dataclass
from typing import Any

from worker.registry import by_name

SOURCE = "en"  # in which the pages' templates are written: the one language that needs no catalogue of theirs


def N_(name: str) -> str:  # by this name, gettext's usual one, catalogues are made from source
    """Mark a word that is translated where it is printed."""
    return name


@dataclass(frozen=True)
class Language:
    """One language. Beside its record it needs a template of each mail and, but for SOURCE, a catalogue.

    Patterns are Babel's (CLDR). Its own long forms lack the day of the week beside the date, and in Khmer the words
    that come before each part.
    """

    code: str
    """ISO 639, as in `letter.<code>.md`, `?lang=<code>` and every table by language."""
    endonym: str
    """Its name in itself, where readers choose it."""
    name: str
    """Its name in English, which catalogues translate."""
    locale: str
    """Babel's name for it: how dates, lists and spans of time are told."""
    date: str
    """The pattern of a date, as on a letter."""
    moment: str
    """The pattern of a day of the week with its date and time."""
    clock: str
    """How the zone of a time is told, with {} for its city."""
    on_behalf: str
    """The line that `new` writes below the sender's name, and a letter prints there."""
    midnight: str = ""
    """The pattern of a midnight, which ends the day that it names; empty: told as any other time."""
    hour: str = "HH:mm"
    """The pattern of a time of day alone."""
    elsewhere: str = ", {moment}, {country}"
    """What is said after a time: the same {moment} in another {country}."""
    also_called: tuple[str, ...] = ()
    """Other words for it in people's lists, beside what Babel knows."""
    thousands: str = ","
    """What stands between the thousands of a number."""
    at_the_desk: bool = False
    """Whether organizers read their desk in it; in any other they read it in SOURCE."""
    page_font: str = ""
    """A font in `templates/pages` that a printed page must bring along; empty where every computer has one."""

    @property
    def tag(self) -> str:
        """Its language tag (BCP 47), with the country."""
        return self.locale.replace("_", "-")


LANGUAGES = by_name(
    Language(
        code="en",
        endonym="English",
        on_behalf="on behalf of the undersigned organizations",
        name=N_("English"),
        locale="en_GB",
        date="d MMMM yyyy",
        moment="EEEE d MMMM yyyy, HH:mm",
        clock="{} time",
        midnight="'midnight at the end of' EEEE d MMMM yyyy",
        at_the_desk=True,
        elsewhere=", that is {moment} in {country}",
        also_called=("eng", "anglaise"),
    ),
    Language(
        code="fr",
        endonym="Français",
        on_behalf="au nom des organisations soussignées",
        name=N_("French"),
        locale="fr_FR",
        thousands="\u202f",
        date="d MMMM yyyy",
        moment="EEEE d MMMM yyyy, HH\u00a0'h'\u00a0mm",
        clock="heure de {}",
        midnight="EEEE d MMMM yyyy', minuit en fin de journée'",
        hour="HH\u00a0'h'\u00a0mm",
        at_the_desk=True,
        elsewhere=", soit {moment}, heure locale ({country})",
        also_called=("fra", "fre", "française"),
    ),
    Language(
        code="km",
        endonym="ភាសាខ្មែរ",
        on_behalf="ក្នុងនាមអង្គការដែលបានចុះហត្ថលេខាខាងក្រោម",
        name=N_("Khmer"),
        locale="km_KH",
        date="'ថ្ងៃទី'd 'ខែ'MMMM 'ឆ្នាំ'yyyy",
        moment="'ថ្ងៃ'EEEE 'ទី'd 'ខែ'MMMM 'ឆ្នាំ'yyyy 'ម៉ោង' HH:mm",
        clock="ម៉ោងនៅ{}",
        midnight="'ថ្ងៃ'EEEE 'ទី'd 'ខែ'MMMM 'ឆ្នាំ'yyyy 'នៅម៉ោង' 24:00 'ចុងថ្ងៃ'",
        hour="'ម៉ោង' HH:mm",
        elsewhere=" ត្រូវនឹង{moment} នៅ{country}",
        also_called=("khm", "kh", "cambodian", "khmere", "cambodgien", "camboyano", "kambodschanisch", "ខេមរភាសា"),
        page_font="khmer.woff2",
    ),
    key="code",
)


OF_THE_DESK = tuple(one.code for one in LANGUAGES.values() if one.at_the_desk)


def said(value: Any, language: str, authentic: str) -> Any:
    """What was said once, or for each language: in this one, else in the authentic one."""
    if not isinstance(value, dict):
        return value
    return value.get(language, value.get(authentic, value.get("", next(iter(value.values()), ""))))
