"""What an organizer types to remind the silent."""

from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console, undo
from worker.cli.options import DryRun, Name, Undo, Yes

if TYPE_CHECKING:
    from worker.state.counts import Counts


def remind(
    name: Name,
    yes: Yes = False,
    again: Annotated[bool, typer.Option("--again", help="Also those who got an email less than a day ago.")] = False,
    undo_: Undo = False,
    dry_run: DryRun = False,
) -> None:
    """Remind now all who have not answered, except those who got an email less than a day ago.

    The emails are sent a minute later. Until then `--undo` takes them back. Nobody is reminded twice in ten minutes.

    Example: `undersigned remind cambodia-2023`
    """
    from worker import db, tasks
    from worker.acts.remind import remind_now
    from worker.cli import lookup
    from worker.state.counts import load_counts
    from worker.state.recipients import load_silent, load_to_remind

    if undo_:
        undo.take_back(name, "remind", dry_run=dry_run)
        return
    with lookup.reading(name) as (session, campaign):
        lookup.require_answers(session, campaign, "remind")
        now = db.clock(session)
        silent = [p.organization for p in load_silent(session, campaign, now)]
        free = load_to_remind(session, campaign, now, mailed_lately=True)
        chosen = [p.organization for p in load_to_remind(session, campaign, now, mailed_lately=again)]
        counts = load_counts(session, campaign)
    if not silent:
        console.say(_nobody_is_silent(counts))
        return
    lately = _just_reminded(len(silent) - len(free)) + _had_a_mail_lately(len(free) - len(chosen))
    if not chosen and not dry_run:
        console.nothing_to_do(f"Nobody is reminded.{lately}")
    whom = f"{console.partners(len(chosen))} ({console.some(chosen)})" if chosen else "nobody"
    if dry_run:
        console.say(f"Dry run: {whom} would be reminded.{lately}")
        return
    console.ask(f"Remind {whom}?{lately}", yes=yes)
    with lookup.writing(name) as (session, campaign):
        reminded = remind_now(session, campaign.id, mailed_lately=again)
        seconds = undo.seconds_to_undo(session, campaign)
    lookup.notify(tasks.deliver)
    if not reminded:
        console.nothing_to_do("Nobody was reminded: everyone has answered, or was reminded, meanwhile.")
    leave = undo.when_they_leave("remind", name, seconds, mails=reminded)
    console.say(f"{console.partners(reminded)} will be reminded.{lately} {leave}")


def _just_reminded(number: int) -> str:
    if not number:
        return ""
    are = "is" if number == 1 else "are"
    return f" {number} for whom an email waits, or who got a reminder less than ten minutes ago, {are} left out."


def _had_a_mail_lately(number: int) -> str:
    if not number:
        return ""
    are = "is" if number == 1 else "are"
    return f" {number} who got an email less than a day ago {are} left out: --again reminds them too."


def _nobody_is_silent(counts: "Counts") -> str:
    """Say why there is nobody to remind: all have answered, or nobody was asked, or not by mail."""
    coming = counts.partners - counts.asked - counts.by_hand - counts.unreached
    told = []
    if counts.asked:
        told.append("Everyone who got the invitation has answered.")
    else:
        told.append("Nobody was asked by email yet, so nobody is reminded.")
    if coming > 0:
        told.append(f"{console.count(coming, 'invitation')} did not arrive yet.")
    if counts.unreached:
        told.append(f"{console.count(counts.unreached, 'invitation')} came back or could not be sent: see the status.")
    if counts.by_hand:
        told.append(f"{counts.by_hand} have no email address: ask them yourself.")
    return " ".join(told)
