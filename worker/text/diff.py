"""In what two versions of a letter differ, as people are shown it."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from worker.text import markdown, plain_text

Kind = Literal["same", "gone", "new"]
_WORD = re.compile(r"[^\s\u200b]+|[\s\u200b]+")  # never inside a word: Khmer letters cannot be parted from their marks


@dataclass(frozen=True)
class Change:
    """One place where two versions of a letter differ, in plain words; what is new has no `before`, and so on."""

    before: str
    after: str
    pieces: list[tuple[Kind, str]]


def between(before: str, after: str) -> list[Change]:
    """Compare two versions of a letter's text, line by line as they are read, and word by word inside a line."""
    pairs = _pairs(_lines_read(before), _lines_read(after))
    return [Change(old, new, list(_pieces(old, new))) for old, new in pairs]


def _lines_read(letter_text: str) -> list[str]:
    return [line for line in _lines(markdown.blocks(markdown.COUNT.sub("…", letter_text))) if line]


def _lines(tree: list[markdown.Block]) -> Iterator[str]:
    """A line for each heading, each paragraph, and each item of a list."""
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


def _pairs(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "replace" and b - a == d - c:
            yield from zip(old[a:b], new[c:d], strict=True)
        elif kind != "equal":
            yield from ((line, "") for line in old[a:b])
            yield from (("", line) for line in new[c:d])


def _pieces(old: str, new: str) -> Iterator[tuple[Kind, str]]:
    a, b = _WORD.findall(old), _WORD.findall(new)
    for kind, i, j, k, m in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(a[i:j])
            continue
        if i < j:
            yield "gone", "".join(a[i:j])
        if k < m:
            yield "new", "".join(b[k:m])
