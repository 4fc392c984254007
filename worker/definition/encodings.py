"""In which encoding a list may have been saved: what a cell would read in each that is likely."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from worker.definition.problems import Problem, any_of, shown
from worker.text.phrases import P_, Phrase

LIKELY = (
    *("cp1252", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1254", "cp1257", "cp1253", "cp1256", "cp1255"),
    *("mac_roman", "cp850"),
)
"""What spreadsheets write beside UTF-8: Windows by region, ISO of central Europe, older Russian, Mac, DOS."""
_WRONGLY_READ_AS = ("cp1252", "latin-1", "cp1250", "mac_roman")
MAX_READINGS = 3
MAX_CELLS_TOLD = 5
_WITHIN_WORDS = "’‘ʼ–—-/"
_AT_EDGES = "’‘“”«»‹›„–—…·№™®°ªº¿¡、。"
_LOST = re.compile(r"(?<=[^\W\d_])\?(?=[^\W\d_])")
_BETWEEN_WORDS = re.compile(r"[\s,;|\"<>()\[\]=:@]+")
_MIXED = re.compile(r"[^\x00-\x7f]+")


Place: TypeAlias = Callable[[], Phrase]
"""How a cell is named, should it be."""


@dataclass(frozen=True)
class Reading:
    """What a cell reads in one encoding."""

    encoding: str
    text: str


@dataclass(frozen=True)
class Doubt(Problem):
    """A cell that may have been read in a wrong encoding, with what else it may say; a person decides."""

    readings: tuple[Reading, ...] = ()


def best_of(octets: bytes) -> tuple[str, str]:
    """Decode what is no UTF-8 in the first likely encoding in which no word looks odd: (text, encoding).

    Raises UnicodeDecodeError when nothing at all can be read.
    """
    first = None
    for encoding in LIKELY:
        try:
            text = octets.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _oddness(text):
            return text, encoding
        first = first or (text, encoding)
    if first is None:
        return octets.decode("cp1252"), "cp1252"
    return first


def doubts(file: str, cells: Iterable[tuple[Place, str]], encoding: str) -> list[Doubt]:
    """Find the cells (place, text) whose letters may be wrong: all that are not ASCII where the encoding was guessed.

    `encoding` is the one that was guessed; empty where the file says it. The first cells are told, then how many.
    """
    found: list[Doubt] = []
    more = 0
    for place, text in cells:
        if text.isascii() and not _LOST.search(text):
            continue
        doubt = _of_a_guess(file, place, text, encoding) if encoding else _of_mojibake(file, place, text)
        if doubt and len(found) < MAX_CELLS_TOLD:
            found.append(doubt)
        elif doubt:
            more += 1
    if more:
        expected, fix = P_("letters as they were typed"), P_("Look through the list: accents show it first.")
        found.append(Doubt(file, "", P_("%(n)s more such cells", n=more), expected, fix))
    return found


def _of_a_guess(file: str, place: Place, text: str, encoding: str) -> Doubt | None:
    if text.isascii():
        return _of_lost_letters(file, place, text)
    others = _readings(text, encoding)
    found = P_("%(text)s in %(encoding)s", text=shown(text), encoding=encoding)
    for one in others:
        found = P_("%(before)s, or %(text)s in %(encoding)s", before=found, text=shown(one.text), encoding=one.encoding)
    fix = P_("It is read as %(encoding)s: if that is wrong, save the list again as CSV UTF-8.", encoding=encoding)
    return Doubt(file, place(), found, P_("text in UTF-8"), fix, (Reading(encoding, text), *others))


def _readings(text: str, encoding: str) -> tuple[Reading, ...]:
    """What else the same bytes may say: what most Windows would, and where no word looks odd."""
    octets = text.encode(encoding, "ignore")
    found: dict[str, Reading] = {}
    for other in LIKELY:
        try:
            read = octets.decode(other)
        except UnicodeDecodeError:
            continue
        if read != text and read not in found and (other == "cp1252" or not _oddness(read)):
            found[read] = Reading(other, read)
    return tuple(found.values())[:MAX_READINGS]


def _of_mojibake(file: str, place: Place, text: str) -> Doubt | None:
    """A cell of a file that is UTF-8, and was made from one that had been read in a wrong encoding."""
    meant = list(dict.fromkeys(_meant(text)))[:MAX_READINGS]
    if not meant:
        return _of_lost_letters(file, place, text)
    words = [P_("%(text)s (%(encoding)s)", text=shown(one.text), encoding=one.encoding) for one in meant]
    found = P_("%(text)s, which looks like text read in a wrong encoding", text=shown(text))
    fix = P_("It stays as it stands: correct it here, or save the list again as CSV UTF-8 where it comes from.")
    return Doubt(file, place(), found, P_("perhaps %(words)s", words=any_of(words)), fix, tuple(meant))


def _of_lost_letters(file: str, place: Place, text: str) -> Doubt | None:
    if not _LOST.search(text) or "://" in text or "@" in text:
        return None
    found = P_("a question mark within a word in %(text)s", text=shown(text))
    return Doubt(file, place(), found, P_("letters"), P_("A letter may have been lost: type it again if so."))


def _meant(text: str) -> Iterator[Reading]:
    once = _from_utf8(text)
    if once != text:
        twice = _from_utf8(once)
        yield Reading("UTF-8", twice)
        return
    if not _oddness(text):
        return
    for wrong in _WRONGLY_READ_AS:
        try:
            octets = text.encode(wrong)
        except UnicodeEncodeError:
            continue
        for right in LIKELY:
            try:
                read = octets.decode(right)
            except UnicodeDecodeError:
                continue
            if read != text and not _oddness(read):
                yield Reading(right, read)


def _from_utf8(text: str) -> str:
    """Undo UTF-8 that was read as if each of its bytes were a letter, where that gives text."""
    return _MIXED.sub(lambda match: _decoded(match[0]), text)


def _decoded(run: str) -> str:
    for wrong in ("cp1252", "latin-1", "mac_roman", "cp1250", "cp1251"):
        if wrong == "cp1251" and len(run) < 4:
            continue  # two letters of Ukrainian may be the bytes of one other
        try:
            octets = b"".join(_octet(character, wrong) for character in run)
            decoded = octets.decode("utf-8")
        except (UnicodeDecodeError, UnicodeEncodeError):
            continue
        if all(_is_of_a_living_script(character) for character in decoded):
            return decoded
    return run


def _is_of_a_living_script(character: str) -> bool:
    """Not of phonetics and the like, which two bytes side by side make by chance: `É»` is no `ɻ`."""
    code = ord(character)
    return not 0x180 <= code < 0x370 and not 0x460 <= code < 0x590 and not 0x700 <= code < 0x900


def _octet(character: str, encoding: str) -> bytes:
    """One byte; what the encoding leaves undefined stands for itself."""
    try:
        return character.encode(encoding)
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _oddness(text: str) -> int:
    """How much in a text no person would write: signs within words, capitals after small letters, mixed scripts."""
    return sum(_oddness_of_word(word) for word in dict.fromkeys(_BETWEEN_WORDS.split(text)) if not word.isascii())


def _oddness_of_word(word: str) -> int:
    odd, last = 0, len(word) - 1
    for place, character in enumerate(word):
        before, after = word[place - 1] if place else "", word[place + 1] if place < last else ""
        if unicodedata.category(character)[0] == "C" and character not in "\u200c\u200d\u00ad\u200b\ufeff":
            odd += 2
        elif not character.isascii() and unicodedata.category(character)[0] in "SPN":
            if character == "·" and before.lower() == after.lower() == "l":
                continue  # Catalan
            between = before.isalpha() and after.isalpha()
            beside = before.isalpha() or after.isalpha()
            odd += beside and character not in (_WITHIN_WORDS if between else _AT_EDGES + _WITHIN_WORDS)
        elif character.isupper() and before.isalpha() and not (character + before).isascii():
            odd += before.islower() or after.islower()
    scripts = {_script(character) for character in word if character.isalpha()}
    letters = [character for character in word if character.isalpha()]
    all_accented = len(letters) > 3 and scripts == {"LATIN"} and not any(one.isascii() for one in letters)
    return odd + 2 * (len(scripts) > 1) + 2 * all_accented


def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").partition(" ")[0]
