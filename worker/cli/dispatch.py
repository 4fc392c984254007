"""What an organizer types to send the letter now."""

from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.models import Campaign, Rendition
    from worker.state.facts import CampaignFacts
    from worker.state.letters import DeliveryState


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
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Send the sealed letter now, without waiting for the review or the quorum.

    Example: `undersigned dispatch cambodia-2023`
    """
    from worker import tasks
    from worker.cli import lookup
    from worker.state.facts import load_facts

    if addressee is not None and not by_hand:
        console.fail("--addressee needs --by-hand: the email goes to all who have an address.", console.USAGE)
    with lookup.dry_run(name) as (session, campaign):
        facts = load_facts(session, campaign)
        overridden, sealed = _overridden(facts), _sealed(session, facts)
        copies_follow = campaign.dispatched_at is None
        to = _dispatched(session, campaign, facts, by_hand=by_hand, addressee=addressee)
        first = campaign.letter.addressees[0].name in to
        letter = letter_with_names(facts, "addressee" if first else "public")
    if dry_run:
        went = f"was brought to {console.some(to)} by you" if by_hand else f"goes to {console.some(to)}"
        console.say(f"Dry run: {letter} {went}.{overridden}")
        return
    if by_hand:
        has = "has" if len(to) == 1 else "have"
        question = f"{letter}, {sealed}: record that {console.some(to)} {has} it?{overridden}"
        console.ask_for_name(question, name, yes=yes)
    else:
        console.ask_for_name(f"{letter} goes to {console.some(to)}.{overridden}\nSend it now?", name, yes=yes)
    with lookup.writing(name) as (session, campaign):
        _dispatched(session, campaign, load_facts(session, campaign), by_hand=by_hand, addressee=addressee)
        campaign_id = campaign.id
    lookup.notify(tasks.report if by_hand else tasks.deliver, *([campaign_id] if by_hand else []))
    follows = console.who_sends()
    if by_hand:
        follows = f"The copies for those who signed follow. {follows}" if copies_follow else "No email is sent."
    console.say(f"Recorded. {follows}\nNext: {console.command('status', name)}")


def letter_with_names(facts: "CampaignFacts", rendition: "Rendition" = "addressee") -> str:
    """`The letter of 25 organizations (20 named for everyone, 2 for the addressee only, 3 counted and not named)`.

    Of a copy, which is the public rendition: `The letter of 25 organizations (20 named in it)`.
    """
    numbers = [f"{number} {_NAMED[visibility]}" for visibility, number in facts.signing.items() if number]
    if rendition == "public" and facts.named_publicly < facts.signed:
        numbers = [f"{facts.named_publicly} named in it"]
    in_detail = f" ({', '.join(numbers)})" if numbers else ""
    return f"The letter of {console.count(facts.signed, 'organization')}{in_detail}"


_NAMED = {"public": "named for everyone", "addressee": "for the addressee only", "counted": "counted and not named"}


def _dispatched(
    session: "Session", campaign: "Campaign", facts: "CampaignFacts", *, by_hand: bool, addressee: str | None
) -> list[str]:
    """Do it, or end the command with the reason why there is nothing to do; returns the names of the addressees."""
    from worker.acts.dispatch import dispatch_seal, note_brought_by_hand
    from worker.cli import lookup

    if by_hand:
        only = lookup.addressee_named(campaign, addressee) if addressee is not None else None
        return note_brought_by_hand(session, campaign.id, only.id if only else None)
    to = [one.addressee.name for one in facts.served if one.state in {"waiting", "refused"}]
    if not dispatch_seal(session, campaign.id, by_person=True):
        code = console.WAITS if _waits_for_a_person(facts) else 0
        console.fail(f"Nothing was sent: {_why_nothing(facts)}", code)
    return to


def _waits_for_a_person(facts: "CampaignFacts") -> bool:
    """Whether somebody lacks the letter, or nobody knows: otherwise it is sent, or leaves by itself."""
    return any(one.state in {"uncertain", "returned", "to_bring"} for one in facts.served)


def _why_nothing(facts: "CampaignFacts") -> str:
    """Where the letter is for each addressee, and what to type for one that a person brings."""
    if facts.delivery == "partly_sent" and (to_bring := [one for one in facts.served if one.state == "to_bring"]):
        names, slug = console.some([one.addressee.name for one in to_bring]), facts.campaign.slug
        note = console.command("dispatch", slug, "--by-hand", "--addressee", to_bring[0].addressee.name)
        has = "has" if len(to_bring) == 1 else "have"
        return f"{names} {has} no email address. Once you have brought the letter: {note}"
    return _ALREADY[facts.delivery]


def _sealed(session: "Session", facts: "CampaignFacts") -> str:
    """Which seal it is, so that whoever printed another one sees it."""
    from sqlalchemy import select

    from worker.cli.status_view.phrases import short_moment
    from worker.state.letters import sealed_at

    made = session.scalar(select(sealed_at(facts.campaign.id, facts.seal)))
    return f"seal {facts.seal} of {short_moment(made, facts.now, facts.campaign.zone)}" if made else "not sealed"


_ALREADY: dict["DeliveryState", str] = {
    "not_sent": "the letter waits already, and is sent automatically.",
    "sending": "the letter is being handed over at this moment.",
    "uncertain": "the letter may have arrived.",
    "partly_sent": "one addressee has the letter already, and it is sent to the others automatically.",
    "sent": "the letter has been sent already.",
}


def _overridden(facts: "CampaignFacts") -> str:
    """What holds the clock back, and not a person who types this."""
    from worker.state.blockers import overridable
    from worker.wording import blockers

    told = [blockers.sentence(one).removesuffix(".") for one in overridable(facts)]
    return f" Overridden: {'; '.join(told)}." if told else ""
