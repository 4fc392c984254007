"""What we remember. No rules, no words: those are in the acts and the templates.

A state is a time: null means "not yet". Nothing else says in which state a thing is.
"""

from worker.models.audit import AuditCode, AuditEvent, audit_codes
from worker.models.base import Base, bound, new_row, new_seed
from worker.models.campaign import MAX_SLUG, Addressee, Campaign, DigestsStoppedBy, Letter, Members, Rendition, Seal
from worker.models.desk import Approval, PartnerNote, Reply
from worker.models.installation import Installation, RelayHealth, RestoredBy, Suppression
from worker.models.mail import CancelReason, Mail, MailResponse, ResponseKind, ThirdPartyAddress
from worker.models.member import Appearance, Digest, Member
from worker.models.organizer import DeskLink, DeskSession, Login, Organizer, Role, Seat
from worker.models.partner import (
    MAX_WRONG_CODES,
    REDACTED,
    Actor,
    Answer,
    Channel,
    Contact,
    EndedLink,
    ListingChange,
    OrganizerAct,
    Partner,
    Visibility,
    as_listed,
)

CodeHolder = Partner | ThirdPartyAddress | Member
"""Who has a link and codes, of which so many wrong ones are compared and no more."""

__all__ = [
    "MAX_SLUG",
    "MAX_WRONG_CODES",
    "REDACTED",
    "Actor",
    "Addressee",
    "Answer",
    "Appearance",
    "Approval",
    "AuditCode",
    "AuditEvent",
    "Base",
    "Campaign",
    "CancelReason",
    "Channel",
    "CodeHolder",
    "Contact",
    "DeskLink",
    "DeskSession",
    "Digest",
    "DigestsStoppedBy",
    "EndedLink",
    "Installation",
    "Letter",
    "ListingChange",
    "Login",
    "Mail",
    "MailResponse",
    "Member",
    "Members",
    "Organizer",
    "OrganizerAct",
    "Partner",
    "PartnerNote",
    "RelayHealth",
    "Rendition",
    "Reply",
    "ResponseKind",
    "RestoredBy",
    "Role",
    "Seal",
    "Seat",
    "Suppression",
    "ThirdPartyAddress",
    "Visibility",
    "as_listed",
    "audit_codes",
    "bound",
    "new_row",
    "new_seed",
]

for _table in Base.metadata.tables.values():
    if _table.autoincrement_column is not None:
        _table.dialect_options["sqlite"]["autoincrement"] = True  # a number is never given twice, as on PostgreSQL
