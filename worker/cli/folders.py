"""The campaign's folder as an organizer sees it: made, read, summed up, previewed."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from worker import render, settings
from worker.acts import launch, sheets
from worker.cli import rows, talk
from worker.definition import campaign as definitions
from worker.definition import partners as lists
from worker.definition.campaign import Definition
from worker.definition.problems import BadDefinition
from worker.mail import messages
from worker.models import Campaign, Mail, Partner
from worker.state.signatories import Signatories, in_order
from worker.wording import letter_docx, letter_html, letter_pdf, letter_text


def make(name: str, list_file: Path | None) -> None:
    """Write a new campaign's folder; with a list, say everything that was mended in it."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        talk.fail(f"The name {name!r}: expected small letters, digits and hyphens, for example river-2027.", talk.USAGE)
    folder = settings.current().campaigns_dir / name
    if folder.exists():
        talk.fail(f"{folder} exists already; nothing was changed.")
    listed = _partners_from(list_file) if list_file else []
    sources = sorted((settings.current().templates_dir / "new").iterdir())
    files = {source.name: source.read_text(encoding="utf-8") for source in sources}
    folder.mkdir(parents=True)
    for file, content in files.items():
        (folder / file).write_text(content.replace("DEADLINE", _in_four_weeks()), encoding="utf-8")
    lists.write_csv(folder / "partners.csv", listed)
    if listed:
        talk.say(f"{talk.partners(len(listed))} in {folder / 'partners.csv'}; add their addresses and languages there.")
    talk.say(f"Made {folder}. Fill in what is written in capitals, then: {talk.command('check', str(folder))}")


def read(folder: Path, deadline: str | None, reminders: str | None, review: str | None) -> Definition:
    """The checked definition; otherwise all problems are said and the command ends."""
    campaigns = settings.current().campaigns_dir
    if not folder.exists() and (by_name := campaigns / folder.name).exists():
        folder = by_name
    if not folder.exists() and campaigns.is_dir():
        known = [one.name for one in sorted(campaigns.iterdir()) if one.is_dir()]
        if meant := rows.did_you_mean(folder.name, known):
            talk.fail(f"No folder {folder}. {meant}")
    now = datetime.now(UTC)
    with talk.problems_told():
        definition = definitions.read(folder, now=now, deadline=deadline, reminders=reminders, review=review)
        if problems := launch.unprintable(definition):
            raise BadDefinition(problems)
    for remark in definition.remarks:
        talk.say(f"• {remark.sentence}")
    return definition


def summary(definition: Definition) -> str:
    """What is about to be asked, of whom and until when, in a few lines."""
    with_address = sum(bool(row.email) for row in definition.partners)
    by_hand = len(definition.partners) - with_address
    when = render.day_and_time(definition.deadline, definition.zone, "en")
    reminders = ", ".join(_words(r) for r in definition.reminders) or "none"
    past = sum(definition.deadline - before <= datetime.now(UTC) for before in definition.reminders)
    lines = [
        definition.title,
        f"  to        {', '.join(a.name for a in definition.addressees)}",
        f"  partners  {len(definition.partners)}" + (f" ({by_hand} without an address)" if by_hand else ""),
        f"  letter    {', '.join(sorted(definition.letters))}; {definition.authentic} is authentic",
        f"  deadline  {when}",
        f"  reminders {reminders} before it; then {_words(definition.review)} of review",
    ]
    if past:
        lie = "reminder lies" if past == 1 else "reminders lie"
        left_out = "is left out" if past == 1 else "are left out"
        lines.append(f"            {past} {lie} in the past and {left_out}")
    return "\n".join(lines)


def write(folder: Path, documents: Iterable[tuple[str, bytes]]) -> None:
    """Write the sealed letters, readable by their owner only; one rendition names those who withheld their name."""
    written = []
    for name, content in documents:
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)
        written.append(path)
        print(path)
    if not written:
        talk.fail("Nothing is sealed yet: the letter is sealed at the deadline.", talk.WAITS)
    talk.say("What is in addressee/ names organizations that asked not to be named publicly: do not pass it on.")


def preview(definition: Definition) -> Iterator[Path]:
    """Write the letter, as if everyone signed publicly, and the first invitation of each language."""
    campaign = launch.as_row(definition, datetime.now(UTC))
    partners = [Partner(**launch.partner_columns(definition, row)) for row in definition.partners]
    folder = settings.current().data_dir / "preview" / definition.slug
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in _documents(campaign, partners):
        (folder / name).write_bytes(content)
        yield folder / name


def _documents(campaign: Campaign, partners: list[Partner]) -> Iterator[tuple[str, bytes]]:
    everyone = Signatories(in_order(partners), withheld=0)
    for language in sorted(campaign.letter.texts):
        sheet = sheets.of(campaign, everyone, language)
        yield f"letter.{language}.txt", letter_text.as_text(sheet).encode()
        yield f"letter.{language}.html", letter_html.as_html(sheet).encode()
        if language == campaign.authentic:
            yield "letter.pdf", letter_pdf.as_pdf(sheet, campaign.deadline_at)
            yield "letter.docx", letter_docx.as_docx(sheet, campaign.deadline_at)
        first = next((p for p in partners if p.language == language and p.email), None)
        if first is not None:
            mail = Mail(kind="invitation", language=language, partner=first, campaign=campaign)
            message = messages.message(Session(), mail)
            yield f"invitation.{language}.txt", f"Subject: {message.subject}\n\n{message.text}".encode()
            yield f"invitation.{language}.html", message.html.encode()


def _partners_from(path: Path) -> list[lists.PartnerRow]:
    rows, problems, mended = lists.read_list(path)
    for mend in mended:
        talk.say(f"• {mend.sentence}")
    with talk.problems_told():
        if problems:
            raise BadDefinition(problems)
    return rows


def _in_four_weeks() -> str:
    return f"{datetime.now(UTC) + timedelta(weeks=4):%Y-%m-%dT18:00:00}"


def _words(span: timedelta) -> str:
    """`7 days`, `2 hours`, `90 seconds`: the largest unit that divides it."""
    seconds = int(span.total_seconds())
    for name, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length} {name}{'s' if seconds != length else ''}"
    return f"{seconds} seconds"
