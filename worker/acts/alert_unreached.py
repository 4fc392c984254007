"""Partners that no mail reaches: said to the organizers at once, and never mixed up with silence."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import db
from worker.mail import outbox
from worker.models import Campaign, Mail

BETWEEN_NOTICES = timedelta(hours=1)


def alert_organizers(session: Session) -> int:
    """Put a notice for each campaign in which a mail was refused, came back or is uncertain since the last.

    Mails to further contacts are not told so: their partners are reached all the same, and `status` says it.
    Returns how many. The first at once, further ones an hour apart: a list with a hundred old addresses is no
    hundred mails.
    """
    now = db.clock(session)
    since = func.max(func.coalesce(Mail.bounced_at, Mail.refused_at, Mail.uncertain_at))
    failed = Mail.refused_at.is_not(None) | Mail.bounced_at.is_not(None)
    unknown = Mail.uncertain_at.is_not(None) & Mail.due_at.is_(None)
    lost = session.execute(
        select(Mail.campaign_id, since)
        # The first condition is that of the index `ix_mail_failed`, word for word: SQLite takes it only so.
        .where(failed | Mail.uncertain_at.is_not(None), failed | unknown)
        .where(Mail.partner_id.is_not(None), Mail.contact_id.is_(None))
        .group_by(Mail.campaign_id)
    ).all()
    told = _last_notices(session, [campaign_id for campaign_id, _ in lost])
    put = 0
    for campaign_id, last in lost:
        before = told.get(campaign_id)
        if before is None or (last > before and now >= before + BETWEEN_NOTICES):
            campaign = session.get_one(Campaign, campaign_id)
            which = outbox.moment_key(now)
            put += outbox.put(session, [outbox.to_organizers("unreached", campaign, which, now)])
    return put


def _last_notices(session: Session, campaign_ids: Sequence[int]) -> dict[int, datetime]:
    last = (
        select(Mail.campaign_id, func.max(Mail.dated_at))
        .where(Mail.campaign_id.in_(campaign_ids), Mail.kind == "unreached")
        .group_by(Mail.campaign_id)
    )
    return {row[0]: row[1] for row in session.execute(last)}
