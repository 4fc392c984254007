"""Who did what, when."""

from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from worker.choices import Choice
from worker.models.base import Base
from worker.models.partner import Actor

AuditCode = Literal[
    Choice, "launched", "invited", "reminded", "extended", "amended", "changed", "undone", "renamed",
    "held", "resumed", "panic", "panic_ended", "restored",
    "second_asked", "second_agreed", "second_declined", "two_persons_on", "two_persons_off",
    "partners_added", "taken_out", "put_back", "merged", "asked_again",
    "asked_to_join", "admitted", "not_admitted", "applicant_erased",
    "address_corrected", "resent", "handed_out", "passed_on", "contact_added", "contact_ended", "disowned",
    "corrected_listing", "proposed_name", "name_agreed", "name_kept",
    "unsubscribed", "resubscribed", "silenced", "mail_allowed", "code_guessed",
    "note_added", "note_finished", "looked_after", "looked_after_no_more",
    "bounced", "reported", "response_came", "answers_settled",
    "closed", "sealed", "seal_voided", "dispatched", "accepted", "brought_by_hand", "letter_resent", "copied",
    "names_exported",
    "reply_noted", "notice_told", "cancelled", "erasure_planned", "erased",
    "voice_withdrawn", "voice_erased", "words_agreed", "words_refused", "voices_stopped", "voices_reopened",
    "domain_dropped", "domain_let_again",
    "digest_drawn", "digest_resent", "digests_held", "digests_resumed", "digests_stopped", "digests_restarted",
    "names_left_out", "seat_given", "seat_taken",
]  # fmt: skip


def audit_codes() -> set[str]:
    """All of them; `get_args` of a Literal that holds another gives them flat."""
    return set(get_args(AuditCode))


class AuditEvent(Base):
    """The audit log: who did what, when; no names and no addresses of partners.

    `what` is an AuditCode (a sentence in rows of an older version), `detail` a number or a word beside it. No state
    is read from here. `organizer_id`: who it was, where that is known: at the desk, and not in the shell. `page_key`: a
    random mark of the page at the desk whose button did it, by which a second press of that button is known.
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
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizer.id"))
    page_key: Mapped[str | None] = mapped_column(String(24))
