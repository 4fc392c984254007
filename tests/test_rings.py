"""The doorbell: rings for the same fold, others are not kept waiting, and a broker that is away loses nothing else."""

import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from celery.exceptions import OperationalError

from worker.task_notifier import DEBOUNCE_S, TaskNotifier

Ring = tuple[str, tuple[int, ...], float]


@pytest.fixture
def heard() -> list[Ring]:
    return []


def a_bell(heard: list[Ring], publish: Callable[[], None] = lambda: None) -> TaskNotifier:
    def note(name: str, ids: tuple[int, ...]) -> None:
        heard.append((name, ids, time.monotonic()))
        publish()

    return TaskNotifier(note)


def test_a_rush_of_rings_folds_and_the_last_is_heard(heard: list[Ring]) -> None:
    bell, begun = a_bell(heard), time.monotonic()
    until = begun + 5.5 * DEBOUNCE_S
    while time.monotonic() < until:
        bell.notify("record", (1,))
        time.sleep(0.001)
    rushed = time.monotonic() - begun
    assert bell.wait(20)

    assert 2 <= len(heard) <= rushed / DEBOUNCE_S + 2
    assert heard[-1][2] >= until - DEBOUNCE_S, "whoever rang last is heard after it rang"
    assert all(later[2] - one[2] >= DEBOUNCE_S * 0.9 for one, later in pairwise(heard))


def test_a_ring_for_another_is_not_kept_waiting(heard: list[Ring]) -> None:
    bell = a_bell(heard)
    bell.notify("record", (1,))
    while not heard:
        time.sleep(0.001)
    for what in (("record", (1,)), ("record", (2,)), ("deliver", ())):
        bell.notify(*what)
    assert bell.wait(20)
    assert [(name, ids) for name, ids, _ in heard] == [
        ("record", (1,)),
        ("record", (2,)),
        ("deliver", ()),
        ("record", (1,)),
    ]


def test_a_broker_that_is_away_is_rung_again_for_the_next(heard: list[Ring]) -> None:
    away = threading.Event()

    def publish() -> None:
        if not away.is_set():
            away.set()
            raise OperationalError

    bell = a_bell(heard, publish)
    bell.notify("record", (1,))
    bell.notify("record", (2,))
    assert bell.wait(20)
    assert [ids for _, ids, _ in heard] == [(1,), (2,)]
