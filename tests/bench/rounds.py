"""Rounds: the sides of a comparison take turns, so that whatever slows this machine for a while slows them all."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Literal

FEWEST_ROUNDS = 3


@dataclass(frozen=True)
class Extent:
    """How much is measured: everything is bounded in count, and a measure begins no round after its time."""

    rounds: int
    seconds: float
    mails: int
    visits: int
    rush: int
    names: tuple[int, ...]
    drained: int
    far_away: int
    partners: tuple[int, int]  # of the campaigns that are set side by side: few and many
    campaigns: int  # that are over after a year
    signers: tuple[int, int]  # of a campaign: few and many
    copies: int  # of one letter
    growth: tuple[int, ...]  # partners of campaigns whose lives are set side by side; the last two are compared
    fetches: bool  # whether peers that are not here yet are fetched


FULL = Extent(
    rounds=7,
    seconds=16,
    mails=400,
    visits=600,
    rush=5_000,
    names=(56, 1_000, 10_000),
    drained=20_000,
    far_away=12,
    partners=(1_000, 100_000),
    campaigns=200,
    signers=(56, 10_000),
    copies=3_000,
    growth=(56, 1_000, 10_000),
    fetches=True,
)
QUICK = Extent(
    rounds=1,
    seconds=1,
    mails=12,
    visits=12,
    rush=24,
    names=(56,),
    drained=24,
    far_away=2,
    partners=(10, 200),
    campaigns=3,
    signers=(3, 12),
    copies=6,
    growth=(3, 6, 60),
    fetches=False,
)


@dataclass(frozen=True)
class Comparison:
    """One thing of ours beside one peer or limit: seconds each (or mega- or kilobytes), round by round, in pairs."""

    name: str
    ours: list[float]
    peer: str
    theirs: list[float]
    shown_as: Literal["a second", "seconds", "megabytes", "kilobytes"]
    note: str = ""
    goal: float | None = None  # so many times as fast as the peer, at least

    @property
    def ratios(self) -> list[float]:
        """How many times as long as the peer, in each round."""
        return [mine / other for mine, other in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    @property
    def speeds(self) -> list[float]:
        """How many times as fast as the peer, in each round: the ratios the other way round."""
        return [1 / ratio for ratio in self.ratios]


@dataclass(frozen=True)
class LeftOut:
    """What could not be measured on this machine, and why."""

    name: str
    why: str


def interleaved(extent: Extent, **sides: Callable[[], float]) -> dict[str, list[float]]:
    """Let each side measure itself once a round, in the same order; returns its seconds each, round by round."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    until = time.monotonic() + extent.seconds
    for done in range(extent.rounds):
        if done >= FEWEST_ROUNDS and time.monotonic() > until:
            break
        for name, measure in sides.items():
            taken[name].append(measure())
    return taken
