"""What we remember. No rules, no words: those are in the acts and the templates.

A state is a time: null means "not yet". Nothing else says in which state a thing is.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    event,
    func,
    inspect,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import flag_modified

from worker.choices import CHOICES, Choice
from worker.column_types import BoundText, Encrypted, Moment
from worker.text.languages import said


def new_seed() -> bytes:
    """A random number of 128 bits."""
    return secrets.token_bytes(16)


class Base(DeclarativeBase):
    type_annotation_map = {
        datetime: Moment,
        dict[str, Any]: JSON,
        dict[str, str]: JSON,
        list[str]: JSON,
        bytes: LargeBinary,
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


MAX_SLUG = 100
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


class Campaign(Base):
    """One letter, one deadline, many partners; `definition` is campaign.toml as it was at launch.

    `restored_of`: of when the backup is, since which answers were lost that partners are asked for again.
    `seed` is random; the Message-IDs of its mails are derived from it.

    `doubted_at`: since when nobody knows whether its letter has left, because the database was put back from a backup;
    null again once a person dispatched it.

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

    @hybrid_property
    def is_public(self) -> bool:
        """Whether everyone may read the letter on its public page now; of the class, the condition in SQL."""
        when = self.definition.get("public_page", "never")
        shown = when == "from launch" or (when == "after dispatch" and self.dispatched_at is not None)
        return shown and self.cancelled_at is None

    @is_public.inplace.expression
    @classmethod
    def _is_public(cls) -> ColumnElement[bool]:
        when: ColumnElement[str] = func.coalesce(cls.definition["public_page"].as_string(), "never")
        shown = (when == "from launch") | ((when == "after dispatch") & cls.dispatched_at.is_not(None))
        return shown & cls.cancelled_at.is_(None)

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

    `brought_at`: when an organizer noted that this addressee has the letter by another way than our mail.
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


REDACTED = "(erased)"
MAX_WRONG_CODES = 50  # of six digits, that are ever compared at one link; then only the long code is taken


class Partner(Base):
    """One organization that was asked, and its registered contact; other contacts are rows of `Contact`.

    `ref` and `generation` make the registered contact's link; raising generation revokes it. `quiet_at`: since when
    it wants no mail, as its link said; what exposes it more is told it all the same. `silenced_at`: since when an
    organizer sends it nothing at all; its links sign nothing then. `wrong_codes`: how many wrong mail codes were typed
    at any of its links since the registered one was renewed.

    `names` are its name in other languages, by language; `sort_as` is what its place in the list goes by, if not its
    name; `proposed` is how it asks to be named, and its country if that waits too, until an organizer has said
    yes or no. Of one that was erased there is no contact and no link, and no name unless it is publicly under a letter
    that has left. `disowned_at`: when it last
    said that an answer was not its own; `handed_out_at`: when an organizer last took its invitation there;
    `passed_on_at`: when it last passed its invitation on; `listing_changed_at`: when a link of it last changed how it
    is printed. Both are null again once what was done by its links was undone.
    """

    __tablename__ = "partner"
    __table_args__ = (UniqueConstraint("campaign_id", "ref"), Index(None, "campaign_id", "email_hmac"))
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    generation: Mapped[int]
    organization: Mapped[str] = mapped_column(Text)
    acronym: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    contact: Mapped[str] = mapped_column(Encrypted("partner.contact", "ref"))
    email: Mapped[str] = mapped_column(Encrypted("partner.email", "ref"))
    email_hmac: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    note: Mapped[str] = mapped_column(Encrypted("partner.note", "ref"))
    bounced_at: Mapped[datetime | None]
    quiet_at: Mapped[datetime | None]
    names: Mapped[dict[str, str] | None]
    sort_as: Mapped[str | None] = mapped_column(Text)
    proposed: Mapped[dict[str, str] | None]
    erased_at: Mapped[datetime | None]
    disowned_at: Mapped[datetime | None]
    handed_out_at: Mapped[datetime | None]
    passed_on_at: Mapped[datetime | None]
    silenced_at: Mapped[datetime | None]
    listing_changed_at: Mapped[datetime | None]
    wrong_codes: Mapped[int] = mapped_column(server_default="0")

    campaign: Mapped[Campaign] = relationship(back_populates="partners")
    answers: Mapped[list["Answer"]] = relationship(back_populates="partner", order_by="Answer.id")

    @property
    def takes_six_digits(self) -> bool:
        """Whether its mail code of six digits is still taken, and not the long code alone."""
        return self.wrong_codes < MAX_WRONG_CODES

    def renew_link(self) -> None:
        """Revoke the registered contact's link; at the next one no wrong code was typed yet."""
        self.generation += 1
        self.wrong_codes = 0

    @hybrid_property
    def takes_mail(self) -> bool:
        """Whether it has an address and nobody has asked for silence; of a class, the condition in SQL."""
        return self.takes_alerts and self.quiet_at is None

    @takes_mail.inplace.expression
    @classmethod
    def _takes_mail(cls) -> ColumnElement[bool]:
        return cls.takes_alerts & cls.quiet_at.is_(None)

    @hybrid_property
    def takes_alerts(self) -> bool:
        """Whether it is told of what exposes it more, though its link asked for silence; of a class, in SQL."""
        return self.email_hmac is not None and self.silenced_at is None

    @takes_alerts.inplace.expression
    @classmethod
    def _takes_alerts(cls) -> ColumnElement[bool]:
        return cls.email_hmac.is_not(None) & cls.silenced_at.is_(None)


