"""`undersigned doctor`: everything is tried at once before the first campaign, and told in one line each."""

import dataclasses
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json

if TYPE_CHECKING:
    from worker.cli.doctor.finding import Note, Verdict

LIMIT = 30  # seconds that one check may take, also on a busy machine
_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red"}
_CREDENTIALS = re.compile(r"(?<=://)[^\s/]*@")


@dataclasses.dataclass(frozen=True)
class Finding:
    """One line of what the doctor says."""

    check: str
    verdict: "Verdict"
    found: str
    mend: str = ""


def _readable(path: Path | None) -> Path | None:
    """What typer could check itself, if it knew that - is no file."""
    if path is not None and str(path) != "-" and not (path.is_file() and os.access(path, os.R_OK)):
        raise typer.BadParameter(f"{path} is not a file that can be read")
    return path


def doctor(
    to: Annotated[str, typer.Option(metavar="ADDRESS", help="Your own email address: send it a test email.")] = "",
    headers: Annotated[
        Path | None,
        typer.Option(
            help="The test email as you received it, saved as a file. - reads it from standard input.",
            callback=_readable,
        ),
    ] = None,
    as_json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Try everything before the first campaign: settings, database, broker, mail, pages, clock, backups.

    It changes nothing.

    Example: `undersigned doctor --to you@your.org`
    """
    findings = []
    for finding in _examined(_checked(to), headers, ask=not as_json and not dry_run, mails=not dry_run):
        findings.append(finding)
        if not as_json:
            _show(finding)
    verdicts = [finding.verdict for finding in findings]
    if as_json:
        console.give([dataclasses.asdict(finding) for finding in findings])
    else:
        failed, warnings = verdicts.count("failed"), verdicts.count("warning")
        console.say(f"{console.count(len(findings), 'check')}: {failed} failed, {console.count(warnings, 'warning')}.")
    if "failed" in verdicts:
        raise typer.Exit(console.FAILED)


def _examined(to: str, headers: Path | None, *, ask: bool, mails: bool) -> Iterator[Finding]:
    """Try everything at once, and tell it in order; without usable settings there is nothing to try."""
    yield (settings := _settings())
    if settings.verdict == "failed":
        return
    from worker import db
    from worker.cli.doctor import mail

    to = to or (_asked() if ask else "")
    db.engine()  # made here, once, and not by two checks at the same time
    for check in [_Check(name, check) for name, check in _begun_at_once(headers)]:
        yield (finding := check.finding())
        if finding.check == "relay":  # a login that was refused is not tried again at once
            ready = finding.verdict != "failed"
            if not mails:
                yield Finding("test mail", "ok", f"a dry run: no test email is sent{f' to {to}' if to else ''}")
                continue
            yield _Check("test mail", partial(mail.a_test_mail, to, relay_is_ready=ready)).finding()


def _begun_at_once(headers: Path | None) -> Iterator[tuple[str, Callable[[], Iterator["Note"]]]]:
    from worker.cli.doctor import backups, running, system
    from worker.cli.doctor.mail import mailbox, received_mail, relay, sender

    yield from (("database", system.database), ("broker", system.broker), ("worker", running.worker), ("relay", relay))
    yield "sender", sender
    if headers is not None:
        mail = sys.stdin.buffer.read() if str(headers) == "-" else headers.read_bytes()
        yield "received mail", partial(received_mail, mail)
    yield from (
        ("pages", system.pages),
        ("mailbox", mailbox),
        ("clock", system.clock),
        ("disk", system.disk),
        ("backup", backups.backup),
    )
    yield from (("fonts", system.fonts), ("templates", system.templates), ("secrets", system.secrets))


class _Check(threading.Thread):
    """A check under way; one that hangs is left to itself, and ends with the program."""

    def __init__(self, name: str, check: Callable[[], Iterator["Note"]]) -> None:
        super().__init__(name=name, daemon=True)
        self._check = check
        self._notes: list[Note] = []
        self._until = time.monotonic() + LIMIT
        self.start()

    def run(self) -> None:
        try:
            for note in self._check():
                self._notes.append(note)
        except Exception as error:
            self._notes.append(_unexpected(error))

    def finding(self) -> Finding:
        """Wait for the end, but not for longer than the limit."""
        from worker.cli.doctor.finding import failed

        self.join(max(0.0, self._until - time.monotonic()))
        notes = list(self._notes)
        if self.is_alive():
            notes.append(
                failed(f"no answer within {LIMIT} s", "check whether it is running, and the network on the way to it")
            )
        return _together(self.name, notes)


def _together(name: str, notes: list["Note"]) -> Finding:
    """One finding out of what a check noted: the gravest verdict, and every fix in a line of its own."""
    gravest = max((note.verdict for note in notes), key=list(_STYLES).index)
    found = "; ".join(note.found for note in notes)
    mends = dict.fromkeys(note.fix for note in notes if note.fix)
    return Finding(name, gravest, _without_credentials(found), _without_credentials("\n".join(mends)))


def _settings() -> Finding:
    from worker import settings

    try:
        conf = settings.current()
    except settings.BadSettings as error:
        mend = "set them in the environment (docker compose reads .env for it); .env.example has a sentence for each"
        return Finding("settings", "failed", _without_credentials(str(error)), mend)
    way = "everything in one process" if conf.embedded else "separate processes"
    return Finding("settings", "ok", f"{way}; this machine keeps its data in {conf.data_dir}")


def _unexpected(error: Exception) -> "Note":
    """What is wrong around the program in a sentence; of the rest the name only, for it may quote what it met."""
    from worker.cli import errors
    from worker.cli.doctor.finding import failed

    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return failed(f"{where}{error.strerror}", "check who may read and write there")
    if not isinstance(error, OSError) and (sentence := errors.sentence(error)):
        said, _, mend = sentence.partition(": ")
        return failed(said, mend)
    return failed(
        f"it failed with {type(error).__name__}", "try again; if it still fails, report it to the makers of Undersigned"
    )


def _without_credentials(words: str) -> str:
    return _CREDENTIALS.sub("", words)


def _checked(to: str) -> str:
    from worker.text import addresses

    if not to:
        return ""
    address, problem = addresses.normalize(to)
    if problem:
        console.fail(f"--to: {problem}", console.USAGE)
    return address


def _asked() -> str:
    """The address for a test mail, if a person sits here and there is a relay to try."""
    from worker import settings

    if not settings.current().smtp_url or not sys.stdin.isatty():
        return ""
    return _checked(console.answer("Send a test email to (Enter for nobody): "))


def _show(finding: Finding) -> None:
    from rich.table import Table
    from rich.text import Text

    line = Table.grid(padding=(0, 2, 0, 0), pad_edge=False)
    line.add_column(width=len("warning"))
    line.add_column(width=len("received mail"))
    line.add_column(overflow="fold")
    told = Text(finding.found)
    for mend in finding.mend.splitlines():
        told.append(f"\n→ {mend}", style="bold")
    line.add_row(Text(finding.verdict, style=_STYLES[finding.verdict]), Text(finding.check), told)
    console.screen().print(line)
