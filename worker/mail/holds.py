"""Which mails wait while their campaign is held or in panic: the letter and its copies, what tells of members, or all
but the organizers' own."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, literal_column, select

from worker.mail import kinds
from worker.models import Campaign, Mail

_WITH_THE_LETTER = kinds.names(lambda kind: kind.waits_with_letter)
_TO_OTHERS = kinds.names(lambda kind: kind.audience not in kinds.OF_OURSELVES)
ABOUT_MEMBERS = ("digest", "single")
"""The kinds of mail that tell an addressee about members."""


def is_held(campaign: Campaign, kind: str) -> bool:
    """Whether a mail of this kind waits for `resume` or the end of a panic. A cancelled campaign holds nothing."""
    if campaign.panic_at is not None:
        return kind in _TO_OTHERS
    if campaign.cancelled_at is not None:
        return False
    with_the_letter = campaign.held_at is not None and kind in _WITH_THE_LETTER
    about_members = campaign.digests_held_at is not None and kind in ABOUT_MEMBERS
    return with_the_letter or about_members or (campaign.mail_held_at is not None and kind in _TO_OTHERS)


def held() -> ColumnElement[bool]:
    """The same of any mail, as the condition in SQL: where nothing is held, nothing is asked of each mail."""
    letters, mails, digests = (
        Mail.campaign_id.in_(select(Campaign.id).where(since.is_not(None), Campaign.cancelled_at.is_(None)))
        for since in (Campaign.held_at, Campaign.mail_held_at, Campaign.digests_held_at)
    )
    with_the_letter = letters & _is_one_of(_WITH_THE_LETTER)
    in_panic = Mail.campaign_id.in_(select(Campaign.id).where(Campaign.panic_at.is_not(None)))
    all_mail = (mails | in_panic) & _is_one_of(_TO_OTHERS)
    return with_the_letter | all_mail | (digests & _is_one_of(ABOUT_MEMBERS))


def is_to_others() -> ColumnElement[bool]:
    """Whether anybody but the organizers reads a mail."""
    return _is_one_of(_TO_OTHERS)


def _is_one_of(kinds_of_mail: Sequence[str]) -> ColumnElement[bool]:
    """With the names as a part of the statement: as values they cost half of a look, which is taken all the time."""
    return Mail.kind.in_([literal_column(f"'{name}'") for name in kinds_of_mail])
