"""Calling a function in a process of its own, with limits: what breaks it, or fills memory, breaks only that.

The child has none of our settings, so that no password is in its reach, and what it prints is not shown.
"""

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

Reason = Literal["time", "memory", "crash", "output"]

MAX_SECONDS = 20.0
MAX_MEMORY = 192 * 1024 * 1024
MAX_OUTPUT = 32 * 1024 * 1024
_OUT_OF_MEMORY = 3
_TOO_MUCH_OUTPUT = 4
_ROOT = Path(__file__).parents[1]
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TZ")
_LOOK_AGAIN = 0.5  # seconds


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
    return json.loads(_answer(function, octets, seconds, memory, options))


def call_trusted(function: Callable[[bytes], bytes], octets: bytes, *, seconds: float) -> bytes:
    """Call a function for what is ours: it may have threads, and all the memory that is there. Raises ChildFailed."""
    return _answer(function, octets, seconds, None, {})


def _answer(
    function: Callable[..., Any], octets: bytes, seconds: float, memory: int | None, options: dict[str, Any]
) -> bytes:
    command = [sys.executable, "-P", "-s", "-m", __name__, function.__module__, function.__qualname__]
    given = {"seconds": seconds, "memory": memory, "parent": os.getpid(), "options": options}
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    modules = [str(_ROOT), *(folder for folder in sys.path if os.path.isabs(folder))]  # it finds what we find
    environment |= {"PYTHONPATH": os.pathsep.join(modules), "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            [*command, json.dumps(given)],
            input=octets,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=tempfile.gettempdir(),
            timeout=seconds,
            check=False,
            process_group=0,  # Ctrl-C is for us, who may want to finish
        )
    except subprocess.TimeoutExpired:
        raise ChildFailed("time") from None
    if done.returncode:
        raise ChildFailed(_reason(done.returncode))
    return done.stdout


def _reason(code: int) -> Reason:
    if code in {_OUT_OF_MEMORY, -getattr(signal, "SIGKILL", 0)}:  # by itself, or by the kernel
        return "memory"
    if code == _TOO_MUCH_OUTPUT:
        return "output"
    return "time" if code == -getattr(signal, "SIGXCPU", 0) else "crash"


def main() -> None:
    """Be the child: read the octets from standard input, write the result."""
    module, name, given = sys.argv[1:]
    settings = json.loads(given)
    threading.Thread(target=_end_with, args=(settings["parent"],), daemon=True).start()
    octets = sys.stdin.buffer.read()
    function = getattr(importlib.import_module(module), name)
    _limit(settings["seconds"], settings["memory"])
    try:
        result = function(octets, **settings["options"])
        if not isinstance(result, bytes):
            result = json.dumps(result, ensure_ascii=False).encode()
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    if len(result) > MAX_OUTPUT:
        os._exit(_TOO_MUCH_OUTPUT)
    sys.stdout.buffer.write(result)
    sys.stdout.buffer.flush()
    os._exit(0)


def _end_with(parent: int) -> None:
    """Nobody waits for a result any more once the parent was killed."""
    while os.getppid() == parent:
        time.sleep(_LOOK_AGAIN)
    os._exit(1)


def _limit(seconds: float, memory: int | None) -> None:
    with contextlib.suppress(OSError):  # where memory runs out, Linux is to end the child and not who waits for it
        Path("/proc/self/oom_score_adj").write_text("1000")
    try:
        import resource
    except ImportError:
        return
    limits = [(resource.RLIMIT_CPU, int(seconds) + 1), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)]
    if memory is not None:
        limits += [(resource.RLIMIT_DATA, memory), (resource.RLIMIT_NPROC, 0)]
    for what, most in limits:
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
