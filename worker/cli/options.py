"""The arguments and options that several commands share, each with its one sentence of help."""

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[
    Path,  # one that cannot be read is told as every problem of a folder is
    typer.Argument(metavar="FOLDER", readable=False, help="Its folder, for example campaigns/cambodia-2023."),
]
Name = Annotated[str, typer.Argument(help="The campaign's name, for example cambodia-2023.")]
WHO = 'The organization\'s name, acronym or number, in quotes: "#12" if two have the same name (see status).'
Who = Annotated[str, typer.Argument(help=WHO)]
Deadline = Annotated[
    str | None, typer.Option(metavar="WHEN", help='"in 2 weeks", or 2030-04-14T18:00 in the campaign\'s zone.')
]
Reminders = Annotated[str | None, typer.Option(metavar="DURATIONS", help='Before the deadline: "7d,3d,1d".')]
Review = Annotated[str | None, typer.Option(metavar="DURATION", help='Between seal and dispatch: "2h".')]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Undo = Annotated[bool, typer.Option("--undo", help="Take it back, while none of its emails has been sent.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
Note = Annotated[str, typer.Option(help="How it reached you, for example 'phone call with the director'.")]
