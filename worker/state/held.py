"""How much mail waits because its campaign is held, or in panic."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from worker.mail import holds
from worker.models import Campaign, Mail


def count_held_mails(session: Session, campaigns: Sequence[Campaign]) -> dict[int, int]:
    """How many mails wait for a person, by campaign; nothing is asked where none is held."""
    held = [one.id for one in campaigns if one.held_at is not None or one.panic_at is not None]
    if not held:
        return {}
    waiting = select(Mail.campaign_id, func.count()).where(Mail.campaign_id.in_(held), Mail.due_at.is_not(None))
    return {row[0]: row[1] for row in session.execute(waiting.where(holds.held()).group_by(Mail.campaign_id))}
