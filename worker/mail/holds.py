"""Which mails wait while their campaign is held: the letter and its copies, or all but the organizers' own."""

from sqlalchemy import ColumnElement, select

from worker.mail import kinds
from worker.models import Campaign, Mail

_WITH_THE_LETTER = kinds.names(lambda kind: kind.waits_with_letter)
_TO_OTHERS = kinds.names(lambda kind: kind.audience != "organizers")


def is_held(campaign: Campaign, kind: str) -> bool:
    """Whether a mail of this kind waits for `resume`. A cancelled campaign has nothing left to hold."""
    if campaign.cancelled_at is not None:
        return False
    with_the_letter = campaign.held_at is not None and kind in _WITH_THE_LETTER
    return with_the_letter or (campaign.mail_held_at is not None and kind in _TO_OTHERS)


def held() -> ColumnElement[bool]:
    """The same of any mail, as the condition in SQL: where nothing is held, nothing is asked of each mail."""
    letters, mails = (
        Mail.campaign_id.in_(select(Campaign.id).where(since.is_not(None), Campaign.cancelled_at.is_(None)))
        for since in (Campaign.held_at, Campaign.mail_held_at)
    )
    return (letters & Mail.kind.in_(_WITH_THE_LETTER)) | (mails & Mail.kind.in_(_TO_OTHERS))


def is_to_others() -> ColumnElement[bool]:
    """Whether anybody but the organizers reads a mail."""
    return Mail.kind.in_(_TO_OTHERS)