Actor = Literal["partner", "organizer", "clock"]
OrganizerAct = Literal["launch", "amend", "remind", "extend"]
"""What an organizer can take back while its mails wait."""


class Contact(Base):
    """Somebody else who may answer for a partner: the invitation was passed on to them, or an organizer added them.

    `ref` and `generation` make their own link; `ended_at`: when it was ended. `name` is what an organizer wrote.
    """

    __tablename__ = "contact"
    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    generation: Mapped[int]
    language: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(Encrypted("contact.name", "ref"))
    email: Mapped[str] = mapped_column(Encrypted("contact.email", "ref"))
    email_hmac: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    added_by: Mapped[Actor] = mapped_column(String(20))
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    quiet_at: Mapped[datetime | None]

    partner: Mapped[Partner] = relationship()

    @hybrid_property
    def takes_mail(self) -> bool:
        """Whether its link lives and it has not unsubscribed; of a class, the condition in SQL."""
        return self.email_hmac is not None and self.ended_at is None and self.quiet_at is None

    @takes_mail.inplace.expression
    @classmethod
    def _takes_mail(cls) -> ColumnElement[bool]:
        return cls.email_hmac.is_not(None) & cls.ended_at.is_(None) & cls.quiet_at.is_(None)


class EndedLink(Base):
    """A link that ended with its campaign, so that its page can say why for a while.

    Nothing leads to whose it was, but the moment where one organization alone was erased.
    """

    __tablename__ = "ended_link"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[bytes] = mapped_column(LargeBinary(8), unique=True)
    generation: Mapped[int]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    language: Mapped[str] = mapped_column(String(8))
    ended_at: Mapped[datetime]

    campaign: Mapped[Campaign] = relationship()


class ListingChange(Base):
    """A partner's link changed how it is printed, or that was undone (without a generation).

    `stood` is what was printed until then, as the mail tells it; `before` what is brought back if the change is undone:
    the same, but with a name to which an organizer agreed since. `mail_id`: the mail that tells it.
    """

    __tablename__ = "listing_change"
    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    generation: Mapped[int | None]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"), index=True)
    before: Mapped[dict[str, Any]]
    stood: Mapped[dict[str, Any]]
    at: Mapped[datetime]


Visibility = Literal["public", "addressee", "counted"]
Channel = Literal["link", "by hand"]


