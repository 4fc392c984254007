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
        bool, typer.Option("--end", help="Let it have mail again, also if its own link asked for none.")
    ] = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Send an organization and its contacts nothing at all: because a mail endangers it, or because it says so.

    As nobody would be told, its links then sign nothing, change nothing of how it is printed and cannot be passed
    on; to withdraw and to be less visible they still serve. What it answered stands.

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
        console.say(f"No mail goes to {words} already: nothing was changed.")
        return
    follows = "Its links can sign, change how it is printed or be passed on no more; it can still withdraw by them, "
    follows += "or be less visible."
    if is_cancelled:
        follows = "Its links go on saying that the letter was cancelled."
    if is_open:
        follows += f" If it tells you by another way that it signs: {console.command('sign', name, organization)} …"
    if dry_run:
        console.say(f"Dry run: no mail at all would go to {words} and its contacts. {follows}")
        return
    console.ask(f"Send {words} and its contacts no mail at all? {follows}", yes=yes)
    with lookup.writing(name) as (session, _):
        silence_partner(session, partner_id)
    console.say(f"No mail goes to {words} and its contacts any more. {follows}")
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
        console.say(f"Nobody asked that no mail goes to {words}: nothing was changed.")
        return
    own = " Its own link asked for no more mail: be sure that it wants it." if asked_for_it else ""
    if dry_run:
        console.say(f"Dry run: mail would go to {words} again.{own}")
        return
    console.ask(f"Let {words} have mail again?{own}", yes=yes)
    with lookup.writing(name) as (session, _):
        allow_mail(session, partner_id)
        invited = _is_invited_now(session, partner_id)
    lookup.notify(tasks.deliver)
    sent = f" It was never asked, so an invitation goes to it. {console.who_sends()}" if invited else ""
    console.say(f"Mail goes to {words} again.{sent}\nNext: {console.command('status', name)}")


def _is_invited_now(session: "Session", partner_id: int) -> bool:
    """Whether an invitation waits for it; silence had called back every other one."""
    from sqlalchemy import select

    from worker.models import Mail

    waits = select(Mail.id).where(Mail.partner_id == partner_id, Mail.kind == "invitation", Mail.due_at.is_not(None))
    return session.scalar(waits.limit(1)) is not None
