"""One thread a process that talks to the broker, so that no request waits for it."""

import logging
import threading
import time
from collections.abc import Callable

from kombu.exceptions import OperationalError

log = logging.getLogger("tasks")
DEBOUNCE_S = 0.1  # between two notifications of the same task


class TaskNotifier:
    """One thread a process talks to the broker, so that no request ever waits for it.

    Pending notifications of one task are one (debounce), and the next comes DEBOUNCE_S later: a rush of answers
    needs one worker that looks, and not one that looks for each.
    """

    def __init__(self, publish: Callable[[str, tuple[int, ...]], None]) -> None:
        self._publish = publish
        self._pending: dict[tuple[str, tuple[int, ...]], float] = {}  # and from when on it may be sent
        self._sent_at: dict[tuple[str, tuple[int, ...]], float] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    def notify(self, name: str, ids: tuple[int, ...]) -> None:
        with self._changed:
            self._pending.setdefault((name, ids), self._sent_at.get((name, ids), -DEBOUNCE_S) + DEBOUNCE_S)
            if self._thread is None:
                self._thread = threading.Thread(target=self._go_round, name="task-notifier", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Let a process that is about to end finish notifying; False if it could not within the time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._pending and not self._busy, seconds)

    def _go_round(self) -> None:
        while True:
            with self._changed:
                name, ids = self._next()
                del self._pending[name, ids]
                self._sent_at[name, ids] = time.monotonic()
                self._busy = True
            try:
                self._publish(name, ids)
            except (OperationalError, OSError) as error:
                about = {"task": name, "campaign": next(iter(ids), None)}
                log.warning("cannot be notified (%s); the next sweep will", type(error).__name__, extra=about)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()

    def _next(self) -> tuple[str, tuple[int, ...]]:
        """Wait for the first that may be sent."""
        while True:
            first = min(self._pending, key=self._pending.__getitem__, default=None)
            wait = None if first is None else self._pending[first] - time.monotonic()
            if first is not None and wait is not None and wait <= 0:
                return first
            self._changed.wait(wait)