class Answer(Base):
    """What an organization said, append-only. The one that is not superseded stands.

    `passage` and `reason` of a `change`: the words that should change, and what is wished instead. `contact_id`:
    through whose link it came, null for the registered contact's, and by hand. `replaces_id`: the answer that stood
    until then.
    """

    __tablename__ = "answer"
    __table_args__ = (
        Index(
            "uq_answer_standing",
            "partner_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(None, "partner_id"),
        Index(
            "ix_answer_superseded",
            "superseded_at",
            sqlite_where=text("superseded_at IS NOT NULL"),
            postgresql_where=text("superseded_at IS NOT NULL"),
        ),
        Index(
            None,
            "contact_id",
            sqlite_where=text("contact_id IS NOT NULL"),
            postgresql_where=text("contact_id IS NOT NULL"),
        ),
        CheckConstraint(f"choice IN ({', '.join(map(repr, get_args(Choice)))})", name="choice"),
        CheckConstraint("(choice = 'sign') = (visibility IS NOT NULL)", name="visibility"),
        CheckConstraint("visibility IN ('public', 'addressee', 'counted')", name="visibility_known"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"))
    letter_id: Mapped[int] = mapped_column(ForeignKey("letter.id"))
    choice: Mapped[Choice] = mapped_column(String(10))
    visibility: Mapped[Visibility | None] = mapped_column(String(10))
    representative: Mapped[str] = mapped_column(Encrypted("answer.representative", "partner_id"))
    role: Mapped[str] = mapped_column(Encrypted("answer.role", "partner_id"))
    reason: Mapped[str] = mapped_column(Encrypted("answer.reason", "partner_id"))
    language: Mapped[str] = mapped_column(String(8))
    channel: Mapped[Channel] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(Encrypted("answer.note", "partner_id"))
    at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    passage: Mapped[str | None] = mapped_column(Encrypted("answer.passage", "partner_id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("answer.id"))

    partner: Mapped[Partner] = relationship(back_populates="answers")
    letter: Mapped[Letter] = relationship()
    contact: Mapped[Contact | None] = relationship()
    replaces: Mapped["Answer | None"] = relationship(remote_side=[id])

    @property
    def signs(self) -> bool:
        return CHOICES[self.choice].signs


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
    `cancel_reason`: why delivery cancelled it; null where an act did.
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
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
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

    campaign: Mapped[Campaign] = relationship()
    partner: Mapped[Partner | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    addressee: Mapped[Addressee | None] = relationship()
    answer: Mapped[Answer | None] = relationship()

    @property
    def has_left(self) -> bool:
        """Whether it was handed over, or may have been: no definite refusal came."""
        return self.in_data_at is not None or self.sent_at is not None

    @hybrid_property
    def is_to_partner_or_addressee(self) -> bool:
        """Whether others than we ourselves read it; of a class, the condition in SQL."""
        return self.partner_id is not None or self.addressee_id is not None

    @is_to_partner_or_addressee.inplace.expression
    @classmethod
    def _is_to_partner_or_addressee(cls) -> ColumnElement[bool]:
        return cls.partner_id.is_not(None) | cls.addressee_id.is_not(None)


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
    partner if `decided_at` says yes.
    """

    __tablename__ = "stranger"
    __table_args__ = (Index(None, "email_hmac", "at"), Index(None, "campaign_id", "at"))
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


class Suppression(Base):
    """An address that gets no mail of ours: a mail to it came back, and none will ever arrive."""

    __tablename__ = "suppression"
    id: Mapped[int] = mapped_column(primary_key=True)
    email_hmac: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(20))


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


AuditCode = Literal[
    Choice, "launched", "invited", "reminded", "extended", "held", "resumed", "amended", "address_corrected", "resent",
    "disowned", "corrected_listing", "proposed_name", "name_agreed",
    "name_kept", "passed_on", "handed_out", "unsubscribed", "resubscribed", "asked_to_join", "admitted",
    "not_admitted", "bounced", "reported", "response_came", "answers_settled", "closed", "sealed", "dispatched",
    "accepted", "brought_by_hand",
    "letter_resent", "cancelled", "renamed", "erased", "applicant_erased", "contact_added",
    "contact_ended", "silenced", "mail_allowed", "code_guessed", "undone", "merged",
    "asked_again",
    "restored",
]  # fmt: skip


class AuditEvent(Base):
    """The audit log: who did what, when; no names and no addresses of partners.

    `what` is an AuditCode (a sentence in rows of an older version), `detail` a number or a word beside it. No state
    is read from here.
    """

    __tablename__ = "event"
    __table_args__ = (Index(None, "campaign_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    at: Mapped[datetime]
    actor: Mapped[Actor] = mapped_column(String(20))
    what: Mapped[AuditCode] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)


for _table in Base.metadata.tables.values():
    if _table.autoincrement_column is not None:
        _table.dialect_options["sqlite"]["autoincrement"] = True  # a number is never given twice, as on PostgreSQL


def bound(model: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a new row, with each encrypted text bound to it, as an INSERT needs it that makes no object."""
    bindings = _ENCRYPTED.get(model, {})
    of_it = {name: _bound(values[name], values[by]) for name, by in bindings.items() if name in values}
    return {**values, **of_it}


def _bound(text: str | None, binding: bytes | int) -> str | None:
    return BoundText(text, binding) if text else text


_ENCRYPTED: dict[type, dict[str, str]] = {
    mapper.class_: {
        column.key: column.type.bound_by for column in mapper.local_table.columns if isinstance(column.type, Encrypted)
    }
    for mapper in Base.registry.mappers
}
"""Of each class the attributes that are encrypted, and by which other each is bound to its row."""


def bind_to_row(row: Base) -> None:
    """Bind to its row what is new in it, or all of it where what binds it changes; a flush does so by itself."""
    attributes = inspect(row).attrs
    for name, by in _ENCRYPTED[type(row)].items():
        is_rebound = attributes[by].history.has_changes()
        if is_rebound or attributes[name].history.has_changes():
            setattr(row, name, _bound(getattr(row, name), getattr(row, by)))
        if is_rebound:
            flag_modified(row, name)


@event.listens_for(Base, "before_insert", propagate=True)
@event.listens_for(Base, "before_update", propagate=True)
def _bind_at_flush(_: object, __: object, row: Base) -> None:
    bind_to_row(row)
