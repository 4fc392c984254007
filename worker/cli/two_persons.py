"""What an organizer types so that what exposes more needs two persons, or one again."""

from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes


def two_persons(
    name: Name,
    off: Annotated[
        bool, typer.Option("--off", help="One person is enough again. A second person has to agree.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Have a second organizer say yes at the desk to what exposes more, and to what erases all.

    That is: to close or send before its time, to show more of a partner, to take out withheld names, to end a panic,
    to erase the campaign. A command then only asks for it, and ends with 4.

    Example: `undersigned two-persons cambodia-2023`
    """
    from worker.acts.two_persons import switch_two_persons
    from worker.cli import lookup
    from worker.state.approvals import count_possible_seconds
    from worker.wording.acts import two_persons as words

    with lookup.dry_run(name) as (session, campaign):
        if not switch_two_persons(session, campaign.id, on=not off):
            console.nothing_to_do("It is so already: nothing was changed.")
        before = words.switch(on=not off, owners=count_possible_seconds(session, campaign))
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        switch_two_persons(session, campaign.id, on=not off)
    console.say("One person is enough from now on." if off else "Two persons are needed from now on.")
