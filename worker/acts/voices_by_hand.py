"""An organizer takes back voices of persons: of one who asks for it in another way, or of many that are not true."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from worker import db
from worker.acts import audit
from worker.acts.after_member_left import void_what_counts
from worker.mail import outbox
from worker.models import Mail, Member
from worker.state.member_addresses import ENCRYPTED, OfDomain, get_member, load_of_domain
from worker.state.refusals import MembersUnchanged

AT_ONCE = 2_000  # in one transaction: pages of the letter wait for it, and give up after some seconds


def withdraw_voices(session: Session, campaign_id: int, member_ids: Collection[int]) -> int:
    """Withdraw these voices at once, and call back the mails that wait for these persons; returns how many were new.

    A sealed letter that counts one of them and has not left is sealed anew. Whoever has the link can add its voice
    again. A wish that nobody confirmed is withdrawn, too.
    """
    campaign = db.locked(session, campaign_id)
    now = db.clock(session)
    rows = (
        select(Member)
        .where(Member.campaign_id == campaign_id, Member.id.in_(list(member_ids)), Member.withdrawn_at.is_(None))
        .order_by(Member.id)
        .options(*map(defer, ENCRYPTED))
        .with_for_update(of=Member)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(rows).all()
    stood = [member for member in found if member.stands]
    for member in found:
        member.withdrawn_at = now
    void_what_counts(session, campaign, stood, now)
    outbox.cancel(session, Mail.member_id.in_([member.id for member in found]), at=now)
    if found:
        audit.log(session, campaign, "organizer", "voice_withdrawn", detail=len(found), at=now)
    return len(found)


def withdraw_one(session: Session, campaign_id: int, email: str) -> Member:
    """The same of the person with this address, who asks for it; raises NoSuchMember and MembersUnchanged."""
    member = get_member(session, db.locked(session, campaign_id), email)
    if not withdraw_voices(session, campaign_id, [member.id]):
        raise MembersUnchanged(because="withdrawn")
    return member


def drop_domain(session: Session, campaign_id: int, domain: str) -> OfDomain:
    """The same of whoever is reached through a mail domain, as many as go at once; returns who there was.

    Raises MembersUnchanged if nobody was.
    """
    found = load_of_domain(session, db.locked(session, campaign_id), domain)
    if not found.all:
        raise MembersUnchanged(because="no domain")
    withdraw_voices(session, campaign_id, found.all[:AT_ONCE])
    return found
