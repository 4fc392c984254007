"""`undersigned up`: one process, up and down again."""

import json
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stage import EmbeddedStage, Story, eventually


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[EmbeddedStage]:
    stage = EmbeddedStage(tmp_path / "stage")
    yield stage
    stage.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_within_three_seconds(stage: EmbeddedStage, number: int) -> None:
    eventually(lambda: "is up" in stage.logs())
    before = time.monotonic()

    code = stage.processes["up"].end(number)

    took = time.monotonic() - before
    assert code == 0, stage.logs()
    assert took < 3  # a promise to whoever presses Ctrl-C, with an idle process
    assert "Traceback" not in stage.logs()
    assert "is down; everything is kept" in stage.logs()


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


def test_a_second_one_on_the_same_data_is_refused(stage: EmbeddedStage) -> None:
    eventually(lambda: "is up" in stage.logs())

    stage.start("second", "-m", "tests.on_a_moved_clock", "up")

    assert stage.processes["second"].popen.wait(30) == 1
    assert "running already" in stage.logs()


def test_it_says_that_it_lives_and_is_ready(stage: EmbeddedStage) -> None:
    base = f"http://127.0.0.1:{stage.web_ports[0]}"

    with urllib.request.urlopen(f"{base}/livez") as alive, urllib.request.urlopen(f"{base}/readyz") as ready:
        assert alive.status == ready.status == 200
        assert json.load(ready)["database"] is True


def test_a_taken_port_is_left_alone(stage: EmbeddedStage, tmp_path: Path) -> None:
    taken = stage.web_ports[0]
    stage.environment["DATA_DIR"] = str(tmp_path / "other")
    del stage.environment["PUBLIC_URL"]

    stage.start("second", "-m", "tests.on_a_moved_clock", "up", "--port", str(taken))
    eventually(lambda: (stage.folder / "second.log").read_text().count("is up"))

    assert f":{taken} " not in (stage.folder / "second.log").read_text()


def test_a_second_one_is_told_where_the_first_one_is(stage: EmbeddedStage) -> None:
    eventually(lambda: "is up" in stage.logs())

    stage.start("second", "-m", "tests.on_a_moved_clock", "up")
    stage.processes["second"].popen.wait(30)

    said = (stage.folder / "second.log").read_text()
    assert f"running already, on this DATA_DIR: http://127.0.0.1:{stage.web_ports[0]}" in said
    assert "--reminders 5m --review 1m" in stage.logs()
