"""The one Jinja2 environment: pages and mails from `templates/`, and the words of dates, countries and names."""

import functools
import gettext
import io
import math
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from worker import countries, prose, settings
from worker.text.languages import LANGUAGES
from worker.tokens import Url

_Unit: TypeAlias = Literal["month", "week", "day", "hour", "minute", "second"]
_UNITS: dict[_Unit, timedelta] = {
    "month": timedelta(days=30),
    "week": timedelta(weeks=1),
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}


MARKS = tuple(map(chr, range(0xE000, 0xE020)))  # of private use: in no text
MARK_OF_AN_ADDRESS = f"https://{secrets.token_hex(16)}.invalid/"  # nobody who types a text can know it
A_MARK = re.compile(f"[{MARKS[0]}-{MARKS[-1]}]|{re.escape(MARK_OF_AN_ADDRESS)}")


class Slot:
    """Stands in a mail where each reader gets something else; a template prints it, or asks whether it is empty.

    So one mail is worded once for everybody who gets it: Jinja2 and Markdown cost ten times what sending costs.
    """

    def __init__(self, mark: str, filled: bool) -> None:
        """Prints `mark`: one of MARKS, or the mark of an address, for Markdown to make a link of it."""
        self.mark, self._filled = mark, filled

    def __bool__(self) -> bool:
        return self._filled

    def __str__(self) -> str:
        raise TypeError("what is personal in a mail can only be printed as it is, or asked whether it is empty")


class Row(Protocol):
    """What is printed of an organization."""

    @property
    def organization(self) -> str: ...
    @property
    def acronym(self) -> str: ...
    @property
    def country(self) -> str: ...


def page(name: str, language: str, **context: Any) -> str:
    """A template for the browser (or the HTML part of a mail), every value escaped."""
    return _in_language(_environment(), language, name, context)


def mail(kind: str, language: str, **context: Any) -> tuple[str, list[prose.Block]]:
    """The subject and the tree of one mail, from `mail/<kind>.<language>.md`.

    Values stand for themselves: a name with Markdown in it is printed with its asterisks.
    """
    source = _in_language(_markdown(), language, f"mail/{kind}.{language}.md", context)
    first, _, rest = source.partition("\n")
    subject = prose.to_text(prose.blocks(first), width=0).strip()
    return " ".join(subject.split()), prose.blocks(rest)


def signatory(row: Row, language: str = "", authentic: str = "") -> str:
    """`Name (ACR), Country`, the one way an organization is printed; in another language under its name there."""
    country = row.country if language == authentic else country_in(row.country, language)
    names: dict[str, str] = getattr(row, "names", None) or {}
    name = row.organization if language == authentic else names.get(language, row.organization)
    name = f"{name} ({row.acronym})" if row.acronym else name
    return f"{name}, {country}" if country else name


def country_in(name: str, language: str) -> str:
    """A country's name in another language; one that is not known stays as it is."""
    return countries.spelling(name, language) or name


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

    return str(format_list(names, locale=LANGUAGES[language].locale))


@functools.lru_cache(maxsize=8)
def translations(language: str) -> gettext.NullTranslations:
    """The pages' short words (gettext); English is what the templates say."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    path = catalogue(language)
    if not path.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def catalogue(language: str) -> Path:
    """The file with the pages' words in a language."""
    return settings.current().templates_dir / "locale" / language / "LC_MESSAGES" / "pages.po"


def _in_language(environment: Environment, language: str, name: str, context: dict[str, Any]) -> str:
    words = translations(language)
    return environment.get_template(name).render(
        language=language,
        languages={one.code: one.endonym for one in LANGUAGES.values()},
        _=words.gettext,
        gettext=words.gettext,
        ngettext=words.ngettext,
        date=lambda moment, zone: date(moment, zone, language),
        day_and_time=lambda moment, zone: day_and_time(moment, zone, language),
        span=lambda how_long: span(how_long, language),
        listed=lambda names: listed(names, language),
        **context,
    )


@functools.lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(settings.current().templates_dir),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["signatory"] = signatory
    environment.filters["prose"] = lambda blocks: Markup(prose.to_html(blocks))
    environment.policies["ext.i18n.trimmed"] = True
    return environment


@functools.lru_cache(maxsize=1)
def _markdown() -> Environment:
    return _environment().overlay(autoescape=False, finalize=_standing_for_itself)


def _standing_for_itself(value: object) -> object:
    """Escape what a template inserts, except addresses of ours and lists of prose."""
    if isinstance(value, Slot):
        return value.mark
    return prose.escape(value) if isinstance(value, str) and not isinstance(value, Url) else value
