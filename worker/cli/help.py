"""How the commands are shown: the words of their help, whatever is typed to get it, and no line cut in a pipe."""

import re
import sys
import textwrap
from collections.abc import Iterator
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from worker.cli import console

MORE = (
    "Help for one command: undersigned help COMMAND",
    "Read more: README.md; docs/organizing.md for organizers, docs/operating.md for who runs it, docs/partners.md for "
    "partners.",
)
WIDEST = 100  # columns in which a line is still read with ease
_KINDS = {"Path": "FILE", "int": "NUMBER"}


class Command(TyperCommand):
    """A command whose help shows words; one that asks nothing takes `--yes` too, so that scripts can always add it.

    Its epilog names the page in which there is more to read.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for param in self.params:
            if param.metavar is None:
                param.metavar = _word(param)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not any("--yes" in param.opts for param in self.params):
            end = args.index("--") if "--" in args else len(args)
            args = [word for word in args[:end] if word != "--yes"] + args[end:]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        arguments = [one for one in self.params if isinstance(one, TyperArgument)]
        formatter.write(f"Usage: {' '.join([ctx.command_path, '[OPTIONS]', *map(_usage, arguments)])}\n")

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.format_usage(ctx, formatter)
        says, examples = _parts(self.help or "")
        arguments = [(one.metavar or "", _help(one)) for one in self.params if isinstance(one, TyperArgument)]
        options = [(_spelled(one), _help(one)) for one in self.get_params(ctx) if isinstance(one, TyperOption)]
        lines = [line for paragraph in says for line in ("", *_filled(paragraph))]
        lines += [*_section("Arguments", arguments), *_section("Options", options)]
        lines += ["", _title("Example" if len(examples) == 1 else "Examples"), *(f"  {one}" for one in examples)]
        formatter.write("\n".join([*lines, "", *_filled(f"Read more: {self.epilog}")]) + "\n")


class Program(TyperGroup):
    """All commands, in the order of a campaign's life; alone, with `help` and with `-h` it shows them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args[:1] == ["help"]:
            args = [*(word for word in args[1:2] if word != "help"), "--help"]
        return super().parse_args(ctx, args or ["--help"])

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        formatter.write(f"Usage: {ctx.command_path} COMMAND [OPTIONS]\n")

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.format_usage(ctx, formatter)
        panels: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            panel = getattr(command, "rich_help_panel", None) or "Commands"
            panels.setdefault(panel, []).append((name, _sentence(command.help or "")))
        options = [(_spelled(one), _help(one)) for one in self.get_params(ctx) if isinstance(one, TyperOption)]
        lines = ["", *_filled(self.help or "")]
        width = max(map(len, self.commands))
        for panel, rows in panels.items():
            lines += _section(panel, rows, least=width)
        lines += [*_section("Options", options), ""]
        formatter.write("\n".join([*lines, *(line for more in MORE for line in _filled(more))]) + "\n")


def _word(param: Any) -> str:
    """The word that stands for a value: FILE, NUMBER, or what the option is called."""
    kind = getattr(param.type_descriptor.annotation, "__name__", "")
    called = max(param.opts, key=len).lstrip("-") if isinstance(param, TyperOption) else param.name
    return _KINDS.get(kind, called.strip("_").replace("_", "-").upper())


def _usage(argument: TyperArgument) -> str:
    word = argument.metavar or ""
    return (word if argument.required else f"[{word}]") + ("..." if argument.nargs != 1 else "")


def _spelled(option: TyperOption) -> str:
    """`-h, --help`, `--deadline WHEN`."""
    names = ", ".join(sorted(option.opts, key=len))
    return names if option.is_flag else f"{names} {option.metavar}"


def _help(param: TyperArgument | TyperOption) -> str:
    told = param.help or ""
    if isinstance(param, TyperOption) and param.name == "help":
        return "Show this help."
    if isinstance(param, TyperOption) and param.required:
        return f"{told} Required.".lstrip()
    shown = param.default if isinstance(param, TyperOption) and not param.is_flag else None
    return f"{told} Otherwise {shown}." if shown not in {None, ""} and not callable(shown) else told


def _parts(told: str) -> tuple[list[str], list[str]]:
    """The paragraphs of a help, and its examples as lines to copy."""
    says, examples = [], []
    for paragraph in re.split(r"\n\s*\n", told.strip()):
        text = " ".join(paragraph.split())
        if found := re.fullmatch(r"Examples?: (.*)", text):
            for one in re.split(r",? (?=`undersigned )", found[1]):
                command, _, then = one.removeprefix("`").partition("`")
                then = then.strip(" ,").replace("`", "")
                examples.append(f"{command}  # {then}" if then else command)
        else:
            says.append(text.replace("`", ""))
    return says, examples


def _sentence(told: str) -> str:
    """The first sentence of a help."""
    return _parts(told)[0][0].partition(". ")[0].removesuffix(".") + "."


def _section(title: str, rows: list[tuple[str, str]], *, least: int = 0) -> Iterator[str]:
    if not rows:
        return
    yield from ("", _title(title))
    indent = 4 + max(least, *(len(word) for word, _ in rows))
    for word, told in rows:
        first, *more = _filled(told, indent) or [""]
        yield f"  {word:<{indent - 2}}{first}".rstrip()
        yield from (" " * indent + line for line in more)


def _filled(text: str, indent: int = 0) -> list[str]:
    """Lines as wide as the terminal; one line where there is none."""
    if (width := console.width()) is None:
        return [text]
    room = max(20, min(width, WIDEST) - indent)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)


def _title(words: str) -> str:
    return f"\033[1m{words}\033[0m" if console.in_colour(sys.stdout) else words
