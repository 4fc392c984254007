"""Rows as lines that each database reads, whichever wrote them: every value exactly as it is kept, still encrypted."""

import base64
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    cast,
    column,
    insert,
    select,
    table,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from worker.column_types import Moment

AT_ONCE = 100  # rows; each may hold a sealed letter
_KINDS: list[tuple[type[TypeEngine[Any]], str]] = [
    *((LargeBinary, "bytes"), (DateTime, "moment"), (JSON, "json"), (Boolean, "bool"), (Integer, "int")),
    (String, "text"),
]
_TYPES: dict[str, TypeEngine[Any]] = {
    "bytes": LargeBinary(),
    "moment": Moment(),
    "json": Text(),
    "bool": Boolean(),
    "int": Integer(),
    "text": Text(),
}
Columns = Mapping[str, str]  # of a table: the kind of each column, by its name


def columns_of(table: Table) -> dict[str, str]:
    """What kind of values each column of a table holds."""
    return {one.name: _kind(one.type) for one in table.columns}


def _kind(type_: TypeEngine[Any]) -> str:
    plain = type_.impl_instance if isinstance(type_, TypeDecorator) else type_
    return next(kind for family, kind in _KINDS if isinstance(plain, family))


def read_rows(connection: Connection, table: Table) -> Iterator[bytes]:
    """Each row as a line of JSON, in the order of their numbers."""
    kinds = columns_of(table)
    asked = [_raw(one, kinds[one.name], connection.dialect).label(one.name) for one in table.columns]
    statement = select(*asked).order_by(*table.primary_key)
    for row in connection.execute(statement, execution_options={"yield_per": AT_ONCE}):
        told = {name: _told(kinds[name], value) for name, value in row._mapping.items() if value is not None}
        yield json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _raw(column: ColumnElement[Any], kind: str, dialect: Dialect) -> ColumnElement[Any]:
    """A column as it is kept: never decrypted, and JSON in the letters in which it was written."""
    if kind == "json" and dialect.name != "sqlite":
        return cast(column, Text)
    return type_coerce(column, _TYPES[kind])


def write_rows(connection: Connection, name: str, columns: Columns, lines: Iterator[bytes]) -> int:
    """Insert the rows of a table; how many they are."""
    kept = table(name, *(column(one, _TYPES[kind]) for one, kind in columns.items()))
    values = {one: _bound(one, kind, connection.dialect) for one, kind in columns.items()}
    statement, number = insert(kept).values(values), 0
    rows: list[dict[str, Any]] = []
    for line in lines:
        told = json.loads(line)
        rows.append({_parameter(one): _read(kind, told.get(one)) for one, kind in columns.items()})
        if len(rows) == AT_ONCE:
            connection.execute(statement, rows)
            rows.clear()
        number += 1
    if rows:
        connection.execute(statement, rows)
    return number


def _bound(name: str, kind: str, dialect: Dialect) -> ColumnElement[Any]:
    bound = bindparam(_parameter(name), type_=_TYPES[kind])
    return cast(bound, JSON) if kind == "json" and dialect.name != "sqlite" else bound


def _parameter(column: str) -> str:
    return f"{column}_"


def _told(kind: str, value: Any) -> Any:
    if kind == "bytes":
        return base64.b64encode(value).decode()
    if kind == "moment":
        return value.isoformat()
    return value


def _read(kind: str, told: Any) -> Any:
    if told is None:
        return None
    if kind == "bytes":
        return base64.b64decode(told, validate=True)
    if kind == "moment":
        return datetime.fromisoformat(told).astimezone(UTC)
    return told
