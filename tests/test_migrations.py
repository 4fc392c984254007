"""The steps of `worker/migrations/` lead from an empty database to the tables of `models.py`, and nowhere else."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, MetaData, event, func, inspect, select, text

from tests import servers
from tests import test_web_cast as cast
from worker import db, migrations, settings
from worker.acts import answer, receipts
from worker.acts.answer import Statement
from worker.models import Answer, Base, Mail

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


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, as the settings of this process and its children name it."""
    url = request.getfixturevalue("empty_postgres_url") if request.param == "postgresql" else ""
    settings.set_for_this_process(data_dir=tmp_path, database_url=url)
    yield request.param
    db.dispose()


def test_an_empty_database_upgraded_has_the_tables_of_the_models(empty_database, tmp_path):
    migrations.upgrade()
    upgraded = _description()

    with _another(empty_database) as url:
        db.dispose()
        settings.set_for_this_process(data_dir=tmp_path / "models", database_url=url)
        Base.metadata.create_all(db.engine())
        made_by_models = _description()

    assert upgraded == made_by_models
    assert any("uq_mail_living_letter" in line for line in made_by_models)


def test_a_database_is_current_once_it_is_upgraded_and_then_nothing_is_left_to_do(empty_database):
    assert not migrations.is_current()
    assert migrations.upgrade()
    assert migrations.is_current()
    assert not migrations.upgrade()


def test_two_processes_that_upgrade_at_once_do_no_harm(empty_database):
    upgrade = "import alembic.command; from worker import migrations; input(); migrations.upgrade()"
    running = [_python(upgrade) for _ in range(2)]
    for process in running:
        assert process.stdin
        process.stdin.write("now\n")
        process.stdin.flush()

    assert [process.communicate()[1] for process in running] == ["", ""]
    assert [process.returncode for process in running] == [0, 0]
    assert migrations.is_current()


def test_an_upgrade_waits_for_the_one_that_is_under_way(empty_database):
    with ThreadPoolExecutor(1) as other:
        with db.transaction() as session:
            session.connection()
            if empty_database == "postgresql":
                session.execute(select(func.pg_advisory_xact_lock(migrations.UPGRADING)))
            waiting = other.submit(migrations.upgrade)
            with pytest.raises(TimeoutError):
                waiting.result(1)
        assert waiting.result(20)


def test_an_upgrade_that_fails_leaves_nothing_behind(empty_database):
    with _fails_at(db.engine(), "CREATE TABLE event"), pytest.raises(PowerCut):
        migrations.upgrade()

    assert inspect(db.engine()).get_table_names() == []
    assert migrations.upgrade()


def test_campaigns_can_be_locked_while_a_database_is_upgraded(empty_database):
    migrations.upgrade()
    with db.transaction() as session:
        db.campaign_lock(session, migrations.UPGRADING, "exclusive")
        if empty_database == "postgresql":
            with db.engine().begin() as other:
                free = text("SELECT pg_try_advisory_xact_lock(:key)")
                assert other.scalar(free, {"key": migrations.UPGRADING})


def test_a_database_with_answers_and_mails_is_brought_on_and_keeps_them(empty_database, tmp_path):
    """SQLite changes no constraint; to make the table anew would take the answers from under their mails."""
    _upgrade_to("0002")
    known = MetaData()
    known.reflect(db.engine())
    with _another(empty_database) as url:
        db.dispose()
        before = settings.current().database_url
        settings.set_for_this_process(data_dir=tmp_path / "source", database_url=url)
        migrations.upgrade()
        with db.transaction() as session:
            campaign = cast.a_campaign(session)
            answer.decline(session, campaign.partners[0].id, Statement(reason="no"))
            cast.signs(session, campaign.partners[0])
            receipts.put_receipts(session, campaign.id)
        with db.reading() as session:
            rows = {
                t.name: [dict(r._mapping) for r in session.execute(t.select())] for t in Base.metadata.sorted_tables
            }
        db.dispose()
        settings.set_for_this_process(data_dir=tmp_path, database_url=before)
    with db.engine().execution_options(writing=True).begin() as connection:
        for table in (one for one in Base.metadata.sorted_tables if one.name in known.tables):
            columns = [column for column in table.columns if column.name in known.tables[table.name].columns]
            for row in rows[table.name] if table.name != "post" else []:
                connection.execute(table.insert().values({column: row[column.name] for column in columns}))
            if empty_database == "postgresql" and table.name in {"answer", "event", "mail"}:
                connection.execute(text(f"ALTER SEQUENCE {table.name}_id_seq RESTART WITH 1000"))
    migrations.upgrade()
    with db.transaction() as session:
        kept = session.scalars(select(Answer).order_by(Answer.id)).all()
        assert [(one.choice, one.reason, one.passage) for one in kept] == [
            ("decline", "no", None),
            ("sign", cast.SOPHEA.reason, None),
        ]
        assert session.scalars(select(Mail.answer_id)).all() == [kept[1].id]
        if empty_database == "sqlite":
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        answer.ask_for_a_change(session, kept[0].partner_id, Statement(reason="softer"), generation=None)


def _upgrade_to(revision: str) -> None:
    with db.engine().execution_options(writing=True).begin() as connection:
        command.upgrade(migrations._config(connection), revision)


def _python(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class PowerCut(Exception):
    pass


class _fails_at:
    """While inside, a statement that begins so is not reached."""

    def __init__(self, engine: Engine, beginning: str) -> None:
        self._engine, self._beginning = engine, beginning

    def __enter__(self) -> None:
        event.listen(self._engine, "before_cursor_execute", self._look)

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._look)

    def _look(self, connection: Connection, cursor: Any, statement: str, *_: object) -> None:
        if statement.strip().startswith(self._beginning):
            raise PowerCut


def _another(dialect: str) -> contextlib.AbstractContextManager[str]:
    return servers.fresh_postgresql(migrated=False) if dialect == "postgresql" else contextlib.nullcontext("")


def _description() -> set[str]:
    """What the server itself says of every column, constraint and index, Alembic's own table left out."""
    with db.engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            return set(_sqlite_tells(connection))
        told = {f"{what}: {row}" for what, query in POSTGRESQL_TELLS.items() for row in connection.execute(text(query))}
        return {line for line in told if "alembic_version" not in line}


def _sqlite_tells(connection: Connection) -> Iterator[str]:
    """Each column and index, and the constraints as they were declared, which may come in any order."""
    for name, kind, sql in connection.execute(text("SELECT name, type, sql FROM sqlite_master WHERE sql IS NOT NULL")):
        if name == "alembic_version":
            continue
        if kind == "index":
            yield f"{name}: {sql}"
            continue
        yield from (f"{name}: {column}" for column in connection.execute(text(f"PRAGMA table_info({name})")))
        lines = (line.strip().rstrip(",") for line in sql.splitlines())
        # A column that was added later stands behind the last constraint, on its line.
        yield from (f"{name}: {re.sub(_ADDED, '', line)}" for line in lines if line.startswith("CONSTRAINT"))


_ADDED = re.compile(r"(?:, \w+ (?:DATETIME|INTEGER))+$")
