"""What did not arrive, and who wrote back: said to the organizers at once, and never mixed up with silence."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from worker import db
from worker.mail import outbox
from worker.models import Campaign, Mail, MailResponse, Partner
from worker.state.mail_status import partner_in_doubt

BETWEEN_NOTICES = timedelta(hours=1)


def alert_organizers(session: Session) -> int:
    """Put a notice for each campaign in which since the last a mail failed, is uncertain or in doubt, or was answered.

    Mails to further contacts that failed are not told so: their partners are reached all the same, and `status` says
    it. Returns how many. The first at once, further ones an hour apart: a list with a hundred old addresses is no
    hundred mails.
    """
    now = db.clock(session)
    lost: dict[int, datetime] = {}
    for campaign_id, last in [*session.execute(_failed()), *session.execute(_in_doubt())]:
        if last is not None:
            lost[campaign_id] = max(last, lost.get(campaign_id, last))
    answered = {campaign_id: last for campaign_id, last in session.execute(_answered()) if last is not None}
    return _tell(session, "unreached", lost, now) + _tell(session, "mail_answered", answered, now)


def _tell(session: Session, kind: str, latest: Mapping[int, datetime], now: datetime) -> int:
    """Put a notice of this kind for each campaign in which something came after the last one, and an hour later."""
    told, put = _last_notices(session, kind, [*latest]), 0
    for campaign_id, last in sorted(latest.items()):
        before = told.get(campaign_id)
        if before is None or (last > before and now >= before + BETWEEN_NOTICES):
            campaign = session.get_one(Campaign, campaign_id)
            put += outbox.put(session, [outbox.to_organizers(kind, campaign, outbox.moment_key(now), now)])
    return put


@cache
def _failed() -> Select[int, datetime | None]:
    """Selects the campaigns in which a mail was refused, came back or is uncertain, and when that was said last."""
    since = func.max(func.coalesce(Mail.bounced_at, Mail.refused_at, Mail.uncertain_at))
    failed = Mail.refused_at.is_not(None) | Mail.bounced_at.is_not(None)
    unknown = Mail.uncertain_at.is_not(None) & Mail.due_at.is_(None)
    return (
        select(Mail.campaign_id, since)
        # The first condition is that of the index `ix_mail_failed`, word for word: SQLite takes it only so.
        .where(failed | Mail.uncertain_at.is_not(None), failed | unknown)
        .where(Mail.partner_id.is_not(None), Mail.contact_id.is_(None))
        .group_by(Mail.campaign_id)
    )


@cache
def _in_doubt() -> Select[int, datetime | None]:
    """Selects the campaigns of partners whose last mail may not have arrived, and since when."""
    reported = (Mail.reported_at.is_not(None), Mail.bounced_at.is_(None), Mail.contact_id.is_(None))
    return (
        select(Mail.campaign_id, func.max(Mail.reported_at))
        .join(Partner, Partner.id == Mail.partner_id)
        .where(*reported, partner_in_doubt())
        .group_by(Mail.campaign_id)
    )


@cache
def _answered() -> Select[int, datetime]:
    """Selects the campaigns in which somebody or something wrote back, but that a mail was read, and when."""
    return (
        select(Mail.campaign_id, func.max(MailResponse.at))
        .join(MailResponse, MailResponse.mail_id == Mail.id)
        .where(MailResponse.kind != "read")
        .group_by(Mail.campaign_id)
    )


def _last_notices(session: Session, kind: str, campaign_ids: Sequence[int]) -> dict[int, datetime]:
    last = (
        select(Mail.campaign_id, func.max(Mail.dated_at))
        .where(Mail.campaign_id.in_(campaign_ids), Mail.kind == kind)
        .group_by(Mail.campaign_id)
    )
    return {row[0]: row[1] for row in session.execute(last)}
