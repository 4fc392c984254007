"""The campaign's folder as several commands read it: the checked definition, its summary, the next command."""

from datetime import UTC, datetime
from pathlib import Path

from worker import settings, startup
from worker.backup import folder as backups
from worker.cli import console, lookup
from worker.definition import campaign as definitions
from worker.definition.campaign import Definition
from worker.definition.campaign_keys import Addressee
from worker.definition.printable import glyph_problems
from worker.definition.problems import BadDefinition, few
from worker.state.positions import FEW_PARTNERS
from worker.state.signatories import could_be_guessed
from worker.text import dates
from worker.text.languages import said


def read_folder(folder: Path, deadline: str | None, reminders: str | None, review: str | None) -> Definition:
    """The checked definition; otherwise all problems are said and the command ends."""
    with console.problems_told():
        definition = find_problems(folder, deadline, reminders, review)
    for remark in definition.remarks:
        console.say(f"• {remark.sentence}")
    return definition


def find_problems(folder: Path, deadline: str | None, reminders: str | None, review: str | None) -> Definition:
    """The same without a word; raises BadDefinition with all problems."""
    startup.check_registered()
    campaigns = settings.current().campaigns_dir
    if not folder.exists():
        by_name = (campaigns / folder.name, settings.EXAMPLES / folder.name)
        folder = next((found for found in by_name if found.exists()), folder)
    if not folder.exists() and campaigns.is_dir():
        known = [one.name for one in sorted(campaigns.iterdir()) if one.is_dir()]
        if meant := lookup.did_you_mean(folder.name, known):
            console.fail(f"No folder {folder}. {meant}")
    now = datetime.now(UTC)
    definition = definitions.read_definition(folder, now=now, deadline=deadline, reminders=reminders, review=review)
    if problems := glyph_problems(definition):
        raise BadDefinition(few(problems))
    return definition


def summary(definition: Definition) -> str:
    """What is about to be asked, of whom and until when, in a few lines."""
    with_address = sum(bool(row.email) for row in definition.partners)
    by_hand = len(definition.partners) - with_address
    when = dates.day_and_time(definition.deadline, definition.zone, "en")
    reminders = ", ".join(dates.span(before, "en", "day") for before in definition.reminders) or "none"
    past = sum(definition.deadline - before <= datetime.now(UTC) for before in definition.reminders)
    lines = [
        definition.title,
        f"  to        {'; copy: '.join(_with_way(one, definition.authentic) for one in definition.addressees)}",
        f"  partners  {len(definition.partners)}" + (f" ({by_hand} without an email address)" if by_hand else ""),
        f"  letter    {', '.join(sorted(definition.letters))}; {definition.authentic} is authentic",
        f"  deadline  {when}",
        f"  reminders {reminders} before it; then {dates.span(definition.review, 'en', 'day')} of review",
    ]
    if definition.members != "closed":
        lines.append(f"  members   {_MEMBERS[definition.members]}")
    if past:
        are = "reminder is" if past == 1 else "reminders are"
        left_out = "will not be sent"
        lines.append(f"            {past} {are} in the past and {left_out}")
    return "\n".join(lines)


_MEMBERS = {
    "counted": "persons may add their voices on the public page; the addressee is told how many",
    "named": "persons may add their voices on the public page; the addressee reads the names of those who wish it",
}


def _with_way(addressee: Addressee, authentic: str) -> str:
    """An addressee's name; where there is no mail address, that a person brings the letter."""
    name = said(addressee.name, authentic, authentic)
    return name if addressee.email else f"{name} (no email address: you bring it)"


def say_who_gets_no_mail(suppressed: dict[int, str]) -> None:
    """Each line of the list whose address is suppressed."""
    for sentence in suppressed.values():
        console.say(f"• {sentence}")


def say_who_could_be_guessed(definition: Definition) -> None:
    """That few are asked and may sign without being named; the page of each says so too."""
    if could_be_guessed(len(definition.partners), definition.visibility):
        console.say(
            f"• You ask fewer than {FEW_PARTNERS} organizations. Anyone who knows which ones could guess who signs "
            "without being named. The page of each partner says so too."
        )


def say_how_long_backups_hold_names(definition: Definition) -> None:
    """That backups hold names for longer than is promised to the partners of this campaign."""
    planned = backups.plan()
    if planned is not None and planned.keep > definition.keep_contacts:
        kept, promised = (dates.span(one, "en", "day") for one in (planned.keep, definition.keep_contacts))
        console.say(
            f"• Backups are kept for {kept} (UNDERSIGNED_BACKUP_KEEP), and keep_contacts promises that names are "
            f"erased after {promised}: erased names would stay in backups for longer than that."
        )


def with_options(command: str, folder: Path, deadline: str | None, reminders: str | None, review: str | None) -> str:
    """The next command with the options of this one, which are not written down anywhere."""
    typed = {"--deadline": deadline, "--reminders": reminders, "--review": review}
    options = [word for option, value in typed.items() if value is not None for word in (option, value)]
    return console.command(command, str(folder), *options)
