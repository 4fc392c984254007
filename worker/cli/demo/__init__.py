"""One campaign played through in front of the reader: the real program, real mail on loopback, invented addresses."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sqlalchemy import select

from worker import db, embedded, log, settings
from worker.cli import console, lookup, status_json
from worker.cli.demo import partner as player
from worker.cli.demo.partner import Letterbox
from worker.cli.launch import launch
from worker.cli.status_view.partners import partners_table
from worker.cli.status_view.top import summary
from worker.definition import campaign as definitions
from worker.definition.partners import PartnerRow
from worker.models import Seal
from worker.state.status import CampaignStatus
from worker.wording.letter_formats import FORMATS

CAMPAIGN = "cambodia-2023"
EXAMPLE = settings.EXAMPLES / CAMPAIGN
DEADLINE, REMINDER, REVIEW = 20, 6, 2  # seconds: from launch at least, before the deadline, after it
SLOWER = 6  # so many times as long as it took to get ready is left to the partners, where that is more
TIMEOUT_S = 120  # seconds after which something is wrong
_BOARD = {"fr": "Bureau", "km": "គណៈកម្មការនាយក"}  # the role of who signs


STOPPED = 130  # the exit code of a program that was ended by Ctrl-C


class DemoFailed(Exception):
    """Something that should have happened did not; the message says what."""


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""


_EXPECTED = (DemoFailed, player.NotUnderstood, OSError, SystemExit)


@dataclass(frozen=True)
class Cast:
    """Who does what, as the notes in partners.csv say it."""

    sign: list[PartnerRow]
    decline: list[PartnerRow]
    silent: list[PartnerRow]
    refused: list[PartnerRow]

    @classmethod
    def from_notes(cls, partners: list[PartnerRow]) -> "Cast":
        def noted(words: str) -> list[PartnerRow]:
            return [row for row in partners if words in row.note]

        invented = noted("invented")
        signers = [row for row in partners if row not in invented]
        return cls(signers, noted("declines"), noted("silent"), noted("refused"))


def play() -> int:
    """Play it, say what happened, and name the files to open; returns the exit code."""
    folder = settings.current().data_dir / "demo"
    if embedded.is_running(folder):
        console.say("A demo is running already.")
        return 1
    try:
        shutil.rmtree(folder, ignore_errors=True)
        settings.only_for_this_process(data_dir=folder, sweep=1, lease=5, undo=0)
        log.to_stderr(log.WARNING)
        cast = _cast()
        stage = Stage(folder, cast)
        embedded.run(stage.play, port=0, refuse=[row.email for row in cast.refused])
        return stage.end()
    except KeyboardInterrupt:  # before everything was up, or while the files were written
        console.say("\nThe demo was stopped.")
        return STOPPED


def _cast() -> Cast:
    from datetime import UTC, datetime

    definition = definitions.read_definition(EXAMPLE, now=datetime.now(UTC), deadline=f"in {DEADLINE}s")
    return Cast.from_notes(definition.partners)


def seconds_to_deadline(ready_after: float) -> int:
    """From launch: a machine that took long to get ready takes long for what the partners do, too."""
    return max(DEADLINE, round(SLOWER * ready_after))


class Stage:
    """The play: each step is waited for, and shown while it happens."""

    def __init__(self, folder: Path, cast: Cast) -> None:
        self.folder, self.cast = folder, cast
        self.box = Letterbox(folder / "inbox")
        self.console = Console(stderr=True, highlight=False)
        self.failure: BaseException | None = None
        self.server: embedded.EmbeddedServer | None = None
        self.over = threading.Event()
        self.began = time.monotonic()

    def play(self, server: embedded.EmbeddedServer) -> None:
        """Play every step, then end everything. Called in a thread of its own."""
        self.server = server
        try:
            with self._progress() as progress:
                self.progress = progress
                self._steps()
        except (Exception, SystemExit) as failure:
            # Whatever goes wrong once everything is ending goes wrong because of that.
            self.failure = Stopped() if server.stopping else failure
        finally:
            self.over.set()
            server.stop()

    def end(self) -> int:
        """Say how it went."""
        if self.server is None or not self.over.wait(TIMEOUT_S) or isinstance(self.failure, Stopped):
            console.say("\nThe demo was stopped.")
            return STOPPED
        if self.failure is not None and not isinstance(self.failure, _EXPECTED):
            raise self.failure
        if self.failure is not None:
            self.console.print(f"The demo failed: {self.failure}", style="red", markup=False)
            return 1
        found = lookup.status_of(CAMPAIGN)
        self._write(found)
        self._say(found)
        return 0

    def _steps(self) -> None:
        cast = self.cast
        self.progress.console.print(f"[bold]An organizer launches[/bold] {CAMPAIGN}\n")
        deadline = seconds_to_deadline(time.monotonic() - self.began)
        launch(EXAMPLE, f"in {deadline}s", f"{REMINDER}s", f"{REVIEW}s", yes=True)
        self.progress.console.print()
        invited = [*cast.sign, *cast.decline, *cast.silent]
        self._wait("Invitations arrive", len(invited), lambda: self.box.count())
        letters = {str(mail["To"]): mail for mail in self.box.mails()}
        first, *others = cast.sign
        # One partner changes its mind before the deadline: it declines, and then it signs.
        player.declines(letters[first.email], reason="The board has not met yet.")
        self._each("Partners decline", cast.decline, lambda row: player.declines(letters[row.email]))
        self._each("Partners sign", others, lambda row: self._sign(row, letters))
        self._each("One changes its mind", [first], lambda row: self._sign(row, letters))
        self._wait(
            "Those who have not answered are reminded",
            len(cast.silent),
            lambda: self._mails_beyond_the_first(cast.silent),
            TIMEOUT_S + deadline,
        )
        self._wait("The deadline passes", 1, self._closed, TIMEOUT_S + deadline)
        self._wait("The letter reaches its addressee", 1, lambda: len(self._letters()))
        self._wait("Copies reach those who signed", len(cast.sign), self._copies)

    def _sign(self, row: PartnerRow, letters: dict[str, Any]) -> None:
        player.signs(
            letters[row.email],
            visibility="public",
            representative=f"The board of {row.acronym or row.organization}",
            role=_BOARD.get(row.language, "Board"),
        )

    def _mails_beyond_the_first(self, partners: list[PartnerRow]) -> int:
        return sum(len(self.box.mails(to=row.email)) > 1 for row in partners)

    def _closed(self) -> int:
        return int(lookup.status_of(CAMPAIGN).campaign.closed_at is not None)

    def _letters(self) -> list[Any]:
        return [mail for mail in self.box.mails(to=self._addressee()) if mail["To"]]

    def _addressee(self) -> str:
        with db.reading() as session:
            campaign = lookup.named(session, CAMPAIGN)
            return campaign.letter.addressees[0].email

    def _copies(self) -> int:
        return int(lookup.status_of(CAMPAIGN).mails.get("copy", {}).get("sent", 0))

    def _wait(self, what: str, goal: int, reached: Callable[[], int], timeout: float = TIMEOUT_S) -> None:
        task = self.progress.add_task(what, total=goal)
        until = time.monotonic() + timeout
        while (count := reached()) < goal:
            self.progress.update(task, completed=count)
            self._go_on()
            if time.monotonic() > until:
                raise DemoFailed(f"{what}: {count} of {goal} after {timeout} seconds")
            time.sleep(0.2)
        self.progress.update(task, completed=goal)

    def _each(self, what: str, partners: Iterable[PartnerRow], act: Callable[[PartnerRow], object]) -> None:
        """Several partners at once, as on a real evening."""
        partners = list(partners)
        task = self.progress.add_task(what, total=len(partners))

        def acts(partner: PartnerRow) -> None:
            self._go_on()
            act(partner)

        with ThreadPoolExecutor(4) as people:
            for _ in people.map(acts, partners):
                self.progress.advance(task)

    def _go_on(self) -> None:
        if self.server is not None and self.server.stopping:
            raise Stopped

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
        )

    def _write(self, found: CampaignStatus) -> None:
        """Leave what a reader wants to open: the public rendition, the mail as accepted, the status."""
        with db.reading() as session:
            campaign = lookup.named(session, CAMPAIGN)
            seals = select(Seal).where(
                Seal.campaign_id == campaign.id,
                Seal.number == found.letters[-1].mail.seal_number,
                Seal.rendition == "public",
                Seal.language == campaign.authentic,
            )
            for seal in session.scalars(seals):
                (self.folder / FORMATS[seal.format].file_name()).write_bytes(seal.content)
        (self.folder / "status.json").write_text(
            json.dumps(status_json.as_json(found), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        accepted = next(p for p in self.box.folder.glob("*.eml") if str(player.read_mail(p)["To"]) == self._addressee())
        shutil.copyfile(accepted, self.folder / "dispatched.eml")

    def _say(self, found: CampaignStatus) -> None:
        counts, letter = found.counts, found.letters[-1]
        say = self.console.print
        say(partners_table(found, found.partners, self.console.width))
        say(f"\n[bold]{summary(counts)}[/bold]")
        say(f"The letter with {counts.named_publicly} names was sent to {letter.addressee}.", markup=False)
        say(f"The addressee's server said: {letter.mail.reply}", markup=False)
        say(
            f"{self._copies()} copies were sent to those who signed. It took "
            f"{time.monotonic() - self.began:.0f} seconds.\n"
        )
        say("Open these:")
        best_first = sorted(FORMATS.values(), key=lambda form: form.name != "pdf")
        for name in (*(form.file_name() for form in best_first), "dispatched.eml", "status.json", "inbox/"):
            say(f"  {_from_here(self.folder)}/{name}", markup=False)


def _from_here(folder: Path) -> Path:
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
