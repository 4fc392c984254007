"""Reading a backup: what is in it, and putting it back into an empty place. All of it or nothing."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sqlalchemy import Connection, func, inspect, select, text, update
from sqlalchemy.exc import DataError, IntegrityError

from worker import db, migrations, settings, vacuum
from worker.backup import Damaged, DamagedIdentity, NewerBackup, NotEmpty, OtherKey, archive, identity, rows
from worker.backup.make import Manifest
from worker.models import Base, Campaign, Installation


@dataclass(frozen=True)
class Contents:
    """What is in a backup; `campaigns` are the names of the folders whose files it has."""

    manifest: Manifest
    settings: dict[str, str]
    campaigns: list[str]


@dataclass(frozen=True)
class Restored:
    """What became of a backup that was put back.

    `replaced_key`: where the key lies now that was in the place of the backup's; `left_out`: campaigns whose folder
    was there already, or could not be written.
    """

    contents: Contents
    replaced_key: Path | None
    left_out: list[str]


def check(path: Path, opener: Any) -> Contents:
    """Read all of a backup and change nothing; `opener` is its unlocked identity.

    Raises NotABackup, Damaged, and NewerBackup.
    """
    campaigns: list[str] = []
    with archive.opened(path, opener) as files:
        head = _read_head(files)
        counts = dict.fromkeys(head.manifest.columns, 0)
        for name, content in files:
            kind, _, inner = name.partition("/")
            if kind == archive.TABLES:
                counts[_table(inner, head.manifest)] += sum(1 for _ in content)
            elif kind == archive.CAMPAIGNS:
                campaigns.append(inner.partition("/")[0])
        files.finish()
    if counts != head.manifest.counts:
        raise Damaged
    return Contents(head.manifest, head.settings, list(dict.fromkeys(campaigns)))


def restore_backup(path: Path, opener: Any, sealed: bytes, *, dry_run: bool = False) -> Restored:
    """Put a backup into an empty database, its key and its campaigns beside it; everything waits then for a person.

    Raises NotABackup, Damaged, NewerBackup, NotEmpty, OtherKey, and migrations.NewerSchema.
    """
    with archive.opened(path, opener) as files, _put_beside() as beside:
        head = _read_head(files)
        _check_key(head.secrets)
        beside.prepare_key(head.secrets["secret_key"])
        with suppress(_RolledBack), migrations.alone() as connection:
            _check_empty(connection)
            _fill(connection, files, head.manifest, beside)
            files.finish()
            if dry_run:
                raise _RolledBack
            replaced = beside.put_key()  # first: a migration may need it, and no row is ever there without it
            migrations.bring_up(connection)
            _mark(connection, head.manifest)
        contents = Contents(head.manifest, head.settings, beside.campaigns)
        if dry_run:
            return Restored(contents, None, [])
        left_out = beside.put_campaigns()
    _keep_backup_key(opener, sealed)
    vacuum.analyze(*(mapper.class_ for mapper in Base.registry.mappers))
    return Restored(contents, replaced, left_out)


def _keep_backup_key(opener: Any, sealed: bytes) -> None:
    """Go on making backups under the same passphrase, unless there is a key for them here; all else is done by now."""
    with suppress(OSError, DamagedIdentity):
        if identity.find_key() is None:
            identity.keep_key(identity.key_of(opener, sealed))


class _RolledBack(Exception):
    """The end of a dry run."""


@dataclass(frozen=True)
class _Head:
    manifest: Manifest
    secrets: dict[str, str]
    settings: dict[str, str]


def _read_head(files: archive.Files) -> _Head:
    """What stands before the tables."""
    read = iter(files)
    try:
        told, keys, conf = (
            json.loads(_next(read, one)) for one in (archive.MANIFEST, archive.SECRETS, archive.SETTINGS)
        )
        if told["format"] != archive.FORMAT or not migrations.is_known(told["revision"]):
            raise NewerBackup(told["program"])
        return _Head(Manifest(**told), keys, conf)
    except (ValueError, KeyError, TypeError):
        raise Damaged from None


def _next(files: Iterator[tuple[str, IO[bytes]]], expected: str) -> bytes:
    name, content = next(files, ("", None))
    if name != expected or content is None:
        raise Damaged
    return content.read()


def _check_key(keys: dict[str, str]) -> None:
    """The key that is set must be the backup's; one that only this folder has is replaced."""
    conf = settings.current()
    for name, key in keys.items():
        ours = name == "secret_key" and not settings.is_set(name)
        if key and not ours and key != getattr(conf, name, ""):
            raise OtherKey(name)


def _check_empty(connection: Connection) -> None:
    """Nobody's tables but ours, and no campaign in them."""
    there = set(inspect(connection).get_table_names())
    if there - Base.metadata.tables.keys() - {"alembic_version"}:
        raise NotEmpty
    if Campaign.__tablename__ in there and connection.execute(select(Campaign.id).limit(1)).first() is not None:
        raise NotEmpty


