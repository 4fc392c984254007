"""Campaigns by the number: made in the database as a launch makes them, and counted there."""

import itertools
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.definitions import a_definition
from worker import db, tokens
from worker.acts import launch
from worker.definition.campaign import Definition
from worker.definition.partners import PartnerRow
from worker.mail import outbox
from worker.models import Campaign, Mail, Partner

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """A partner as its mail makes it: a link and a code."""

    id: int
    organization: str
    email: str
    token: str
    code: str

    def signature(self) -> dict[str, str]:
        who = {"choice": "sign", "visibility": "public", "representative": f"The board of {self.organization}"}
        return who | {"role": "board", "authorised": "yes", "mail_code": self.code}

    def withdrawal(self) -> dict[str, str]:
        return {"choice": "withdraw", "mail_code": self.code}


def launched(partners: int, *, deadline_in: float = 14 * 86_400) -> int:
    """Launch one, and return its number; with a review of no length, so that its letter leaves when it is closed."""
    with db.transaction() as session:
        return in_session(session, partners, deadline_in=deadline_in).id


def in_session(session: Session, partners: int, *, deadline_in: float) -> Campaign:
    number = next(_numbers)
    campaign = launch.launch_campaign(session, _definition(f"rivers-{number}", partners))
    campaign.deadline_at = db.clock(session) + timedelta(seconds=deadline_in)
    return campaign


def asked(campaign_id: int) -> list[Asked]:
    with db.reading() as session:
        rows = session.scalars(select(Partner).where(Partner.campaign_id == campaign_id).order_by(Partner.id))
        return [Asked(p.id, p.organization, p.email, tokens.token(p), tokens.mail_code(p)) for p in rows]


def put_mails(campaign_id: int, which: str, partners: slice = slice(None)) -> list[int]:
    """Put an invitation to each of these partners, all due now; returns the mails' numbers."""
    with db.transaction() as session:
        campaign, now = session.get_one(Campaign, campaign_id), db.clock(session)
        rows = session.scalars(select(Partner).where(Partner.campaign_id == campaign_id).order_by(Partner.id)).all()
        mails = [outbox.to_partner("invitation", campaign, partner, which, now) for partner in rows[partners]]
        outbox.put(session, mails)
        keys = [mail["key"] for mail in mails]
        return list(session.scalars(select(Mail.id).where(Mail.key.in_(keys))))


def unsent(mails: list[int]) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).where(Mail.id.in_(mails), Mail.sent_at.is_(None))) or 0


def sent_of(campaign_id: int, kind: str = "invitation") -> int:
    mine = (Mail.campaign_id == campaign_id, Mail.kind == kind, Mail.sent_at.is_not(None))
    with db.reading() as session:
        return session.scalar(select(func.count()).where(*mine)) or 0


def _definition(slug: str, partners: int) -> Definition:
    rows = [
        PartnerRow(f"Runner {n} of {slug}", f"R{n}", "Canada", "", f"contact@{n}.{slug}.example", "en", "")
        for n in range(partners)
    ]
    made = a_definition(rows, datetime.now(UTC), slug=slug, review=timedelta(0))
    addressees = [replace(made.addressees[0], email=f"rapporteur@{slug}.example")]
    return replace(made, reply_to=f"secretariat@{slug}.example", addressees=addressees)
