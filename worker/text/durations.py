"""How people write times: "7d", "2 weeks", "in 90 minutes", 18:00 in Zurich."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from worker.text.phrases import P_

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
A_DURATION = P_('a number and one of s, m, h, d, weeks, months, such as "90s", "2h", "7d" or "2 weeks"')
A_DEADLINE = P_('a date and time such as 2030-04-14T18:00:00, or "in 2 weeks"')


class NotATime(ValueError):
    """What was written is no time that can be used; `why` says it, and how to fix it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def duration(text: str) -> timedelta:
    """Read one duration; a month is 30 days.

    Raises NotATime.
    """
    match = _DURATION.fullmatch(text)
    unit = _UNIT_OF.get(match[2].lower()) if match else None
    if not match or not unit:
        raise NotATime(P_("Write a whole number and one unit."))
    most = MAX_AHEAD // UNITS[unit]
    if int(match[1]) > most:
        raise NotATime(P_("That is more than ten years: write at most %(most)s %(unit)s.", most=str(most), unit=unit))
    return int(match[1]) * UNITS[unit]


def duration_list(text: str) -> list[timedelta]:
    """Read durations parted by commas, as a command line has them; "" and "none" are no duration at all.

    Raises NotATime.
    """
    if text.strip().lower() in ("", "none"):
        return []
    return [duration(part) for part in text.split(",")]


def find_zone(name: str) -> ZoneInfo | None:
    """Find a time zone by the name of a city (Europe/Zurich), or UTC; None when there is none of that name.

    Others say something else than people mean: Etc/GMT+7 is seven hours behind UTC, EST knows no summer.
    """
    if name != "UTC" and name.partition("/")[0] not in _AREAS:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # LookupError: ZoneInfoNotFoundError is a KeyError
        return None


def likely_zones(name: str, at: datetime) -> list[str]:
    """Which zones somebody may mean who wrote something else: the likeliest first, three at most."""
    written = name.strip()
    word = re.sub(r"[^a-z0-9+-]", "", written.casefold().rpartition("/")[2])
    if word in {"utc", "gmt", "z", "zulu", "uct", "universal", "greenwich", "gmt0", "utc0", "gmt+0", "gmt-0"}:
        return ["UTC", "Europe/London"] if "gmt" in word or word == "greenwich" else ["UTC"]
    if word in _ABBREVIATIONS:
        return list(_ABBREVIATIONS[word])
    if match := re.fullmatch(r"(?:utc|gmt)?([+-])([0-9]{1,2}?)([0-9]{2})?", word):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0)) * (1 if match[1] == "+" else -1)
        if not offset:
            return ["UTC"]
        return [city for city in _CITIES if at.astimezone(ZoneInfo(city)).utcoffset() == offset][:3]
    place = re.sub(r"[^a-z]", "", written.casefold().rpartition("/")[2])
    known = [zone for zone in sorted(available_timezones()) if zone.partition("/")[0] in _AREAS]
    same = [zone for zone in known if re.sub(r"[^a-z]", "", zone.casefold().rpartition("/")[2]) == place]
    return (same or _zones_of_country(written))[:3]


def _zones_of_country(written: str) -> list[str]:
    from babel.core import get_global

    from worker.text import countries

    code = countries.code(written)
    zones = get_global("territory_zones").get(code, ()) if code else ()
    return sorted(zones, key=lambda zone: (_CITIES.index(zone) if zone in _CITIES else len(_CITIES), zone))


_AREAS = frozenset(
    ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)
