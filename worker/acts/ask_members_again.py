"""The letter means something else now: each person whose voice does not count for it any more is asked once."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from worker.mail import outbox
from worker.models import Campaign, Letter, Mail, Member
from worker.state import members

AT_ONCE = 1_000  # mails that are put together


def put_voice_again(session: Session, campaign: Campaign, before: Letter, now: datetime, due_at: datetime) -> int:
    """Put a mail for each standing voice that `campaign.letter` leaves uncounted; returns how many.

    Whose voice had lapsed before is asked only if what was to ask it was called back unsent.
    """
    of_before = select(Letter.id).where(Letter.campaign_id == campaign.id, Letter.meaning == before.meaning)
    is_asked = exists().where(
        *(Mail.member_id == Member.id, Mail.kind == "voice_again", Mail.cancelled_at.is_(None)),
        Mail.dated_at >= Member.confirmed_at,
    )
    lapsed = (Member.stands & ~members.counts(), Member.letter_id.in_(of_before) | ~is_asked)
    to_ask = select(Member.id, Member.generation, Member.language).where(Member.campaign_id == campaign.id, *lapsed)
    rows = session.execute(to_ask.order_by(Member.id)).all()
    which, put = f"version-{campaign.letter.version}", 0
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        mails = [outbox.to_member("voice_again", campaign, one, which, now, due_at=due_at) for one in some]
        put += outbox.put_unless_tried(session, mails)
    return put
