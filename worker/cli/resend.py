"""What an organizer types to send something again."""

from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Name, Yes


def resend(
    name: Name,
    partner: Annotated[
        str | None,
        typer.Option(
            "--partner",
            metavar="ORGANIZATION",
            help="Send this organization its email with the link once more, and not the letter.",
        ),
    ] = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Send the letter once more, when it may have arrived but the addressee says that it did not.

    With --partner: send one organization its email once more. If it has not answered it gets a reminder, otherwise
    its receipt. Both have the link and the code.

    Examples: `undersigned resend cambodia-2023`, `undersigned resend cambodia-2023 --partner "Khmer Thavrak"`
    """
    from worker.acts.dispatch import resend_letter
    from worker.cli import lookup
    from worker.state.letters import load_doubted
    from worker.state.refusals import NotUncertain
    from worker.wording.acts.letter import resend as words_of_resend

    if partner is not None:
        _resend_to_partner(name, partner, yes=yes, dry_run=dry_run)
        return
    with lookup.reading(name) as (session, campaign):
        doubted = load_doubted(session, campaign)
        if not doubted.names:
            raise NotUncertain
    before = words_of_resend(doubted.names, doubted.older_seal)
    if dry_run:
        console.say(f"Dry run: {' '.join(before.lines)}")
        return
    console.ask(f"{' '.join(before.lines)} {before.title}", yes=yes)
    with lookup.writing(name) as (session, campaign):
        resend_letter(session, campaign.id)
        campaign_id = campaign.id
    lookup.notify("dispatch", campaign_id)
    console.say(f"It is sent once more. {console.who_sends()}\nNext: {console.command('status', name)}")


def _resend_to_partner(name: str, partner: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.resend import mail_once_more
    from worker.cli import lookup
    from worker.wording.acts import partner as words

    with lookup.dry_run(name) as (session, campaign):
        found = lookup.partner_named(session, campaign, partner)
        partner_id = found.id
        before = words.mail_once_more(lookup.said(found, partner), mail_once_more(session, found.id))
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, _):
        mail_once_more(session, partner_id)
    lookup.notify("deliver")
    console.say(f"It is sent once more. {console.who_sends()}\nNext: {console.command('status', name)}")
