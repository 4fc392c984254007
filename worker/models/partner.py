"""Who was asked, who else may answer for it, and what it answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    event,
    inspect,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worker.choices import CHOICES, Choice
from worker.column_types import Encrypted
from worker.models.base import Base
from worker.models.campaign import Campaign, Letter
from worker.text import collation, similar_names

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
    is printed. Both are null again once what was done by its links was undone. `sort_key` is its place in the printed
    order, `folded` what its name is looked for by; each flush keeps them true (`as_listed`). `taken_out_at`: since
    when it is not asked any more, as it should not have been; `organizer_id`: who looks after it; `added_at`: when it
    was added after the launch.
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
    sort_key: Mapped[bytes] = mapped_column(LargeBinary, server_default="", deferred=True)
    folded: Mapped[str] = mapped_column(Text, server_default="", deferred=True)
    taken_out_at: Mapped[datetime | None]
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizer.id"))
    added_at: Mapped[datetime | None]

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
    def is_in_list(self) -> bool:
        """Whether it is one of those that are asked, and was not taken out; of a class, the condition in SQL."""
        return self.taken_out_at is None

    @is_in_list.inplace.expression
    @classmethod
    def _is_in_list(cls) -> ColumnElement[bool]:
        return cls.taken_out_at.is_(None)

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
        return self.is_in_list and self.email_hmac is not None and self.silenced_at is None

    @takes_alerts.inplace.expression
    @classmethod
    def _takes_alerts(cls) -> ColumnElement[bool]:
        return cls.is_in_list & cls.email_hmac.is_not(None) & cls.silenced_at.is_(None)


_LISTED = ("organization", "acronym", "country", "names", "sort_as")


def as_listed(
    *,
    organization: str,
    acronym: str,
    country: str,
    names: Mapping[str, str] | None = None,
    sort_as: str | None = None,
) -> dict[str, Any]:
    """The columns of a partner that follow from how it is printed; nothing to look for of one that was erased."""
    words = [] if organization == REDACTED else [organization, acronym, *(names or {}).values()]
    return {
        "sort_key": collation.sort_bytes(sort_as or organization, country),
        "folded": "\n".join(filter(None, map(similar_names.fold_name, words))),
    }


@event.listens_for(Partner, "before_insert")
@event.listens_for(Partner, "before_update")
def _keep_as_listed(_: object, __: object, partner: Partner) -> None:
    attributes = inspect(partner).attrs
    if any(attributes[name].history.has_changes() for name in _LISTED):
        printed = {name: getattr(partner, name) for name in _LISTED}
        if any(printed[name] is None for name in _LISTED[:3]):
            return  # the database refuses it
        for name, value in as_listed(**printed).items():
            setattr(partner, name, value)


Actor = Literal["partner", "organizer", "clock", "addressee"]
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
