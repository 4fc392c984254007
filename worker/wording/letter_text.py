"""The letter as plain text."""

from worker.text import plain_text
from worker.wording.sheet import Sheet

WIDTH = 72


def as_text(sheet: Sheet) -> str:
    """Set a letter as plain text of 72 columns; its lines end in CRLF, as it is sealed and travels."""
    groups = [
        *_notice_groups(sheet),
        sheet.sender,
        plain_text.wrap(sheet.authentic_note, WIDTH),
        sheet.addressee,
        [sheet.date],
        _underlined(sheet.subject, "="),
        [sheet.salutation],
        plain_text.to_text(sheet.body, WIDTH).split("\n"),
        *_list_groups(sheet),
        plain_text.wrap(sheet.withheld, WIDTH),
        [line for copy in sheet.copies for line in plain_text.wrap(copy, WIDTH)],
    ]
    text = "\n\n".join("\n".join(group) for group in groups if any(group))
    return text.replace("\n", "\r\n") + "\r\n"


def _notice_groups(sheet: Sheet) -> list[list[str]]:
    """What stands above the letter, with a line between."""
    notices = [sheet.draft, sheet.confidential.notice if sheet.confidential else ""]
    return [group for one in notices if one for group in (plain_text.wrap(one, WIDTH), ["-" * WIDTH])]


def _list_groups(sheet: Sheet) -> list[list[str]]:
    lists = [(sheet.list_heading, sheet.signatories)]
    if sheet.confidential:
        lists.append((sheet.confidential.heading, sheet.confidential.names))
    room = len(str(sum(len(names) for _, names in lists)))
    groups: list[list[str]] = []
    first = 1
    for heading, names in lists:
        if names:
            groups += [_underlined(heading, "-"), _numbered(names, first, room)]
        first += len(names)
    return groups


def _numbered(names: list[str], first: int, room: int) -> list[str]:
    lines: list[str] = []
    for number, name in enumerate(names, first):
        lines += plain_text.hang(plain_text.wrap(name, WIDTH - room - 2), f"{number:>{room}}. ")
    return lines


def _underlined(title: str, line: str) -> list[str]:
    lines = plain_text.wrap(title, WIDTH)
    return [*lines, line * max(map(plain_text.columns, lines))] if title else []
