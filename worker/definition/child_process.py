"""Reading files of strangers in a process of its own, with limits: a file that breaks its reader breaks only that.

The child has none of our settings, so that no password is in its reach, and what it prints is not shown.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

Reason = Literal["time", "memory", "crash", "output"]

MAX_SECONDS = 20.0
MAX_MEMORY = 192 * 1024 * 1024
MAX_OUTPUT = 32 * 1024 * 1024
_OUT_OF_MEMORY = 3
_TOO_MUCH_OUTPUT = 4
_ROOT = Path(__file__).parents[2]
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TZ")


class ChildFailed(Exception):
    """The child gave no result; `reason` is the limit that it met, or `crash`."""

    def __init__(self, reason: Reason) -> None:
        self.reason: Reason = reason
        super().__init__(reason)


def call(
    function: Callable[..., Any],
    octets: bytes,
    *,
    seconds: float = MAX_SECONDS,
    memory: int = MAX_MEMORY,
    **options: Any,
) -> Any:
    """Call `function(octets, **options)` of a module in a child process, and return its result by way of JSON.

    `seconds` bounds the whole call, `memory` the bytes that the child may write to (where the system has such limits:
    not on Windows). Raises ChildFailed.
    """
    command = [sys.executable, "-P", "-s", "-m", __name__, function.__module__, function.__qualname__]
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            [*command, json.dumps({"seconds": seconds, "memory": memory, "options": options})],
            input=octets,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=tempfile.gettempdir(),
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChildFailed("time") from None
    if done.returncode:
        raise ChildFailed(_reason(done.returncode))
    return json.loads(done.stdout)


def _reason(code: int) -> Reason:
    if code == _OUT_OF_MEMORY:
        return "memory"
    if code == _TOO_MUCH_OUTPUT:
        return "output"
    return "time" if code == -getattr(signal, "SIGXCPU", 0) else "crash"


def main() -> None:
    """Be the child: read the file from standard input, print the result."""
    module, name, given = sys.argv[1:]
    settings = json.loads(given)
    octets = sys.stdin.buffer.read()
    function = getattr(importlib.import_module(module), name)
    _limit(settings["seconds"], settings["memory"])
    try:
        result = json.dumps(function(octets, **settings["options"]), ensure_ascii=False).encode()
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    if len(result) > MAX_OUTPUT:
        os._exit(_TOO_MUCH_OUTPUT)
    sys.stdout.buffer.write(result)
    sys.stdout.buffer.flush()
    os._exit(0)


def _limit(seconds: float, memory: int) -> None:
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_DATA, memory),
        (resource.RLIMIT_CPU, int(seconds) + 1),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
