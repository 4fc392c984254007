"""Guessing a login code in real web processes: tries count in all of them together, and after a restart."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import ConnectError

from tests import servers
from tests.organizers import DeskBrowser, add, code_of_last_mail
from tests.stage import eventually
from worker import settings
from worker.acts import login

WRONG = "00000000"


@pytest.fixture
def ports(database: str, tmp_path: Path, redis_url: str) -> Iterator[list[int]]:
    """Two web processes of one installation, whose PUBLIC_URL is that of the first."""
    found = [servers.free_port(), servers.free_port()]
    settings.set_for_this_process(public_url=f"http://127.0.0.1:{found[0]}", broker_url=redis_url)
    running = [_web(port, tmp_path) for port in found]
    yield found
    for process in running:
        process.end(signal.SIGKILL)


def _web(port: int, folder: Path) -> servers.Process:
    command = [sys.executable, "-m", "worker", "web", "--port", str(port)]
    process = servers.Process(command, folder / f"web-{port}.log", cwd=Path(__file__).resolve().parent.parent)
    eventually(lambda: _answers(port))
    return process


def _answers(port: int) -> bool:
    with contextlib.suppress(ConnectError):
        return DeskBrowser(url=f"http://127.0.0.1:{port}", over_the_network=True).get("/livez").status_code == 200
    return False


def test_tries_are_counted_over_two_processes_and_a_restart(ports: list[int], tmp_path: Path) -> None:
    add()
    first, second = (f"http://127.0.0.1:{port}" for port in ports)
    host = {"host": f"127.0.0.1:{ports[0]}"}
    maly, thief = (DeskBrowser(url=first, over_the_network=True) for _ in range(2))
    assert maly.asks().status_code == 200
    code = code_of_last_mail()
    assert thief.asks().status_code == 200
    thiefs_code = code_of_last_mail()
    for number in range(login.MAX_TRIES - 1):
        guessed = thief.post(f"{(first, second)[number % 2]}/desk/code", {"code": WRONG}, **host)
        assert "not right" in guessed.text
    third = _web(servers.free_port(), tmp_path)
    try:
        at = f"http://127.0.0.1:{third.log.stem.removeprefix('web-')}/desk/code"
        assert "not right" in thief.post(at, {"code": WRONG}, **host).text
        assert "Ask for a new code" in thief.post(at, {"code": thiefs_code}, **host).text, "in a process that is new"
        assert maly.post(f"{second}/desk/code", {"code": code}, **host).status_code == 303
        assert maly.is_in()
        maly.client.cookies.delete(f"desk-{ports[0]}")
        assert maly.post(f"{first}/desk/code", {"code": code}, **host).status_code == 422, "replayed"
    finally:
        third.end(signal.SIGKILL)
