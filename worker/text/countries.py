"""One country spelled one way: AUS, Aus., Australia and Australien are the same place."""

import functools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from worker.text import similar_names
from worker.text.languages import LANGUAGES, SOURCE
from worker.text.phrases import Phrase

if TYPE_CHECKING:
    from gettext import NullTranslations

# As the United Nations, ISO 3166 and states themselves write them, beside CLDR's names and what `_OFFICIAL` takes off.
_ALIASES = {
    "US": ("US", "USA", "United States of America", "États-Unis d'Amérique", "EUA", "EE.UU.", "EEUU"),
    "GB": ("UK", "GB", "United Kingdom of Great Britain and Northern Ireland", "Great Britain", "Grande-Bretagne"),
    "AU": ("AUS", "AU", "Commonwealth of Australia"),
    "NZ": ("NZ", "Aotearoa", "Aotearoa New Zealand"),
    "CA": ("CAN",),
    "KH": ("Kampuchea",),
    "FR": ("FR", "French Republic", "République française"),
    "DE": ("RFA", "BRD", "FRG", "République fédérale d'Allemagne"),
    "CH": ("Suisse", "Swiss", "Swiss Confederation", "Confédération suisse", "Confoederatio Helvetica"),
    "NL": ("Holland", "Hollande", "Netherlands (Kingdom of the)", "Royaume des Pays-Bas"),
    "KR": ("South Korea", "Republic of Korea", "Corée du Sud", "République de Corée", "ROK", "S. Korea"),
    "KP": ("North Korea", "Democratic People's Republic of Korea", "DPRK", "DPR Korea", "RPDC", "N. Korea"),
    "MM": ("Myanmar", "Burma", "Birmanie", "Republic of the Union of Myanmar"),
    "HK": ("Hong Kong", "HKSAR"),
    "MO": ("Macao", "Macau", "Macau SAR"),
    "VN": ("Vietnam", "Viet Nam", "Việt Nam", "SR Vietnam"),
    "CZ": ("Czech Republic", "République tchèque"),
    "SK": ("Slovak Republic", "République slovaque"),
    "TR": ("Turkey", "Türkiye", "Turkiye"),
    "CI": ("Ivory Coast", "Côte d'Ivoire", "Cote dIvoire"),
    "PS": (
        *("Palestine", "State of Palestine", "oPt", "Occupied Palestinian Territory", "Palestinian Territories"),
        *("Occupied Palestinian Territories", "Palestinian Territory, Occupied", "Territoire palestinien occupé"),
        *("Territoires palestiniens occupés", "TPO"),
    ),
    "CD": (
        *("DRC", "DR Congo", "D.R. Congo", "RDC", "RD Congo", "Democratic Republic of the Congo", "Congo (Kinshasa)"),
        *("République démocratique du Congo", "Congo-Kinshasa", "Congo, The Democratic Republic of the"),
    ),
    "CG": ("Republic of the Congo", "République du Congo", "Congo (Brazzaville)", "Congo-Brazzaville"),
    "AE": ("UAE", "U.A.E.", "EAU"),
    "LA": (
        *("Laos", "Lao PDR", "Lao P.D.R.", "LPDR", "Lao People's Democratic Republic", "PDR Lao", "RDP Lao"),
        "République démocratique populaire lao",
    ),
    "RU": ("Russian Federation", "Fédération de Russie", "Fédération russe"),
    "SY": ("Syrian Arab Republic", "République arabe syrienne"),
    "TZ": ("United Republic of Tanzania", "République-Unie de Tanzanie"),
    "BN": ("Brunei Darussalam", "Negara Brunei Darussalam", "Brunéi Darussalam"),
    "CV": ("Cabo Verde", "Cape Verde", "Cap-Vert"),
    "TL": ("Timor-Leste", "East Timor", "Timor oriental"),
    "SZ": ("Eswatini", "Swaziland"),
    "MK": ("Macedonia", "FYROM", "FYR Macedonia", "The former Yugoslav Republic of Macedonia"),
    "CN": ("PRC", "P.R. China", "PR China", "China PR", "People's Republic of China", "République populaire de Chine"),
    "LY": ("Libyan Arab Jamahiriya", "Jamahiriya arabe libyenne"),
    "ZA": ("RSA",),
    "IR": ("Islamic Republic of Iran", "IR Iran", "I.R. Iran"),
    "VE": ("Venezuela, RB",),
    "EG": ("Egypt, Arab Rep.",),
    "YE": ("Yemen, Rep.",),
    "GM": ("Gambia, The",),
    "BS": ("Bahamas, The",),
    "GN": ("Guinea-Conakry", "Guinea Conakry", "Guinée-Conakry"),
    "GW": ("Guinea Bissau",),
    "KG": ("Kyrgyz Republic", "République kirghize"),
    "LK": ("Democratic Socialist Republic of Sri Lanka",),
    "GR": ("Hellenic Republic", "République hellénique"),
    "IT": ("Italian Republic", "République italienne"),
    "PT": ("Portuguese Republic", "République portugaise"),
    "AR": ("Argentine Republic", "République argentine", "República Argentina"),
    "MX": ("United Mexican States", "États-Unis du Mexique", "Estados Unidos Mexicanos"),
    "DO": ("Dominican Republic",),
    "LB": ("Lebanese Republic", "République libanaise"),
    "GA": ("Gabonese Republic", "République gabonaise"),
    "TG": ("Togolese Republic", "République togolaise"),
    "TN": ("République tunisienne",),
    "DZ": ("People's Democratic Republic of Algeria", "République algérienne démocratique et populaire"),
    "VA": ("Holy See", "Saint-Siège"),
    "FK": ("Falkland Islands (Malvinas)", "Islas Malvinas", "Falklands"),
    "BA": ("BiH", "Bosnia"),
    "CF": ("CAR", "Centrafrique"),
    "PG": ("PNG",),
    "SA": ("KSA",),
    "ST": ("Sao Tome",),
    "TT": ("Trinidad",),
    "AG": ("Antigua",),
    "KN": ("St. Kitts", "Saint Kitts"),
    "VC": ("St. Vincent", "Saint Vincent"),
}
# Names of several: which one is meant is asked. Of two Guineas, Nigers or Sudans each has a name of its own.
_AMBIGUOUS = {
    ("CG", "CD"): ("Congo", "Kongo"),
    ("KR", "KP"): ("Korea", "Corée", "Corea", "កូរ៉េ"),
    ("CN", "TW"): ("Republic of China", "République de Chine", "ROC"),
    ("VG", "VI"): ("Virgin Islands", "Îles Vierges"),
    ("GE", "US"): ("State of Georgia", "Georgia State"),
}
# Where organizations are, and no state of ISO 3166: printed as it is written.
_OTHER_PLACES = (
    *("International", "Regional", "Global", "Worldwide", "Diaspora", "Multinational", "Région", "Régional", "Mondial"),
    *("Europe", "Africa", "Afrique", "Asia", "Asie", "Asia-Pacific"),
    *("Latin America", "Amérique latine", "Middle East", "Moyen-Orient", "Pacific", "Caribbean", "Southeast Asia"),
    *("Scotland", "Écosse", "Alba", "England", "Angleterre", "Wales", "Pays de Galles", "Cymru", "Northern Ireland"),
    *("Irlande du Nord", "Kurdistan", "Kurdistan Region of Iraq", "Rojava", "Tibet", "East Turkestan", "Catalonia"),
    *("Catalunya", "Catalogne", "Cataluña", "Basque Country", "Pays basque", "Euskadi", "Québec", "Quebec"),
    *("Corsica", "Corse", "Kashmir", "Jammu and Kashmir", "West Papua", "Abkhazia", "South Ossetia", "Transnistria"),
    *("Somaliland", "Northern Cyprus", "Zanzibar", "Chechnya", "Crimea", "Crimée", "Gaza", "Gaza Strip", "West Bank"),
    *("Taiwan, China", "Taiwan, Province of China", "Chinese Taipei", "Hong Kong, China", "Macao, China"),
)
# What full names of states have beside the name by which a state is known, in the languages in which it is written.
_OFFICIAL = frozenset(
    (
        *("republic", "kingdom", "state", "states", "commonwealth", "principality", "duchy", "grand", "confederation"),
        *("federation", "union", "sultanate", "emirate", "democratic", "peoples", "popular", "people", "federal"),
        *("federated", "federative", "islamic", "arab", "socialist", "plurinational", "bolivarian", "hashemite"),
        *("oriental", "independent", "cooperative", "co", "operative", "royaume", "etat", "etats", "principaute"),
        *("federale", "islamique", "arabe", "populaire", "federes", "bolivarienne", "socialiste", "independant"),
        *("hachemite", "orientale", "reino", "estado", "estados", "plurinacional", "islamica", "bolivariana"),
        *("federativa", "principado", "federados", "bundesrepublik", "konigreich", "koenigreich", "furstentum"),
        *("staat", "islamische", "bundesstaat", "repubblica", "koninkrijk"),
    )
)
_SMALL = frozenset(("the", "of", "and", "de", "du", "des", "d", "l", "la", "le", "les", "et", "del", "der", "und", "y"))
_ONE_WORD = {
    **dict.fromkeys(("rep", "repub", "republique", "republica", "republik"), "republic"),
    **dict.fromkeys(("dem", "democratique", "democratica", "demokratische"), "democratic"),
    **dict.fromkeys(("st", "ste", "sainte"), "saint"),
    **dict.fromkeys(("isl", "is"), "islands"),
    "people": "peoples",
    "fed": "federated",
    "sts": "states",
}
_NO_NAME = frozenset("s")  # of "People's"
_PRINTED = {
    "en": {
        "US": "USA",
        "MM": "Myanmar",
        "HK": "Hong Kong",
        "MO": "Macao",
        "PS": "Palestine",
        "CG": "Republic of the Congo",
        "CD": "Democratic Republic of the Congo",
    },
    "fr": {
        "MM": "Myanmar",
        "HK": "Hong Kong",
        "MO": "Macao",
        "PS": "Palestine",
        "CG": "République du Congo",
        "CD": "République démocratique du Congo",
    },
    "km": {"MM": "មីយ៉ាន់ម៉ា", "HK": "ហុងកុង", "MO": "ម៉ាកាវ", "PS": "ប៉ាឡេស្ទីន"},
}


