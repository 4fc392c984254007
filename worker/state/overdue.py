"""What should have been done by itself with a letter, and was not: closed, sealed or sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker import db
from worker.models import Campaign, Seal
from worker.state.blockers import find_blockers
from worker.state.facts import CampaignFacts, load_facts_of
from worker.state.letters import unserved
from worker.state.relay_status import silence


@dataclass(frozen=True)
class DueAct:
    """What the clock is to do next with a letter, and since when; `late`: for longer than it ever takes."""

    act: Literal["close", "seal", "dispatch"]
    since: datetime
    late: bool = False


def load_all_due(session: Session, now: datetime) -> dict[int, DueAct]:
    """What is due, by campaign, of all campaigns."""
    ended = (Campaign.deadline_at < now) | Campaign.closed_at.is_not(None)
    goes_on = (Campaign.cancelled_at.is_(None), Campaign.erased_at.is_(None), Campaign.dispatched_at.is_(None))
    campaigns = session.scalars(select(Campaign).where(ended, *goes_on, Campaign.held_at.is_(None))).all()
    return load_due_acts(session, load_facts_of(session, campaigns, now))


def load_due_acts(session: Session, facts_of: Sequence[CampaignFacts]) -> dict[int, DueAct]:
    """The same of these campaigns; nothing while the database stands still, as it was put back from a backup."""
    found = {facts.campaign.id: (facts, due) for facts in facts_of if (due := _due_act(facts))}
    if not found or not session.scalar(select(db.is_running())):
        return {}
    moment = func.max(func.coalesce(Seal.voided_at, Seal.sealed_at))  # nothing was due while an earlier seal lived
    of_each = select(Seal.campaign_id, moment).where(Seal.campaign_id.in_(found)).group_by(Seal.campaign_id)
    latest = dict(session.execute(of_each).all())
    return {
        campaign_id: _judged(due, max(due.since, latest.get(campaign_id, due.since)), facts.now)
        for campaign_id, (facts, due) in found.items()
    }


def _judged(due: DueAct, since: datetime, now: datetime) -> DueAct:
    return replace(due, since=since, late=now - since > silence())


def _due_act(facts: CampaignFacts) -> DueAct | None:
    campaign = facts.campaign
    if campaign.cancelled_at or campaign.erased_at or campaign.dispatched_at or campaign.held_at:
        return None
    if campaign.closed_at is None or campaign.review_ends_at is None:
        return None if campaign.takes_answers(at=facts.now) else DueAct("close", campaign.deadline_at)
    if facts.seal is None:
        return None if facts.is_irrevocable else DueAct("seal", campaign.closed_at)
    if find_blockers(facts) or not unserved(campaign, facts.letters):
        return None
    return DueAct("dispatch", campaign.review_ends_at)
