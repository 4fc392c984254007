"""A person takes its voice back, or says that it never added one."""

from datetime import datetime

from sqlalchemy.orm import Session

from worker.acts import after_member_left
from worker.acts.locking import lock_member
from worker.mail import outbox
from worker.models import Campaign, Mail, Member


def withdraw_voice(session: Session, member_id: int, generation: int) -> None:
    """Take a voice back: it counts no more, and its name is in no mail that has not left.

    At any moment; again changes nothing. Until the letter has left, that voids a seal that says a number with it.
    Raises LinkRevoked.
    """
    campaign, member, now = lock_member(session, member_id, generation)
    if member.stands:
        _take_back(session, campaign, member, now)


def disown_voice(session: Session, member_id: int, generation: int) -> None:
    """Undo what somebody else did with an address, and revoke its link.

    What was typed is erased at once. The fingerprints stay, so that no mail about this letter goes there again.
    Raises LinkRevoked.
    """
    campaign, member, now = lock_member(session, member_id, generation)
    if member.stands:
        _take_back(session, campaign, member, now)
    outbox.cancel(session, Mail.member_id == member.id, at=now)
    member.disowned_at = now
    member.generation += 1
    member.name = member.email = member.country = member.words = ""
    member.appearance = "counted"
    member.words_at = member.words_agreed_at = member.words_refused_at = None


def _take_back(session: Session, campaign: Campaign, member: Member, now: datetime) -> None:
    member.withdrawn_at = now
    after_member_left.void_what_counts(session, campaign, [member], now)