def _fill(connection: Connection, files: archive.Files, manifest: Manifest, beside: "_Beside") -> None:
    migrations.make_anew(connection, manifest.revision)
    if not manifest.columns.keys() <= set(inspect(connection).get_table_names()):
        raise Damaged
    for name in manifest.columns:
        connection.execute(text(f'DELETE FROM "{name}"'))  # the one row that a revision puts into its table
    counts = dict.fromkeys(manifest.columns, 0)
    for name, content in files:
        kind, _, inner = name.partition("/")
        if kind == archive.TABLES:
            table = _table(inner, manifest)
            try:
                counts[table] += rows.write_rows(connection, table, manifest.columns[table], iter(content))
            except (DataError, IntegrityError, ValueError):
                raise Damaged from None
        elif kind == archive.CAMPAIGNS:
            beside.take(inner, content)
    if counts != manifest.counts:
        raise Damaged


def _table(inner: str, manifest: Manifest) -> str:
    table = inner.partition("/")[0]
    if table not in manifest.columns:
        raise Damaged
    return table


def _mark(connection: Connection, manifest: Manifest) -> None:
    """Count on from the last number on PostgreSQL, and write down that this is an older database."""
    if connection.dialect.name == "postgresql":
        for table in Base.metadata.sorted_tables:
            if "id" in table.columns:
                highest = select(func.max(table.c.id)).scalar_subquery()
                sequence = func.pg_get_serial_sequence(table.name, "id")
                connection.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))
    now = connection.execute(select(db.now())).scalar_one()
    before = connection.execute(select(Installation.restored_at, Installation.backup_of)).one()
    of = manifest.made_at if before.restored_at is None else before.backup_of  # nobody had looked when it was made
    told = {"restored_at": now, "restored_by": "restore", "backup_of": of}
    connection.execute(update(Installation).values(backed_up_at=manifest.made_at, **told))


class _Beside:
    """What stands beside the database: written where nobody looks for it, and put into its place at the end."""

    def __init__(self) -> None:
        conf = settings.current()
        self._mark = f".restoring-{secrets.token_hex(4)}"
        self._key = conf.data_dir / "secret_key"
        self._campaigns = conf.campaigns_dir
        self._left_out: dict[str, None] = {}
        self._taken: dict[str, None] = {}

    @property
    def campaigns(self) -> list[str]:
        return [*self._taken, *self._left_out]

    def prepare_key(self, key: str) -> None:
        """Write SECRET_KEY beside its place, where the environment does not say it."""
        if settings.is_set("secret_key"):
            return
        self._key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(self._new_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())

    def take(self, name: str, content: IO[bytes]) -> None:
        """Write a file of a campaign's folder, unless there is a folder of that name."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts:
            raise Damaged
        campaign = path.parts[0]
        if campaign in self._left_out:
            return
        if (self._campaigns / campaign).exists():
            self._left_out[campaign] = None
            return
        there = self._folder.joinpath(*path.parts)
        try:
            for folder in [*reversed(there.relative_to(self._campaigns).parents)][1:]:
                (self._campaigns / folder).mkdir(mode=0o700, exist_ok=True)
            with os.fdopen(os.open(there, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                shutil.copyfileobj(content, file)
        except OSError:  # the rows count; a folder that only can be read keeps nobody from having them back
            self._left_out[campaign] = None
            self._taken.pop(campaign, None)
            return
        self._taken[campaign] = None

    def put_campaigns(self) -> list[str]:
        """Put the folders of the campaigns into their place; which ones are not there."""
        for campaign in self._taken:
            try:
                (self._folder / campaign).rename(self._campaigns / campaign)
            except OSError:
                self._left_out[campaign] = None
        return list(self._left_out)

    def put_key(self) -> Path | None:
        """Put SECRET_KEY into its place; where the one lies that was there."""
        if not self._new_key.exists():
            return None
        replaced = None
        if self._key.exists() and self._key.read_text().strip() not in {"", self._new_key.read_text()}:
            replaced = self._key.with_name(f"secret_key.replaced-{secrets.token_hex(4)}")
            self._key.rename(replaced)
        self._new_key.rename(self._key)
        settings.current.cache_clear()
        return replaced

    def forget(self) -> None:
        """Take away what was not put into its place."""
        self._new_key.unlink(missing_ok=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _new_key(self) -> Path:
        return self._key.with_name(f"secret_key{self._mark}")

    @property
    def _folder(self) -> Path:
        return self._campaigns / self._mark


@contextmanager
def _put_beside() -> Iterator[_Beside]:
    beside = _Beside()
    try:
        yield beside
    finally:
        beside.forget()
