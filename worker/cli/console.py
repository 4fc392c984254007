"""How the command line talks: data to stdout, talk to stderr, questions before anything is sent."""

import io
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from worker.wording.acts import Before

FAILED, USAGE, WRONG_KEY, WAITS = 1, 2, 3, 4
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
NO_EDGE = 10_000  # columns of what is no terminal: nothing is wrapped or cut there


def say(words: str = "") -> None:
    """Talk to the person who typed; nothing from a file or a name moves the cursor or turns the words."""
    print(visible(words), file=sys.stderr, flush=True)


def visible(words: str) -> str:
    """The same with each character that would move the cursor or turn the words named in its place."""
    return _UNSEEN.sub(lambda match: f"<U+{ord(match[0]):04X}>", words)


def give(found: Any) -> None:
    """Print data as JSON."""
    print(json.dumps(found, ensure_ascii=False, indent=2))


def fail(words: str, code: int = FAILED) -> NoReturn:
    """Say what is wrong and end."""
    say(words)
    raise typer.Exit(code)


def nothing_to_do(words: str) -> NoReturn:
    """Say that it is so already, and end: whoever wanted that has it."""
    fail(words, 0)


def ask(question: str, *, yes: bool) -> None:
    """Go on only if a person agrees; without a terminal that needs `--yes`, and what it agrees to is said."""
    if not _agreed_before(question, yes=yes) and answer(f"{question} [y/N]: ").casefold() not in {"y", "yes"}:
        fail("Nothing was done.")


def ask_for_name(question: str, name: str, *, yes: bool) -> None:
    """The same before what cannot be undone: a person types the campaign's name, which no finger does by itself."""
    name = name.rstrip("/").rsplit("/", 1)[-1]
    if not _agreed_before(question, yes=yes) and answer(f"{question}\nTo continue, type {name}: ") != name:
        fail("Nothing was done.")


def agree(before: "Before", *, yes: bool, dry_run: bool, name: str = "") -> None:
    """Say what an act would do, as the desk does, and go on only if a person agrees; a dry run ends there.

    `name`: of the campaign, where it cannot be undone, and a person has to type it.
    """
    if dry_run:
        end_dry_run(before)
    question = "\n".join([*_lines(before), before.title])  # what is asked stands beside the answer
    if name:
        ask_for_name(question, name, yes=yes)
    else:
        ask(question, yes=yes)


def end_dry_run(before: "Before") -> NoReturn:
    """Say what an act would do, and end."""
    say("\n".join([f"Dry run: {before.title}", *_lines(before)]))
    raise typer.Exit


def _lines(before: "Before") -> list[str]:
    return [*before.lines, *([f"Whom it concerns: {some(before.names)}"] if before.names else [])]


def _agreed_before(question: str, *, yes: bool) -> bool:
    if yes:
        say(f"{question} --yes")
    elif not sys.stdin.isatty():
        fail(f"{question}\nNobody is there to answer: add --yes to continue, or --dry-run to only look.", USAGE)
    return yes


def answer(question: str) -> str:
    """What a person types; nothing at the end of its input."""
    print(question, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        say()
    return line.strip()


def width() -> int | None:
    """How many columns there are to print in; None where it is no terminal and COLUMNS does not say."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS", "").isdecimal():
        return None
    return shutil.get_terminal_size().columns


def in_colour(stream: TextIO) -> bool:
    """Whether a terminal reads it that knows colours, and the person wants them."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def screen() -> "Console":
    """Titles and names stand for themselves: no number in them is coloured, no bracket is read."""
    from rich.console import Console

    plain = bool(os.environ.get("NO_COLOR"))
    return Console(
        highlight=False,
        markup=False,
        emoji=False,
        width=None if width() else NO_EDGE,
        color_system=None if plain else "auto",
    )


def some(names: Sequence[str], most: int = 5) -> str:
    """The first names of a list and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def count(number: int, thing: str) -> str:
    """`1 name`, `2 names`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def partners(number: int) -> str:
    return count(number, "partner")


def program() -> str:
    """How this program is called from here, so that what we print can be copied and run."""
    typed = Path(os.path.abspath(sys.argv[0]))
    on_path = any(os.path.abspath(folder) == str(typed.parent) for folder in os.get_exec_path())
    if typed.name != "undersigned" or on_path or not (typed.parent.parent / "pyvenv.cfg").exists():
        return "undersigned"
    here = Path.cwd()
    return shlex.quote(str(typed.relative_to(here) if typed.is_relative_to(here) else typed))


def command(*words: str) -> str:
    """A command of ours to copy, with whatever needs quotes in quotes."""
    return f"{program()} {shlex.join(words)}"


def hint(sentence: str) -> str:
    """A sentence with a command of ours in it, as it is called from here."""
    return sentence.replace("`undersigned ", f"`{program()} ")


def in_utf8() -> None:
    """Print data in UTF-8 whatever the terminal's locale is: a file that we fill is read elsewhere."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


@contextmanager
def problems_told() -> Iterator[None]:
    """Say all problems of a definition at once and end with 1."""
    from worker.definition.problems import BadDefinition

    try:
        yield
    except BadDefinition as error:
        for problem in error.problems:
            say(hint(f"✗ {problem.sentence}"))
        for remark in error.remarks:
            say(f"• {remark.sentence}")
        count = len(error.problems)
        fail(f"\n{count} problem{'s' if count > 1 else ''} to correct; nothing was changed.")


def nobody_sends() -> bool:
    """Whether nothing runs here that would send, as far as that can be known."""
    from worker import embedded, settings

    conf = settings.current()
    return conf.embedded and not embedded.is_running(conf.data_dir)


def who_sends() -> str:
    """Who carries out what was just written down, and when."""
    from worker import settings

    conf = settings.current()
    if not conf.embedded:
        return "The workers send it now."
    if not nobody_sends():
        return f"Sent within {conf.sweep:g} s by the running server."
    return f"Nothing is running, so nothing is sent yet: {command('up')}"
