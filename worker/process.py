"""What stays once a command has looked around: `python -m worker.process web HOST PORT` or `… worker THREADS [FILE]`.

`undersigned web` and `undersigned worker` become it: the command line, pydantic and Alembic, which they need to begin,
would be a quarter of what they hold for months.
"""

import gc
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from worker import log

GARBAGE = 10_000  # new objects before Python looks for garbage; by itself 700


def become(*words: str) -> NoReturn:
    """Go on as this process, under the same number and with the same settings."""
    sys.stdout.flush()
    sys.stderr.flush()
    folders = [str(Path(__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(folders)}
    os.execve(sys.executable, [sys.executable, "-P", "-m", __name__, *words], environment)


def main() -> None:
    """Run until a signal ends it. Garbage is looked for once all is there that stays."""
    log.to_stderr()
    gc.disable()
    which, *words = sys.argv[1:]
    begin = _web if which == "web" else _worker
    try:
        begin(*words)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)  # as shells say it


def _web(host: str, port: str) -> None:
    import uvicorn

    from worker.web import serving
    from worker.web.app import make_app

    pages = make_app()
    _look_for_garbage()
    uvicorn.run(pages, host=host, port=int(port), **serving.OPTIONS)


def _worker(threads: str, heartbeat: str = "") -> None:
    from worker import embedded

    importlib.import_module("worker.tasks")
    _look_for_garbage()
    embedded.run_worker(int(threads), Path(heartbeat) if heartbeat else None)


def _look_for_garbage() -> None:
    gc.freeze()
    gc.set_threshold(GARBAGE)
    gc.enable()


if __name__ == "__main__":
    main()
