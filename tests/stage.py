"""The stage of the stories: the real program, a real mail server, and people who do only what people can.

Two ways to run are played on: everything embedded in one process on SQLite, and web and two workers as
processes of their own on PostgreSQL and Redis.
"""

import json
import os
import re
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select, text, update
from typer.testing import CliRunner

from tests import servers
from tests.conftest import PostgreSQLClock, configure_the_queue, forget_settings
from tests.mail_server import MailServer
from tests.servers import TIMEOUT_S
from worker import db, settings
from worker.cli.demo import partner as player
from worker.models import Campaign, Mail

A_SECRET_KEY = "the key of a stage, long enough for everything on it"
HERE = Path(__file__).resolve().parent
T = TypeVar("T")


class Missed(AssertionError):
    """Something that people wait for did not happen."""


def eventually(what: Callable[[], T], *, seconds: float = TIMEOUT_S) -> T:
    """Look again and again until there is something to see."""
    until = time.monotonic() + seconds
    while not (seen := what()):
        if time.monotonic() > until:
            raise Missed(f"waited {seconds} s")
        time.sleep(0.1)
    return seen


class Stage:
    """Processes, a mail server, a database's clock, and the organizers' command line."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.campaigns = folder / "campaigns"
        self.campaigns.mkdir(parents=True)
        self.catcher = MailServer(folder / "inbox")
        self._mailboxes: dict[str, list[EmailMessage]] = {}
        self._opened: set[Path] = set()
        self.web_ports: list[int] = []
        self.processes: dict[str, servers.Process] = {}
        self._commands: dict[str, list[str]] = {}
        self.environment = {
            "DATA_DIR": str(folder / "var"),
            "CAMPAIGNS_DIR": str(self.campaigns),
            "SMTP_URL": f"smtp://127.0.0.1:{self.catcher.start()}",
            "SECRET_KEY": A_SECRET_KEY,
            "SWEEP": "0.3",  # a story waits for one whenever it has moved the clock
            "LEASE": "4",
            "UNDO": "0",
        } | environment

    def start(self, name: str, *command: str) -> None:
        """Run a process of the program; its output is kept in a file of its name."""
        self._commands[name] = [sys.executable, *command]
        self.restart(name)

    def restart(self, name: str) -> None:
        environment = os.environ | {settings.PREFIX + key: value for key, value in self.environment.items()}
        log = self.folder / f"{name}.log"
        self.processes[name] = servers.Process(self._commands[name], log, env=environment, cwd=HERE.parent)

    def kill(self, name: str) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        self.processes[name].end(signal.SIGKILL)

    def wait_until_up(self) -> None:
        for port in self.web_ports:
            eventually(lambda port=port: _answers(f"http://127.0.0.1:{port}/livez"))  # type: ignore[misc]

    def end(self) -> None:
        for process in self.processes.values():
            if process.runs:
                process.end(signal.SIGKILL)
        self.catcher.stop()

    def logs(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    @contextmanager
    def here(self) -> Iterator[None]:
        """This process speaks to the stage's database, as a command typed beside the program does."""
        before = {name: value for name, value in os.environ.items() if name.startswith(settings.PREFIX)}
        known = {key.lower(): value for key, value in self.environment.items() if not key.startswith("TEST_")}
        settings.only_for_this_process(**known)
        forget_settings()
        configure_the_queue()
        try:
            yield
        finally:
            settings.only_for_this_process(data_dir=self.folder)
            forget_settings()
            configure_the_queue()
            del os.environ[f"{settings.PREFIX}DATA_DIR"]
            os.environ.update(before)
            forget_settings()

    def types(self, *words: str, code: int = 0) -> str:
        """An organizer types a command; what it prints comes back. The exit code must be the one expected."""
        from worker.cli.commands import app

        with self.here():
            result = CliRunner().invoke(app, list(words))
        printed = result.output
        assert result.exit_code == code, f"undersigned {' '.join(words)} ended with {result.exit_code}:\n{printed}"
        return printed

    def types_anyway(self, *words: str) -> str:
        """An organizer types a command, and what it prints to stdout comes back whatever its exit code."""
        from worker.cli.commands import app

        with self.here():
            return CliRunner().invoke(app, list(words)).stdout

    def cancels_every_campaign(self) -> None:
        """So that nothing of a story that is over falls due when the next one moves the clock."""
        with self.here(), db.transaction() as session:
            session.execute(update(Campaign).values(cancelled_at=db.clock(session)))

    def has_nothing_to_send(self) -> bool:
        """Whether every mail that was put is sent, or given up."""
        with self.here(), db.reading() as session:
            return session.scalar(select(Mail.id).where(Mail.due_at.is_not(None)).limit(1)) is None

    def moves_the_clock(self, to: datetime) -> None:
        """Move the clock once no mail is on its way: a lease that runs out by the move is taken for a dead worker's,
        and its mail is sent twice."""
        eventually(lambda: self._moved_between_mails(to))

    def _moved_between_mails(self, to: datetime) -> bool:
        """Whether nothing was on its way, and the clock was moved before anything more could be claimed."""
        with self.here(), db.transaction(even_restored=True) as session:
            if not db.is_sqlite(session):
                session.execute(text("LOCK TABLE installation"))  # who writes reads it first, and then the clock
            leased = Mail.lease_holder.is_not(None) & Mail.due_at.is_not(None) & (Mail.lease_until > db.clock(session))
            if session.scalar(select(Mail.id).where(leased).limit(1)) is not None:
                return False
            self.set_clock(to)
            return True

    def mails(self, to: str) -> list[EmailMessage]:
        """What lies in somebody's mailbox, the oldest first."""
        self._open_mails()
        return list(self._mailboxes.get(to, ()))

    def recipients(self) -> Counter[str]:
        """How many mails lie in each mailbox."""
        self._open_mails()
        return Counter({to: len(mails) for to, mails in self._mailboxes.items()})

    def _open_mails(self) -> None:
        """Read each mail once: a stage catches many, and stories look again and again."""
        for path in sorted(set(self.catcher.folder.glob("*.eml")) - self._opened):
            mail = player.read_mail(path)
            self._mailboxes.setdefault(str(mail["To"]), []).append(mail)
            self._opened.add(path)

    def set_clock(self, to: datetime | None) -> None:
        """Move the database's clock, for all processes; None: back to the real time."""
        raise NotImplementedError


