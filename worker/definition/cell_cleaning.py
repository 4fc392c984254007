"""What people write into a cell of a list, and what is meant: addresses, languages, and words that say nothing."""

import functools
import re
import unicodedata
from dataclasses import dataclass, field

from worker.text import addresses, characters
from worker.text.languages import LANGUAGES
from worker.text.phrases import P_
from worker.text.similar_names import fold_name

NOTHING = {
    *("n a", "n/a", "n.a", "n.a.", "#n/a", "not available", "not applicable", "none", "nil", "null", "no email"),
    *("no e-mail", "no mail", "no address", "unknown", "not known", "tbc", "tbd", "to be confirmed", "to follow"),
    *("missing", "pending", "aucun", "aucune", "néant", "neant", "non disponible", "inconnu", "sans objet", "s/o"),
    *("pas d'adresse", "pas d’adresse", "pas de mail", "pas d'email", "keine", "keiner", "unbekannt", "ninguno"),
    *(
        "no disponible",
        "nd",
        "n/d",
        "គ្មាន",
        "មិនមាន",
        "-",
        "--",
        "---",
        "–",
        "—",
        "_",
        "?",
        "??",
        ".",
        "/",
        "x",
        "xx",
        "xxx",
    ),
}
_NOTHING_OF_PERSONS = {"na", "no"}  # also an acronym, and the code of a country
_ADDRESS = re.compile(r"[^\s<>‹›«»()\[\]{}\"“”,;:/|\\]+@[^\s<>‹›«»()\[\]{}\"“”,;:/|\\?]+(?P<query>\?[^\s<>‹›]*)?")
_AROUND_ADDRESS = ".'’‘`*"
_WRITTEN_OUT = (
    (re.compile(r"\s*[(\[{<]\s*(?:at|à|ät|arobase)\s*[)\]}>]\s*", re.IGNORECASE), "@"),
    (re.compile(r"\s*[(\[{<]\s*(?:dot|point|punkt)\s*[)\]}>]\s*", re.IGNORECASE), "."),
    (re.compile(r"(?<=\w) (?:at|AT) (?=[\w.-]+\.\w)"), "@"),
)
_SAYS_ADDRESS = re.compile(r"\b(?:mailto|e-?mails?|mail|courriels?|mél|adresse|address)\b\s*:?", re.IGNORECASE)
_INVISIBLE = P_("invisible characters taken out")
_BETWEEN = " \t\r\n<>‹›«»()[]{}\"“”,;:/|.&+–—-'’‘"


@dataclass
class Address:
    """What a cell says of where an organization is reached."""

    email: str = ""
    name: str = ""
    """Whose address it is, where a name stands before it."""
    others: list[str] = field(default_factory=list)
    kept: str = ""
    """The whole cell, where more was in it than can be taken apart."""
    done: list[str] = field(default_factory=list)
    """What was done, in words."""


def says_nothing(text: str, column: str) -> bool:
    """Whether a cell is filled in only to say that there is nothing."""
    text = _SAYS_ADDRESS.sub(" ", text) if column == "email" and len(text) < 60 and "@" not in text else text
    said = " ".join(text.casefold().strip(" ()[]").split())
    return said in NOTHING or (column in ("email", "contact", "language", "note") and said in _NOTHING_OF_PERSONS)


def find_address(cell: str) -> Address:
    """Take one cell apart: the first address is asked, further ones and what else stands there are kept."""
    found = Address()
    seen = "".join(" " if one.isspace() else one for one in cell if one.isspace() or _is_seen(one))
    text = characters.tidy(seen.replace("＠", "@"))
    if text.replace(" ", "") != "".join(unicodedata.normalize("NFC", cell.replace("＠", "@")).split()):
        found.done.append(_INVISIBLE)
    if not text:
        return found
    if not addresses.normalize(text)[1]:
        found.email = addresses.normalize(text)[0]
        return found
    if "@" not in text:
        text = _written_out(text, found)
    usable, rest = _usable(text)
    if not usable and "@" in text:
        joined = re.sub(r"\s*([@.])\s*", r"\1", text)
        usable, rest = _usable(joined)
        if usable:
            found.done.append(P_("spaces within the address taken out"))
    if not usable:
        found.kept = text
        found.done.append(P_("no address that can be used, kept in the note"))
        return found
    found.email, *found.others = usable
    _tell_what_stood_around(text, rest, found)
    return found


