"""What a machine of 1 GB and one core takes: the processes of docker-compose.yml, from a launch to the last copy."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from sqlalchemy import func, select, update

from tests import servers
from tests.bench import campaign, databases, fetched, growth, pages, postfix, processes, visitors
from tests.bench.rounds import Comparison, Extent
from worker import db, settings
from worker.models import Answer, Campaign, Mail, Partner

A_GIGABYTE = 1024  # megabytes
AT_REST = 150  # megabytes that web and worker may take together while nothing happens
TIMEOUT_S = 240  # seconds for one stage
LOOK_AGAIN = 0.2  # seconds
OURS = {"web", "worker", "command"}
CORE = {0}


def measure(extent: Extent) -> Iterator[Comparison]:
    """One round: Caddy is left out, and the relay and the partners are on another machine."""
    tools, _ = fetched.if_there(lambda: postfix.programs(may_fetch=extent.fetches))
    with contextlib.ExitStack() as stack:
        machine = stack.enter_context(_machine())
        with machine.inside():
            folder = stack.enter_context(databases.in_use("PostgreSQL", sweep=2, undo=0))
            redis = servers.Redis(folder / "redis")
            stack.callback(redis.quit)
        relay = stack.enter_context(postfix.sink_or_ours(tools, folder))
        settings.set_for_this_process(broker_url=redis.url(), smtp_url=f"smtp://127.0.0.1:{relay}")
        with machine.inside():
            web = stack.enter_context(processes.serving(folder, "worker", "web", "--port"))
            worker = servers.Process([sys.executable, "-m", "worker", "worker"], folder / "worker.log")
            stack.callback(worker.end)
        watch = stack.enter_context(_Watch.watching())
        time.sleep(min(5, extent.seconds))  # until what a start needed is over
        at_rest = watch.end_stage("at rest")
        _campaign_lives(extent.copies, folder, machine, watch, web)
        assert worker.runs, "the worker was killed"
    name = "large campaign on 1 GB"
    yield Comparison(
        name,
        [watch.most],
        "the limit",
        [A_GIGABYTE],
        "megabytes",
        f"{extent.copies:,} signers; {machine.said}; {watch.table()}",
    )
    ours = sum(size for process, size in at_rest.items() if process in OURS)
    yield Comparison("web and worker at rest", [ours], "the limit", [AT_REST], "megabytes", "proportional set size")


def _campaign_lives(signers: int, folder: Path, machine: "_Machine", watch: "_Watch", web: int) -> None:
    """Each stage ends when it is done; the worker finds by itself what comes next."""
    defined = campaign.definition(signers)
    written = growth.written(folder, defined)
    with machine.inside():
        launching = servers.Process(
            [sys.executable, "-m", "worker", "launch", str(written), "--deadline", "in 2 weeks", "--yes"],
            folder / "launch.log",
        )
    assert launching.popen.wait(TIMEOUT_S) == 0, launching.log.read_text()
    watch.end_stage("launch")
    _until(lambda: _sent("invitation") == signers)
    watch.end_stage("invitations")
    with db.reading() as session:
        partners = session.scalars(select(Partner).order_by(Partner.id)).all()
    visitors.visit(web, [visitors.a_form(pages.path(one), pages.signature(one)) for one in partners], 303)
    _until(lambda: _sent("receipt") == signers)
    watch.end_stage("answers and receipts")
    with db.transaction() as session:
        one = session.scalars(select(Campaign)).one()
        one.definition = one.definition | {"review": 0, "quorum": 1}
        session.execute(update(Campaign).values(deadline_at=db.clock(session) - timedelta(seconds=1)))
    _until(lambda: _sent("letter") > 0)
    watch.end_stage("seal and letter")
    _until(lambda: _sent("copy") == signers)
    watch.end_stage("copies")
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == signers


def _sent(kind: str) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).where(Mail.kind == kind, Mail.sent_at.is_not(None))) or 0


def _until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + TIMEOUT_S
    while not done():
        assert time.monotonic() < until
        time.sleep(LOOK_AGAIN)


@dataclass
class _Watch:
    """How large each process becomes in each stage, by its proportional set size in megabytes."""

    stages: list[tuple[str, float, dict[str, float]]] = field(default_factory=list)
    most: float = 0
    _largest: dict[str, float] = field(default_factory=dict)
    _begun: float = field(default_factory=time.monotonic)
    _ended: threading.Event = field(default_factory=threading.Event)

    @classmethod
    @contextlib.contextmanager
    def watching(cls) -> "Iterator[_Watch]":
        watch = cls()
        thread = threading.Thread(target=watch._look_around, daemon=True)
        thread.start()
        try:
            yield watch
        finally:
            watch._ended.set()
            thread.join()

    def end_stage(self, name: str) -> dict[str, float]:
        largest, self._largest = self._largest, {}
        now = time.monotonic()
        self.stages.append((name, now - self._begun, largest))
        self._begun = now
        return largest

    def table(self) -> str:
        """`launch (4 s): web 60 MB, worker 70 MB; …`"""
        told = []
        for name, seconds, largest in self.stages:
            sizes = ", ".join(f"{process} {size:.0f} MB" for process, size in sorted(largest.items()))
            told.append(f"{name} ({seconds:.0f} s): {sizes}")
        return "; ".join(told)

    def _look_around(self) -> None:
        while not self._ended.wait(LOOK_AGAIN):
            sizes: dict[str, float] = {}
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if name := _called(process):
                        sizes[name] = sizes.get(name, 0) + process.memory_full_info().pss / 1e6
            self.most = max(self.most, sum(sizes.values()))
            for name, size in sizes.items():
                self._largest[name] = max(self._largest.get(name, 0), size)


def _called(process: psutil.Process) -> str:
    """What it is in docker-compose.yml; empty for what runs on another machine there."""
    if process.name().startswith(("postgres", "valkey")):
        return "PostgreSQL" if process.name().startswith("postgres") else "Valkey"
    words = process.cmdline()
    if words[2:4] == ["-m", "worker.process"]:
        return str(words[4])
    if "worker.child_process" in words:
        return "letter"  # what sets it, in a process of its own
    if words[1:3] != ["-m", "worker"]:
        return ""
    return words[3] if words[3] in {"web", "worker"} else "command"


@dataclass
class _Machine:
    """A control group of Linux with the memory of a small machine, and one of the cores."""

    group: Path | None

    @property
    def said(self) -> str:
        return f"one core, {A_GIGABYTE} MB" if self.group else "one core, without a limit of memory"

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Whatever is started meanwhile is on this machine, and so is all that it starts."""
        cores, home = os.sched_getaffinity(0), _own_group()
        os.sched_setaffinity(0, CORE)
        if self.group:
            (self.group / "cgroup.procs").write_text(str(os.getpid()))
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)
            if self.group:
                (home / "cgroup.procs").write_text(str(os.getpid()))


@contextlib.contextmanager
def _machine() -> Iterator[_Machine]:
    """Of the first version of control groups, or the second; without its limit where we may not make a group."""
    group = _own_group() / f"undersigned-{os.getpid()}"
    limit = "memory.limit_in_bytes" if "memory" in group.parts else "memory.max"
    try:
        group.mkdir()
        (group / limit).write_text(str(A_GIGABYTE * 1024**2))
    except OSError:
        with contextlib.suppress(OSError):
            group.rmdir()
        yield _Machine(None)
        return
    try:
        yield _Machine(group)
    finally:
        _until(lambda: not (group / "cgroup.procs").read_text())
        group.rmdir()


def _own_group() -> Path:
    """The folder of this process's group."""
    mounted = group = Path("/sys/fs/cgroup")
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            return mounted / "memory" / path.lstrip("/")
        if not controllers:
            group = mounted / path.lstrip("/")
    return group
