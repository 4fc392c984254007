"""`undersigned up`: one process, up and down again."""

import contextlib
import http.client
import json
import re
import signal
import socket
import stat
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]
import pytest

from tests import servers
from tests.promises import soon
from tests.servers import TIMEOUT_S
from tests.stage import EmbeddedStage, Stage, Story, eventually
from worker import embedded

MANY = 12


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[EmbeddedStage]:
    stage = EmbeddedStage(tmp_path / "stage")
    yield stage
    stage.end()


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Stage]:
    """Nothing runs on it yet; `up` makes its own key, and catches the mail."""
    stage = Stage(tmp_path / "trial", {})
    del stage.environment["SMTP_URL"], stage.environment["SECRET_KEY"]
    yield stage
    stage.end()


def inboxes(stage: Stage, process: str) -> list[str]:
    """The addresses of inboxes that it has told so far."""
    return re.findall(r"http://127\.0\.0\.1:\d+/inbox/[0-9a-f]{32}\b", (stage.folder / f"{process}.log").read_text())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_within_three_seconds(stage: EmbeddedStage, number: int) -> None:
    eventually(lambda: "is up" in stage.logs())
    began_within = time.time() - psutil.Process(stage.processes["up"].popen.pid).create_time()
    before = time.monotonic()

    code = stage.processes["up"].end(number)

    took = time.monotonic() - before
    assert code == 0, stage.logs()
    assert took < max(3, began_within)  # a promise to whoever presses Ctrl-C, with an idle process and machine
    assert "Traceback" not in stage.logs()
    assert "has stopped; everything is kept" in stage.logs()


def test_what_was_launched_before_is_sent_after_a_restart(stage: EmbeddedStage) -> None:
    eventually(lambda: "is up" in stage.logs())
    stage.processes["up"].end(signal.SIGTERM)
    campaign = Story(stage, "rivers")
    river_watch = campaign.joined_by("River Watch", "RW", "Canada")

    campaign.writes_its_folder()
    printed = stage.types("launch", str(campaign.folder), "--deadline", "in 2 weeks", "--yes")
    assert "Nothing is running" in printed
    stage.restart("up")

    assert river_watch.invitation()
    eventually(lambda: campaign.status()["counts"]["asked"] == 1)  # it is caught before that is recorded
    assert "by the running server" in campaign.types("remind", "--again", "--yes")


def test_a_machine_that_slept_through_the_undo_time_sends_nothing_as_it_wakes(stage: EmbeddedStage) -> None:
    eventually(lambda: "is up" in stage.logs())
    stage.processes["up"].end(signal.SIGTERM)
    stage.environment["UNDO"] = "10"
    stage.restart("up")
    campaign = Story(stage, "rivers")
    river_watch = campaign.joined_by("River Watch", "RW", "Canada")
    stage.wait_until_up()
    left = re.search(r"The first emails are sent in (\d+) seconds", launched(campaign))
    assert left, "fewer than ten where the command took its time"
    assert 0 < int(left[1]) <= 10
    eventually(lambda: campaign.status()["mails"].get("invitation"))

    stage.set_clock(datetime.now(UTC) + timedelta(hours=2))

    assert not soon(river_watch.mails, seconds=4)
    until = datetime.fromisoformat(campaign.status()["undo"]["until"])
    assert until > datetime.now(UTC) + timedelta(hours=2)
    assert river_watch.invitation()


def launched(campaign: Story) -> str:
    campaign.writes_its_folder()
    return campaign.stage.types("launch", str(campaign.folder), "--deadline", "in 2 weeks", "--yes")


def test_a_second_one_on_the_same_data_is_refused(stage: EmbeddedStage) -> None:
    eventually(lambda: "is up" in stage.logs())

    stage.start("second", "-m", "tests.on_a_moved_clock", "up")

    assert stage.processes["second"].popen.wait(TIMEOUT_S) == 1
    assert "running already" in stage.logs()


def test_it_says_that_it_lives_and_is_ready(stage: EmbeddedStage) -> None:
    base = f"http://127.0.0.1:{stage.web_ports[0]}"
    eventually(lambda: _is_ready(base))

    with urllib.request.urlopen(f"{base}/livez") as alive, urllib.request.urlopen(f"{base}/readyz") as ready:
        assert alive.status == ready.status == 200
        assert json.load(ready)["database"] is True


def _is_ready(base: str) -> bool:
    try:
        urllib.request.urlopen(f"{base}/readyz").close()
    except urllib.error.HTTPError:
        return False
    return True


def test_a_taken_port_is_left_alone(stage: EmbeddedStage, tmp_path: Path) -> None:
    taken = stage.web_ports[0]
    stage.environment["DATA_DIR"] = str(tmp_path / "other")
    del stage.environment["PUBLIC_URL"]

    stage.start("second", "-m", "tests.on_a_moved_clock", "up", "--port", str(taken))
    eventually(lambda: (stage.folder / "second.log").read_text().count("is up"))

    assert not re.search(rf":{taken}\b", (stage.folder / "second.log").read_text())


