"""What the settings of a campaign are called, and how their values are said."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from worker.text import dates
from worker.text.numbers import grouped
from worker.wording.organizers import O_, catalogue

LABELS = {
    "reminders": O_("reminders before the deadline"),
    "review": O_("time between the deadline and the sending of the letter"),
    "quorum": O_("least number of signatures"),
    "reply_to": O_("address for replies"),
    "public_page": O_("public page"),
    "show_signers": O_("who sees the signatures"),
}
PUBLIC_PAGE = {
    "from launch": O_("everyone may read the letter now"),
    "after dispatch": O_("everyone may read the letter after it was sent"),
    "never": O_("there is no public page"),
}
SHOW_SIGNERS = {
    "everyone": O_("everyone sees who signs publicly"),
    "partners": O_("partners see who signs publicly"),
    "nobody": O_("nobody sees who signs before the letter was sent"),
}
_WORDS: Mapping[str, Mapping[str, str]] = {"public_page": PUBLIC_PAGE, "show_signers": SHOW_SIGNERS}


def value(key: str, kept: Any, language: str = "en") -> str:
    """One value, as the database keeps it, in words."""
    words = catalogue(language)
    if key == "reminders":
        spans = [dates.span(timedelta(seconds=seconds), language, "day") for seconds in kept]
        return dates.listed(spans, language) if spans else words.gettext(O_("none"))
    if key == "review":
        return dates.span(timedelta(seconds=kept), language, "day")
    if key in _WORDS:
        return words.gettext(_WORDS[key][kept])
    return grouped(kept, language) if isinstance(kept, int) else str(kept)
