"""Settings of a running campaign as a person types them: read as `check` reads these keys of campaign.toml."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from worker.definition.campaign_keys import KEYS, PUBLIC_PAGE, SHOW_SIGNERS, Reading
from worker.definition.problems import Problem, shown
from worker.definition.schedule import Overrides
from worker.definition.toml_table import Table
from worker.text.phrases import P_

CHANGEABLE = ("reminders", "review", "quorum", "reply_to", "public_page", "show_signers")
SHOWS: Mapping[str, tuple[str, ...]] = {"public_page": PUBLIC_PAGE, "show_signers": SHOW_SIGNERS}
"""What partners were told of when they were asked: from what shows least to what shows most."""


def read_settings(
    typed: Mapping[str, str], *, present: Mapping[str, Any], deadline: datetime, now: datetime
) -> tuple[dict[str, Any], dict[str, list[Problem]]]:
    """What was typed, by key, as the database keeps it, and every problem, by key.

    `present`: what is kept now. A reminder that is in the present list stays good once it has passed.
    """
    values: dict[str, Any] = {}
    problems: dict[str, list[Problem]] = {}
    for key in CHANGEABLE:
        if key in typed:
            found: list[Problem] = []
            read = KEYS[key].read(Reading(Table("", {key: _as_in_toml(key, typed[key])}, found), Overrides(), now, []))
            if key == "reminders":
                found += _past(read, present.get("reminders", []), deadline, now)
            if found:
                problems[key] = [_as_typed(key, problem) for problem in found]
            values[key] = KEYS[key].keep(read)
    return values, problems


def shows_more(key: str, present: str | None, wanted: str) -> bool:
    """Whether partners would be shown to more readers than now."""
    order = SHOWS[key]
    return order.index(wanted) > order.index(present or order[0])


def _as_in_toml(key: str, text: str) -> Any:
    text = text.strip()
    if key == "reminders":
        return [] if text.casefold() in {"", "none"} else [part.strip() for part in text.split(",")]
    if key == "quorum" and text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    return text


def _past(spans: list[timedelta], present: list[int], deadline: datetime, now: datetime) -> list[Problem]:
    return [
        Problem(
            "",
            "",
            shown(_spelled(span)),
            P_("times that are still ahead"),
            P_("Leave out %(time)s: it has passed.", time=_spelled(span)),
        )
        for span in spans
        if deadline - span <= now and span.total_seconds() not in present
    ]


def _spelled(span: timedelta) -> str:
    for unit, seconds in (("d", 86_400), ("h", 3600), ("m", 60)):
        if span.total_seconds() % seconds == 0:
            return f"{span.total_seconds() // seconds:.0f}{unit}"
    return f"{span.total_seconds():.0f}s"


def as_typed(key: str, kept: Any) -> str:
    """A value that is kept, as a person types it."""
    if key == "reminders":
        return ",".join(_spelled(timedelta(seconds=seconds)) for seconds in kept) or "none"
    if key == "review":
        return _spelled(timedelta(seconds=kept))
    return str(kept)


def _as_typed(key: str, problem: Problem) -> Problem:
    """The same of a form or an option, where nothing stands in quotation marks, and no file has it."""
    fix = P_("Write a whole number, such as 5.") if key == "quorum" else problem.fix
    return replace(problem, file=f"--{key.replace('_', '-')}", where="", fix=fix)
