"""A partner speaks: it and its campaign are held while it does, so that nothing changes under what it says."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import stages
from worker.acts.stages import GONE, MAY, Action, Stage
from worker.models import Answer, Campaign, Partner


class Closed(Exception):
    """The deadline has passed: nothing more can be added. What was recorded before stands."""


class LetterHasLeft(Exception):
    """The letter is with its addressee, or on the way: it cannot be called back."""


class LetterChanged(Exception):
    """The letter means something else now than it did when it was read."""


class LinkIsDead(Exception):
    """The address was corrected after this link was made: it speaks for nobody any more."""


@dataclass(frozen=True)
class Speaking:
    """A partner, locked, and all that decides over what it may do."""

    campaign: Campaign
    partner: Partner
    standing: Answer | None
    stage: Stage
    now: datetime

    def must_allow(self, action: Action) -> None:
        """Raises Closed or LetterHasLeft if it is too late for this."""
        if action not in MAY[self.stage]:
            raise self.too_late()

    def must_have_read(self, meaning: int | None) -> None:
        """Raises LetterChanged if the letter that was read meant something else; null: nobody knows."""
        if meaning not in {None, self.campaign.letter.meaning}:
            raise LetterChanged

    def too_late(self) -> Exception:
        """Why nothing can be added."""
        return LetterHasLeft() if self.stage in GONE else Closed()


def partner(session: Session, partner_id: int, generation: int | None) -> Speaking:
    """Lock the campaign, shared, then this partner; read both only afterwards, and whether the link still lives.

    `generation` is that of the link, null where no link was used. Raises LinkIsDead.
    """
    campaign_id = session.scalars(select(Partner.campaign_id).where(Partner.id == partner_id)).one()
    campaign = db.locked(session, campaign_id, "shared")
    speaks = session.get_one(Partner, partner_id, with_for_update=True, populate_existing=True)
    if generation not in {None, speaks.generation}:
        raise LinkIsDead
    now = db.clock(session)
    stage = stages.of(session, campaign, now, lock=True)
    return Speaking(campaign, speaks, standing(session, partner_id), stage, now)


def standing(session: Session, partner_id: int) -> Answer | None:
    """The answer that stands for a partner now."""
    return session.scalar(select(Answer).where(Answer.partner_id == partner_id, Answer.superseded_at.is_(None)))
