"""How far the mails are that leave now, and how fast."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, case, func, select
from sqlalchemy.orm import Session

from worker.mail import holds
from worker.models import Campaign, Mail
from worker.state.relay_status import RelayStatus

LATELY = timedelta(minutes=1)  # what left in this time says how fast it goes


@dataclass(frozen=True)
class Progress:
    """How far the mails are that leave now, and how fast; `seconds_left` is null where a quota stops them before."""

    sent: int
    total: int
    per_second: float
    seconds_left: float | None


def load_progress(session: Session, campaign_ids: Sequence[int], relay: RelayStatus) -> dict[int, Progress]:
    """Of those campaigns whose mails to partners leave now, by number; in one statement, however many they are."""
    if relay.blocked_at is not None:
        return {}
    kinds: dict[int, list[Row[*tuple[Any, ...]]]] = {}
    for row in session.execute(_of_kinds_that_wait(campaign_ids, relay.now)):
        kinds.setdefault(row.campaign_id, []).append(row)
    room = [limit.quota.room_for_bulk for limit in relay.limits]
    found = {campaign_id: _progress(rows, relay.now, room) for campaign_id, rows in kinds.items()}
    return {campaign_id: progress for campaign_id, progress in found.items() if progress}


def _progress(kinds: Sequence[Row[*tuple[Any, ...]]], now: datetime, room: Sequence[int]) -> Progress | None:
    waiting, sent, lately = (sum(column) for column in zip(*(row[1:4] for row in kinds), strict=True))
    if not lately:
        return None
    per_second = lately / max(1.0, (now - min(row.since for row in kinds if row.since)).total_seconds())
    stopped = waiting > min(room, default=waiting)
    return Progress(sent, sent + waiting, per_second, None if stopped else waiting / per_second)


def _of_kinds_that_wait(campaign_ids: Sequence[int], now: datetime) -> Select[*tuple[Any, ...]]:
    """Selects how many of each kind wait, and of those that were put with them how many left: in all, and lately."""
    waiting = (
        select(Mail.campaign_id, Mail.kind, func.count().label("number"), func.min(Mail.dated_at).label("put"))
        .where(Mail.campaign_id.in_(campaign_ids), Mail.partner_id.is_not(None))
        .where(Mail.due_at <= now, Mail.reply.is_(None), ~holds.held())
        .group_by(Mail.campaign_id, Mail.kind)
        .subquery()
    )
    # The first few invitations were put before the others.
    begun = case((waiting.c.kind == "invitation", Campaign.launched_at), else_=waiting.c.put)
    left = (
        (Mail.campaign_id == waiting.c.campaign_id)
        & (Mail.kind == waiting.c.kind)
        & (Mail.partner_id.is_not(None) & Mail.sent_at.is_not(None))
        & (Mail.dated_at >= begun)
    )
    lately = Mail.sent_at > now - LATELY
    numbers = (
        waiting.c.number,
        func.count(Mail.id).label("sent"),
        func.count(Mail.id).filter(lately).label("lately"),
        func.min(Mail.sent_at).filter(lately).label("since"),
    )
    return (
        select(waiting.c.campaign_id, *numbers)
        .join(Campaign, Campaign.id == waiting.c.campaign_id)
        .outerjoin(Mail, left)
        .group_by(waiting.c.campaign_id, waiting.c.kind, waiting.c.number)
    )
