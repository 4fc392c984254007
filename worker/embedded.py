"""One process that is everything: worker, beat, web pages and mail catcher, on this machine or in one container."""

import contextlib
import fcntl
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from worker import settings, tokens

LOOPBACK = "127.0.0.1"
FIRST_PORT = 8000
SWEEPS_MISSED = 4  # before a worker that ends no task is taken for ill


class RunningAlready(Exception):
    """Another `undersigned up` uses this DATA_DIR; what it has told of itself is empty while it starts."""

    def __init__(self, web_url: str = "", inbox_url: str = "") -> None:
        super().__init__(web_url)
        self.web_url = web_url
        self.inbox_url = inbox_url


@dataclass
class EmbeddedServer:
    """What runs, where to look at it, and how to end it."""

    web_url: str
    inbox: Path | None  # none where a relay takes the mail
    inbox_url: str  # holds a token; empty where a relay takes the mail
    refuse: set[str]
    _server: Any = None
    _stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def stopping(self) -> bool:
        """Whether somebody asked for the end."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Ask everything to end; returns at once, may be called twice and from a signal handler."""
        self._stopping.set()
        threading.Thread(target=self._stop, name="stop", daemon=True).start()

    def _stop(self) -> None:
        from celery.worker import state

        from worker import broker, tasks

        tasks.stopping.set()
        state.should_stop = os.EX_OK
        if self._server is not None:
            self._server.should_exit = True
        for _ in range(3):  # an idle worker looks at the flag only when something arrives
            broker.notify("wake")
            time.sleep(0.05)