def code(written: str) -> str | None:
    """Recognise a country, abbreviated or not, official or not, in any language: its ISO 3166 code.

    None if it is unknown, if several are meant by it (`readings`), or if it is no state of that list.
    """
    codes = _meant(written)
    return codes[0] if len(codes) == 1 else None


def readings(written: str, language: str = "en") -> tuple[str, ...]:
    """Which countries a name may mean that several have, as such letters print them; nothing if it is not so."""
    codes = _meant(written)
    return tuple(country_of(code, language) for code in codes) if len(codes) > 1 else ()


class CountryName(Phrase):
    """The name of an ISO 3166 code, in the language of whoever reads it."""

    def __new__(cls, code: str) -> "CountryName":
        return super().__new__(cls, (code,), {}, english=country_of(code, SOURCE))  # type: ignore[return-value]

    def __getnewargs__(self) -> tuple[str]:
        return (self.words[0],)

    def told(self, catalogue: "NullTranslations", language: str) -> str:
        return country_of(self.words[0], language)


def countries_meant(written: str) -> list[CountryName]:
    """The same as `readings`, for whoever is asked which one is meant."""
    codes = _meant(written)
    return [CountryName(code) for code in codes] if len(codes) > 1 else []


def is_other_place(written: str) -> bool:
    """Whether it is a place or a reach that organizations name instead of a state: Scotland, International."""
    return _is_one_of(_keys(written)[:2], _other_places())


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
    return country_of(known, language)


