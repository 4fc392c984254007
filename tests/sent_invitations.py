"""Two partners whose invitations are with the relay, and what the rows say of them."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tests.definitions import a_definition
from worker import db
from worker.acts.launch import launch_campaign
from worker.definition.campaign import Definition
from worker.definition.partners import PartnerRow
from worker.mail import outbox
from worker.models import AuditEvent, Mail, Partner, Suppression

SOPHEA, DARA = "sophea.chan@river-watch.example", "dara@clean-coast.example"


def launch_and_send(*, slug: str = "rivers") -> None:
    """A campaign whose invitations were handed to the relay, with one mail to its organizers."""
    with db.transaction() as session:
        campaign = launch_campaign(session, definition(slug, db.clock(session)))
        partners = session.scalars(select(Partner).where(Partner.campaign_id == campaign.id).order_by(Partner.id))
        now = db.clock(session)
        rows = [outbox.to_partner("invitation", campaign, partner, "1", now) for partner in partners]
        rows += [outbox.to_organizers("closed", campaign, "1", now)]
        rows += [outbox.to_addressee(campaign, campaign.letter.addressees[0], 1, 1, now)]
        for row in rows:
            outbox.put(session, [row])
        session.execute(update(Mail).values(sent_at=now, due_at=None, reply="250 2.0.0 queued"))


def invitation(email: str = SOPHEA) -> int:
    with db.reading() as session:
        found = session.scalars(select(Mail).where(Mail.kind == "invitation").order_by(Mail.id)).all()
        return found[0 if email == SOPHEA else 1].id


def mail_of_kind(kind: str) -> int:
    with db.reading() as session:
        return session.scalars(select(Mail.id).where(Mail.kind == kind)).one()


def row(mail_id: int) -> Mail:
    with db.reading() as session:
        return session.get_one(Mail, mail_id)


def partner_of(email: str) -> Partner:
    with db.reading() as session:
        return session.scalars(select(Partner).order_by(Partner.id)).all()[0 if email == SOPHEA else 1]


def suppressed() -> list[tuple[bytes, str]]:
    with db.reading() as session:
        return [(bytes(each.email_hmac), each.reason) for each in session.scalars(select(Suppression))]


def audit_log() -> list[tuple[str, str, int | None]]:
    """What bounces wrote into it."""
    with db.reading() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.what.not_like("launch%")).order_by(AuditEvent.id))
        return [(event.actor, f"{event.what} {event.detail}", event.partner_id) for event in events]


def nothing_happened() -> bool:
    with db.reading() as session:
        marked = session.scalar(select(func.count()).where(Mail.bounced_at.is_not(None) | (Mail.reply.like("came%"))))
        return not (marked or suppressed() or audit_log() or _bounced_partners(session))


def _bounced_partners(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Partner).where(Partner.bounced_at.is_not(None))) or 0


def definition(slug: str, now: datetime) -> Definition:
    """Of two partners, who read English."""
    partners = [
        PartnerRow("River Watch", "RW", "Cambodia", "Sophea Chan", SOPHEA, "en", ""),
        PartnerRow("Clean Coast", "CC", "France", "Dara", DARA, "en", ""),
    ]
    return a_definition(partners, now, slug=slug, letters=("en",))
