"""What every test may ask for: a database of its own, a Redis, a clock that can be moved."""

import gc
import os
import shutil
import ssl
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import hypothesis
import psycopg
import pytest
import typer.testing
from sqlalchemy import Engine, Pool, event
from starlette.testclient import TestClient

from tests import compiled, servers
from tests.scripted_smtp import trusted_certificate
from worker import db, settings
from worker.web import code_page
from worker.web.app import make_app
from worker.wording import templates

if TYPE_CHECKING:
    from playwright.sync_api import Browser

A_SECOND = code_page.WRONG_CODE_DELAY_S
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
GARBAGE = 20_000  # new objects before Python looks for garbage; by itself 700
A_SECRET_KEY = "a key for tests only, long enough for everything"


# No example fails for the time that it took: the machine may be busy.
hypothesis.settings.register_profile("ours", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("ours")
pytest.register_assert_rewrite("tests.deliveries", "tests.mails", "tests.mutated_reports", "tests.smtp_faults")


def pytest_configure(config: pytest.Config) -> None:
    gc.set_threshold(GARBAGE)
    _keep_bytecode()
    for name in _ours():
        del os.environ[name]  # what a developer has set stays out of the tests
    event.listen(Pool, "checkout", servers.do_not_wait_for_the_disk)
    event.listen(Engine, "engine_connect", compiled.share)
    typer.testing._get_command = cache(typer.main.get_command)  # type: ignore[attr-defined]
    code_page.WRONG_CODE_DELAY_S = 0.02  # in this process; `full_second` has what partners have
    if not hasattr(config, "workerinput"):
        config.stash[_watcher] = servers.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if watcher := config.stash.get(_watcher, None):
        servers.end_run(watcher)


def pytest_collection_finish() -> None:
    gc.freeze()  # what was imported and collected stays to the end


def _keep_bytecode() -> None:
    """Whatever the environment says: else each of hundreds of processes would compile the whole program anew."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


_watcher = pytest.StashKey[Any]()


@pytest.fixture(autouse=True)
def its_own_environment(request: pytest.FixtureRequest, worker_number: int) -> Iterator[None]:
    """Settings that a test sets are gone when it ends, and nothing is written to the checkout's var/."""
    before = {name: os.environ[name] for name in _ours()}
    folder = servers.run_folder() / f"var-{worker_number}"
    os.environ.setdefault(f"{settings.PREFIX}DATA_DIR", str(folder))
    os.environ.setdefault(f"{settings.PREFIX}UNDO", "0")
    forget_settings()
    yield
    if f"{settings.PREFIX}TEMPLATES_DIR" in os.environ:
        forget_templates()
    for name in _ours():
        del os.environ[name]
    os.environ.update(before)
    (folder / "mirror.json").unlink(missing_ok=True)  # a database that is lent again begins anew
    forget_settings()


@pytest.fixture
def full_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong mail code takes as long as it does for partners."""
    monkeypatch.setattr(code_page, "WRONG_CODE_DELAY_S", A_SECOND)


@pytest.fixture(scope="session")
def worker_number() -> int:
    """Which of xdist's workers this is, from 0."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A fresh, migrated database in the run's PostgreSQL."""
    with servers.fresh_postgresql() as url:
        yield url


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """A fresh database in the run's PostgreSQL without any table."""
    with servers.fresh_postgresql(migrated=False) as url:
        yield url


@pytest.fixture
def sqlite_dir(tmp_path: Path) -> Path:
    """A DATA_DIR with a fresh, migrated SQLite database in it."""
    folder = tmp_path / "var"
    folder.mkdir()
    servers.fresh_sqlite(folder)
    return folder


@pytest.fixture
def redis_url(worker_number: int) -> str:
    """An empty database in the run's Valkey, which no other test uses meanwhile; not to be killed or stopped."""
    import redis

    url = servers.shared_redis(worker_number)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[servers.Redis]:
    """A Valkey of its own, to be flushed, killed, stopped and restarted."""
    server = servers.Redis(tmp_path / "redis")
    yield server
    server.quit()


@pytest.fixture
def own_postgres() -> Iterator[servers.PostgreSQL]:
    """A PostgreSQL of its own (not migrated), to be killed, stopped and restarted."""
    server = servers.PostgreSQL(servers.run_folder() / f"own-{os.getpid()}-{os.urandom(4).hex()}")
    yield server
    server.quit()


@pytest.fixture(scope="module")
def certificate() -> Iterator[ssl.SSLContext]:
    """A server's certificate for 127.0.0.1, by an authority that this process trusts meanwhile, and no other."""
    with trusted_certificate() as context:
        yield context


@pytest.fixture
def bounces_come_back() -> None:
    """Mails carry a return path of ours."""
    settings.set_for_this_process(secret_key=A_SECRET_KEY, bounces_to="bounces@letters.example")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """This process and its children have a migrated database of their own; the value names the dialect.

    For one of the two only: @pytest.mark.parametrize("database", ["postgresql"], indirect=True)
    """
    if request.param == "sqlite":
        values = {"data_dir": request.getfixturevalue("sqlite_dir"), "database_url": ""}
    else:
        values = {"data_dir": tmp_path / "var", "database_url": request.getfixturevalue("postgres_url")}
    settings.set_for_this_process(secret_key=A_SECRET_KEY, **values)
    db.dispose()  # a server's thread that was late may have connected between two tests
    yield request.param
    db.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, as the settings of this process and its children name it."""
    url = request.getfixturevalue("empty_postgres_url") if request.param == "postgresql" else ""
    settings.set_for_this_process(data_dir=tmp_path, database_url=url)
    yield request.param
    db.dispose()


@pytest.fixture
def notified(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """No task is notified; which ones would have been: the task's name, and a campaign's number."""
    from worker import broker

    heard: list[tuple[Any, ...]] = []
    monkeypatch.setattr(broker, "notify", lambda task, *ids: heard.append((task, *ids)))
    return heard


@pytest.fixture
def browser(database: str, notified: list[tuple[Any, ...]]) -> TestClient:
    """Asks the pages in this process, and follows nowhere."""
    return TestClient(make_app(), follow_redirects=False)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """Debian's; for a module, because playwright's loop is in the way of tests with a loop of their own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield browser
        browser.close()


class Clock(Protocol):
    """The database's clock, moved and not slept; it goes on from where it was moved to."""

    def advance(self, **by: float) -> None:
        """Move on by what timedelta() takes: `clock.advance(hours=2)`."""

    def set(self, to: datetime) -> None:
        """Move to a moment, forward or back."""


@pytest.fixture
def clock(database: str) -> Iterator[Clock]:
    """The clock of `database`. On PostgreSQL every process that connects from now on sees it moved."""
    db.dispose()
    if database == "postgresql":
        its = PostgreSQLClock(servers.plain(settings.current().database))
        yield its
        its.end()
    else:
        moved = SQLiteClock()
        event.listen(Engine, "connect", moved.install)
        yield moved
        event.remove(Engine, "connect", moved.install)
    db.dispose()


class PostgreSQLClock:
    """A clock_timestamp() of ours that is found before PostgreSQL's own, and adds what a table says."""

    def __init__(self, url: str) -> None:
        self._url, self._name = url, url.rsplit("/", 1)[1]
        self._execute(
            "CREATE SCHEMA moved_clock;"
            "CREATE TABLE moved_clock.moved AS SELECT interval '0' AS by;"
            "CREATE FUNCTION moved_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS"
            " 'SELECT pg_catalog.clock_timestamp() + (SELECT by FROM moved_clock.moved)';"
            f"ALTER DATABASE {self._name} SET search_path = public, moved_clock, pg_catalog"
        )

    def advance(self, **by: float) -> None:
        self._execute("UPDATE moved_clock.moved SET by = by + %s", timedelta(**by))

    def set(self, to: datetime) -> None:
        self._execute("UPDATE moved_clock.moved SET by = %s - pg_catalog.clock_timestamp()", to)

    def end(self) -> None:
        """Take it away, so that the database is as it was before."""
        self._execute(f"ALTER DATABASE {self._name} RESET search_path; DROP SCHEMA moved_clock CASCADE")

    def _execute(self, statement: str, *values: object) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement, values or None)


