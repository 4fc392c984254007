"""Every fault in every phase on every path, and cancellations at any moment: tests/test_smtp_faults.py, many times."""

import asyncio
import random
from collections.abc import Iterator

from tests import smtp_faults as faults
from tests.soak.rows import Extent, Row, tried

AT_ONCE = 60
Cell = tuple[str, str, faults.Path]


def run(extent: Extent) -> Iterator[Row]:
    yield _every_cell(extent.part(0.8), extent.wanted(20, 1))
    yield _cancelled(extent, extent.wanted(200, 20))


def _every_cell(extent: Extent, times: int) -> Row:
    """In quick a handful of cells; a random order, so that what time leaves out is not always the same."""
    table = list(faults.TABLE)
    if extent.quick:
        table = extent.chance.sample(table, 40)
    cells = [cell for _ in range(times) for cell in extent.chance.sample(table, len(table))]
    with tried("7 every fault in every phase", len(cells)) as row:
        while row.trials < len(cells) and extent.goes_on:
            some = cells[row.trials : row.trials + AT_ONCE]
            row.trials += len(some)
            row.wrong += asyncio.run(_played(some))
        row.counted = f"{len(table)} cells (phase, fault, path), {row.trials / len(table):.1f} times each"
    return row


async def _played(cells: list[Cell]) -> list[str]:
    happened = await asyncio.gather(*(faults.trial(*cell) for cell in cells), return_exceptions=True)
    return [
        f"{', '.join(cell)}: {word!r} and not {faults.TABLE[cell]}"
        for cell, word in zip(cells, happened, strict=True)
        if word != faults.TABLE[cell]
    ]


def _cancelled(extent: Extent, times: int) -> Row:
    with tried("8 a cancellation at any moment", 2 * times) as row:
        random.seed(extent.chance.random())
        while row.trials < 2 * times and extent.goes_on:
            for path in ("plain", "pipelined"):
                row.wrong += asyncio.run(faults.cancellations(20, path))
                row.trials += 20
        row.counted = "half of them on a plain connection, half pipelined"
    return row
