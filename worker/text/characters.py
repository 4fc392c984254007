"""Which characters may stand in names and letters: nothing that hides, reorders or breaks a line.

The trick that this keeps out is described in Unicode Technical Report 36 and as CVE-2021-42574: a name
that reads otherwise than it is stored.
"""

import functools
import unicodedata
from collections.abc import Iterator

_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_JOINERS = {0x200B, 0x200C, 0x200D}
_INHERENT_VOWELS = {0x17B4, 0x17B5}  # of Khmer: encoded, and seen by nobody
_BLANK_LETTERS = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F, *_INHERENT_VOWELS}
MAX_MARKS = 8  # on one letter, one after the other; Khmer and Tibetan stack four or five
_KINDS = {
    "Cc": "a control character",
    "Zl": "a line break",
    "Zp": "a line break",
    "Cf": "an invisible character",
    "Cs": "half a character",
    "Co": "a character that has no meaning outside one font",
    "Cn": "a character that does not exist",
}


def unfit(text: str, allowed: str = "") -> Iterator[tuple[int, str]]:
    """Find what may not stand here: (position, `U+202E, a character that turns the direction of writing`).

    Zero-width spaces and joiners are part of written Khmer: they are fit between two Khmer letters. So are its
    inherent vowels, after one.
    """
    if text.isascii() and text.isprintable():
        return
    marks = 0
    for position, character in enumerate(text):
        its_marks = _marks_in(character)
        marks = marks + its_marks if its_marks else 0
        if character in allowed or (character.isascii() and character.isprintable()):
            continue
        kind = _kind(character) or ("one mark too many on one letter" if marks > MAX_MARKS else None)
        if kind and not _joins_khmer(text, position):
            yield position, f"U+{ord(character):04X}, {kind}"


@functools.lru_cache(maxsize=4_096)
def _marks_in(character: str) -> int:
    """How many marks it is once composed as it will be kept: one U+0344 is two."""
    return len(unicodedata.normalize("NFC", character)) if unicodedata.category(character)[0] == "M" else 0


@functools.lru_cache(maxsize=4_096)
def _kind(character: str) -> str | None:
    code = ord(character)
    if character in "\n\r\v\f\x85":
        return "a line break"
    if code in _BIDI:
        return "a character that turns the direction of writing"
    if code in _BLANK_LETTERS:
        return "an invisible character"
    if code == 0xFFFD:
        return "the sign for a letter that was lost"
    return _KINDS.get(unicodedata.category(character))


def _joins_khmer(text: str, position: int) -> bool:
    if position == 0 or not _is_khmer(text[position - 1]):
        return False
    if ord(text[position]) in _INHERENT_VOWELS:
        return True
    return ord(text[position]) in _JOINERS and position < len(text) - 1 and _is_khmer(text[position + 1])


def _is_khmer(character: str) -> bool:
    """Whether it is written Khmer that somebody sees."""
    return 0x1780 <= ord(character) <= 0x17FF and ord(character) not in _INHERENT_VOWELS


def has_letters(text: str) -> bool:
    """Whether there is a letter or digit in it, which every name has."""
    return any(character.isalnum() for character in text)


def without_unfit(text: str) -> tuple[str, list[str]]:
    """Take out what may not stand in a name, line breaks and tabs becoming spaces; tell what was taken."""
    found = dict(unfit(text, allowed="\t"))
    kept = (
        " " if "a line break" in found.get(position, "") else "" if position in found else character
        for position, character in enumerate(text)
    )
    return "".join(kept), list(dict.fromkeys(found.values()))


def tidy(text: str) -> str:
    """Write a name in one way: composed characters (NFC), single plain spaces, none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())
