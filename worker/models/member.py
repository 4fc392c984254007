"""Persons who add their voices to a letter, and the mails that bring those voices to its addressee."""

from datetime import datetime
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    func,
    literal_column,
    text,
    type_coerce,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worker.column_types import Encrypted
from worker.models.base import Base
from worker.models.campaign import Addressee, Campaign, Letter
from worker.models.partner import MAX_WRONG_CODES

Appearance = Literal["counted", "named"]
"""How a person appears to the addressee: as one of a number, or by name."""


_WORDS_WAIT = text(
    "confirmed_at IS NOT NULL AND withdrawn_at IS NULL"
    " AND words_at IS NOT NULL AND words_agreed_at IS NULL AND words_refused_at IS NULL"
)
_UNCONFIRMED = text("confirmed_at IS NULL AND length(email) > 0")


class Digest(Base):
    """One mail to an addressee about members; its persons are the rows of `Member` that name it.

    `ref` makes the link by which the addressee stops these mails. `drawn_at`: of what was confirmed by then it speaks.
    What became of it stands in its mail.
    """

    __tablename__ = "digest"
    __table_args__ = (UniqueConstraint("campaign_id", "number"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    addressee_id: Mapped[int] = mapped_column(ForeignKey("addressee.id"))
    number: Mapped[int]
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    drawn_at: Mapped[datetime]

    campaign: Mapped[Campaign] = relationship()
    addressee: Mapped[Addressee] = relationship()

    @property
    def generation(self) -> int:
        """Its link cannot be renewed."""
        return 1


class Member(Base):
    """A person who adds its voice: one row for each mailbox and campaign, whoever typed the address first.

    A row without a mailbox is of nobody any more, and is counted as of the moments at which its voice stood.

    `mailbox_hmac`: what the address is found by without what is added behind a plus, so that nobody is two persons;
    null once it was erased. `at`: when the address was last typed. `letter_id`: the version that was confirmed.
    `confirmed_at`: since when its voice counts, until `withdrawn_at`. `disowned_at`: it said that it was not this
    person's doing (then it is withdrawn, too); the address gets no more mail about this letter. `words` wait for an
    organizer from `words_at` on, until `words_agreed_at` or `words_refused_at`. `named_at`: since when it is named as
    it is, where that changed while its voice stood: no digest that organizers saw before names it. `digest_id`: the
    mail to the addressee that tells of it by name, so that none does twice. `mails`: how many confirmations were put,
    the last one at `mailed_at`. `generation`: raised where it was disowned, which revokes the link.
    """

    __tablename__ = "member"
    __table_args__ = (
        UniqueConstraint("campaign_id", "mailbox_hmac"),
        Index(None, "mailbox_hmac"),
        Index(
            "ix_member_standing",
            "campaign_id",
            "confirmed_at",
            sqlite_where=text("confirmed_at IS NOT NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("confirmed_at IS NOT NULL AND withdrawn_at IS NULL"),
        ),
        Index(None, "digest_id"),
        Index(None, "campaign_id", "at"),
        Index("ix_member_words_wait", "campaign_id", sqlite_where=_WORDS_WAIT, postgresql_where=_WORDS_WAIT),
        Index("ix_member_unconfirmed", "at", sqlite_where=_UNCONFIRMED, postgresql_where=_UNCONFIRMED),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    generation: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(Encrypted("member.name", "ref"))
    email: Mapped[str] = mapped_column(Encrypted("member.email", "ref"))
    email_hmac: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    mailbox_hmac: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    country: Mapped[str] = mapped_column(Encrypted("member.country", "ref"))
    words: Mapped[str] = mapped_column(Encrypted("member.words", "ref"))
    appearance: Mapped[Appearance] = mapped_column(String(10))
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    disowned_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    words_at: Mapped[datetime | None]
    words_agreed_at: Mapped[datetime | None]
    words_refused_at: Mapped[datetime | None]
    named_at: Mapped[datetime | None]
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digest.id"))
    mails: Mapped[int]
    mailed_at: Mapped[datetime | None]
    wrong_codes: Mapped[int] = mapped_column(server_default="0")

    campaign: Mapped[Campaign] = relationship()
    letter: Mapped[Letter | None] = relationship()
    digest: Mapped[Digest | None] = relationship()

    @property
    def takes_six_digits(self) -> bool:
        """As a partner's."""
        return self.wrong_codes < MAX_WRONG_CODES

    @hybrid_property
    def is_kept(self) -> bool:
        """Whether it is kept who it is; of a class, the condition in SQL, where an empty text is not encrypted."""
        return bool(self.email)

    @is_kept.inplace.expression
    @classmethod
    def _is_kept(cls) -> ColumnElement[bool]:
        return func.length(type_coerce(cls.email, LargeBinary)) > literal_column("0")  # as an index has it

    @hybrid_property
    def stands(self) -> bool:
        """Whether its voice was confirmed and not withdrawn; of a class, the condition in SQL."""
        return self.confirmed_at is not None and self.withdrawn_at is None

    @stands.inplace.expression
    @classmethod
    def _stands(cls) -> ColumnElement[bool]:
        return cls.confirmed_at.is_not(None) & cls.withdrawn_at.is_(None)

    @hybrid_property
    def words_wait(self) -> bool:
        """Whether an organizer is to look at its own words; of a class, the condition in SQL."""
        undecided = self.words_agreed_at is None and self.words_refused_at is None
        return self.stands and self.words_at is not None and undecided

    @words_wait.inplace.expression
    @classmethod
    def _words_wait(cls) -> ColumnElement[bool]:
        undecided = cls.words_agreed_at.is_(None) & cls.words_refused_at.is_(None)
        return cls.stands & cls.words_at.is_not(None) & undecided
