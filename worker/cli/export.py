"""What an organizer types to take out what was signed and sealed."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json, Name


def export(
    name: Name,
    documents: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the sealed letters into this folder instead.")
    ] = None,
    excel: Annotated[bool, typer.Option("--excel", help="Write the CSV so that Excel shows all accents.")] = False,
    format: Annotated[
        str, typer.Option("--format", metavar="csv|xlsx", help="Of the list: csv, or xlsx for a spreadsheet.")
    ] = "csv",
    as_json: Json = False,
    dry_run: DryRun = False,
) -> None:
    """Print who signed, as CSV or XLSX: organization, acronym, country, visibility, representative, role, time.

    Keep it confidential: it also names organizations that do not sign publicly. With --documents, you may pass on the
    files that say PUBLIC; those that say CONFIDENTIAL are for the addressee only.

    Examples: `undersigned export cambodia-2023 > signatures.csv`,
    `undersigned export cambodia-2023 --format xlsx > signatures.xlsx`
    """
    from worker.acts import export as acts
    from worker.cli import lookup
    from worker.wording import export as exports

    _require_one_form(documents, format, excel=excel, as_json=as_json)
    form = "json" if as_json else format
    opened = lookup.looking(name) if dry_run else lookup.writing(name, even_restored=True, mails=False)
    with opened as (session, campaign):
        files, signatures = list[tuple[str, bytes]](), list[dict[str, Any]]()
        if documents is not None:
            first = campaign.letter.addressees[0].name
            files = list(exports.documents(session, campaign)) if dry_run else acts.export_documents(session, campaign)
        elif dry_run:
            signatures = exports.signatures(session, campaign)
        else:
            signatures = acts.export_signatures(session, campaign, form)
    if documents is not None:
        _write(documents, files, first, as_json=as_json, dry_run=dry_run)
        return
    if dry_run:
        console.say(f"Dry run: {console.count(len(signatures), 'signature')} would be printed.")
        return
    if as_json:
        console.give(signatures)
        return
    _print(signatures, format, excel=excel)


def _require_one_form(documents: Path | None, format: str, *, excel: bool, as_json: bool) -> None:
    """End the command where options contradict each other, or a file would be written into a terminal."""
    if format not in {"csv", "xlsx"}:
        console.fail(f"--format: found {format!r}; expected csv or xlsx.", console.USAGE)
    if format == "csv":
        return
    for option, given in (("--documents", documents is not None), ("--excel", excel), ("--json", as_json)):
        if given:
            console.fail(f"--format xlsx and {option} give different things: use one of them.", console.USAGE)
    if sys.stdout.isatty():
        console.fail("An XLSX file is not for the screen. Add `> signatures.xlsx`.", console.USAGE)


def _print(signatures: list[dict[str, Any]], format: str, *, excel: bool) -> None:
    from worker.wording import export as exports
    from worker.wording import spreadsheet

    if format == "xlsx":
        sys.stdout.buffer.write(spreadsheet.as_xlsx(exports.COLUMNS, signatures, "Signatures"))
        return
    if excel:
        console.in_utf8()
        sys.stdout.write(spreadsheet.BYTE_ORDER_MARK)
    sys.stdout.write(spreadsheet.as_csv(exports.COLUMNS, signatures))


def _write(folder: Path, documents: Iterable[tuple[str, bytes]], first: str, *, as_json: bool, dry_run: bool) -> None:
    """Write the sealed letters, readable by their owner only; one rendition names those who withheld their name."""
    written = []
    for name, content in documents:
        path = folder / name
        written.append(path)
        if dry_run:
            continue
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)
        if not as_json:
            print(path)
    if not written:
        console.fail("Nothing is sealed yet: the letter is sealed at the deadline.", console.WAITS)
    if dry_run:
        console.say("\n".join(["Dry run: these files would be written:", *map(str, written)]))
        return
    if as_json:
        console.give([{"file": str(path), "confidential": "CONFIDENTIAL" in path.name} for path in written])
    if any("CONFIDENTIAL" in path.name for path in written):
        console.say(
            "The files that say CONFIDENTIAL name organizations that asked not to be named publicly: "
            f"give them to the addressee only, {first}. Others who get a copy get what is in public/."
        )
    if earlier := [str(path) for path in map(_of_another_seal, written) if path.exists()]:
        console.say(
            f"These are from an earlier seal, and may name organizations that have withdrawn since: delete "
            f"{', '.join(earlier)}, and give it "
            "to nobody."
        )


def _of_another_seal(path: Path) -> Path:
    """The file under which the same was written while its copy was confidential, or while it was not."""
    mark, other = ("PUBLIC", "CONFIDENTIAL") if "-PUBLIC." in path.name else ("CONFIDENTIAL", "PUBLIC")
    return path.with_name(path.name.replace(f"-{mark}.", f"-{other}."))
