"""What an organizer types when a letter is not to be sent at all."""

from typing import TYPE_CHECKING

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.models import Campaign


def cancel(name: Name, yes: Yes = False, dry_run: DryRun = False) -> None:
    """Cancel a campaign whose letter has not been sent yet, and tell everyone who was asked.

    Emails that wait are not sent. Links still work, and show what happened. The name is free: you can launch the
    corrected folder again at once.

    Example: `undersigned cancel cambodia-2023`
    """
    from worker.acts.cancel import cancel_campaign
    from worker.cli import lookup
    from worker.state.counts import load_counts
    from worker.state.recipients import load_to_tell_of_end_by_hand
    from worker.text import dates
    from worker.wording.acts import safety

    with lookup.dry_run(name) as (session, campaign):
        slug, signed = campaign.slug, load_counts(session, campaign).signed
        by_hand = to_tell_by_hand(session, campaign)
        names = [one.organization for one in load_to_tell_of_end_by_hand(session, campaign)]
        if (told := cancel_campaign(session, campaign.id)) is None:
            console.nothing_to_do("It is cancelled already: nothing was changed.")
    console.agree(safety.cancel(signed, told, names), yes=yes, dry_run=dry_run, name=slug)
    with lookup.writing(name) as (session, campaign):
        told = cancel_campaign(session, campaign.id)
        kept = campaign
    lookup.notify("deliver")
    console.say(f"Cancelled: the letter of {slug} will never be sent.{_told(told or 0)}{by_hand}")
    if kept.erase_at:
        day = dates.date(kept.erase_at, kept.zone, "en")
        console.say(f"Links show that it was cancelled; contacts and names are erased on {day}.")
    console.say(
        f"To erase sooner: {console.command('erase', slug)}. To start again, correct the folder, then: "
        f"{console.command('launch', slug)}"
    )


def to_tell_by_hand(session: "Session", campaign: "Campaign") -> str:
    """Whom a person tells that the letter is not sent; nothing where a mail tells everybody who was asked."""
    from worker.state.recipients import load_to_tell_of_end_by_hand
    from worker.wording.acts.deadline import not_by_mail

    names = [one.organization for one in load_to_tell_of_end_by_hand(session, campaign)]
    return "".join(f" {line}" for line in not_by_mail(names))


def _told(mails: int) -> str:
    if not mails:
        return ""
    tell = "tells" if mails == 1 else "tell"
    return f" {console.count(mails, 'email')} {tell} everyone who was asked. {console.who_sends()}"