class EmbeddedStage(Stage):
    """`undersigned up`: one process on SQLite."""

    def __init__(self, folder: Path, **more: str) -> None:
        super().__init__(folder, {"PUBLIC_URL": f"http://127.0.0.1:{(port := servers.free_port())}"} | more)
        self._moved = folder / "moved-clock"
        self.set_clock(None)
        self.web_ports = [port]
        self.environment["TEST_MOVED_CLOCK"] = str(self._moved)
        self.start("up", "-m", "tests.on_a_moved_clock", "up", "--port", str(port))
        self.wait_until_up()

    def set_clock(self, to: datetime | None) -> None:
        by = (to - datetime.now(UTC)).total_seconds() if to else 0
        fresh = self._moved.with_suffix(".new")
        fresh.write_text(str(by))
        fresh.replace(self._moved)

    @contextmanager
    def here(self) -> Iterator[None]:
        from tests import on_a_moved_clock

        with super().here(), on_a_moved_clock.installed(self._moved):
            yield


class ProductionStage(Stage):
    """web × 2 and worker × 2, on PostgreSQL and Redis."""

    def __init__(self, folder: Path, database_url: str, redis_url: str, *, workers: int = 2, webs: int = 1) -> None:
        ports = [servers.free_port() for _ in range(webs)]
        environment = {
            "DATABASE_URL": database_url,
            "BROKER_URL": redis_url,
            "REDIS_PREFIX": f"{folder.name}:",
            "PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
        }
        super().__init__(folder, environment)
        self._clock = PostgreSQLClock(servers.plain(database_url))
        self.web_ports = ports
        for number, port in enumerate(ports, 1):
            self.start(f"web-{number}", "-m", "worker", "web", "--port", str(port))
        for number in range(1, workers + 1):
            self.start(f"worker-{number}", "-m", "worker", "worker")
        self.wait_until_up()

    def set_clock(self, to: datetime | None) -> None:
        self._clock.set(to or datetime.now(UTC))


