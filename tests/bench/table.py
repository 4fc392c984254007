"""The one table: a line for each comparison, with the absolute figures beside the ratio."""

from collections.abc import Iterable, Sequence
from statistics import median

from tests.bench.rounds import Comparison, LeftOut

HEAD = ("what", "ours", "peer or limit", "of theirs", "ratio", "min to max", "rounds")
WORDS = {0, 2}  # the columns that are no figures


def lines(comparisons: Sequence[Comparison]) -> list[str]:
    """The table in Markdown, in columns that also stand straight in a terminal."""
    rows = [HEAD, *map(_row, comparisons)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head, *body = (_joined(_padded(row, widths)) for row in rows)
    return [head, _joined(_rules(widths)), *body]


def notes(comparisons: Sequence[Comparison], left_out: Iterable[LeftOut] = ()) -> list[str]:
    """What must be known besides, each once."""
    return [
        "The ratio: how many times as long as the peer one of ours takes; the median of the rounds' pairs.",
        *(_reached(one, one.goal) for one in comparisons if one.goal),
        *dict.fromkeys(f"{one.name}: {one.note}" for one in comparisons if one.note),
        *(f"left out: {one.name} ({one.why})" for one in left_out),
    ]


def _reached(one: Comparison, goal: float) -> str:
    least, most = min(one.speeds), max(one.speeds)
    reached = f"{median(one.speeds):.2f} times as fast as {one.peer} ({least:.2f} to {most:.2f})"
    return f"{one.name}: {reached}; at least {goal:g} times is the goal"


def _row(one: Comparison) -> tuple[str, ...]:
    return (
        one.name,
        _figure(one, one.ours),
        one.peer,
        _figure(one, one.theirs),
        f"{one.ratio:.2f}",
        f"{min(one.ratios):.2f} to {max(one.ratios):.2f}",
        str(len(one.ratios)),
    )


def _figure(one: Comparison, seconds: list[float]) -> str:
    middle = median(seconds)
    if one.shown_as == "megabytes":
        return f"{middle:,.0f} MB"
    if one.shown_as == "kilobytes":
        return f"{middle:,.0f} kB"
    if one.shown_as == "seconds":
        return f"{middle:.3f} s"
    return f"{1 / middle:,.0f}/s" if middle < 0.1 else f"{1 / middle:.1f}/s"


def _padded(row: Iterable[str], widths: list[int]) -> list[str]:
    """Words to the left, figures to the right."""
    cells = enumerate(zip(row, widths, strict=True))
    return [cell.ljust(width) if n in WORDS else cell.rjust(width) for n, (cell, width) in cells]


def _rules(widths: list[int]) -> list[str]:
    return ["-" * width if n in WORDS else "-" * (width - 1) + ":" for n, width in enumerate(widths)]


def _joined(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
