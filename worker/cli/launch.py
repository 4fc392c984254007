"""What an organizer types to start a campaign, and to take the launch back within its first minute."""

from typing import Annotated

import typer

from worker.cli import console, undo
from worker.cli.options import Deadline, DryRun, Folder, Reminders, Review, Yes


def launch(
    folder: Folder,
    deadline: Deadline = None,
    reminders: Reminders = None,
    review: Review = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    undo_: Annotated[bool, typer.Option("--undo", help="Take the launch back, while no email has been sent.")] = False,
) -> None:
    """Start a campaign: every partner gets one personal email. From then on, editing the folder changes nothing.

    Example: `undersigned launch campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker import db, vacuum
    from worker.acts.launch import free_name, launch_campaign
    from worker.cli import campaign_folder, lookup
    from worker.models import Partner

    if undo_:
        _undo(str(folder), dry_run=dry_run)
        return
    definition = campaign_folder.read_folder(folder, deadline, reminders, review)
    lookup.make_ready()
    with lookup.trying(definition.slug) as session:
        renamed = free_name(session, definition.slug)
    suppressed = lookup.suppressed(definition)
    campaign_folder.say_who_gets_no_mail(suppressed)
    campaign_folder.say_who_could_be_guessed(definition)
    campaign_folder.say_how_long_backups_hold_names(definition)
    console.say(campaign_folder.summary(definition))
    numbered = enumerate(definition.partners, start=2)
    asked = [row.organization for number, row in numbered if row.email and number not in suppressed]
    if not asked:
        console.say(
            "\nNo partner has an email address, so no email is sent. Ask them yourself, and record each answer with "
            f"{console.command('sign', definition.slug)}. Or add addresses to {folder}/partners.csv first."
        )
    if renamed:
        console.say(f"\n{definition.slug} was cancelled: that campaign will be called {renamed}.")
    whom = f"{console.partners(len(asked))} ({console.some(asked)})"
    if dry_run:
        console.say(f"\nDry run: an invitation would go to {whom if asked else 'nobody'}.")
        return
    console.ask(f"\nSend an invitation to {whom}?" if asked else "\nLaunch it without any email?", yes=yes)
    with lookup.refusals_told(definition.slug), db.transaction() as session:
        renamed = free_name(session, definition.slug)
        campaign = launch_campaign(session, definition)
        campaign_id, seconds = campaign.id, undo.seconds_to_undo(session, campaign)
    if len(definition.partners) >= vacuum.MANY:
        vacuum.analyze(Partner)
    lookup.notify("invite", campaign_id)
    sent = _when_they_leave(definition.slug, seconds) if asked else "Nobody is asked by email."
    if renamed:
        look = console.command("status", renamed)
        console.say(f"The cancelled campaign is called {renamed} now, and its links still work: {look}")
    console.say(f"Launched {definition.slug}. {sent}\nNext: {console.command('status', definition.slug, '--watch')}")


def _when_they_leave(slug: str, seconds: float) -> str:
    """That there is a while to think again, and what may have to be started meanwhile."""
    number = max(0, round(seconds))  # the command may have taken longer than the mails wait
    if not number:
        return console.who_sends()
    span, back = "one minute" if number == 60 else f"{number} seconds", console.command("launch", slug, "--undo")
    if console.nobody_sends():
        up = console.command("up")
        return (
            f"Nothing is running: no email is sent before you start {up}, nor within {span}. "
            f"Until one is sent, {back} takes it back."
        )
    return f"The first emails are sent in {span}. Until then {back} takes it back."


def _undo(name: str, *, dry_run: bool) -> None:
    """No question: it is the minute of second thoughts, nobody had a mail, and the folder is still there."""
    from worker.acts.launch import undo_launch
    from worker.cli import lookup

    with lookup.dry_run(name) if dry_run else lookup.writing(name) as (session, campaign):
        slug = campaign.slug
        undo_launch(session, campaign.id)
    if dry_run:
        console.say(f"Dry run: the launch of {slug} would be taken back; no email has been sent.")
        return
    console.say(f"The launch of {slug} is taken back: nobody got an email. Correct the folder, then launch it again.")
    console.say(f"Next: {console.command('check', slug)}")
