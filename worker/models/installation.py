"""What we remember of the database and of mail delivery as a whole."""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from worker.models.base import Base

RestoredBy = Literal["restore", "mirror ahead", "moved"]
"""How it was noticed that a database is an older one: our own restore; the data folder remembers more than it does; it
stands in another place, and nothing in the data folder knows it."""


class Installation(Base):
    """The one row about this database as a whole: whose it is, and whether it was put back from a backup.

    `number` is random and stays when the database is restored or moved. `key_check` tells whether a SECRET_KEY is the
    one under which the rows are written; null until a process has had one, and `key_since` since when it is another
    than the one before. `home` names the server or the file in
    which the database was last seen. `drains` counts how often a worker took mail to send. `backed_up_at`: when the
    last backup was complete. `restored_at`: since when everything stands still because the database was found to be
    an older one, until a person has looked; `backup_of` is then the moment at which it was as it is, where that is
    known, and `restored_by` how it was noticed.
    """

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[bytes] = mapped_column(LargeBinary(16))
    key_check: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    home: Mapped[str | None] = mapped_column(Text)
    drains: Mapped[int]
    backed_up_at: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]
    restored_by: Mapped[RestoredBy | None] = mapped_column(String(20))
    backup_of: Mapped[datetime | None]
    key_since: Mapped[datetime | None]


class RelayHealth(Base):
    """The one row about mail delivery as a whole: signs of life, and whether the relay is at fault (the breaker).

    `blocked_at` is when the relay began to take nothing, `mended_at` when it took mail again; between the two
    one mail tries at `retry_at`.
    """

    __tablename__ = "post"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    swept_at: Mapped[datetime | None]
    drained_at: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]
    mended_at: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    reply: Mapped[str | None] = mapped_column(Text)

    @property
    def is_blocked(self) -> bool:
        return self.blocked_at is not None and self.mended_at is None


class Suppression(Base):
    """An address that gets no mail of ours: a mail to it came back, and none will ever arrive."""

    __tablename__ = "suppression"
    id: Mapped[int] = mapped_column(primary_key=True)
    email_hmac: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(20))
