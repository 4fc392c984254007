"""In what two versions of a letter differ, as people are shown it."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from worker.text import letter_numbers, markdown, plain_text

Kind = Literal["same", "gone", "new"]

# A word; of Khmer, which has no spaces between words, a letter with all that is written around it: never less, for a
# letter cannot be parted from its marks.
_WORD = re.compile(
    r"[\s\u200b]+"
    r"|[\u1780-\u17b3](?:\u17d2[\u1780-\u17b3]|[\u17b4-\u17d1\u17d3\u17dd\u200c\u200d])*"
    r"|[^\s\u200b\u1780-\u17b3]+"
)
_SPACE, _A_KHMER_LETTER = re.compile(r"[\s\u200b]+"), re.compile("[\u1780-\u17b3]")
_MAX_ISLAND = 3  # Khmer letters: fewer that stay between two changes are by chance
_MAX_COMPARED = 4_000_000  # pairs of words; beyond that one version stands whole beside the other
_MAX_ALIGNED = 400  # pairs of lines
_ALIKE = 0.5  # from here on two lines are versions of one


@dataclass(frozen=True)
class Change:
    """One place where two versions of a letter differ, in plain words; what is new has no `before`, and so on."""

    before: str
    after: str
    pieces: list[tuple[Kind, str]]


def between(before: str, after: str) -> list[Change]:
    """Compare two versions of a letter's text, line by line as they are read, and word by word inside a line.

    A note that stays keeps its number in both, the one that it has after: a new note changes no line but its own and
    the one that refers to it.
    """
    old, new = (markdown.blocks(letter_numbers.fill(text, "…", "…")) for text in (before, after))
    numbers = _numbers_after(_notes(old), _notes(new))
    pairs = _pairs(_lines_read(old, numbers), _lines_read(new))
    return [line_change(was, now) for was, now in pairs if _seen(was) != _seen(now)]


def _notes(tree: list[markdown.Block]) -> list[str]:
    notes = tree[-1]["notes"] if tree and tree[-1]["kind"] == "notes" else []
    return [markdown.one_line(plain_text.plain(note)) for note in notes]


def _numbers_after(old: list[str], new: list[str]) -> dict[int, int]:
    """For each note of the earlier version that is in the later one too, maybe in other words, its number there."""
    free = dict(enumerate(new, 1))
    by_words: dict[str, list[int]] = {}
    for number, note in reversed(free.items()):
        by_words.setdefault(_seen(note), []).append(number)
    numbers: dict[int, int] = {}
    for number, note in enumerate(old, 1):
        if same := by_words.get(_seen(note)):
            numbers[number] = same.pop()
            del free[numbers[number]]
    left = [number for number in range(1, len(old) + 1) if number not in numbers]
    rest = list(free)
    for i, j in _versions_of_one([old[number - 1] for number in left], [free[number] for number in rest]):
        numbers[left[i]] = rest[j]
    return numbers


def line_change(before: str, after: str) -> Change:
    """Compare two versions of one line, word by word."""
    return Change(before, after, _pieces(_WORD.findall(before), _WORD.findall(after)))


def _seen(line: str) -> str:
    """A line as far as it is seen: which kind of space stands between two words is not."""
    return " ".join(line.replace("\u200b", "").split())


def _lines_read(tree: list[markdown.Block], numbers: dict[int, int] | None = None) -> list[str]:
    """The lines of a tree; `numbers` says which numbers its notes get in place of their own."""
    for run in markdown.runs_of(tree) if numbers else ():
        if "note" in run:
            run["text"] = f"[{(numbers or {}).get(run['note'], run['note'])}]"
    notes = [((numbers or {}).get(number, number), note) for number, note in enumerate(_notes(tree), 1)]
    return [line for line in [*_lines(tree), *(f"[{number}] {note}" for number, note in sorted(notes))] if line]


def _lines(tree: list[markdown.Block]) -> Iterator[str]:
    """A line for each heading, each paragraph, each item of a list, and each row of a table; none for notes."""
    for block in tree:
        match block["kind"]:
            case "heading":
                yield markdown.one_line(plain_text.plain(block["runs"]))
            case "paragraph":
                yield markdown.one_line(plain_text.plain(block["runs"]))
            case "list":
                for number, item in enumerate(block["items"], block["start"]):
                    first, *others = [*_lines(item), ""]
                    yield f"{number}. {first}" if block["ordered"] else f"- {first}"
                    yield from others
            case "quote":
                yield from _lines(block["blocks"])
            case "table":
                for row in (block["header"], *block["rows"]):
                    yield " | ".join(markdown.one_line(plain_text.plain(cell)) for cell in row)


def _pairs(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield from _aligned(old[a:b], new[c:d])


def _aligned(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Pair the lines that are versions of one, in order; any other is gone, or new."""
    if len(old) == len(new) and (len(old) == 1 or len(old) * len(new) > _MAX_ALIGNED):
        yield from zip(old, new, strict=True)
        return
    i = j = 0
    for of_old, of_new in _versions_of_one(old, new):
        yield from ((line, "") for line in old[i:of_old])
        yield from (("", line) for line in new[j:of_new])
        yield old[of_old], new[of_new]
        i, j = of_old + 1, of_new + 1
    yield from ((line, "") for line in old[i:])
    yield from (("", line) for line in new[j:])


