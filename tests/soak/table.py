"""The one table: a line for each promise, and below it what went wrong."""

from collections.abc import Iterable, Sequence

from tests.soak.rows import Row

FIGURES = {1, 2, 3, 4, 6}  # the columns that are no words
HEAD = ("promise", "run", "of", "failures", "rate below", "what was counted", "seconds")
MAX_SENTENCES = 5  # of one row


def lines(rows: Sequence[Row]) -> list[str]:
    """The table in Markdown."""
    cells = [HEAD, *map(_cells, sorted(rows, key=_number))]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rules = tuple("-" * (width - 1) + ":" if n in FIGURES else "-" * width for n, width in enumerate(widths))
    return [_joined(row, widths) for row in (cells[0], rules, *cells[1:])]


def progress(row: Row) -> list[str]:
    """What is told of a row as soon as it is there, whatever becomes of the run."""
    return [" | ".join(_cells(row)), *failures([row])]


def failures(rows: Iterable[Row]) -> list[str]:
    """A sentence for each failure, the first few of each row."""
    told = []
    for row in rows:
        told += [f"{row.promise}: {sentence}" for sentence in row.wrong[:MAX_SENTENCES]]
        if (more := len(row.wrong) - MAX_SENTENCES) > 0:
            told.append(f"{row.promise}: and {more} more")
    return told


def _cells(row: Row) -> tuple[str, ...]:
    bound = f"{row.bound:.2%}" if row.bound is not None and row.bound < 1 else "-"
    figures = (f"{row.trials:,}", f"{row.wanted:,}", f"{len(row.wrong):,}")
    return row.promise, *figures, bound, row.counted, f"{row.seconds:.0f}"


def _number(row: Row) -> int:
    return int(row.promise.partition(" ")[0])


def _joined(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.rjust(w) if n in FIGURES else cell.ljust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
    )
    return f"| {' | '.join(padded)} |"
