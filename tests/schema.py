"""What a server itself says of its tables, and the tables that older versions of the program made.

`tests/shapes/` has a file for each shape that revisions 0001 to 0004 ever had on the main branch, and for each dialect.
Each was made by the commit that changed a revision (or the first one after it that ran): `migrate`, `launch` of a
campaign with three partners, the tasks `invite` and `record`, and `sign`, each as it was then, on an empty database;
then sqlite3's `iterdump`, and `pg_dump --inserts` with IN in its checks again, which PostgreSQL prints otherwise each
time it reads them. `0004-by-every-step` was made by the first of them and migrated by each of the others in turn. The
secret key was that of `conftest.py`.
"""

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, MetaData, text

from tests import servers
from worker import db, settings

SHAPES = Path(__file__).resolve().parent / "shapes"
# Alembic's own comparison missed a partial index and a check constraint: so the servers' words are compared.
POSTGRESQL_TELLS = {
    "columns": """
        SELECT c.relname || '.' || a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
               a.attidentity, pg_get_expr(d.adbin, d.adrelid)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    """,
    "constraints": """
        SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    """,
    "indexes": """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
        JOIN pg_class c ON c.oid = indrelid WHERE c.relnamespace = 'public'::regnamespace
    """,
    "sequences": "SELECT sequencename, data_type::text, increment_by FROM pg_sequences",
}


def load_shape(name: str) -> None:
    """Fill the database of this process's settings, which has no table yet."""
    if settings.current().database_url:
        with psycopg.connect(servers.plain(settings.current().database), autocommit=True) as server:
            server.execute((SHAPES / f"{name}.postgresql.sql").read_bytes())
        return
    settings.current().data_dir.mkdir(exist_ok=True)
    connection = sqlite3.connect(settings.current().data_dir / "undersigned.db")
    connection.executescript((SHAPES / f"{name}.sqlite.sql").read_text())
    connection.close()


def rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, by table and in the order of their ids, as the server has it."""
    metadata = MetaData()
    with db.engine().connect() as connection:
        metadata.reflect(connection)
        return {
            name: [dict(row._mapping) for row in connection.execute(table.select().order_by(*table.primary_key))]
            for name, table in metadata.tables.items()
        }


def description(*, positions: bool = True) -> set[str]:
    """What the server itself says of every column, constraint and index, Alembic's own table left out.

    Without positions: the place of a column among the others is left out.
    """
    with db.engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            return set(_sqlite_tells(connection, positions))
        told = {(what, *row) for what, query in POSTGRESQL_TELLS.items() for row in connection.execute(text(query))}
    if not positions:
        told = {(what, name, *rest[what == "columns" :]) for what, name, *rest in told}
    return {line for line in map(str, told) if "alembic_version" not in line}


def _sqlite_tells(connection: Connection, positions: bool) -> Iterator[str]:
    """Each column and index, and the constraints as they were declared, which may come in any order."""
    for name, kind, sql in connection.execute(text("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL")):
        if name == "alembic_version":
            continue
        if kind == "index":
            yield f"{name}: {sql}"
            continue
        columns = connection.execute(text(f"PRAGMA table_info({name})"))
        yield from (f"{name}: {tuple(column)[not positions :]}" for column in columns)
        for column, constraint, refers_to in _ADDED_REFERENCE.findall(sql):
            yield f"{name}: CONSTRAINT {constraint} FOREIGN KEY({column}) REFERENCES {refers_to}"
        lines = (line.strip().rstrip(",") for line in _ADDED_REFERENCE.sub("", sql).splitlines())
        # A column that was added later stands behind the last constraint, on its line.
        yield from (f"{name}: {re.sub(_ADDED, '', line)}" for line in lines if line.startswith("CONSTRAINT"))


_ADDED = re.compile(r"(?:, \w+ (?:DATETIME|INTEGER)(?: DEFAULT '0' NOT NULL)?)+\)?$")
_ADDED_REFERENCE = re.compile(r", (\w+) INTEGER CONSTRAINT (\w+) REFERENCES (\w+ \(\w+\))")
