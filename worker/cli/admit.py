"""What an organizer types about an organization that asks to sign."""

from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Who, Yes


def admit(
    name: Name,
    organization: Who,
    no: Annotated[bool, typer.Option("--no", help="Refuse it, and forget what it told.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Say yes or no to an organization that asks to sign: with a yes it is invited like every other.

    Example: `undersigned admit cambodia-2023 "Khmer Thavrak"`
    """
    from worker import tasks
    from worker.acts.join import decide_applicant
    from worker.cli import lookup
    from worker.state.recipients import load_applicants
    from worker.text import names

    with lookup.reading(name) as (session, campaign):
        lookup.require_answers(session, campaign, "admit")
        waiting = load_applicants(session, campaign)
        one = lookup.named_alike([(w.organization, w.acronym) for w in waiting], organization)
        if one is None:
            meant = lookup.did_you_mean(organization, [w.organization for w in waiting])
            console.fail(f"Nobody of the name {organization!r} asks to sign, or more than one does. {meant}".rstrip())
        stranger_id, words = waiting[one].id, names.signatory(waiting[one])
        whom = f"{words}: {waiting[one].contact} <{waiting[one].email}>"
    if dry_run:
        console.say(f"Dry run: would be {'refused' if no else 'invited to sign'}: {whom}")
        return
    console.ask(f"{'Refuse' if no else 'Invite to sign'}: {whom}?", yes=yes)
    with lookup.writing(name) as (session, campaign):
        decide_applicant(session, stranger_id, admitted=not no)
    lookup.notify(tasks.deliver)
    console.say(f"{words} is refused and forgotten." if no else f"{words} is a partner now. {console.who_sends()}")