def run(
    on_ready: Callable[[EmbeddedServer], None],
    *,
    host: str = LOOPBACK,
    port: int = FIRST_PORT,
    refuse: Collection[str] = (),
) -> None:
    """Run until stopped by Ctrl-C, SIGTERM or `EmbeddedServer.stop`; `on_ready` is called in a thread once all is up.

    Makes the database if there is none. Raises RunningAlready, NotRegistered. Must be called in the main thread: Celery
    needs it for its worker, so the web server and the catcher have threads of their own. Another host than loopback is
    for a container whose port is published on this machine, so what it tells is its address here.
    """
    conf = settings.current()
    # From the first moment on: a KeyboardInterrupt in the middle of an import may be swallowed by the import system.
    stopping = threading.Event()
    previous = {number: signal.signal(number, lambda *_: stopping.set()) for number in _SIGNALS}
    try:
        with (
            single_instance_lock(conf.data_dir) as lock,
            _first_free(port, host) as listener,
            _catcher(conf, refuse) as (inbox, refused),
        ):
            web_url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
            inbox_url = f"{web_url}/inbox/{tokens.inbox_token()}" if inbox else ""
            lock.write(f"{web_url} {inbox_url}")
            lock.flush()
            if "public_url" not in conf.given:
                settings.set_for_this_process(public_url=web_url)
            running = EmbeddedServer(web_url, inbox, inbox_url, refused, _stopping=stopping)
            for number in _SIGNALS:
                signal.signal(number, lambda *_: running.stop())
            _run(running, listener, on_ready)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def single_instance_lock(folder: Path) -> Iterator[IO[str]]:
    """Hold `up.lock`, which tells commands typed beside us that something is running, and where.

    Raises RunningAlready with what the other one has written there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(PermissionError):  # the folder of another user, as in a container
        folder.chmod(0o700)
    with (folder / "up.lock").open("a+", encoding="utf-8") as file:
        with contextlib.suppress(PermissionError):
            os.fchmod(file.fileno(), 0o600)  # the address of the inbox is in it
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise RunningAlready(*file.read().split()) from None
        file.truncate(0)
        yield file


def is_running(folder: Path) -> bool:
    """Whether an embedded server uses this DATA_DIR now."""
    return running_at(folder) is not None


def running_at(folder: Path) -> str | None:
    """The address of the embedded server that uses this DATA_DIR now; empty while it has told none.

    Several may look at once, and a look makes nothing.
    """
    try:
        with (folder / "up.lock").open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return next(iter(file.read().split()), "")
    except FileNotFoundError:
        pass
    return None


def _run(running: EmbeddedServer, listener: socket.socket, on_ready: Callable[[EmbeddedServer], None]) -> None:
    from celery import signals

    from worker import db, installation, migrations, startup, tasks

    startup.check_registered()
    migrations.upgrade()
    installation.check_at_start()
    tasks.stopping.clear()
    web = _web_thread(running, listener)

    def ready(**_: object) -> None:
        # Celery has put its own handlers by now; ours end everything.
        for number in _SIGNALS:
            signal.signal(number, lambda *_: running.stop())
        threading.Thread(target=on_ready, args=(running,), name="ready", daemon=True).start()

    signals.worker_ready.connect(ready, weak=False)
    try:
        if not running._stopping.is_set():
            run_worker()
    finally:
        signals.worker_ready.disconnect(ready)
        running.stop()
        web.join(timeout=2)
        db.dispose()


def run_worker(concurrency: int = 4, heartbeat: Path | None = None) -> None:
    """Run a Celery worker in this thread until it is stopped; threads, so that a drain sees the stop flag.

    It brings its own clock (Celery's beat): several at once only look more often. `heartbeat` is a file whose time of
    modification lies ahead as long as this worker ends tasks.
    """
    from celery import signals
    from celery.beat import EmbeddedService
    from celery.platforms import SecurityWarning

    from worker import tasks

    # Celery warns root because of pickled messages; ours are JSON, and hold a number at most.
    warnings.simplefilter("ignore", SecurityWarning)
    worker = tasks.queue.Worker(
        pool="threads",
        concurrency=concurrency,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    clock = EmbeddedService(tasks.queue, thread=True, scheduler_cls="celery.beat.Scheduler")
    clock.start()
    if heartbeat is not None:
        heartbeat.unlink(missing_ok=True)  # of one that ran before
        signals.task_postrun.connect(lambda **_: _prolong(heartbeat), weak=False)
    try:
        with contextlib.suppress(SystemExit):  # how Celery says that it was asked to stop
            worker.start()
    finally:
        clock.service.stop()
        clock.join(timeout=2)  # it may wait for a broker that is away


def _prolong(heartbeat: Path) -> None:
    """A worker with one thread may be at one task for MAX_RUN_S; an idle one ends one at each sweep."""
    from worker import tasks

    until = time.time() + max(tasks.MAX_RUN_S + 60, SWEEPS_MISSED * settings.current().sweep)
    heartbeat.touch()
    os.utime(heartbeat, (until, until))


def _web_thread(running: EmbeddedServer, listener: socket.socket) -> threading.Thread:
    import uvicorn

    from worker.web import serving
    from worker.web.app import make_app

    config = uvicorn.Config(make_app(inbox=running.inbox), timeout_graceful_shutdown=1, **serving.OPTIONS)
    server = uvicorn.Server(config)
    running._server = server
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    return thread


@contextlib.contextmanager
def _catcher(conf: settings.Settings, refuse: Collection[str]) -> Iterator[tuple[Path | None, set[str]]]:
    """The built-in mail catcher, unless a relay is set; what was caught before stays in its folder, unread."""
    if conf.smtp_url:
        yield None, set()
        return
    from worker.mail.catcher import Catcher

    inbox = conf.data_dir / "inbox"
    catcher = Catcher(inbox, refuse=refuse)
    settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{catcher.start()}")
    try:
        yield inbox, catcher.refuse
    finally:
        catcher.stop()
        settings.set_for_this_process(smtp_url="")


@contextlib.contextmanager
def _first_free(port: int, host: str = LOOPBACK) -> Iterator[socket.socket]:
    """A socket that listens on the first free port from this one on; 0 lets the system choose.

    On another host than loopback the port is this one or none: it is published by its number.

    SO_REUSEADDR gives a port back right after a restart, and lets two bind it as long as nobody listens: so a port
    is ours only once we listen, and whoever comes second goes on to the next.
    """
    last = min(port + 99, 65535) if host == LOOPBACK else port
    for candidate in range(port, last + 1) if port else [0]:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen()
        except OSError:
            listener.close()
            continue
        with listener:
            yield listener
        return
    raise OSError(f"no free port from {port} to {last}" if last > port else f"port {port} of {host} cannot be used")