@dataclass
class Organization:
    """A partner: it reads its mail, opens its link, fills in the page."""

    stage: Stage
    campaign: "Story"
    organization: str
    acronym: str
    country: str
    language: str = "en"

    @property
    def email(self) -> str:
        return f"contact@{self.acronym.lower()}.{self.campaign.slug}.example"

    @property
    def row(self) -> str:
        return f"{self.organization} ({self.acronym}), {self.country}"

    def mails(self, containing: str = "") -> list[EmailMessage]:
        return [m for m in self.stage.mails(self.email) if containing in player.text_of(m) + str(m["Subject"])]

    def invitation(self) -> EmailMessage:
        return eventually(lambda: self.mails())[0]

    def link(self) -> str:
        return player.link_in(self.invitation())

    def code(self) -> str:
        return player.code_in(self.invitation())

    def signs(self, visibility: str = "public", **said: str) -> str:
        who = {"representative": f"The board of {self.acronym}", "role": "Board"} | said
        return player.signs(self.invitation(), visibility=visibility, **who)

    def declines(self) -> str:
        return player.declines(self.invitation())

    def asks_for_a_change(self, passage: str, wish: str) -> str:
        return player.asks_for_a_change(self.invitation(), passage=passage, wish=wish)

    def withdraws(self) -> str:
        return player.withdraws(self.invitation())

    def page(self) -> str:
        return player.opens(self.link())

    def posts(self, **form: str) -> tuple[int, str]:
        """Send a form whatever the page says; its status and the page come back."""
        return post(self.link(), {"mail_code": self.code()} | form)

    def receipts(self, at_least: int = 1) -> list[EmailMessage]:
        def arrived() -> list[EmailMessage]:
            found = self.mails()[1:]
            return found if len(found) >= at_least else []

        return eventually(arrived)


