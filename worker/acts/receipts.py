"""A receipt for each answer that stands."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts.invite import BATCH
from worker.mail import outbox
from worker.models import Campaign, Contact, Mail, Partner
from worker.state.recipients import select_answering_contacts, select_without_receipt

AN_HOUR, BETWEEN_RECEIPTS, RECEIPTS_AT_ONCE = timedelta(hours=1), timedelta(minutes=10), 3


def put_receipts(session: Session, campaign_id: int) -> int:
    """Put receipts for standing answers that have none; returns for how many, BATCH at most: call it again then.

    One goes to the registered contact, and one to each contact that ever answered by a link of its own. Who has no
    address gets none, nor who wants no mail; but the registered contact always hears of a signature that exposes it at
    least as much as before. There is a rate limit: whoever answers without end gets three at once, and then one in ten
    minutes at most, about the answer that stands by then: nobody can be flooded in our name. The deadline is not
    missed for it.
    """
    campaign = session.get_one(Campaign, campaign_id)
    if campaign.cancelled_at is not None:
        return 0
    # By partner, as whoever answers locks them: in another order two would deadlock.
    answered = session.execute(select_without_receipt(campaign.id).order_by(Partner.id).limit(BATCH)).all()
    if not answered:
        return 0
    now = db.clock(session)
    partner_ids = [one.id for one in answered]
    answers = {one.id: one.answer_id for one in answered}
    dated = {one.id: outbox.fact_moment(one.at, now) for one in answered}
    recent = recently_told(session, "receipt", partner_ids, now)
    rows = []
    for one in answered:
        if one.to_registered:
            due_at = next_receipt_at(campaign, now, *recent.get((one.id, None), (0, None)))
            about = outbox.MailOptions(answer_id=one.answer_id, due_at=due_at, dated_at=dated[one.id])
            rows.append(outbox.to_partner("receipt", campaign, one, str(one.answer_id), now, **about))
    for contact in session.scalars(select_answering_contacts(Contact.partner_id.in_(partner_ids))):
        answer_id = answers[contact.partner_id]
        due_at = next_receipt_at(campaign, now, *recent.get((contact.partner_id, contact.id), (0, None)))
        about = outbox.MailOptions(answer_id=answer_id, due_at=due_at, dated_at=dated[contact.partner_id])
        rows.append(outbox.to_contact("receipt", campaign, contact, str(answer_id), now, **about))
    outbox.put(session, rows)
    return len(answered)


def recently_told(
    session: Session, kind: str, partner_ids: list[int], now: datetime
) -> dict[tuple[int, int | None], tuple[int, datetime | None]]:
    """By partner and contact, how many mails of a kind were put within the hour, and when the last one was sent."""
    counted = (
        select(Mail.partner_id, Mail.contact_id, func.count(), func.max(Mail.sent_at))
        .where(Mail.partner_id.in_(partner_ids), Mail.kind == kind, Mail.dated_at > now - AN_HOUR)
        .group_by(Mail.partner_id, Mail.contact_id)
    )
    return {(partner, contact): (count, last) for partner, contact, count, last in session.execute(counted) if partner}


def next_receipt_at(campaign: Campaign, now: datetime, count: int, last_sent: datetime | None) -> datetime:
    """When the next may leave: at once, until somebody floods this reader; at the deadline at the latest."""
    if count < RECEIPTS_AT_ONCE or last_sent is None:
        return now
    return max(now, min(last_sent + BETWEEN_RECEIPTS, campaign.deadline_at))
