"""Own words of persons that wait: the organizers are told of them, once in a day at most."""

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from worker import db
from worker.mail import outbox
from worker.models import Campaign, Mail, Member
from worker.state import waiting_words

BETWEEN_NOTICES = timedelta(days=1)


def tell_of_words(session: Session) -> int:
    """Put a notice for each campaign in which own words came to wait since the last one, a day after it at the soonest.

    Returns how many. A notice is known by the latest words of which it tells, so that two workers put one.
    """
    put = 0
    for campaign_id, latest, told, now in session.execute(_waiting()).all():
        if told is None or (latest > told and now >= told + BETWEEN_NOTICES):
            campaign = session.get_one(Campaign, campaign_id)
            put += outbox.put(session, [outbox.to_organizers("words", campaign, outbox.moment_key(latest), now)])
    return put


@cache
def _waiting() -> Select[int, datetime, datetime | None, datetime]:
    """Selects the campaigns in which words wait, since when the latest do, when that was last told, and the time."""
    since = func.max(case((Member.confirmed_at > Member.words_at, Member.confirmed_at), else_=Member.words_at))
    told = select(func.max(Mail.dated_at)).where(Mail.campaign_id == Campaign.id, Mail.kind == "words")
    return (
        select(Campaign.id, since, told.correlate(Campaign).scalar_subquery(), db.now())
        .join(Member, Member.campaign_id == Campaign.id)
        .where(waiting_words.wait())
        .group_by(Campaign.id)
    )
