"""Which characters may stand in names and letters: nothing that hides, reorders or breaks a line.

The trick that this keeps out is described in Unicode Technical Report 36 and as CVE-2021-42574: a name
that reads otherwise than it is stored.
"""

import unicodedata
from collections.abc import Iterator

_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
_JOINERS = {0x200B, 0x200C, 0x200D}
_BLANK_LETTERS = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x2800, 0x034F}
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

    Zero-width spaces and joiners are part of written Khmer: they are fit between two Khmer letters.
    """
    if text.isascii() and text.isprintable():
        return
    for position, character in enumerate(text):
        if character in allowed or (character.isascii() and character.isprintable()):
            continue
        kind = _kind(character)
        if kind and not _joins_khmer(text, position):
            yield position, f"U+{ord(character):04X}, {kind}"


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
    return (
        ord(text[position]) in _JOINERS
        and 0 < position < len(text) - 1
        and _is_khmer(text[position - 1])
        and _is_khmer(text[position + 1])
    )


def _is_khmer(character: str) -> bool:
    return 0x1780 <= ord(character) <= 0x17FF


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
