"""Dates, moments, spans and lists in words, as each language writes them."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

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


def day_and_time(moment: datetime, zone: str, language: str) -> str:
    """`Friday 14 April 2023, 18:00 (Zurich time, UTC+2)`: readers live in other zones than the campaign."""
    from babel.dates import format_datetime, get_timezone, get_timezone_location

    local = moment.astimezone(ZoneInfo(zone))
    locale = LANGUAGES[language].locale
    words = format_datetime(local, LANGUAGES[language].moment, tzinfo=get_timezone(zone), locale=locale)
    offset = local.strftime("%z")
    hours = f"UTC{offset[0]}{int(offset[1:3])}" + (f":{offset[3:]}" if offset[3:] != "00" else "")
    if zone == "UTC":
        return f"{words} (UTC)"
    city = get_timezone_location(get_timezone(zone), locale=locale, return_city=True)
    return f"{words} ({LANGUAGES[language].clock.format(city)}, {hours})"


def span(how_long: timedelta, language: str, largest: _Unit = "month") -> str:
    """`6 months` (of 30 days), `45 days`, `90 minutes`: the largest unit that says it exactly; nothing is rounded."""
    from babel.dates import format_timedelta

    most = min(how_long, _UNITS[largest])
    exact: list[_Unit] = [unit for unit, length in _UNITS.items() if length <= most and not how_long % length]
    unit = exact[0] if exact else "second"
    return format_timedelta(how_long, granularity=unit, threshold=math.inf, locale=LANGUAGES[language].locale)


def listed(names: Sequence[str], language: str) -> str:
    """`A, B and C`, as the language lists."""
    from babel.lists import format_list

    # In Khmer a space stands around words in other letters, where the library has one that is not seen.
    return str(format_list(names, locale=LANGUAGES[language].locale)).replace("\u200b", " ")
