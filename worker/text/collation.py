"""By what names are sorted from A to Z, as people read them: the Unicode Collation Algorithm."""

# mypy: allow-untyped-calls
import functools
import re
import threading
from typing import Any


@functools.lru_cache(maxsize=20_000)
def sort_key(name: str) -> tuple[int, ...]:
    """What a name is compared by: its letters, then accents, then case; an apostrophe comes before letters."""
    with _one_at_a_time:  # the table is read while it is used
        return tuple(_collator().sort_key(name))


def sort_bytes(name: str, country: str) -> bytes:
    """The same as bytes, for a database: of two of one name the country decides, letter by letter."""
    weights = b"".join(weight.to_bytes(2, "big") for weight in sort_key(name))  # none needs more than two bytes
    return weights + b"\0\0" + country.encode()


_one_at_a_time = threading.Lock()


@functools.lru_cache(maxsize=1)
def _collator() -> Any:
    """pyuca's collator, which reads a row of its table once a name needs it.

    Names need a few dozen of its 31,000 rows, and to read them all takes as long as all else that `status` does.
    """
    from pyuca.collator import COLL_ELEMENT_PATTERN, Collator
    from pyuca.trie import Trie
    from pyuca.utils import hexstrings2int

    class Table(Trie):
        def __init__(self, unread: dict[str, str]) -> None:
            super().__init__()
            self.unread = unread

        def find_prefix(self, key: list[int]) -> Any:
            rows = self.unread.pop(f"{key[0]:04X}", "") if key else ""
            for row in rows.splitlines():
                characters, weights = row.split("#", 1)[0].split(";", 1)
                elements = [hexstrings2int(found) for found in COLL_ELEMENT_PATTERN.findall(weights)]
                self.add(hexstrings2int(characters.split()), elements)
            return super().find_prefix(key)

    class ReadsWhatIsNeeded(Collator):
        def load(self, filename: str) -> None:
            unread: dict[str, str] = {}  # rows, by the first character that they are about
            with open(filename, encoding="utf-8") as rows:
                for row in rows:
                    first = row.partition(" ")[0]
                    unread[first] = unread.get(first, "") + row
            for row in unread.pop("@implicitweights", "").splitlines():
                self.implicit_weights.append(hexstrings2int(re.findall(r"\b[0-9A-F]+\b", row.split("#")[0])))
            self.table = Table(unread)

    return ReadsWhatIsNeeded()
