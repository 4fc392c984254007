"""Tables in which a thing is declared once, by its name: kinds of mail, languages, formats, keys, choices."""

from typing import Protocol, TypeVar


class NotRegistered(LookupError):
    """Something is registered by half, or not at all; the message names each, and what it lacks."""


class _Named(Protocol):
    @property
    def name(self) -> str: ...


Entry = TypeVar("Entry", bound=_Named)


def by_name(*entries: Entry) -> dict[str, Entry]:
    """Make a table of these, in this order. Raises NotRegistered where two have the same name."""
    table: dict[str, Entry] = {}
    for entry in entries:
        if entry.name in table:
            raise NotRegistered(f"{type(entry).__name__} {entry.name!r}: it is registered twice")
        table[entry.name] = entry
    return table
