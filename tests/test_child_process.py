"""A function in a process of its own: its limits hold, it sees nothing of ours, and it ends with who waits for it."""

import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from tests import children, servers
from worker import child_process


def test_the_result_of_a_function_comes_back():
    assert child_process.call(children.measure, b"abc", sheet="Ĝ") == {"length": 3, "sheet": "Ĝ"}


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (children.sleep, "time"),
        (children.spin, "time"),
        (children.fill_memory, "memory"),
        (children.abort, "crash"),
        (children.kill_itself, "memory"),
        (children.fail, "crash"),
        (children.print_much, "output"),
    ],
)
def test_a_child_that_meets_a_limit_is_ended(function, reason, capfd):
    started = time.monotonic()
    with pytest.raises(child_process.ChildFailed) as caught:
        child_process.call(function, b"", seconds=2 if reason == "time" else servers.TIMEOUT_S)
    assert caught.value.reason == reason
    assert time.monotonic() - started < servers.TIMEOUT_S
    assert capfd.readouterr() == ("", "")


def test_a_child_sees_no_setting_of_ours(monkeypatch):
    monkeypatch.setenv("UNDERSIGNED_SMTP_URL", "smtp://user:secret@relay.example")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret@db.example/x")
    assert "secret" not in str(child_process.call(children.show_environment, b""))


def test_a_child_writes_no_file():
    assert child_process.call(children.write_file, b"") == "refused"


def test_a_child_that_does_our_own_work_may_have_threads():
    assert child_process.call_trusted(children.count_in_threads, b"20 21 1", seconds=30) == b"42"


def test_a_child_finds_the_modules_that_we_find(tmp_path, monkeypatch):
    (tmp_path / "installed_elsewhere.py").write_text("def measure(octets): return len(octets)")
    monkeypatch.syspath_prepend(tmp_path)
    import installed_elsewhere  # type: ignore[import-not-found]

    assert child_process.call(installed_elsewhere.measure, b"abc") == 3


@pytest.mark.skipif(sys.platform != "linux", reason="Linux says which process ends where memory runs out")
def test_where_memory_runs_out_the_child_ends_and_not_who_waits_for_it():
    assert child_process.call(children.is_taken_first, b"") == 1000


def test_a_child_does_not_outlive_who_waits_for_it(tmp_path):
    waits = "from tests import children; from worker import child_process; child_process.call(children.spin, b'')"
    parent = servers.Process([sys.executable, "-c", waits], tmp_path / "log", cwd=Path(__file__).parents[1])
    servers.wait_for(psutil.Process(parent.popen.pid).children, parent)
    (child,) = psutil.Process(parent.popen.pid).children()

    parent.end()

    child.wait(timeout=10)
