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
    from worker import tasks
    from worker.acts.dispatch import resend_letter
    from worker.cli import lookup
    from worker.state.letters import living, living_seal, load_letters, served

    if partner is not None:
        _resend_to_partner(name, partner, yes=yes, dry_run=dry_run)
        return
    with lookup.reading(name) as (session, campaign):
        letters = load_letters(session, campaign)
        uncertain = [one for one in living(letters) if one.uncertain_at is not None]
        names = [one.addressee.name for one in served(campaign, letters) if one.state == "uncertain"]
        seal = living_seal(session, campaign)
    letter = "the same letter"
    if older := sorted({one.seal_number for one in uncertain if one.seal_number not in {None, seal}}, key=int):
        letter = f"the letter as it is sealed now (not seal {older[0]}, which may have arrived)"
    if not names:
        console.say("No letter is uncertain: nothing was changed.")
        return
    if dry_run:
        console.say(f"Dry run: {letter} would go to {console.some(names)}.")
        return
    console.ask(f"Send {letter} to {console.some(names)}? They may then have it twice.", yes=yes)
    with lookup.writing(name) as (session, campaign):
        resend_letter(session, campaign.id)
        campaign_id = campaign.id
    lookup.notify(tasks.dispatch, campaign_id)
    console.say(f"It is sent once more. {console.who_sends()}\nNext: {console.command('status', name)}")


def _resend_to_partner(name: str, partner: str, *, yes: bool, dry_run: bool) -> None:
    from worker import tasks
    from worker.acts.resend import mail_once_more
    from worker.cli import lookup
    from worker.wording.acts import partner as words

    with lookup.dry_run(name) as (session, campaign):
        found = lookup.partner_named(session, campaign, partner)
        partner_id = found.id
        question = console.question(
            words.mail_once_more(lookup.said(found, partner), mail_once_more(session, found.id))
        )
    if dry_run:
        console.say(f"Dry run: {question}")
        return
    console.ask(question, yes=yes)
    with lookup.writing(name) as (session, _):
        mail_once_more(session, partner_id)
    lookup.notify(tasks.deliver)
    console.say(f"It is sent once more. {console.who_sends()}\nNext: {console.command('status', name)}")
