"""Rows of the outbox as they are read to be worded: of a kind that goes to thousands no more than it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.mail import kinds
from worker.mail.kinds import kind_named
from worker.mail.results import DeliveryResult
from worker.models import Campaign, Mail, Partner
from worker.state.answers import exposes_more


@dataclass(frozen=True, slots=True)
class Reader:
    """A partner, as far as a mail to it goes."""

    ref: bytes
    generation: int
    organization: str
    acronym: str
    country: str
    contact: str
    email: str
    quiet_at: datetime | None
    silenced_at: datetime | None
    names: dict[str, str] | None
    disowned_at: datetime | None
    taken_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class BulkMail:
    """A row of the outbox of a kind that goes to thousands, read without all that such a mail does not say."""

    id: int
    kind: str
    language: str
    message_id: str
    dated_at: datetime
    body_hash: str | None
    generation: int | None
    campaign: Campaign
    partner: Reader
    contact: None = None

    @property
    def campaign_id(self) -> int:
        return self.campaign.id


def load_mails(session: Session, ids: Sequence[int]) -> dict[int, Mail | BulkMail]:
    """These rows of the outbox, with all that they say."""
    found: dict[int, Mail | BulkMail] = {}
    campaigns: dict[int, Campaign] = {}
    for row in session.execute(_BULK.where(Mail.id.in_(ids))):
        campaign_id, mail_id, kind, language, message_id, dated_at, body_hash, generation, *reader = row
        if campaign_id not in campaigns:
            campaigns[campaign_id] = session.get_one(Campaign, campaign_id)
        itself = (mail_id, kind, language, message_id, dated_at, body_hash, generation)
        found[mail_id] = BulkMail(*itself, campaigns[campaign_id], Reader(*reader))
    if len(found) < len(ids):
        others = select(Mail).where(Mail.id.in_([mail_id for mail_id in ids if mail_id not in found]))
        found |= {mail.id: mail for mail in session.scalars(others)}
    return found


def is_alert(session: Session, mail: Mail | BulkMail | DeliveryResult) -> bool:
    """Whether it goes to the registered contact whatever silence its link asked for, and whatever came back."""
    if isinstance(mail, BulkMail | DeliveryResult) or mail.contact_id is not None:
        return False
    if mail.kind == "receipt":
        return mail.answer is not None and exposes_more(session, mail.answer)
    return kind_named(mail.kind).alert


_OF_THE_MAIL = (
    *(Mail.campaign_id, Mail.id, Mail.kind, Mail.language, Mail.message_id, Mail.dated_at, Mail.body_hash),
    Mail.generation,
)


_OF_THE_READER = (
    *(Partner.ref, Partner.generation, Partner.organization, Partner.acronym, Partner.country),
    *(Partner.contact, Partner.email, Partner.quiet_at, Partner.silenced_at, Partner.names, Partner.disowned_at),
    Partner.taken_out_at,
)


_BULK = (
    select(*_OF_THE_MAIL, *_OF_THE_READER)
    .join(Partner, Partner.id == Mail.partner_id)
    .where(Mail.kind.in_(kinds.names(lambda kind: kind.bulk and not kind.attachment)), Mail.contact_id.is_(None))
)