def is_usual(written: str) -> bool:
    """Whether a country is written as such letters print it, in any language; an unknown one is not."""
    return any(spelling(written, language) == written for language in LANGUAGES)


@functools.lru_cache(maxsize=4_000)
def _meant(written: str) -> tuple[str, ...]:
    keys = _keys(written)
    if _is_one_of(keys[:2], _other_places()):
        return ()
    for table in (_usual, _everywhere):
        for key in keys:
            if codes := table().get(key):
                return codes
    parts = [part for part in re.split(r"[/()]", written) if part.strip()]
    if len(parts) < 2:
        return ()
    meant = [_meant(part) for part in parts]  # "Congo (DRC)", "Belgique/België": what all its names have in common
    return tuple(code for code in meant[0] if all(code in codes for codes in meant))


def country_of(code: str, language: str) -> str:
    """The name of an ISO 3166 code, as letters in a language print it."""
    return _PRINTED.get(language, {}).get(code) or str(_names(language)[code])


def _is_one_of(keys: Iterable[str], known: Iterable[str]) -> bool:
    return any(key in known for key in keys)


def _keys(written: str) -> tuple[str, ...]:
    """What a spelling is looked up by: all its letters, its words in any order, and those of the usual name in them.

    So "Korea (Republic of)" is "Republic of Korea"; what is not the first of these begins with a mark of its own.
    """
    whole = similar_names.same_name(written.replace("'", " ").replace("’", " "))
    if not whole:
        return ()
    words = [word for word in similar_names.fold_name(written).split() if word not in _SMALL | _NO_NAME]
    words = sorted(_ONE_WORD.get(word, word) for word in words)
    usual = [word for word in words if word not in _OFFICIAL]
    keys = [whole, whole.removeprefix("the")]
    if len("".join(words)) > 3:
        keys.append("~" + " ".join(words))
    if usual != words and len("".join(usual)) > 3:
        keys += ["~" + " ".join(usual), "".join(usual)]
    return tuple(dict.fromkeys(keys))


