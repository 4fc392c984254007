"""The one table: a line for each comparison, with the absolute figures beside the ratio."""

from collections.abc import Iterable, Sequence
from statistics import median

from tests.bench.rounds import Comparison

HEAD = ("what", "ours", "peer or limit", "of theirs", "ratio", "min to max", "rounds")
WORDS = {0, 2}  # the columns that are no figures


def lines(comparisons: Sequence[Comparison]) -> list[str]:
    """The table in Markdown, in columns that also stand straight in a terminal."""
    rows = [HEAD, *map(_row, comparisons)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head, *body = (_joined(_padded(row, widths)) for row in rows)
    return [head, _joined(_rules(widths)), *body]


def notes(comparisons: Iterable[Comparison]) -> list[str]:
    """What must be known besides, each once."""
    meaning = "The ratio: how many times as long as the peer one of ours takes; the median of the rounds' pairs."
    return [meaning, *(f"{one.name}: {one.note}" for one in comparisons if one.note)]


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
    return f"{1 / middle:,.0f}/s" if one.shown_as == "a second" else f"{middle:.3f} s"


def _padded(row: Iterable[str], widths: list[int]) -> list[str]:
    """Words to the left, figures to the right."""
    cells = enumerate(zip(row, widths, strict=True))
    return [cell.ljust(width) if n in WORDS else cell.rjust(width) for n, (cell, width) in cells]


def _rules(widths: list[int]) -> list[str]:
    return ["-" * width if n in WORDS else "-" * (width - 1) + ":" for n, width in enumerate(widths)]


def _joined(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
