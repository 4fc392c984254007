"""What an organizer types to change settings of a running campaign."""

from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes


def change(
    name: Name,
    reminders: Annotated[
        str | None, typer.Option(metavar="DURATIONS", help='When to remind before the deadline: "7d,3d,1d", or none.')
    ] = None,
    review: Annotated[str | None, typer.Option(metavar="DURATION", help='Between seal and dispatch: "2h".')] = None,
    quorum: Annotated[
        str | None, typer.Option(metavar="N", help="With fewer signatures a person decides whether the letter is sent.")
    ] = None,
    reply_to: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Where replies come, and your own emails about it.")
    ] = None,
    public_page: Annotated[
        str | None, typer.Option(metavar="WHEN", help='Only less than now: "after dispatch", or never.')
    ] = None,
    show_signers: Annotated[
        str | None, typer.Option(metavar="WHOM", help="Only fewer than now: partners, or nobody.")
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Change settings of a campaign that runs. They are called as in campaign.toml, which is not read again.

    What is shown can only become less: for more, partners would have to be asked anew. Once the list is closed the
    letter can only be made to wait longer.

    Example: `undersigned change cambodia-2023 --reminders 2d,6h --quorum 20`
    """
    from worker import db
    from worker.acts.change_settings import apply_settings
    from worker.cli import lookup
    from worker.definition.new_settings import read_settings
    from worker.definition.problems import BadDefinition
    from worker.wording.acts import settings as words

    options = {
        "reminders": reminders,
        "review": review,
        "quorum": quorum,
        "reply_to": reply_to,
        "public_page": public_page,
        "show_signers": show_signers,
    }
    typed = {key: value for key, value in options.items() if value is not None}
    if not typed:
        console.fail("Give at least one setting, such as --quorum 20.", console.USAGE)
    with console.problems_told(), lookup.dry_run(name) as (session, campaign):
        values, problems = read_settings(
            typed, present=campaign.definition, deadline=campaign.deadline_at, now=db.clock(session)
        )
        if problems:
            raise BadDefinition([problem for found in problems.values() for problem in found])
        stood = apply_settings(session, campaign.id, values)
        before = words.change_of(campaign, stood, values)
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        apply_settings(session, campaign.id, values)
    console.say(f"The settings are changed.\nNext: {console.command('status', name)}")
