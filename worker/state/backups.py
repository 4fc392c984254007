"""When the last backup was made, whether one is missing, and which ones still hold what was erased."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker.backup import folder
from worker.models import Campaign, Installation

LATE = timedelta(hours=1)  # for which a backup may be under way, or the workers restart


@dataclass(frozen=True)
class BackupStatus:
    """`last`: when one was complete, wherever it is; `every`: how often one is made by itself, null if never.

    `is_missing`: one should have been made by now, and was not.
    """

    last: datetime | None
    every: timedelta | None

    def is_missing(self, now: datetime) -> bool:
        return self.every is not None and (self.last is None or now > self.last + self.every + LATE)


def load_backup_status(session: Session) -> BackupStatus:
    """What the database and the settings of this process say of backups."""
    planned = folder.plan()
    last = session.scalar(select(Installation.backed_up_at))
    return BackupStatus(last, planned.every if planned else None)


def load_shortest_promise(session: Session) -> timedelta | None:
    """The shortest time after which a campaign that is not erased yet promised to erase; null if none did."""
    promised = Campaign.definition["keep_contacts"].as_float()
    shortest = session.scalar(select(func.min(promised)).where(Campaign.erased_at.is_(None)))
    return None if shortest is None else timedelta(seconds=float(shortest))


@dataclass(frozen=True)
class OlderBackups:
    """Backups in our folder that were made before an erasure: the oldest, and when the last of them is deleted.

    `made_here`: whether backups are made by themselves at all.
    """

    made_here: bool
    oldest: datetime | None = None
    until: datetime | None = None


def find_older_backups(erased_at: datetime) -> OlderBackups:
    """Which backups still hold what was erased at this moment, as far as this process sees their folder."""
    planned = folder.plan()
    if planned is None:
        return OlderBackups(made_here=False)
    older = [one.moment for one in folder.kept(planned.folder) if one.moment <= erased_at]
    if not older:
        return OlderBackups(made_here=True)
    return OlderBackups(True, older[0], older[-1] + planned.keep)
