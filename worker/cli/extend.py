"""What an organizer types to give more time."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from worker.cli import console, undo
from worker.cli.options import DryRun, Name, Undo, Yes


def extend(
    name: Name,
    deadline: Annotated[
        list[str] | None, typer.Argument(metavar="WHEN", help='The new deadline: "in 3 days", or 2030-04-21T18:00.')
    ] = None,
    yes: Yes = False,
    undo_: Undo = False,
    dry_run: DryRun = False,
) -> None:
    """Move the deadline to a later time and tell everyone who was asked.

    The emails are sent a minute later. Until then `--undo` takes it back, and the deadline is as before.

    Example: `undersigned extend cambodia-2023 "in 3 days"`
    """
    from worker import db, tasks
    from worker.acts.extend import move_deadline
    from worker.cli import lookup
    from worker.definition.schedule import midnight_remark
    from worker.state.recipients import load_asked
    from worker.text import dates, durations

    if undo_ == bool(deadline):
        console.fail("Give either the new deadline or --undo.", console.USAGE)
    if not deadline:
        undo.take_back(name, "extend", dry_run=dry_run)
        return
    with lookup.dry_run(name) as (session, campaign):
        now = db.clock(session)
        try:
            moment = durations.deadline(" ".join(deadline), now=now, zone=ZoneInfo(campaign.zone))
        except durations.NotATime as error:
            console.fail(f"The deadline: {error}", console.USAGE)
        if moment > now + durations.MAX_AHEAD:
            console.fail("The deadline: choose a time within ten years.", console.USAGE)
        if _in_the_same_minute(moment, campaign.deadline_at):
            console.nothing_to_do("That is the deadline already: nothing was changed.")
        told = [partner.organization for partner in load_asked(session, campaign)]
        move_deadline(session, campaign.id, moment)
        words = dates.day_and_time(moment, campaign.zone, "en")
        if remark := midnight_remark(moment, campaign.zone):
            found, _, fix = remark
            console.say(f"• The deadline is {found}. {fix}")
    whom = f"{console.partners(len(told))} ({console.some(told)})" if told else "nobody, because nobody was asked yet"
    if dry_run:
        console.say(f"Dry run: the deadline would be {words}; {whom} would be told.")
        return
    console.ask(f"Move the deadline to {words} and tell {whom}?", yes=yes)
    with lookup.writing(name) as (session, campaign):
        count = move_deadline(session, campaign.id, moment)
        seconds = undo.seconds_to_undo(session, campaign)
    lookup.notify(tasks.deliver)
    leave = undo.when_they_leave("extend", name, seconds, mails=count)
    console.say(f"The deadline is {words}; {console.partners(count)} will be told. {leave}".rstrip())


def _in_the_same_minute(one: datetime, other: datetime) -> bool:
    """Whether both are printed alike."""
    return one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)
