"""What still depends on SECRET_KEY_OLD while a key is changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, LargeBinary, Table, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from worker import column_types, key_check
from worker.column_types import Encrypted
from worker.models import Base, Campaign, Installation


@dataclass(frozen=True)
class KeyChange:
    """How far a key is changed. `is_done`: `key_check` is that of SECRET_KEY, under which all rows were brought."""

    is_done: bool
    rows: int
    """Rows in which something is encrypted under the old key."""
    lost: int
    """Rows in which something is encrypted under neither key, and cannot be read."""
    running: Sequence[str]
    """Campaigns whose letter has not left, and whose links may have been mailed under the old key."""
    ended: Sequence[str]
    """The same of those whose letter has left, or that were cancelled, and that are not erased."""


def load_key_change(session: Session) -> KeyChange:
    """Count what depends on the old key: reads all tables in which something is encrypted."""
    kept = session.execute(select(Installation.number, Installation.key_check, Installation.key_since)).one()
    is_done = kept.key_check is not None and bytes(kept.key_check) == key_check.of_keys(bytes(kept.number))[0]
    present, *former = column_types.prefixes()
    tables = encrypted_tables()
    rows = sum(_count(session, table, begins_with(table, former)) for table in tables)
    lost = sum(_count(session, table, begins_otherwise(table, [present, *former])) for table in tables)
    mailed = select(Campaign).where(Campaign.erased_at.is_(None)).order_by(Campaign.launched_at)
    if is_done and kept.key_since is not None:
        mailed = mailed.where(Campaign.launched_at < kept.key_since)
    running: list[str] = []
    ended: list[str] = []
    for one in session.scalars(mailed):
        (running if one.dispatched_at is None and one.cancelled_at is None else ended).append(one.slug)
    return KeyChange(is_done, rows, lost, running, ended)


def encrypted_tables() -> list[Table]:
    """The tables in which something is encrypted."""
    return [one for one in Base.metadata.sorted_tables if encrypted_columns(one)]


def encrypted_columns(table: Table) -> list[str]:
    return [one.name for one in table.columns if isinstance(one.type, Encrypted)]


def begins_with(table: Table, prefixes: Sequence[bytes]) -> ColumnElement[bool]:
    """Whether something in a row is encrypted under one of these keys."""
    return or_(*(_beginning(table, name).in_(prefixes) for name in encrypted_columns(table)))


def begins_otherwise(table: Table, prefixes: Sequence[bytes]) -> ColumnElement[bool]:
    """Whether something in a row is encrypted under none of these keys."""
    empty = b""
    return or_(*(_beginning(table, name).not_in([empty, *prefixes]) for name in encrypted_columns(table)))


def _beginning(table: Table, name: str) -> ColumnElement[bytes]:
    kept = type_coerce(table.c[name], LargeBinary)
    return func.substr(kept, 1, column_types.PREFIX, type_=LargeBinary)


def _count(session: Session, table: Table, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(which)) or 0
