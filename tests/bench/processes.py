"""Servers for the length of a `with`, each on a free port of loopback."""

import contextlib
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests import servers
from worker import settings


@contextlib.contextmanager
def listening(log: Path, command: Callable[[int], list[str]], **options: Any) -> Iterator[int]:
    """Run what `command` says for a port until it listens there, and end it afterwards; yields the port."""
    port = servers.free_port()
    process = servers.Process(command(port), log, cwd=settings.CHECKOUT, **options)
    try:
        servers.wait_for(lambda: _listens(port), process)
        yield port
    finally:
        process.end()


@contextlib.contextmanager
def serving(folder: Path, module: str, *words: str) -> Iterator[int]:
    """Run a Python module of ours, which is given its port as the last word."""
    command = lambda port: [sys.executable, "-m", module, *words, str(port)]
    with listening(folder / f"{module}.log", command) as port:
        yield port


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
