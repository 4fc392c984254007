"""Campaigns whose mails are due, and what a relay took of them."""

import email
import email.policy
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.definitions import a_definition
from tests.scripted_smtp import ScriptedServer
from worker import db, settings
from worker.acts import answer, close, dispatch, invite
from worker.acts.answer import Statement
from worker.acts.launch import launch_campaign
from worker.definition.campaign import Definition
from worker.definition.partners import PartnerRow
from worker.models import Mail, Partner
from worker.state.mail_status import mail_state


def launched(partners: int, copies: int = 0) -> int:
    """A campaign whose invitations are due."""
    settings.set_for_this_process(smtp_connections=1)
    with db.transaction() as session:
        campaign_id = launch_campaign(session, definition(partners, db.clock(session), copies)).id
    with db.transaction() as session:
        assert invite.enqueue_invitations(session, campaign_id) == partners
    return campaign_id


def sealed_and_put(clock: Clock, copies: int = 0) -> int:
    """A campaign that everybody signed, closed and reviewed; its letter is due."""
    campaign_id = launched(3, copies)
    with db.transaction() as session:
        for partner_id in session.scalars(select(Partner.id)):
            answer.sign(session, partner_id, "public", Statement("The board", "Board"))
    clock.advance(days=15)
    assert close.close_and_seal(campaign_id)
    clock.advance(hours=3)
    with db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign_id) == 1 + copies
    return campaign_id


def first_partner(session: Session) -> int:
    return session.scalars(select(Partner.id).order_by(Partner.id)).all()[0]


def taken(server: ScriptedServer) -> list[EmailMessage]:
    bodies = [body for visit in server.visits for _, _, body in visit.mails]
    found = [email.message_from_bytes(body, policy=email.policy.default) for body in bodies]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


def mails(kind: str = "") -> list[Mail]:
    with db.reading() as session:
        found = session.scalars(select(Mail).order_by(Mail.id)).all()
    return [mail for mail in found if not kind or mail.kind == kind]


def definition(partners: int, now: datetime, copies: int = 0) -> Definition:
    rows = [
        PartnerRow(f"Rivière n° {n}", f"R{n}", "France", "", f"contact@river-{n}.example", "en", "")
        for n in range(partners)
    ]
    return a_definition(rows, now, copies=copies)


word: Callable[[Mail], str] = mail_state
