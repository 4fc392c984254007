"""What an organizer types to begin: the folder of a new campaign."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console, new_letter
from worker.cli.options import DryRun

if TYPE_CHECKING:
    from worker.definition.partners import PartnerRow


MAX_SAID = 200  # changes to a list that was taken over


def new(
    name: Annotated[str, typer.Argument(help="A name for the folder: a-z, 0-9 and hyphens.")],
    partners: Annotated[
        Path | None,
        typer.Option(
            help="Your list: a spreadsheet (XLSX, ODS), CSV, the export of a form, or lines pasted from an email."
        ),
    ] = None,
    sheet: Annotated[str, typer.Option(metavar="NAME", help="The name of the sheet, if several may be the list.")] = "",
    letter: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE",
            help="The letter from Word (.docx) or as text (.md, .txt). With its language: fr=FILE. May be repeated.",
        ),
    ] = None,
    changes: Annotated[
        str,
        typer.Option(
            metavar="accept|reject", help="What to do with tracked changes in a Word document: accept or reject."
        ),
    ] = "",
    dry_run: DryRun = False,
) -> None:
    """Make the folder of a new campaign, with your letter from Word and your list of partners cleaned up.

    Example: `undersigned new river-2027 --letter letter.docx --partners list.xlsx`
    """
    from worker import settings
    from worker.definition import partners as lists
    from worker.definition.printable import partner_glyph_problems
    from worker.definition.problems import few

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        expected = "small letters, digits and hyphens, for example river-2027"
        console.fail(f"The name {name!r}: expected {expected}.", console.USAGE)
    if sheet and not partners:
        console.fail("--sheet needs --partners: it names a sheet of that spreadsheet.", console.USAGE)
    folder = settings.current().campaigns_dir / name
    if folder.exists():
        console.fail(f"{folder} exists already; nothing was changed.")
    letters = new_letter.take_letters(letter or [], changes)
    letters.say_remarks()
    listed = _partners_from(partners, sheet, letters)
    sources = sorted((settings.current().templates_dir / "new").iterdir())
    files = letters.put_into({source.name: source.read_text(encoding="utf-8") for source in sources})
    if dry_run:
        console.say(f"Dry run: would make {folder} with {console.partners(len(listed))}.")
        return
    folder.mkdir(parents=True)
    for file, content in files.items():
        if file == "campaign.toml":
            content = content.replace("DEADLINE", _in_four_weeks())
        (folder / file).write_text(content, encoding="utf-8")
    letters.say_taken()
    lists.write_csv(folder / "partners.csv", listed)
    if listed:
        where = folder / "partners.csv"
        for problem in few(partner_glyph_problems(listed)):
            console.say(f"• {problem.sentence}")
        console.say(f"{console.partners(len(listed))} in {where}; add their addresses and languages there.")
    console.say(f"Made {folder}. Fill in what is written in capitals, then: {console.command('check', str(folder))}")


def _partners_from(path: Path | None, sheet: str, letters: new_letter.Letters) -> "list[PartnerRow]":
    """The list, with everything said that was changed in it, and all problems at once, those of the letters too."""
    from worker.definition import partners as lists
    from worker.definition.pasted_list import grouped
    from worker.definition.problems import BadDefinition, few

    taken = lists.take_list(path, letters.language, sheet) if path else lists.TakenList()
    remarks = grouped(taken.remarks)
    for remark in remarks[:MAX_SAID]:
        console.say(f"• {remark.sentence}")
    if len(remarks) > MAX_SAID:
        console.say(f"• and {len(remarks) - MAX_SAID:,} more: look through the list that was written.")
    with console.problems_told():
        if problems := [*letters.problems, *taken.problems]:
            raise BadDefinition(few(problems))
    letters.say_missing(Counter(row.language for row in taken.rows if row.language))
    return taken.rows


def _in_four_weeks() -> str:
    return f"{datetime.now(UTC) + timedelta(weeks=4):%Y-%m-%dT18:00:00}"
