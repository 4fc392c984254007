"""Databases of every earlier version are brought up with their rows; what cannot be is refused, and left as it is."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import column, select, text, update
from sqlalchemy import table as sa_table
from typer.testing import CliRunner

from tests import schema, servers
from tests.conftest import A_SECRET_KEY
from tests.servers import TIMEOUT_S
from worker import broker, db, migrations, settings
from worker.cli import errors
from worker.cli.commands import app
from worker.cli.doctor import system
from worker.column_types import Encrypted, decrypt
from worker.mail import circuit_breaker
from worker.migrations import OlderSchema, WrongSchema, tables, unbound
from worker.migrations.unbound import Unbound
from worker.models import Base, Partner

TOP = Path(__file__).resolve().parent.parent
SHAPES = ["0001-1", "0001-2", "0002-1", "0002-2", "0002-3", "0003-1", "0003-2", "0004-1", "0004-by-every-step"]
TO_REPAIR = ["0001-1", "0002-1", "0002-2", "0003-1"]
SIGNED = ("--visibility", "public", "--representative", "Ada", "--role", "chair", "--note", "phone call", "--yes")
ONE_MORE_COLUMN = "ALTER TABLE campaign ADD COLUMN color TEXT"
FROM_THE_FUTURE = "UPDATE alembic_version SET version_num = '9999'"
ON_POSTGRESQL = pytest.mark.parametrize("empty_database", ["postgresql"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)


@pytest.fixture
def settled(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database without any table, and the key with which the shapes were made; no task is notified."""
    settings.set_for_this_process(secret_key=A_SECRET_KEY)
    monkeypatch.setattr(broker, "notify", lambda *_: None)
    return empty_database


def test_there_is_a_file_for_each_shape_and_dialect():
    names = {f"{shape}.{dialect}" for shape in SHAPES for dialect in ("sqlite", "postgresql")}
    assert {file.stem for file in schema.SHAPES.iterdir()} == names


@pytest.mark.parametrize(
    ("shape", "upgraded_before"), [(shape, False) for shape in SHAPES] + [(shape, True) for shape in TO_REPAIR]
)
def test_every_shape_is_brought_up_and_keeps_its_rows(settled, shape, upgraded_before, tmp_path):
    """Upgraded before: by a version that looked at the revision's number alone."""
    schema.load_shape(shape)
    if upgraded_before:
        _upgrade_by_number_alone("0004")
    before = schema.rows()

    migrations.upgrade()

    migrations.check_tables()
    assert not migrations.upgrade()
    _assert_kept(before, schema.rows())
    with db.transaction() as session:
        circuit_breaker.record_sweep(session)
        notes = session.scalars(select(Partner.note).order_by(Partner.id)).all()
        emails = session.scalars(select(Partner.email).order_by(Partner.id)).all()
    assert notes == ["met in Geneva", "", "écrit à l’été"]
    assert emails == [f"contact@{name}.rivers.example" for name in ("rw", "cc", "wwe")]
    assert '"signed": 1' in _types("status", "rivers", "--json")
    _types("sign", "rivers", "CC", *SIGNED)
    if settled == "sqlite":
        with db.engine().connect() as connection:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    assert schema.description(positions=False) == _of_an_empty_database(settled, tmp_path / "fresh")


def test_notes_that_were_plain_text_are_plain_nowhere_afterwards(settled, tmp_path):
    schema.load_shape("0004-by-every-step")
    migrations.upgrade()

    with db.engine().connect() as connection:
        kept = [bytes(note) for note in connection.scalars(text("SELECT note FROM partner"))]
    db.dispose()
    assert len(kept) == 3
    assert not any(b"Geneva" in note for note in kept)
    if settled == "sqlite":
        assert not any(b"met in Geneva" in file.read_bytes() for file in tmp_path.glob("undersigned.db*"))


