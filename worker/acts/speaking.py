"""A partner speaks: it and its campaign are held while it does, so that nothing changes under what it says."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import stages
from worker.acts.stages import GONE, MAY, Action, Stage
from worker.models import Answer, Campaign, Letter, Partner


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
    letter_id: int
    meaning: int
    """The letter that counts now, and its sense."""

    def must_allow(self, action: Action) -> None:
        """Raises Closed or LetterHasLeft if it is too late for this."""
        if action not in MAY[self.stage]:
            raise self.too_late()

    def must_have_read(self, meaning: int | None) -> None:
        """Raises LetterChanged if the letter that was read meant something else; null: nobody knows."""
        if meaning not in {None, self.meaning}:
            raise LetterChanged

    def too_late(self) -> Exception:
        """Why nothing can be added."""
        return LetterHasLeft() if self.stage in GONE else Closed()


def partner(session: Session, partner_id: int, generation: int | None) -> Speaking:
    """Lock the campaign, shared, then this partner; read both only afterwards, and whether the link still lives.

    `generation` is that of the link, null where no link was used. Raises LinkIsDead.
    """
    db.lock_campaign_of(session, partner_id)
    both = select(Partner, Campaign).join(Campaign, Campaign.id == Partner.campaign_id).where(Partner.id == partner_id)
    locked = both.with_for_update(of=Partner).execution_options(populate_existing=True)
    speaks, campaign = session.execute(locked).one()
    if generation not in {None, speaks.generation}:
        raise LinkIsDead
    now, letter_id, meaning, standing = _what_counts(session, campaign.id, partner_id)
    stage = stages.of(session, campaign, now, lock=True)
    return Speaking(campaign, speaks, standing, stage, now, letter_id, meaning)


def _what_counts(session: Session, campaign_id: int, partner_id: int) -> tuple[datetime, int, int, Answer | None]:
    """The clock, the letter's id and meaning, and the answer that stands: one statement, after all locks are held."""
    letters = select(Letter.id, Letter.meaning).where(Letter.campaign_id == campaign_id)
    latest = letters.order_by(Letter.version.desc()).limit(1).subquery()
    stands = (Answer.partner_id == partner_id) & Answer.superseded_at.is_(None)
    what = select(db.now(session), latest.c.id, latest.c.meaning, Answer).select_from(latest).outerjoin(Answer, stands)
    now, letter_id, meaning, standing = session.execute(what.execution_options(populate_existing=True)).one()
    return db.moment(now), letter_id, meaning, standing


def standing(session: Session, partner_id: int) -> Answer | None:
    """The answer that stands for a partner now."""
    return session.scalar(select(Answer).where(Answer.partner_id == partner_id, Answer.superseded_at.is_(None)))
