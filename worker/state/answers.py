"""What partners have said, and what of it stands."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.models import Answer, Partner


def standing_answer(session: Session, partner_id: int) -> Answer | None:
    """The answer that stands for a partner now."""
    return session.scalar(select(Answer).where(Answer.partner_id == partner_id, Answer.superseded_at.is_(None)))


def earlier_answer(session: Session, partner: Partner) -> Answer | None:
    """What a partner last said, if the letter has meant something else since and the answer was its own."""
    letter = partner.campaign.letter
    if letter.meaning == 1:
        return None
    latest = session.scalar(select(Answer).where(Answer.partner_id == partner.id).order_by(Answer.id.desc()).limit(1))
    if latest is None or latest.letter.meaning == letter.meaning or was_disowned(partner, latest):
        return None
    return latest


def was_disowned(partner: Partner, answer: Answer) -> bool:
    """Whether the partner has said that this answer was not its own."""
    return partner.disowned_at is not None and partner.disowned_at >= answer.at
