"""How people write times: "7d", "2 weeks", "in 90 minutes", 18:00 in Zurich."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

MAX_AHEAD = timedelta(days=3660)
UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "weeks": timedelta(weeks=1),
    "months": timedelta(days=30),
}
_WORDS = {
    "s": ("sec", "second", "seconds"),
    "m": ("min", "minute", "minutes"),
    "h": ("hour", "hours"),
    "d": ("day", "days"),
    "weeks": ("w", "week"),
    "months": ("month",),
}
_UNIT_OF = {word: unit for unit in UNITS for word in (unit, *_WORDS[unit])}
_DURATION = re.compile(r"\s*([0-9]{1,9})\s*([a-z]+)\s*", re.IGNORECASE)
A_DURATION = 'a number and one of s, m, h, d, weeks, months, such as "90s", "2h", "7d" or "2 weeks"'
A_DEADLINE = 'a date and time such as 2030-04-14T18:00:00, or "in 2 weeks"'


class NotATime(ValueError):
    """What was written is no time that can be used; the message says why and how to fix it."""


def duration(text: str) -> timedelta:
    """Read one duration; a month is 30 days.

    Raises NotATime.
    """
    match = _DURATION.fullmatch(text)
    unit = _UNIT_OF.get(match[2].lower()) if match else None
    if not match or not unit:
        raise NotATime("Write a whole number and one unit.")
    most = MAX_AHEAD // UNITS[unit]
    if int(match[1]) > most:
        raise NotATime(f"That is more than ten years: write at most {most} {unit}.")
    return int(match[1]) * UNITS[unit]


def duration_list(text: str) -> list[timedelta]:
    """Read durations parted by commas, as a command line has them; "" and "none" are no duration at all.

    Raises NotATime.
    """
    if text.strip().lower() in ("", "none"):
        return []
    return [duration(part) for part in text.split(",")]


def find_zone(name: str) -> ZoneInfo | None:
    """Find a time zone by its IANA name, such as Europe/Zurich; None when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # LookupError: ZoneInfoNotFoundError is a KeyError
        return None


def deadline(text: str, *, now: datetime, zone: tzinfo | None) -> datetime:
    """Read a deadline as typed: "in 20s", counted from now, or an ISO date and time, local in the zone.

    Returns it in UTC. Raises NotATime.
    """
    words = text.strip()
    if words.lower().startswith("in "):
        return now.astimezone(UTC) + duration(words[3:])
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        raise NotATime('Write it like 2030-04-14T18:00:00 or like "in 2 weeks".') from None
    if re.fullmatch(r"[0-9]{4}-?(?:[0-9]{2}-?[0-9]{2}|W[0-9]{2}-?[0-9]?)", words):
        raise NotATime("It has no time of day: write it like 2030-04-14T18:00:00.")
    return instant(moment, zone)


def instant(moment: datetime, zone: tzinfo | None) -> datetime:
    """Place a date and time in UTC: by its own offset, or as local in the zone.

    Raises NotATime when there is neither, and when the clocks are changed just then, so that the local
    time does not exist or exists twice.
    """
    try:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if zone is None:
            raise NotATime('Name the zone it is meant in, such as zone = "Europe/Zurich".')
        return _local(moment, zone)
    except OverflowError:
        raise NotATime("Choose a year between 2 and 9998.") from None


def _local(moment: datetime, zone: tzinfo) -> datetime:
    early, late = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early.astimezone(UTC)
    if early.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) != moment.replace(fold=0):
        raise NotATime("The clocks go forward just then and skip this time: choose another.")
    raise NotATime("The clocks go back just then and show this time twice: choose another, or add an offset.")
