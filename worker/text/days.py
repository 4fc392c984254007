"""Days as people type them, in a campaign's time zone."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worker.text.durations import NotATime, duration

_NEAR = {"today": 0, "yesterday": -1, "tomorrow": 1, "aujourd’hui": 0, "aujourd'hui": 0, "hier": -1, "demain": 1}


def day(text: str, *, now: datetime, zone: str) -> date:
    """Read a day: 2030-04-14, "in 3 days", today, yesterday or tomorrow. Raises NotATime."""
    words, today = text.strip().casefold(), day_at(now, zone)
    if words in _NEAR:
        return today + timedelta(days=_NEAR[words])
    if words.startswith("in "):
        return day_at(now + duration(words[3:]), zone)
    try:
        found = datetime.strptime(words, "%Y-%m-%d").date()
    except ValueError:
        raise NotATime("Write the day like 2030-04-14, or “today” or “yesterday”.") from None
    if not 2 <= found.year <= 9998:
        raise NotATime("Choose a year between 2 and 9998.")
    return found


def day_at(moment: datetime, zone: str) -> date:
    """The day of a moment in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def begins(of: date, zone: str) -> datetime:
    """The first moment of a day in a zone, in UTC."""
    return datetime.combine(of, time(), ZoneInfo(zone)).astimezone(UTC)


def ends(of: date, zone: str) -> datetime:
    """The last second of a day in a zone, in UTC."""
    return begins(of + timedelta(days=1), zone) - timedelta(seconds=1)
