"""One country spelled one way: AUS, Aus. and Australia are the same place."""

import functools
import re
import unicodedata

from worker.text import similar_names
from worker.text.languages import LANGUAGES

_ALIASES = {
    "US": ("us", "usa", "unitedstates", "unitedstatesofamerica", "etatsunisdamerique", "eua"),
    "GB": ("uk", "gb", "unitedkingdom", "greatbritain", "grandebretagne"),
    "AU": ("aus", "au"),
    "NZ": ("nz",),
    "CA": ("can",),
    "KH": ("kampuchea", "kingdomofcambodia", "royaumeducambodge"),
    "FR": ("fr",),
    "DE": ("rfa",),
    "CH": ("suisse", "swiss"),
    "NL": ("holland", "thenetherlands", "hollande"),
    "KR": ("korea", "republicofkorea", "coree"),
    "MM": ("myanmar", "burma", "birmanie"),
    "HK": ("hongkong",),
    "MO": ("macao", "macau"),
    "VN": ("vietnam",),
    "CZ": ("czechrepublic", "republiquetcheque"),
    "TR": ("turkey",),
    "CI": ("ivorycoast",),
    "PS": ("palestine",),
    "CD": ("drc", "rdc", "democraticrepublicofthecongo", "republiquedemocratiqueducongo"),
    "AE": ("uae", "eau"),
    "PH": ("thephilippines",),
}
_PRINTED = {
    "en": {"US": "USA", "MM": "Myanmar", "HK": "Hong Kong", "MO": "Macao", "PS": "Palestine"},
    "fr": {"MM": "Myanmar", "HK": "Hong Kong", "MO": "Macao", "PS": "Palestine"},
    "km": {"MM": "មីយ៉ាន់ម៉ា", "HK": "ហុងកុង", "MO": "ម៉ាកាវ", "PS": "ប៉ាឡេស្ទីន"},
}


def code(written: str) -> str | None:
    """Recognise a country in English, French or Khmer, abbreviated or not: its ISO 3166 code, None if unknown."""
    return _codes().get(_bare(written))


def same_country(written: str) -> str:
    """Reduce a country to what two spellings of it share; one that is unknown is what its name is.

    Here two capital letters are its ISO 3166 code too: whether two rows are one is asked, never decided, by this.
    """
    known = code(written)
    if known is None and (short := written.strip().upper()) in _names("en"):
        known = short
    return known or similar_names.same_name(written)


@functools.lru_cache(maxsize=2_000)
def spelling(written: str, language: str = "en") -> str | None:
    """Spell a country the one way it is printed in such letters; None if it is unknown.

    `USA` stays as it is in English: a list of signatories has no room for the long form.
    """
    known = code(written)
    if known is None:
        return None
    return _PRINTED.get(language, {}).get(known) or str(_names(language)[known])


def is_usual(written: str) -> bool:
    """Whether a country is written as such letters print it, in any language; an unknown one is not."""
    return any(spelling(written, language) == written for language in LANGUAGES)


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold().replace("&", "and"))
    return re.sub("[^a-z\u1780-\u17d3]", "", letters)


@functools.cache
def _names(language: str) -> dict[str, str]:
    from babel import Locale

    territories = Locale(language).territories
    return {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha()}


@functools.lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    """Every bare spelling that is understood; three-letter codes too, but "CA" is California as often."""
    from babel.core import get_global

    three_letters = {
        alias.lower(): codes[0]
        for alias, codes in get_global("territory_aliases").items()
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1 and codes[0] in _names("en")
    }
    full = {_bare(name): code for language in LANGUAGES for code, name in _names(language).items()}
    aliases = {alias: code for code, bare in _ALIASES.items() for alias in bare}
    full.pop("", None)  # names in a script that `_bare` does not know
    return three_letters | full | aliases
