"""The pages ask whether their key is still the database's, which may have been away when they started, or exchanged."""

import threading
import time

from worker import key_check

HOLDS_S = 60  # for which one answer is taken

_lock = threading.Lock()
_passed_at: float | None = None


def require_key() -> None:
    """Raise WrongKey before anything is looked up by a link or written down under a key that is not the database's."""
    global _passed_at
    with _lock:
        if _passed_at is not None and time.monotonic() < _passed_at + HOLDS_S:
            return
        _passed_at = None
        key_check.check(claims=False)
        _passed_at = time.monotonic()


def forget() -> None:
    """Ask anew: this process serves another database, or begins to serve."""
    global _passed_at
    _passed_at = None
