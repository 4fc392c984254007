"""Which column of ours a heading means that people wrote for people: long questions, two rows of headings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.text.similar_names import fold_name

GENERIC = {"name", "names", "nom", "noms", "nombre", "full name"}
"""A heading that says whose name it is only together with the one above it."""
_YES_OR_NO = {
    "do",
    "does",
    "did",
    "may",
    "can",
    "could",
    "would",
    "will",
    "shall",
    "should",
    "is",
    "are",
    "has",
    "have",
}
_YES_OR_NO |= {"est", "etes", "voulez", "souhaitez", "acceptez", "if"}
_OTHER_THINGS = {
    *("phone", "telephone", "tel", "mobile", "whatsapp", "signal", "fax", "website", "site", "url", "web", "twitter"),
    *("facebook", "date", "timestamp", "horodateur", "position", "title", "role", "function", "fonction", "poste"),
    *("logo", "city", "town", "ville", "street", "postcode", "number", "no", "id", "size", "type", "status", "mandate"),
    *("sector", "theme", "year", "members", "description", "mission", "summary", "reason", "why", "code", "size"),
}
_WORDS: Mapping[str, tuple[str, ...]] = {  # in the order in which a heading that has words of two is understood
    "language": ("language", "languages", "langue", "langues", "sprache", "idioma", "lang", "ភាសា"),
    "acronym": (
        "acronym",
        "acronyms",
        "abbreviation",
        "abbrev",
        "sigle",
        "acronyme",
        "initials",
        "short name",
        "siglas",
    ),
    "email": (
        *("email", "emails", "e mail", "e mails", "mail", "mail address", "courriel", "mel", "correo", "adresse mail"),
        *("adresse electronique", "អ៊ីមែល"),
    ),
    "country": ("country", "countries", "pays", "land", "pais", "ប្រទេស"),
    "contact": (
        *("contact", "contacts", "person", "personne", "representative", "representant", "representante"),
        *("focal point", "your name", "votre nom", "ansprechpartner", "contacto", "first name", "respondent"),
    ),
    "note": ("note", "notes", "comment", "comments", "commentaire", "commentaires", "remark", "remarks", "remarques"),
    "organization": (
        *("organization", "organisation", "organizations", "organisations", "organisme", "organizacion", "ngo", "ong"),
        *("cso", "association", "institution", "group", "groupe", "company", "entity", "partner", "partenaire"),
        *("coalition", "network", "verein", "អង្គការ", "name", "nom", "nombre"),
    ),
}


@dataclass(frozen=True)
class Column:
    """One column of a list: what stands above it, and what it is taken for."""

    place: int
    """Counted from 1."""
    heading: str
    column: str
    """One of ours; empty when it is kept in the note."""
    guessed: bool
    """Whether the heading is neither the column's name nor one of its known synonyms."""
    letter: str = ""
    """What a sheet shows above the column; none of a CSV file."""


def guess_column(heading: str) -> str:
    """The column that a heading means, or nothing."""
    folded = fold_name(heading)
    words = folded.split()
    if not words or (words[0] in _YES_OR_NO and len(words) > 3):
        return ""
    padded = f" {folded} "
    found = [column for column, known in _WORDS.items() if any(_has(padded, one) for one in known)]
    if not found or (found[0] not in ("email", "language", "acronym") and _OTHER_THINGS & set(words)):
        return ""
    return found[0]


def is_generic(heading: str) -> bool:
    """Whether it only says that there is a name."""
    return fold_name(heading) in GENERIC


def _has(padded: str, words: str) -> bool:
    return f" {fold_name(words)} " in padded


def is_heading(cells: Sequence[str]) -> bool:
    """Whether a row only names columns: each of two cells or more does, and none is an answer."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) > 1 and all("@" not in cell and _names_column(cell) for cell in filled)


def _names_column(cell: str) -> bool:
    """A heading of few words whose every guess is sure; names of organizations have such words too."""
    folded = fold_name(cell)
    if folded in GENERIC:
        return True
    return any(folded == fold_name(word) for words in _WORDS.values() for word in words) or (
        bool(guess_column(cell)) and any(folded.endswith(end) for end in _ENDS) and len(folded.split()) < 5
    )


_ENDS = ("name", "address", "person", "of registration", "code", "organisation", "organization", "email", "e mail")


def carried(cells: Sequence[str]) -> list[str]:
    """Headings above several columns, as merged cells leave them: each over what follows it."""
    now, found = "", []
    for cell in cells:
        now = cell.strip() or now
        found.append(now)
    return found
