"""Where in `campaign.toml` a key stands: tomllib does not say, so its lines are looked through."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from worker.definition.problems import Problem, line_named
from worker.text.phrases import P_

_HEADER = re.compile(r"\s*(?P<open>\[\[?)\s*(?P<name>[A-Za-z0-9_.-]+)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"\s*(?P<name>[A-Za-z0-9_.-]+)\s*=")
_LAST_PART = re.compile(r"(?:\[[0-9]+\]|\.[^.\[\]]+)\Z")


def with_lines(file: str, text: str, problems: Iterable[Problem]) -> list[Problem]:
    """Put `line N, ` before the key of each problem with this file, where the line is beyond doubt."""
    lines = _lines_of_keys(text)
    return [_with_line(lines, problem) if problem.file == file else problem for problem in problems]


def _with_line(lines: dict[str, int], problem: Problem) -> Problem:
    """Take the key's own line, else that of what it is in: a missing name is fixed below its `[sender]`."""
    if not problem.where.startswith("key "):
        return problem
    key = problem.where.removeprefix("key ")
    while key not in lines and _LAST_PART.search(key):
        key = _LAST_PART.sub("", key)
    if key not in lines:
        return problem
    return replace(problem, where=P_("%(line)s, %(where)s", line=line_named(lines[key]), where=problem.where))


def _lines_of_keys(text: str) -> dict[str, int]:
    """Number the lines by key; none for what stands there twice, nor where texts may go over several lines."""
    if '"""' in text or "'''" in text:
        return {}
    found = list(_keys(text))
    times = Counter(key for key, _ in found)
    return {key: number for key, number in found if times[key] == 1}


def _keys(text: str) -> Iterator[tuple[str, int]]:
    """Yield every key and every header, tables in double brackets counted from 1: `addressee[2].name`."""
    table, counted = "", Counter[str]()
    for number, line in enumerate(re.split(r"\r?\n", text), 1):
        if header := _HEADER.fullmatch(line):
            first, dot, rest = header["name"].partition(".")
            counted[first] += header["open"] == "[[" and not dot
            table = (f"{first}[{counted[first]}]" if counted[first] else first) + dot + rest
            yield table, number
        elif key := _KEY.match(line):
            yield f"{table}.{key['name']}" if table else key["name"], number
