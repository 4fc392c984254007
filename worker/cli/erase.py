"""What an organizer types so that nothing is kept longer than it must be."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes

if TYPE_CHECKING:
    from worker.wording.acts import Before


def erase(
    name: Name,
    organization: Annotated[
        str | None, typer.Argument(help="One organization or its number, in quotes. Without it, the whole campaign.")
    ] = None,
    give_up: Annotated[
        bool,
        typer.Option(
            "--give-up",
            help="Also if the letter has not been sent: it is cancelled, everyone who was asked is told, and "
            "then all is erased.",
        ),
    ] = False,
    tell_nobody: Annotated[
        bool,
        typer.Option(
            "--tell-nobody", help="Erase a cancelled campaign at once: those who were not told yet will never be told."
        ),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Erase contacts, and the names of all who do not sign the letter publicly. It cannot be undone.

    You can erase the whole campaign once its letter has been sent (this happens automatically after `keep_contacts`),
    or one organization that asks for it, at any time.

    Example: `undersigned erase cambodia-2023 "Khmer Thavrak"`
    """
    if organization is None:
        _campaign(name, give_up=give_up, tell_nobody=tell_nobody, yes=yes, dry_run=dry_run)
    elif give_up or tell_nobody:
        which = "--give-up" if give_up else "--tell-nobody"
        console.fail(f"{which} is for a whole campaign: leave the organization out.", console.USAGE)
    else:
        _organization(name, organization, yes=yes, dry_run=dry_run)


def _campaign(name: str, *, give_up: bool, tell_nobody: bool, yes: bool, dry_run: bool) -> None:
    from worker.acts import erase as acts
    from worker.acts.erase import erase_campaign
    from worker.cli import lookup
    from worker.state.erasing import load_erasing
    from worker.state.recipients import load_to_tell_of_end_by_hand
    from worker.wording.acts import erasing

    with lookup.dry_run(name) as (session, campaign):
        found, by_hand = load_erasing(session, campaign), []
        if give_up and campaign.cancelled_at is None:
            by_hand = [one.organization for one in load_to_tell_of_end_by_hand(session, campaign)]
        tells = not tell_nobody and (give_up or campaign.cancelled_at is not None)
        to_tell = acts.give_up(session, campaign.id) if tells else 0
        names = erase_campaign(session, campaign.id, give_up=give_up)
        ends = campaign.dispatched_at is None
        before = erasing.erase_campaign(
            found, names, ends=ends, told=to_tell, tells_nobody=tell_nobody, by_hand=by_hand
        )
    console.agree(_with_notice(before, name), yes=yes, dry_run=dry_run, name=name)
    if to_tell:
        with lookup.writing(name) as (session, campaign):
            to_tell = acts.give_up(session, campaign.id)
        lookup.notify("deliver")
        console.say(
            f"Cancelled: the letter will never be sent. {console.count(to_tell, 'email')} "
            f"{'tells' if to_tell == 1 else 'tell'} everyone who was asked. {console.who_sends()} Once they are sent "
            "all is erased automatically, within a day at the latest."
        )
        console.say(
            f"To erase at once, without telling anybody: {console.command('erase', name, '--give-up', '--tell-nobody')}"
        )
        return
    with lookup.writing(name) as (session, campaign):
        erase_campaign(session, campaign.id, give_up=give_up)
    done("contacts and names of the campaign", "partners.csv in the campaign's folder")


def _with_notice(before: "Before", name: str) -> "Before":
    """The same, with the command that prints the notice where it says that one is to be sent first."""
    from worker.wording.acts.partner import TOLD_FIRST

    with_command = f"{TOLD_FIRST.removesuffix('.')}: {console.command('notice', name)}"
    return replace(before, lines=[with_command if line == TOLD_FIRST else line for line in before.lines])


def _organization(name: str, organization: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.erase import erase_applicant, erase_partner
    from worker.cli import lookup
    from worker.models import Partner
    from worker.state.contacts import load_contacts_of
    from worker.state.disclosures import is_untold
    from worker.state.recipients import load_who_asked_to_join
    from worker.wording.acts import partner as words

    with lookup.dry_run(name) as (session, campaign):
        asked = load_who_asked_to_join(session, campaign)
        found = lookup.partner_or_applicant_named(session, campaign, asked, organization)
        if is_partner := isinstance(found, Partner):
            partner_id, called, untold = found.id, lookup.said(found, organization), is_untold(session, campaign, found)
            further = len(load_contacts_of(session, found))
            its_name = erase_partner(session, partner_id)
        else:
            stranger_id = found.id
    if not is_partner:
        _asked(name, what := f"all that {organization} told us when it asked to sign", "", yes=yes, dry_run=dry_run)
        with lookup.writing(name) as (session, _):
            erase_applicant(session, stranger_id)
        done(what, "emails")
        return
    before = words.erase(called, further, its_name=its_name, is_untold=untold)
    console.agree(_with_notice(before, name), yes=yes, dry_run=dry_run, name=name)
    with lookup.writing(name) as (session, _):
        erase_partner(session, partner_id)
    done(f"the records of {called}", "its line in partners.csv")


def _asked(name: str, what: str, lost: str, *, yes: bool, dry_run: bool) -> None:
    if dry_run:
        console.say(f"Dry run: would be erased: {what}. {lost}".rstrip())
        raise typer.Exit
    console.ask_for_name(f"Erase {what}? {lost} It cannot be undone.".replace("  ", " "), name, yes=yes)


def done(what: str, yours: str) -> None:
    """Say what was erased, and what the organizer is to erase; make the database's files forget."""
    from worker import db, vacuum
    from worker.cli import backup_status

    console.say(f"Erased: {what}.")
    if not vacuum.scrub():
        console.say("The database is busy, so its files still hold traces. The next erasure removes them. So does")
        console.say("VACUUM FULL on PostgreSQL. On SQLite, end the program that reads it now.")
    console.say(f"Please erase your own files too: {yours}, exports, emails.")
    with db.reading() as session:
        now = db.clock(session)
    console.say(backup_status.who_holds_it(now))
