"""Peers that no requirement of ours brings: fetched once, from where this machine gets its packages, and kept."""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from worker import settings

KEPT_IN = settings.CHECKOUT / "var" / "bench"
TIMEOUT_S = 180  # seconds for one command that fetches
Peer = TypeVar("Peer")


class NotHere(Exception):
    """A peer cannot be had on this machine; the message says why, and the rest is measured without it."""


def once(name: str, fetch: Callable[[Path], None], *, may_fetch: bool) -> Path:
    """The folder of that name, filled by `fetch` if it is not there yet; whole or not at all. Raises NotHere."""
    kept = KEPT_IN / name
    if kept.exists():
        return kept
    if not may_fetch:
        raise NotHere("not fetched yet, and --quick fetches nothing")
    KEPT_IN.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT_IN, prefix=".coming-") as coming:
        filled = Path(coming) / name
        filled.mkdir(mode=0o755)
        fetch(filled)
        filled.rename(kept)
    return kept


def if_there(get: Callable[[], Peer]) -> tuple[Peer | None, str]:
    """The peer, or nothing and why."""
    try:
        return get(), ""
    except NotHere as missing:
        return None, str(missing)


def run(*command: str, into: Path) -> None:
    """One command that fetches, in that folder. Raises NotHere if there is no such command, or it fails."""
    try:
        subprocess.run(command, cwd=into, check=True, timeout=TIMEOUT_S, capture_output=True)
    except FileNotFoundError:
        raise NotHere(f"there is no {command[0]} on this machine") from None
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise NotHere(f"`{' '.join(command[:2])}` failed") from None
