"""A campaign, its letter in each version, to whom it goes, and its seals."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worker.models.base import Base, new_seed
from worker.text.languages import said

if TYPE_CHECKING:
    from worker.models.partner import Partner

MAX_SLUG = 100
DigestsStoppedBy = Literal["addressee", "organizer"]
Members = Literal["closed", "counted", "named"]
"""Whether persons may add their voices, and whether they may appear by name."""


class Campaign(Base):
    """One letter, one deadline, many partners; `definition` is campaign.toml as it was at launch.

    `restored_of`: of when the backup is, since which answers were lost that partners are asked for again.
    `voices_stopped_at`: since when persons may not add their voices any more. `digests_held_at`: since when an
    organizer keeps back the mails about members; `digests_stopped_at`: since when the addressee wants none, as it said
    by their link, or told an organizer (`digests_stopped_by`).
    `seed` is random; the Message-IDs of its mails are derived from it.

    `doubted_at`: since when nobody knows whether its letter has left, because the database was put back from a backup;
    null again once a person dispatched it.

    `panic_at`: since when nothing of it is public, its links answer "not now" and none of its mail leaves, because an
    organizer said that somebody may be in danger.

    `held_at`: since when its letter and its copies wait; `mail_held_at`: since when all its mail to partners and
    addressees does. `undo`: what it takes to take the organizers' last act back (`acts/undo.py`), which its mails wait
    for until `undo_until`; read only where it is asked for, as it may hold a number for each partner. `erase_by`: when
    it is erased at the latest, as an organizer who cancelled it asked; before that, once whoever was asked was told.
    """

    __tablename__ = "campaign"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(MAX_SLUG), unique=True)
    definition: Mapped[dict[str, Any]]
    deadline_at: Mapped[datetime]
    deadline_set_at: Mapped[datetime]
    launched_at: Mapped[datetime]
    held_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    mail_held_at: Mapped[datetime | None]
    undo_until: Mapped[datetime | None]
    erase_by: Mapped[datetime | None]
    undo: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    restored_of: Mapped[datetime | None]
    seed: Mapped[bytes] = mapped_column(LargeBinary(16), default=new_seed, server_default="")
    doubted_at: Mapped[datetime | None]
    voices_stopped_at: Mapped[datetime | None]
    digests_held_at: Mapped[datetime | None]
    digests_stopped_at: Mapped[datetime | None]
    digests_stopped_by: Mapped[DigestsStoppedBy | None] = mapped_column(String(20))
    panic_at: Mapped[datetime | None]
    dropped_domains: Mapped[list[str] | None]

    partners: Mapped[list["Partner"]] = relationship(back_populates="campaign", order_by="Partner.id")
    letters: Mapped[list["Letter"]] = relationship(back_populates="campaign", order_by="Letter.version")

    @property
    def title(self) -> str:
        return str(self.definition["title"])

    @property
    def authentic(self) -> str:
        return str(self.definition["authentic"])

    @property
    def zone(self) -> str:
        return str(self.definition["zone"])

    @property
    def reply_to(self) -> str:
        return str(self.definition["reply_to"])

    @property
    def from_name(self) -> str:
        return str(self.definition["from_name"])

    @property
    def sender(self) -> dict[str, Any]:
        return dict(self.definition["sender"])

    def sender_in(self, language: str) -> str:
        """What a reader of this language calls who runs it."""
        return str(said(self.definition["sender"]["name"], language, self.authentic))

    @property
    def quorum(self) -> int:
        return int(self.definition["quorum"])

    @property
    def visibilities(self) -> list[str]:
        return list(self.definition["visibility"])

    @property
    def show_signers(self) -> str:
        """Who sees, before the letter has left, which organizations sign publicly: nobody, partners or everyone."""
        return str(self.definition.get("show_signers", "nobody"))

    @property
    def may_be_joined(self) -> bool:
        """Whether others may ask to sign, as far as the public page is there."""
        return self.is_public and bool(self.definition.get("join", "closed") == "approved")

    @property
    def members(self) -> Members:
        """Whether persons may add their voices, and whether they may appear by name."""
        said: Members = self.definition.get("members", "closed")
        return said

    @property
    def two_persons(self) -> bool:
        """Whether what exposes more, or cannot be undone for the whole campaign, needs the yes of a second person."""
        return bool(self.definition.get("two_persons", False))

    @hybrid_property
    def is_public(self) -> bool:
        """Whether everyone may read the letter on its public page now; of the class, the condition in SQL."""
        when = self.definition.get("public_page", "never")
        shown = when == "from launch" or (when == "after dispatch" and self.dispatched_at is not None)
        return shown and self.cancelled_at is None and self.panic_at is None

    @is_public.inplace.expression
    @classmethod
    def _is_public(cls) -> ColumnElement[bool]:
        when: ColumnElement[str] = func.coalesce(cls.definition["public_page"].as_string(), "never")
        shown = (when == "from launch") | ((when == "after dispatch") & cls.dispatched_at.is_not(None))
        return shown & cls.cancelled_at.is_(None) & cls.panic_at.is_(None)

    @property
    def reminders(self) -> list[timedelta]:
        return [timedelta(seconds=s) for s in self.definition["reminders"]]

    @property
    def review_ends_at(self) -> datetime | None:
        """When the sealed letter may leave; null while it is not closed."""
        return self.closed_at and self.closed_at + timedelta(seconds=self.definition["review"])

    @property
    def keep_contacts(self) -> timedelta | None:
        """How long contacts, and names that are not publicly under the letter, are kept once it has left.

        Null for a campaign launched before this could be said: it promised nobody to forget, and is erased by hand.
        """
        kept = self.definition.get("keep_contacts")
        return None if kept is None else timedelta(seconds=kept)

    @property
    def erase_at(self) -> datetime | None:
        """When they are erased by themselves at the latest; null while the letter has not left, nor was cancelled."""
        ended = self.dispatched_at or self.cancelled_at
        kept_until = ended + self.keep_contacts if ended and self.keep_contacts else None
        return min(filter(None, (kept_until, self.erase_by)), default=None)

    @property
    def letter(self) -> "Letter":
        """The version that counts now."""
        return self.letters[-1]

    @property
    def was_closed_early(self) -> bool:
        """Whether an organizer closed it before its deadline."""
        return self.closed_at is not None and self.closed_at < self.deadline_at

    def drops(self, email: str) -> bool:
        """Whether an organizer keeps voices from the email domain of this address out."""
        return email.rpartition("@")[2].casefold() in (self.dropped_domains or ())

    def takes_answers(self, at: datetime) -> bool:
        """Whether an answer is in time at this moment."""
        return self.closed_at is None and self.cancelled_at is None and at <= self.deadline_at

    @classmethod
    def taking_answers(cls, at: ColumnElement[datetime]) -> ColumnElement[bool]:
        """The same of any campaign, as the condition in SQL."""
        return cls.closed_at.is_(None) & cls.cancelled_at.is_(None) & (cls.deadline_at >= at)


class Letter(Base):
    """What is signed: one text per language. A typo keeps `meaning`; a changed sense raises it.

    `made_at`: since when this version is the one; null for one made before that was kept.
    """

    __tablename__ = "letter"
    __table_args__ = (UniqueConstraint("campaign_id", "version"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    version: Mapped[int]
    meaning: Mapped[int]
    texts: Mapped[dict[str, str]]
    hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship(back_populates="letters")
    addressees: Mapped[list["Addressee"]] = relationship(back_populates="letter", order_by="Addressee.position")


class Addressee(Base):
    """To whom a letter goes; part of what is signed. An empty email: dispatched by hand.

    `brought_at`: when this addressee got the letter by another way than our mail, as an organizer noted.
    `told_at`: until when an organizer has told it who stepped back from the letter that it has.
    `name`: in the authentic language. `address`: its lines; where these or the name are said by language, an object
    with `names` and `lines`, each by language, the lines of the authentic one under an empty key too.
    """

    __tablename__ = "addressee"
    __table_args__ = (UniqueConstraint("letter_id", "position"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    office: Mapped[dict[str, Any]]
    salutation: Mapped[dict[str, Any]]
    address: Mapped[list[str] | dict[str, Any]] = mapped_column(JSON)
    email: Mapped[str] = mapped_column(Text)
    copy: Mapped[bool]
    brought_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]

    letter: Mapped[Letter] = relationship(back_populates="addressees")

    def name_in(self, language: str) -> str:
        """What a reader of this language calls it."""
        names = self.address["names"] if isinstance(self.address, dict) else {}
        return str(names.get(language, self.name))

    def address_in(self, language: str) -> list[str]:
        """The lines of its address, as a letter in this language prints them."""
        if not isinstance(self.address, dict):
            return self.address
        lines = self.address["lines"]
        return list(lines.get(language, lines[""]))


Rendition = Literal["public", "addressee"]


class Seal(Base):
    """One rendition of the letter, fixed: these bytes and no others are what is sent.

    `sha256` is evidence that stays when the bytes are erased; it also tells one attachment from another in memory.
    """

    __tablename__ = "seal"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number", "rendition", "language", "format"),
        CheckConstraint("rendition IN ('public', 'addressee')", name="rendition"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    number: Mapped[int]
    rendition: Mapped[Rendition] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(8))
    format: Mapped[str] = mapped_column(String(8))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
