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
    from worker.acts.join import decide_applicant
    from worker.cli import lookup
    from worker.state.recipients import load_applicants
    from worker.text import names
    from worker.wording.acts import applicants as words

    with lookup.dry_run(name) as (session, campaign):
        lookup.require_answers(session, campaign, "admit")
        waiting = load_applicants(session, campaign)
        one = lookup.applicant_named(waiting, organization)
        if one is None:
            meant = lookup.did_you_mean(organization, [w.organization for w in waiting])
            console.fail(f"Nobody of the name {organization!r} asks to sign. {meant}".rstrip())
        stranger_id, asking = one.id, words.Asking.from_applicant(one)
        made = decide_applicant(session, stranger_id, admitted=admitted, namesake=namesake)
        before = words.admit(asking, made) if admitted else words.refuse(asking)
        printed = names.signatory(made) if made is not None else asking.printed
    if dry_run:
        whom = f"{asking.printed}: {asking.contact}"
        would = "invited to sign" if admitted else "refused"
        console.say(f"Dry run: would be {would}: {whom}. {' '.join(before.lines)}")
        return
    console.ask(f"{' '.join(before.lines)}\n{before.title}", yes=yes)
    with lookup.writing(name) as (session, campaign):
        decide_applicant(session, stranger_id, admitted=admitted, namesake=namesake)
    lookup.notify("deliver")
    told = f"is a partner now. {console.who_sends()}" if admitted else "is refused; what it told us is deleted."
    console.say(f"{printed} {told}")


def _forget_unconfirmed(name: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.join import forget_unconfirmed
    from worker.cli import lookup
    from worker.wording.acts import applicants as words

    with lookup.dry_run(name) as (session, campaign):
        found = forget_unconfirmed(session, campaign.id)
    if not found[0]:
        console.say("There are no unconfirmed requests: nothing was changed.")
        return
    if dry_run:
        console.say(f"Dry run: would be deleted: {_counted(*found)}.")
        return
    before = words.forget(*found)
    console.ask_for_name(f"{' '.join(before.lines)}\n{before.title}", name, yes=yes)
    with lookup.writing(name) as (session, campaign):
        found = forget_unconfirmed(session, campaign.id)
    console.say(f"Deleted: {_counted(*found)}.")


def _counted(wishes: int, mails: int) -> str:
    what = "one request" if wishes == 1 else f"{wishes:,} requests"
    waiting = f", of which {console.count(mails, 'email')} had not been sent" if mails else ""
    return f"{what} that nobody has confirmed{waiting}"
