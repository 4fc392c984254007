"""What partners have said, and what of it stands."""

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session, aliased
from sqlalchemy.orm.interfaces import ORMOption

from worker.models import Answer, Campaign, Partner
from worker.state.lifecycle import VISIBILITY_RANK


def standing_answer(session: Session, partner_id: int) -> Answer | None:
    """The answer that stands for a partner now."""
    return session.scalar(select(Answer).where(Answer.partner_id == partner_id, Answer.superseded_at.is_(None)))


def load_standing(session: Session, campaign: Campaign, *options: ORMOption) -> dict[int, Answer]:
    """The answers that stand in a campaign now, by partner; `options` say what is read with them."""
    standing = select(Answer).join(Partner).where(Partner.campaign_id == campaign.id, Answer.superseded_at.is_(None))
    answers = session.scalars(standing.options(*options).order_by(Answer.partner_id))
    return {answer.partner_id: answer for answer in answers}


def earlier_answer(session: Session, partner: Partner) -> Answer | None:
    """What a partner last said, if the letter has meant something else since and the answer was its own."""
    return earlier_answers(session, partner.campaign, partner.id).get(partner.id)


def earlier_answers(session: Session, campaign: Campaign, partner_id: int | None = None) -> dict[int, Answer]:
    """The same by partner, of all in a campaign, or of one."""
    if campaign.letter.meaning == 1:
        return {}
    latest = select(func.max(Answer.id)).join(Partner).where(Partner.campaign_id == campaign.id)
    if partner_id is not None:
        latest = latest.where(Partner.id == partner_id)
    of_each = select(Answer).where(Answer.id.in_(latest.group_by(Answer.partner_id)))
    return {
        answer.partner_id: answer
        for answer in session.scalars(of_each)
        if answer.letter.meaning != campaign.letter.meaning and not was_disowned(answer.partner, answer)
    }


def exposes_more(answer: Answer) -> bool:
    """Whether it signs at least as visibly as what it replaces: that is told, whatever silence was asked for."""
    before = answer.replaces.visibility if answer.replaces else None
    return answer.signs and VISIBILITY_RANK[answer.visibility or ""] >= VISIBILITY_RANK.get(before or "", 0)


def exposing_more() -> ColumnElement[bool]:
    """The same of any answer, as the condition in SQL."""
    before = aliased(Answer)
    then = select(_rank(before.visibility)).where(before.id == Answer.replaces_id).scalar_subquery()
    return (Answer.choice == "sign") & (_rank(Answer.visibility) >= func.coalesce(then, 0))


def _rank(visibility: ColumnElement[str] | object) -> ColumnElement[int]:
    return case(VISIBILITY_RANK, value=visibility, else_=0)


def was_disowned(partner: Partner, answer: Answer) -> bool:
    """Whether the partner has said that this answer was not its own."""
    return partner.disowned_at is not None and partner.disowned_at >= answer.at