class SQLiteClock:
    """A strftime() of ours on every connection of this process; it knows the one question that db.clock asks."""

    def __init__(self) -> None:
        self._by = timedelta()

    def advance(self, **by: float) -> None:
        self._by += timedelta(**by)

    def set(self, to: datetime) -> None:
        self._by = to - datetime.now(UTC)

    def install(self, connection: Any, _: object) -> None:
        connection.create_function("strftime", 2, self._strftime)

    def _strftime(self, pattern: str, moment: str) -> str:
        assert (pattern, moment) == ("%Y-%m-%d %H:%M:%f", "now")
        return (datetime.now(UTC) + self._by).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def _ours() -> list[str]:
    return [name for name in os.environ if name.startswith(settings.PREFIX)]


def forget_settings() -> None:
    """Drop what is remembered for the settings as they were, but for templates: their folder hardly ever changes."""
    db.dispose()
    settings.current.cache_clear()


def use_templates(folder: Path) -> None:
    """Read templates from another folder until the test ends."""
    settings.set_for_this_process(templates_dir=folder)
    forget_templates()


def forget_templates() -> None:
    for remembered in (templates._environment, templates._markdown, templates.translations):
        remembered.cache_clear()


def configure_the_queue() -> None:
    """Celery reads its configuration once a process; the next test has a broker of its own."""
    from worker import celery_config, tasks

    tasks.queue.conf.update(celery_config.configuration())
    tasks.queue._pool = tasks.queue.amqp._producer_pool = None
