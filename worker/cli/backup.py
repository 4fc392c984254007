"""What an operator types so that nothing is lost with the machine: backups as files, and putting one back."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import console
from worker.cli.options import DryRun, Yes

if TYPE_CHECKING:
    from worker.backup.make import Manifest
    from worker.backup.restore import Contents

PassphraseFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Read the passphrase from this file; otherwise it is asked for.")
]
MB = 10**6


def backup(
    file: Annotated[
        Path | None,
        typer.Argument(help="The file to write; - is standard output; without it, a new file in BACKUP_DIR."),
    ] = None,
    init: Annotated[
        bool, typer.Option("--init", help="Make the key for all backups, and show its passphrase once.")
    ] = False,
    own: Annotated[bool, typer.Option("--own", help="With --init: type a passphrase of your own.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Say what is in the backup FILE and how old it is; write nothing.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Write all there is into one encrypted file, while everything runs: database, key, settings, campaigns' folders.

    Only the passphrase that --init shows opens it.

    Examples: `undersigned backup --init`, `undersigned backup river.backup`, `undersigned backup --check river.backup`
    """
    with _refusals_told(file):
        if init:
            _init(own=own, passphrase_file=passphrase_file, yes=yes, dry_run=dry_run)
        elif check:
            _check(file or console.fail("Name the backup to look at: --check FILE.", console.USAGE), passphrase_file)
        else:
            _write(file, dry_run=dry_run)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup that this program wrote.")],
    passphrase_file: PassphraseFile = None,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Put a backup back into an empty place. Then everything stands still until somebody has looked at it.

    Example: `undersigned restore river.backup`
    """
    from worker import embedded, settings
    from worker.backup import archive, identity
    from worker.backup import restore as restoring

    with _refusals_told(file):
        outside = archive.look(file)
        if settings.current().embedded and embedded.is_running(settings.current().data_dir):
            console.fail(f"`{console.command('up')}` is running here: end it first (Ctrl-C), then restore.")
        passphrase = _passphrase(passphrase_file) or _nobody_types_it()
        opener = identity.unlock(outside.sealed, passphrase)
        if not dry_run:
            console.ask(f"Put the backup {_made(outside.made_at)} into the empty database here?", yes=yes)
        done = restoring.restore_backup(file, opener, outside.sealed, dry_run=dry_run)
    if dry_run:
        console.say(f"Dry run: the backup could be restored here. {_summary(done.contents.manifest)}")
        return
    console.say(f"Restored. {_summary(done.contents.manifest)}")
    for name in done.left_out:
        console.say(f"The folder of {name} was not restored: there is one already, or it could not be written.")
    _say_settings(done.contents)
    console.say("Nothing is sent, and nothing closes, until somebody has looked at what is here.")
    console.say(f"Next: {console.command('status')}, then {console.command('resume', '--restored')}")


def _init(*, own: bool, passphrase_file: Path | None, yes: bool, dry_run: bool) -> None:
    from worker.backup import DamagedIdentity, identity

    try:
        there = identity.find_key() is not None
    except DamagedIdentity:
        there = True
    if dry_run:
        console.say(f"Dry run: a {'new ' if there else ''}key for backups would be made in {_folders()}.")
        return
    if there:
        question = (
            "There is a key for backups already. Make a new one? Older backups still open with the old passphrase."
        )
        console.ask(question, yes=yes)
    given = _own_passphrase(passphrase_file) if own or passphrase_file else None
    passphrase = given or identity.new_passphrase()
    identity.keep_key(identity.make_key(passphrase))
    if given is None:
        console.say(f"\nThe passphrase of your backups, shown only now:\n\n    {passphrase}\n")
        console.say("Write it on paper, and keep the paper away from this machine.")
    console.say("Without the passphrase nobody can open a backup, and nobody can help.")
    console.say(f"The key is in {_folders()}. Next: {console.command('backup', 'FILE')}")


def _folders() -> str:
    from worker.backup import identity

    return " and ".join(str(folder) for folder in identity.folders())


def _write(file: Path | None, *, dry_run: bool) -> None:
    from worker.backup import folder, identity, make
    from worker.cli import lookup

    identity.load_key()
    lookup.make_ready()
    if dry_run:
        where = file or (folder.required_plan().folder)
        console.say(f"Dry run: a backup would be written to {where}.")
        return
    if file is None:
        path, manifest = folder.make_now()
    elif str(file) == "-":
        if sys.stdout.isatty():
            console.fail("A backup is not text: name a file, or redirect the output: > river.backup", console.USAGE)
        path, manifest = None, make.make_into(sys.stdout.buffer)
    else:
        path, manifest = file, make.make_backup(file)
    console.say(f"{_summary(manifest)}{f' {_size(path.stat().st_size)} in {path}.' if path else ''}")


def _check(file: Path, passphrase_file: Path | None) -> None:
    from worker.backup import archive, identity
    from worker.backup import restore as restoring

    outside = archive.look(file)
    console.say(f"{file}: a backup {_made(outside.made_at)}; {_size(outside.size)}.")
    if not (passphrase := _passphrase(passphrase_file, "Passphrase (Enter: do not open it): ")):
        console.say("It was not opened. To see whether it is whole, give the passphrase.")
        return
    found = restoring.check(file, identity.unlock(outside.sealed, passphrase))
    manifest = found.manifest
    console.say(f"It is whole. {_summary(manifest)}")
    console.say(
        f"Written by version {manifest.program} from {_DIALECTS[manifest.dialect]}, tables {manifest.revision}."
    )
    console.say(f"Folders of campaigns: {', '.join(found.campaigns) or 'none'}.")
    _say_settings(found)


_DIALECTS = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}


def _say_settings(found: "Contents") -> None:
    from worker.settings import PREFIX

    console.say("Settings at that time, without the passwords of other services:")
    for name, value in found.settings.items():
        console.say(f"  {PREFIX}{name.upper()}={value}")
    if not found.settings:
        console.say("  none")


def _summary(manifest: "Manifest") -> str:
    things = {"campaign": "campaign", "partner": "partner", "answer": "answer", "mail": "email"}
    counts = [console.count(manifest.counts[name], thing) for name, thing in things.items()]
    return f"Everything as it was on {_day(manifest.made_at)}: {', '.join(counts)}."


def _made(moment: datetime) -> str:
    from worker.text import dates

    hours = int((datetime.now(UTC) - moment).total_seconds() // 3600)
    ago = "less than an hour ago" if hours < 1 else f"{console.count(hours, 'hour')} ago"
    if hours >= 48:
        ago = f"{hours // 24} days ago"
    return f"of {dates.date(moment, 'UTC', 'en')}, {moment.astimezone(UTC):%H:%M} UTC ({ago})"


def _day(moment: datetime) -> str:
    from worker.text import dates

    return f"{dates.date(moment, 'UTC', 'en')}, {moment.astimezone(UTC):%H:%M} UTC"


def _size(size: int) -> str:
    return f"{size / MB:.1f} MB" if size >= MB / 10 else f"{size / 1000:.0f} kB"


def _passphrase(file: Path | None, question: str = "Passphrase: ") -> str:
    """What was written down, from a file or from a person; empty where there is neither."""
    import getpass

    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    return getpass.getpass(question, sys.stderr).strip() if sys.stdin.isatty() else ""


def _nobody_types_it() -> str:
    return console.fail(
        "The passphrase is needed: add --passphrase-file FILE, or type it in a terminal.", console.USAGE
    )


def _own_passphrase(file: Path | None) -> str:
    from worker.backup.identity import SHORTEST_PASSPHRASE

    passphrase = _passphrase(file, "Your passphrase: ") or _nobody_types_it()
    if len(passphrase) < SHORTEST_PASSPHRASE:
        console.fail(
            f"That passphrase is too short: it needs at least {SHORTEST_PASSPHRASE} characters. "
            "Without --own, a good one is made for you."
        )
    if file is None and _passphrase(None, "The same passphrase again: ") != passphrase:
        console.fail("The two passphrases differ. Nothing was done.")
    return passphrase


@contextmanager
def _refusals_told(file: Path | None) -> Iterator[None]:
    """Say in a sentence why there is no backup, or why it was not put back; nothing was changed then."""
    from worker import backup as refusals

    try:
        yield
    except FileExistsError as error:
        console.fail(f"{error.filename} is there already: name another file. Nothing was changed.")
    except refusals.BackupError as error:
        console.fail(_SENTENCES[type(error).__name__](file, error))


def _of_the_folder(error: Exception) -> str:
    return f"The key in {error} and its public half do not belong together."


def _other_key(name: str) -> str:
    from worker.settings import PREFIX

    return (
        f"{PREFIX}{name.upper()} is set here, and is not the key in the backup: nobody could read a contact. Nothing "
        "was changed. Set it to the key in the backup (docs/operating.md says how to read it there), or do not set it."
    )


_SENTENCES: dict[str, Any] = {
    "NoIdentity": lambda f, e: (
        f"There is no key for backups yet. Make one first: {console.command('backup', '--init')}"
    ),
    "DamagedIdentity": lambda f, e: f"{_of_the_folder(e)} Make a new key: {console.command('backup', '--init')}",
    "NoFolder": lambda f, e: (
        f"Name the file to write ({console.command('backup', 'FILE')}), or set UNDERSIGNED_BACKUP_DIR to a folder."
    ),
    "BeingMade": lambda f, e: "Another process is making a backup in this folder: try again in a moment.",
    "NotABackup": lambda f, e: f"{f} is not a backup of this program. Nothing was changed.",
    "Damaged": lambda f, e: f"{f} is damaged, or its end is missing: take another copy of it. Nothing was changed.",
    "WrongPassphrase": lambda f, e: (
        f"The passphrase does not open {f}. Type it as it was shown, with its hyphens. If it is right, the file is "
        "damaged: take another copy of it. Nothing was changed."
    ),
    "TooMuchWork": lambda f, e: (
        f"This machine is too slow to try the passphrase of {f}: use a faster one. Nothing was changed."
    ),
    "NewerBackup": lambda f, e: (
        f"A newer version of the program wrote {f} ({e}): install that version first. Nothing was changed."
    ),
    "NotEmpty": lambda f, e: (
        "The database here is not empty. Restore into an empty one: set UNDERSIGNED_DATA_DIR to a new folder, and "
        "UNDERSIGNED_DATABASE_URL, if you use it, to a new database. Nothing was changed."
    ),
    "OtherKey": lambda f, e: _other_key(str(e)),
}
