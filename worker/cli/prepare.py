"""What an organizer types before anybody is asked: the folder made, checked, looked at, launched."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import talk
from worker.cli.options import Deadline, DryRun, Folder, Reminders, Review, Yes

if TYPE_CHECKING:
    from worker.acts.launch import CannotBeUndone


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
    from worker.cli import folders, rows

    definition = folders.read(folder, deadline, reminders, review)
    _say_who_gets_none(rows.suppressed(definition))
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
    undo: Annotated[bool, typer.Option("--undo", help="Take the launch back, while no mail has left.")] = False,
) -> None:
    """Start a campaign: every partner gets one personal mail. From then on, editing the folder changes nothing.

    Example: `undersigned launch campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker import db, tasks
    from worker.acts import launch as launching
    from worker.cli import folders, rows

    if undo:
        _undo(str(folder), dry_run=dry_run)
        return
    definition = folders.read(folder, deadline, reminders, review)
    rows.make_ready()
    with db.reading() as session:
        if rows.is_launched(session, definition.slug):
            talk.fail(_launched_already(definition.slug))
    suppressed = rows.suppressed(definition)
    _say_who_gets_none(suppressed)
    talk.say(folders.summary(definition))
    numbered = enumerate(definition.partners, start=2)
    asked = [row.organization for number, row in numbered if row.email and number not in suppressed]
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
            campaign_id = launching.launch(session, definition).id
    except launching.AlreadyLaunched:
        talk.fail(_launched_already(definition.slug))
    rows.ring(tasks.invite, campaign_id)
    sent = _when_they_leave(definition.slug) if asked else "Nobody is asked by mail."
    talk.say(f"Launched {definition.slug}. {sent}\nNext: {talk.command('status', definition.slug, '--watch')}")


def _when_they_leave(slug: str) -> str:
    """That there is a while to think again, and what may have to be started meanwhile."""
    from worker import embedded, settings

    conf = settings.current()
    if not conf.undo:
        return talk.who_sends()
    first = "in one minute" if conf.undo == 60 else f"in {conf.undo:g} seconds"
    said = f"The first mails leave {first}; until then {talk.command('launch', slug, '--undo')} takes it back."
    nobody_sends = conf.embedded and not embedded.is_running(conf.data_dir)
    return f"{said} {talk.who_sends()}" if nobody_sends else said


def _undo(name: str, *, dry_run: bool) -> None:
    """No question: it is the minute of second thoughts, nobody had a mail, and the folder is still there."""
    from worker.acts import launch as launching
    from worker.cli import rows

    try:
        with rows.rehearsing(name) if dry_run else rows.writing(name) as (session, campaign):
            slug = campaign.slug
            launching.undo(session, campaign.id)
    except launching.CannotBeUndone as error:
        talk.fail(_why_not_undone(slug, error))
    if dry_run:
        talk.say(f"Dry run: the launch of {slug} would be taken back; no mail has left.")
        return
    talk.say(f"The launch of {slug} is taken back: nobody had a mail. Mend the folder, then launch it again.")
    talk.say(f"Next: {talk.command('check', slug)}")


def _why_not_undone(slug: str, error: "CannotBeUndone") -> str:
    said = []
    if error.left:
        said.append(f"{talk.count(error.left, 'mail')} {'has' if error.left == 1 else 'have'} left or may have left")
    if error.answers:
        said.append(f"{talk.count(error.answers, 'answer')} {'is' if error.answers == 1 else 'are'} recorded")
    return (
        f"It cannot be taken back: {' and '.join(said)}. {talk.command('hold', slug)} keeps the letter from leaving; "
        f"{talk.command('close', slug)} ends it before the deadline."
    )


def _say_who_gets_none(suppressed: dict[int, str]) -> None:
    for sentence in suppressed.values():
        talk.say(f"• {sentence}")


def _launched_already(slug: str) -> str:
    return f"{slug} is launched already; nothing was changed and nobody was asked again."


def _with_options(command: str, folder: Path, deadline: str | None, reminders: str | None, review: str | None) -> str:
    """The next command with the options of this one, which are not written down anywhere."""
    typed = {"--deadline": deadline, "--reminders": reminders, "--review": review}
    options = [word for option, value in typed.items() if value is not None for word in (option, value)]
    return talk.command(command, str(folder), *options)
