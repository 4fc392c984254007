"""What an organizer types to end the answers before the deadline."""

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes


def close(name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Close before the deadline and seal the letter: nothing more can be added.

    Example: `undersigned close cambodia-2023`
    """
    from worker.acts.close import close_and_seal
    from worker.cli import lookup
    from worker.state.counts import load_counts
    from worker.wording.acts import deadline as words

    with lookup.reading(name) as (session, campaign):
        if campaign.cancelled_at is not None:
            console.fail("It is cancelled: there is nothing to close, and its letter will never be sent.")
        if campaign.closed_at is not None:
            console.nothing_to_do(_CLOSED_ALREADY)
        campaign_id, counts = campaign.id, load_counts(session, campaign)
    console.agree(words.close(counts.signed, counts.silent, counts.unreached), yes=yes, dry_run=dry_run, name=name)
    with lookup.refusals_told(name):
        sealed = close_and_seal(campaign_id, early=True)
    if sealed is None:
        console.nothing_to_do(_CLOSED_ALREADY)
    lookup.notify("dispatch", campaign_id)
    console.say(f"Closed and sealed.\nNext: {console.command('status', name)}")


_CLOSED_ALREADY = "It was closed already: nothing was changed."
