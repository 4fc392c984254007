"""Databases to measure on: both keep their promises, and wait for the disk as in production."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests import servers
from worker import db, migrations, settings

BOTH = ("PostgreSQL", "SQLite")
A_SECRET_KEY = "a key for measuring only, long enough for everything"


class Durable(servers.PostgreSQL):
    """The PostgreSQL of the tests, except that what it has committed is on the disk, and autovacuum comes by."""

    def _run(self, program: str, *arguments: str) -> servers.Process:
        kept = (
            ("--fsync=on", "--synchronous_commit=on", "--full_page_writes=on", "--autovacuum=on")
            if program == "postgres"
            else ()
        )
        return super()._run(program, *arguments, *kept)


@contextmanager
def in_use(which: str, **values: object) -> Iterator[Path]:
    """This process and its children have a fresh database and these settings; yields a folder of theirs."""
    folder = servers.run_folder() / f"bench-{os.urandom(4).hex()}"
    folder.mkdir(mode=0o755)
    settings.only_for_this_process(data_dir=folder, secret_key=A_SECRET_KEY, **values)
    try:
        if which == "SQLite":
            servers.fresh_sqlite(folder)
            db.dispose()
            yield folder
        else:
            with _postgresql(folder):
                yield folder
    finally:
        db.dispose()
        settings.only_for_this_process(data_dir=servers.run_folder() / "var")  # the next one has no key in this one's


@contextmanager
def _postgresql(folder: Path) -> Iterator[None]:
    server = Durable(folder / "postgresql")
    try:
        with psycopg.connect(servers.plain(server.url()), autocommit=True) as admin:
            admin.execute("CREATE DATABASE bench")
        settings.set_for_this_process(database_url=server.url("bench"))
        db.dispose()
        migrations.upgrade()
        yield
        db.dispose()
    finally:
        server.quit()
