"""What an organizer types about persons who add their voices to a letter."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json, Name, Yes

if TYPE_CHECKING:
    from worker.cli.member_view import Found


def members(
    name: Name,
    stop: Annotated[bool, typer.Option("--stop", help="Let nobody add a voice any more.")] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="Let persons add their voices again.")] = False,
    withdraw: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Withdraw the voice of a person who asks you to, by their email address."),
    ] = None,
    erase: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Erase the person with this email address, who asks for it."),
    ] = None,
    drop_domain: Annotated[
        str | None,
        typer.Option(metavar="DOMAIN", help="Withdraw all voices from one email domain, and accept no more from it."),
    ] = None,
    let_domain: Annotated[
        str | None, typer.Option(metavar="DOMAIN", help="Accept voices from a dropped email domain again.")
    ] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the numbers into this file, as CSV.")
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Show how many persons added their voices, by country, language and email domain. It names nobody.

    A country with fewer than 10 voices is counted under "other".

    Examples: `undersigned members cambodia-2023`, `undersigned members cambodia-2023 --stop`
    """
    from worker.cli import member_acts

    acts = {
        "--stop": stop,
        "--reopen": reopen,
        "--withdraw": withdraw is not None,
        "--erase": erase is not None,
        "--drop-domain": drop_domain is not None,
        "--let-domain": let_domain is not None,
        "--export": export is not None,
    }
    given = [option for option, is_given in acts.items() if is_given]
    if len(given) > 1:
        console.fail(f"Give one of these at a time: {', '.join(given)}.", console.USAGE)
    if as_json and given:
        console.fail(f"--json shows the numbers and changes nothing: leave {given[0]} out.", console.USAGE)
    if stop:
        member_acts.stop(name, yes=yes, dry_run=dry_run)
    elif reopen:
        member_acts.reopen(name, yes=yes, dry_run=dry_run)
    elif withdraw is not None:
        member_acts.withdraw(name, withdraw, yes=yes, dry_run=dry_run)
    elif erase is not None:
        member_acts.erase(name, erase, yes=yes, dry_run=dry_run)
    elif drop_domain is not None:
        member_acts.drop_domain(name, drop_domain, yes=yes, dry_run=dry_run)
    elif let_domain is not None:
        member_acts.let_domain(name, let_domain, yes=yes, dry_run=dry_run)
    elif export is not None:
        _export(name, export, dry_run=dry_run)
    else:
        _show(name, as_json=as_json)


def _show(name: str, *, as_json: bool) -> None:
    from worker.cli import member_view

    found = _load(name)
    if as_json:
        console.give(member_view.as_json(found))
        return
    screen = console.screen()
    for line in member_view.as_lines(found):
        screen.print(line)


def _load(name: str) -> "Found":
    from worker import db
    from worker.cli import lookup
    from worker.cli.member_view import Found
    from worker.state.letters import load_letters
    from worker.state.member_addresses import count_kept_out
    from worker.state.member_counts import load_breakdown
    from worker.state.member_status import load_member_status
    from worker.state.members import number_told

    with lookup.looking(name) as (session, campaign):
        status = load_member_status(session, [campaign], {campaign.id: load_letters(session, campaign)})[campaign.id]
        told = number_told(session, campaign)
        breakdown, kept_out = load_breakdown(session, campaign), count_kept_out(session, campaign)
        return Found(campaign, db.clock(session), status, breakdown, told, kept_out)


def _export(name: str, file: Path, *, dry_run: bool) -> None:
    from worker.cli import member_view

    rows = member_view.as_rows(_load(name))
    if file.exists():
        console.fail(f"{file} is there already: choose another name, or remove it.", console.USAGE)
    if dry_run:
        console.say(f"Dry run: {console.count(len(rows), 'number')} would be written into {file}.")
        return
    file.touch(0o600, exist_ok=False)
    with file.open("w", encoding="utf-8", newline="") as written:
        writer = csv.DictWriter(written, member_view.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(file)
