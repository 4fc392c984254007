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
    from worker import tasks
    from worker.acts.cancel import cancel_campaign
    from worker.cli import lookup
    from worker.state.counts import load_counts
    from worker.text import dates

    with lookup.dry_run(name) as (session, campaign):
        slug, signed = campaign.slug, load_counts(session, campaign).signed
        by_hand = to_tell_by_hand(session, campaign)
        if (told := cancel_campaign(session, campaign.id)) is None:
            console.nothing_to_do("It is cancelled already: nothing was changed.")
    what = f"{console.count(signed, 'signature')} {'is' if signed == 1 else 'are'} dropped" if signed else ""
    whom = (
        f"{console.count(told, 'email')} to everyone who was asked" if told else "nobody was asked, so nobody is told"
    )
    if dry_run:
        console.say(f"Dry run: {slug} would be cancelled ({', '.join(filter(None, (what, whom)))}).{by_hand}")
        return
    given_up = f" {what[0].upper()}{what[1:]}." if what else ""
    console.ask_for_name(
        f"Cancel {slug}? The letter will never be sent, and neither will any email that waits.{given_up} "
        f"{whom[0].upper()}{whom[1:]}{': it will not be sent' if told else ''}.{by_hand} It cannot be undone.",
        slug,
        yes=yes,
    )
    with lookup.writing(name) as (session, campaign):
        told = cancel_campaign(session, campaign.id)
        kept = campaign
    lookup.notify(tasks.deliver)
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

    names = [one.organization for one in load_to_tell_of_end_by_hand(session, campaign)]
    them = "it" if len(names) == 1 else "them"
    return f" We send no email to {console.some(names)}: tell {them} in another way." if names else ""


def _told(mails: int) -> str:
    if not mails:
        return ""
    tell = "tells" if mails == 1 else "tell"
    return f" {console.count(mails, 'email')} {tell} everyone who was asked. {console.who_sends()}"
