"""What an organizer types to send the letter now."""

from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.models import Campaign
    from worker.state.facts import CampaignFacts
    from worker.state.letters import DeliveryState


def dispatch(
    name: Name,
    by_hand: Annotated[bool, typer.Option("--by-hand", help="You brought the letter yourself: note it.")] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Send the sealed letter now, without waiting for the review or the quorum.

    Example: `undersigned dispatch cambodia-2023`
    """
    from worker import tasks
    from worker.cli import lookup
    from worker.state.facts import load_facts

    with lookup.dry_run(name) as (session, campaign):
        facts = load_facts(session, campaign)
        letter, overridden = letter_with_names(facts), _overridden(facts)
        to = [a.name for a in campaign.letter.addressees if a.email or by_hand]
        _dispatched(session, campaign, facts, by_hand=by_hand)
    if dry_run:
        went = f"was brought to {to[0]} by you" if by_hand else f"goes to {console.some(to)}"
        console.say(f"Dry run: {letter} {went}.{overridden}")
        return
    if by_hand:
        console.ask(f"{letter}: note that you brought it to {to[0]} yourself?{overridden}", yes=yes)
    else:
        console.ask(f"{letter} goes to {console.some(to)}.{overridden}\nSend it now?", yes=yes)
    with lookup.writing(name) as (session, campaign):
        _dispatched(session, campaign, load_facts(session, campaign), by_hand=by_hand)
        campaign_id = campaign.id
    lookup.notify(tasks.report if by_hand else tasks.deliver, *([campaign_id] if by_hand else []))
    console.say(f"Noted. {console.who_sends()}\nNext: {console.command('status', name)}")


def letter_with_names(facts: "CampaignFacts") -> str:
    """`The letter of 25 organizations (20 named for everyone, 2 for the addressee alone, 3 counted and not named)`."""
    numbers = [f"{number} {_NAMED[visibility]}" for visibility, number in facts.signing.items() if number]
    in_detail = f" ({', '.join(numbers)})" if numbers else ""
    return f"The letter of {console.count(facts.signed, 'organization')}{in_detail}"


_NAMED = {"public": "named for everyone", "addressee": "for the addressee alone", "counted": "counted and not named"}


def _dispatched(session: "Session", campaign: "Campaign", facts: "CampaignFacts", *, by_hand: bool) -> None:
    """Do it, or end the command with the reason why there is nothing to do."""
    from worker.acts.dispatch import dispatch_seal, note_brought_by_hand

    if by_hand:
        if facts.delivery == "sent":
            console.fail(f"It was noted already: {_ALREADY['sent']}")
        note_brought_by_hand(session, campaign.id)
    elif not dispatch_seal(session, campaign.id, by_person=True):
        console.fail(f"Nothing was sent: {_ALREADY[facts.delivery]}")


_ALREADY: dict["DeliveryState", str] = {
    "not_sent": "the letter lies in the outbox already, and leaves by itself.",
    "sending": "the letter is being handed over at this moment.",
    "uncertain": "nobody knows whether the letter arrived.",
    "partly_sent": "one addressee has the letter already, and the others get it by itself.",
    "sent": "the letter has left already.",
}


def _overridden(facts: "CampaignFacts") -> str:
    """What holds the clock back, and not a person who types this."""
    from worker.state.blockers import overridable
    from worker.wording import blockers

    told = [blockers.sentence(one).removesuffix(".") for one in overridable(facts)]
    return f" Overridden: {'; '.join(told)}." if told else ""
