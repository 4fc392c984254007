"""What partners have said, and what of it stands."""

from functools import cache

from sqlalchemy import ColumnElement, case, exists, func, select
from sqlalchemy.orm import Session, aliased, defer
from sqlalchemy.orm.interfaces import ORMOption

from worker.models import Answer, Campaign, Mail, Partner
from worker.state.lifecycle import VISIBILITY_RANK

PARTNER_UNREAD = (defer(Partner.contact), defer(Partner.email), defer(Partner.note))
ANSWER_UNREAD = tuple(defer(getattr(Answer, name)) for name in ("representative", "role", "reason", "note", "passage"))
"""What is not decrypted where many are read, and nobody looks at it."""


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


def has_withheld(session: Session, *partner_ids: int) -> bool:
    """Whether one of these partners ever signed so that not everybody may see its name."""
    withheld = select(Answer.id).where(Answer.choice == "sign", Answer.visibility != "public")
    return session.scalar(withheld.where(Answer.partner_id.in_(partner_ids)).limit(1)) is not None


def exposure(answer: Answer) -> int:
    """How much an answer shows of an organization: nothing if it does not sign, and most if it signs publicly.

    A wish for a change is not counted either, but says that it would sign.
    """
    if answer.signs:
        return 1 + VISIBILITY_RANK[answer.visibility or ""]
    return 1 if answer.choice == "change" else 0


def exposes_more(session: Session, answer: Answer) -> bool:
    """Whether the registered contact is told of an answer whatever silence was asked for; see `exposing_more`."""
    return bool(session.scalar(select(exposing_more()).where(Answer.id == answer.id)))


@cache
def exposing_more() -> ColumnElement[bool]:
    """The condition in SQL: it signs at least as visibly as anything that stood since its partner last heard of one.

    Not only as what it replaces: somebody could sign openly, and less so before the receipt has left. What never
    arrived, or went to an address that was corrected since, was not heard of.
    """
    told, receipt, reader, since = aliased(Answer), aliased(Mail), aliased(Partner), aliased(Answer)
    last_told = (
        select(func.coalesce(func.max(told.id), 0))
        .join(receipt, (receipt.answer_id == told.id) & (receipt.kind == "receipt") & receipt.contact_id.is_(None))
        .join(reader, (reader.id == told.partner_id) & (reader.generation == receipt.generation))
        .where(receipt.sent_at.is_not(None), receipt.bounced_at.is_(None))
        .where(told.partner_id == Answer.partner_id, told.id < Answer.id)
        .correlate(Answer)
        .scalar_subquery()
    )
    # Where nothing stood in between (it was disowned, or the letter changed), nothing was as visible.
    stood = select(func.min(_rank(since.visibility))).where(since.id >= last_told, since.id < Answer.id)
    gap = exists().where(
        since.partner_id == Answer.partner_id, since.id > last_told, since.id <= Answer.id, since.replaces_id.is_(None)
    )
    least = stood.where(since.partner_id == Answer.partner_id).correlate(Answer).scalar_subquery()
    unheard = (last_told == 0) | gap.correlate(Answer)
    return (Answer.choice == "sign") & (unheard | (_rank(Answer.visibility) >= func.coalesce(least, 0)))


def _rank(visibility: ColumnElement[str] | object) -> ColumnElement[int]:
    return case(VISIBILITY_RANK, value=visibility, else_=0)


def was_disowned(partner: Partner, answer: Answer) -> bool:
    """Whether the partner has said that this answer was not its own."""
    return partner.disowned_at is not None and partner.disowned_at >= answer.at
