"""Tables in which a thing is declared once, by its name: kinds of mail, languages, formats, keys, choices."""

from typing import TypeVar

Entry = TypeVar("Entry")


class NotRegistered(LookupError):
    """Something is registered by half, or not at all; the message names each, and what it lacks."""


def by_name(*entries: Entry, key: str = "name") -> dict[str, Entry]:
    """Make a table of these, in this order. Raises NotRegistered where two have the same name."""
    table: dict[str, Entry] = {}
    for entry in entries:
        name = getattr(entry, key)
        if name in table:
            raise NotRegistered(f"{type(entry).__name__} {name!r}: it is registered twice")
        table[name] = entry
    return table
