"""Workers as in production: processes of the real command, started long before there is anything to do."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import psycopg
from celery import Celery
from redis import Redis
from sqlalchemy import func, select

from tests import servers
from worker import celery_config, db, settings
from worker.mail import outbox
from worker.models import Mail, RelayHealth

COMMAND = [sys.executable, "-m", "worker", "worker"]
NOTIFICATIONS = 8  # for each worker, so that none sleeps while the others work
QUIET = "0.5 seconds"
LOOK_AGAIN = 0.02  # seconds
TIMEOUT_S = 120  # seconds after which a drain is given up


@dataclass(frozen=True)
class Drain:
    """What workers did between the notification and the last mail marked sent; `megabytes` is the largest's peak."""

    seconds: float
    sent: int
    processor_seconds: float
    megabytes: float

    @property
    def each(self) -> float:
        """Seconds for each mail."""
        return self.seconds / self.sent


class Crew:
    """Workers with a Valkey of their own, for the database and the relay that were set when they were started."""

    def __init__(self, redis: servers.Redis, processes: list[servers.Process]) -> None:
        self._redis, self._size = redis, len(processes)
        self._workers = [psutil.Process(process.popen.pid) for process in processes]
        self._queue = Celery("bench", set_as_current=False)
        self._queue.conf.update(celery_config.configuration())
        self._logs = [process.log for process in processes]
        for process in processes:
            servers.wait_for(self._all_listen, process)

    def drain(self, seconds: float = TIMEOUT_S) -> Drain:
        """Notify, and look until no mail is left to send or the time is over."""
        sent, busy, megabytes = _sent(), self._processor_seconds(), self.megabytes()
        begun = time.perf_counter()
        self._notify()
        while _something_due() and time.perf_counter() - begun < seconds:
            megabytes = max(megabytes, self.megabytes())
            time.sleep(LOOK_AGAIN)
        return Drain(time.perf_counter() - begun, _sent() - sent, self._processor_seconds() - busy, megabytes)

    def rest(self) -> None:
        """Wait until every task was run and nobody does anything, so that nothing is begun before the next one."""
        until = time.monotonic() + TIMEOUT_S
        with psycopg.connect(servers.plain(settings.current().database), autocommit=True) as watching:
            while self._tasks_waiting() or not _quiet(watching):
                assert time.monotonic() < until, self.said()
                time.sleep(LOOK_AGAIN)

    def said(self) -> str:
        """What the workers logged."""
        return "".join(log.read_text() for log in self._logs)

    def _notify(self) -> None:
        for _ in range(NOTIFICATIONS * self._size):
            self._queue.send_task("deliver", expires=60)

    def _tasks_waiting(self) -> bool:
        with Redis(port=self._redis.port) as client:
            return any(client.type(key) == b"list" for key in client.scan_iter())

    def _all_listen(self) -> bool:
        with Redis(port=self._redis.port) as client:
            return int(client.info("clients")["blocked_clients"]) >= self._size

    def _processor_seconds(self) -> float:
        times = [worker.cpu_times() for worker in self._workers]
        return float(sum(time.user + time.system for time in times))

    def megabytes(self) -> float:
        return float(max(worker.memory_info().rss for worker in self._workers)) / 1e6


@contextmanager
def at_work(folder: Path, size: int) -> Iterator[Crew]:
    """So many workers that wait for a task; the environment is what this process has set.

    Each has swept once, as it does when it is ready: what is put from now on is not found by a sweep.
    """
    redis = servers.Redis(folder / "redis")
    settings.set_for_this_process(broker_url=redis.url(), sweep=3600)
    processes: list[servers.Process] = []
    try:
        processes.extend(_swept_once(folder / f"worker-{number}.log") for number in range(size))
        crew = Crew(redis, processes)
        crew.rest()
        yield crew
    finally:
        for process in processes:
            process.end()
        redis.quit()


def _swept_once(log: Path) -> servers.Process:
    before = _swept_at()
    process = servers.Process(COMMAND, log, cwd=settings.CHECKOUT)
    servers.wait_for(lambda: _swept_at() != before, process)
    return process


def tidy() -> None:
    """What autovacuum does by itself in production; the tests' PostgreSQL has none."""
    with psycopg.connect(servers.plain(settings.current().database), autocommit=True) as admin:
        admin.execute("VACUUM ANALYZE")


def call_back_the_rest() -> None:
    """Cancel what nobody has claimed, and wait until nothing is under way any more."""
    with db.transaction() as session:
        outbox.cancel(session, Mail.lease_holder.is_(None))
    until = time.monotonic() + TIMEOUT_S
    while _something_under_way():
        assert time.monotonic() < until
        time.sleep(LOOK_AGAIN)


def _quiet(watching: "psycopg.Connection[tuple[bool]]") -> bool:
    """Whether nobody has asked the database anything for a while."""
    row = watching.execute(
        "SELECT coalesce(max(state_change) < clock_timestamp() - CAST(%s AS interval), true) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        [QUIET],
    ).fetchone()
    return row is not None and row[0]


def _swept_at() -> datetime | None:
    with db.reading() as session:
        return session.scalar(select(RelayHealth.swept_at))


def _something_under_way() -> bool:
    with db.reading() as session:
        return session.scalar(select(Mail.id).where(Mail.lease_holder.is_not(None)).limit(1)) is not None


def _something_due() -> bool:
    oldest = select(Mail.id).where(Mail.due_at.is_not(None)).order_by(Mail.urgency, Mail.due_at).limit(1)
    with db.reading() as session:
        return session.scalar(oldest) is not None


def _sent() -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).where(Mail.sent_at.is_not(None))) or 0
