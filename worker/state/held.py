"""How much mail waits because its campaign is held."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker.mail import holds
from worker.models import Campaign, Mail


def count_held_mails(session: Session, campaigns: Sequence[Campaign]) -> dict[int, int]:
    """How many mails wait for `resume`, by campaign; nothing is asked where none is held."""
    held = [campaign.id for campaign in campaigns if campaign.held_at is not None]
    if not held:
        return {}
    waiting = select(Mail.campaign_id, func.count()).where(Mail.campaign_id.in_(held), Mail.due_at.is_not(None))
    return {row[0]: row[1] for row in session.execute(waiting.where(holds.held()).group_by(Mail.campaign_id))}
