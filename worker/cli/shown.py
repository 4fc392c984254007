"""A campaign's status as tables for a terminal, in the campaign's own time."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text
from sqlalchemy import select

from worker import db, render, settings
from worker.cli import rows, talk
from worker.models import Campaign

NARROW = 100  # columns under which an organization is its acronym, and the rest is stacked beside it
_Unreached: TypeAlias = list[tuple[dict[str, Any], dict[str, Any]]]  # partners, each with the mail that tells why
MOST_NOT_REACHED = 4  # on a screen that is watched; without --watch all are told
_TO_EXPLAIN = {"refused", "bounced", "deferred", "uncertain", "cancelled"}
_ANSWERS = {"sign": "signed", "decline": "declined", "withdraw": "withdrew", "change": "wishes a change", None: ""}
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
    for line in post_lines(found[0]):
        _console().print(line)
    table = Table("campaign", "state", "deadline", "asked", "signed", "silent", box=None, pad_edge=False)
    for one in found:
        deadline = f"{_short(one['deadline'], one)} {_local(one['deadline'], one):%Z}"
        numbers = [str(one["counts"][key]) for key in ("asked", "signed", "silent")]
        table.add_row(*map(Text, (one["campaign"], one["state"], deadline, *numbers)))
    _console().print(table)


def one_campaign(found: dict[str, Any]) -> None:
    """The head, what stands in the way, whom no mail reaches, and a line for each partner."""
    console = _console()
    for line in [*_head(found), *_not_reached(found), *_wishes(found), *_names(found), *_applicants(found)]:
        console.print(line)
    console.print(partners_table(found, console.width))


def one_screen(found: dict[str, Any]) -> None:
    """The head, and of the partners as many as fit: those that are not finished, and the latest answers."""
    console = _console()
    head = [*_head(found), *_not_reached(found, most=MOST_NOT_REACHED)]
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
    words = ("asked", "by_hand", "refused", "bounced", "suppressed", "signed", "declined", "withdrawn", "wish_a_change")
    told = [f"{counts[word]} {word.replace('_', ' ')}" for word in (*words, "silent") if counts[word]]
    return f"{talk.partners(counts['partners'])}: {', '.join(told) or 'nobody asked yet'}"


def partners_table(found: dict[str, Any], width: int, *, one_line: bool = False) -> Table:
    """Who was asked when, who answered what and when, who was reminded, whose mail was refused and why."""
    if width < NARROW:
        return _narrow(found, one_line=one_line)
    table = Table(box=None, pad_edge=False, expand=True)
    table.add_column("organization", ratio=1, no_wrap=True, overflow="ellipsis")
    for name in ("asked", "answer", "answered"):
        table.add_column(name, no_wrap=True)
    table.add_column("", max_width=40, no_wrap=one_line, overflow="ellipsis" if one_line else "fold")
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
    lines = [*post_lines(found), Text(found["title"], style="bold"), Text(f"{found['campaign']}: {found['state']}")]
    deadline = render.day_and_time(datetime.fromisoformat(found["deadline"]), found["zone"], "en")
    if found["closed"] and found["closed"] < found["deadline"]:
        lines.append(Text(f"closed early, {_short(found['closed'], found)}; the deadline was {deadline}"))
    else:
        lines.append(Text(f"deadline {deadline}"))
    lines.append(Text(summary(found["counts"])))
    lines += [Text(f"  {line}") for line in [*_progress(found), *_quotas(found), *_held_back(found)]]
    lines += [Text(f"  waits: {talk.hint(blocker)}", style="yellow") for blocker in found["blockers"]]
    if found["notices"]:
        hint = talk.command("notice", found["campaign"])
        lines.append(Text(f"  somebody stepped back after the letter had left: {hint}", style="bold yellow"))
    for letter in found["letters"]:
        lines.append(Text(f"  letter to {letter['addressee']}: {letter['state']} {_short(letter['sent'], found)}"))
        if letter["reply"]:
            lines.append(Text(f"    the server said: {letter['reply']}"))
    if found["erased"]:
        lines.append(Text(f"  contacts and withheld names were erased {_short(found['erased'], found)}"))
    elif found["erases"]:
        lines.append(Text(f"  contacts and withheld names are erased {_short(found['erases'], found)}"))
    return lines


def post_lines(found: dict[str, Any]) -> list[Text]:
    """What keeps mail from leaving at all, and who can mend it; nothing when it leaves."""
    told, relay = found["post"], found["post"]["relay"]
    lines = []
    if relay != "ok":
        since, again = _short(relay["blocked"], found), _short(relay["retry"], found)
        meant = f": {relay['meaning']}" if relay["meaning"] else ""
        lines.append(Text(f"NO MAIL LEAVES since {since}{meant}", style="bold red"))
        if relay["reply"] and relay["reply"] != relay["meaning"]:
            lines.append(Text(f"  the relay said: {relay['reply']}"))
        waits = f"; {_mails(told['due'])}" if told["due"] else ""
        lines.append(Text(f"  tried again at {again}{waits}; `{talk.command('doctor')}` says more"))
    if told["stuck"]:
        are, them = ("is", "it") if told["due"] == 1 else ("are", "them")
        minutes = int(told["overdue_seconds"] // 60)
        due = f"{talk.count(told['due'], 'mail')} {are} due for {minutes} minutes and no worker takes {them}"
        lines.append(Text(f"NO MAIL LEAVES: {due}: is `{talk.command(_runner('worker'))}` running?", style="bold red"))
    elif not told["beat"]:
        lines.append(
            Text(
                "The clock gives no sign of life, so nothing happens by itself: "
                f"is `{talk.command(_runner('beat'))}` running?",
                style="bold red",
            )
        )
    return lines


def _runner(process: str) -> str:
    """What has to run for this process to run."""
    return "up" if settings.current().embedded else process


def _mails(number: int) -> str:
    return f"{number:,} mail waits" if number == 1 else f"{number:,} mails wait"


def _progress(found: dict[str, Any]) -> list[str]:
    """`1,204 of 5,000 sent, 230 a second, about 16 s left`; nothing when nothing is leaving."""
    if not (now := found["progress"]):
        return []
    fast = now["per_second"]
    pace = f"{fast:,.0f} a second" if fast >= 1 else f"{max(1, round(fast * 60))} a minute"
    left = f", about {_span(now['seconds_left'])} left" if now["seconds_left"] is not None else ""
    return [f"{now['sent']:,} of {now['of']:,} sent, {pace}{left}"]


def _span(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 1.5 * length:
            return f"{round(seconds / length)} {unit}"
    return f"{max(1, round(seconds))} s"


def _quotas(found: dict[str, Any]) -> list[str]:
    """`48 of 50 this hour; the next leave at about 14:10`, once a quota keeps mail back."""
    if not found["post"]["due"]:
        return []
    return [
        f"{quota['used']:,} of {quota['allowed']:,} {'this hour' if quota['hours'] == 1 else 'in 24 hours'}"
        + (f"; the next leave at about {_short(quota['next'], found)}" if quota["next"] else "")
        for quota in found["post"]["quotas"]
        if quota["room"] == 0
    ]


def _held_back(found: dict[str, Any]) -> list[str]:
    """How many mails wait for what will pass by itself; the relay and its quotas have lines of their own."""
    blocked = found["post"]["relay"] != "ok"
    waiting = Counter(
        (mail["meaning"], mail["next"])
        for partner in found["partners"]
        for mail in partner["mails"]
        if mail["state"] == "held back" and not (blocked or "quota" in mail["meaning"])
    )
    return [
        f"{_mails(number)}{f' until {_exact(until, found)}' if until else ''}: {talk.hint(why)}"
        for (why, until), number in waiting.items()
    ]


def _not_reached(found: dict[str, Any], most: int | None = None) -> list[RenderableType]:
    """Whom no mail reaches, what the server said, and what to do: once for all where it is the same."""
    lost: _Unreached = []
    doubtful: _Unreached = []
    for partner in found["partners"]:
        if mail := next((mail for mail in reversed(partner["mails"]) if mail["todo"]), None):
            (doubtful if mail["state"] == "uncertain" else lost).append((partner, mail))
    return [*_block("Not reached", lost, most), *_block("Perhaps not reached", doubtful, most)]


def _wishes(found: dict[str, Any]) -> list[RenderableType]:
    """Who would sign if a passage changed, the passage, and what is wished instead."""
    wishes = [partner for partner in found["partners"] if partner["answer"] == "change" and not partner["erased"]]
    lines = [Text("Wishes for a change", style="bold yellow")] if wishes else []
    for partner in wishes:
        lines.append(Text(f"  {partner['organization']}"))
        lines += [Text(f"    now:  {_one_line(partner['passage'])}")] if partner["passage"] else []
        lines.append(Text(f"    wish: {_one_line(partner['reason'] or '')}"))
    if wishes:
        lines.append(Text(f"  → edit the letter, then: {talk.command('amend', found['campaign'], '--letter')}"))
    return [*lines]


def _names(found: dict[str, Any]) -> list[RenderableType]:
    """Who asks to be printed under another name, and how to say yes or no."""
    asking = [partner for partner in found["partners"] if partner["proposed"]]
    lines = [Text("Other names, which wait for your yes", style="bold yellow")] if asking else []
    for partner in asking:
        names = [f"{language}: {name}" if language else name for language, name in partner["proposed"].items()]
        lines.append(Text(f"  {partner['organization']} → {'; '.join(names)}"))
    if asking:
        options = ("--partner", asking[0]["organization"] if len(asking) == 1 else "NAME", "--name", "yes")
        lines.append(Text(f"  → {talk.command('amend', found['campaign'], *options)}", no_wrap=True, overflow="ignore"))
    return [*lines]


def _applicants(found: dict[str, Any]) -> list[RenderableType]:
    """Who asks to sign without having been asked, and how to say yes or no."""
    lines = [Text("Ask to sign, and wait for your yes or no", style="bold yellow")] if found["applicants"] else []
    for one in found["applicants"]:
        name = f"{one['organization']} ({one['acronym']})" if one["acronym"] else one["organization"]
        confirmed = _short(one["confirmed"], found)
        lines.append(Text(f"  {name}, {one['country'] or 'no country'}; confirmed by mail {confirmed}"))
    if found["applicants"]:
        lines.append(Text(f"  → {talk.command('admit', found['campaign'], found['applicants'][0]['organization'])}"))
    return [*lines]


def _one_line(typed: str) -> str:
    return " ".join(typed.split())


def _block(title: str, those: _Unreached, most: int | None) -> Iterator[RenderableType]:
    if not those:
        return
    yield Text(title, style="bold yellow")
    table = Table.grid(padding=(0, 2))
    for partner, mail in those[:most]:
        suppressed = partner["unreached"] == "suppressed"
        why = "an earlier mail to this address came back" if suppressed else _why(mail)
        table.add_row(Text(f"  {partner['organization']}"), Text(why))
    yield table
    if most is not None and len(those) > most:
        yield Text(f"  and {len(those) - most} more")
    sentence, _, command = those[0][1]["todo"].removesuffix("`").partition("`")
    if len(those) > 1 or most is not None:
        command = re.sub(r"(?<= --partner )('([^']|'\"'\"')*'|\S+)+", "NAME", command)
    yield Text(f"  → {sentence.rstrip()}")
    copied = talk.hint(f"`{command}`").removeprefix("`").removesuffix("`")
    yield Text(f"    {copied}", no_wrap=True, overflow="ignore")  # to be copied whole


def _most_telling(partners: list[dict[str, Any]], room: int) -> tuple[list[dict[str, Any]], int]:
    """Those who did not answer, then the latest answers, which have a third of the room at least."""
    unfinished = [one for one in partners if one["answer"] is None]
    answered = sorted((one for one in partners if one["answer"]), key=lambda one: one["answered"], reverse=True)
    room = max(room, 3)
    of_answers = min(len(answered), max(room // 3, room - len(unfinished)))
    chosen = unfinished[: room - of_answers] + answered[:of_answers]
    return chosen, len(partners) - len(chosen)


def _why(mail: dict[str, Any]) -> str:
    """`the mailbox does not exist (550 5.1.1)`: in words, and with what a mail administrator asks for."""
    words = mail["meaning"] or "the server gave no reason"
    code = re.match(r"(?:came back: )?([245]\d\d(?: [245]\.\d+\.\d+)?)\b", mail["reply"] or "")
    return f"{words} ({code[1]})" if code and code[1] not in words else words


def _answer(partner: dict[str, Any]) -> str:
    return _ANSWERS[partner["answer"]] + (f" ({partner['visibility']})" if partner["visibility"] else "")


def _aside(partner: dict[str, Any]) -> str:
    """What else an organizer wants to know of a partner: why its mail did not arrive, or how often it was reminded."""
    if partner["erased"]:
        return "erased"
    invitation = next((mail for mail in reversed(partner["mails"]) if mail["kind"] == "invitation"), None)
    if invitation and invitation["state"] in _TO_EXPLAIN and not (invitation["todo"] or partner["answer"]):
        return _why(invitation)
    times = len(partner["reminded"])
    reminded = {0: "", 1: "reminded"}.get(times, f"reminded {times} times")
    quiet = "wants no more mail" if partner["quiet"] else ""
    disowned = "says an answer was not its own" if partner["disowned"] else ""
    carried = "invitation carried there" if partner["carried"] else ""
    by_hand = "by hand" if partner["channel"] == "by hand" else ""
    passed_on = "passed on" if partner["passed_on"] else ""
    earlier = "signed the earlier text" if partner["earlier"] == "sign" else ""
    return ", ".join(filter(None, [disowned, earlier, passed_on, carried, reminded, quiet, by_hand]))


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


def _exact(moment: str, found: dict[str, Any]) -> str:
    """The time with its seconds: for what is minutes away."""
    return f"{_local(moment, found):%H:%M:%S}"
