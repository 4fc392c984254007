"""How often and how soon an address is written to that somebody typed to add a voice.

Whoever types an address may mean harm by it, so a mailbox gets one mail a day, over all letters, and of one letter
three, then one in a month. Of very many wishes the mails leave later, and the more of them came from one place the
later; the door is shut only while more wait than could leave within a day, and that is said.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import tokens
from worker.models import Campaign, Mail, Member
from worker.state.refusals import TooManyAtOnce
from worker.text.addresses import is_plain, mailbox

A_MONTH, A_DAY, AN_HOUR = timedelta(days=30), timedelta(days=1), timedelta(hours=1)
FIRST_OF_MAILBOX = 3  # of one campaign, a day apart; the last one is for the address without additions
FIRST_OF_CAMPAIGN = 300  # wishes within an hour that are mailed at once
FIRST_OF_ORIGIN = 5  # of them, from one place
BETWEEN, BETWEEN_OF_ORIGIN = timedelta(seconds=1.5), timedelta(seconds=5)  # from one mail to the next, beyond the first
LATEST = A_DAY  # after the wish
MAX_WAITING = 20_000  # mails of one campaign
FOR_NEWCOMERS = 1_000  # of them, for who has asked only a few times from where it asks


def require_room(session: Session, campaign: Campaign, of_origin: int) -> None:
    """Raises TooManyAtOnce while so many mails wait; whatever address is asked for, so that this tells nothing of it.

    The last places are for who has asked only a few times, so that no single machine shuts the door.
    """
    room = MAX_WAITING if of_origin < FIRST_OF_ORIGIN else MAX_WAITING - FOR_NEWCOMERS
    waiting = select(Mail.id).where(Mail.campaign_id == campaign.id, Mail.kind == "voice", Mail.due_at.is_not(None))
    counted = select(func.count()).select_from(waiting.limit(room).subquery())
    if (session.scalar(counted) or 0) >= room:
        raise TooManyAtOnce


def count_asked_lately(session: Session, campaign: Campaign, now: datetime) -> int:
    """How many addresses were typed within the hour, by a clock that may have been set back."""
    typed = Member.campaign_id == campaign.id, Member.at.between(now - AN_HOUR, now)
    return session.scalar(select(func.count()).select_from(Member).where(*typed)) or 0


def wait_of(of_campaign: int, of_origin: int) -> timedelta:
    """How long after a wish its mail leaves, by how many came before it within the hour: in all, and from its place."""
    in_line = max(0, of_campaign + 1 - FIRST_OF_CAMPAIGN) * BETWEEN
    of_its_origin = max(0, of_origin + 1 - FIRST_OF_ORIGIN) * BETWEEN_OF_ORIGIN
    return min(LATEST, max(in_line, of_its_origin))


def next_mail_at(session: Session, member: Member, email: str, now: datetime, wait: timedelta) -> datetime | None:
    """When a mailbox gets its next mail, at this address; null if one waits already, or its time is far away.

    Mails to variants of an address never use up the first ones, as some servers know none; and after a month there is
    another, for the link of a wish that nobody confirmed is dead by then. So nobody is kept out by who types before it.
    """
    if _waits(session, member):
        return None
    first = FIRST_OF_MAILBOX if is_plain(email) else FIRST_OF_MAILBOX - 1
    if member.mails >= first and member.mailed_at is not None and now < member.mailed_at + A_MONTH:
        return None
    of_it = Member.mailbox_hmac.in_(tokens.fingerprints(mailbox(email)))
    latest = session.scalar(select(func.max(Member.mailed_at)).where(of_it))
    return max(now + wait, latest + A_DAY) if latest else now + wait


def _waits(session: Session, member: Member) -> bool:
    waiting = select(Mail.id).where(Mail.member_id == member.id, Mail.kind == "voice", Mail.due_at.is_not(None))
    return session.scalar(waiting.limit(1)) is not None