@ON_SQLITE
def test_notes_that_a_later_version_encrypted_in_the_column_of_text_are_kept(settled):
    """SQLite takes binary values into a column of text; PostgreSQL refuses them."""
    schema.load_shape("0004-by-every-step")
    with db.transaction(even_restored=True) as session:  # which asks nothing of tables that are not there yet
        partner = sa_table("partner", column("id"), column("note", Unbound))
        session.execute(update(partner).where(partner.c.id == 2).values(note="by a later version"))

    migrations.upgrade()

    with db.reading() as session:
        notes = session.scalars(select(Partner.note).order_by(Partner.id)).all()
    assert notes == ["met in Geneva", "by a later version", "écrit à l’été"]


def test_from_the_first_landed_tables_migrate_helps_and_the_next_command_works(settled):
    schema.load_shape("0001-1")

    migrated, status = _program("migrate"), _program("status", "rivers")

    assert (migrated.returncode, migrated.stderr) == (0, "The database is at this version.\n")
    assert status.returncode == 0, status.stderr
    assert "signed (public)" in status.stdout


# --- What is refused


BROKEN: dict[str, tuple[str, list[str], str]] = {
    "a column that no revision makes": ("0004-1", [ONE_MORE_COLUMN], "column campaign.color is not of this revision"),
    "a column of another name": (
        "0004-1",
        ["ALTER TABLE partner RENAME COLUMN note TO remark"],
        "(column partner.note is missing, column partner.remark is not",
    ),
    "an index that is missing": ("0004-1", ["DROP INDEX uq_mail_living_letter"], "uq_mail_living_letter is missing"),
    "an index that is no longer unique": (
        "0004-1",
        ["DROP INDEX uq_answer_standing", "CREATE INDEX uq_answer_standing ON answer (partner_id)"],
        "unique index uq_answer_standing is missing",
    ),
    "a table that is missing": ("0004-1", ["DROP TABLE event"], "(table event is missing)"),
    "a table of a later revision": ("0001-2", ["CREATE TABLE post (id INTEGER)"], "table post is not of this rev"),
    "one that can be repaired, and another": ("0002-1", [ONE_MORE_COLUMN], "column campaign.color"),
    "no revision": ("0004-1", ["DELETE FROM alembic_version"], "says nothing of a version and is not empty"),
    "a newer revision": ("0004-1", [FROM_THE_FUTURE], "was made by a newer version (it is at 9999"),
    "two revisions": ("0004-1", ["INSERT INTO alembic_version VALUES ('0003')"], "it is at 0003, 0004"),
}
BROKEN_ON_POSTGRESQL: dict[str, tuple[str, list[str], str]] = {
    "a check that is missing": (
        "0004-1",
        ["ALTER TABLE answer DROP CONSTRAINT ck_answer_choice"],
        "constraint ck_answer_choice is missing",
    ),
    "a column of another type": (
        "0004-1",
        ["ALTER TABLE partner ALTER COLUMN sort_as TYPE bytea USING NULL"],
        "partner.sort_as is binary nullable and not text nullable",
    ),
    "a column that may not be empty any more": (
        "0004-1",
        ["ALTER TABLE partner ALTER COLUMN email_hmac SET NOT NULL"],
        "partner.email_hmac is binary not null and not binary nullable",
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_cannot_be_brought_up_is_refused_with_a_sentence(settled, broken):
    _assert_refused(*BROKEN[broken])


@pytest.mark.parametrize("broken", BROKEN_ON_POSTGRESQL)
@ON_POSTGRESQL
def test_constraints_types_and_nullability_are_compared_too(settled, broken):
    _assert_refused(*BROKEN_ON_POSTGRESQL[broken])


def test_tables_and_indexes_of_others_disturb_nobody(settled):
    schema.load_shape("0001-1")
    _execute("CREATE TABLE bookkeeping (id INTEGER)", "CREATE INDEX ix_by_hand ON partner (country)")

    assert migrations.upgrade()
    migrations.check_tables()


def test_to_look_makes_no_database(tmp_path):
    settings.set_for_this_process(data_dir=tmp_path / "var")

    with pytest.raises(OlderSchema):
        migrations.check_tables()

    assert not (tmp_path / "var" / "undersigned.db").exists()


# --- Who refuses


def _older() -> None:
    schema.load_shape("0003-2")


def _newer() -> None:
    migrations.upgrade()
    _execute(FROM_THE_FUTURE)


def _repairable() -> None:
    schema.load_shape("0004-1")
    migrations.upgrade()
    _execute("ALTER TABLE partner DROP COLUMN quiet_at")


def _broken() -> None:
    migrations.upgrade()
    _execute(ONE_MORE_COLUMN)


STATES = [
    (_older, "The database is not at this version: `undersigned migrate`"),
    (_newer, "The database was made by a newer version"),
    (_repairable, "`undersigned migrate` repairs it"),
    (
        _broken,
        "campaign.color is not of this revision): nothing was changed; restore a backup, or repair that yourself",
    ),
]


@pytest.mark.parametrize(
    ("empty_database", "state", "words"),
    [*(("postgresql", *state) for state in STATES if state[0] is not _repairable), ("sqlite", *STATES[2])],
    indirect=["empty_database"],
)
def test_no_process_starts_on_tables_that_are_not_its_own(settled, state, words):
    state()

    port = str(servers.free_port())
    started = [_start("web", "--port", port), _start("worker", **IN_PRODUCTION), _start("beat", **IN_PRODUCTION)]

    for process in map(_ended, started):
        assert process.returncode == 1, process.stderr
        assert words in process.stderr
        assert process.stderr.count("\n") == 1, process.stderr


@ON_SQLITE
@pytest.mark.parametrize(("state", "words"), [STATES[1], STATES[3]])
def test_everything_in_one_process_does_not_start_either(settled, state, words):
    state()
    before = schema.description(), schema.rows()

    up = _program("up", "--port", str(servers.free_port()))

    assert (up.returncode, up.stdout) == (1, "")
    assert words in up.stderr
    assert up.stderr.count("\n") == 1
    assert (schema.description(), schema.rows()) == before


@ON_SQLITE
def test_everything_in_one_process_migrates_by_itself(settled, tmp_path):
    schema.load_shape("0001-1")

    typed = [sys.executable, "-m", "worker", "up", "--port", str(servers.free_port())]
    up = servers.Process(typed, tmp_path / "up.log", cwd=TOP)
    servers.wait_for(partial(_says, up, "is up"), up)

    assert up.end(signal.SIGTERM) == 0
    migrations.check_tables()


@pytest.mark.parametrize(("state", "words"), STATES[:3])
def test_a_command_says_what_helps_instead_of_a_traceback(settled, state, words):
    """It looks at the number of the revision alone; when other tables make it fail, they are told and not the error."""
    state()

    status = _program("status", "rivers", **IN_PRODUCTION)

    assert (status.returncode, status.stdout) == (1, "")
    assert words in status.stderr
    assert status.stderr.count("\n") == 1


MENDS = [
    (_older, "`undersigned migrate`"),
    (_newer, "install that version, or set UNDERSIGNED_DATABASE_URL to another database"),
    (_repairable, "`undersigned migrate` repairs it"),
]


@pytest.mark.parametrize(("state", "mend"), MENDS)
def test_the_doctor_finds_it_too(settled, state, mend):
    settings.set_for_this_process(**{name.lower(): value for name, value in IN_PRODUCTION.items()})
    state()

    note = list(system.database())[-1]

    assert (note.verdict, note.fix) == ("failed", mend)
    assert "its tables do not belong to this version" in note.found


def test_a_process_waits_for_a_database_that_is_away_and_then_looks(own_postgres, tmp_path):
    settings.set_for_this_process(database_url=own_postgres.url(), data_dir=tmp_path, secret_key=A_SECRET_KEY)
    _older()
    db.dispose()
    own_postgres.kill()
    environment = os.environ | {settings.PREFIX + name: value for name, value in IN_PRODUCTION.items()}
    waiting = [
        servers.Process([sys.executable, "-m", "worker", name], tmp_path / f"{name}.log", env=environment, cwd=TOP)
        for name in ("worker", "beat")
    ]
    for process in waiting:
        servers.wait_for(partial(_says, process, "waiting for it"), process)

    own_postgres.restart()

    for process in waiting:
        assert process.popen.wait(60) == 1
        assert "The database is not at this version" in process.log.read_text()
        assert process.log.read_text().count("waiting for it") == 1


def _says(process: servers.Process, words: str) -> bool:
    return words in process.log.read_text()


IN_PRODUCTION = {"BROKER_URL": "redis://127.0.0.1:1/0", "SMTP_URL": "smtp://127.0.0.1:1"}


def _start(*words: str, **values: str) -> subprocess.Popen[str]:
    environment = os.environ | {settings.PREFIX + name: value for name, value in values.items()}
    typed = [sys.executable, "-m", "worker", *words]
    return subprocess.Popen(
        typed,
        env=environment,
        cwd=TOP,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )


def _ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """What a process said until it ended by itself; one that goes on is ended after a while."""
    try:
        stdout, stderr = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def _program(*words: str, **values: str) -> subprocess.CompletedProcess[str]:
    return _ended(_start(*words, **values))


def _types(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def _upgrade_by_number_alone(revision: str) -> None:
    with db.engine().execution_options(writing=True).begin() as connection:
        command.upgrade(tables.config(connection), revision)


def _execute(*statements: str) -> None:
    with db.engine().execution_options(writing=True).begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def _assert_refused(shape: str, statements: list[str], words: str) -> None:
    schema.load_shape(shape)
    _execute(*statements)
    before = schema.description(), schema.rows()

    with pytest.raises(WrongSchema):
        migrations.check_tables()
    with pytest.raises(WrongSchema) as refused:
        migrations.upgrade()

    said = errors.sentence(refused.value)
    assert said is not None
    assert words in said
    assert "\n" not in said
    assert (schema.description(), schema.rows()) == before


def _assert_kept(before: dict[str, list[dict[str, Any]]], after: dict[str, list[dict[str, Any]]]) -> None:
    """Every value is as it was, but for two columns that are repaired, what is encrypted, and the revision's number.

    Mails have the number of their campaign in their key, where its name was.
    """
    for table in before.keys() - {"alembic_version"}:
        columns = Base.metadata.tables[table].columns
        changed = {one.name for one in columns if isinstance(one.type, Encrypted)}
        changed |= {"failures"} if table == "post" else set()
        for old, new in zip(before[table], after[table], strict=True):
            for name in changed & old.keys() - {"note", "failures"}:
                kind = columns[name].type
                assert isinstance(kind, Encrypted)
                if old[name] is None:
                    assert new[name] is None
                else:
                    assert decrypt(kind.name, new[kind.bound_by], new[name]) == unbound.decrypt(kind.name, old[name])
        same = before[table][0].keys() - changed if before[table] else set()
        kept = [{name: row[name] for name in same} for row in after[table]]
        expected = [{name: row[name] for name in same} for row in before[table]]
        if table == "mail":
            for row in expected:
                row["key"] = row["key"].replace("rivers/", "campaign-1/", 1)
        assert kept == expected


_described: dict[str, set[str]] = {}


def _of_an_empty_database(dialect: str, folder: Path) -> set[str]:
    """How the server describes the tables that an upgrade makes of nothing."""
    if dialect not in _described:
        folder.mkdir()
        db.dispose()
        if dialect == "sqlite":
            servers.fresh_sqlite(folder)
            settings.set_for_this_process(data_dir=folder)
            _described[dialect] = schema.description(positions=False)
        else:
            with servers.fresh_postgresql() as url:
                settings.set_for_this_process(database_url=url)
                _described[dialect] = schema.description(positions=False)
                db.dispose()
    return _described[dialect]
