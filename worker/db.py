"""The database: transactions, its clock, the campaign's lock, per dialect."""

import contextlib
import functools
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    ExceptionContext,
    Insert,
    Integer,
    Row,
    Select,
    TextualSelect,
    bindparam,
    create_engine,
    event,
    exists,
    func,
    insert,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlalchemy.sql.functions import FunctionElement

from worker import journal, settings
from worker.column_types import Moment
from worker.models import Base, Campaign, CodeHolder, Installation, Member, Partner, ThirdPartyAddress

WORKER_LOCK_TIMEOUT = "30s"  # for the campaign alone, behind the answers that were there before
DATABASE_UNAVAILABLE = (
    OperationalError,
    InterfaceError,
    InternalError,
    NoConnection,
)  # what is raised while the database cannot be asked
IDLE = 1.0  # seconds


class Restored(Exception):
    """The database was put back from a backup: nothing is changed until a person has looked (`resume --restored`)."""


CONNECTIONS = 10  # of one process, and as many more for a moment
CAMPAIGN_LOCKS = 0x756E64  # the class of our advisory locks among those of other programs
CODE_LOCKS: dict[type[CodeHolder], int] = {Partner: 0x756E65, ThirdPartyAddress: 0x756E66, Member: 0x756E67}

LOCK_TIMEOUT = "3s"  # what a page waits for a lock at most
SQLITE_TIMEOUT_S = 10  # for the one who writes

_CONNECT_ARGS = {
    "connect_timeout": 3,
    # A page that waits for a lock is refused calmly rather than hanging with everybody behind it; a
    # process that stopped in the middle of a transaction loses it.
    "options": f"-c lock_timeout={LOCK_TIMEOUT} -c idle_in_transaction_session_timeout=60s",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}


