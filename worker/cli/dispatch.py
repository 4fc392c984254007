"""What an organizer types to send the letter now."""

from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.models import Campaign
    from worker.wording.acts import Before


def dispatch(
    name: Name,
    by_hand: Annotated[
        bool, typer.Option("--by-hand", help="Record that you brought the letter yourself, or that it arrived.")
    ] = False,
    addressee: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="With --by-hand: to this addressee only. Without it, to all that do not have it yet."
        ),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DAY", help="With --by-hand: the day on which you brought it. Without it, today."),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Send the sealed letter now, without waiting for the review or the quorum.

    Example: `undersigned dispatch cambodia-2023`
    """
    from worker.acts.dispatch import dispatch_now, note_brought_by_hand
    from worker.cli import lookup

    for option, given in (("--addressee", addressee), ("--on", on)):
        if given is not None and not by_hand:
            console.fail(f"{option} needs --by-hand: the email goes to all who have an address.", console.USAGE)
    with lookup.dry_run(name) as (session, campaign):
        is_first = campaign.dispatched_at is None
        if by_hand:
            before = _before_brought(session, campaign, addressee, on or "")
        else:
            before = _before_dispatch(session, campaign)
    if dry_run:
        console.say(f"Dry run: {' '.join(before.lines)}")
        return
    console.ask_for_name(f"{' '.join(before.lines)}\n{before.title}", name, yes=yes)
    with lookup.writing(name) as (session, campaign):
        campaign_id = campaign.id
        if by_hand:
            note_brought_by_hand(session, campaign_id, _number(campaign, addressee), on or "")
        else:
            dispatch_now(session, campaign_id)
    lookup.notify("report" if by_hand else "deliver", *([campaign_id] if by_hand else []))
    follows = console.who_sends()
    if by_hand:
        follows = f"The copies for those who signed follow. {follows}" if is_first else "No email is sent."
    console.say(f"Recorded. {follows}\nNext: {console.command('status', name)}")


def _before_dispatch(session: "Session", campaign: "Campaign") -> "Before":
    from worker.acts.dispatch import dispatch_now
    from worker.state.blockers import overridable
    from worker.state.facts import load_facts
    from worker.wording.acts import letter as words

    facts = load_facts(session, campaign)
    overridden = overridable(facts)
    return words.dispatch(facts, dispatch_now(session, campaign.id), overridden)


def _before_brought(session: "Session", campaign: "Campaign", addressee: str | None, on: str) -> "Before":
    from worker.acts.dispatch import note_brought_by_hand
    from worker.state.blockers import overridable
    from worker.state.facts import as_sealed, load_facts
    from worker.state.letters import load_seal_had, to_note
    from worker.wording.acts import letter as words

    facts, number = load_facts(session, campaign), _number(campaign, addressee)
    overridden, is_first = overridable(facts), campaign.dispatched_at is None
    settles = not to_note(campaign, facts.letters, number)
    names = note_brought_by_hand(session, campaign.id, number, on)
    if settles:
        return words.settled(names)
    had = load_seal_had(session, campaign, names[0])
    facts = as_sealed(session, facts, had and had.number)
    return words.brought(facts, names, overridden, had, is_first=is_first)


def _number(campaign: "Campaign", addressee: str | None) -> int | None:
    from worker.cli import lookup

    return None if addressee is None else lookup.addressee_named(campaign, addressee).id
