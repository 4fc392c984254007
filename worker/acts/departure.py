"""What of a letter has gone before a partner's last answer, and says more of the partner than that answer does."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.letter import signatories
from worker.models import Answer, Campaign, Mail, Partner


@dataclass(frozen=True)
class Departure:
    """Names of addressees who have the letter, or may have it."""

    to: list[str] = field(default_factory=list)
    naming: list[str] = field(default_factory=list)
    """Those in whose copy the partner is named, though its standing answer would not name it there."""
    counting: list[str] = field(default_factory=list)
    """Those in whose copy it is counted without its name, though it has withdrawn."""


def of(session: Session, campaign: Campaign, partner: Partner, standing: Answer | None) -> Departure:
    """Compare each copy that has gone, or may have gone, with what stands now.

    A copy names whoever was to be named when it was dated: later reductions make another seal.
    """
    if campaign.closed_at is None:
        return Departure()
    letters = _gone(session, campaign)
    found = Departure(to=[_name(letter) for letter in letters])
    for letter in letters:
        then = _answer_in(session, campaign, partner, letter)
        if _is_named(then, letter) and not _is_named(standing, letter):
            found.naming.append(_name(letter))
        elif _is_counted(then) and not _is_counted(standing):
            found.counting.append(_name(letter))
    return found


def _gone(session: Session, campaign: Campaign) -> list[Mail]:
    letters = session.scalars(
        select(Mail).where(Mail.campaign_id == campaign.id, Mail.kind == "letter", Mail.cancelled_at.is_(None))
    )
    return sorted((m for m in letters if m.has_left), key=lambda m: m.addressee.position if m.addressee else 0)


def _name(letter: Mail) -> str:
    return letter.addressee.name if letter.addressee else ""


def _answer_in(session: Session, campaign: Campaign, partner: Partner, letter: Mail) -> Answer | None:
    """What stood when this copy was dated; if two moments are one, the more visible answer."""
    answers = session.scalars(
        select(Answer)
        .where(Answer.partner_id == partner.id, Answer.at <= letter.dated_at)
        .where(Answer.superseded_at.is_(None) | (Answer.superseded_at >= letter.dated_at))
        .order_by(Answer.id)
    )
    return next((answer for answer in answers if answer.letter.meaning == campaign.letter.meaning), None)


def _is_named(answer: Answer | None, letter: Mail) -> bool:
    if answer is None or letter.addressee is None:
        return False
    return signatories.is_named(answer.visibility, signatories.rendition_for(letter.addressee))


def _is_counted(answer: Answer | None) -> bool:
    return answer is not None and answer.signs
