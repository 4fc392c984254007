"""What an organizer types to ask more organizations after the launch."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes

if TYPE_CHECKING:
    from worker.definition.additions import Additions

MAX_SAID = 200  # changes to a list that was taken over


def add(
    name: Name,
    partners: Annotated[
        Path | None,
        typer.Argument(
            metavar="LIST",
            help="A spreadsheet (XLSX, ODS), CSV, the export of a form, or lines pasted from an email.",
            show_default=False,
        ),
    ] = None,
    sheet: Annotated[str, typer.Option(metavar="NAME", help="The name of the sheet, if several may be the list.")] = "",
    organization: Annotated[
        str, typer.Option(metavar="NAME", help="One organization by its name, in place of a list.")
    ] = "",
    email: Annotated[str, typer.Option(metavar="ADDRESS", help="Its email address.")] = "",
    acronym: Annotated[str, typer.Option(help="Its acronym.")] = "",
    country: Annotated[str, typer.Option(help="Its country.")] = "",
    contact: Annotated[str, typer.Option(metavar="PERSON", help="Whom the email greets.")] = "",
    language: Annotated[str, typer.Option(metavar="en|fr|km", help="A language of the letter.")] = "",
    note: Annotated[str, typer.Option(help="For yourselves; nobody else reads it.")] = "",
    namesake: Annotated[
        bool, typer.Option("--namesake", help="It is not the partner that has the same name or address.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Ask more organizations, while answers are taken: a whole list, or one. Nobody is asked twice.

    Those of the list that are partners already are left out. Each new one gets an invitation, a minute later.

    Examples: `undersigned add cambodia-2023 more.xlsx`,
    `undersigned add cambodia-2023 --organization "Lake Friends" --email office@lake.example`
    """
    from worker import vacuum
    from worker.acts.add_partners import add_new_partners
    from worker.cli import lookup
    from worker.models import Partner
    from worker.state.newcomers import load_alike
    from worker.wording.acts import partner_list

    one = {"organization": organization, "email": email, "acronym": acronym, "country": country}
    one |= {"contact": contact, "language": language, "note": note}
    _require_one_way(partners, sheet, one, namesake=namesake)
    with lookup.dry_run(name) as (session, campaign):
        lookup.require_answers(session, campaign, "add")
        authentic = campaign.authentic
    additions, remarks = _read(partners, sheet, one, authentic)
    with lookup.dry_run(name) as (session, campaign):
        added = add_new_partners(session, campaign.id, additions, namesake=namesake)
    with lookup.reading(name) as (session, campaign):
        remarks += partner_list.alike(load_alike(session, campaign, added.rows))
    before = partner_list.add(additions, added.compared, added.rows, added.asked, remarks)
    for sentence in before.lines[1:]:
        console.say(f"• {sentence}")
    whom = console.some(before.names)
    if dry_run:
        console.say(f"Dry run: would be added: {whom}.")
        return
    console.ask(f"{before.title} {whom}", yes=yes)
    with lookup.writing(name) as (session, campaign):
        added = add_new_partners(session, campaign.id, additions, namesake=namesake)
        campaign_id = campaign.id
    if len(added.rows) >= vacuum.MANY:
        vacuum.analyze(Partner)
    lookup.notify("invite", campaign_id)
    sent = f" {_when_they_leave()}" if added.asked else ""
    console.say(f"Added: {console.count(len(added.rows), 'organization')}.{sent}")
    console.say(f"To take one out: {console.command('remove', name, 'ORGANIZATION')}")


def _require_one_way(partners: Path | None, sheet: str, one: dict[str, str], *, namesake: bool) -> None:
    if (partners is None) == (not any(one.values())):
        console.fail("Give either a list, or one organization with --organization.", console.USAGE)
    if partners is None and not one["organization"]:
        console.fail("--organization: expected the organization's name.", console.USAGE)
    if partners is None and sheet:
        console.fail("--sheet is for a spreadsheet: give its file.", console.USAGE)
    if partners is not None and namesake:
        console.fail("--namesake is for one organization: add it alone, with --organization.", console.USAGE)


def _read(partners: Path | None, sheet: str, one: dict[str, str], authentic: str) -> "tuple[Additions, list[str]]":
    """What is to be added, and what was changed in a list, or is to be looked at."""
    from worker.definition import partners as lists
    from worker.definition.additions import Additions
    from worker.definition.pasted_list import grouped

    if partners is None:
        return Additions.alone(one), []
    taken = lists.take_list(partners, authentic, sheet)
    remarks: list[str] = [remark.sentence for remark in grouped(taken.remarks)]
    if len(remarks) > MAX_SAID:
        remarks = [*remarks[:MAX_SAID], f"and {len(remarks) - MAX_SAID:,} more: look through the list."]
    return Additions.from_list(partners.name, taken), remarks


def _when_they_leave() -> str:
    if console.nobody_sends():
        return console.who_sends()
    return "The invitations are sent in a minute."
