"""Ask partners again whose answers were lost with a database that was put back from a backup."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import audit
from worker.mail import outbox
from worker.models import Campaign, Partner


def ask_for_lost_answers(session: Session, partner_ids: Collection[int], backup_of: datetime) -> int:
    """Ask these partners for their answers once more, and say why; how many mails are new.

    Only who takes mail is asked, and only while answers are taken; of one backup once.
    """
    of_them = select(Partner.campaign_id).where(Partner.id.in_(partner_ids)).distinct()
    put = 0
    for campaign_id in sorted(session.scalars(of_them)):
        campaign = db.locked(session, campaign_id)
        now = db.clock(session)
        if campaign.takes_answers(at=now):
            put += _ask(session, campaign, partner_ids, backup_of, now)
    return put


def _ask(session: Session, campaign: Campaign, partner_ids: Collection[int], backup_of: datetime, now: datetime) -> int:
    campaign.restored_of = backup_of
    lost = select(Partner).where(Partner.campaign_id == campaign.id, Partner.id.in_(partner_ids), Partner.takes_mail)
    which = outbox.moment_key(backup_of)
    rows = [
        outbox.to_partner("asked_again", campaign, one, which, now)
        for one in session.scalars(lost.order_by(Partner.id))
    ]
    asked = outbox.put(session, rows)
    if asked:
        audit.log(session, campaign, "organizer", "asked_again", detail=asked, at=now)
    return asked
