"""What an act would do, as a command says it before it asks: the same sentences as at the desk."""

from typing import TYPE_CHECKING

from worker.cli import console

if TYPE_CHECKING:
    from worker.wording.acts import Before


def agreed_to(before: "Before", *, yes: bool, dry_run: bool, name: str = "", asks: bool = True) -> bool:
    """Say it, and go on only if a person agrees; false for a dry run. `name`: the campaign's, where that is typed.

    What `asks` nothing is done at once.
    """
    for line in before.lines:
        console.say(line)
    if dry_run:
        console.say("Dry run: nothing was changed.")
    elif not asks:
        return True
    elif name:
        console.ask_for_name(before.title, name, yes=yes)
    else:
        console.ask(before.title, yes=yes)
    return not dry_run
