"""Notifications of one task are debounced, others are not kept waiting, and a broker that is away loses only one."""

import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from kombu.exceptions import OperationalError

from tests.servers import TIMEOUT_S
from worker.task_notifier import DEBOUNCE_S, TaskNotifier

Notification = tuple[str, tuple[int, ...], float]


@pytest.fixture
def published() -> list[Notification]:
    return []


def a_notifier(published: list[Notification], publish: Callable[[], None] = lambda: None) -> TaskNotifier:
    def note(name: str, ids: tuple[int, ...]) -> None:
        published.append((name, ids, time.monotonic()))
        publish()

    return TaskNotifier(note)


def test_a_rush_is_debounced_and_the_last_is_published(published: list[Notification]) -> None:
    notifier, begun = a_notifier(published), time.monotonic()
    until = begun + 5.5 * DEBOUNCE_S
    while time.monotonic() < until:
        notifier.notify("record", (1,))
        time.sleep(0.001)
    rushed = time.monotonic() - begun
    assert notifier.wait(TIMEOUT_S)

    assert 2 <= len(published) <= rushed / DEBOUNCE_S + 2
    assert published[-1][2] >= until - DEBOUNCE_S, "the last one is published after it was notified"
    assert all(later[2] - one[2] >= DEBOUNCE_S * 0.9 for one, later in pairwise(published))


def test_another_task_is_not_kept_waiting(published: list[Notification]) -> None:
    notifier = a_notifier(published)
    notifier.notify("record", (1,))
    while not published:
        time.sleep(0.001)
    for what in (("record", (1,)), ("record", (2,)), ("deliver", ())):
        notifier.notify(*what)
    assert notifier.wait(TIMEOUT_S)
    assert [(name, ids) for name, ids, _ in published] == [
        ("record", (1,)),
        ("record", (2,)),
        ("deliver", ()),
        ("record", (1,)),
    ]


def test_a_broker_that_is_away_is_tried_again_for_the_next(published: list[Notification]) -> None:
    away = threading.Event()

    def publish() -> None:
        if not away.is_set():
            away.set()
            raise OperationalError

    notifier = a_notifier(published, publish)
    notifier.notify("record", (1,))
    notifier.notify("record", (2,))
    assert notifier.wait(TIMEOUT_S)
    assert [ids for _, ids, _ in published] == [(1,), (2,)]
