"""A key for backups whose passphrase is tried at once, unlike a real one; and how a person types it."""

import contextlib
import os
import pty
import select
import shutil
import subprocess
from pathlib import Path
from typing import Any

from sqlalchemy import text

from worker import db, settings
from worker.backup import identity, rows
from worker.models import Base

PASSPHRASE = "for tests only"
SEALED = (Path(__file__).parent / "data" / "identity.age").read_bytes()
AGE = shutil.which("age")


def opener() -> Any:
    return identity.unlock(SEALED, PASSPHRASE)


def has_its_key() -> None:
    """This machine has a key for its backups."""
    identity.keep_key(identity.key_of(opener(), SEALED))


def all_rows() -> dict[str, list[bytes]]:
    """Everything in the database, as it is kept, but for the row that a backup and its restoring write into."""
    with db.engine().connect() as connection:
        tables = [table for table in Base.metadata.sorted_tables if table.name != "installation"]
        return {table.name: list(rows.read_rows(connection, table)) for table in tables}


def another_place(folder: Path, url: str = "") -> None:
    """From now on this process has another data folder and an empty database."""
    db.dispose()
    folder.mkdir(exist_ok=True)
    for name in ("SECRET_KEY", "BACKUP_DIR"):
        os.environ.pop(f"{settings.PREFIX}{name}", None)
    campaigns = folder / "campaigns"
    campaigns.mkdir(exist_ok=True)
    settings.set_for_this_process(data_dir=folder / "var", database_url=url, campaigns_dir=campaigns)


def has_no_table() -> bool:
    with db.engine().connect() as connection:
        asked = "sqlite_master" if connection.dialect.name == "sqlite" else "pg_tables WHERE schemaname = 'public'"
        return not connection.execute(text(f"SELECT count(*) FROM {asked}")).scalar_one()


def types_passphrase(command: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Run a program in a terminal, and type the passphrase once it asks; what the terminal showed."""
    ours, theirs = pty.openpty()
    shown = b""
    typed = ["setsid", "--ctty", "--wait", *command]
    with subprocess.Popen(typed, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.close(theirs)
        asked = False
        while piece := _read(ours):
            shown += piece
            if not asked and b"assphrase" in shown:
                asked = True
                os.write(ours, f"{PASSPHRASE}\n".encode())
    os.close(ours)
    return subprocess.CompletedProcess(command, process.returncode, shown)


def _read(terminal: int) -> bytes:
    """What comes next; nothing once nobody has it open any more, nor for half a minute."""
    if not select.select([terminal], [], [], 30)[0]:
        return b""
    with contextlib.suppress(OSError):
        return os.read(terminal, 4096)
    return b""
