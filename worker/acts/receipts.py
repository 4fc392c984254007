"""A receipt for each answer that stands."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts.invite import BATCH
from worker.mail import outbox
from worker.models import Campaign, Mail, Partner
from worker.state.recipients import select_without_receipt

AN_HOUR, BETWEEN_RECEIPTS, RECEIPTS_AT_ONCE = timedelta(hours=1), timedelta(minutes=10), 3


def put_receipts(session: Session, campaign_id: int) -> int:
    """Put a receipt for standing answers that have none; returns how many, BATCH at most: call it again then.

    A partner without an address, or that wants no mail, gets none. There is a rate limit: whoever answers without end
    gets three at once, and then one in ten minutes at most, about the answer that stands by then: nobody can be
    flooded in our name.
    """
    campaign = session.get_one(Campaign, campaign_id)
    # By partner, as whoever answers locks them: in another order two would deadlock.
    answered = session.execute(select_without_receipt(campaign.id).order_by(Partner.id).limit(BATCH)).all()
    if not answered:
        return 0
    now = db.clock(session)
    recent = _recent(session, [one.id for one in answered], now)
    rows = [
        outbox.to_partner("receipt", campaign, one, str(one.answer_id), now, answer_id=one.answer_id)
        | {"due_at": _due(now, *recent.get(one.id, (0, None)))}
        for one in answered
    ]
    return outbox.put(session, rows)


def _recent(session: Session, partner_ids: list[int], now: datetime) -> dict[int, tuple[int, datetime | None]]:
    """By partner, how many receipts were put within the hour, and when the last one was sent."""
    counted = (
        select(Mail.partner_id, func.count(), func.max(Mail.sent_at))
        .where(Mail.partner_id.in_(partner_ids), Mail.kind == "receipt", Mail.dated_at > now - AN_HOUR)
        .group_by(Mail.partner_id)
    )
    return {partner_id: (count, last) for partner_id, count, last in session.execute(counted) if partner_id}


def _due(now: datetime, count: int, last_sent: datetime | None) -> datetime:
    """At once, until somebody floods this partner."""
    return now if count < RECEIPTS_AT_ONCE or last_sent is None else max(now, last_sent + BETWEEN_RECEIPTS)
