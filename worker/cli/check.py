"""What an organizer types to find every problem of a folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from worker.cli import console
from worker.cli.options import Deadline, Folder, Json, Reminders, Review

if TYPE_CHECKING:
    from worker.definition.problems import Problem


def check(
    folder: Folder,
    deadline: Deadline = None,
    reminders: Reminders = None,
    review: Review = None,
    as_json: Json = False,
) -> None:
    """Find every problem of a campaign's folder at once; changes nothing.

    Example: `undersigned check campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker.cli import campaign_folder, lookup
    from worker.definition.encodings import Doubt
    from worker.definition.letters import Pasted

    if as_json:
        _as_json(folder, deadline, reminders, review)
        return
    definition = campaign_folder.read_folder(folder, deadline, reminders, review)
    campaign_folder.say_who_gets_no_mail(lookup.suppressed(definition))
    campaign_folder.say_who_could_be_guessed(definition)
    campaign_folder.say_how_long_backups_hold_names(definition)
    console.say(campaign_folder.summary(definition))
    found = "No problems."
    if any(isinstance(remark, Doubt) for remark in definition.remarks):
        found = "No problems, but some letters may be wrong: look at the cells above first."
    elif any(isinstance(remark, Pasted) for remark in definition.remarks):
        found = "No problems, but the letter may not print as you mean it: look at the lines above first."
    console.say(f"\n{found} Next: {campaign_folder.with_options('preview', folder, deadline, reminders, review)}")


def _as_json(folder: Path, deadline: str | None, reminders: str | None, review: str | None) -> None:
    """Print problems and remarks as data; ends with 1, as without, if there are problems."""
    from worker.cli import campaign_folder, lookup
    from worker.definition.problems import BadDefinition
    from worker.wording.relay_status import iso

    try:
        definition = campaign_folder.find_problems(folder, deadline, reminders, review)
    except BadDefinition as error:
        console.give({"problems": list(map(_told, error.problems)), "remarks": []})
        raise typer.Exit(console.FAILED) from None
    suppressed = list(lookup.suppressed(definition).values())
    console.give(
        {
            "campaign": definition.slug,
            "title": definition.title,
            "deadline": iso(definition.deadline),
            "zone": definition.zone,
            "languages": sorted(definition.letters),
            "partners": len(definition.partners),
            "without_address": sum(not row.email for row in definition.partners),
            "problems": [],
            "remarks": list(map(_told, definition.remarks)),
            "gets_no_mail": suppressed,
        }
    )


def _told(problem: "Problem") -> dict[str, Any]:
    return {
        "file": problem.file,
        "where": problem.where or None,
        "found": problem.found,
        "expected": problem.expected,
        "fix": problem.fix,
        "sentence": problem.sentence,
    }
