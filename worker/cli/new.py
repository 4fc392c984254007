"""What an organizer types to begin: the folder of a new campaign."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli import console
from worker.cli.options import DryRun

if TYPE_CHECKING:
    from worker.definition.partners import PartnerRow


MAX_SAID = 200  # changes to a list that was taken over


def new(
    name: Annotated[str, typer.Argument(help="A name for the folder: a-z, 0-9 and hyphens.")],
    partners: Annotated[
        Path | None,
        typer.Option(
            help="A list as spreadsheet (XLSX, ODS), as CSV, the export of a form, or lines pasted from a mail."
        ),
    ] = None,
    sheet: Annotated[str, typer.Option(help="The sheet of the spreadsheet, where several may be the list.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Make the folder of a new campaign, with your list of partners cleaned up.

    Example: `undersigned new river-2027 --partners list.xlsx`
    """
    from worker import settings
    from worker.definition import partners as lists
    from worker.definition.printable import partner_glyph_problems
    from worker.definition.problems import few

    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        expected = "small letters, digits and hyphens, for example river-2027"
        console.fail(f"The name {name!r}: expected {expected}.", console.USAGE)
    if sheet and not partners:
        console.fail("--sheet names a sheet of the spreadsheet that --partners gives.", console.USAGE)
    folder = settings.current().campaigns_dir / name
    if folder.exists():
        console.fail(f"{folder} exists already; nothing was changed.")
    listed = _partners_from(partners, sheet) if partners else []
    sources = sorted((settings.current().templates_dir / "new").iterdir())
    files = {source.name: source.read_text(encoding="utf-8") for source in sources}
    if dry_run:
        console.say(f"Dry run: would make {folder} with {console.partners(len(listed))}.")
        return
    folder.mkdir(parents=True)
    for file, content in files.items():
        (folder / file).write_text(content.replace("DEADLINE", _in_four_weeks()), encoding="utf-8")
    lists.write_csv(folder / "partners.csv", listed)
    if listed:
        where = folder / "partners.csv"
        for problem in few(partner_glyph_problems(listed)):
            console.say(f"• {problem.sentence}")
        console.say(f"{console.partners(len(listed))} in {where}; add their addresses and languages there.")
    console.say(f"Made {folder}. Fill in what is written in capitals, then: {console.command('check', str(folder))}")


def _partners_from(path: Path, sheet: str) -> "list[PartnerRow]":
    """The list, with everything said that was changed in it."""
    from worker.definition import partners as lists
    from worker.definition.problems import BadDefinition, few

    taken = lists.take_list(path, sheet=sheet)
    for remark in taken.remarks[:MAX_SAID]:
        console.say(f"• {remark.sentence}")
    if len(taken.remarks) > MAX_SAID:
        console.say(f"• and {len(taken.remarks) - MAX_SAID:,} more: look through the list that was written.")
    with console.problems_told():
        if taken.problems:
            raise BadDefinition(few(taken.problems))
    return taken.rows


def _in_four_weeks() -> str:
    return f"{datetime.now(UTC) + timedelta(weeks=4):%Y-%m-%dT18:00:00}"
