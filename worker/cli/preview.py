"""What an organizer types to see what partners will see."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from worker.cli import console
from worker.cli.options import Deadline, Folder, Reminders, Review

if TYPE_CHECKING:
    from worker.definition.campaign import Definition
    from worker.models import Campaign, Partner


def preview(folder: Folder, deadline: Deadline = None, reminders: Reminders = None, review: Review = None) -> None:
    """Write the letter and one mail as a partner will see them; sends nothing.

    Example: `undersigned preview campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker.cli import campaign_folder
    from worker.state import signatories

    definition = campaign_folder.read_folder(folder, deadline, reminders, review)
    for path in write_preview(definition):
        print(path)
    if signatories.offers_withheld(definition.visibility):
        console.say("\nThe letter names every partner. “N” below the list stands for how many sign and are not named.")
    next_one = campaign_folder.with_options("launch", folder, deadline, reminders, review)
    console.say(f"\nLook at these files. Next: {next_one}")


def write_preview(definition: "Definition") -> Iterator[Path]:
    """Write the letter, as if everyone signed publicly, and the first invitation of each language.

    Where partners may sign without being named, the line in which they will stand is below the list, with an N in it.
    """
    from worker import settings
    from worker.acts import launch
    from worker.models import Partner

    campaign = launch.as_row(definition, datetime.now(UTC))
    partners = [Partner(**launch.partner_columns(definition, row)) for row in definition.partners]
    folder = settings.current().data_dir / "preview" / definition.slug
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _documents(campaign, partners):
        (folder / name).write_bytes(content)
        yield folder / name


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
