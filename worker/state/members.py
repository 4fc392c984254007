"""Persons who add their voices to a letter: who counts, and how many they are."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from worker.column_types import Moment
from worker.mail.holds import ABOUT_MEMBERS
from worker.models import Campaign, Digest, Letter, Mail, Member
from worker.state.letters import first_seal_sent, sealed_at
from worker.state.signatories import present_meanings
from worker.text import letter_numbers

When = datetime | ColumnElement[datetime]


class Told(NamedTuple):
    """Of which moments a number is that somebody was told: of who was there by one, and not withdrawn by the other."""

    by: When
    until: When


def counts(as_of: When | None = None, until: When | None = None) -> ColumnElement[bool]:
    """Whether a voice counts: confirmed, not withdrawn, and for the letter in its present meaning.

    `as_of`: whether it did at that moment, in place of now; `until`: and was not withdrawn by this later one.
    """
    meaning = present_meanings()
    present = select(Letter.id).join(
        meaning, (meaning.c.campaign_id == Letter.campaign_id) & (meaning.c.meaning == Letter.meaning)
    )
    of_it = Member.letter_id.in_(present.correlate(None))  # read once, not for each of ten thousand
    if as_of is None:
        return Member.stands & of_it
    stood = Member.withdrawn_at.is_(None) | (Member.withdrawn_at > (as_of if until is None else until))
    return (Member.confirmed_at <= as_of) & stood & of_it


def count_members(session: Session, campaign: Campaign, as_of: datetime | None = None) -> int:
    """How many persons' voices count, now or at a moment."""
    return _count(session, campaign, counts(as_of))


def counts_for(member: Member, campaign: Campaign) -> bool:
    """The same of one person whose voice stands: whether it is for the letter in its present meaning."""
    return member.stands and member.letter is not None and member.letter.meaning == campaign.letter.meaning


def was_named(session: Session, member: Member) -> bool:
    """Whether an email that names this person to the addressee has left, or may have."""
    if member.digest_id is None:
        return False
    has_left = Mail.sent_at.is_not(None) | Mail.in_data_at.is_not(None)
    its = Mail.digest_id == member.digest_id, Mail.kind.in_(ABOUT_MEMBERS), Mail.cancelled_at.is_(None)
    return bool(session.scalar(select(exists().where(*its, has_left))))


def can_add_voice(campaign: Campaign) -> bool:
    """Whether a person may add its voice now: before the letter leaves and after, until names are erased."""
    is_open = campaign.members != "closed" and campaign.voices_stopped_at is None
    return is_open and campaign.is_public and campaign.erased_at is None


def can_be_in_letter(campaign: Campaign) -> bool:
    """Whether persons may add their voices before the letter leaves, so that it can say how many."""
    return campaign.members != "closed" and campaign.definition.get("public_page", "never") == "from launch"


def is_in_letter(campaign: Campaign) -> bool:
    """Whether the letter says how many persons add their voices."""
    return bool(letter_numbers.say_members(campaign.letter.texts))


def is_counted_in_letter(campaign: Campaign, member: Member) -> bool:
    """Whether a voice that stands is in the number that the letter says: added by the close, to its present meaning."""
    if campaign.closed_at is None or member.confirmed_at is None or member.confirmed_at > campaign.closed_at:
        return False
    return member.letter_id in {one.id for one in campaign.letters if one.meaning == campaign.letter.meaning}


def count_in_letter(session: Session, campaign: Campaign) -> int:
    """How many the letter says, as it would be sealed now: who was there by the close, and has not withdrawn since."""
    return _count(session, campaign, counts() & (Member.confirmed_at <= campaign.closed_at))


def count_in_seal(session: Session, campaign: Campaign, seal_number: int | None) -> int:
    """The same as it was sealed with this number."""
    if campaign.closed_at is None:
        return 0
    return _count(session, campaign, counts(campaign.closed_at, sealed_at(campaign.id, seal_number)))


def count_in_letter_sent(session: Session, campaign: Campaign) -> int | None:
    """The same of the letter that has left; null while none has, and where it says no number."""
    told = _told_by_letter(campaign)
    return None if told is None else _count(session, campaign, counts(*told))


def number_told(session: Session, campaign: Campaign) -> int | None:
    """The number of persons of which the addressee was told last, whoever came or went since; null before the first."""
    return numbers_told(session, [campaign]).get(campaign.id)


def numbers_told(session: Session, campaigns: Sequence[Campaign]) -> dict[int, int]:
    """The same of several campaigns, of those of which one was told; in two statements."""
    told = _told_last(session, campaigns)
    if not told:
        return {}
    each = ((Member.campaign_id == campaign_id) & counts(*moments) for campaign_id, moments in told.items())
    counted = select(Member.campaign_id, func.count()).where(or_(*each)).group_by(Member.campaign_id)
    found = dict(session.execute(counted).all())
    return {campaign_id: found.get(campaign_id, 0) for campaign_id in told}


def _told_last(session: Session, campaigns: Sequence[Campaign]) -> dict[int, Told]:
    """Of which moments the number is that the addressee of each campaign was told last."""
    told = {campaign.id: moments for campaign in campaigns if (moments := _told_by_letter(campaign))}
    return told | _told_by_digests(session, [campaign.id for campaign in campaigns if campaign.members != "closed"])


def _told_by_letter(campaign: Campaign) -> Told | None:
    """Of which moments the number is in the seal that a server accepted first, or that was brought by hand."""
    if campaign.closed_at is None or campaign.dispatched_at is None or not is_in_letter(campaign):
        return None
    left = sealed_at(campaign.id, first_seal_sent(campaign.id, campaign.dispatched_at))
    return Told(campaign.closed_at, func.coalesce(left, literal(campaign.dispatched_at, Moment())))


def _told_by_digests(session: Session, campaign_ids: Sequence[int]) -> dict[int, Told]:
    """The same of the last digest that left and did not come back, by campaign."""
    left = (
        select(Digest.campaign_id, Digest.drawn_at, func.coalesce(Mail.in_data_at, Mail.sent_at))
        .join(Mail, Mail.digest_id == Digest.id)
        .where(Digest.campaign_id.in_(campaign_ids), Mail.kind == "digest")
        .where(Mail.sent_at.is_not(None), Mail.bounced_at.is_(None))
        .order_by(Mail.id)
    )
    rows = session.execute(left).all() if campaign_ids else []
    return {campaign_id: Told(drawn_at, left_at) for campaign_id, drawn_at, left_at in rows}


def _count(session: Session, campaign: Campaign, which: ColumnElement[bool]) -> int:
    counted = select(func.count()).select_from(Member).where(Member.campaign_id == campaign.id, which)
    return session.scalar(counted) or 0
