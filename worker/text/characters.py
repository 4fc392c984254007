"""Which characters may stand in names and letters: nothing that hides, reorders or breaks a line.

The trick that this keeps out is described in Unicode Technical Report 36 and as CVE-2021-42574: a name
that reads otherwise than it is stored.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator

from worker.text.phrases import P_, Phrase

_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_OVERRIDES = {0x202D, 0x202E}
_OPENS = {0x202A: 0x202C, 0x202B: 0x202C, 0x2066: 0x2069, 0x2067: 0x2069, 0x2068: 0x2069}  # and what closes it
_SPACE, _NON_JOINER, _JOINER, _SOFT_HYPHEN, _MONGOLIAN_VOWEL_SEPARATOR = 0x200B, 0x200C, 0x200D, 0xAD, 0x180E
_INVISIBLE_PARTS = {_SPACE, _NON_JOINER, _JOINER, _SOFT_HYPHEN, _MONGOLIAN_VOWEL_SEPARATOR}
_INHERENT_VOWELS = {0x17B4, 0x17B5}  # of Khmer: encoded, and seen by nobody
_BLANK_LETTERS = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F, *_INHERENT_VOWELS}
_CURSIVE = (  # scripts whose letters join: Arabic, Syriac, N'Ko, Mandaic, Mongolian, Phags-pa, Adlam
    *((0x0600, 0x06FF), (0x0700, 0x077F), (0x07C0, 0x07FF), (0x0840, 0x08FF), (0x1800, 0x18AF), (0xA840, 0xA87F)),
    *((0xFB50, 0xFDFF), (0xFE70, 0xFEFC), (0x1E900, 0x1E95F)),
)
_OF_CONJUNCTS = (  # scripts with a virama: of India and Sri Lanka, Tibetan, Myanmar, Khmer, Balinese to Javanese
    *((0x0900, 0x0DFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1A20, 0x1AAF), (0x1B00, 0x1BFF)),
    *((0xA800, 0xA82F), (0xA880, 0xA8FF), (0xA930, 0xA9DF), (0xAA60, 0xAA7F), (0xABC0, 0xABFF)),
    *((0x11000, 0x1107F), (0x11080, 0x114DF), (0x11580, 0x1174F)),
)
_WITHOUT_SPACES = (  # scripts with no space between words: Thai, Lao, Tibetan, Myanmar, Khmer, Tai Tham to Javanese
    *((0x0E00, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x1950, 0x19DF), (0x1A20, 0x1AAF)),
    *((0x1B00, 0x1B7F), (0xA980, 0xA9DF), (0xAA60, 0xAA7F)),
)
MAX_MARKS = 8  # on one letter, one after the other; Khmer and Tibetan stack four or five
_LINE_BREAK, _INVISIBLE = P_("a line break"), P_("an invisible character")
_MANY_MARKS = P_("one mark too many on one letter")
_KINDS = {
    "Cc": P_("a control character"),
    "Zl": _LINE_BREAK,
    "Zp": _LINE_BREAK,
    "Cf": _INVISIBLE,
    "Cs": P_("half a character"),
    "Co": P_("a character that has no meaning outside one font"),
    "Cn": P_("a character that does not exist"),
}


def unfit(text: str, allowed: str = "") -> Iterator[tuple[int, str]]:
    """Find what may not stand in a printed text: (position, `U+202E, a character that turns the direction of writing`).

    Joiners are fit where their script has them (UAX #31, 2.3), zero-width spaces beside words of scripts that have no
    other (people type them before punctuation and numbers too), a soft hyphen between two letters, and an inherent
    vowel of Khmer after a Khmer letter.
    """
    if text.isascii() and text.isprintable():
        return
    marks = 0
    for position, character in enumerate(text):
        its_marks = _marks_in(character)
        marks = marks + its_marks if its_marks else 0
        if character in allowed or (character.isascii() and character.isprintable()):
            continue
        kind = _kind(character) or (_MANY_MARKS if marks > MAX_MARKS else None)
        if kind and not _has_its_place(text, position):
            yield position, _named(character, kind)


def unfit_unprinted(text: str, allowed: str = "") -> Iterator[tuple[int, str]]:
    """Find what may not stand in a text that is never printed under a letter: names of persons, reasons, notes.

    Only what could change how the text around it is shown: control characters, overrides of the direction of writing,
    embeddings and isolates that are not closed on their line or close what was not opened, and towers of marks.
    """
    if text.isascii() and text.isprintable():
        return
    turning, marks = _unpaired(text), 0
    for position, character in enumerate(text):
        its_marks = _marks_in(character)
        marks = marks + its_marks if its_marks else 0
        if character in allowed:
            continue
        kind: str | None = _MANY_MARKS if marks > MAX_MARKS else None
        if ord(character) in _OVERRIDES or position in turning or unicodedata.category(character) in ("Cc", "Cs"):
            kind = _kind(character)
        if kind:
            yield position, _named(character, kind)


def _named(character: str, kind: str) -> Phrase:
    return P_("%(code)s, %(kind)s", code=f"U+{ord(character):04X}", kind=kind)


def _unpaired(text: str) -> set[int]:
    """Where something is opened or closed that has no other half on its line."""
    found: set[int] = set()
    open_: list[tuple[int, int]] = []
    for position, character in enumerate(text):
        code = ord(character)
        if code in _OPENS:
            open_.append((position, _OPENS[code]))
        elif code in (0x202C, 0x2069):
            if open_ and open_[-1][1] == code:
                open_.pop()
            else:
                found.add(position)
        elif character in "\n\r\u2028\u2029":
            found.update(place for place, _ in open_)
            open_ = []
    return found | {place for place, _ in open_}


@functools.lru_cache(maxsize=4_096)
def _marks_in(character: str) -> int:
    """How many marks it is once composed as it will be kept: one U+0344 is two."""
    return len(unicodedata.normalize("NFC", character)) if unicodedata.category(character)[0] == "M" else 0


@functools.lru_cache(maxsize=4_096)
def _kind(character: str) -> str | None:
    code = ord(character)
    if character in "\n\r\v\f\x85":
        return _LINE_BREAK
    if code in _BIDI:
        return P_("a character that turns the direction of writing")
    if code in _BLANK_LETTERS:
        return _INVISIBLE
    if code == 0xFFFD:
        return P_("the sign for a letter that was lost")
    return _KINDS.get(unicodedata.category(character))


def _has_its_place(text: str, position: int) -> bool:
    """Whether what nobody sees stands where its script has it."""
    code = ord(text[position])
    before, after = text[position - 1 : position], text[position + 1 : position + 2]
    if code in _INHERENT_VOWELS:
        return _is_khmer(before)
    if code == _SPACE:
        around = (reversed(text[max(0, position - _AROUND) : position]), text[position + 1 : position + 1 + _AROUND])
        return any(_is_in(next(filter(_is_letter, side), ""), _WITHOUT_SPACES) for side in around)
    if code not in _INVISIBLE_PARTS or not _is_seen(before):
        return False
    if code == _SOFT_HYPHEN:
        return before.isalpha() and after.isalpha()
    if code == _MONGOLIAN_VOWEL_SEPARATOR:
        return all(0x1800 <= ord(one) <= 0x18AF for one in (before, after) if one) and _is_seen(after)
    return _joins(code, before, after)


def _joins(code: int, before: str, after: str) -> bool:
    """Whether a joiner follows and precedes what it joins or parts.

    In a script that joins, a suffix may be parted from a number or a foreign word, and an abbreviation may end in a
    letter that would join. Under a virama the form of a letter is chosen also where it ends the word.
    """
    followed = _is_seen(after)
    if _is_in(before, _CURSIVE) or (followed and _is_in(after, _CURSIVE)):
        return followed or code == _JOINER
    if not _is_in(before, _OF_CONJUNCTS):
        return False
    return (followed and _is_in(after, _OF_CONJUNCTS)) or unicodedata.combining(before) == _VIRAMA


_AROUND = 40  # characters before and after a zero-width space among which a letter is looked for
_VIRAMA = 9  # the combining class of all viramas


def _is_in(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return bool(character) and any(first <= ord(character) <= last for first, last in ranges)


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM" and ord(character) not in _BLANK_LETTERS


def _is_seen(character: str) -> bool:
    """Whether it is a letter, a mark or a digit that somebody sees."""
    return bool(character) and unicodedata.category(character)[0] in "LMN" and ord(character) not in _BLANK_LETTERS


def _is_khmer(character: str) -> bool:
    """Whether it is written Khmer that somebody sees."""
    return bool(character) and 0x1780 <= ord(character) <= 0x17FF and ord(character) not in _INHERENT_VOWELS


def has_letters(text: str) -> bool:
    """Whether there is a letter or digit in it that can be seen, which every name has."""
    return any(character.isalnum() and ord(character) not in _BLANK_LETTERS for character in text)


def without_unfit(text: str) -> tuple[str, list[str]]:
    """Take out what may not stand in a name, line breaks and tabs becoming spaces; tell what was taken."""
    found = dict(unfit(text, allowed="\t"))
    kept = (
        " " if "a line break" in found.get(position, "") else "" if position in found else character
        for position, character in enumerate(text)
    )
    return "".join(kept), list(dict.fromkeys(found.values()))


def without_unfit_unprinted(text: str, allowed: str = "") -> tuple[str, list[str]]:
    """Take out what may not stand in a text that is never printed; tell what was taken."""
    found = dict(unfit_unprinted(text, allowed))
    kept = "".join(character for position, character in enumerate(text) if position not in found)
    return kept, list(dict.fromkeys(found.values()))


def tidy(text: str) -> str:
    """Write a name in one way: composed characters (NFC), single plain spaces, none at the ends.

    A zero-width space that stands beside another space, or at an end, parts nothing and goes.
    """
    words = (word.strip(_ZERO_WIDTH) for word in unicodedata.normalize("NFC", text).split())
    return re.sub(f"{_ZERO_WIDTH}+", _ZERO_WIDTH, " ".join(filter(None, words)))


_ZERO_WIDTH = chr(_SPACE)
