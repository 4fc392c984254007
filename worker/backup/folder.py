"""The folder of the backups that are made by themselves: which ones there are, when the next is due, which ones go."""

import contextlib
import fcntl
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from worker import db, settings
from worker.backup import PARTIAL, BeingMade, NoFolder
from worker.models import Installation
from worker.text import durations

if TYPE_CHECKING:
    from worker.backup.make import Manifest

_NAME = re.compile(r"undersigned-(\d{8}T\d{6})Z\.backup")
_STAMP = "%Y%m%dT%H%M%S"


@dataclass(frozen=True)
class Kept:
    """A backup in the folder, and the moment of its rows as its name says it."""

    path: Path
    moment: datetime


@dataclass(frozen=True)
class Plan:
    """Where backups are made by themselves, how often, and for how long each is kept."""

    folder: Path
    every: timedelta
    keep: timedelta


def plan() -> Plan | None:
    """What BACKUP_DIR, BACKUP_EVERY and BACKUP_KEEP say; null where no backup is made by itself."""
    conf = settings.current()
    if not conf.backup_dir:
        return None
    return Plan(Path(conf.backup_dir), durations.duration(conf.backup_every), durations.duration(conf.backup_keep))


def required_plan() -> Plan:
    """The same where there has to be one. Raises NoFolder."""
    planned = plan()
    if planned is None:
        raise NoFolder
    return planned


def kept(folder: Path) -> list[Kept]:
    """The backups of a folder, the oldest first; none where it cannot be read."""
    try:
        found = [Kept(path, moment) for path in folder.iterdir() if (moment := _moment(path.name))]
    except OSError:
        return []
    return sorted(found, key=lambda one: one.moment)


def _moment(name: str) -> datetime | None:
    match = _NAME.fullmatch(name)
    with contextlib.suppress(ValueError):
        return datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC) if match else None
    return None


def make_when_due() -> "Manifest | None":
    """Delete what was kept for long enough, and make the next backup if its time has come; one process at a time."""
    planned = plan()
    if planned is None:
        return None
    with contextlib.suppress(BeingMade), _alone(planned.folder):
        now = _now()
        if not _stands_still():
            prune(planned, now)
        made = [one.moment for one in kept(planned.folder) if one.moment <= now]  # a clock may have run ahead
        if made and now < made[-1] + planned.every:
            return None
        return _make(planned, now)
    return None


def make_now() -> "tuple[Path, Manifest]":
    """Make a backup in the folder whatever is due. Raises NoFolder, BeingMade, and what `make` raises."""
    planned = required_plan()
    with _alone(planned.folder):
        now = _now()
        manifest = _make(planned, now)
        return name_at(planned.folder, now), manifest


def name_at(folder: Path, moment: datetime) -> Path:
    """What a backup of this moment is called."""
    return folder / f"undersigned-{moment.astimezone(UTC):{_STAMP}}Z.backup"


def prune(planned: Plan, now: datetime) -> None:
    """Delete backups that were kept for long enough, but never the newest; and what a killed process left."""
    for one in kept(planned.folder)[:-1]:
        if one.moment < now - planned.keep:
            one.path.unlink(missing_ok=True)
    for half in planned.folder.glob(f".undersigned-*{PARTIAL}"):
        half.unlink(missing_ok=True)


def _make(planned: Plan, now: datetime) -> "Manifest":
    from worker.backup import make  # which brings encryption: whoever looks at a folder starts without it

    manifest = make.make_backup(name_at(planned.folder, now))
    if not _stands_still():  # the backups of before may be all there is of what was lost
        prune(planned, now)
    return manifest


def _stands_still() -> bool:
    with db.reading() as session:
        return session.scalar(select(Installation.restored_at)) is not None


def _now() -> datetime:
    with db.reading() as session:
        return db.clock(session)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BeingMade from None
        yield
    finally:
        os.close(handle)
