"""What should have been done by itself with a letter, in a sentence for organizers and operators."""

from datetime import datetime

from worker.state.overdue import DueAct

_SINCE = {"close": "its deadline passed", "seal": "it was closed", "dispatch": "it could leave"}
_MISSING = {"close": "closed", "seal": "sealed", "dispatch": "sent"}


def sentence(due: DueAct, now: datetime) -> str:
    """`is not closed, though its deadline passed 12 minutes ago`."""
    return f"is not {_MISSING[due.act]}, though {_SINCE[due.act]} {_ago((now - due.since).total_seconds())} ago"


def _ago(seconds: float) -> str:
    """In one unit, rounded down; `1 minute` at least."""
    for unit, length in (("day", 86_400), ("hour", 3600)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}s"
    minutes = max(1, int(seconds // 60))
    return f"{minutes} minutes" if minutes > 1 else "1 minute"
