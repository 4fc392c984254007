"""`undersigned up` on a machine that others use too: what it caught is not theirs, nor are its ports a lottery."""

import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import servers
from tests.servers import TIMEOUT_S
from tests.stage import Organization, Stage, Story, eventually


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Nothing runs on it yet, and mail goes where `up` itself catches it."""
    stage = Stage(tmp_path / "home", {})
    del stage.environment["SMTP_URL"]
    yield stage
    stage.end()
    print(stage.logs())  # shown when the story failed


def types_up(stage: Stage, terminal: str, port: int) -> None:
    """Type it in a terminal, on data of its own."""
    stage.environment["DATA_DIR"] = str(stage.folder / terminal)
    stage.start(terminal, "-m", "worker", "up", "--port", str(port))


def addresses(stage: Stage, terminal: str) -> list[str]:
    """What it has printed there to be opened in a browser."""
    return re.findall(r"http://127\.0\.0\.1:\d+[^\s,;)]*", (stage.folder / f"{terminal}.log").read_text())


def looks_at(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as refused:
        return refused.read().decode()


def test_only_who_started_it_reads_the_mails_that_it_caught(
    stage: Stage, campaign: Story, river_watch: Organization
) -> None:
    types_up(stage, "terminal", port=(port := servers.free_port()))
    stage.environment["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    eventually(lambda: addresses(stage, "terminal"))
    campaign.launches()

    def shown() -> bool:
        return any(river_watch.email in looks_at(address) for address in addresses(stage, "terminal"))

    eventually(shown)  # to whoever reads the terminal
    guessed = {path: river_watch.email in looks_at(f"http://127.0.0.1:{port}{path}") for path in ("/", "/inbox")}
    assert not any(guessed.values()), "another user knows the port, and no more"


def test_two_that_start_at_once_take_a_port_each(stage: Stage) -> None:
    port = servers.free_port()
    for terminal in ("one", "another"):
        types_up(stage, terminal, port)

    def has_told(terminal: str) -> bool:
        return bool(addresses(stage, terminal)) or not stage.processes[terminal].runs

    eventually(lambda: has_told("one") and has_told("another"))
    assert addresses(stage, "one")
    assert addresses(stage, "another")
    assert urlsplit(addresses(stage, "one")[0]).port != urlsplit(addresses(stage, "another")[0]).port
    assert [stage.processes[terminal].runs for terminal in ("one", "another")] == [True, True]
