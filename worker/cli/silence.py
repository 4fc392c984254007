"""What an organizer types so that an organization gets no mail at all, or gets it again."""

from dataclasses import replace
from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Who, Yes


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
    from worker.wording.acts import partner as words

    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, called = partner.id, lookup.said(partner, organization)
        is_open = campaign.takes_answers(at=db.clock(session))
        silence_partner(session, partner_id)
        before = words.silence(called, campaign)
    if is_open:
        by_hand = f"If it tells you in another way that it signs: {console.command('sign', name, organization)} …"
        before = replace(before, lines=[*before.lines, by_hand])
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, _):
        silence_partner(session, partner_id)
    console.say(f"{called} and its contacts get no email any more. {' '.join(before.lines)}")
    console.say(f"Next: {console.command('status', name)}")


def _end(name: str, organization: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.unsubscribe import allow_mail
    from worker.cli import lookup
    from worker.wording.acts import partner as words

    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, called = partner.id, lookup.said(partner, organization)
        had_unsubscribed = partner.quiet_at is not None
        is_asked = allow_mail(session, partner_id)
    before = words.allow_mail(called, had_unsubscribed=had_unsubscribed, is_asked=is_asked)
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, _):
        is_asked = allow_mail(session, partner_id)
    lookup.notify("deliver")
    sent = f" It was never asked, so it gets an invitation. {console.who_sends()}" if is_asked else ""
    console.say(f"{called} gets email again.{sent}\nNext: {console.command('status', name)}")
