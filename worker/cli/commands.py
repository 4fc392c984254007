"""The command line: which commands there are."""

from collections.abc import Callable
from typing import Annotated

import typer

from worker.cli import doctor, erasing, leave, operator, prepare, run

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
    PREPARE: [prepare.new, prepare.check, prepare.preview, prepare.launch],
    RUN: [
        run.status,
        run.remind,
        run.extend,
        run.amend,
        leave.hold,
        leave.resume,
        run.sign,
        run.withdraw,
        run.carry,
        run.admit,
        leave.close,
        leave.dispatch,
        leave.resend,
        leave.notice,
        leave.export,
        erasing.erase,
    ],
    OPERATE: [doctor.doctor, operator.web, operator.worker, operator.beat, operator.migrate],
}

for panel, commands in _PANELS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)


def _version(wanted: bool) -> None:
    from importlib import metadata

    if wanted:
        print(f"undersigned {metadata.version('undersigned')}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Joint letters, end to end: invite, sign, remind, seal, dispatch, prove."""
