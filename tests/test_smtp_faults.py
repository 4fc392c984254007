"""Every fault in every phase, and cancellations at any moment: one table for all paths that a mail can go."""

import asyncio

import pytest

from tests.smtp_faults import TABLE, Path, cancellations, trial

REPEATS = 1  # of each cell in the test
CANCELLATIONS = 40  # in the test, on each of two paths


@pytest.fixture(scope="module")
def played() -> dict[tuple[str, str, Path], set[str]]:
    """What happened in each cell of the table; those that wait for a timeout wait together."""

    async def play_all(cells: list[tuple[str, str, Path]]) -> list[str | BaseException]:
        return await asyncio.gather(*(trial(*cell) for cell in cells), return_exceptions=True)

    happened: dict[tuple[str, str, Path], set[str]] = {}
    for fault in dict.fromkeys(fault for _, fault, _ in TABLE):
        row = [cell for cell in TABLE if cell[1] == fault] * REPEATS
        for cell, word in zip(row, asyncio.run(play_all(row)), strict=True):
            happened.setdefault(cell, set()).add(word if isinstance(word, str) else repr(word))
    return happened


@pytest.mark.parametrize("cell", TABLE, ids=", ".join)
def test_every_fault_in_every_phase_has_its_outcome(cell, played):
    assert played[cell] == {TABLE[cell]}


@pytest.mark.parametrize("path", ["plain", "pipelined"])
def test_a_cancellation_at_any_moment_mixes_no_mails_and_ends_the_connection(path):
    assert asyncio.run(cancellations(CANCELLATIONS, path)) == []
