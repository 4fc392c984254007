"""What of a letter has gone before a partner's last answer, and says more of the partner than that answer does."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker.acts import close
from worker.models import Addressee, Answer, Campaign, Mail, Partner
from worker.state import signatories


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
    copies = gone(session, campaign)
    found = Departure(to=[addressee.name for addressee, _ in copies])
    for addressee, dated_at in copies:
        then = _answer_in(session, campaign, partner, dated_at)
        if _is_named(then, addressee) and not _is_named(standing, addressee):
            found.naming.append(addressee.name)
        elif _is_counted(then) and not _is_counted(standing):
            found.counting.append(addressee.name)
    return found


def gone(session: Session, campaign: Campaign) -> list[tuple[Addressee, datetime]]:
    """Whom the letter has reached or may have reached, in order, each with the moment as of which it names."""
    letters = session.scalars(
        select(Mail).where(Mail.campaign_id == campaign.id, Mail.kind == "letter", Mail.cancelled_at.is_(None))
    ).all()
    if campaign.dispatched_at is not None and close.was_brought(campaign, letters):
        return [(addressee, campaign.dispatched_at) for addressee in campaign.letter.addressees]
    copies = [(m.addressee, m.dated_at) for m in letters if m.has_left and m.addressee]
    return sorted(copies, key=lambda copy: copy[0].position)


def _answer_in(session: Session, campaign: Campaign, partner: Partner, dated_at: datetime) -> Answer | None:
    """What stood when a copy was dated; if two moments are one, the more visible answer."""
    answers = session.scalars(
        select(Answer)
        .where(Answer.partner_id == partner.id, Answer.at <= dated_at)
        .where(Answer.superseded_at.is_(None) | (Answer.superseded_at >= dated_at))
        .order_by(Answer.id)
    )
    return next((answer for answer in answers if answer.letter.meaning == campaign.letter.meaning), None)


def _is_named(answer: Answer | None, addressee: Addressee) -> bool:
    return answer is not None and signatories.is_named(answer.visibility, signatories.rendition_for(addressee))


def _is_counted(answer: Answer | None) -> bool:
    return answer is not None and answer.signs
