"""Whether there is a backup to fall back on, and whether it is kept for no longer than partners were promised."""

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from worker import db, migrations, settings
from worker.backup import DamagedIdentity, folder, identity
from worker.cli import console
from worker.cli.backup_status import moment
from worker.cli.doctor.finding import Note, failed, ok, warning
from worker.state.backups import load_backup_status, load_shortest_promise
from worker.text import dates


def backup() -> Iterator[Note]:
    """Whether backups can be made, are made, and go in time."""
    planned = folder.plan()
    counts = planned is not None or not settings.current().embedded
    yield from _of_the_key(counts)
    try:
        migrations.check_revision()  # which makes no database, where there is none yet
    except (migrations.WrongSchema, SQLAlchemyError):
        yield warning("the database could not be asked", "repair the database first") if counts else ok("none yet")
        return
    with db.reading() as session:
        found, promised, now = load_backup_status(session), load_shortest_promise(session), db.clock(session)
    now_one = f"`{console.command('backup', *([] if planned else ['FILE']))}` makes one now"
    if found.is_missing(now):
        said = f"the last one is of {moment(found.last)}" if found.last else "none was made yet"
        yield warning(f"backups are not made as they should be: {said}", f"{now_one}, or says what is wrong")
    elif found.last is None:
        yield warning("no backup was ever made", now_one) if counts else ok("none was made, and nothing is at stake")
    else:
        yield ok(f"the last one is of {moment(found.last)}")
    if planned is None:
        return
    yield from _of_the_folder(planned.folder)
    if promised is not None and planned.keep > promised:
        kept, said = (dates.span(one, "en", "day") for one in (planned.keep, promised))
        yield warning(
            f"backups are kept for {kept}, and partners were promised that their names are erased after {said}",
            f"set UNDERSIGNED_BACKUP_KEEP to less than {said}",
        )


def _of_the_key(counts: bool) -> Iterator[Note]:
    make = f"`{console.command('backup', '--init')}` makes one"
    try:
        if identity.find_key() is None and counts:
            yield warning("there is no key for backups, so none can be made", make)
    except DamagedIdentity as error:
        yield failed(f"the key for backups in {error} and its public half do not belong together", make)


def _of_the_folder(place: Path) -> Iterator[Note]:
    existing = next(one for one in (place, *place.absolute().parents) if one.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        yield failed(f"{place} cannot be written", "look who owns it, and at UNDERSIGNED_BACKUP_DIR")
