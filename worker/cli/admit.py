"""What an organizer types about organizations that ask to sign."""

from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes


def admit(
    name: Name,
    organization: Annotated[
        str | None,
        typer.Argument(help='The organization\'s name, acronym or number ("#A3"), in quotes.', show_default=False),
    ] = None,
    no: Annotated[bool, typer.Option("--no", help="Refuse it, and delete what it told us.")] = False,
    namesake: Annotated[bool, typer.Option("--namesake", help="It is not the partner that has the same name.")] = False,
    forget_unconfirmed: Annotated[
        bool,
        typer.Option(
            "--forget-unconfirmed", help="After a flood: delete all requests that nobody has confirmed by email."
        ),
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Say yes or no to an organization that asks to sign. With a yes it is invited like every other.

    Example: `undersigned admit cambodia-2023 "Khmer Thavrak"`
    """
    if forget_unconfirmed:
        if organization is not None or no or namesake:
            console.fail(
                "--forget-unconfirmed is for all unconfirmed requests: do not name an organization.", console.USAGE
            )
        _forget_unconfirmed(name, yes=yes, dry_run=dry_run)
    elif organization is None:
        console.fail(f"Which one? {console.command('status', name)} shows who asks to sign.", console.USAGE)
    else:
        if no and namesake:
            console.fail("Give either --no or --namesake.", console.USAGE)
        _decide(name, organization, admitted=not no, namesake=namesake, yes=yes, dry_run=dry_run)


def _decide(name: str, organization: str, *, admitted: bool, namesake: bool, yes: bool, dry_run: bool) -> None:
    from worker import tasks
    from worker.acts.join import decide_applicant
    from worker.cli import lookup
    from worker.state.recipients import load_applicants
    from worker.text import names

    with lookup.dry_run(name) as (session, campaign):
        lookup.require_answers(session, campaign, "admit")
        waiting = load_applicants(session, campaign)
        one = lookup.applicant_named(waiting, organization)
        if one is None:
            meant = lookup.did_you_mean(organization, [w.organization for w in waiting])
            console.fail(f"Nobody of the name {organization!r} asks to sign. {meant}".rstrip())
        stranger_id, words = one.id, names.signatory(one)
        whom = f"{words}: {one.contact} <{one.email}>"
        made = decide_applicant(session, stranger_id, admitted=admitted, namesake=namesake)
        if made is not None and (printed := names.signatory(made)) != words:
            words, whom = printed, f"{whom}, printed as {printed}"
    if dry_run:
        console.say(f"Dry run: would be {'invited to sign' if admitted else 'refused'}: {whom}")
        return
    console.ask(f"{'Invite to sign' if admitted else 'Refuse'}: {whom}?", yes=yes)
    with lookup.writing(name) as (session, campaign):
        decide_applicant(session, stranger_id, admitted=admitted, namesake=namesake)
    lookup.notify(tasks.deliver)
    told = f"is a partner now. {console.who_sends()}" if admitted else "is refused; what it told us is deleted."
    console.say(f"{words} {told}")


def _forget_unconfirmed(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.join import forget_unconfirmed
    from worker.cli import lookup

    with lookup.dry_run(name) as (session, campaign):
        found = forget_unconfirmed(session, campaign.id)
    if not found[0]:
        console.say("There are no unconfirmed requests: nothing was changed.")
        return
    if dry_run:
        console.say(f"Dry run: would be deleted: {_counted(*found)}.")
        return
    again = "Confirmed requests stay. An organization that still wants to sign can ask again a day after its request."
    console.ask_for_name(f"Delete {_counted(*found)}? {again} It cannot be undone.", name, yes=yes)
    with lookup.writing(name) as (session, campaign):
        found = forget_unconfirmed(session, campaign.id)
    console.say(f"Deleted: {_counted(*found)}.")


def _counted(wishes: int, mails: int) -> str:
    what = "one request" if wishes == 1 else f"{wishes:,} requests"
    waiting = f", of which {console.count(mails, 'email')} had not been sent" if mails else ""
    return f"{what} that nobody has confirmed{waiting}"
