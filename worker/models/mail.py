"""The outbox, what came back, and addresses that others gave us."""

from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worker.column_types import Encrypted
from worker.models.base import Base
from worker.models.campaign import Addressee, Campaign
from worker.models.member import Digest, Member
from worker.models.organizer import Login, Organizer
from worker.models.partner import MAX_WRONG_CODES, Answer, Contact, Partner

CancelReason = Literal["suppressed", "no_recipient"]


class Mail(Base):
    """One mail to one recipient. `key` is its identity: unique, and never parsed. `message_id` is what its Message-ID
    begins with; a mark of what it says follows (`mime.compose`).

    `due_at` is null once nothing is left to do by itself. For the letter, `in_data_at` is committed
    before the first byte of it travels, so that a killed worker leaves doubt and not a blind retry.
    `blocked_at`: when the relay last turned it down for what no partner can help. `contact_id`: to which contact of
    the partner it goes, null for the registered one. `generation`: that of its reader's link when it was put; it brings
    that link or none, and one to an address that was corrected since says nothing of the new one.
    `reported_at`: when a delivery report first said that what was sent last may not have arrived; `reply` then holds
    the report's words. `delayed_at`: when one first said that it is delayed, until one says what became of it.
    `cancel_reason`: why delivery cancelled it; null where an act did. `login_id`: for whom a code was asked that opens
    the organizers' desk; such a mail alone is of no campaign, and `campaign_id` is null. A mail to organizers goes to
    `reply_to`, or to one of them (`organizer_id`), or to an address that `reply_to` was before (`former_address`).
    """

    __tablename__ = "mail"
    __table_args__ = (
        # A unique index over nullable columns would let the final letter in twice on both databases.
        Index(
            "uq_mail_living_letter",
            "addressee_id",
            unique=True,
            sqlite_where=text("kind = 'letter' AND cancelled_at IS NULL"),
            postgresql_where=text("kind = 'letter' AND cancelled_at IS NULL"),
        ),
        Index(
            "ix_mail_due",
            "urgency",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_mail_sent",
            "sent_at",
            sqlite_where=text("sent_at IS NOT NULL"),
            postgresql_where=text("sent_at IS NOT NULL"),
        ),
        Index(
            "ix_mail_in_data",
            "lease_until",
            sqlite_where=text("in_data_at IS NOT NULL AND sent_at IS NULL"),
            postgresql_where=text("in_data_at IS NOT NULL AND sent_at IS NULL"),
        ),
        Index(
            "ix_mail_failed",
            "campaign_id",
            sqlite_where=text("refused_at IS NOT NULL OR bounced_at IS NOT NULL OR uncertain_at IS NOT NULL"),
            postgresql_where=text("refused_at IS NOT NULL OR bounced_at IS NOT NULL OR uncertain_at IS NOT NULL"),
        ),
        Index(
            "ix_mail_reported",
            "campaign_id",
            sqlite_where=text("reported_at IS NOT NULL"),
            postgresql_where=text("reported_at IS NOT NULL"),
        ),
        Index(
            "ix_mail_answer",
            "answer_id",
            "kind",
            sqlite_where=text("answer_id IS NOT NULL"),
            postgresql_where=text("answer_id IS NOT NULL"),
        ),
        Index(
            None,
            "contact_id",
            sqlite_where=text("contact_id IS NOT NULL"),
            postgresql_where=text("contact_id IS NOT NULL"),
        ),
        Index(
            None,
            "member_id",
            sqlite_where=text("member_id IS NOT NULL"),
            postgresql_where=text("member_id IS NOT NULL"),
        ),
        Index(
            None,
            "digest_id",
            sqlite_where=text("digest_id IS NOT NULL"),
            postgresql_where=text("digest_id IS NOT NULL"),
        ),
        Index(
            None,
            "login_id",
            sqlite_where=text("login_id IS NOT NULL"),
            postgresql_where=text("login_id IS NOT NULL"),
        ),
        Index(None, "campaign_id", "kind"),
        Index(None, "partner_id", "kind"),
        CheckConstraint("kind <> 'letter' OR (addressee_id IS NOT NULL AND seal_number IS NOT NULL)", name="letter"),
        CheckConstraint(
            "due_at IS NULL OR (sent_at IS NULL AND refused_at IS NULL AND cancelled_at IS NULL)", name="due"
        ),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    urgency: Mapped[int]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), nullable=True)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    addressee_id: Mapped[int | None] = mapped_column(ForeignKey("addressee.id"))
    answer_id: Mapped[int | None] = mapped_column(ForeignKey("answer.id"))
    seal_number: Mapped[int | None]
    language: Mapped[str] = mapped_column(String(8))
    message_id: Mapped[str] = mapped_column(Text)
    dated_at: Mapped[datetime]
    body_hash: Mapped[str | None] = mapped_column(String(64))
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    lease_holder: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int]
    in_data_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    uncertain_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    reply: Mapped[str | None] = mapped_column(Text)
    blocked_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    generation: Mapped[int | None]
    reported_at: Mapped[datetime | None]
    cancel_reason: Mapped[CancelReason | None] = mapped_column(String(20))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    delayed_at: Mapped[datetime | None]
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("digest.id"))
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizer.id"))
    former_address: Mapped[str | None] = mapped_column(Text)

    campaign: Mapped[Campaign] = relationship()
    partner: Mapped[Partner | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    addressee: Mapped[Addressee | None] = relationship()
    member: Mapped[Member | None] = relationship()
    digest: Mapped[Digest | None] = relationship()
    login: Mapped[Login | None] = relationship()
    organizer: Mapped[Organizer | None] = relationship()
    answer: Mapped[Answer | None] = relationship()

    @property
    def has_left(self) -> bool:
        """Whether it was handed over, or may have been: no definite refusal came."""
        return self.in_data_at is not None or self.sent_at is not None

    @property
    def organizers_address(self) -> str:
        """Where a mail to organizers goes; empty for one of them who was removed meanwhile."""
        if self.organizer is not None:
            return self.organizer.email
        return self.former_address or self.campaign.reply_to

    @hybrid_property
    def is_to_others(self) -> bool:
        """Whether others than we ourselves read it; of a class, the condition in SQL."""
        return self.partner_id is not None or self.addressee_id is not None or self.member_id is not None

    @is_to_others.inplace.expression
    @classmethod
    def _is_to_others(cls) -> ColumnElement[bool]:
        return cls.partner_id.is_not(None) | cls.addressee_id.is_not(None) | cls.member_id.is_not(None)


ResponseKind = Literal["automatic", "person", "read", "deleted", "complaint"]
"""Of what came back and is no failure: an automatic reply, what somebody wrote, a receipt that says that the mail was
read, or deleted unread (RFC 8098), and a report of it as spam (RFC 5965)."""


class MailResponse(Base):
    """What came to the return path of a mail and is no report of its delivery: `words` are whoever's who answered.

    Anybody may have written it, so it is shown and decides nothing.
    """

    __tablename__ = "mail_response"
    id: Mapped[int] = mapped_column(primary_key=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id"), index=True)
    kind: Mapped[ResponseKind] = mapped_column(String(10))
    words: Mapped[str] = mapped_column(Encrypted("mail_response.words", "mail_id"))
    at: Mapped[datetime]

    mail: Mapped[Mail] = relationship()


class ThirdPartyAddress(Base):
    """An address that somebody else may have given us, and its one mail: not a partner, or not yet.

    A `partner` passed its invitation on to it, and it is a contact of that partner; or it asks to sign, and becomes a
    partner if `decided_at` says yes. `mailbox_hmac`: what the mailbox is found by, however its address is varied; null
    in rows of before.
    """

    __tablename__ = "stranger"
    __table_args__ = (Index(None, "email_hmac", "at"), Index(None, "mailbox_hmac"), Index(None, "campaign_id", "at"))
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    mail_id: Mapped[int] = mapped_column(ForeignKey("mail.id"), unique=True)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    organization: Mapped[str] = mapped_column(Encrypted("stranger.organization", "ref"))
    acronym: Mapped[str] = mapped_column(Encrypted("stranger.acronym", "ref"))
    country: Mapped[str] = mapped_column(Encrypted("stranger.country", "ref"))
    language: Mapped[str] = mapped_column(String(8))
    contact: Mapped[str] = mapped_column(Encrypted("stranger.contact", "ref"))
    email: Mapped[str] = mapped_column(Encrypted("stranger.email", "ref"))
    email_hmac: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    wrong_codes: Mapped[int] = mapped_column(server_default="0")
    mailbox_hmac: Mapped[bytes | None] = mapped_column(LargeBinary(32))

    campaign: Mapped[Campaign] = relationship()
    partner: Mapped[Partner | None] = relationship()

    @property
    def generation(self) -> int:
        """Its link cannot be renewed: it asks anew."""
        return 1

    @property
    def takes_six_digits(self) -> bool:
        """As a partner's."""
        return self.wrong_codes < MAX_WRONG_CODES

    def forget(self) -> None:
        """Blank who it is; the fingerprint of its address stays, and keeps that from being flooded."""
        self.contact = self.email = self.organization = self.acronym = self.country = ""
