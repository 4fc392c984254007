"""What the tests of `child_process` let a child do."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any


def measure(octets: bytes, **options: Any) -> dict[str, Any]:
    return {"length": len(octets), **options}


def show_environment(octets: bytes) -> dict[str, str]:
    return dict(os.environ)


def sleep(octets: bytes) -> None:
    time.sleep(600)


def spin(octets: bytes) -> None:
    while True:
        pass


def fill_memory(octets: bytes) -> int:
    return len([bytearray(1024 * 1024) for _ in range(1024)])


def abort(octets: bytes) -> None:
    os.abort()


def fail(octets: bytes) -> None:
    raise ValueError("a name that nobody is to read")


def print_much(octets: bytes) -> str:
    return "x" * 40_000_000


def write_file(octets: bytes) -> str:
    path = f"/tmp/undersigned-{os.getpid()}"
    try:
        with open(path, "w") as file:
            file.write("x")
    except OSError:
        return "refused"
    finally:
        os.unlink(path)
    return "written"


def kill_itself(octets: bytes) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def print_rubbish(octets: bytes) -> bytes:
    return b"half of a %PDF"


def count_in_threads(octets: bytes) -> bytes:
    with ThreadPoolExecutor(4) as threads:
        return str(sum(threads.map(int, octets.decode().split()))).encode()


def is_taken_first(octets: bytes) -> int:
    return int(Path("/proc/self/oom_score_adj").read_text())
