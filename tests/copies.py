"""A database copied at one moment and put back later, as operators do it: by our backup, a dump, or a copied file."""

import os
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from typer.testing import CliRunner

from tests import backups, servers
from worker import db, settings
from worker.backup import make, restore
from worker.cli.commands import app

How = Literal["backup", "plain"]
REMEMBERS = ("mirror.json", "journal")  # what the data folder knows of a database


@dataclass(frozen=True)
class Copy:
    """What was kept of a database; `how` it was made says how it is put back."""

    how: How
    file: Path


def keep(how: How, folder: Path) -> Copy:
    """Copy this process's database as it is now."""
    folder.mkdir(parents=True, exist_ok=True)
    if how == "backup":
        file = folder / "one.backup"
        backups.has_its_key()
        make.make_backup(file)
    elif settings.current().database_url:
        file = folder / "one.dump"
        _postgresql("pg_dump", "--format", "custom", "--file", str(file), settings.current().database)
    else:
        file = folder / "one.db"
        with sqlite3.connect(settings.current().data_dir / "undersigned.db") as source, sqlite3.connect(file) as target:
            source.backup(target)
    return Copy(how, file)


def put_back(copy: Copy, data_dir: Path, *, url: str = "", kept: bool) -> None:
    """Put it into an empty data folder and database, which this process then uses.

    `kept`: with what the old data folder remembers.
    """
    before = settings.current().data_dir
    data_dir.mkdir(parents=True)
    for name in REMEMBERS:
        if kept and (before / name).exists():
            shutil.copy(before / name, data_dir / name)
    db.dispose()
    settings.set_for_this_process(data_dir=data_dir, database_url=url)
    if copy.how == "backup":
        (data_dir / "secret_key").write_text(settings.current().secret_key)
        restore.restore_backup(copy.file, backups.opener(), backups.SEALED)
    elif url:
        _postgresql("pg_restore", "--no-owner", "--dbname", servers.plain(url), str(copy.file))
    else:
        shutil.copy(copy.file, data_dir / "undersigned.db")
    db.dispose()


def put_back_in_place(copy: Copy) -> None:
    """Put a plain copy where its database was and is; the data folder is kept."""
    folder = settings.current().data_dir
    db.dispose()
    if url := settings.current().database_url:
        into = ("--no-owner", "--dbname", servers.plain(url))
        _postgresql("pg_restore", "--clean", "--if-exists", *into, str(copy.file))
        return
    with sqlite3.connect(copy.file) as source, sqlite3.connect(folder / "undersigned.db") as target:
        source.backup(target)  # into the same file, page by page, as its other readers see at once


def types(*words: str, code: int = 0) -> str:
    """What a command prints, typed in this process."""
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def _postgresql(program: str, *arguments: str) -> None:
    words = [servers.plain(word) if word.startswith("postgresql+") else word for word in arguments]
    command = [str(servers._postgresql_programs() / program), *words]
    done = subprocess.run(command, env=os.environ | {"LC_ALL": "C"}, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