@dataclass
class Story:
    """One campaign: its folder, its organizers' commands, its addressee's mailbox."""

    stage: Stage
    slug: str
    partners: list[Organization] = field(default_factory=list)
    deadline: timedelta = timedelta(days=14)
    review: str = "2h"
    copy_to: str = ""  # the name of a second addressee, which gets a copy
    brought_to: str = ""  # that of one more, which has no mail address

    @property
    def folder(self) -> Path:
        return self.stage.campaigns / self.slug

    def joined_by(self, organization: str, acronym: str, country: str, language: str = "en") -> Organization:
        partner = Organization(self.stage, self, organization, acronym, country, language)
        self.partners.append(partner)
        return partner

    def writes_its_folder(self, *, quorum: int = 1, more: str = "") -> None:
        self.folder.mkdir(exist_ok=True)
        (self.folder / "campaign.toml").write_text(more + _definition(self.slug, quorum, self.copy_to, self.brought_to))
        (self.folder / "letter.en.md").write_text(LETTER)
        (self.folder / "letter.fr.md").write_text(LETTRE)
        lines = ["organization,acronym,country,contact,email,language"]
        lines += [f'"{p.organization}",{p.acronym},{p.country},,{p.email},{p.language}' for p in self.partners]
        (self.folder / "partners.csv").write_text("\n".join(lines) + "\n")

    def launches(self, *, quorum: int = 1, write: bool = True, more: str = "") -> "Story":
        """The folder becomes a campaign, with its deadline two weeks ahead; `more` are further keys of it."""
        if write:
            self.writes_its_folder(quorum=quorum, more=more)
        in_minutes = int(self.deadline.total_seconds() // 60)
        self.stage.types(
            *("launch", str(self.folder), "--deadline", f"in {in_minutes} minutes", "--review", self.review, "--yes")
        )
        return self

    def types(self, command: str, *words: str, code: int = 0) -> str:
        return self.stage.types(command, self.slug, *words, code=code)

    def status(self) -> dict[str, Any]:
        printed = self.stage.types_anyway("status", self.slug, "--json")
        found: dict[str, Any] = json.loads(printed)
        return found

    def moment(self, name: str) -> datetime:
        return datetime.fromisoformat(self.status()[name])

    def rewrites_its_letter(self, before: str, after: str, *, only: str = "") -> None:
        """The organizers edit the letter's files, which changes nothing by itself.

        In each language, or one `only`; where the words are not found, the new ones are added.
        """
        for file in self.folder.glob(f"letter.{only or '*'}.md"):
            text = file.read_text()
            file.write_text(text.replace(before, after) if before in text else f"{text}\n{after}\n")

    def public_page(self) -> tuple[int, str]:
        """What everybody reads at the campaign's own address."""
        url = f"http://127.0.0.1:{self.stage.web_ports[0]}/c/{self.slug}"
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    def comes_near_its_deadline(self, *, seconds: float) -> None:
        self.stage.moves_the_clock(self.moment("deadline") - timedelta(seconds=seconds))

    def reaches_its_deadline(self) -> None:
        """One second after the deadline; then the clock closes by itself."""
        self.stage.moves_the_clock(self.moment("deadline") + timedelta(seconds=1))
        eventually(lambda: self.status()["seal"])

    def reaches_its_deadline_while_held(self) -> None:
        """One second after the deadline; nothing is closed, because somebody holds it."""
        self.stage.moves_the_clock(self.moment("deadline") + timedelta(seconds=1))

    def passes_its_review(self) -> None:
        self.stage.moves_the_clock(self.moment("review_ends") + timedelta(seconds=1))

    def is_dispatched(self) -> None:
        eventually(lambda: self.status()["dispatched"])

    def is_dispatched_whatever_dies(self) -> None:
        """Of a worker that is killed while it hands the letter over nobody knows whether it did: a person looks."""

        def left_or_in_doubt() -> str:
            found = self.status()
            state: str = found["addressees"][0]["state"]
            return "left" if found["dispatched"] else state if state == "uncertain" else ""

        while eventually(left_or_in_doubt) == "uncertain":
            self.types(*(("dispatch", "--by-hand") if self.letters() else ("resend",)), "--yes")

    def letters(self) -> list[EmailMessage]:
        """What lies in the addressee's mailbox."""
        return self.stage.mails(f"rapporteur@{self.slug}.example")

    def letter(self) -> EmailMessage:
        return eventually(self.letters)[0]

    def copy(self) -> EmailMessage:
        """What lies in the mailbox of the second addressee."""
        return eventually(lambda: self.stage.mails(f"mission@{self.slug}.example"))[0]

    def organizers_mails(self, containing: str = "") -> list[EmailMessage]:
        found = self.stage.mails(f"secretariat@{self.slug}.example")
        return [m for m in found if containing in player.text_of(m) + str(m["Subject"])]


def signatories(mail: EmailMessage) -> list[str]:
    """The numbered list of a letter, as its text part prints it."""
    text = player.text_of(mail).replace("\r\n", "\n")
    listed = text[text.index("Signatory Civil Society Organizations") :] if "Signatory" in text else ""
    return [re.sub(r"\s+", " ", row).strip() for row in re.findall(r"^ *\d+\. (.+(?:\n {4,}\S.*)*)", listed, re.M)]


def post(link: str, form: dict[str, str]) -> tuple[int, str]:
    request = urllib.request.Request(link, urllib.parse.urlencode(form).encode())
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _definition(slug: str, quorum: int, copy_to: str = "", brought_to: str = "") -> str:
    deadline = datetime.now(UTC) + timedelta(days=30)
    written = _DEFINITION.format(slug=slug, quorum=quorum, deadline=deadline)
    copies = {copy_to: f"mission@{slug}.example", brought_to: ""}
    return written + "".join(_A_COPY.format(name=name, email=email) for name, email in copies.items() if name)


_DEFINITION = """
title = "A letter of {slug}"
authentic = "en"
deadline = {deadline:%Y-%m-%dT%H:%M:%S}
zone = "Europe/Zurich"
reply_to = "secretariat@{slug}.example"
reminders = ["3d", "1d"]
quorum = {quorum}
review = "2h"
visibility = ["public", "addressee", "counted"]

[sender]
name = "River Coalition"
lines = ["on behalf of the undersigned organizations"]

[[addressee]]
name = "Professor Ada Example"
office = "Special Rapporteur on rivers"
address = ["Palais des Nations", "Geneva"]
salutation = "Dear Professor Example,"
email = "rapporteur@{slug}.example"
"""
_A_COPY = """
[[addressee]]
copy = true
name = "{name}"
salutation = "Dear colleagues,"
email = "{email}"
"""
LETTER = "# Clean rivers\n\nWe, the {{ count }} undersigned organizations, ask for clean rivers.\n\nRespectfully,\n"
LETTRE = "# Des rivières propres\n\nNous, les {{ count }} organisations soussignées, les demandons.\n\nRecevez,\n"
