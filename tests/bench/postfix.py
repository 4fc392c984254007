"""Postfix's own `smtp-sink` and `smtp-source`, out of Debian's package and without installing it."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from tests import servers
from tests.bench import fetched, processes

SESSIONS = 20
QUEUED = 200  # connections that the sink lets wait
TIMEOUT_S = 120  # seconds for one run of the source


class Postfix:
    """The two programs, with the libraries of their package."""

    def __init__(self, folder: Path) -> None:
        self._programs = folder / "usr" / "sbin"
        self._environment = os.environ | {"LD_LIBRARY_PATH": str(folder / "usr" / "lib" / "postfix")}
        usage = subprocess.run([self._programs / "smtp-source"], env=self._environment, capture_output=True, text=True)
        if "usage" not in usage.stderr:
            raise fetched.NotHere(f"smtp-source does not run: {usage.stderr.strip()}")

    @contextmanager
    def sink(self, folder: Path) -> Iterator[int]:
        """Run `smtp-sink`, which takes everything and offers PIPELINING and DSN; yields its port."""
        user = ["-u", servers.UNPRIVILEGED] if os.geteuid() == 0 else []
        program = str(self._programs / "smtp-sink")
        command = lambda port: [program, *user, f"127.0.0.1:{port}", str(QUEUED)]
        with processes.listening(folder / "smtp-sink.log", command, env=self._environment) as port:
            yield port

    def source(self, port: int, mails: int, octets: int, *options: str) -> float:
        """Let `smtp-source` send so many mails of this size; seconds for each."""
        extent = ("-s", str(min(SESSIONS, mails)), "-m", str(mails), "-l", str(octets))
        command = [str(self._programs / "smtp-source"), *options, *extent, f"127.0.0.1:{port}"]
        begun = time.perf_counter()
        subprocess.run(command, env=self._environment, check=True, timeout=TIMEOUT_S, capture_output=True)
        return (time.perf_counter() - begun) / mails


def programs(*, may_fetch: bool) -> Postfix:
    """Raises NotHere where Debian's packages cannot be had, or their programs do not run."""
    return Postfix(fetched.once("postfix", _unpack, may_fetch=may_fetch))


def sink_or_ours(postfix: Postfix | None, folder: Path) -> AbstractContextManager[int]:
    """The relay to measure with: `smtp-sink`, or our own where there is none."""
    return postfix.sink(folder) if postfix else processes.serving(folder, "tests.bench.sink")


def _unpack(folder: Path) -> None:
    """apt checks the package's signature; the lists are brought up to date only where they are too old to help."""
    with suppress(fetched.NotHere):
        fetched.run("apt-get", "download", "postfix", into=folder)
    if not list(folder.glob("*.deb")):
        fetched.run("apt-get", "update", into=folder)
        fetched.run("apt-get", "download", "postfix", into=folder)
    (package,) = folder.glob("*.deb")
    fetched.run("dpkg-deb", "-x", package.name, ".", into=folder)