_CITIES = (
    *("Europe/Paris", "Europe/Zurich", "Europe/London", "Europe/Athens", "Europe/Istanbul", "Asia/Phnom_Penh"),
    *("Asia/Bangkok", "America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("Africa/Nairobi", "Africa/Lagos", "Africa/Johannesburg", "Africa/Cairo", "Africa/Abidjan", "Africa/Kinshasa"),
    *("Asia/Kolkata", "Asia/Dhaka", "Asia/Karachi", "Asia/Dubai", "Asia/Tbilisi", "Asia/Singapore", "Asia/Manila"),
    *("Asia/Shanghai", "Asia/Tokyo", "Asia/Seoul", "Asia/Kathmandu", "Asia/Tehran", "Asia/Yangon", "Asia/Kabul"),
    *("Australia/Sydney", "Australia/Brisbane", "Pacific/Auckland", "Pacific/Fiji", "Pacific/Honolulu"),
    *("Pacific/Guadalcanal", "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "America/Bogota", "America/Lima"),
    *("America/Mexico_City", "America/Caracas", "America/Halifax", "America/Anchorage", "Atlantic/Azores"),
    *("Atlantic/Cape_Verde", "Atlantic/South_Georgia", "Pacific/Pago_Pago", "Pacific/Tongatapu"),
)
_ABBREVIATIONS = {
    **dict.fromkeys(("cet", "cest", "met", "mez", "mesz"), ("Europe/Paris", "Europe/Zurich", "Europe/Berlin")),
    **dict.fromkeys(("eet", "eest"), ("Europe/Athens", "Europe/Kyiv", "Europe/Helsinki")),
    **dict.fromkeys(("wet", "west"), ("Europe/Lisbon",)),
    "bst": ("Europe/London", "Asia/Dhaka"),
    **dict.fromkeys(("est", "edt", "est5edt", "et", "eastern"), ("America/New_York", "America/Toronto")),
    **dict.fromkeys(("cst", "cdt", "cst6cdt", "ct", "central"), ("America/Chicago", "America/Mexico_City")),
    **dict.fromkeys(("mst", "mdt", "mst7mdt", "mt", "mountain"), ("America/Denver", "America/Phoenix")),
    **dict.fromkeys(("pst", "pdt", "pst8pdt", "pt", "pacific"), ("America/Los_Angeles", "America/Vancouver")),
    **dict.fromkeys(("hst", "hawaii"), ("Pacific/Honolulu",)),
    "ict": ("Asia/Phnom_Penh", "Asia/Bangkok", "Asia/Ho_Chi_Minh"),
    "ist": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "pht": ("Asia/Manila",),
    "jst": ("Asia/Tokyo",),
    "kst": ("Asia/Seoul",),
    **dict.fromkeys(("eat",), ("Africa/Nairobi",)),
    **dict.fromkeys(("cat",), ("Africa/Harare", "Africa/Maputo")),
    **dict.fromkeys(("wat",), ("Africa/Lagos", "Africa/Kinshasa")),
    **dict.fromkeys(("sast",), ("Africa/Johannesburg",)),
    **dict.fromkeys(("aest", "aedt"), ("Australia/Sydney", "Australia/Brisbane")),
    **dict.fromkeys(("nzst", "nzdt"), ("Pacific/Auckland",)),
    **dict.fromkeys(("msk", "wsu"), ("Europe/Moscow",)),
    "prc": ("Asia/Shanghai",),
    "roc": ("Asia/Taipei",),
    "rok": ("Asia/Seoul",),
    **dict.fromkeys(("gb", "gbeire"), ("Europe/London",)),
}


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
        raise NotATime(P_('Write it like 2030-04-14T18:00:00 or like "in 2 weeks".')) from None
    if re.fullmatch(r"[0-9]{4}-?(?:[0-9]{2}-?[0-9]{2}|W[0-9]{2}-?[0-9]?)", words):
        raise NotATime(P_("It has no time of day: write it like 2030-04-14T18:00:00."))
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
            raise NotATime(P_('Name the zone it is meant in, such as zone = "Europe/Zurich".'))
        return _local(moment, zone)
    except OverflowError:
        raise NotATime(P_("Choose a year between 2 and 9998.")) from None


def _local(moment: datetime, zone: tzinfo) -> datetime:
    early, late = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if early.utcoffset() == late.utcoffset():
        return early.astimezone(UTC)
    if early.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0) != moment.replace(fold=0):
        raise NotATime(P_("The clocks go forward just then and skip this time: choose another."))
    raise NotATime(P_("The clocks go back just then and show this time twice: choose another, or add an offset."))
