"""The lines of the journal by whom they are about, and the last of a kind that still holds."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from worker import journal
from worker.journal import Line, marks_of

MARGIN = timedelta(minutes=10)  # what was under way as a backup was taken is not in it, and is noted as earlier
# What is of both partners, once they were made one.
_OF_BOTH = {"reduced", "erased", "silenced", "allowed", "taken out", "put back"}


class JournalLines:
    """All lines, in the order of their moments; `since` is of when the backup is, null where nobody knows."""

    def __init__(self, lines: Iterable[Line], since: datetime | None) -> None:
        self._since = since
        self._lines: dict[str, list[Line]] = {}
        for line in sorted(lines, key=lambda line: line.at):
            self._lines.setdefault(line.who, []).append(line)

    def __iter__(self) -> Iterator[list[Line]]:
        """The lines of each whom any is about."""
        return iter(self._lines.values())

    def about(self, what: bytes) -> list[Line]:
        """The lines about a link's ref or a campaign's random number, in their order."""
        found = [line for mark in marks_of(what) for line in self._lines.get(mark, ())]
        for merged in [line for line in found if line.kind == "merged"]:
            of_it = (line for line in self._lines.get(merged.detail, ()) if line.at >= merged.at)
            found += [line for line in of_it if line.kind in _OF_BOTH]
        return sorted(found, key=lambda line: line.at)

    def is_since(self, line: Line) -> bool:
        """Whether the backup may not know it."""
        return self._since is None or line.at > self._since - MARGIN


def last(lines: Iterable[Line], kind: journal.Kind, *ended_by: journal.Kind) -> Line | None:
    """The last line of a kind; none if one that ends it came later."""
    found = None
    for line in lines:
        if line.kind == kind:
            found = line
        elif line.kind in ended_by:
            found = None
    return found
