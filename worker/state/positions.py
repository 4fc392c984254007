"""Where a partner stands at one moment: what it said, how far its campaign is, and so what it may do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, select
from sqlalchemy.orm import Session, aliased

from worker import db
from worker.models import Answer, Campaign, Mail, Partner
from worker.state import lifecycle
from worker.state.letters import load_letters
from worker.state.lifecycle import EXPOSES_MORE, Action, Stage

FEW_PARTNERS = 20
"""Among fewer than these, whoever knows which were asked could guess who signs without being named."""


@dataclass(frozen=True)
class Position:
    """A partner, and all that decides over what it may do; `acts/locking.py` has the same of one that is locked."""

    campaign: Campaign
    partner: Partner
    standing: Answer | None
    stage: Stage
    now: datetime
    letters: Sequence[Mail]
    """All that were ever put for an addressee; none while answers are taken."""
    few_are_asked: bool = field(default=False, kw_only=True)
    """Whether the campaign has fewer than FEW_PARTNERS; not read of one that is locked."""

    @property
    def by_link(self) -> bool:
        """Whether it acts itself, by a link, and not an organizer for it."""
        return True

    def allows(self, action: Action) -> bool:
        """Whether it is not too late for this, and its link may do it."""
        if not self.partner.is_in_list:
            return action == "unsubscribe"
        return lifecycle.allows(self.campaign, self.stage, action) and not self.is_silenced_for(action)

    def is_silenced_for(self, action: Action) -> bool:
        """Whether its link may not do this, because the registered contact would not hear of it."""
        return self.by_link and self.partner.silenced_at is not None and action in EXPOSES_MORE

    def offered(self) -> set[Action]:
        """What it may do, as far as it makes sense for it."""
        if not self.partner.is_in_list:
            return {"unsubscribe"}
        offered = lifecycle.offered(self.campaign, self.stage, self.standing)
        if self.stage == "open" and (self.partner.listing_changed_at or self.partner.passed_on_at):
            offered.add("disown")  # though nothing was answered
        if self.stage == "open" and self.is_silenced_for("sign"):
            offered |= self._less_exposed()
        return {action for action in offered if not self.is_silenced_for(action)}

    def _less_exposed(self) -> set[Action]:
        """While answers are taken, what is offered to others as signing anew: to be less visible."""
        return {"reduce"} if lifecycle.less_visible(self.campaign, self.standing) else set()


def load_position(session: Session, partner: Partner) -> Position:
    """Read it by the database's clock."""
    campaign = partner.campaign
    now, standing, few = session.execute(_NOW, {"partner_id": partner.id}).one()
    letters = load_letters(session, campaign) if lifecycle.may_have_letters(campaign) else []
    stage = lifecycle.stage_at(campaign, letters, now)
    return Position(campaign, partner, standing, stage, now, letters, few_are_asked=few)


def few_are_asked(campaign_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a campaign has fewer than FEW_PARTNERS, as a column; no more rows than those are read."""
    one = aliased(Partner)
    last = select(one.id).where(one.campaign_id == campaign_id, one.is_in_list).offset(FEW_PARTNERS - 1).limit(1)
    return last.correlate_except(one).scalar_subquery().is_(None)


_NOW = (
    select(db.now(), Answer, few_are_asked(Partner.campaign_id.expression))
    .select_from(Partner)
    .outerjoin(Answer, (Answer.partner_id == Partner.id) & Answer.superseded_at.is_(None))
    .where(Partner.id == bindparam("partner_id"))
)
