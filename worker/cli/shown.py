"""A campaign's status as tables for a terminal, in the campaign's own time."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import select

from worker import db, render
from worker.cli import rows, talk
from worker.models import Campaign

NARROW = 100  # columns under which an organization is its acronym, and the rest is stacked beside it
_ANSWERS = {"sign": "signed", "decline": "declined", "withdraw": "withdrew", None: ""}
_LONGEST_SHORT_NAME = 24


def all_campaigns(*, as_json: bool) -> None:
    """One line a campaign."""
    with db.reading() as session:
        campaigns = session.scalars(select(Campaign).order_by(Campaign.id))
        found = [rows.with_zone(session, campaign) for campaign in campaigns]
    if as_json:
        talk.give([{key: value for key, value in one.items() if key != "partners"} for one in found])
        return
    if not found:
        talk.say(f"No campaign was launched yet: {talk.command('launch', 'campaigns/')}…")
        return
    table = Table("campaign", "state", "deadline", "asked", "signed", "silent", box=None, pad_edge=False)
    for one in found:
        deadline = f"{_short(one['deadline'], one)} {_local(one['deadline'], one):%Z}"
        numbers = [str(one["counts"][key]) for key in ("asked", "signed", "silent")]
        table.add_row(*map(Text, (one["campaign"], one["state"], deadline, *numbers)))
    _console().print(table)


def one_campaign(found: dict[str, Any]) -> None:
    """The head, what stands in the way, and a line for each partner."""
    console = _console()
    for line in _head(found):
        console.print(line)
    console.print(partners_table(found, console.width))


def one_screen(found: dict[str, Any]) -> None:
    """The head, and of the partners as many as fit: those that are not finished, and the latest answers."""
    console = _console()
    head = _head(found)
    used = sum(len(console.render_lines(line)) for line in head)
    chosen, more = _most_telling(found["partners"], console.height - used - 3)
    console.clear()
    for line in head:
        console.print(line)
    console.print(partners_table(found | {"partners": chosen}, console.width, one_line=True))
    if more:
        console.print(f"and {more} more")


def summary(counts: dict[str, int]) -> str:
    """`60 partners: 59 asked, 1 refused, 56 signed, 2 declined, 1 silent`."""
    words = ("asked", "by_hand", "refused", "signed", "declined", "withdrawn", "silent")
    told = [f"{counts[word]} {word.replace('_', ' ')}" for word in words if counts[word]]
    return f"{talk.partners(counts['partners'])}: {', '.join(told) or 'nobody asked yet'}"


def partners_table(found: dict[str, Any], width: int, *, one_line: bool = False) -> Table:
    """Who was asked when, who answered what and when, who was reminded, whose mail was refused and why."""
    if width < NARROW:
        return _narrow(found, one_line=one_line)
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("organization", ratio=1, no_wrap=True, overflow="ellipsis")
    for name in ("asked", "answer", "answered"):
        table.add_column(name, no_wrap=True)
    table.add_column("", max_width=36, no_wrap=one_line, overflow="ellipsis" if one_line else "fold")
    for partner in found["partners"]:
        asked = _short(partner["asked"], found) or partner["invitation"]
        cells = (partner["organization"], asked, _answer(partner), _short(partner["answered"], found), _aside(partner))
        table.add_row(*map(Text, cells))
    return table


def _narrow(found: dict[str, Any], *, one_line: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("organization", no_wrap=True, max_width=_LONGEST_SHORT_NAME, overflow="ellipsis")
    table.add_column("", no_wrap=one_line, overflow="ellipsis" if one_line else "fold")
    for partner in found["partners"]:
        asked = _short(partner["asked"], found)
        latest = f"{_answer(partner)} {_short(partner['answered'], found)}" if partner["answer"] else ""
        first = latest or (f"asked {asked}" if asked else partner["invitation"])
        told = [first, *filter(None, [_aside(partner)])]
        name = partner["acronym"] or partner["organization"]
        table.add_row(Text(name), Text((" · " if one_line else "\n").join(told)))
    return table


def _head(found: dict[str, Any]) -> list[Text]:
    """What everybody wants to know first; the zone of all times is named here, once."""
    lines = [Text(found["title"], style="bold"), Text(f"{found['campaign']}: {found['state']}")]
    deadline = render.day_and_time(datetime.fromisoformat(found["deadline"]), found["zone"], "en")
    if found["closed"] and found["closed"] < found["deadline"]:
        lines.append(Text(f"closed early, {_short(found['closed'], found)}; the deadline was {deadline}"))
    else:
        lines.append(Text(f"deadline {deadline}"))
    lines.append(Text(summary(found["counts"])))
    lines += [Text(f"  waits: {talk.hint(blocker)}", style="yellow") for blocker in found["blockers"]]
    for letter in found["letters"]:
        lines.append(Text(f"  letter to {letter['addressee']}: {letter['state']} {_short(letter['sent'], found)}"))
        if letter["reply"]:
            lines.append(Text(f"    the server said: {letter['reply']}"))
    return lines


def _most_telling(partners: list[dict[str, Any]], room: int) -> tuple[list[dict[str, Any]], int]:
    """Those who did not answer, then the latest answers, which have a third of the room at least."""
    unfinished = [one for one in partners if one["answer"] is None]
    answered = sorted((one for one in partners if one["answer"]), key=lambda one: one["answered"], reverse=True)
    room = max(room, 3)
    of_answers = min(len(answered), max(room // 3, room - len(unfinished)))
    chosen = unfinished[: room - of_answers] + answered[:of_answers]
    return chosen, len(partners) - len(chosen)


def _answer(partner: dict[str, Any]) -> str:
    return _ANSWERS[partner["answer"]] + (f" ({partner['visibility']})" if partner["visibility"] else "")


def _aside(partner: dict[str, Any]) -> str:
    """What else an organizer wants to know of a partner: why its mail did not arrive, or how often it was reminded."""
    if partner["invitation"] in {"refused", "deferred", "uncertain"}:
        return str(partner["reply"] or "")
    times = len(partner["reminded"])
    reminded = {0: "", 1: "reminded"}.get(times, f"reminded {times} times")
    return ", ".join(filter(None, [reminded, "by hand" if partner["channel"] == "by hand" else ""]))


def _console() -> Console:
    """Titles and names stand for themselves: no number in them is coloured, no bracket is read."""
    return Console(highlight=False, markup=False, emoji=False)


def _local(moment: str, found: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(found["zone"]))


def _short(moment: str | None, found: dict[str, Any]) -> str:
    """Day and time in the campaign's zone; the time alone today, and the year too in another one."""
    if moment is None:
        return ""
    local, now = _local(moment, found), _local(found["now"], found)
    if local.date() == now.date():
        return f"{local:%H:%M}"
    return f"{local:%d %b %H:%M}" if local.year == now.year else f"{local:%d %b %Y %H:%M}"
