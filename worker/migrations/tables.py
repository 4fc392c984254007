"""Which tables a database has and which its revision makes, compared by names, families of types, and nullability."""

import functools
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.types import TypeEngine

if TYPE_CHECKING:
    from alembic.config import Config

_FAMILIES = {bool: "boolean", bytes: "binary", datetime: "time", dict: "JSON", int: "integer", str: "text"}
_ALEMBICS_OWN = "alembic_version"


class Part(NamedTuple):
    """A table, or a column, index or constraint of one."""

    kind: str
    table: str
    name: str = ""

    def __str__(self) -> str:
        where = f"{self.table}.{self.name}" if self.kind == "column" else self.name or self.table
        return f"{self.kind} {where}"


class Difference(NamedTuple):
    """A part that is not as its revision makes it; `found` or `expected` is None where there is no such part."""

    part: Part
    found: str | None
    expected: str | None

    def __str__(self) -> str:
        if self.found is None:
            return f"{self.part} is missing"
        if self.expected is None:
            return f"{self.part} is not of this revision"
        return f"{self.part} is {self.found} and not {self.expected}"


Description = dict[Part, str]  # a column's family of types and nullability; empty for every other part


def differences(connection: Connection, revision: str | None, newest: str) -> list[Difference]:
    """How the tables of this database differ from those that its revision makes; reads only.

    Tables and plain indexes that no revision makes are somebody else's and disturb nobody.
    """
    expected, known = expected_tables(revision), expected_tables(newest)
    found = _describe(connection, {part.table for part in [*expected, *known]})
    tables = {part.table for part in expected if part.kind == "table"}
    parts = [part for part in [*expected, *(found.keys() - expected.keys())] if _counts(part, found, tables)]
    ours = [part for part in parts if part in expected or part in known or part.kind not in {"table", "index"}]
    wrong = [Difference(part, found.get(part), expected.get(part)) for part in ours]
    return sorted(one for one in wrong if one.found != one.expected)


def _counts(part: Part, found: Description, tables: set[str]) -> bool:
    """Of a table that is missing as a whole, or too much, only the table is told."""
    return part.kind == "table" or (part.table in tables and Part("table", part.table) in found)


@functools.lru_cache
def expected_tables(revision: str | None) -> Description:
    """What the revisions up to this one make of an empty database: they are run on one in memory."""
    if revision is None:
        return {}
    from alembic import command

    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            command.upgrade(config(connection), revision)
            return _describe(connection)
    finally:
        engine.dispose()


def config(connection: Connection | None = None) -> "Config":
    """How Alembic finds the revisions, and the connection on which it is to run them."""
    from alembic.config import Config

    made = Config(attributes={"connection": connection})
    made.set_main_option("script_location", "worker:migrations")
    return made


def _describe(connection: Connection, only: Collection[str] | None = None) -> Description:
    inspector = inspect(connection)
    names = [name for name in inspector.get_table_names() if name != _ALEMBICS_OWN and (only is None or name in only)]
    if not names:
        return {}
    described = {Part("table", name): "" for name in names}
    for (_, table), columns in inspector.get_multi_columns(filter_names=names).items():
        for column in columns:
            null = "nullable" if column["nullable"] else "not null"
            described[Part("column", table or "", column["name"])] = f"{_family(column['type'])} {null}"
    for (_, table), indexes in inspector.get_multi_indexes(filter_names=names).items():
        for index in indexes:
            if "duplicates_constraint" not in index:
                kind = "unique index" if index["unique"] else "index"
                described[Part(kind, table or "", str(index["name"]))] = ""
    for found in (
        inspector.get_multi_check_constraints(filter_names=names),
        inspector.get_multi_unique_constraints(filter_names=names),
        inspector.get_multi_foreign_keys(filter_names=names),
    ):
        described |= dict.fromkeys(_constraints(found), "")
    return described


def _constraints(found: Any) -> Iterator[Part]:
    for (_, table), constraints in found.items():
        yield from (
            Part("constraint", table, constraint["name"] or _by_convention(table, constraint))
            for constraint in constraints
        )


def _by_convention(table: str, reference: Any) -> str:
    """The name of a foreign key that SQLite declares beside its column: reflection does not read it there."""
    return f"fk_{table}_{'_'.join(reference['constrained_columns'])}"


def _family(kind: TypeEngine[Any]) -> str:
    """A word for all types that hold the same: SQLite and PostgreSQL call them differently."""
    try:
        return _FAMILIES.get(kind.python_type) or str(kind)
    except NotImplementedError:
        return str(kind)
