"""What an organizer types to bring an invitation by another way than mail."""

from pathlib import Path
from typing import Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json, Name, Who


def carry(
    name: Name,
    organization: Who,
    page: Annotated[Path | None, typer.Option(help="Write a page to print, with a QR code, into this file.")] = None,
    as_json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Print an organization's invitation, with its link and code, to bring it in another way than by email.

    Copy it into Signal or WhatsApp, or print it with --page. It names neither the organization nor the letter.

    Example: `undersigned carry cambodia-2023 "Khmer Thavrak" --page invitation.html`
    """
    from worker.acts.hand_out import note_handed_out
    from worker.cli import lookup
    from worker.wording import handout
    from worker.wording.acts.partner import care

    lookup.use_the_running_address()
    if dry_run:
        with lookup.dry_run(name) as (session, campaign):
            partner = lookup.partner_named(session, campaign, organization)
            words = lookup.said(partner, organization)
            handout.as_message(session, partner)
            note_handed_out(session, partner)
        where = f"written into {page}" if page else "printed"
        console.say(f"Dry run: the invitation of {words} would be {where}, and it would be noted that you bring it.")
        return
    with lookup.writing(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        facts = {"campaign": campaign.slug, "number": f"#{partner.id}", "organization": partner.organization}
        words, silenced = lookup.said(partner, organization), partner.silenced_at is not None
        note_handed_out(session, partner)
        given = handout.as_message(session, partner) if page is None else handout.as_page(session, partner)
        if page is not None:
            try:
                page.touch(0o600, exist_ok=False)
            except FileExistsError:
                console.fail(f"{page} is there already: choose another name, or remove it.", console.USAGE)
            page.write_text(given, encoding="utf-8")
    if as_json:
        console.give(facts | ({"text": given} if page is None else {"file": str(page)}))
    elif page is None:
        console.in_utf8()
        print(given, end="")
    else:
        print(page)
    console.say(care(words))
    if silenced:
        console.say(
            "You stopped all email to it, so it cannot sign by its link. Record what it tells you with "
            f"{console.command('sign', name, organization)}, or allow email again: "
            f"{console.command('silence', name, organization, '--end')}"
        )
    if "127.0.0.1" in given:
        console.say("Its link works on this machine only: set UNDERSIGNED_PUBLIC_URL to the address that others reach.")
