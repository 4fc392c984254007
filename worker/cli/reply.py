"""What an organizer types to note what an addressee replied to the letter."""

from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes


def reply(
    name: Name,
    addressee: Annotated[
        str | None, typer.Argument(help="The addressee's name or number. Without it, the only one there is.")
    ] = None,
    on: Annotated[
        str, typer.Option("--on", metavar="DAY", help='The day on which it came: 2030-04-14, "today" or "yesterday".')
    ] = "today",
    text: Annotated[str, typer.Option("--text", metavar="WORDS", help="What was replied, in its words or yours.")] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Note what an addressee replied to the letter. `status` shows it; no email is sent.

    Example: `undersigned reply cambodia-2023 --on 2023-05-03 --text "The minister receives us in June."`
    """
    from worker.acts.note_reply import add_reply
    from worker.cli import lookup
    from worker.state.replies import load_last_reply
    from worker.wording.acts import letter as words

    with lookup.dry_run(name) as (session, campaign):
        number = lookup.addressee_named(campaign, addressee or ("1" if len(campaign.letter.addressees) == 1 else "")).id
        if not add_reply(session, campaign.id, number, on, text):
            console.nothing_to_do("This reply was noted already: nothing was changed.")
        before = words.reply(load_last_reply(session, campaign), campaign.zone)
    if dry_run:
        console.say(f"Dry run: {' '.join(before.lines)}")
        return
    console.ask(f"{' '.join(before.lines)} {before.title}", yes=yes)
    with lookup.writing(name) as (session, campaign):
        add_reply(session, campaign.id, number, on, text)
    console.say(f"Noted. Next: {console.command('status', name)}")
