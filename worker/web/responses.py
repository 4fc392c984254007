"""Pages for the browser, and the calm ones for when there is nothing to show."""

from collections.abc import Mapping
from typing import Any, Literal

from markupsafe import Markup
from starlette.responses import HTMLResponse

from worker.text.khmer import keep_words
from worker.text.languages import LANGUAGES
from worker.wording import problems, templates

Apology = Literal[
    "wrong link", "cut link", "not possible", "unreadable", "too slow", "too large", "unavailable", "restored",
    "broken",
]  # fmt: skip

STATUS: dict[Apology, int] = {
    "unreadable": 400,
    "cut link": 404,
    "wrong link": 404,
    "not possible": 405,
    "too slow": 408,
    "too large": 413,
    "broken": 500,
    "unavailable": 503,
    "restored": 503,
}


def show(template: str, language: str, status: int = 200, **context: Any) -> HTMLResponse:
    """A page from `templates/pages/` in one language; `problems` come as codes and are shown as sentences."""
    if "problems" in context:
        said = problems.sentences(context["problems"], language)
        context["problems"] = {field: keep_words(sentence) for field, sentence in said.items()}
    return HTMLResponse(templates.page(f"pages/{template}", language, **context), status)


def choose_language(wanted: str, own: str) -> str:
    """The first of two that pages speak."""
    return next((one for one in (wanted, own) if one in LANGUAGES), "en")


def read_page(typed: str) -> int:
    """The number of a page; the first where none is typed."""
    return max(1, int(typed)) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else 1


def apology(
    which: Apology, headers: dict[str, str] | None = None, typed: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page for somebody of whom we know nothing, so in every language: always the same bytes.

    But for what was `typed` into a form that could not be taken: it is kept on the page, to be sent again.
    """
    words = {code: Markup(templates.page("pages/_apology.html", code, which=which, typed=typed)) for code in LANGUAGES}
    page = show("apology.html", next(iter(LANGUAGES)), STATUS[which], words=words, typed=typed)
    page.headers.update(headers or {})
    return page
