"""Who may enter the organizers' desk: persons, their seats at campaigns, and how they come in."""

from datetime import datetime
from typing import Literal

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worker.column_types import Encrypted
from worker.models.base import Base
from worker.models.campaign import Campaign

Role = Literal["viewer", "editor", "owner"]
"""What a person may do at a campaign; each may what those before it may."""

_YES_OR_NO = Boolean(create_constraint=False)


class Organizer(Base):
    """A person with a name in the audit log, which the campaigns' one `reply_to` is not.

    `is_local`: whoever sits at this machine, made by `up`; it has no address. `generation`: raised where all sessions
    are ended, or a second factor is set up, which forgets the browsers that are known. `totp_at`: since when a second
    factor is asked for; `totp_step`: the last one that was taken, so that none is taken twice. `recovery_codes`:
    SHA-256 of those left. After `removed_at` the address is gone and the name stays.
    """

    __tablename__ = "organizer"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    generation: Mapped[int]
    name: Mapped[str] = mapped_column(Encrypted("organizer.name", "ref"))
    email: Mapped[str] = mapped_column(Encrypted("organizer.email", "ref"))
    email_hmac: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    language: Mapped[str] = mapped_column(String(8))
    is_local: Mapped[bool] = mapped_column(_YES_OR_NO)
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    totp_secret: Mapped[str] = mapped_column(Encrypted("organizer.totp_secret", "ref"))
    totp_at: Mapped[datetime | None]
    totp_step: Mapped[int | None]
    recovery_codes: Mapped[list[str]]

    seats: Mapped[list["Seat"]] = relationship(back_populates="organizer", order_by="Seat.id")


class Seat(Base):
    """What one organizer may do at one campaign. To send is a right of its own, whatever the role."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("organizer_id", "campaign_id"), Index(None, "campaign_id"))
    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizer.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    role: Mapped[Role] = mapped_column(String(10))
    may_send: Mapped[bool] = mapped_column(_YES_OR_NO)

    organizer: Mapped[Organizer] = relationship(back_populates="seats")
    campaign: Mapped[Campaign] = relationship()


class Login(Base):
    """Somebody asked for a code to an address, whoever's it is; the code itself is made from `ref` and the key.

    `browser_hash`: the browser that asked, and the only one in which the code is taken. `browser_mark`: what it showed
    of an earlier login; `is_known`: of this very organizer. `looked_up_at`: when a worker looked whose address it is,
    and `organizer_id` that it found one and put the mail. `tries`: codes that were typed.
    """

    __tablename__ = "login"
    __table_args__ = (
        Index(
            "ix_login_waiting",
            "at",
            sqlite_where=text("looked_up_at IS NULL"),
            postgresql_where=text("looked_up_at IS NULL"),
        ),
        Index(None, "at"),
        Index(None, "browser_hash"),
        Index(None, "organizer_id", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    email_hmac: Mapped[bytes] = mapped_column(LargeBinary(32))
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    browser_mark: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    language: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]
    looked_up_at: Mapped[datetime | None]
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizer.id"))
    is_known: Mapped[bool] = mapped_column(_YES_OR_NO)
    tries: Mapped[int]
    used_at: Mapped[datetime | None]

    organizer: Mapped[Organizer | None] = relationship()


class DeskSession(Base):
    """A browser that is logged in. Its cookie is the key of which `key_hash` is the SHA-256.

    `is_known`: its browser had logged in before, with the second factor where one is set up. `factor_at`: when that was
    typed last. `wrong_factors`: how often a wrong one was, none a day after the one before; the last `wrong_factor_at`.
    """

    __tablename__ = "desk_session"
    __table_args__ = (Index(None, "organizer_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizer.id"))
    is_known: Mapped[bool] = mapped_column(_YES_OR_NO)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    factor_at: Mapped[datetime | None]
    wrong_factors: Mapped[int]
    wrong_factor_at: Mapped[datetime | None]

    organizer: Mapped[Organizer] = relationship()


class DeskLink(Base):
    """A link that opens the desk once, which a command printed."""

    __tablename__ = "desk_link"
    __table_args__ = (Index(None, "organizer_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizer.id"))
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    organizer: Mapped[Organizer] = relationship()
