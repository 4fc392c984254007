"""The command line: which commands there are."""

from collections.abc import Callable
from typing import Annotated

import typer

from worker.cli import doctor, processes
from worker.cli.add import add
from worker.cli.admit import admit
from worker.cli.amend import amend
from worker.cli.backup import backup, restore
from worker.cli.by_hand import decline, sign, withdraw
from worker.cli.cancel import cancel
from worker.cli.carry import carry
from worker.cli.change import change
from worker.cli.check import check
from worker.cli.close import close
from worker.cli.contacts import contacts
from worker.cli.digest import digest
from worker.cli.dispatch import dispatch
from worker.cli.erase import erase
from worker.cli.export import export
from worker.cli.extend import extend
from worker.cli.help import Command, Program
from worker.cli.hold import hold
from worker.cli.launch import launch
from worker.cli.log import log
from worker.cli.mails import mails
from worker.cli.members import members
from worker.cli.merge import merge
from worker.cli.new import new
from worker.cli.notes import notes
from worker.cli.notice import notice
from worker.cli.organizer import organizer
from worker.cli.panic import panic
from worker.cli.preview import preview
from worker.cli.rekey import rekey
from worker.cli.remind import remind
from worker.cli.remove import remove
from worker.cli.reply import reply
from worker.cli.resend import resend
from worker.cli.resume import resume
from worker.cli.silence import silence
from worker.cli.status import status
from worker.cli.todo import todo
from worker.cli.two_persons import two_persons
from worker.cli.words import words

app = typer.Typer(
    name="undersigned",
    cls=Program,
    help="Joint letters, end to end: invite, sign, remind, seal, dispatch, prove.",
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

LOOK = "Look around"
PREPARE = "Prepare a campaign"
RUN = "Run a campaign"
LEAVE = "Send the letter, or end the campaign"
AFTER = "After the letter was sent"
OPERATE = "Run the program"

_PANELS: dict[str, list[Callable[..., None]]] = {
    LOOK: [processes.demo, processes.up],
    PREPARE: [new, check, preview, launch],
    RUN: [
        *(todo, status, log, remind, extend, amend, change, hold, panic, resume, sign, decline, withdraw),
        *(carry, contacts, mails, notes, silence, add, remove, admit, merge),
        *(members, words, two_persons),
    ],
    LEAVE: [close, dispatch, resend, cancel],
    AFTER: [digest, notice, reply, export, erase],
    OPERATE: [
        *(doctor.doctor, processes.web, processes.worker, processes.beat, processes.migrate, rekey),
        *(backup, restore, organizer),
    ],
}

_PAGES = {LOOK: "README.md", OPERATE: "docs/operating.md"}  # of all others it is the organizers' page

for panel, commands in _PANELS.items():
    for command in commands:
        page = _PAGES.get(panel, "docs/organizing.md")
        app.command(cls=Command, rich_help_panel=panel, epilog=page)(command)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        print(f"undersigned {metadata.version('undersigned')}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", "-V", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Joint letters, end to end: invite, sign, remind, seal, dispatch, prove."""
