"""What an organizer types to remind the silent."""

from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes

if TYPE_CHECKING:
    from worker.state.counts import Counts


def remind(
    name: Name,
    yes: Yes = False,
    again: Annotated[bool, typer.Option("--again", help="Also those who had a mail less than a day ago.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Remind the silent now, whatever the calendar says; who had a mail less than a day ago is left out.

    Example: `undersigned remind cambodia-2023`
    """
    from worker import db, tasks
    from worker.acts.remind import remind_now
    from worker.cli import lookup
    from worker.state.counts import load_counts
    from worker.state.recipients import load_silent

    with lookup.reading(name) as (session, campaign):
        lookup.require_answers(session, campaign, "remind")
        now = db.clock(session)
        silent = [p.organization for p in load_silent(session, campaign, now)]
        chosen = [p.organization for p in load_silent(session, campaign, now, mailed_lately=again)]
        counts = load_counts(session, campaign)
    if not silent:
        console.say(_nobody_is_silent(counts))
        return
    lately = _had_a_mail_lately(len(silent) - len(chosen))
    if not chosen and not dry_run:
        console.fail(f"Nobody is reminded.{lately}")
    whom = f"{console.partners(len(chosen))} ({console.some(chosen)})" if chosen else "nobody"
    if dry_run:
        console.say(f"Dry run: {whom} would be reminded.{lately}")
        return
    console.ask(f"Remind {whom}?{lately}", yes=yes)
    with lookup.writing(name) as (session, campaign):
        reminded = remind_now(session, campaign.id, mailed_lately=again)
    lookup.notify(tasks.deliver)
    if not reminded:
        console.fail("Nobody was reminded: everyone has answered meanwhile.")
    console.say(f"{console.partners(reminded)} will be reminded.{lately} {console.who_sends()}")


def _had_a_mail_lately(number: int) -> str:
    if not number:
        return ""
    are = "is" if number == 1 else "are"
    return f" {number} who had a mail less than a day ago {are} left out: --again reminds them too."


def _nobody_is_silent(counts: "Counts") -> str:
    """Say why there is nobody to remind: all have answered, or nobody was asked, or not by mail."""
    coming = counts.partners - counts.asked - counts.by_hand - counts.unreached
    told = []
    if counts.asked:
        told.append("Nobody is silent: everyone who got the invitation has answered.")
    else:
        told.append("Nobody was asked by mail yet, so nobody is reminded.")
    if coming > 0:
        told.append(f"{console.count(coming, 'invitation')} did not arrive yet.")
    if counts.unreached:
        told.append(f"{console.count(counts.unreached, 'invitation')} came back or went nowhere: see the status.")
    if counts.by_hand:
        told.append(f"{counts.by_hand} have no address: asked by hand.")
    return " ".join(told)