@functools.lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine of this process; nothing connects until the first transaction."""
    url = settings.current().database
    if url.startswith("sqlite"):
        settings.current().data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not settings.current().database_url:
            _make_private(settings.current().data_dir / "undersigned.db")
        made = create_engine(url, hide_parameters=True, connect_args={"timeout": SQLITE_TIMEOUT_S})
        event.listen(made, "connect", _prepare_sqlite)
        event.listen(made, "begin", _begin_sqlite)
        return made
    made = create_engine(
        url,
        hide_parameters=True,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=3,
        connect_args=_CONNECT_ARGS,
    )
    event.listen(made, "handle_error", _leave_out_values)
    event.listen(made, "checkin", _note_the_time)
    event.listen(made, "checkout", functools.partial(_look_whether_it_lives, made))
    return made


@functools.lru_cache(maxsize=1)
def _writing_engine() -> Engine:
    """The same, for transactions that write: to make its options takes longer than to begin one."""
    return engine().execution_options(writing=True)


def _make_private(database: Path) -> None:
    """Make SQLite's file its owner's only (0600); SQLite gives the files beside it the same mode."""
    with contextlib.suppress(OSError):  # what is wrong with the file or its folder, SQLite says when it connects
        os.close(os.open(database, os.O_RDWR | os.O_CREAT, 0o600))
        for file in (database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))):
            file.chmod(0o600)


def dispose(*, close: bool = True) -> None:
    """Forget the engine: after a fork (close=False: the connections are the parent's) or changed settings."""
    _writing_engine.cache_clear()
    for one in (engine, autocommit_engine):
        if one.cache_info().currsize:
            one().dispose(close=close)
        one.cache_clear()


class _Writing(Session):
    """A session whose commit writes into the journal what it takes away."""


event.listen(_Writing, "before_flush", journal.collect_changes)
event.listen(_Writing, "after_rollback", journal.forget_noted)


@event.listens_for(_Writing, "before_commit")
def _journal_what_is_taken(session: Session) -> None:
    session.flush()
    noted, later = journal.take_noted(session, shows_more=False), session.info.get("journal")
    if not noted and not later:
        return
    whose: Sequence[Any] = (session.info.get("installation"), None)
    if None in {whose[0], *(at for *_, at in (*noted, *(later or ())))}:
        whose = session.execute(select(Installation.number, now())).one_or_none() or (None, None)
    session.info["journal of"] = whose
    _append(whose, noted)


@event.listens_for(_Writing, "after_commit")
def _journal_what_is_given(session: Session) -> None:
    if noted := journal.take_noted(session, shows_more=True):
        _append(session.info["journal of"], noted)


def _append(whose: Sequence[Any], noted: Sequence[tuple[Any, ...]]) -> None:
    """Write lines into the journal of an installation, those without a moment with the one beside its number."""
    installation, moment = whose
    if installation is not None and noted:
        lines = [journal.Line(at or moment, *said) for *said, at in noted]
        journal.append(installation, lines)


@contextmanager
def transaction(*, even_restored: bool = False) -> Iterator[Session]:
    """A session that writes: committed at the end, rolled back on any exception.

    On SQLite it begins IMMEDIATE, so that what it reads cannot change before it writes. Raises Restored where the
    database stands still because it was put back from a backup, unless what is written is right `even_restored`.
    """
    with _Writing(_writing_engine(), expire_on_commit=False) as session, session.begin():
        if not even_restored and (found := session.execute(_INSTALLATION).one_or_none()) is not None:
            session.info["installation"], restored_at = found
            if restored_at is not None:
                raise Restored
        yield session


_INSTALLATION = select(Installation.number, Installation.restored_at)


def is_running() -> ColumnElement[bool]:
    """Whether the database does not stand still, as a condition in SQL."""
    return ~exists().where(Installation.restored_at.is_not(None))


@contextmanager
def reading() -> Iterator[Session]:
    """A session that only reads, and keeps no writer waiting."""
    with Session(engine(), expire_on_commit=False) as session:
        yield session


def read_autocommit(statement: Select[*tuple[Any, ...]] | TextualSelect, **values: Any) -> Sequence[Row[Any]]:
    """The rows of one statement, in one round trip: no transaction, nothing looked at before.

    A connection that died meanwhile is tried once more, on another.
    """
    try:
        return _read_autocommit(statement, values)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        return _read_autocommit(statement, values)


def _read_autocommit(statement: Select[*tuple[Any, ...]] | TextualSelect, values: dict[str, Any]) -> Sequence[Row[Any]]:
    with autocommit_engine().connect() as connection:
        return connection.execute(statement, values).all()


@functools.lru_cache(maxsize=1)
def autocommit_engine() -> Engine:
    """A few connections that only read, each statement by itself."""
    url = settings.current().database
    if url.startswith("sqlite"):
        engine()  # makes the folder
        made = create_engine(url, hide_parameters=True, isolation_level="AUTOCOMMIT", pool_reset_on_return=None)
        event.listen(made, "connect", _prepare_sqlite)
        return made
    made = create_engine(
        url,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        pool_reset_on_return=None,
        pool_size=5,
        max_overflow=5,
        pool_timeout=3,
        connect_args=_CONNECT_ARGS,
    )
    event.listen(made, "handle_error", _leave_out_values)
    return made


class now(FunctionElement[datetime]):
    """The database's clock as a column, where a statement asks for more than the time."""

    type = Moment()
    inherit_cache = True


@compiles(now, "sqlite")
def _now_on_sqlite(*_: Any, **__: Any) -> str:
    return "strftime('%Y-%m-%d %H:%M:%f', 'now')"


@compiles(now, "postgresql")
def _now_on_postgresql(*_: Any, **__: Any) -> str:
    return "clock_timestamp()"


class among(FunctionElement[bool]):
    """Whether a column is one of the values that a statement is given under a name.

    On PostgreSQL the statement is the same for any number of them: with IN each number would be another one, to be
    written, parsed and planned anew. SQLite has no arrays.
    """

    inherit_cache = True  # and of no type, or SQLite would compare it with 1 and use no index

    def __init__(self, column: SQLCoreOperations[Any], name: str) -> None:
        super().__init__(column, bindparam(name, expanding=True))


@compiles(among, "sqlite")
def _among_on_sqlite(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = element.clauses
    return compiler.process(column.in_(values), **kw)


@compiles(among, "postgresql")
def _among_on_postgresql(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = cast("tuple[ColumnElement[Any], BindParameter[Any]]", tuple(element.clauses))
    array = bindparam(values.key, type_=postgresql.ARRAY(column.type))
    return f"{compiler.process(column, **kw)} = ANY ({compiler.process(array, **kw)})"


class unindexed(FunctionElement[Any]):
    """A column by which SQLite is to find no rows: it takes ten to be behind any index, where there are thousands."""

    inherit_cache = True

    def __init__(self, column: SQLCoreOperations[Any]) -> None:
        super().__init__(column)
        self.type = next(iter(self.clauses)).type


@compiles(unindexed)
def _unindexed(element: unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(next(iter(element.clauses)), **kw)


@compiles(unindexed, "sqlite")
def _unindexed_on_sqlite(element: unindexed, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{_unindexed(element, compiler, **kw)}"


_THE_TIME = select(now())


def clock(session: Session) -> datetime:
    """Now, on the database's clock: the only one that says who was in time.

    PostgreSQL's now() is the start of the transaction; an answer that waited for a lock would be let in late.
    """
    return session.execute(_THE_TIME).scalar_one()


def campaign_lock(session: Session, campaign_id: int, mode: Literal["shared", "exclusive"]) -> None:
    """Hold a campaign until the transaction ends: answers share it, closing and holding have it alone.

    PostgreSQL queues advisory locks fairly. Row locks would not do: FOR SHARE by busy clients starves
    the one who closes, and FOR UPDATE blocks every insert that refers to the campaign.
    """
    if is_sqlite(session):
        session.connection()  # BEGIN IMMEDIATE has the whole database
        return
    if mode == "shared":
        session.execute(select(func.pg_advisory_xact_lock_shared(CAMPAIGN_LOCKS, campaign_id)))
        return
    session.execute(select(func.set_config("lock_timeout", WORKER_LOCK_TIMEOUT, True)))
    session.execute(select(func.pg_advisory_xact_lock(CAMPAIGN_LOCKS, campaign_id)))


def lock_campaign_of(session: Session, partner_id: int, codes_of: Sequence[int] = ()) -> None:
    """Share a partner's campaign until the transaction ends, as `campaign_lock` does.

    Before it, have the mail codes of some of its partners alone, as `lock_codes` does, in the same statement.
    """
    if is_sqlite(session):
        session.connection()
    elif codes_of:
        codes = {"kind": CODE_LOCKS[Partner], "ids": sorted(codes_of)}
        session.execute(_LOCK_CODES_AND_SHARE_CAMPAIGN, {"partner_id": partner_id, **codes})
    else:
        session.execute(_SHARE_CAMPAIGN_OF, {"partner_id": partner_id})


_SHARE_CAMPAIGN_OF = select(
    func.pg_advisory_xact_lock_shared(
        CAMPAIGN_LOCKS, select(Partner.campaign_id).where(Partner.id == bindparam("partner_id")).scalar_subquery()
    )
)


def lock_codes(session: Session, model: type[CodeHolder], ids: Sequence[int]) -> None:
    """Let nobody else compare the mail codes of these partners, applicants or members until the transaction ends.

    A lock of the row would be written, and wait for the disk when the transaction ends; most codes are right, and
    need nothing written. In order of ids, or two who compare the same ones would deadlock.
    """
    if is_sqlite(session):
        session.connection()
        return
    session.execute(_LOCK_CODES, {"kind": CODE_LOCKS[model], "ids": sorted(ids)})


_LOCK_CODES = select(
    func.pg_advisory_xact_lock(
        bindparam("kind", type_=Integer),
        func.unnest(bindparam("ids", type_=postgresql.ARRAY(Integer))).column_valued("id"),
    )
)
_LOCK_CODES_AND_SHARE_CAMPAIGN = union_all(_LOCK_CODES, _SHARE_CAMPAIGN_OF)  # one after the other, in this order


def locked(session: Session, campaign_id: int, mode: Literal["shared", "exclusive"] = "exclusive") -> Campaign:
    """The campaign, locked first and read afterwards."""
    campaign_lock(session, campaign_id, mode)
    return session.get_one(Campaign, campaign_id, populate_existing=True)


def upsert_ignore(
    session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], *key: InstrumentedAttribute[Any]
) -> int:
    """Insert rows, and return how many are new; one whose unique `key` is there already changes nothing.

    All have the same columns. One statement that the driver runs for each row, in one round trip: to write and to
    read a statement of thousands of values takes longer than to run it.
    """
    if not rows:
        return 0
    session.flush()  # what rows refer to may not be written yet
    inserting = sqlite.insert if is_sqlite(session) else postgresql.insert
    statement = inserting(model.metadata.tables[model.__tablename__]).on_conflict_do_nothing(index_elements=key)
    counted = session.execute(statement, rows, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", counted).rowcount


def insert_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, and read nothing back; a flush takes several times as long."""
    session.execute(_inserting(model), rows)


@functools.cache
def _inserting(model: type[Base]) -> Insert:
    return insert(model.metadata.tables[model.__tablename__])


def is_deadlock(error: Exception) -> bool:
    """Whether PostgreSQL undid a transaction because of a deadlock (SQLSTATE 40P01)."""
    return _sqlstate(error) == "40P01"


def is_read_only(error: Exception) -> bool:
    """Whether PostgreSQL refused to write because it can only be read, as a standby (SQLSTATE 25006)."""
    return _sqlstate(error) == "25006"


def _sqlstate(error: Exception) -> str | None:
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _note_the_time(connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _look_whether_it_lives(
    made: Engine, connection: DBAPIConnection, record: ConnectionPoolEntry, _: PoolProxiedConnection
) -> None:
    """A connection that rested for a second may have died; one that is in use all the time is not asked each time."""
    if time.monotonic() - record.info.get("used", -IDLE) < IDLE:
        return
    try:
        made.dialect.do_ping(connection)
    except made.dialect.loaded_dbapi.Error:
        raise DisconnectionError from None


def _leave_out_values(context: ExceptionContext) -> None:
    """Parameters are names and addresses: they stay out of exceptions, where PostgreSQL quotes the row (DETAIL)."""
    error, wrapped = context.original_exception, context.sqlalchemy_exception
    if first_line := getattr(getattr(error, "diag", None), "message_primary", None):
        error.args = (first_line,)
        if wrapped is not None:
            wrapped.args = (f"({type(error).__name__}) {first_line}",)


def _prepare_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; _begin_sqlite does
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    _write_ahead(connection)


def _write_ahead(connection: Any) -> None:
    """Switch a SQLite file to its write-ahead log; two who do it at once are refused without waiting."""
    until = time.monotonic() + SQLITE_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
