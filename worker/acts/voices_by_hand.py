"""An organizer takes back voices of persons: of one who asks for it in another way, or of many that are not true, of
whose email domain no more come then.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from worker import db
from worker.acts import audit, locking
from worker.acts.after_member_left import void_what_counts
from worker.acts.voice_limits import BETWEEN
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

    No more come from there until somebody lets them (`let_domain_again`). Raises MembersUnchanged if nobody was.
    """
    found = load_of_domain(session, db.locked(session, campaign_id), domain)
    if not found.all:
        raise MembersUnchanged(because="no domain")
    keep_domain_out(session, campaign_id, domain)
    withdraw_voices(session, campaign_id, found.all[:AT_ONCE])
    return found


def keep_domain_out(session: Session, campaign_id: int, domain: str) -> None:
    """Write to nobody at this mail domain from now on who wants to add a voice; what is typed waits, and says so not.

    Whoever typed such an address reads the same page as everybody, and links that were mailed add no voice.
    """
    campaign = db.locked(session, campaign_id)
    if domain not in (campaign.dropped_domains or ()):
        campaign.dropped_domains = [*(campaign.dropped_domains or ()), domain]
        audit.log(session, campaign, "organizer", "domain_dropped")


def let_domain_again(session: Session, campaign_id: int, domain: str) -> int:
    """Let persons of this mail domain add their voices again, and write to those who wait; returns to how many.

    Their mails leave one after the other. What was withdrawn stays so. Raises InPanic, and MembersUnchanged if the
    domain is not kept out.
    """
    campaign = locking.lock_calm(session, campaign_id)
    dropped = campaign.dropped_domains or []
    if domain not in dropped:
        raise MembersUnchanged(because="not dropped")
    campaign.dropped_domains = [one for one in dropped if one != domain] or None
    now = db.clock(session)
    waiting = load_of_domain(session, campaign, domain).unconfirmed
    its = select(Member).where(Member.id.in_(waiting), Member.is_kept).order_by(Member.id).with_for_update()
    rows = []
    for place, member in enumerate(session.scalars(its.execution_options(populate_existing=True))):
        member.mails, member.mailed_at = member.mails + 1, now + place * BETWEEN
        rows.append(outbox.to_member("voice", campaign, member, str(member.mails), now, due_at=member.mailed_at))
    outbox.cancel(session, Mail.kind == "voice", Mail.member_id.in_(waiting), at=now)
    outbox.put(session, rows)
    audit.log(session, campaign, "organizer", "domain_let_again", detail=len(rows) or None, at=now)
    return len(rows)