def _own_keys(name: str) -> tuple[str, ...]:
    """The keys under which a name is known: the whole one, never the usual name within it."""
    keys = _keys(name)
    ordered = [key for key in keys if key.startswith("~")][:1]
    return (*keys[:1], *(ordered if len(keys) > 1 else ()))


@functools.cache
def _names(language: str) -> dict[str, str]:
    from babel import Locale

    territories = Locale(language).territories
    return {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha()}


@functools.lru_cache(maxsize=1)
def _usual() -> dict[str, tuple[str, ...]]:
    """Each spelling in the languages of letters, abbreviations and official names: what is understood first.

    Three-letter codes too, but "CA" is California as often.
    """
    from babel.core import get_global

    known = {
        alias.lower(): (codes[0],)
        for alias, codes in get_global("territory_aliases").items()
        if len(alias) == 3 and alias.isalpha() and len(codes) == 1 and codes[0] in _names("en")
    }
    named = [(name, (code,)) for language in LANGUAGES for code, name in _names(language).items()]
    aliases = [(alias, (code,)) for code, written in _ALIASES.items() for alias in written]
    printed = [(name, (code,)) for names in _PRINTED.values() for code, name in names.items()]
    several = [(name, codes) for codes, written in _AMBIGUOUS.items() for name in written]
    return known | {key: codes for name, codes in [*named, *printed, *aliases, *several] for key in _own_keys(name)}


@functools.lru_cache(maxsize=1)
def _everywhere() -> dict[str, tuple[str, ...]]:
    """Each name in each language that CLDR knows, and whose it is; read past Babel's cache, which would keep it all."""
    import pickle

    from babel import localedata

    found: dict[str, set[str]] = {}
    known = _names("en")
    for locale in localedata.locale_identifiers():
        with open(localedata.resolve_locale_filename(locale), "rb") as file:
            names = pickle.load(file).get("territories", {})
        for code, name in names.items():
            if code in known and (len(name) > 2 or not name.isascii()):
                for key in _own_keys(name):
                    found.setdefault(key, set()).add(code)
    return {key: tuple(sorted(codes)) for key, codes in found.items()}


@functools.lru_cache(maxsize=1)
def _other_places() -> frozenset[str]:
    return frozenset(key for name in _OTHER_PLACES for key in _own_keys(name))
