"""Whether mail leaves, as data for programs: times as ISO 8601 in UTC."""

from datetime import datetime
from typing import Any

from worker.mail.reply_text import explain_reply
from worker.state.relay_status import RelayStatus


def relay_as_json(found: RelayStatus) -> dict[str, Any]:
    """Whether mail leaves at all, of whatever campaign: the relay, the workers, the clock, the quotas."""
    return {
        "relay": relay_state(found),
        "stuck": found.stuck,
        "worker": found.worker,
        "beat": found.beat,
        "due": found.due,
        "overdue_seconds": round(found.overdue, 1),
        "quotas": [
            {
                "hours": limit.hours,
                "allowed": limit.quota.allowed,
                "used": limit.quota.used,
                "room": limit.quota.room_for_bulk,
                "next": iso(limit.next_at),
            }
            for limit in found.limits
        ],
    }


def relay_state(found: RelayStatus) -> str | dict[str, Any]:
    """`ok`, or since when the relay takes no mail, what it said, what that means, and when it is tried again."""
    if found.blocked_at is None:
        return "ok"
    return {
        "blocked": iso(found.blocked_at),
        "reply": found.reply,
        "meaning": explain_reply(found.reply) if found.reply else None,
        "retry": iso(found.retry_at),
    }


def iso(moment: datetime | None) -> str | None:
    """Without fractions of a second."""
    return moment.isoformat(timespec="seconds") if moment else None
