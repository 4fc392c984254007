"""How the command line talks: data to stdout, talk to stderr, questions before anything is sent."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import typer

FAILED, USAGE, PARTLY, WAITS = 1, 2, 3, 4


def say(words: str = "") -> None:
    """Talk to the person who typed."""
    print(words, file=sys.stderr, flush=True)


def give(found: Any) -> None:
    """Print data as JSON."""
    print(json.dumps(found, ensure_ascii=False, indent=2))


def fail(words: str, code: int = FAILED) -> NoReturn:
    """Say what is wrong and end."""
    say(words)
    raise typer.Exit(code)


def ask(question: str, *, yes: bool) -> None:
    """Go on only if a person agrees; without a terminal that needs `--yes`."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail(f"{question}\nNobody is there to answer: add --yes to go on, or --dry-run to look only.", USAGE)
    if not typer.confirm(question, err=True):
        fail("Nothing was done.")


def some(names: Sequence[str], most: int = 5) -> str:
    """The first names of a list and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def partners(count: int) -> str:
    return "1 partner" if count == 1 else f"{count} partners"


@contextmanager
def problems_told() -> Iterator[None]:
    """Say all problems of a definition at once and end with 1."""
    from worker.definition.problems import BadDefinition

    try:
        yield
    except BadDefinition as error:
        for problem in error.problems:
            say(f"✗ {problem.sentence}")
        count = len(error.problems)
        fail(f"\n{count} problem{'s' if count > 1 else ''} to mend; nothing was changed.")


def who_sends() -> str:
    """Who carries out what was just written down, and when."""
    from worker import embedded, settings

    conf = settings.current()
    if not conf.embedded:
        return "The workers send it now."
    if embedded.is_running(conf.data_dir):
        return f"Sent within {conf.sweep:g} s by the running server."
    return "Nothing is running, so nothing is sent yet: undersigned up"
