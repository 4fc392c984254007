"""What an organizer types so that an organization gets no mail at all, or gets it again."""

from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Who, Yes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def silence(
    name: Name,
    organization: Who,
    end: Annotated[
        bool, typer.Option("--end", help="Allow email again, also if the organization unsubscribed by its own link.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Send no email at all to an organization and its contacts, because email endangers it or it does not want any.

    Then its links cannot sign, change its name in the letter or be passed on, because nobody would be told of it. They
    can still withdraw, or make it less visible. The answer that it gave stands.

    Examples: `undersigned silence cambodia-2023 "Khmer Thavrak"`,
    `undersigned silence cambodia-2023 "Khmer Thavrak" --end`
    """
    if end:
        _end(name, organization, yes=yes, dry_run=dry_run)
    else:
        _begin(name, organization, yes=yes, dry_run=dry_run)


def _begin(name: str, organization: str, *, yes: bool, dry_run: bool) -> None:
    from worker import db
    from worker.acts.unsubscribe import silence_partner
    from worker.cli import lookup

    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, words = partner.id, lookup.said(partner, organization)
        is_open, is_cancelled = campaign.takes_answers(at=db.clock(session)), campaign.cancelled_at is not None
        new = silence_partner(session, partner_id)
    if not new:
        console.say(f"You stopped all email to {words} already: nothing was changed.")
        return
    follows = "Its links can no longer sign, change its name in the letter or be passed on. They can still withdraw, "
    follows += "or make it less visible."
    if is_cancelled:
        follows = "Its links still say that the letter was cancelled."
    if is_open:
        follows += f" If it tells you in another way that it signs: {console.command('sign', name, organization)} …"
    if dry_run:
        console.say(f"Dry run: {words} and its contacts would get no email at all. {follows}")
        return
    console.ask(f"Send {words} and its contacts no email at all? {follows}", yes=yes)
    with lookup.writing(name) as (session, _):
        silence_partner(session, partner_id)
    console.say(f"{words} and its contacts get no email any more. {follows}")
    console.say(f"Next: {console.command('status', name)}")


def _end(name: str, organization: str, *, yes: bool, dry_run: bool) -> None:
    from worker import tasks
    from worker.acts.unsubscribe import allow_mail
    from worker.cli import lookup

    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, words, asked_for_it = partner.id, lookup.said(partner, organization), partner.quiet_at is not None
        new = allow_mail(session, partner_id)
    if not new:
        console.say(f"Email to {words} was not stopped: nothing was changed.")
        return
    own = " It unsubscribed by its own link: be sure that it wants email again." if asked_for_it else ""
    if dry_run:
        console.say(f"Dry run: {words} would get email again.{own}")
        return
    console.ask(f"Send {words} email again?{own}", yes=yes)
    with lookup.writing(name) as (session, _):
        allow_mail(session, partner_id)
        invited = _is_invited_now(session, partner_id)
    lookup.notify(tasks.deliver)
    sent = f" It was never asked, so it gets an invitation. {console.who_sends()}" if invited else ""
    console.say(f"{words} gets email again.{sent}\nNext: {console.command('status', name)}")


def _is_invited_now(session: "Session", partner_id: int) -> bool:
    """Whether an invitation waits for it; silence had called back every other one."""
    from sqlalchemy import select

    from worker.models import Mail

    waits = select(Mail.id).where(Mail.partner_id == partner_id, Mail.kind == "invitation", Mail.due_at.is_not(None))
    return session.scalar(waits.limit(1)) is not None
