"""Lists, tables and numbers in a letter that Markdown reads as running text, or numbers anew."""

import re
from collections.abc import Iterator
from itertools import pairwise

from worker.text.passages import Letter, Line, Passage
from worker.text.pasted_lines import is_a_title

_SIGN = re.compile(
    r"[•∙●○◦‣⁃▪▫■□◼◻◆◇❖►▶▸➢➤➔✓✔✗✘☐☑★☆⚫·]\ufe0f?[ \t\u00a0]*(?=\S)"
    r"|[A-Za-zØü§¨]\t+(?=\S)"  # letters that are signs in Wingdings; in Courier New the o is a circle
)
_BOX = re.compile(r"\[[ xX]?\][ \t\u00a0]+\S|\([ ]?\)[ \t\u00a0]+\S")
_ITEM_ENDS = re.compile(r";(?: (?:and|or|et|ou|និង|ឬ))?\Z")
_DATE = re.compile(
    r"(?:(?:on|le|in|en|since|depuis) )?(?:[0-9]{1,2}(?:st|nd|rd|th|er)? [^\W\d_]{3,10}(?: [0-9]{4})?|(?:19|20)[0-9]{2}"
    r"|[^\W\d_]{3,10} [0-9]{1,2}, [0-9]{4})[ \u00a0]?[:,–—-]",
    re.IGNORECASE,
)
_SPACES = "[ \u00a0\u2002-\u200a]"
_DASH = re.compile(
    rf"[–—―‒→⇒]{_SPACES}+(?=\S)|[o§Ø]{_SPACES}+(?=[^\W\d])|[-*+][\u00a0\u2002-\u200a]+(?=\S)|[-–—](?=[^\W\d_])"
)
_SEVERAL = re.compile(r":.{0,80}?[•●▪‣].*?[•●▪‣]")
_NUMBER = re.compile(
    r"\(?(?P<decimal>[0-9]{1,3})(?:[.)][ \t\u00a0]*|[°º][ \u00a0]?|[ \u00a0]?[/–-][ \u00a0])(?=[^\W\d_]|[“\"«(*])"
    r"|(?P<parts>[0-9]{1,2}(?:\.[0-9]{1,2})+)[.)]?[ \t\u00a0]+(?=\S)"
    r"|\(?(?P<roman>[ivx]{1,5}|[IVX]{1,5})[.)][ \t\u00a0]+(?=\S)"
    r"|\(?(?P<letter>[a-zA-Z])[.)][ \t\u00a0]*(?=\S)"
    r"|\(?(?P<khmer>[០-៩]{1,3})[ \u00a0]?[.)៖\t–-][ \t\u00a0]*(?=\S)"
    r"|\(?(?P<consonant>[កខគឃងចឆជឈញ])[.)៖–-][ \t\u00a0]*(?=\S)"
    r"|(?P<circled>[①-⑳])[ \t\u00a0]*(?=\S)"
)
_ROMAN = {"i": 1, "v": 5, "x": 10}
_CONSONANTS = "កខគឃងចឆជឈញ"
_CELLS = re.compile(r"\S[ \u00a0]*\t[ \t\u00a0]*\S|\S {3,}\S")
_PIPES = re.compile(r"\|.*\|")


def rows_of_tables(letter: Letter) -> list[int]:
    """Lines with cells, parted by tabs, by many spaces or by |, where the next ones have cells too.

    A table in Markdown is none of them.
    """
    found: list[int] = []
    for passage in letter.passages:
        lines = passage.lines
        if passage.kind != "paragraph":
            continue
        for has_cells in (_has_cells, _has_pipes):
            rows = [line.number for line in lines if has_cells(line)]
            found += [one for one in rows if one - 1 in rows or one + 1 in rows]
            if len(lines) == 1:
                found += rows if _has_cells(lines[0]) else []
    return found if len(found) > 1 else []


def _has_cells(line: Line) -> bool:
    sign = _SIGN.match(line.text) or _NUMBER.match(line.text)
    return bool(_CELLS.search(line.text, sign.end() if sign else 0))


def _has_pipes(line: Line) -> bool:
    return bool(_PIPES.search(line.text))


def signs_of_items(letter: Letter) -> list[int]:
    """Lines that begin with the sign of a list that Markdown does not know, or does not know without a space.

    A dash is one only where the next line or paragraph begins with it too: it may be a dash within a sentence.
    """
    found: list[int] = []
    dashes: list[tuple[int, str, int]] = []
    for order, passage in enumerate(one for one in letter.passages if one.kind == "paragraph"):
        for place, line in enumerate(passage.lines):
            if _SIGN.match(line.text) or _BOX.match(line.text) or _SEVERAL.search(line.text[:2_000]):
                found.append(line.number)
            elif (match := _DASH.match(line.text)) and _may_begin(passage, place):
                dashes.append((order, match[0][0], line.number))
    for (order, sign, number), (next_order, next_sign, next_number) in pairwise(dashes):
        if sign == next_sign and next_order - order <= 1:
            found += [number, next_number]
    return sorted(set(found))