def _versions_of_one(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """The places of such lines: of all ways to pair them in order the one that is most alike."""
    if len(old) * len(new) > _MAX_ALIGNED:
        return []
    best: dict[tuple[int, int], tuple[float, list[tuple[int, int]]]] = {}
    for i in range(len(old), -1, -1):
        for j in range(len(new), -1, -1):
            if i == len(old) or j == len(new):
                best[i, j] = 0.0, []
                continue
            best[i, j] = max(best[i + 1, j], best[i, j + 1], key=lambda one: one[0])
            alike, (score, pairs) = _likeness(old[i], new[j]), best[i + 1, j + 1]
            if alike >= _ALIKE and alike + score > best[i, j][0]:
                best[i, j] = alike + score, [(i, j), *pairs]
    return best[0, 0][1]


def _likeness(old: str, new: str) -> float:
    a, b = ([word for word in _WORD.findall(line) if not _SPACE.fullmatch(word)] for line in (old, new))
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    return matcher.ratio() if min(matcher.real_quick_ratio(), matcher.quick_ratio()) >= _ALIKE else 0.0


def _pieces(old: list[str], new: list[str]) -> list[tuple[Kind, str]]:
    before, after = _common(old, new)
    end, last = len(old) - after, len(new) - after
    pieces: list[tuple[Kind, str]] = []
    if before:
        pieces.append(("same", "".join(old[:before])))
    for gone, added, same in _joined(list(_runs(old[before:end], new[before:last]))):
        if gone:
            pieces.append(("gone", gone))
        if added:
            pieces.append(("new", added))
        if same:
            pieces.append(("same", same))
    if after:
        pieces.append(("same", "".join(old[end:])))
    return pieces


def _common(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many words are the same at the beginning, and then at the end."""
    least = min(len(old), len(new))
    before = next((n for n in range(least) if old[n] != new[n]), least)
    after = next((n for n in range(least - before) if old[-1 - n] != new[-1 - n]), least - before)
    return before, after


def _runs(old: list[str], new: list[str]) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """What is gone, what is new in its place, and what stays after it."""
    if len(old) * len(new) > _MAX_COMPARED:
        yield old, new, []
        return
    i = j = 0
    for a, b, size in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        if a > i or b > j or size:
            yield old[i:a], new[j:b], old[a : a + size]
        i, j = a + size, b + size


def _joined(runs: list[tuple[list[str], list[str], list[str]]]) -> Iterator[tuple[str, str, str]]:
    """The same with what stays by chance between two changes taken into them, as a lone space is."""
    gone, added = "", ""
    for place, (less, more, same) in enumerate(runs):
        gone, added = gone + "".join(less), added + "".join(more)
        if (gone or added) and place < len(runs) - 1 and _is_island(same):
            gone, added = gone + "".join(same), added + "".join(same)
            continue
        yield gone, added, "".join(same)
        gone, added = "", ""


def _is_island(words: list[str]) -> bool:
    letters = [word for word in words if not _SPACE.fullmatch(word)]
    return len(letters) < _MAX_ISLAND and all(map(_A_KHMER_LETTER.match, letters))
