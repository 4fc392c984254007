"""A person adds its voice again after it took it back: what addressees were told meanwhile stays what it was."""

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from worker import tokens
from worker.models import Campaign, Digest, Member, Seal
from worker.state import members


def keep_what_was_told(session: Session, campaign: Campaign, member: Member) -> None:
    """Before a withdrawn voice stands again, keep from when to when it stood, if a number that was told counts it.

    That is a row of its own, of nobody: numbers are counted as of the moment of which they were told. So there is one
    for each seal and digest at most, however often a person comes and goes.
    """
    if member.confirmed_at is None or member.withdrawn_at is None:
        return
    counted_by = [
        exists().where(
            Digest.campaign_id == campaign.id, Digest.drawn_at.between(member.confirmed_at, member.withdrawn_at)
        )
    ]
    if members.is_counted_in_letter(campaign, member):
        counted_by.append(exists().where(Seal.campaign_id == campaign.id, Seal.sealed_at < member.withdrawn_at))
    if not session.scalar(select(or_(*counted_by))):
        return
    session.add(
        Member(
            campaign_id=campaign.id,
            ref=tokens.new_ref(),
            generation=1,
            language=member.language,
            name="",
            email="",
            country="",
            words="",
            appearance="counted",
            letter_id=member.letter_id,
            at=member.at,
            confirmed_at=member.confirmed_at,
            withdrawn_at=member.withdrawn_at,
            erased_at=member.withdrawn_at,
            mails=0,
        )
    )