def items_without_signs(letter: Letter) -> list[int]:
    """Lines that are items by how they end or begin: with a semicolon, after a colon with one word, with a date."""
    found: set[int] = set()
    for passage in letter.passages:
        if passage.kind == "paragraph":
            found |= _items_without_signs(passage)
    return sorted(found)


def _items_without_signs(passage: Passage) -> set[int]:
    found: set[int] = set()
    in_list, word = False, ""
    for place, (line, following) in enumerate(pairwise(passage.lines)):
        after = passage.lines[place + 2 : place + 3]
        if line.keeps_its_end:
            in_list = False
            continue
        if _ITEM_ENDS.search(line.text[-8:]) and after and _ITEM_ENDS.search(following.text[-8:]):
            found |= {line.number, following.number, after[0].number}
        ends = not line.is_open or not passage.is_wrapped
        if ends and _DATE.match(line.text) and _DATE.match(following.text):
            found |= {line.number, following.number}
        if line.text.endswith((":", "៖")):
            in_list, word = True, _first(following)
        elif in_list and (in_list := _first(following) == word):
            found |= {line.number, following.number}
    return found


def _first(line: Line) -> str:
    return line.text[:40].split(maxsplit=1)[0].lower() if line.text else ""


def _may_begin(passage: Passage, place: int) -> bool:
    """Whether something may begin on this line: nothing goes on from the line before."""
    if place == 0:
        return True
    before = passage.lines[place - 1]
    return not before.is_open or not passage.is_wrapped or passage.room(place - 1) >= 10


def numbers_in_text(letter: Letter) -> list[int]:
    """Lines that begin with a number or a letter of a list and run on in the line before."""
    return sorted({number for passage in letter.passages for number in _numbered_in_text(passage)})


def _numbered_in_text(passage: Passage) -> Iterator[int]:
    if passage.kind != "paragraph" or len(passage.lines) < 2:
        return
    labels = [
        set() if _is_a_heading(passage, place) else _labels(line.text) for place, line in enumerate(passage.lines)
    ]
    there = {label for of_line in labels for label in of_line}
    for place, of_line in enumerate(labels):
        line = passage.lines[place]
        if place == 0 and any((style, value + 1) in there for style, value in of_line):
            yield line.number
        elif place and of_line and not passage.lines[place - 1].keeps_its_end:
            if any(_is_in_a_row(label, there) for label in of_line):
                yield line.number
            elif any(style == "decimal" and value < 100 for style, value in of_line):
                before = passage.lines[place - 1]
                if before.ends_a_sentence or before.text.endswith((":", ";", "៖")):
                    yield line.number


def _is_a_heading(passage: Passage, place: int) -> bool:
    """Whether a line with a number stands above its own text, and is no item."""
    after = passage.lines[place + 1 : place + 2]
    return bool(after) and is_a_title(passage.lines[place]) and after[0].width > 60 and not _labels(after[0].text)


def _is_in_a_row(label: tuple[str, int], there: set[tuple[str, int]]) -> bool:
    style, value = label
    return (style, value - 1) in there or (style, value + 1) in there


def _labels(text: str) -> set[tuple[str, int]]:
    """What a line is numbered with: (in which way, how far); `i.` may be a letter or a number."""
    match = _NUMBER.match(text)
    if match is None:
        return set()
    brackets = text[0] == "("
    found = set()
    for style, value in match.groupdict().items():
        if value:
            found.add((style, _value(style, value)))
            if style == "roman" and len(value) == 1:
                found.add(("letter", _value("letter", value)))
    return {(f"{style}{'()' if brackets else ''}", value) for style, value in found}


def _value(style: str, written: str) -> int:
    match style:
        case "roman":
            values = [_ROMAN[sign] for sign in written.lower()]
            return sum(-one if one < after else one for one, after in zip(values, [*values[1:], 0], strict=True))
        case "letter":
            return ord(written) - ord("a" if written.islower() else "A") + 1
        case "consonant":
            return _CONSONANTS.index(written) + 1
        case "circled":
            return ord(written) - ord("①") + 1
        case "parts":
            return int(written.rpartition(".")[2])
        case _:
            return int(written)


def numbers_that_change(letter: Letter) -> tuple[list[int], list[int]]:
    """Lines of lists that print with other numbers than those that were typed, and these numbers.

    A list whose numbers are all the same is numbered by Markdown, and that is how it was meant.
    """
    lines: list[int] = []
    typed: list[int] = []
    for items in letter.numbered:
        numbers = [number for _, number in items]
        if len(set(numbers)) > 1 and numbers != list(range(numbers[0], numbers[0] + len(numbers))):
            wrong = [item for place, item in enumerate(items) if item[1] != numbers[0] + place]
            lines += [line for line, _ in wrong]
            typed += [number for _, number in wrong]
    return lines, typed


def below_a_list(letter: Letter) -> list[int]:
    """Lines at the margin, directly below a list or a quotation, that print as a part of it."""
    found = []
    for passage in letter.passages:
        for before, line in pairwise(passage.lines):
            if not (passage.within and line.outside and line.begins_anew) or before.outside:
                continue
            room = max(72, passage.width) - before.width - len(line.text[:40].split(maxsplit=1)[0])
            if room > 12 and (not before.is_open or room > 25) and not _labels(line.text):
                found.append(line.number)
    return found
