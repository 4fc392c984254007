"""What an organizer types to look: where a campaign stands."""

import sys
import time
from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import Json

BETWEEN_LOOKS = 2  # seconds, of `status --watch`


def status(
    name: Annotated[str | None, typer.Argument(help="The campaign's name. Without it, all campaigns.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Refresh until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Show a campaign: who was asked, who answered what, who cannot be reached by email, why, and what to do.

    Example: `undersigned status cambodia-2023 --watch`
    """
    from worker.cli import lookup, status_json, status_view

    if watch and as_json:
        console.fail("--watch is for people and --json for programs: use one of them.", console.USAGE)
    if name is None:
        if watch:
            console.fail("--watch needs the name of one campaign.", console.USAGE)
        lookup.make_ready()
        stands = _say_if_it_stands_still()
        status_view.all_campaigns(as_json=as_json)
        raise typer.Exit(console.WAITS if stands else 0)
    if watch:
        _watch(name)
        return
    found = lookup.status_of(name)
    stands = _say_if_it_stands_still()
    if as_json:
        console.give(status_json.as_json(found) | {"restored": stands})
    else:
        status_view.one_campaign(found)
    to_do = any(one.to_do for one in found.addressees) or any(one.to_do for one in found.letters)
    to_do = to_do or found.members.waits_for_a_person
    if stands or found.state == "waiting" or status_json.is_overdue(found) or to_do:
        raise typer.Exit(console.WAITS)


def _watch(name: str) -> None:
    """Draw again and again: over the last picture in a terminal, below it in a file or a pipe."""
    from worker.cli import lookup, status_view

    draw = status_view.one_screen if sys.stdout.isatty() else status_view.one_campaign
    try:
        while True:
            draw(lookup.status_of(name))
            sys.stdout.flush()
            _say_if_it_stands_still()
            time.sleep(BETWEEN_LOOKS)
    except KeyboardInterrupt:
        console.say()


def _say_if_it_stands_still() -> bool:
    """Tell whoever looks that everything stands still; returns whether it does."""
    from worker import installation
    from worker.cli import errors

    if stands := installation.stands_still():
        console.say(errors.stands_still())
    return stands
