"""What an organizer types before anybody is asked: the folder made, checked, looked at, launched."""

from pathlib import Path
from typing import Annotated

import typer

from worker.cli import talk
from worker.cli.options import Deadline, DryRun, Folder, Reminders, Review, Yes


def new(
    name: Annotated[str, typer.Argument(help="A name for the folder: a-z, 0-9 and hyphens.")],
    partners: Annotated[
        Path | None, typer.Option(help="A list as you have it: CSV, or lines pasted from a mail.")
    ] = None,
) -> None:
    """Make the folder of a new campaign, with your list of partners cleaned up.

    Example: `undersigned new river-2027 --partners list.txt`
    """
    from worker.cli import folders

    folders.make(name, partners)


def check(folder: Folder, deadline: Deadline = None, reminders: Reminders = None, review: Review = None) -> None:
    """Find every problem of a campaign's folder at once; changes nothing.

    Example: `undersigned check campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker.cli import folders

    definition = folders.read(folder, deadline, reminders, review)
    talk.say(folders.summary(definition))
    talk.say(f"\nNo problems. Next: {_with_options('preview', folder, deadline, reminders, review)}")


def preview(folder: Folder, deadline: Deadline = None, reminders: Reminders = None, review: Review = None) -> None:
    """Write the letter and one mail as a partner will see them; sends nothing.

    Example: `undersigned preview campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker.cli import folders

    definition = folders.read(folder, deadline, reminders, review)
    for path in folders.preview(definition):
        print(path)
    talk.say(f"\nLook at these files. Next: {_with_options('launch', folder, deadline, reminders, review)}")


def launch(
    folder: Folder,
    deadline: Deadline = None,
    reminders: Reminders = None,
    review: Review = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Start a campaign: every partner gets one personal mail. From then on, editing the folder changes nothing.

    Example: `undersigned launch campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker import db, tasks
    from worker.acts.launch import AlreadyLaunched
    from worker.acts.launch import launch as launch_campaign
    from worker.cli import folders, rows

    definition = folders.read(folder, deadline, reminders, review)
    rows.make_ready()
    with db.reading() as session:
        if rows.is_launched(session, definition.slug):
            talk.fail(_launched_already(definition.slug))
    talk.say(folders.summary(definition))
    asked = [row.organization for row in definition.partners if row.email]
    if not asked:
        talk.say(
            "\nNo partner has an address, so no mail is sent: ask them yourself, and record each answer with "
            f"{talk.command('sign', definition.slug)}. Or add addresses to {folder}/partners.csv first."
        )
    whom = f"{talk.partners(len(asked))} ({talk.some(asked)})"
    if dry_run:
        talk.say(f"\nDry run: an invitation would go to {whom if asked else 'nobody'}.")
        return
    talk.ask(f"\nSend an invitation to {whom}?" if asked else "\nLaunch it without any mail?", yes=yes)
    try:
        with db.transaction() as session:
            campaign_id = launch_campaign(session, definition).id
    except AlreadyLaunched:
        talk.fail(_launched_already(definition.slug))
    rows.ring(tasks.invite, campaign_id)
    sent = talk.who_sends() if asked else "Nobody is asked by mail."
    talk.say(f"Launched {definition.slug}. {sent}\nNext: {talk.command('status', definition.slug, '--watch')}")


def _launched_already(slug: str) -> str:
    return f"{slug} is launched already; nothing was changed and nobody was asked again."


def _with_options(command: str, folder: Path, deadline: str | None, reminders: str | None, review: str | None) -> str:
    """The next command with the options of this one, which are not written down anywhere."""
    typed = {"--deadline": deadline, "--reminders": reminders, "--review": review}
    options = [word for option, value in typed.items() if value is not None for word in (option, value)]
    return talk.command(command, str(folder), *options)
