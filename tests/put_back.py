"""A backup of the database of this process's settings, by other means than ours, and how it is put back."""

import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from tests import servers
from worker import db, settings
from worker.models import Base


@dataclass
class Backup:
    """The rows and the highest numbers given, as they were when it was made."""

    folder: Path
    rows: dict[str, bytes] = field(default_factory=dict)
    numbers: dict[str, tuple[int, bool]] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path) -> "Backup":
        made = cls(folder)
        if not settings.current().database_url:
            made._copy(_file(), made._kept())
            return made
        with psycopg.connect(_url(), autocommit=True) as server:
            for table in Base.metadata.sorted_tables:
                made.rows[table.name] = servers._copied(server, table.name)
                if table.autoincrement_column is not None:
                    last = sql.SQL("SELECT last_value, is_called FROM {}").format(
                        sql.Identifier(f"{table.name}_id_seq")
                    )
                    made.numbers[table.name] = server.execute(last).fetchone() or (1, False)
        return made

    def put_back(self) -> None:
        """Into the same server and database, or the same file, as `pg_restore --clean` and `cp` do."""
        if not settings.current().database_url:
            self._copy(self._kept(), _file())
            return
        with psycopg.connect(_url(), autocommit=True) as server:
            server.execute("SET session_replication_role = replica")
            for name, content in self.rows.items():
                server.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
                with server.cursor() as cursor, cursor.copy(f"COPY {name} FROM STDIN") as into:
                    into.write(content)
            for name, number in self.numbers.items():
                server.execute("SELECT setval(%s::regclass, %s, %s)", (f"{name}_id_seq", *number))

    def put_elsewhere(self) -> None:
        """The same into another database of the server, or another file, which then has the old one's name."""
        db.dispose()
        if not settings.current().database_url:
            self._copy(self._kept(), new := _file().with_suffix(".new"))
            for end in ("-wal", "-shm"):
                Path(f"{_file()}{end}").unlink(missing_ok=True)
            os.replace(new, _file())
            return
        self.put_back()
        name = _url().rsplit("/", 1)[1]
        with psycopg.connect(servers.plain(servers.shared_postgresql()), autocommit=True) as admin:
            ended = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
            admin.execute(ended, [name])
            admin.execute(f"ALTER DATABASE {name} RENAME TO {name}_before")
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {name}_before STRATEGY file_copy")
            admin.execute(f"DROP DATABASE {name}_before")

    def _kept(self) -> Path:
        return self.folder / "backup.db"

    @staticmethod
    def _copy(source: Path, into: Path) -> None:
        one, other = sqlite3.connect(source), sqlite3.connect(into)
        with other:
            one.backup(other)
        one.close()
        other.close()


def _file() -> Path:
    return settings.current().data_dir / "undersigned.db"


def _url() -> str:
    return servers.plain(settings.current().database)
