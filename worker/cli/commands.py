"""The command line: which commands there are."""

from collections.abc import Callable

import typer

from worker.cli import operator, organizer

app = typer.Typer(
    name="undersigned",
    help="Joint letters, end to end: invite, sign, remind, seal, dispatch, prove.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

LOOK = "Look around"
PREPARE = "Prepare a campaign"
RUN = "Run a campaign"
OPERATE = "Run the program"

_PANELS: dict[str, list[Callable[..., None]]] = {
    LOOK: [operator.demo, operator.up],
    PREPARE: [organizer.new, organizer.check, organizer.preview, organizer.launch],
    RUN: [
        organizer.status,
        organizer.remind,
        organizer.extend,
        organizer.hold,
        organizer.resume,
        organizer.sign,
        organizer.withdraw,
        organizer.close,
        organizer.dispatch,
        organizer.resend,
        organizer.export,
    ],
    OPERATE: [operator.web, operator.worker, operator.beat, operator.migrate],
}

for panel, commands in _PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
