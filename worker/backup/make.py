"""Making a backup while everything runs: one snapshot of all tables, encrypted on its way to the disk."""

import contextlib
import errno
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qsl, urlencode, urlsplit

from sqlalchemy import Connection, func, select, text, update

from worker import db, settings
from worker.backup import PARTIAL, archive, identity, rows
from worker.backup.identity import Key
from worker.models import Base, Installation

_A_FILE = 1_000_000  # bytes, more or less, of the rows that stand in one file of the tar
_PIECE = 100_000  # bytes of a campaign's file that are read at once


@dataclass(frozen=True)
class Manifest:
    """What a backup is of. `moment`, on the database's clock, is just before the snapshot of all rows.

    `columns` are the tables in an order in which they can be filled, each with its columns and their kinds.
    """

    format: int
    program: str
    revision: str
    moment: str
    installation: str
    dialect: str
    counts: dict[str, int]
    columns: dict[str, dict[str, str]]

    @property
    def made_at(self) -> datetime:
        return datetime.fromisoformat(self.moment)


def make_backup(path: Path) -> Manifest:
    """Write a backup into a new file, which appears once it is whole.

    Raises NoIdentity, DamagedIdentity, and FileExistsError.
    """
    key = identity.load_key()
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")
    try:
        with os.fdopen(os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            manifest = _write(file, key)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(path)
    finally:
        beside.unlink(missing_ok=True)
    _sync(path.parent)
    _note()
    return manifest


def make_into(stream: BinaryIO) -> Manifest:
    """Write a backup into what cannot be seeked in, by way of a file without a name."""
    key = identity.load_key()
    with tempfile.TemporaryFile() as file:
        manifest = _write(file, key)
        file.seek(0)
        shutil.copyfileobj(file, stream)
        stream.flush()
    _note()
    return manifest


def _write(file: BinaryIO, key: Key) -> Manifest:
    with _snapshot() as (connection, moment):
        manifest = _manifest(connection, moment)
        archive.write(file, key, moment, _data(connection, manifest))
    return manifest


@contextlib.contextmanager
def _snapshot() -> Iterator[tuple[Connection, datetime]]:
    """All rows as they are at one moment; nobody waits for it."""
    with db.reading() as session:
        moment = db.clock(session)
    with db.engine().connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection, moment


def _manifest(connection: Connection, moment: datetime) -> Manifest:
    tables = Base.metadata.sorted_tables
    return Manifest(
        format=archive.FORMAT,
        program=metadata.version("undersigned"),
        revision=connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one(),
        moment=moment.isoformat(),
        installation=connection.execute(select(Installation.number)).scalar_one().hex(),
        dialect=connection.dialect.name,
        counts={one.name: connection.execute(select(func.count()).select_from(one)).scalar_one() for one in tables},
        columns={one.name: rows.columns_of(one) for one in tables},
    )


def _data(connection: Connection, manifest: Manifest) -> Iterator[bytes]:
    moment = manifest.made_at
    yield from archive.member(archive.MANIFEST, _json(asdict(manifest)), moment)
    yield from archive.member(archive.SECRETS, _json(_secrets()), moment)
    yield from archive.member(archive.SETTINGS, _json(_settings()), moment)
    for table in Base.metadata.sorted_tables:
        for number, lines in enumerate(_files(rows.read_rows(connection, table)), start=1):
            yield from archive.member(f"{archive.TABLES}/{table.name}/{number:06}.jsonl", lines, moment)
    yield from _campaigns(moment)
    yield archive.END


def _files(lines: Iterator[bytes]) -> Iterator[bytes]:
    gathered: list[bytes] = []
    size = 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= _A_FILE:
            yield b"".join(gathered)
            gathered, size = [], 0
    if gathered:
        yield b"".join(gathered)


def _campaigns(moment: datetime) -> Iterator[bytes]:
    """The files in the campaigns' folders, as long as they are when their turn comes; links lead elsewhere."""
    conf = settings.current()
    folder = conf.campaigns_dir
    kept_out = [conf.data_dir.resolve(), *([Path(conf.backup_dir).resolve()] if conf.backup_dir else [])]
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file() or any(map(path.resolve().is_relative_to, kept_out)):
            continue
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            yield archive.header(f"{archive.CAMPAIGNS}/{path.relative_to(folder).as_posix()}", size, moment)
            left = size
            while left and (piece := file.read(min(_PIECE, left))):
                yield piece
                left -= len(piece)
            yield bytes(left) + archive.padding(size)  # it became shorter while it was read


def _secrets() -> dict[str, str]:
    conf = settings.current()
    return {name: getattr(conf, name) for name in settings.FIELDS if _is_key(name)}


def _settings() -> dict[str, str]:
    """What was set, without the passwords of other services."""
    conf = settings.current()
    told = {}
    for name, field in settings.FIELDS.items():
        if name in conf.given and not _is_key(name):
            value = str(getattr(conf, name))
            told[name] = value if field.repr else without_password(value)
    return told


def _is_key(name: str) -> bool:
    return name.startswith("secret_key")


def without_password(url: str) -> str:
    """An address without what only its service and we should know; of what is no address, nothing."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    if not parts.scheme:
        return ""
    user = f"{parts.username}@" if parts.username else ""
    query = [(name, value) for name, value in parse_qsl(parts.query) if "pass" not in name.casefold()]
    return parts._replace(netloc=f"{user}{host}", query=urlencode(query)).geturl()


def _json(told: object) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n"


def _note() -> None:
    with db.transaction(even_restored=True) as session:
        session.execute(update(Installation).values(backed_up_at=db.clock(session)))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
