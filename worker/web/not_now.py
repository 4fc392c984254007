"""The one page that all links of a campaign in panic show: nothing of it, and a way to take back what one gave.

A person can reduce its exposure at any moment until the letter has left, and to ask what stands would show it. So the
form says nothing of the letter, of the organization or of what was answered, and its result is the same whatever was.
"""

from collections.abc import Mapping
from typing import Literal

from starlette.responses import HTMLResponse

from worker.models import MAX_WRONG_CODES
from worker.state.links import Holder
from worker.web import responses

TakesBack = Literal["what was given", "mail"]
FIELD = "not_now"


def page(
    path: str,
    language: str,
    holder: Holder | None,
    takes_back: TakesBack | None,
    *,
    problems: Mapping[str, str] | None = None,
    done: bool = False,
) -> HTMLResponse:
    """The page in one language; without `takes_back` it has no form."""
    page = responses.show(
        "not_now.html",
        language,
        200 if done else 422 if problems else 503,
        here=path,
        takes_back=takes_back,
        takes_six_digits=holder is None or holder.wrong_codes < MAX_WRONG_CODES,
        field=FIELD,
        problems=problems or {},
        done=done,
    )
    if not done:
        page.headers["Retry-After"] = "3600"
    return page
