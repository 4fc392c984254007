"""The options of `resume --restored`, each with its one sentence of help."""

from pathlib import Path
from typing import Annotated

import typer

Restored = Annotated[bool, typer.Option("--restored", help="Let a database go on that was put back from a backup.")]
Extend = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=WHEN", help="With --restored: a new deadline, where one passed meanwhile."),
]
KeepLinks = Annotated[bool, typer.Option("--keep-links", help="With --restored: no link was revoked since the backup.")]
OptedOut = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="With --restored: who gets no more email, one address or name on each line.",
    ),
]
Withdrew = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="With --restored: who withdrew its signature since the backup, one address or name on each line.",
    ),
]
AskAgain = Annotated[
    bool | None,
    typer.Option(
        "--ask-again/--no-ask-again",
        help="With --restored: send organizations whose answers were lost an email that asks them again.",
    ),
]
JournalLost = Annotated[
    bool,
    typer.Option("--journal-lost", help="With --restored: the program still ran after the journal's last moment."),
]
NoneKnown = Annotated[bool, typer.Option("--none-known", help="With --restored: nobody withdrew or opted out since.")]
