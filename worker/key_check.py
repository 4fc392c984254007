"""Whether the SECRET_KEY of this process is the one under which the rows of the database are written.

`installation.key_check` is an HMAC under it, written once by the first process that had a key. While a key is changed
(`SECRET_KEY_OLD`), either of the two is right, for rows are read under both; `acts/rekey.py` sets it to the new one
when nothing is left under the old.
"""

import hmac

from sqlalchemy import Connection, func, or_, select, update

from worker import db, settings
from worker.column_types import CannotBeRead, Encrypted
from worker.models import Base, Installation

_PURPOSE = "key check"


class WrongKey(Exception):
    """The rows of the database are written under a SECRET_KEY that this process does not have."""


def check(*, claims: bool = True) -> None:
    """Raise WrongKey unless the database, which has the tables of this version, was written under one of our keys.

    The first key that a database meets is written down as its own, if it reads what is there; a page, which waits for
    no other writer, does not write it (`claims`).
    """
    with db.engine().connect() as connection:
        kept = _kept(connection)
        if kept is None and not claims:
            _require_readable(connection)
            return
    if kept is None:
        with db.engine().execution_options(writing=True).begin() as connection:
            claim(connection)
    elif not is_ours(*kept):
        raise WrongKey


def require(connection: Connection) -> None:
    """Raise WrongKey if a key is written down there and is none of ours."""
    kept = _kept(connection)
    if kept is not None and not is_ours(*kept):
        raise WrongKey


def claim(connection: Connection) -> None:
    """The same within a transaction that writes: a key is written down where there is none, and never exchanged."""
    number, key_check = connection.execute(_KEPT).one()
    if key_check is None:
        _require_readable(connection)
        first = update(Installation).where(Installation.key_check.is_(None))
        connection.execute(first.values(key_check=of_keys(bytes(number))[0]))
    require(connection)


def of_keys(number: bytes) -> list[bytes]:
    """What a database with this number keeps of each of our keys: of SECRET_KEY, then of SECRET_KEY_OLD."""
    return [hmac.digest(key, number, "sha256") for key in settings.current().keys(_PURPOSE)]


def is_ours(number: bytes, key_check: bytes) -> bool:
    """Whether that is kept of one of our keys."""
    return any(hmac.compare_digest(key_check, one) for one in of_keys(number))


def _kept(connection: Connection) -> tuple[bytes, bytes] | None:
    number, key_check = connection.execute(_KEPT).one()
    return None if key_check is None else (bytes(number), bytes(key_check))


def _require_readable(connection: Connection) -> None:
    """Read one row of each table that was written before there was a check. Raises WrongKey."""
    for table in Base.metadata.sorted_tables:
        if encrypted := [one for one in table.columns if isinstance(one.type, Encrypted)]:
            with_one = or_(*(func.length(one) > 0 for one in encrypted))
            try:
                connection.execute(select(*encrypted).where(with_one).limit(1)).all()
            except CannotBeRead:
                raise WrongKey from None


_KEPT = select(Installation.number, Installation.key_check)
