"""What the data folder remembers of how far a database had come, to notice one that was put back from a backup.

`DATA_DIR/mirror.json` has an entry for each installation, by its number. Numbers in it only ever rise.
"""

import contextlib
import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from worker import settings

log = logging.getLogger("start")
COUNTED = ("answer", "mail", "event", "drains")
"""What is compared: the highest number of a row of these tables, and how often mail was taken to be sent."""
_unwritable: set[Path] = set()  # of which it was said


@dataclass(frozen=True)
class Entry:
    """How far one installation had come, and where it was then (`installation.home`) at what moment."""

    counted: dict[str, int]
    home: str | None
    at: str


def load_entries() -> dict[str, Entry]:
    """All entries, by the installation's number in hexadecimal; none where there is no file or it cannot be read."""
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
        return {number: Entry(_counted(one["counted"]), one["home"], str(one["at"])) for number, one in found.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ArithmeticError, ValueError, KeyError, TypeError, AttributeError):
        log.warning("mirror.json in the data folder cannot be read: it is taken as missing")
        return {}


def write(number: str, entry: Entry, *, durably: bool = True) -> None:
    """Remember that an installation came so far; what others wrote meanwhile and is further stays.

    A folder that cannot be written is told once: mail goes on without this.
    """
    try:
        with _alone():
            known = load_entries()
            if (before := known.get(number)) is not None:
                if before.home == entry.home and all(before.counted[name] >= entry.counted[name] for name in COUNTED):
                    return
                entry = Entry({n: max(before.counted[n], entry.counted[n]) for n in COUNTED}, entry.home, entry.at)
            _replace({**known, number: entry}, durably=durably)
    except OSError as error:
        if (folder := settings.current().data_dir) not in _unwritable:
            _unwritable.add(folder)
            told = "%s cannot be written (%s): a database that is put back from a backup may not be noticed"
            log.warning(told, folder, error.strerror)


def is_writable() -> bool:
    """Whether entries can be written, as far as that is known without writing one."""
    folder = settings.current().data_dir
    return os.access(folder if folder.exists() else folder.parent, os.W_OK | os.X_OK)


def _file() -> Path:
    return settings.current().data_dir / "mirror.json"


def _counted(found: Mapping[str, Any]) -> dict[str, int]:
    return {name: int(found[name]) for name in COUNTED}


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Several processes share the folder: one of them writes at a time."""
    _file().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(_file().with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        settings.give_to_folders_owner(handle)
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(entries: Mapping[str, Entry], *, durably: bool) -> None:
    temporary = _file().with_suffix(".new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        settings.give_to_folders_owner(file.fileno())
        json.dump({number: asdict(entry) for number, entry in entries.items()}, file, indent=1)
        file.flush()
        if durably:
            os.fsync(file.fileno())
    temporary.replace(_file())
    if durably:
        folder = os.open(_file().parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
