"""What an organizer types to read what was done in a campaign, when, and by whom."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import console
from worker.cli.options import Json, Name

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.models import Campaign
    from worker.state.log import LogPage


def log(
    name: Name,
    since: Annotated[
        str | None,
        typer.Option(metavar="WHEN", help='All lines of the last "7d" or "2 weeks", or since 2030-04-14T18:00.'),
    ] = None,
    names: Annotated[bool, typer.Option("--names", help="Say which partner each line is about.")] = False,
    as_json: Json = False,
) -> None:
    """Show what was done in a campaign, when, by whom, and how many it concerned. The newest line comes first.

    Without --since these are the last 50 lines. Without --names no partner is named, so you can pass the list on.

    Example: `undersigned log cambodia-2023 --since 7d`
    """
    from worker.cli import lookup

    with lookup.looking(name) as (session, campaign):
        found = _read(session, campaign, _moment(session, campaign, since), names=names)
        given = [_as_data(one, campaign) for one in found.entries]
        lines = _lines(session, campaign, found)
    if as_json:
        console.give(given)
        return
    if not lines:
        console.nothing_to_do("There is no line yet." if since is None else "There is no line since then.")
    print("\n".join(lines))
    if found.before is not None:
        more = console.command("log", name, "--since", "30d")
        console.say(f"These are the last {len(lines)} lines. For more: {more}")


def _read(session: "Session", campaign: "Campaign", since: datetime | None, *, names: bool) -> "LogPage":
    """The last page, or every line since a moment."""
    from worker.state.log import LogPage, load_log

    page = load_log(session, campaign, names=names, since=since)
    entries = list(page.entries)
    while since is not None and page.before is not None:
        page = load_log(session, campaign, names=names, since=since, before=page.before)
        entries += page.entries
    return LogPage(entries, page.before)


def _moment(session: "Session", campaign: "Campaign", typed: str | None) -> datetime | None:
    """So long ago, or at a moment in the campaign's zone; ends the command if it is neither."""
    from zoneinfo import ZoneInfo

    from worker import db
    from worker.text import durations

    if typed is None:
        return None
    try:
        return db.clock(session) - durations.duration(typed)
    except durations.NotATime:
        pass
    try:
        written = f"{typed}T00:00" if len(typed) == len("2030-04-14") else typed
        return durations.instant(datetime.fromisoformat(written), ZoneInfo(campaign.zone))
    except ValueError:
        expected = 'a time span such as "7d" or "2 weeks", or a date such as 2030-04-14 or 2030-04-14T18:00'
        console.fail(f"--since: found {typed!r}; expected {expected}.", console.USAGE)


def _as_data(entry: Any, campaign: "Campaign") -> dict[str, Any]:
    from worker.wording import log as wording

    told = {
        "number": entry.number,
        "at": entry.at.isoformat(timespec="seconds"),
        "actor": entry.actor,
        "organizer": entry.organizer,
        "act": entry.what,
        "detail": entry.detail,
        "sentence": wording.sentence(entry, campaign.zone),
    }
    return told | ({"partner": entry.about or None} if entry.about is not None else {})


def _lines(session: "Session", campaign: "Campaign", found: "LogPage") -> list[str]:
    from worker import db
    from worker.cli.status_view import phrases
    from worker.wording import log as wording

    now = db.clock(session)
    told = [
        (
            phrases.short_moment(one.at, now, campaign.zone),
            wording.actor(one),
            wording.sentence(one, campaign.zone),
        )
        for one in found.entries
    ]
    wide = [max((len(line[column]) for line in told), default=0) for column in (0, 1)]
    return [f"{when:<{wide[0]}}  {who:<{wide[1]}}  {what}" for when, who, what in told]
