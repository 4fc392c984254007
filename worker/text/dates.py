"""Dates, moments, spans and lists in words, as each language writes them."""

import functools
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from datetime import date as Date
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from worker.text import countries
from worker.text.languages import LANGUAGES

_Unit: TypeAlias = Literal["month", "week", "day", "hour", "minute", "second"]
_UNITS: dict[_Unit, timedelta] = {
    "month": timedelta(days=30),
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}


def date(moment: datetime, zone: str, language: str) -> str:
    """`14 April 2023`, as on a letter."""
    from babel.dates import format_date

    local, told = moment.astimezone(ZoneInfo(zone)), LANGUAGES[language]
    return str(format_date(local, told.date, locale=told.locale))


def last_day(moment: datetime, zone: str, language: str) -> str:
    """The date of the last day before a deadline has passed: of one at midnight, the day that ends then."""
    return date(_in_its_day(moment.astimezone(ZoneInfo(zone))), zone, language)


def is_midnight(moment: datetime, zone: str) -> bool:
    """Whether a day ends there and the next begins."""
    return moment.astimezone(ZoneInfo(zone)).time() == time()


def day_and_time(moment: datetime, zone: str, language: str) -> str:
    """`Friday 14 April 2023, 18:00 (Zurich time, UTC+2)`: readers live in other zones than the campaign.

    At 00:00, `midnight at the end of Thursday 13 April 2023`: "by 14 April, 00:00" is read a day too late.
    """
    from babel.dates import get_timezone, get_timezone_location

    local = moment.astimezone(ZoneInfo(zone))
    locale = LANGUAGES[language].locale
    words = _moment(local, language)
    offset = local.strftime("%z")
    hours = f"UTC{offset[0]}{int(offset[1:3])}" + (f":{offset[3:]}" if offset[3:] != "00" else "")
    if zone == "UTC":
        return f"{words} (UTC)"
    city = get_timezone_location(get_timezone(zone), locale=locale, return_city=True)
    return f"{words} ({LANGUAGES[language].clock.format(city)}, {hours})"


@functools.lru_cache(maxsize=2_000)
def elsewhere(moment: datetime, zone: str, country: str, language: str) -> str:
    """`, that is 12:00 in France`, to say after a time; empty where the country has the same time, or several.

    The day is said where it is another one.
    """
    from babel.dates import format_datetime

    code, name = countries.code(country), countries.spelling(country, language)
    there = _time_in(code, moment) if code else None
    local = moment.astimezone(ZoneInfo(zone))
    if name is None or there is None or there.utcoffset() == local.utcoffset():
        return ""
    told = LANGUAGES[language]
    same_day = _day(there) == _day(local) and there.time() != time()
    words = format_datetime(there, told.hour, locale=told.locale) if same_day else _moment(there, language)
    if language == "en" and _WITH_ARTICLE.search(name):
        name = f"the {name}"
    return told.elsewhere.format(moment=words, country=name)


def in_utc(moment: datetime, zone: str, language: str) -> str:
    """` = 16:00 UTC`, to say after a time; empty where the zone has that time. The day is said where it is another."""
    from babel.dates import format_datetime

    there, local = moment.astimezone(UTC), moment.astimezone(ZoneInfo(zone))
    if there.utcoffset() == local.utcoffset():
        return ""
    told = LANGUAGES[language]
    same_day = _day(there) == _day(local) and there.time() != time()
    words = format_datetime(there, told.hour, locale=told.locale) if same_day else _moment(there, language)
    return f" = {words} UTC"


# Countries that English names with an article.
_WITH_ARTICLE = re.compile(
    r"Republic|Islands|Emirates|Kingdom|Territory|^(Netherlands|Philippines|Gambia|Bahamas|Maldives|Comoros|Seychelles)$"
)


def _time_in(code: str, moment: datetime) -> datetime | None:
    """The time in a country, if it is one and the same in all of its zones at that moment."""
    found = {(local := moment.astimezone(ZoneInfo(zone))).utcoffset(): local for zone in _zones(code)}
    return next(iter(found.values())) if len(found) == 1 else None


@functools.cache
def _zones(code: str) -> tuple[str, ...]:
    from zoneinfo import available_timezones

    from babel.core import get_global

    zones = get_global("territory_zones").get(code, ())
    return tuple(zones) if available_timezones() >= set(zones) else ()


def _moment(local: datetime, language: str) -> str:
    """A local moment in words; a midnight by the day that it ends."""
    from babel.dates import format_datetime

    told = LANGUAGES[language]
    if local.time() == time() and told.midnight:
        return str(format_datetime(_in_its_day(local).replace(tzinfo=None), told.midnight, locale=told.locale))
    return str(format_datetime(local.replace(tzinfo=None), told.moment, locale=told.locale))


def _in_its_day(local: datetime) -> datetime:
    """A local moment; where it is a midnight, the noon before it, of the day that it ends."""
    return local - timedelta(hours=12) if local.time() == time() else local


def _day(local: datetime) -> Date:
    return _in_its_day(local).date()


def span(how_long: timedelta, language: str, largest: _Unit = "month") -> str:
    """`6 months` (of 30 days), `45 days`, `90 minutes`: the largest unit that says it exactly; nothing is rounded."""
    from babel.dates import format_timedelta

    most = min(how_long, _UNITS[largest])
    exact: list[_Unit] = [unit for unit, length in _UNITS.items() if length <= most and not how_long % length]
    unit = exact[0] if exact else "second"
    return format_timedelta(how_long, granularity=unit, threshold=math.inf, locale=LANGUAGES[language].locale)


def rough_span(how_long: timedelta, language: str) -> str:
    """`13 days`, `26 hours`: in the largest unit of which there are two, rounded down; one minute at least."""
    from babel.dates import format_timedelta

    units: tuple[_Unit, ...] = ("day", "hour")
    unit: _Unit = next((one for one in units if how_long >= 2 * _UNITS[one]), "minute")
    whole = max(1, how_long // _UNITS[unit]) * _UNITS[unit]
    return format_timedelta(whole, granularity=unit, threshold=math.inf, locale=LANGUAGES[language].locale)


def time_of_day(moment: datetime, zone: str, language: str) -> str:
    """`14:03`, for what is near, or stands below its day."""
    from babel.dates import format_datetime

    told, local = LANGUAGES[language], moment.astimezone(ZoneInfo(zone))
    return str(format_datetime(local.replace(tzinfo=None), told.hour, locale=told.locale))


def listed(names: Sequence[str], language: str) -> str:
    """`A, B and C`, as the language lists."""
    from babel.lists import format_list

    # In Khmer a space stands around words in other letters, where the library has one that is not seen.
    return str(format_list(names, locale=LANGUAGES[language].locale)).replace("\u200b", " ")
