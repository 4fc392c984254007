"""What an organizer types when somebody may be in danger, and when that is over."""

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes

if TYPE_CHECKING:
    from worker.state.letters import DeliveryState


def panic(
    name: Name,
    end: Annotated[bool, typer.Option("--end", help="End it: pages and links are there again.")] = False,
    extend: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN", help='With --end: a new deadline, also if the old one has passed. For example "in 3 days".'
        ),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Show nothing of a campaign and send nothing, at once: no page, no link, no email except to you.

    It asks no question. Withdrawing and unsubscribing still work, by a page that shows nothing. After --end the letter
    and all email stay held until `resume`.

    Example: `undersigned panic cambodia-2023`
    """
    if extend is not None and not end:
        console.fail("--extend needs --end.", console.USAGE)
    if end:
        _end(name, extend, yes=yes, dry_run=dry_run)
    else:
        _start(name, dry_run=dry_run)


def _start(name: str, *, dry_run: bool) -> None:
    from worker.acts.panic import start_panic
    from worker.cli import lookup
    from worker.state.letters import delivery_state, load_letters
    from worker.wording.acts import panic as words

    doing = lookup.dry_run if dry_run else lookup.writing
    with doing(name, even_restored=True) as (session, campaign):
        changed = start_panic(session, campaign.id)
        where = delivery_state(campaign, load_letters(session, campaign))
    done = "Dry run: panic would begin." if dry_run and changed else f"Panic{'' if changed else ' already'}."
    lines = [done, *words.start().lines]
    if where != "not_sent":
        lines.append(_TOO_LATE[where])
    console.say("\n".join([*lines, f"When it is over: {console.command('panic', name, '--end')}"]))


def _end(name: str, extend: str | None, *, yes: bool, dry_run: bool) -> None:
    from worker import db
    from worker.acts.panic import end_panic
    from worker.cli import lookup
    from worker.text import durations
    from worker.wording.acts import panic as words

    with lookup.dry_run(name) as (session, campaign):
        deadline, now = None, db.clock(session)
        if extend is not None:
            try:
                deadline = durations.deadline(extend, now=now, zone=ZoneInfo(campaign.zone))
            except durations.NotATime as error:
                console.fail(f"--extend: {error}", console.USAGE)
            if deadline > now + durations.MAX_AHEAD:
                console.fail("--extend: choose a time within ten years.", console.USAGE)
        is_open = campaign.closed_at is None and campaign.cancelled_at is None
        if (ended := end_panic(session, campaign.id, deadline)) is None:
            console.nothing_to_do("There is no panic: nothing was changed.")
        before = words.end(
            ended.mails,
            campaign.deadline_at,
            campaign.zone,
            is_held=ended.is_held,
            has_passed=is_open and campaign.deadline_at < now,
            is_new=deadline is not None,
        )
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        end_panic(session, campaign.id, deadline)
    lookup.notify("deliver")
    after = console.command("resume", name) if ended.is_held else console.command("status", name)
    console.say(f"The panic ended.\nNext: {after}")


_TOO_LATE: dict["DeliveryState", str] = {
    "sending": "The letter is being handed over at this moment, and cannot be called back: see the status.",
    "uncertain": "The letter may have arrived already. It is not sent again.",
    "partly_sent": "One addressee has the letter already. Nobody else gets it.",
    "sent": "The letter has been sent already, and cannot be called back.",
}
