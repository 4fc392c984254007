"""Plain text of a Markdown tree, broken into lines by the columns that characters take."""

import re
from itertools import groupby

from worker.text.markdown import READER, Block, Listing, Run, Table

WIDTH = 72  # columns of a plain text
_GAP = "  "  # between the columns of a table
_BETWEEN_WORDS = re.compile(r"(?<!«)[ \t]+(?![:;!?»](?:[ \t]|$))")  # a French sign keeps to its word
_NARROW = re.compile("[ -~\u00a0-\u00ac\u00ae-\u02ff\u2010-\u2027\u20a0-\u20bf]*")
_NO_BREAK = ("  ", "« ", " :", " ;", " !", " ?", " »")  # spaces at which a line is not simply broken


def to_text(tree: list[Block], width: int = WIDTH) -> str:
    """Set a tree as plain text of `width` columns, lines parted by LF, without one at the end.

    A line is only longer where one word is: addresses are never broken. A link is `label: address`.
    """
    return "\n".join(_lines(tree, width))


def _lines(tree: list[Block], width: int, gap: bool = True) -> list[str]:
    lines: list[str] = []
    for block in tree:
        if lines and gap:
            lines.append("")
        lines += _block_lines(block, width)
    return lines


def _block_lines(block: Block, width: int) -> list[str]:
    match block["kind"]:
        case "heading":
            title = wrap(plain(block["runs"]), width)
            line = {1: "=", 2: "-"}.get(block["level"], "")
            return [*title, line * max(map(columns, title), default=0)] if line else title
        case "paragraph":
            return wrap(plain(block["runs"]), width)
        case "list":
            return _list_lines(block, width)
        case "quote":
            return [f"> {line}".rstrip(" ") for line in _lines(block["blocks"], width - 2)]
        case "rule":
            return ["* * *"]
        case "table":
            return _table_lines(block, width)
        case "notes":
            return _notes_lines(block["notes"], width)


def _list_lines(block: Listing, width: int) -> list[str]:
    last = block["start"] + len(block["items"]) - 1
    room = len(f"{last}. ") if block["ordered"] else 2
    lines: list[str] = []
    for number, item in enumerate(block["items"], block["start"]):
        if lines and not block["tight"]:
            lines.append("")
        mark = (f"{number}." if block["ordered"] else "-").rjust(room - 1)
        inside = _lines(item, width - room, gap=not block["tight"]) or [""]
        lines += hang(inside, mark + " ")
    return lines


def _table_lines(block: Table, width: int) -> list[str]:
    """Set a table in columns; where they have no room, each row by itself: `Column: cell`, a line for each."""
    header, *rows = [[plain(cell).strip() for cell in row] for row in (block["header"], *block["rows"])]
    rooms = [max(map(columns, column)) for column in zip(header, *rows, strict=True)]
    if sum(rooms) + len(_GAP) * (len(rooms) - 1) > width:
        return _rows_by_themselves(header, rows, width)
    lines = [header, ["-" * room for room in rooms], *rows]
    aligned = [list(map(_aligned, line, rooms, block["align"])) for line in lines]
    return [_GAP.join(cells).rstrip(" ") for cells in aligned]


def _aligned(cell: str, room: int, side: str) -> str:
    free = room - columns(cell)
    before = {"right": free, "center": free // 2}.get(side, 0)
    return " " * before + cell + " " * (free - before)


def _rows_by_themselves(header: list[str], rows: list[list[str]], width: int) -> list[str]:
    lines: list[str] = []
    for row in rows or [[""] * len(header)]:
        if lines:
            lines.append("")
        for title, cell in zip(header, row, strict=True):
            lines += wrap(f"{title}: {cell}" if title else cell, width)
    return lines


def _notes_lines(notes: list[list[Run]], width: int) -> list[str]:
    room = len(f"[{len(notes)}] ")
    lines: list[str] = []
    for number, note in enumerate(notes, 1):
        lines += hang(wrap(plain(note), width - room), f"[{number}] ".rjust(room))
    return lines


def hang(lines: list[str], mark: str) -> list[str]:
    """Put a mark before the first line, and as much room before the others."""
    first, *others = lines
    return [(mark + first).rstrip(" "), *((" " * len(mark) + line).rstrip(" ") for line in others)]


def wrap(text: str, width: int) -> list[str]:
    """Break text into lines of `width` columns between words, and at each newline; no word is ever cut."""
    lines: list[str] = []
    for part in text.split("\n"):
        # The second way does for any text; the first is ten times as fast for most.
        lines += _wrap_plain(part, max(width, 1)) if _is_plain(part) else _wrap_by_words(part, width)
    return lines


def _is_plain(text: str) -> bool:
    """Whether each character takes one column and a line may be broken at each space."""
    at_an_end = text.startswith(" ") or text.endswith(" ")
    # Looked for one by one, they are found in half the time that a pattern takes.
    return not at_an_end and not any(map(text.__contains__, _NO_BREAK)) and _NARROW.fullmatch(text) is not None


def _wrap_plain(text: str, width: int) -> list[str]:
    lines, start = [], 0
    while len(text) - start > width:
        end = text.rfind(" ", start, start + width + 1)
        if end <= start and (end := text.find(" ", start + width)) < 0:
            break
        lines.append(text[start:end])
        start = end + 1
    lines.append(text[start:])
    return lines


def _wrap_by_words(text: str, width: int) -> list[str]:
    lines: list[str] = []
    line, taken = "", 0
    for word in _BETWEEN_WORDS.split(text.strip(" \t")):
        room = columns(word)
        if line and taken + 1 + room > width:
            lines.append(line)
            line, taken = word, room
        else:
            line, taken = (f"{line} {word}", taken + 1 + room) if line else (word, room)
    lines.append(line)
    return lines


def columns(text: str) -> int:
    """Count the columns that a text takes in a terminal; control characters and escape sequences take none."""
    import wcwidth  # a megabyte of tables, for who words an email

    return wcwidth.width(text, control_codes="ignore")


def plain(runs: list[Run]) -> str:
    """Write one paragraph's runs as one text, with a newline at each hard break."""
    parts: list[str] = []
    for href, linked in groupby(runs, key=lambda run: run["href"]):
        label = "".join(run["text"] for run in linked)
        parts.append(_plain_link(label, href) if href else label)
    return "".join(parts)


def _plain_link(label: str, href: str) -> str:
    if not label.strip() or href in (label, "mailto:" + label) or href == READER.normalizeLink(label):
        return label.strip() or href
    return f"{label}: {href.removeprefix('mailto:')}"
