"""The steps that bring a database to the tables of `models/`, whatever version made it.

A revision that has landed is never edited. `tables.py` compares a database with what its revision makes, and
`repairs.py` repairs those that were made before this rule.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, func, inspect, make_url, select, text, update

from worker import db, key_check, mirror, settings
from worker.column_types import CannotBeRead
from worker.migrations import tables
from worker.migrations.tables import Difference
from worker.models import AuditEvent, Base, Installation

_KEY_CHECKED_SINCE = "0010"  # the revision
UPGRADING = 1  # the key of our advisory lock; campaigns are locked with two keys, which never meet one


class WrongSchema(Exception):
    """The database does not have the tables of this version."""


class OlderSchema(WrongSchema):
    """An older version made it, or nobody yet: `upgrade` helps."""


class NewerSchema(WrongSchema):
    """It is at a revision that is not known here; the message is that revision."""


class OtherTables(WrongSchema):
    """Its tables are not those of the revision that it names; `upgrade` helps where this can be repaired."""

    def __init__(self, revision: str | None, differences: Sequence[Difference], *, repairable: bool) -> None:
        super().__init__(f"at {revision}: {'; '.join(map(str, differences))}")
        self.revision, self.differences, self.repairable = revision, differences, repairable


def upgrade() -> bool:
    """Bring the database to the newest revision and its tables; returns whether anything was to do.

    All or nothing, and safe to run twice at once: the second waits and then finds nothing to do. Raises NewerSchema
    and, for tables that cannot be repaired, OtherTables; WrongKey for a SECRET_KEY under which its rows are not.
    """
    from alembic import command

    newest = _newest()
    with alone() as connection, _wrong_key_told():
        revision = _known_revision(connection)
        if revision is not None and revision >= _KEY_CHECKED_SINCE:
            key_check.require(connection)
        repaired = _repair(connection, revision)
        if revision != newest:
            command.upgrade(tables.config(connection), "head")
        if revision is not None and revision < _KEY_CHECKED_SINCE and mirror.load_entries():
            # Its data folder has seen this version already: a dump of before was put back.
            last_event = select(func.max(AuditEvent.at)).scalar_subquery()
            told = {"restored_at": db.now(), "restored_by": "mirror ahead", "backup_of": last_event}
            connection.execute(update(Installation).values(told))
        key_check.claim(connection)
    return repaired or revision != newest


@contextmanager
def _wrong_key_told() -> Iterator[None]:
    """A row that cannot be read on the way means that the key is not the one with which it was written."""
    try:
        yield
    except CannotBeRead:
        raise key_check.WrongKey from None


@contextmanager
def alone() -> Iterator[Connection]:
    """A transaction in which nobody else changes the schema."""
    with db.engine().execution_options(writing=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.set_config("lock_timeout", "0", True)))
            connection.execute(select(func.pg_advisory_xact_lock(UPGRADING)))
        yield connection


def make_anew(connection: Connection, revision: str) -> None:
    """Put the empty tables of a revision in the place of ours, whatever those hold. Raises NewerSchema."""
    from alembic import command

    _known_revision(connection)
    Base.metadata.drop_all(connection)
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    command.upgrade(tables.config(connection), revision)


def bring_up(connection: Connection) -> None:
    """Bring tables that a transaction has made to the newest revision. Raises WrongKey."""
    from alembic import command

    with _wrong_key_told():
        command.upgrade(tables.config(connection), "head")


def is_known(revision: str) -> bool:
    """Whether this version can make the tables of a revision."""
    return revision in _known()


def is_current() -> bool:
    """Whether the database names the newest revision; its tables are not looked at."""
    with db.engine().connect() as connection:
        return _revisions(connection) == (_newest(),)


def check_revision() -> None:
    """Raise OlderSchema or NewerSchema unless the database names the newest revision; makes no database."""
    if _is_missing():
        raise OlderSchema
    with db.engine().connect() as connection:
        if _known_revision(connection) != _newest():
            raise OlderSchema


def check_tables() -> None:
    """Raise, as `check_revision` does, and OtherTables if the tables are not those of the newest revision."""
    check_revision()
    newest = _newest()
    with db.engine().connect() as connection:
        if found := tables.differences(connection, newest, newest):
            raise _other_tables(newest, found)


def _repair(connection: Connection, revision: str | None) -> bool:
    from worker.migrations import repairs

    if not (found := tables.differences(connection, revision, _newest())):
        return False
    if not repairs.are_known(found):
        raise OtherTables(revision, found, repairable=False)
    repairs.repair(connection, found)
    if left := tables.differences(connection, revision, _newest()):
        raise OtherTables(revision, left, repairable=False)
    return True


def _other_tables(revision: str, found: Sequence[Difference]) -> OtherTables:
    from worker.migrations import repairs

    return OtherTables(revision, found, repairable=repairs.are_known(found))


def _is_missing() -> bool:
    """Whether there is no SQLite file yet; to connect would make one."""
    url = make_url(settings.current().database)
    return url.get_backend_name() == "sqlite" and not Path((url.database or "").removeprefix("file:")).exists()


def _known_revision(connection: Connection) -> str | None:
    named = _revisions(connection)
    if len(named) > 1 or not set(named) <= set(_known()):
        raise NewerSchema(", ".join(sorted(named)))
    return named[0] if named else None


# Every command looks at the revision, and to import Alembic takes longer than that: its table and the names of its
# files are read without it. `tests/test_migrations.py` compares.
def _revisions(connection: Connection) -> tuple[str, ...]:
    if not inspect(connection).has_table("alembic_version"):
        return ()
    return tuple(connection.scalars(text("SELECT version_num FROM alembic_version")))


def _known() -> list[str]:
    """The revisions of this version, the newest last."""
    return sorted(file.name.partition("_")[0] for file in (Path(__file__).parent / "versions").glob("[0-9]*.py"))


def _newest() -> str:
    return _known()[-1]
