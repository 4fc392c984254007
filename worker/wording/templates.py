"""The one Jinja2 environment: pages and mails from `templates/`."""

import functools
import gettext
import io
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from worker import settings
from worker.text import dates, html, markdown, names, plain_text
from worker.text.khmer import keep_words
from worker.text.languages import LANGUAGES
from worker.text.numbers import grouped
from worker.tokens import Url
from worker.wording.slots import Slot


def page(name: str, language: str, **context: Any) -> str:
    """A template for the browser (or the HTML part of a mail), every value escaped."""
    return _in_language(_environment(), language, name, context)


def mail(kind: str, language: str, **context: Any) -> tuple[str, list[markdown.Block]]:
    """The subject and the tree of one mail, from `mail/<kind>.<language>.md`.

    Where it has a reader who may unsubscribe, it ends with why that reader gets it and, as its last line, the link.
    Values stand for themselves: a name with Markdown in it is printed with its asterisks.
    """
    context = context | {"kind": kind}
    source = _in_language(_markdown(), language, f"mail/{kind}.{language}.md", context)
    if "unsubscribe" in context:
        source += "\n" + _in_language(_markdown(), language, f"mail/_unsubscribe.{language}.md", context)
    first, _, rest = source.partition("\n")
    subject = plain_text.to_text(markdown.blocks(first), width=0).strip()
    return " ".join(subject.split()), markdown.blocks(rest)


@functools.lru_cache(maxsize=16)
def translations(language: str, domain: str = "pages") -> gettext.NullTranslations:
    """The pages' short words (gettext), or those of another catalogue; English is what templates and source say."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    path = catalogue(language, domain)
    if not path.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@functools.lru_cache(maxsize=8)
def page_words(language: str) -> gettext.NullTranslations:
    """The same as pages show them; a value that is put into a sentence stays as it is."""
    return _KeptTogether(translations(language))


class _KeptTogether(gettext.NullTranslations):
    """Words in which no line ends where it must not; all else is asked of the catalogue."""

    def __init__(self, catalogue: gettext.NullTranslations) -> None:
        super().__init__()
        self.add_fallback(catalogue)

    def gettext(self, message: str) -> str:
        return keep_words(super().gettext(message))

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return keep_words(super().ngettext(msgid1, msgid2, n))


def catalogue(language: str, domain: str = "pages") -> Path:
    """The file with the pages' words in a language, or with others."""
    return settings.current().templates_dir / "locale" / language / "LC_MESSAGES" / f"{domain}.po"


def _in_language(environment: Environment, language: str, name: str, context: dict[str, Any]) -> str:
    words = page_words(language) if name.startswith("pages/") else translations(language)
    return environment.get_template(name).render(
        language=language,
        languages={one.code: one.endonym for one in LANGUAGES.values()},
        language_names={one.code: words.gettext(one.name) for one in LANGUAGES.values()},
        _=words.gettext,
        gettext=words.gettext,
        ngettext=words.ngettext,
        date=lambda moment, zone: dates.date(moment, zone, language),
        last_day=lambda moment, zone: dates.last_day(moment, zone, language),
        day_and_time=lambda moment, zone: dates.day_and_time(moment, zone, language),
        grouped=lambda number: grouped(number, language),
        span=lambda how_long: dates.span(how_long, language),
        rough_span=lambda how_long: dates.rough_span(how_long, language),
        time_of_day=lambda moment, zone: dates.time_of_day(moment, zone, language),
        listed=lambda names: dates.listed(names, language),
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
    environment.filters["signatory"] = names.signatory
    environment.filters["kept"] = keep_words
    environment.filters["unlinked"] = names.unlinked
    environment.filters["prose"] = lambda blocks, ids="": Markup(html.to_html(blocks, ids))
    environment.policies["ext.i18n.trimmed"] = True
    return environment


@functools.lru_cache(maxsize=1)
def _markdown() -> Environment:
    return _environment().overlay(autoescape=False, finalize=_standing_for_itself)


def _standing_for_itself(value: object) -> object:
    """Escape what a template inserts, except addresses of ours and lists of prose."""
    if isinstance(value, Slot):
        return value.mark
    return markdown.escape(value) if isinstance(value, str) and not isinstance(value, Url) else value
