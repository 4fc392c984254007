"""What an organizer types to hold the letter back, and to let it go on."""

from typing import TYPE_CHECKING

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes

if TYPE_CHECKING:
    from worker.state.letters import DeliveryState


def hold(name: Name) -> None:
    """Stop close, dispatch and report until `resume`; answers go on.

    Example: `undersigned hold cambodia-2023`
    """
    from worker.acts.hold import hold_letter
    from worker.cli import lookup
    from worker.state.letters import delivery_state, load_letters

    with lookup.writing(name) as (session, campaign):
        changed = hold_letter(session, campaign.id)
        where = delivery_state(campaign, load_letters(session, campaign))
    if where != "not_sent":
        console.fail(_HELD_TOO_LATE[where])
    next_one = console.command("resume", name)
    console.say(f"Held{'' if changed else ' already'}: the letter does not leave. Next: {next_one}")


_HELD_TOO_LATE: dict["DeliveryState", str] = {
    "sending": "It is being handed over at this moment; if the server turns it down, it stays here: see the status.",
    "uncertain": "It may have arrived already: nobody knows. It is not sent again, and copies wait.",
    "partly_sent": "One addressee has it already. What has not left is held, and copies wait.",
    "sent": "The letter has left already. Copies that have not been sent wait.",
}


def resume(name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Let a held campaign go on. If its review is over, the letter leaves at once.

    Example: `undersigned resume cambodia-2023`
    """
    from worker import tasks
    from worker.acts.close import close_and_seal_within
    from worker.acts.hold import resume_letter
    from worker.cli import lookup
    from worker.cli.dispatch import letter_with_names
    from worker.state.blockers import find_blockers
    from worker.state.facts import load_facts

    with lookup.dry_run(name) as (session, campaign):
        if not resume_letter(session, campaign.id):
            console.fail("It was not held: nothing was changed.", 0)
        close_and_seal_within(session, campaign.id)  # as happens by itself, if the deadline passed meanwhile
        facts = load_facts(session, campaign)
        has_left = facts.is_irrevocable or campaign.dispatched_at is not None
        at_once = not has_left and not find_blockers(facts)
        letter = letter_with_names(facts)
    if dry_run:
        console.say(f"Dry run: it would go on. {f'{letter} would leave at once.' if at_once else ''}".rstrip())
        return
    if at_once:
        console.ask(f"{letter} leaves at once. Go on?", yes=yes)
    with lookup.writing(name) as (session, campaign):
        resume_letter(session, campaign.id)
        campaign_id = campaign.id
    lookup.notify(tasks.close, campaign_id)
    console.say(f"It goes on.{' The letter leaves now.' if at_once else ''}\nNext: {console.command('status', name)}")
