"""What an organizer types to read own words of persons, and to agree to them or refuse them."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json, Name, Yes

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import RenderableType

    from worker.state.waiting_words import WaitingWords


def words(
    name: Name,
    agree: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER", help="Agree to these words, by their numbers: 12-3f5a9c. Can be repeated."),
    ] = None,
    refuse: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER", help="Refuse these words. The voice is counted without them. Can be repeated."),
    ] = None,
    agree_all: Annotated[
        bool, typer.Option("--agree-all", help="Agree to all words that wait, except those that you refuse.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Read the own words of persons that wait for you, and decide which of them the addressee gets.

    A number stands for the words as you read them: if the person changes them, it is another one.

    Examples: `undersigned words cambodia-2023`, `undersigned words cambodia-2023 --agree 12-3f5a9c`
    """
    if not (agree or refuse or agree_all):
        _show(name, as_json=as_json)
        return
    if as_json:
        console.fail("--json shows the words that wait and decides nothing: leave it out.", console.USAGE)
    if agree and agree_all:
        console.fail("Give either --agree or --agree-all.", console.USAGE)
    _decide(name, agree or [], refuse or [], agree_all=agree_all, yes=yes, dry_run=dry_run)


def _show(name: str, *, as_json: bool) -> None:
    from worker import db
    from worker.cli import lookup
    from worker.state.waiting_words import load_waiting_words
    from worker.wording.relay_status import iso

    with lookup.looking(name) as (session, campaign):
        waiting, now, zone = load_waiting_words(session, campaign), db.clock(session), campaign.zone
    if as_json:
        console.give([{"number": one.number} | _without_id(one) | {"at": iso(one.at)} for one in waiting])
    elif not waiting:
        console.say("No words wait for you.")
    else:
        _print(waiting, now, zone)
        example = waiting[0].number
        console.say(
            f"\nTo agree or refuse, give the numbers: {console.command('words', name, '--agree', example)}, or "
            f"--refuse {example}"
        )
    if waiting:
        raise typer.Exit(console.WAITS)


def _without_id(one: "WaitingWords") -> dict[str, object]:
    return {field: value for field, value in vars(one).items() if field != "member_id"}


def _decide(
    name: str, agree: Sequence[str], refuse: Sequence[str], *, agree_all: bool, yes: bool, dry_run: bool
) -> None:
    from worker.acts.own_words import decide_words
    from worker.cli import lookup
    from worker.state.waiting_words import load_waiting_words
    from worker.wording.acts import members as said

    agreed, refused = _read(agree, refuse)
    with lookup.dry_run(name) as (session, campaign):
        waiting = load_waiting_words(session, campaign)
        if agree_all:
            agreed = {one.member_id: one.mark for one in waiting if one.member_id not in refused}
        decide_words(session, campaign.id, agree=agreed, refuse=refused)
    if not (agreed or refused):
        console.nothing_to_do("No words wait for you: nothing was changed.")
    to_agree, to_refuse = ([one for one in waiting if one.member_id in which] for which in (agreed, refused))
    console.agree(said.decide_words(to_agree, to_refuse), yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, campaign):
        decide_words(session, campaign.id, agree=agreed, refuse=refused)
        left = len(load_waiting_words(session, campaign))
    more = f" {console.count(left, 'other')} still {'waits' if left == 1 else 'wait'}." if left else ""
    console.say(f"Recorded.{more}")


def _read(agree: Sequence[str], refuse: Sequence[str]) -> tuple[dict[int, str], dict[int, str]]:
    """The marks that were read, by person; ends the command with all that is wrong."""
    from worker.state.waiting_words import read_number

    wrong, read = list[str](), list[dict[int, str]]()
    for option, typed in (("--agree", agree), ("--refuse", refuse)):
        found = dict[int, str]()
        for one in (word for text in typed for word in re.split(r"[\s,]+", text) if word):
            if number := read_number(one):
                found[number[0]] = number[1]
            else:
                wrong.append(f"{option} {one}: expected a number as `words` shows it, such as 12-3f5a9c")
        read.append(found)
    wrong += [f"#{both}: given to agree and to refuse" for both in sorted(read[0].keys() & read[1].keys())]
    if wrong:
        console.fail("\n".join([*wrong, "Nothing was decided."]), console.USAGE)
    return read[0], read[1]


def _print(those: "Sequence[WaitingWords]", now: "datetime", zone: str) -> None:
    screen = console.screen()
    for number, one in enumerate(those):
        if number:
            screen.print()
        for line in _lines(one, now, zone):
            screen.print(line)


def _lines(one: "WaitingWords", now: "datetime", zone: str) -> "list[RenderableType]":
    from rich.padding import Padding
    from rich.text import Text

    from worker.cli.status_view.phrases import short_moment

    who = console.visible(one.name) if one.name else "not to be named"
    since = short_moment(one.at, now, zone)
    return [
        Text.assemble((one.number, "bold"), f"  {who}, {one.language}, {since}"),
        Padding(Text(console.visible(one.words)), (0, 0, 0, 4), expand=False),
    ]
