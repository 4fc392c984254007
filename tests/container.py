"""A container without an engine: another user without any capability, a root that is read only, and what is mounted.

The image is this machine, with the wheel installed in /opt/venv. Nothing of the machine is changed: the root is an
overlay in a mount namespace of its own. It needs Linux and root.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests import installed
from worker.settings import CHECKOUT

COMPOSE = (CHECKOUT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
FILLED_IN = {
    "DOMAIN": "letters.example.org",
    "UNDERSIGNED_MAIL_FROM": "letters@example.org",
    "RUN_AS": "12345:12345",
    "WORKER_MEMORY": "800m",
}
VENV = "/opt/venv"
_PYTHON = (Path(sys.base_prefix).resolve(), Path(sysconfig.get_path("purelib")).resolve())


def environment_of(service: str, *, run: Path = Path("/run")) -> dict[str, str]:
    """A service's environment as compose makes it out of .env; without a value is what .env leaves open."""
    return {
        variable: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: FILLED_IN[found[1]], value).replace("/run", str(run))
        for variable, value in SERVICES[service]["environment"].items()
        if value is not None
    }


def can_run() -> bool:
    """Whether a container can be played here: overlayfs is tried."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "setpriv", "chroot"))):
        return False
    return subprocess.run([*_NAMESPACE, "sh", "-ec", _ROOT + "true"], capture_output=True, check=False).returncode == 0


_NAMESPACE = ("unshare", "--mount", "--propagation", "private")
_ROOT = """
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
cd /mnt/root
"""


@dataclass(frozen=True)
class Container:
    """What is mounted at which path, and who works in it; `:ro` after a path is as in compose."""

    mounts: dict[str, Path]
    environment: dict[str, str]
    user: str = "12345:12345"
    seen: dict[str, str] = field(default_factory=lambda: {"PATH": f"{VENV}/bin:{os.defpath}", "LANG": "C.UTF-8"})

    def command(self, *words: str) -> list[str]:
        """The command that runs `undersigned` with these words in it."""
        uid, gid = self.user.split(":")
        user = ["--reuid", uid, "--regid", gid, "--clear-groups", "--no-new-privs", "--bounding-set=-all"]
        variables = [f"{name}={value}" for name, value in (self.seen | self.environment).items()]
        program = ["env", "-i", *variables, f"{VENV}/bin/python", "-m", "worker", *words]
        starts = shlex.join(["chroot", ".", "setpriv", *user, "sh", "-c", 'cd /app && exec "$@"', "sh", *program])
        return [*_NAMESPACE, "sh", "-euc", f"{_ROOT}{''.join(self._lines())}exec {starts}"]

    def types(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=False, timeout=60)

    def _lines(self) -> Iterator[str]:
        yield "mount --rbind /dev dev\nmount --rbind /proc proc\nmount -t tmpfs tmpfs tmp\nmkdir -p app\n"
        here = {str(path): path for path in _PYTHON}
        here[VENV] = installed.program().parents[1]
        for there, path in (here | self.mounts).items():
            target = shlex.quote(there.removesuffix(":ro").lstrip("/"))
            kind = f"mkdir -p {target}" if path.is_dir() else f"mkdir -p $(dirname {target})\n: > {target}"
            yield f"{kind}\nmount --bind {shlex.quote(str(path))} {target}\n"
            if there.endswith(":ro"):
                yield f"mount -o remount,bind,ro {target}\n"
        for path in _PYTHON:  # its parents may be closed to others, as /root is
            yield from (f"chmod a+rx .{shlex.quote(str(parent))}\n" for parent in list(path.parents)[:-1])
        yield "mount -o remount,ro /mnt/root\n"
