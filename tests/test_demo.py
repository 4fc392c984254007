"""`undersigned demo`: what it leaves behind is what happened; played out of the wheel, in an empty folder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import installed
from tests.servers import TIMEOUT_S
from tests.stage import eventually, signatories
from worker import settings
from worker.cli import demo as play
from worker.cli.demo import partner as player
from worker.definition.partners import read_csv
from worker.wording.letter_formats import FORMATS

TOP = Path(__file__).resolve().parent.parent


class Demo:
    """`undersigned demo`, typed in a folder."""

    def __init__(self, program: list[str], here: Path, environment: dict[str, str]) -> None:
        self.folder = here / "var" / "demo"
        self._output = here.with_suffix(".output")
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [*program, "demo"],
                env=environment | {"COLUMNS": "120"},
                cwd=here,
                stderr=output,
                stdout=subprocess.DEVNULL,
            )

    def said(self, seconds: float) -> str:
        """What it had said when it ended."""
        self.process.wait(seconds)
        return self._output.read_text()


@pytest.fixture(scope="module")
def playing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Begun before the first test that asks for it: most of it is waiting for its deadline."""
    demo = Demo([str(installed.program())], tmp_path_factory.mktemp("empty"), installed.environment())
    yield demo
    demo.process.kill()
    demo.process.wait()


@pytest.fixture(scope="module")
def played(playing: Demo) -> tuple[str, Path]:
    """Its output and its folder."""
    said = playing.said(seconds=4 * TIMEOUT_S)
    assert playing.process.returncode == 0, said[-3000:]
    return said, playing.folder


def test_a_slow_machine_has_more_time_until_the_deadline() -> None:
    assert play.seconds_to_deadline(1.0) == play.DEADLINE
    assert play.seconds_to_deadline(10.0) == 10 * play.SLOWER > play.DEADLINE


@pytest.mark.parametrize("after", [0.0, 4.0])
@pytest.mark.usefixtures("playing")
def test_ctrl_c_stops_it_with_one_sentence(tmp_path: Path, after: float) -> None:
    """In a checkout, and over what an earlier one left."""
    left = tmp_path / "var" / "demo"
    (left / "inbox").mkdir(parents=True)
    (left / "inbox" / "0001-left-behind.eml").write_text("To: somebody@old.example\n\nOld.\n")
    (left / "undersigned.db").write_text("not a database")
    checkout = os.environ | {"PYTHONPATH": str(TOP), f"{settings.PREFIX}DATA_DIR": str(tmp_path / "var")}
    demo = Demo([sys.executable, "-m", "worker"], tmp_path, checkout)
    eventually(lambda: (demo.folder / "up.lock").exists())
    time.sleep(after)  # still starting, or in the middle of the play

    demo.process.send_signal(signal.SIGINT)

    said = demo.said(seconds=TIMEOUT_S)
    assert demo.process.returncode == 130
    assert "The demo was stopped." in said
    assert "Traceback" not in said
    assert not list(left.glob("inbox/*left-behind*"))


def test_it_says_what_happened_and_names_the_files(played: tuple[str, Path]) -> None:
    said, folder = played

    assert "60 partners: 59 asked, 1 refused, 56 signed, 2 declined, 1 silent" in said
    assert "550 5.1.1" in said
    for name in (*(form.file_name() for form in FORMATS.values()), "dispatched.eml", "status.json", "inbox"):
        assert f"  var/demo/{name}" in said
        assert (folder / name).exists()


def test_the_addressee_got_the_56_real_organizations_in_printed_order(played: tuple[str, Path]) -> None:
    _, folder = played
    rows, _, _ = read_csv(TOP / "campaigns" / "cambodia-2023" / "partners.csv")
    real = [f"{row.organization} ({row.acronym}), {row.country}" for row in rows if not row.note]

    letter = player.read_mail(folder / "dispatched.eml")

    assert str(letter["To"]) == "special-rapporteur@ohchr.example"
    assert signatories(letter) == real
    assert len(real) == 56
    assert "We, the 56 undersigned" in player.text_of(letter)


def test_the_pdf_carries_the_same_list_and_the_mail_carries_the_pdf(played: tuple[str, Path]) -> None:
    from pypdf import PdfReader

    _, folder = played
    letter = player.read_mail(folder / "dispatched.eml")
    (attached,) = [part.get_payload(decode=True) for part in letter.iter_attachments()]

    assert attached == (folder / "letter.pdf").read_bytes()
    text = " ".join("\n".join(page.extract_text() for page in PdfReader(folder / "letter.pdf").pages).split())
    for row in signatories(letter):
        assert row in text


def test_everybody_got_what_it_should(played: tuple[str, Path]) -> None:
    _, folder = played
    mails = player.Letterbox(folder / "inbox").mails()
    status = json.loads((folder / "status.json").read_text())

    by_address: dict[str, int] = {}
    for mail in mails:
        by_address[str(mail["To"])] = by_address.get(str(mail["To"]), 0) + 1
    # Asked, receipted, and a copy; one changed its mind; two declined; one was reminded.
    assert sorted(n for to, n in by_address.items() if "coalition" not in to and "ohchr" not in to) == [2] * 3 + [
        3
    ] * 55 + [4]
    assert "nobody@refused.example" not in by_address
    assert by_address["special-rapporteur@ohchr.example"] == 1
    assert status["counts"]["signed"] == status["counts"]["named_publicly"] == 56
