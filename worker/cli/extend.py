"""What an organizer types to give more time, or less."""

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
    earlier: Annotated[
        bool, typer.Option("--earlier", help="Move it to an earlier time, at least an hour ahead.")
    ] = False,
    yes: Yes = False,
    undo_: Undo = False,
    dry_run: DryRun = False,
) -> None:
    """Move the deadline to a later time and tell everyone who was asked; with --earlier, to an earlier one.

    The emails are sent a minute later. Until then `--undo` takes it back, and the deadline is as before. Answers that
    are there stay.

    Examples: `undersigned extend cambodia-2023 "in 3 days"`,
    `undersigned extend cambodia-2023 2030-04-21T18:00 --earlier`
    """
    from worker import db
    from worker.acts.extend import bring_deadline_forward, move_deadline
    from worker.cli import lookup
    from worker.state.recipients import load_asked, load_to_tell_of_end_by_hand
    from worker.text import dates, durations
    from worker.wording.acts import deadline as words

    if undo_ == bool(deadline) or (undo_ and earlier):
        console.fail("Give either the new deadline or --undo.", console.USAGE)
    if not deadline:
        undo.take_back(name, "extend", dry_run=dry_run)
        return
    move = bring_deadline_forward if earlier else move_deadline
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
        names = [partner.organization for partner in load_asked(session, campaign)]
        silent = load_to_tell_of_end_by_hand(session, campaign) if earlier else []
        by_hand = [partner.organization for partner in silent]
        told = move(session, campaign.id, moment)
        before = words.move(told, names, moment, campaign.zone, earlier=earlier, by_hand=by_hand)
        said = dates.day_and_time(moment, campaign.zone, "en")
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        count = move(session, campaign.id, moment)
        seconds = undo.seconds_to_undo(session, campaign)
    lookup.notify("deliver")
    leave = undo.when_they_leave("extend", name, seconds, mails=count)
    console.say(f"The deadline is {said}; {console.partners(count)} will be told. {leave}".rstrip())


def _in_the_same_minute(one: datetime, other: datetime) -> bool:
    """Whether both are printed alike."""
    return one.replace(second=0, microsecond=0) == other.replace(second=0, microsecond=0)
