"""What `new` wrote for an organizer to fill in, and is still there: a letter with it must not leave."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from worker import settings
from worker.definition.problems import Problem, key_named, line_named, shown
from worker.text.languages import LANGUAGES
from worker.text.phrases import P_

_PLACE_OR_LANGUAGE = re.compile(rf"\[\d+\]|\.(?:{'|'.join(LANGUAGES)})\Z")
_MAX_DEPTH = 8  # the example is not as deep, and what somebody nests without end is looked at no further
_MAY_STAY = {"Respectfully,", ""}  # lines of the example that a real letter may have too


def left_over(values: Mapping[str, Any], letters: Mapping[str, str]) -> Iterator[Problem]:
    """Find each value and line that is still the text of `templates/new`; nothing where that cannot be read."""
    folder = settings.current().templates_dir / "new"
    example = _example_values(folder / "campaign.toml")
    for key, value in _texts(values):
        if value and (_anywhere(key), value) in example:
            yield _still("campaign.toml", key_named(key), value)
    lines = _example_lines(folder / "letter.en.md")
    for language, letter in letters.items():
        for number, line in enumerate(letter.split("\n"), 1):
            if line.strip() in lines:
                yield _still(f"letter.{language}.md", line_named(number), line.strip())


def _still(file: str, where: str, found: str) -> Problem:
    fix = P_("It is still the example's text: write what is true.")
    return Problem(file, where, shown(found), P_("your own words"), fix)


def _example_values(path: Path) -> set[tuple[str, str]]:
    """The values that a person must replace, by key; settings that are good as they stand are not among them."""
    try:
        example = tomllib.loads(path.read_text(encoding="utf-8").replace("DEADLINE", "2000-01-01T00:00:00"))
    except (OSError, ValueError):
        return set()
    to_replace = ("title", "reply_to", "sender.name", "addressee")
    return {(_anywhere(key), value) for key, value in _texts(example) if key.startswith(to_replace)}


def _anywhere(key: str) -> str:
    """The key without places and languages: an address line may have moved, a text become a table."""
    return _PLACE_OR_LANGUAGE.sub("", key)


def _example_lines(path: Path) -> set[str]:
    try:
        return {line.strip() for line in path.read_text(encoding="utf-8").splitlines()} - _MAY_STAY
    except (OSError, ValueError):
        return set()


def _texts(value: Any, key: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text in a TOML value, with its key as problems name it: `addressee[1].address[2]`."""
    if isinstance(value, str):
        yield key, value
    elif depth == _MAX_DEPTH:
        return
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, f"{key}.{name}" if key else str(name), depth + 1)
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from _texts(inner, f"{key}[{number}]", depth + 1)
