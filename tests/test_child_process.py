"""A reader of strangers' files in a process of its own: its limits hold, and it sees nothing of ours."""

import time

import pytest

from tests import children
from worker.definition import child_process


def test_the_result_of_a_function_comes_back():
    assert child_process.call(children.measure, b"abc", sheet="Ĝ") == {"length": 3, "sheet": "Ĝ"}


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (children.sleep, "time"),
        (children.spin, "time"),
        (children.fill_memory, "memory"),
        (children.abort, "crash"),
        (children.fail, "crash"),
        (children.print_much, "output"),
    ],
)
def test_a_child_that_meets_a_limit_is_ended(function, reason, capfd):
    started = time.monotonic()
    with pytest.raises(child_process.ChildFailed) as caught:
        child_process.call(function, b"", seconds=2 if reason == "time" else 30)
    assert caught.value.reason == reason
    assert time.monotonic() - started < 30
    assert capfd.readouterr() == ("", "")


def test_a_child_sees_no_setting_of_ours(monkeypatch):
    monkeypatch.setenv("UNDERSIGNED_SMTP_URL", "smtp://user:secret@relay.example")
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret@db.example/x")
    assert "secret" not in str(child_process.call(children.show_environment, b""))


def test_a_child_writes_no_file():
    assert child_process.call(children.write_file, b"") == "refused"
