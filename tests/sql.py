"""The SQL that the program runs, as its driver is given it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that the driver is given meanwhile; an executemany is one.

    But for the look whether everything stands still, which pages share for a moment.
    """
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        if "FROM installation WHERE" not in statement:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)