def test_a_second_one_is_told_where_the_first_one_is(stage: EmbeddedStage) -> None:
    eventually(lambda: "is up" in stage.logs())

    stage.start("second", "-m", "tests.on_a_moved_clock", "up")
    stage.processes["second"].popen.wait(TIMEOUT_S)

    said = (stage.folder / "second.log").read_text()
    assert f"running already, on this DATA_DIR: http://127.0.0.1:{stage.web_ports[0]}" in said
    assert "--reminders 5m --review 1m" in stage.logs()


def test_the_address_of_the_inbox_is_told_survives_a_restart_and_is_told_to_a_second_one(trial: Stage) -> None:
    port = servers.free_port()
    trial.start("up", "-m", "worker", "up", "--port", str(port))
    first = eventually(lambda: inboxes(trial, "up"))
    trial.start("second", "-m", "worker", "up")
    trial.processes["second"].popen.wait(TIMEOUT_S)
    assert inboxes(trial, "second") == first

    trial.processes["up"].end(signal.SIGTERM)
    trial.restart("up")

    [before, after] = eventually(lambda: inboxes(trial, "up")[1:] and inboxes(trial, "up"))
    assert before == after
    assert f":{port}/inbox/" in after
    with urllib.request.urlopen(after) as inbox:
        assert b"No mail here yet" in inbox.read()


def answer_to(host: str, path: str, *, named: str) -> int:
    """The status with which a host answers to somebody who calls it by another name."""
    connection = http.client.HTTPConnection(*host.split(":"))  # type: ignore[arg-type]
    connection.request("GET", path, headers={"Host": named})
    return connection.getresponse().status


def test_in_a_container_it_listens_where_it_is_told_and_its_inbox_is_for_this_machine(trial: Stage) -> None:
    """127.0.0.2 stands for the container's own address, to which Docker brings what came to 127.0.0.1."""
    port = servers.free_port()
    trial.start("up", "-m", "worker", "up", "--host", "127.0.0.2", "--port", str(port))
    inbox = urlsplit(eventually(lambda: inboxes(trial, "up"))[0])
    there = f"127.0.0.2:{port}"

    assert inbox.netloc == f"127.0.0.1:{port}"
    assert answer_to(there, inbox.path, named=inbox.netloc) == 200
    assert answer_to(there, inbox.path, named=f"letters.example:{port}") == 404
    assert answer_to(there, "/inbox/" + 32 * "0", named=inbox.netloc) == 404
    eventually(lambda: "Then, in the same container" in trial.logs())
    assert f"publish port {port} on 127.0.0.1 alone" in trial.logs()
    with pytest.raises(ConnectionRefusedError):
        answer_to(inbox.netloc, "/livez", named=inbox.netloc)

    trial.environment["DATA_DIR"] += "-2"
    trial.start("second", "-m", "worker", "up", "--host", "127.0.0.2", "--port", str(port))
    assert trial.processes["second"].popen.wait(TIMEOUT_S) == 1
    assert f"port {port} of 127.0.0.2 cannot be used" in trial.logs()


def test_where_a_relay_takes_the_mail_no_inbox_is_told(stage: EmbeddedStage) -> None:
    eventually(lambda: "Then, in another terminal" in stage.logs())

    assert f"is up: http://127.0.0.1:{stage.web_ports[0]} " in stage.logs()
    assert "inbox" not in stage.logs()


def test_no_file_that_it_keeps_is_open_to_others(trial: Stage) -> None:
    kept = Path(trial.environment["DATA_DIR"])
    kept.mkdir(mode=0o755)
    for before in ("undersigned.db", "up.lock"):
        (kept / before).touch(mode=0o644)
    trial.start("up", "-m", "worker", "up", "--port", str(servers.free_port()))
    eventually(lambda: inboxes(trial, "up"))
    campaign = Story(trial, "rivers")
    river_watch = campaign.joined_by("River Watch", "RW", "Canada")
    campaign.launches()
    eventually(lambda: any(river_watch.email in mail.read_text() for mail in kept.glob("inbox/*.eml")))

    files = [kept, *kept.rglob("*")]
    assert {"undersigned.db-wal", "secret_key", "up.lock", "inbox"} <= {file.name for file in files}
    assert not [file for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077]


def test_many_that_look_for_a_port_at_once_find_one_each() -> None:
    first, start = servers.free_port(), threading.Barrier(MANY)

    def finds_one(_: int) -> socket.socket:
        start.wait()
        return ports.enter_context(embedded._first_free(first))

    with contextlib.ExitStack() as ports, ThreadPoolExecutor(MANY) as together:
        found = [listener.getsockname()[1] for listener in together.map(finds_one, range(MANY))]
        assert len(set(found)) == MANY
        assert max(found) < first + 100


def test_a_port_that_somebody_has_bound_and_does_not_listen_on_yet_is_no_longer_his() -> None:
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        slow.bind(("127.0.0.1", 0))
        with embedded._first_free(slow.getsockname()[1]) as ours:
            assert ours.getsockname() == slow.getsockname()
            with pytest.raises(OSError, match="in use"):
                slow.listen()


def test_the_port_of_before_is_free_right_after_a_restart() -> None:
    with embedded._first_free(servers.free_port()) as before:
        port = before.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as line:
            before.accept()[0].close()  # who hangs up first holds the port for a minute
            assert line.recv(1) == b""

    with embedded._first_free(port) as after:
        assert after.getsockname()[1] == port
