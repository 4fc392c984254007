"""What an organizer types so that nothing is kept longer than it must be."""

from typing import Annotated

import typer

from worker.cli import talk
from worker.cli.options import DryRun, Name, Yes


def erase(
    name: Name,
    organization: Annotated[
        str | None, typer.Argument(help="One organization, in quotes; without it, the whole campaign.")
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Erase contacts, and the names of all who are not publicly under the letter. It cannot be undone.

    The whole campaign once its letter has left (it happens by itself after `keep_contacts`), or one organization
    that asks for it, at any time.

    Example: `undersigned erase cambodia-2023 "Khmer Thavrak"`
    """
    if organization is None:
        _campaign(name, yes=yes, dry_run=dry_run)
    else:
        _partner(name, organization, yes=yes, dry_run=dry_run)


def _campaign(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts import erase as erasing
    from worker.cli import rows

    with rows.rehearsing(name) as (session, campaign):
        partners = len(campaign.partners)
        try:
            names = erasing.campaign(session, campaign.id)
        except erasing.NotOver:
            talk.fail("The letter has not left: its partners are still to be reached. One of them is erased by name.")
    what = f"contact, address and link of {talk.partners(partners)}, who signed for them and why they did not, "
    what += f"and {talk.count(names, 'name')} that nobody else reads under the letter"
    if dry_run:
        talk.say(f"Dry run: would be erased: {what}.")
        return
    talk.ask(f"Erase {what}? It cannot be undone.", yes=yes)
    with rows.writing(name) as (session, campaign):
        erasing.campaign(session, campaign.id)
    talk.say(f"Erased: {what}.")
    _scrub()
    talk.say(f"Your own files are yours to erase: partners.csv in the campaign's folder, exports, mails.{_BACKUPS}")


def _partner(name: str, organization: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts import erase as erasing
    from worker.cli import rows

    with rows.rehearsing(name) as (session, campaign):
        partner = rows.partner_named(session, campaign, organization)
        partner_id, words = partner.id, partner.organization
        try:
            its_name = erasing.partner(session, partner_id)
        except erasing.StillSigns:
            again = talk.command("withdraw", name, words, "--note", "…")
            talk.fail(f"{words} signs, and the letter has not left. If it wants to leave altogether, first: {again}")
    what = f"contact, address and link of {words}, and who answered for it and why"
    what += "; its name too" if its_name else ". Its name stays, for everybody reads it under the letter"
    if dry_run:
        talk.say(f"Dry run: would be erased: {what}.")
        return
    talk.ask(f"Erase {what}? It gets no mail any more. It cannot be undone.", yes=yes)
    with rows.writing(name) as (session, campaign):
        erasing.partner(session, partner_id)
    talk.say(f"Erased: {what}.")
    _scrub()
    talk.say(f"Your own files are yours to erase: its line in partners.csv, exports, mails.{_BACKUPS}")


_BACKUPS = " Backups hold it until they are gone."


def _scrub() -> None:
    from worker import db

    if not db.scrub():
        talk.say("The database's files hold traces until they are rewritten: VACUUM FULL does it, when little is on.")
