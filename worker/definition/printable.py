"""Whether everything in a definition can be printed: a character without a glyph would stand as an empty box."""

from collections.abc import Iterable, Mapping

from worker.definition.campaign import Definition
from worker.definition.partners import PartnerRow
from worker.definition.problems import Problem, key_named, row_named
from worker.text import glyphs
from worker.text.phrases import P_


def glyph_problems(definition: Definition) -> list[Problem]:
    """One problem for each partner, addressee and letter that holds characters which the letter's fonts do not have."""
    found = partner_glyph_problems(definition.partners)
    for place, one in enumerate(definition.addressees, start=1):
        said: list[str] = []
        for words in (one.name, one.office, one.salutation, one.address):
            for part in words.values() if isinstance(words, dict) else [words]:
                said += part if isinstance(part, list) else [part]
        if missing := glyphs.unprintable(said):
            found.append(_no_glyph("campaign.toml", key_named(f"addressee[{place}]"), missing))
    return found + letter_glyph_problems(definition.letters)


def letter_glyph_problems(letters: Mapping[str, str]) -> list[Problem]:
    """One problem for each language of a letter that holds such characters."""
    return [
        _no_glyph(f"letter.{language}.md", "", missing)
        for language, letter in letters.items()
        if (missing := glyphs.unprintable([letter]))
    ]


def partner_glyph_problems(partners: Iterable[PartnerRow]) -> list[Problem]:
    """One problem for each row of `partners.csv` that holds such characters in what is printed of it."""
    numbered = enumerate(partners, start=2)
    return [one for number, row in numbered if (one := row_glyph_problem("partners.csv", row_named(number), row))]


def row_glyph_problem(file: str, where: str, row: PartnerRow) -> Problem | None:
    """The same of one row of a list."""
    missing = glyphs.unprintable([row.organization, row.acronym, row.country])
    return _no_glyph(file, where, missing) if missing else None


def _no_glyph(file: str, where: str, missing: set[str]) -> Problem:
    those = " ".join(f"{c} (U+{ord(c):04X})" for c in sorted(missing))
    expected = P_("characters that the letter's fonts have")
    return Problem(file, where, those, expected, P_("Write the name in Latin or Khmer script."))
