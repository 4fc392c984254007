"""What an organizer types so that nothing is kept longer than it must be."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import talk
from worker.cli.options import DryRun, Name, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.models import Campaign, Partner


def erase(
    name: Name,
    organization: Annotated[
        str | None, typer.Argument(help="One organization, in quotes; without it, the whole campaign.")
    ] = None,
    give_up: Annotated[
        bool, typer.Option("--give-up", help="Also if the letter has not left: it is cancelled, and never leaves.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Erase contacts, and the names of all who are not publicly under the letter. It cannot be undone.

    The whole campaign once its letter has left (it happens by itself after `keep_contacts`), or one organization
    that asks for it, at any time.

    Example: `undersigned erase cambodia-2023 "Khmer Thavrak"`
    """
    if organization is None:
        _campaign(name, give_up=give_up, yes=yes, dry_run=dry_run)
    elif give_up:
        talk.fail("--give-up is for a whole campaign: leave the organization out.", talk.USAGE)
    else:
        _organization(name, organization, yes=yes, dry_run=dry_run)


def _campaign(name: str, *, give_up: bool, yes: bool, dry_run: bool) -> None:
    from worker.acts import erase as erasing
    from worker.cli import rows

    with rows.rehearsing(name) as (session, campaign), _refusals(name):
        partners, waiting = len(campaign.partners), _copies_that_wait(session, campaign)
        untold = _untold(session, campaign)
        names = erasing.campaign(session, campaign.id, give_up=give_up)
        ends = campaign.dispatched_at is None
    what = f"contact, address and link of {talk.partners(partners)}, who answered for them and why, "
    what += f"and {talk.count(names, 'name')} that nobody reads under the letter"
    lost = ["The letter never leaves."] if ends else []
    lost += [f"Copies of the letter that wait and are not sent: {waiting}."] if waiting else []
    lost += [_TOLD_FIRST.format(talk.command("notice", name))] if untold else []
    _asked(what, " ".join(lost), yes=yes, dry_run=dry_run)
    with rows.writing(name) as (session, campaign), _refusals(name):
        erasing.campaign(session, campaign.id, give_up=give_up)
    _done(what, "partners.csv in the campaign's folder")


def _organization(name: str, organization: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts import erase as erasing
    from worker.cli import rows

    with rows.rehearsing(name) as (session, campaign):
        if (stranger_id := _applicant(session, campaign, organization)) is None:
            partner = rows.partner_named(session, campaign, organization)
            partner_id, words, untold = partner.id, partner.organization, _untold(session, campaign, partner)
            with _refusals(name, words):
                its_name = erasing.partner(session, partner_id)
    if stranger_id is not None:
        _asked(what := f"all that {organization} told when it asked to sign", "", yes=yes, dry_run=dry_run)
        with rows.writing(name) as (session, _):
            erasing.applicant(session, stranger_id)
        _done(what, "mails")
        return
    what = f"contact, address and link of {words}, and who answered for it and why"
    what += "; its name too" if its_name else ". Its name stays, for everybody reads it under the letter"
    lost = "It gets no mail any more." + (f" {_TOLD_FIRST.format(talk.command('notice', name))}" if untold else "")
    _asked(what, lost, yes=yes, dry_run=dry_run)
    with rows.writing(name) as (session, _), _refusals(name, words):
        erasing.partner(session, partner_id)
    _done(what, "its line in partners.csv")


_TOLD_FIRST = (
    "An addressee's copy still names who has stepped back; afterwards nobody can tell it whom that means, "
    "so print and send it first: {}"
)


def _asked(what: str, lost: str, *, yes: bool, dry_run: bool) -> None:
    if dry_run:
        talk.say(f"Dry run: would be erased: {what}. {lost}".rstrip())
        raise typer.Exit
    talk.ask(f"Erase {what}? {lost} It cannot be undone.".replace("  ", " "), yes=yes)


def _done(what: str, yours: str) -> None:
    from worker import db

    talk.say(f"Erased: {what}.")
    if not db.scrub():
        talk.say("The database is busy, so its files hold traces still; the next erasure takes them away, and so does")
        talk.say("VACUUM FULL on PostgreSQL, or on SQLite the end of whatever reads it now.")
    talk.say(f"Your own files are yours to erase: {yours}, exports, mails. Backups hold it until they are gone.")


@contextmanager
def _refusals(name: str, words: str = "") -> Iterator[None]:
    from worker.acts import erase as erasing

    try:
        yield
    except erasing.NotOver:
        talk.fail(
            "The letter has not left, or not to every addressee: its partners are still to be reached. "
            "One of them is erased by its name. If the letter is never to leave: "
            f"{talk.command('erase', name, '--give-up')}"
        )
    except erasing.StillSigns:
        again = talk.command("withdraw", name, words, "--note", "…")
        talk.fail(f"{words} signs, and the letter has not left. If it wants to leave altogether, first: {again}")


def _applicant(session: "Session", campaign: "Campaign", organization: str) -> int | None:
    """Who asked to sign under this name, confirmed or not, and is no partner."""
    from sqlalchemy import select

    from worker.cli import rows
    from worker.models import Stranger

    asked = select(Stranger).where(Stranger.campaign_id == campaign.id, Stranger.partner_id.is_(None))
    found = [one for one in session.scalars(asked) if one.organization]
    place = rows.named_alike([(one.organization, one.acronym) for one in found], organization)
    return None if place is None else found[place].id


def _copies_that_wait(session: "Session", campaign: "Campaign") -> int:
    from sqlalchemy import func, select

    from worker.models import Mail

    waiting = (Mail.campaign_id == campaign.id) & (Mail.kind == "copy") & Mail.due_at.is_not(None)
    return session.scalar(select(func.count()).select_from(Mail).where(waiting)) or 0


def _untold(session: "Session", campaign: "Campaign", partner: "Partner | None" = None) -> bool:
    """Whether an addressee should be told of this partner, or of any, that it has stepped back."""
    from worker import render
    from worker.acts import notice

    found = notice.of(session, campaign) if campaign.closed_at else []
    if partner is None:
        return bool(found)
    row = render.signatory(partner, campaign.authentic, campaign.authentic)
    return any(row in (*one.withdrawn, *one.unnamed) for one in found)
