"""What an organizer types to see what partners will see."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import WHO, Deadline, DryRun, Folder, Json, Reminders, Review

if TYPE_CHECKING:
    from worker.definition.campaign import Definition
    from worker.models import Campaign, Partner


def preview(
    folder: Folder,
    deadline: Deadline = None,
    reminders: Reminders = None,
    review: Review = None,
    partner: Annotated[str | None, typer.Option("--partner", metavar="ORGANIZATION", help=WHO)] = None,
    send_to: Annotated[
        str | None,
        typer.Option("--send-to", metavar="ADDRESS", help="Your own email address: send it the invitation as a test."),
    ] = None,
    as_json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Write the letter and one email as a partner will see them. Sends nothing.

    With --partner: what this partner gets and sees, in its language: its invitation, its page, and the public page if
    there is one. With --send-to as well, its invitation is sent to you, marked as a test.

    Examples: `undersigned preview campaigns/cambodia-2023 --deadline "in 2 weeks"`,
    `undersigned preview campaigns/cambodia-2023 --partner "Khmer Thavrak" --send-to you@your.org`
    """
    from worker.cli import campaign_folder
    from worker.state import signatories
    from worker.text import letter_numbers

    if send_to is not None and partner is None:
        console.fail("--send-to needs --partner: whose invitation do you want to read?", console.USAGE)
    definition = campaign_folder.read_folder(folder, deadline, reminders, review)
    next_one = campaign_folder.with_options("launch", folder, deadline, reminders, review)
    if partner is not None:
        _preview_partner(definition, partner, send_to, dry_run=dry_run, as_json=as_json)
        return
    if dry_run:
        languages = ", ".join(sorted(definition.letters))
        console.say(f"Dry run: letter and invitations ({languages}) would be written into {_folder(definition)}.")
        return
    written = []
    for path in write_preview(definition):
        written.append(str(path))
        if not as_json:
            print(path)
    if as_json:
        console.give({"campaign": definition.slug, "files": written})
    if signatories.offers_withheld(definition.visibility):
        console.say(
            "\nThe letter names every partner. “N” below the list stands for the number of organizations that "
            "sign and are not named."
        )
    if letter_numbers.say_members(definition.letters):
        console.say("\n“…” stands for the number of members: of the persons who will have added their voices.")
    console.say(f"\nLook at these files. Next: {next_one}")


def _preview_partner(
    definition: "Definition", organization: str, send_to: str | None, *, dry_run: bool, as_json: bool
) -> None:
    import asyncio

    from worker import settings
    from worker.cli.doctor.mail import send_now
    from worker.cli.preview_partner import preview_for
    from worker.mail.outcomes import Kind
    from worker.text import addresses
    from worker.text.languages import LANGUAGES

    conf = settings.current()
    to, wrong = addresses.normalize(send_to.strip()) if send_to is not None else ("", "")
    if wrong:
        console.fail(f"--send-to: {send_to!r} is not an email address: {wrong}", console.USAGE)
    if to and not conf.smtp_url:
        console.fail("No email can be sent from here: there is no relay (SMTP_URL). Read the files instead.")
    found = preview_for(definition, organization)
    folder = _folder(definition) / "partner"
    if dry_run:
        sent = f", and its invitation would be sent to {to}" if to else ""
        console.say(f"Dry run: what {found.organization} gets and sees would be written into {folder}{sent}.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in found.files().items():
        (folder / name).write_bytes(content)
        if not as_json:
            print(folder / name)
    if as_json:
        console.give({"campaign": definition.slug, "files": [str(folder / name) for name in found.files()]})
    console.say(f"\nThis is what {found.organization} gets and sees, in {LANGUAGES[found.language].name}.")
    if to:
        outcome = asyncio.run(send_now(found.test_mail(to)))
        if outcome.kind is not Kind.SENT:
            console.fail(f"The test was not sent to {to}: {outcome.reply}")
        console.say(f"Its invitation was sent to {to}, marked as a test.")


def write_preview(definition: "Definition") -> Iterator[Path]:
    """Write the letter, as if everyone signed publicly, and the first invitation of each language.

    Where partners may sign without being named, the line in which they will stand is below the list, with an N in it.
    """
    from worker.acts import launch
    from worker.models import Partner

    campaign = launch.as_row(definition, datetime.now(UTC))
    partners = [Partner(**launch.partner_columns(definition, row)) for row in definition.partners]
    folder = _folder(definition)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _documents(campaign, partners):
        (folder / name).write_bytes(content)
        yield folder / name


def _folder(definition: "Definition") -> Path:
    from worker import settings

    return settings.current().previews / definition.slug


def _documents(campaign: "Campaign", partners: "list[Partner]") -> Iterator[tuple[str, bytes]]:
    from sqlalchemy.orm import Session

    from worker.models import Mail
    from worker.state.signatories import Signatories, in_order, offers_withheld
    from worker.wording import letter, letter_formats, mails

    everyone = Signatories(in_order(partners), withheld=0)
    for language in sorted(campaign.letter.texts):
        sheet = letter.build_letter(campaign, everyone, language)
        if offers_withheld(campaign.visibilities):
            sheet = replace(sheet, withheld=letter.withheld_line(language))
        for form, content in letter_formats.documents(sheet, campaign.deadline_at, campaign.authentic):
            yield form.file_name(language if form.every_language else ""), content
        first = next((p for p in partners if p.language == language and p.email), None)
        if first is not None:
            mail = Mail(kind="invitation", language=language, partner=first, campaign=campaign)
            message = mails.word_mail(Session(), mail)
            yield f"invitation.{language}.txt", f"Subject: {message.subject}\n\n{message.text}".encode()
            yield f"invitation.{language}.html", message.html.encode()
