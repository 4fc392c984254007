"""When the last backup was made, as `status` and `erase` say it."""

from datetime import UTC, datetime

from rich.text import Text
from sqlalchemy.orm import Session

from worker import db, settings
from worker.cli import console
from worker.state.backups import find_older_backups, load_backup_status
from worker.text import dates


def lines(session: Session, *, only_missing: bool = False) -> list[Text]:
    """A line about the last backup; none where nothing is at stake yet, or with `only_missing` nothing is wrong."""
    found = load_backup_status(session)
    if found.is_missing(db.clock(session)):
        said = f"the last one is of {moment(found.last)}" if found.last else "none was made yet"
        return [Text(f"NO BACKUP IS MADE: {said}; `{console.command('doctor')}` says more", style="bold red")]
    if only_missing or (found.last is None and settings.current().embedded):
        return []
    return [Text(f"last backup: {moment(found.last) if found.last else 'none yet'}")]


def moment(at: datetime) -> str:
    return f"{dates.date(at, 'UTC', 'en')}, {at.astimezone(UTC):%H:%M} UTC"


def who_holds_it(erased_at: datetime) -> str:
    """A sentence about the backups that hold what was just erased."""
    found = find_older_backups(erased_at)
    if found.oldest and found.until:
        return (
            f"Backups hold it until they are deleted: the oldest is of {moment(found.oldest)}, "
            f"and the last that holds it is deleted on {dates.date(found.until, 'UTC', 'en')}."
        )
    made = "keeps no backup that holds it" if found.made_here else "makes no backups by itself"
    return f"The program {made}; others hold it until you delete them."
