"""Erase persons who added their voices: with their campaign, one who asks, and wishes that nobody confirmed.

When each confirmed and withdrew stays, so that no number changes that was told.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from worker import db, journal, tokens
from worker.acts import audit
from worker.acts.after_member_left import void_what_counts
from worker.acts.ended_links import remember_links
from worker.mail import outbox
from worker.models import Campaign, Mail, MailResponse, Member

KEPT_UNCONFIRMED = timedelta(days=7)
AT_ONCE = 1000  # wishes that one sweep blanks
_NOBODY = {"name": "", "email": "", "country": "", "words": ""}
_NOT_TO_BE_FOUND = {"email_hmac": None, "mailbox_hmac": None}
_LINK = (Member.id, Member.ref, Member.generation, Member.language, Member.disowned_at)


def erase_members_of(session: Session, campaign: Campaign, now: datetime) -> int:
    """Blank all persons of a campaign, call back what waits for them or tells of them; how many were not blank yet."""
    of_it = Mail.campaign_id == campaign.id
    number = _blank(session, campaign, now, Member.campaign_id == campaign.id)
    outbox.cancel(session, of_it, or_(Mail.member_id.is_not(None), Mail.digest_id.is_not(None)), at=now)
    _forget_replies(session, of_it, Mail.member_id.is_not(None))
    return number


def erase_member(session: Session, member_id: int) -> None:
    """Erase one person at its request, at any time: its voice is withdrawn, and its link says that it was erased.

    Again changes nothing.
    """
    campaign_id = session.scalars(select(Member.campaign_id).where(Member.id == member_id)).one()
    campaign = db.locked(session, campaign_id, "shared")
    member = session.get_one(Member, member_id, with_for_update=True, populate_existing=True)
    now = db.clock(session)
    if member.erased_at is not None:
        return
    if member.stands:
        member.withdrawn_at = now
        void_what_counts(session, campaign, [member], now)
    journal.note(session, "voice erased", member.ref, member.generation)
    its = Mail.member_id == member_id
    outbox.cancel(session, its, at=now)
    session.flush()
    _blank(session, campaign, now, Member.id == member_id)
    session.execute(delete(MailResponse).where(MailResponse.mail_id.in_(select(Mail.id).where(its))))
    _forget_replies(session, its)
    session.expire(member)
    audit.log(session, campaign, "organizer", "voice_erased", at=now)


def blank_unconfirmed(session: Session, now: datetime) -> None:
    """Blank wishes of which nobody confirmed the address for a week; their links die, and what limits mail stays.

    In one statement; two who do it at once leave each other's rows alone.
    """
    long_ago = Member.at <= now - KEPT_UNCONFIRMED
    waiting = select(Member.id).where(Member.confirmed_at.is_(None), long_ago, Member.is_kept).order_by(Member.at)
    if not db.is_sqlite(session):
        waiting = waiting.with_for_update(skip_locked=True)
    blank = {**_NOBODY, "words_at": None, "generation": Member.generation + 1, "wrong_codes": 0}
    of_them = update(Member).where(Member.id.in_(waiting.limit(AT_ONCE).scalar_subquery())).values(blank)
    session.execute(of_them.execution_options(synchronize_session=False))


def _blank(session: Session, campaign: Campaign, now: datetime, *which: ColumnElement[bool]) -> int:
    """Forget who these are, and how they are found; links that lived say so for a while."""
    session.flush()
    kept = select(*_LINK, Member.is_kept.label("is_kept")).where(Member.erased_at.is_(None), *which)
    found = session.execute(kept.order_by(Member.id).with_for_update()).all()
    remember_links(session, campaign, [one for one in found if one.is_kept and one.disowned_at is None], now)
    blank = {**_NOBODY, **_NOT_TO_BE_FOUND, "erased_at": now}
    if found:
        session.execute(update(Member), [{"id": one.id, "ref": tokens.new_ref(), **blank} for one in found])
    return len(found)


def _forget_replies(session: Session, *which: ColumnElement[bool]) -> None:
    forgotten = update(Mail).where(*which).values(reply=None, reported_at=None, delayed_at=None)
    session.execute(forgotten.execution_options(synchronize_session=False))
