"""A partner speaks: it and its campaign are held while it does, so that nothing changes under what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from worker import db
from worker.acts import stages
from worker.acts.stages import GONE, MAY, Action, Stage
from worker.models import Answer, Campaign, Letter, Partner


class Refusal(Exception):
    """Why something that a partner says is not taken."""


class Closed(Refusal):
    """The deadline has passed: nothing more can be added. What was recorded before stands."""


class LetterHasLeft(Refusal):
    """The letter is with its addressee, or on the way: it cannot be called back."""


class LetterChanged(Refusal):
    """The letter means something else now than it did when it was read."""


class LinkIsDead(Refusal):
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

    def too_late(self) -> Refusal:
        """Why nothing can be added."""
        return LetterHasLeft() if self.stage in GONE else Closed()


def partner(session: Session, partner_id: int, generation: int | None) -> Speaking:
    """One partner, held as `partners` holds several. Raises LinkIsDead."""
    held = partners(session, {partner_id: generation})
    if partner_id not in held:
        raise LinkIsDead
    return held[partner_id]


def partners(session: Session, generations: Mapping[int, int | None]) -> dict[int, Speaking]:
    """Lock a campaign, shared, then some of its partners; read all only afterwards.

    By partner, with the generation of its link, null where no link was used; those whose link is dead are left out.
    """
    ids = sorted(generations)
    db.lock_campaign_of(session, ids[0])
    locked = session.execute(_LOCKED, {"ids": ids}).all()
    if not locked:
        return {}  # the launch was taken back
    campaign: Campaign = locked[0][1]
    counts = session.execute(_COUNTS, {"ids": ids, "campaign_id": campaign.id}).all()
    now, letter_id, meaning = counts[0][:3]
    standing = {partner_id: answer for _, _, _, partner_id, answer in counts}
    stage = stages.of(session, campaign, now, lock=True)
    return {
        one.id: Speaking(campaign, one, standing[one.id], stage, now, letter_id, meaning)
        for one, _ in locked
        if generations[one.id] in {None, one.generation}
    }


_IDS = Partner.id.in_(bindparam("ids", expanding=True))
_LOCKED = (
    select(Partner, Campaign)
    .join(Campaign, Campaign.id == Partner.campaign_id)
    .where(_IDS)
    .order_by(Partner.id)  # two who lock the same ones, each in its own order, would wait in a circle
    .with_for_update(of=Partner)
    .execution_options(populate_existing=True)
)
_LATEST = (
    select(Letter.id, Letter.meaning)
    .where(Letter.campaign_id == bindparam("campaign_id"))
    .order_by(Letter.version.desc())
    .limit(1)
    .subquery()
)
# The clock, the letter that counts, and the answers that stand: in one statement, after all locks are held.
_COUNTS = (
    select(db.now(), _LATEST.c.id, _LATEST.c.meaning, Partner.id, Answer)
    .select_from(_LATEST)
    .join(Partner, _IDS)
    .outerjoin(Answer, (Answer.partner_id == Partner.id) & Answer.superseded_at.is_(None))
    .execution_options(populate_existing=True)
)


def standing(session: Session, partner_id: int) -> Answer | None:
    """The answer that stands for a partner now."""
    return session.scalar(select(Answer).where(Answer.partner_id == partner_id, Answer.superseded_at.is_(None)))
