"""Servers of ours for the length of a `with`: a Python module that is given its port as the last word."""

import contextlib
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from tests import servers
from worker import settings


@contextlib.contextmanager
def serving(folder: Path, module: str, *words: str) -> Iterator[int]:
    """Run it until it listens, and end it afterwards; yields its port on loopback."""
    port = servers.free_port()
    command = [sys.executable, "-m", module, *words, str(port)]
    process = servers.Process(command, folder / f"{module}.log", cwd=settings.CHECKOUT)
    try:
        servers.wait_for(lambda: _listens(port), process)
        yield port
    finally:
        process.end()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
