"""Whether this database is an older one that was put back: then it stands still until a person has looked.

What was restored by `undersigned restore` says so itself. A dump that was put back, a copied file or a snapshot of a
volume is noticed because the data folder remembers more than the database does (`mirror.py`), or, where it remembers
nothing of it, because the database stands in another place than it did. Redis is never asked.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, TextualSelect, func, make_url, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from worker import db, mirror, settings
from worker.column_types import Moment
from worker.models import AuditEvent, Base, Installation, RestoredBy

log = logging.getLogger("start")
TABLES = ("answer", "mail", "event")


class Behind(db.Restored):
    """The data folder remembers more than this database does."""


@dataclass(frozen=True)
class Look:
    """What the database says of itself at one moment.

    `committed`: how far its rows have come, which is mirrored. `given`: the highest numbers ever given, which no
    deleted row and no crash takes back: what was once mirrored is never above them, unless the database is another.
    """

    number: str
    home: str | None
    restored_at: datetime | None
    committed: dict[str, int]
    given: dict[str, int]
    at: datetime

    def is_behind(self, entry: mirror.Entry) -> bool:
        """Whether the data folder remembers more than this database can."""
        return any(entry.counted[name] > self.given[name] for name in mirror.COUNTED)


def stands_still() -> bool:
    """Whether nothing may be changed now; notices a database that was replaced, and keeps the mirror.

    One statement, and a small file. A database that does not answer raises what its driver says.
    """
    known = (
        mirror.load_entries()
    )  # before the database is looked at: what others commit meanwhile must not seem to be lost
    look = _look()
    if look is None or look.restored_at is not None:
        return look is not None
    entry = known.get(look.number)
    if entry is not None and look.is_behind(entry):
        return _stand_still("mirror ahead")
    if entry is None and look.home is not None:
        if look.home != find_home():
            return _stand_still("moved")
        log.warning("the data folder remembered nothing of this database: from now on it does")
    keep_mirror(look, durably=False)
    return False


def remember() -> None:
    """Let the data folder know how far the database has come, whatever it knew."""
    if (look := _look()) is not None and look.restored_at is None:
        keep_mirror(look, durably=False)


def check_at_start() -> bool:
    """The same, once in each process: a new database, or one that moved and has lost nothing, is at home here."""
    if stands_still():
        return True
    with db.reading() as session:
        stored = session.scalar(select(Installation.home))
    if stored != (here := find_home()):
        _move(here)
    return False


def load_number(session: Session) -> bytes:
    """By which lines of the journal say that they are of this database."""
    return session.scalars(select(Installation.number)).one()


def is_remembered() -> bool:
    """Whether the data folder knows this database; true of one that was never at home anywhere, as it is new."""
    known, look = mirror.load_entries(), _look()
    return look is None or look.home is None or look.number in known


def count_drain(session: Session) -> Look:
    """Note that mail was taken to be sent, in the transaction that takes it; mirror what it returns once that is
    committed, and before anything is sent.

    Raises Restored where the database stands still, Behind where it has to.
    """
    known = mirror.load_entries()
    statement = _DRAIN_ON_SQLITE if db.is_sqlite(session) else _DRAIN_ON_POSTGRESQL
    look = _looked(session.execute(statement).one())
    if look.restored_at is not None:
        raise db.Restored
    if (entry := known.get(look.number)) is not None and look.is_behind(entry):
        raise Behind
    return look


def keep_mirror(look: Look, *, durably: bool = True) -> None:
    """Let the data folder remember how far the database has come."""
    mirror.write(look.number, mirror.Entry(look.committed, look.home, look.at.isoformat()), durably=durably)


def find_home() -> str:
    """Where the database is now, in words that change when it is copied elsewhere, and not when it is restarted."""
    url = make_url(settings.current().database)
    if url.get_backend_name() == "sqlite":
        # No device number: it changes when a machine or a container starts anew. A copy has another inode.
        file = Path((url.database or "").removeprefix("file:"))
        return f"sqlite {file.stat().st_ino}" if file.exists() else "sqlite"
    with db.reading() as session:
        oid = session.scalar(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    return f"postgresql {_cluster()}/{oid}"


def lost_since_backup() -> dict[str, int]:
    """How many rows the data folder remembers, by table, that this database does not have; empty where none is known.

    At least so many are lost: what came after the last note is not counted.
    """
    known, look = mirror.load_entries(), _look()
    entry = known.get(look.number) if look else None
    lost = {name: max(0, entry.counted[name] - look.given[name]) for name in TABLES} if entry and look else {}
    return lost if any(lost.values()) else {}


def go_on(session: Session) -> None:
    """Let everything go on: the database is at home here, and further than any mirror of it can be."""
    found = session.get_one(Installation, 1, with_for_update=True, populate_existing=True)
    found.restored_at = found.restored_by = found.backup_of = None
    found.home = find_home()
    found.drains += JUMP
    _jump(session)


JUMP = 1_000_000
"""By so much the numbers of rows rise when a restored database goes on: a number of a lost row is never given again."""


def _jump(session: Session) -> None:
    for name in (table.name for table in Base.metadata.sorted_tables if table.autoincrement_column is not None):
        for statement in _JUMPS_ON_SQLITE if db.is_sqlite(session) else _JUMPS_ON_POSTGRESQL:
            session.execute(text(statement.format(name=name)), {"by": JUMP})


_JUMPS_ON_SQLITE = (
    "INSERT INTO sqlite_sequence (name, seq) SELECT '{name}', 0 "
    "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '{name}') AND :by > 0",
    "UPDATE sqlite_sequence SET seq = seq + :by WHERE name = '{name}'",
)
_JUMPS_ON_POSTGRESQL = ("SELECT setval('{name}_id_seq', (SELECT last_value FROM {name}_id_seq) + :by)",)


def _look() -> Look | None:
    """Null where the database has no row about itself, as one that is thrown away."""
    sqlite = db.autocommit_engine().dialect.name == "sqlite"
    rows = db.read_autocommit(_LOOK_ON_SQLITE if sqlite else _LOOK_ON_POSTGRESQL)
    return _looked(rows[0]) if rows else None


def _looked(row: Row[Any]) -> Look:
    number, home, restored_at, at, drains, *counts = tuple[Any, ...](row)
    committed = dict(zip(TABLES, counts[: len(TABLES)], strict=True)) | {"drains": drains}
    given = dict(zip(TABLES, counts[len(TABLES) :], strict=True))
    given = {name: max(given[name], committed[name]) for name in TABLES} | {"drains": drains}
    return Look(bytes(number).hex(), home, restored_at, committed, given, at)


def _statement(pattern: str, given: str, clock: str) -> TextualSelect:
    columns = ["number", "home", "restored_at", f"{clock} AS at", "drains"]
    columns += [f"coalesce((SELECT max(id) FROM {name}), 0) AS {name}_committed" for name in TABLES]
    columns += [f"{given.format(name=name)} AS {name}_given" for name in TABLES]
    return text(pattern.format(columns=", ".join(columns))).columns(restored_at=Moment(), at=Moment())


_SELECT = "SELECT {columns} FROM installation WHERE id = 1"
_DRAIN = "UPDATE installation SET drains = drains + 1 WHERE id = 1 RETURNING {columns}"
_ON_SQLITE = (
    "coalesce((SELECT seq FROM sqlite_sequence WHERE name = '{name}'), 0)",
    "strftime('%Y-%m-%d %H:%M:%f', 'now')",
)
_ON_POSTGRESQL = ("coalesce(pg_sequence_last_value('{name}_id_seq'), 0)", "clock_timestamp()")
_LOOK_ON_SQLITE, _DRAIN_ON_SQLITE = (_statement(pattern, *_ON_SQLITE) for pattern in (_SELECT, _DRAIN))
_LOOK_ON_POSTGRESQL, _DRAIN_ON_POSTGRESQL = (_statement(pattern, *_ON_POSTGRESQL) for pattern in (_SELECT, _DRAIN))


def _stand_still(noticed_by: RestoredBy) -> bool:
    """In a transaction of its own, so that all who come after know it."""
    with db.transaction(even_restored=True) as session:
        newest = select(func.max(AuditEvent.at)).scalar_subquery()
        since = update(Installation).where(Installation.restored_at.is_(None))
        session.execute(since.values(restored_at=db.now(), restored_by=noticed_by, backup_of=newest))
    log.error("the database is an older one that was put back (%s): everything stands still", noticed_by)
    return True


def _move(here: str) -> None:
    with db.transaction(even_restored=True) as session:
        session.execute(update(Installation).values(home=here))


def _cluster() -> str:
    """Which PostgreSQL server it is, and the timeline of its history: it changes when a backup is replayed there.

    A role that may not ask for it, as with some hosts, has the database's own number alone to go by.
    """
    try:
        with db.reading() as session:
            system = session.scalar(text("SELECT system_identifier FROM pg_control_system()"))
            timeline = session.scalar(text("SELECT timeline_id FROM pg_control_checkpoint()"))
    except DBAPIError:
        return "unknown"
    return f"{system}/{timeline}"
