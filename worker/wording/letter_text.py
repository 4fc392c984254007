"""The letter as plain text."""

from worker.text import plain_text
from worker.wording.sheet import Sheet

WIDTH = 72


def as_text(sheet: Sheet) -> str:
    """Set a letter as plain text of 72 columns; its lines end in CRLF, as it is sealed and travels."""
    groups = [
        sheet.sender,
        plain_text.wrap(sheet.authentic_note, WIDTH),
        sheet.addressee,
        [sheet.date],
        _underlined(sheet.subject, "="),
        [sheet.salutation],
        plain_text.to_text(sheet.body, WIDTH).split("\n"),
        *_list_groups(sheet),
        plain_text.wrap(sheet.withheld, WIDTH),
    ]
    text = "\n\n".join("\n".join(group) for group in groups if any(group))
    return text.replace("\n", "\r\n") + "\r\n"


def _list_groups(sheet: Sheet) -> list[list[str]]:
    if not sheet.signatories:
        return []
    return [_underlined(sheet.list_heading, "-"), _numbered(sheet.signatories)]


def _numbered(names: list[str]) -> list[str]:
    room = len(str(len(names)))
    lines: list[str] = []
    for number, name in enumerate(names, 1):
        lines += plain_text.hang(plain_text.wrap(name, WIDTH - room - 2), f"{number:>{room}}. ")
    return lines


def _underlined(title: str, line: str) -> list[str]:
    lines = plain_text.wrap(title, WIDTH)
    return [*lines, line * max(map(plain_text.columns, lines))] if title else []
