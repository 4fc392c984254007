"""The program's own processes around a database, a broker and a mail server, to be killed and started again."""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import psutil  # type: ignore[import-untyped]
import psycopg
from celery import Celery

from tests import servers
from tests.bench.databases import Durable
from tests.soak.relay import Relay
from worker import celery_config, db, migrations, settings

Database = Literal["PostgreSQL", "SQLite", "own PostgreSQL"]
A_SECRET_KEY = "a key for trials only, long enough for everything"
TIMEOUT_S = 45  # seconds until something that should happen is missed
CALM = "nothing was recorded"


class Missed(AssertionError):
    """Something that people wait for did not happen."""


def eventually(what: Callable[[], bool], missed: str, seconds: float = TIMEOUT_S, pause: float = 0.05) -> None:
    """Look again and again until it is so. Raises Missed."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise Missed(f"{missed} within {seconds:g} s")
        time.sleep(pause)


@dataclass
class House:
    """What runs. An own PostgreSQL and a Redis are there where they were asked for."""

    folder: Path
    relay: Relay
    postgres: servers.PostgreSQL | None = None
    redis: servers.Redis | None = None
    processes: dict[str, servers.Process] = field(default_factory=dict)
    web_ports: list[int] = field(default_factory=list)
    _commands: dict[str, list[str]] = field(default_factory=dict)

    def start(self, name: str, *command: str, module: str = "worker") -> None:
        """Run a process of the program; its environment is what this process has set."""
        self._commands[name] = [sys.executable, "-m", module, *command]
        self.restart(name)

    def start_web(self, name: str = "web") -> None:
        port = servers.free_port()
        self.web_ports.append(port)
        self.start(name, "web", "--port", str(port))

    def restart(self, name: str) -> None:
        self.processes[name] = servers.Process(self._commands[name], self.folder / f"{name}.log", cwd=settings.CHECKOUT)

    def kill(self, *names: str) -> None:
        """SIGKILL, as the kernel does when memory runs out; all of them before any is waited for."""
        for name in names:
            self.processes[name].send(signal.SIGKILL)
        for name in names:
            self.processes[name].end(signal.SIGKILL)

    def wait_until_the_pages_are_up(self) -> None:
        for port in self.web_ports:
            eventually(lambda port=port: _is_up(port), "no page came up")  # type: ignore[misc]

    def ports_to_the_relay(self, name: str) -> set[int]:
        """The local ports of a process's connections to the mail server."""
        try:
            lines = psutil.Process(self.processes[name].popen.pid).net_connections("tcp")
        except psutil.Error:
            return set()
        return {line.laddr.port for line in lines if line.raddr and line.raddr.port == self.relay.port}

    def notify(self, task: str) -> None:
        with Celery("soak", set_as_current=False) as queue:
            queue.conf.update(celery_config.configuration())
            queue.send_task(task)

    def said(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def end(self) -> None:
        for process in self.processes.values():
            process.end()


@contextmanager
def furnished(which: Database, *, relay: Relay | None = None, redis: bool = True, **values: object) -> Iterator[House]:
    """A house with a migrated database; this process and its children have these settings."""
    folder = servers.run_folder() / f"soak-{os.urandom(4).hex()}"
    folder.mkdir(mode=0o755)
    with ExitStack() as stack:
        house = House(folder, stack.enter_context(relay or Relay()))
        url = stack.enter_context(_database(which, house))
        usual = {"data_dir": folder, "secret_key": A_SECRET_KEY, "undo": 0, "sweep": 1, "smtp_url": house.relay.url}
        db.dispose()
        settings.only_for_this_process(**usual | {"database_url": url} | values)
        stack.callback(_forget)
        if which == "own PostgreSQL":
            migrations.upgrade()
        if redis and which != "SQLite":
            house.redis = servers.Redis(folder / "redis")
            stack.callback(house.redis.quit)
            settings.set_for_this_process(broker_url=house.redis.url())
        stack.callback(house.end)
        yield house


@contextmanager
def _database(which: Database, house: House) -> Iterator[str]:
    if which == "SQLite":
        servers.fresh_sqlite(house.folder)
        yield ""
    elif which == "PostgreSQL":
        with servers.fresh_postgresql() as url:
            yield url
    else:
        house.postgres = _Small(house.folder / "postgresql")
        try:
            with psycopg.connect(servers.plain(house.postgres.url()), autocommit=True) as admin:
                admin.execute("CREATE DATABASE soak")
            yield house.postgres.url("soak")
        finally:
            house.postgres.quit()


class _Small(Durable):
    """What it has committed survives its death, and its connections can be used up."""

    CONNECTIONS = 40

    def _run(self, program: str, *arguments: str) -> servers.Process:
        few = (f"--max_connections={self.CONNECTIONS}",) if program == "postgres" else ()
        return super()._run(program, *arguments, *few)


def _forget() -> None:
    db.dispose()
    settings.only_for_this_process()


@dataclass(frozen=True)
class Told:
    """How a form was answered; status 0: it was not."""

    status: int
    seconds: float
    page: str

    @property
    def yes(self) -> bool:
        return self.status == 303

    @property
    def calmly_no(self) -> bool:
        return self.status == 503 and CALM in self.page


def sends(port: int, token: str, form: dict[str, str]) -> Told:
    """Send a form and follow nowhere; what came of it."""
    begun = time.monotonic()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    head = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        line.request("POST", f"/s/{token}", urlencode(form), head)
        answer = line.getresponse()
        return Told(answer.status, time.monotonic() - begun, answer.read().decode())
    except (OSError, http.client.HTTPException) as error:
        return Told(0, time.monotonic() - begun, type(error).__name__)
    finally:
        line.close()


def _is_up(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/livez")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()
