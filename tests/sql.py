"""The SQL that the program runs, as its driver is given it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from worker import db


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


def plans(act: Callable[[Session], object], begins: str) -> str:
    """How the database would read the rows for what an act does with statements that begin so."""
    given: list[tuple[str, Any]] = []

    def note(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        given.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with db.transaction() as session:
            act(session)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    with db.transaction() as session:
        connection = session.connection()
        explain = "EXPLAIN QUERY PLAN" if db.is_sqlite(session) else "EXPLAIN"
        if not db.is_sqlite(session):
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # a table of a page is read as a whole
        asked = [one for one in given if one[0].startswith(begins)]
        return "\n".join(str(connection.exec_driver_sql(f"{explain} {one}", values).all()) for one, values in asked)