def as_typed(text: str) -> str:
    """Put the signs into an address that is written out, `info (at) name (dot) example`; other text stays."""
    written = text
    for pattern, sign in _WRITTEN_OUT:
        written = pattern.sub(sign, written)
    return written if "@" in written else text


def _written_out(text: str, found: Address) -> str:
    if (written := as_typed(text)) == text:
        return text
    found.done.append(P_("an address that was written out"))
    return written


def _usable(text: str) -> tuple[list[str], list[str]]:
    """The addresses that can be used, each once, and what stands between them, the last after them."""
    usable: dict[str, str] = {}
    rest, end = [], 0
    for match in _ADDRESS.finditer(text):
        address, wrong = addresses.normalize(match[0].removesuffix(match["query"] or "").strip(_AROUND_ADDRESS))
        if not wrong:
            rest.append(text[end : match.start()])
            end = match.end()
            usable.setdefault(address.casefold(), address)
    return list(usable.values()), [*rest, text[end:]]


def _tell_what_stood_around(text: str, rest: list[str], found: Address) -> None:
    words = [_SAYS_ADDRESS.sub(" ", one).lstrip(_BETWEEN).rstrip(_BETWEEN.replace(")", "")) for one in rest]
    if "mailto:" in text.casefold():
        found.done.append(P_("mailto: taken off"))
    if re.search(r"[<>‹›«»]", text):
        found.done.append(P_("brackets taken off"))
    if found.others:
        found.done.append(P_("several addresses: the first is asked, the others are kept in the note"))
    said = [one for one in words if characters.has_letters(one)]
    if len(said) == 1 and said[0] == words[0] and len(said[0]) <= 120 and not any(map(str.isdigit, said[0])):
        found.name = said[0]
        found.done.append(P_("a name before the address"))
    elif said:
        found.kept = text
        found.done.append(P_("other words beside the address, kept in the note"))
    if not found.done or found.done == [_INVISIBLE]:
        found.done.append(P_("signs around the address taken off"))


def _is_seen(character: str) -> bool:
    return not next(characters.unfit(character), None) and character != "\u00ad"


def find_language(cell: str) -> tuple[str, bool]:
    """The code of the first language that is named, empty if none is; and whether the cell says more than that."""
    if code := _one_language(cell):
        return code, False
    parts = [part for part in re.split(r"[/,;&+|()]|\s(?:and|et|or|ou|und|oder)\s", cell) if part.strip()]
    found = list(dict.fromkeys(map(_one_language, parts)))
    return next(filter(None, found), ""), len(found) > 1


def _one_language(text: str) -> str:
    return _language_words().get(fold_name(text)) or _of_tag(text)


def _of_tag(text: str) -> str:
    """The language of a tag such as `fr-FR`, `fr_CA` or `km-Khmr-KH`."""
    match = re.fullmatch(r"([a-z]{2,3})(?:[-_.][a-z0-9-]{1,16})+", text.strip().casefold())
    return _language_words().get(match[1], "") if match else ""


@functools.cache
def _language_words() -> dict[str, str]:
    """Each language by its code, its own name, and its names in the languages here and in some of neighbours."""
    from babel import Locale

    words: dict[str, str] = {}
    for code, language in LANGUAGES.items():
        names = [Locale(other).languages.get(code, "") for other in (*LANGUAGES, *_NEIGHBOURS)]
        known = (code, language.endonym, language.name, *language.also_called, *filter(None, names))
        words |= {fold_name(one): code for one in known}
    return words


_NEIGHBOURS = ("de", "es", "it", "nl", "pt", "th", "vi")
