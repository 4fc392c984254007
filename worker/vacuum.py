"""What the database does for itself: its files are written anew to forget, and its statistics to be quick."""

import functools
import time
from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from worker import db
from worker.db import LOCK_TIMEOUT
from worker.models import Base

MANY = 500  # rows of one table in one transaction, after which its statistics are taken anew


def scrub(patience: float = 10) -> bool:
    """Let the database's own files forget what was erased; False if they could not be rewritten in these seconds.

    SQLite overwrites what it frees (`secure_delete`); its log is emptied here. PostgreSQL keeps old rows in its files
    until they are written anew, which nobody may need any more, and in its log until the log is recycled. Nobody
    waits behind it for longer than a blink.
    """
    until = time.monotonic() + patience
    try:
        with db.autocommit_engine().connect() as connection:
            if connection.dialect.name == "sqlite":
                return _tried(until, lambda: not connection.exec_driver_sql(_EMPTY_THE_LOG).scalar_one())
            since = connection.exec_driver_sql("SELECT pg_current_xact_id()::xid::text").scalar_one()
            if not _tried(until, lambda: not connection.execute(_WHO_STILL_SEES, {"since": since}).scalar_one()):
                return False
            connection.exec_driver_sql("SET lock_timeout = '200ms'")
            try:
                return all(_tried(until, functools.partial(_rewritten, connection, name)) for name in _HOLDING_NAMES)
            finally:
                connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    except DBAPIError:
        return False


def analyze(*models: type[Base]) -> bool:
    """Let PostgreSQL see now how large tables have become, and plan anew; False if it could not.

    Call it after the commit. A connection keeps the plan it made while the tables were small, until autovacuum comes
    by: a list of ten thousand names then takes seconds. Nobody waits for it, and nothing fails by it. SQLite finds the
    right index without statistics, and is slower with those of a small table.
    """
    tables = ", ".join(model.__tablename__ for model in models)
    try:
        with db.autocommit_engine().connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {tables}")
    except (DBAPIError, NoConnection):
        return False
    return True


_EMPTY_THE_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
_HOLDING_NAMES = ("partner", "contact", "listing_change", "answer", "seal", "mail", "stranger")
_WHO_STILL_SEES = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND age(backend_xmin) > age(CAST(CAST(:since AS text) AS xid))"
)


def _rewritten(connection: Connection, table: str) -> bool:
    try:
        connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {table}")
    except OperationalError:
        return False  # somebody uses it at this moment
    return True


def _tried(until: float, what: Callable[[], bool]) -> bool:
    while not (done := what()) and time.monotonic() < until:
        time.sleep(0.1)
    return done
