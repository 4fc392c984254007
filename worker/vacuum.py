"""What the database does for itself: its files are written anew to forget, and its statistics to be quick."""

import functools
import time
from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.orm import Session

from worker import db
from worker.db import LOCK_TIMEOUT
from worker.models import Base

MANY = 500  # rows of one table in one transaction, after which its statistics are taken anew


def scrub(patience: float = 10) -> bool:
    """Let the database's own files forget what was erased; False if they could not be rewritten in these seconds.

    SQLite overwrites what it frees (`secure_delete`); its log is emptied here. PostgreSQL keeps old rows in its files
    until they are written anew, which nobody may need any more, and in its log until the log is recycled; so too its
    samples of columns from before it was told to take none, if the role may (the doctor says so). Nobody waits behind
    it for longer than a blink.
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
                tables = (*_HOLDING_NAMES, *([SAMPLES] if may_rewrite_samples(connection) else []))
                return all(_tried(until, functools.partial(_rewritten, connection, name)) for name in tables)
            finally:
                connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    except DBAPIError:
        return False


def may_rewrite_samples(connection: Connection | Session) -> bool:
    """Whether our role may write PostgreSQL's samples of columns anew, as the owner of the database may."""
    return bool(connection.execute(_MAY_REWRITE_SAMPLES).scalar_one())


def samples_were_rewritten(session: Session) -> bool:
    """Whether PostgreSQL's samples of columns were written anew since the database was made."""
    return bool(session.scalar(text(f"SELECT pg_relation_filenode('{SAMPLES}') <> '{SAMPLES}'::regclass::oid")))


def sampled_columns(session: Session) -> list[str]:
    """The columns holding names, as `table.column`, of which PostgreSQL takes samples all the same, or has some."""
    known = {"tables": list(_HOLDING_NAMES), "not_names": sorted(_NOT_NAMES)}
    return list(session.scalars(_SAMPLED, known))


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
SAMPLES = "pg_catalog.pg_statistic"
# Of the tables below: texts, JSON and bytes that tell nothing of who a partner is.
_NOT_NAMES = {
    *("partner.language", "partner.ref", "partner.email_hmac", "contact.language", "contact.ref"),
    *("contact.email_hmac", "contact.added_by", "answer.choice", "answer.visibility", "answer.language"),
    *("answer.channel", "seal.rendition", "seal.language", "seal.format", "seal.sha256", "mail.key", "mail.kind"),
    *("mail.language", "mail.message_id", "mail.body_hash", "mail.lease_holder", "mail.cancel_reason"),
    "mail_response.kind",
    *("member.ref", "member.language", "member.email_hmac", "member.mailbox_hmac", "member.appearance"),
    *("stranger.ref", "stranger.language", "stranger.email_hmac", "stranger.mailbox_hmac"),
    "approval.act",
    *("organizer.ref", "organizer.language", "organizer.email_hmac", "organizer.recovery_codes"),
}
_SAMPLED = text(
    "SELECT name FROM (SELECT attrelid, attnum, coalesce(attstattarget, -1) AS target,"
    " relname || '.' || attname AS name FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
    " WHERE attrelid IN (SELECT to_regclass(one) FROM unnest(CAST(:tables AS text[])) AS one)"
    " AND attnum > 0 AND NOT attisdropped"
    " AND atttypid = ANY (ARRAY['text', 'varchar', 'json', 'jsonb', 'bytea']::regtype[])) AS kept"
    " JOIN pg_class ON pg_class.oid = attrelid"
    " WHERE NOT name = ANY (:not_names) AND (target <> 0 OR EXISTS (SELECT FROM pg_stats"
    " WHERE schemaname = pg_class.relnamespace::regnamespace::text AND tablename || '.' || pg_stats.attname = name))"
    " ORDER BY name"
)
_MAY_REWRITE_SAMPLES = text("SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()")
_HOLDING_NAMES = (
    "partner",
    "contact",
    "listing_change",
    "answer",
    "seal",
    "mail",
    "mail_response",
    "stranger",
    "member",
    "organizer",
    "partner_note",
    "approval",
    "reply",
)
_WHO_STILL_SEES = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE pid <> pg_backend_pid() AND age(backend_xmin) > age(CAST(CAST(:since AS text) AS xid))"
)


def _rewritten(connection: Connection, table: str) -> bool:
    try:
        connection.exec_driver_sql(f"VACUUM (FULL{', ANALYZE' * (table != SAMPLES)}) {table}")
    except OperationalError:
        return False  # somebody uses it at this moment
    return True


def _tried(until: float, what: Callable[[], bool]) -> bool:
    while not (done := what()) and time.monotonic() < until:
        time.sleep(0.1)
    return done
