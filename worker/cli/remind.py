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
    from worker import db
    from worker.acts.remind import remind_now
    from worker.cli import lookup
    from worker.state.counts import load_counts
    from worker.state.recipients import count_reminded
    from worker.wording.acts import deadline as words

    if undo_:
        undo.take_back(name, "remind", dry_run=dry_run)
        return
    with lookup.reading(name) as (session, campaign):
        lookup.require_answers(session, campaign, "remind")
        found = count_reminded(session, campaign, db.clock(session), again=again)
        counts = load_counts(session, campaign)
    if not found.silent:
        console.say(_nobody_is_silent(counts))
        return
    lately = "".join(f" {line}" for line in words.left_out(found.just_reminded, 0))
    for line in words.left_out(0, found.mailed_lately):
        lately += f" {line.removesuffix('.')}: --again reminds them too."
    if not found.names:
        if dry_run:
            console.say(f"Dry run: nobody would be reminded.{lately}")
            return
        console.nothing_to_do(f"Nobody is reminded.{lately}")
    console.agree(words.remind(found.names, found.just_reminded, found.mailed_lately), yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        reminded = remind_now(session, campaign.id, mailed_lately=again)
        seconds = undo.seconds_to_undo(session, campaign)
    lookup.notify("deliver")
    if not reminded:
        console.nothing_to_do("Nobody was reminded: everyone has answered, or was reminded, meanwhile.")
    leave = undo.when_they_leave("remind", name, seconds, mails=reminded)
    console.say(f"{console.partners(reminded)} will be reminded.{lately} {leave}")


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
