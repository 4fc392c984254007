"""What organizers keep beside a campaign: notes on partners, what waits for a second person, addressees' replies."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from worker.column_types import Encrypted
from worker.models.base import Base
from worker.models.campaign import Addressee, Campaign
from worker.models.organizer import Organizer
from worker.models.partner import Partner


class PartnerNote(Base):
    """What an organizer wrote down about a partner, such as "to be called on Friday".

    `due_at`: the day on which something is to be done, as its first moment in the campaign's time zone; `done_at`: when
    it was ticked off.
    """

    __tablename__ = "partner_note"
    id: Mapped[int] = mapped_column(primary_key=True)
    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), index=True)
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizer.id"))
    text: Mapped[str] = mapped_column(Encrypted("partner_note.text", "partner_id"))
    at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]

    partner: Mapped[Partner] = relationship()
    organizer: Mapped[Organizer | None] = relationship()


class Approval(Base):
    """An act that waits for the yes of a second person, where the campaign wants two.

    `act` is its name and `fields` what was typed for it, as JSON. `asked_by` is null where a command asked. Both
    `decided_at` and `agreed_at` are set by a yes, `decided_at` alone by a no.
    """

    __tablename__ = "approval"
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    act: Mapped[str] = mapped_column(String(40))
    fields: Mapped[str] = mapped_column(Encrypted("approval.fields", "campaign_id"))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("organizer.id"))
    asked_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("organizer.id"))
    decided_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship()


class Reply(Base):
    """What an addressee replied to the letter, as an organizer noted it; `came_at`: the day on which it came."""

    __tablename__ = "reply"
    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    addressee_id: Mapped[int | None] = mapped_column(ForeignKey("addressee.id"))
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizer.id"))
    text: Mapped[str] = mapped_column(Encrypted("reply.text", "campaign_id"))
    came_at: Mapped[datetime]
    noted_at: Mapped[datetime]

    addressee: Mapped[Addressee | None] = relationship()
