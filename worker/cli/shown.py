"""A campaign's status as tables for a terminal."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from worker import db
from worker.acts import status
from worker.cli import talk
from worker.models import Campaign

_ANSWERS = {"sign": "signed", "decline": "declined", "withdraw": "withdrew", None: ""}


def all_campaigns(*, as_json: bool) -> None:
    """One line a campaign."""
    with db.reading() as session:
        found = [status.of(session, campaign) for campaign in session.scalars(select(Campaign).order_by(Campaign.id))]
    if as_json:
        talk.give([{key: value for key, value in one.items() if key != "partners"} for one in found])
        return
    table = Table("campaign", "state", "deadline (UTC)", "asked", "signed", "silent", box=None)
    for one in found:
        counts = one["counts"]
        numbers = [str(counts[key]) for key in ("asked", "signed", "silent")]
        table.add_row(one["campaign"], one["state"], _short(one["deadline"]), *numbers)
    Console().print(table if found else "No campaign was launched yet: undersigned launch campaigns/…")


def one_campaign(found: dict[str, Any], *, clear: bool = False) -> None:
    """The head, what stands in the way, and a line for each partner."""
    console = Console(highlight=False)
    if clear:
        console.clear()
    console.print(f"[bold]{_plain(found['title'])}[/bold]  ({found['campaign']}: {found['state']})")
    console.print(f"deadline {_short(found['deadline'])} UTC; {summary(found['counts'])}")
    for blocker in found["blockers"]:
        console.print(f"  waits: {blocker}", style="yellow", markup=False)
    for letter in found["letters"]:
        console.print(f"  letter to {letter['addressee']}: {letter['state']} {_short(letter['sent'])}", markup=False)
        if letter["reply"]:
            console.print(f"    the server said: {letter['reply']}", markup=False)
    console.print(partners_table(found))


def summary(counts: dict[str, int]) -> str:
    """`60 partners: 59 asked, 1 refused, 56 signed, 2 declined, 1 silent`."""
    words = ("asked", "by_hand", "refused", "signed", "declined", "withdrawn", "silent")
    told = [f"{counts[word]} {word.replace('_', ' ')}" for word in words if counts[word]]
    return f"{talk.partners(counts['partners'])}: {', '.join(told) or 'nobody asked yet'}"


def partners_table(found: dict[str, Any]) -> Table:
    """Who was asked when, who answered what and when, who was reminded, whose mail was refused and why."""
    today = found["now"][:10]
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("organization", ratio=1, no_wrap=True, overflow="ellipsis")
    for name in ("asked", "answer", "answered"):
        table.add_column(name, no_wrap=True)
    table.add_column("", max_width=36)
    for partner in found["partners"]:
        asked = _short(partner["asked"], today) or partner["invitation"]
        answer = _ANSWERS[partner["answer"]] + (f" ({partner['visibility']})" if partner["visibility"] else "")
        table.add_row(
            _plain(partner["organization"]), asked, answer, _short(partner["answered"]), _plain(_aside(partner))
        )
    return table


def _aside(partner: dict[str, Any]) -> str:
    """What else an organizer wants to know of a partner: why its mail did not arrive, or how often it was reminded."""
    if partner["invitation"] in {"refused", "deferred", "uncertain"}:
        return str(partner["reply"] or "")
    times = len(partner["reminded"])
    reminded = {0: "", 1: "reminded"}.get(times, f"reminded {times} times")
    return ", ".join(filter(None, [reminded, "by hand" if partner["channel"] == "by hand" else ""]))


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _short(moment: str | None, today: str = "") -> str:
    """Day and time in UTC, or the time alone today."""
    if moment is None:
        return ""
    return f"{datetime.fromisoformat(moment):{'%H:%M' if today and moment.startswith(today) else '%d %b %H:%M'}}"
