"""`python -m tests.soak`: try the promises, print one table, end with 1 if any was broken."""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator

from tests import servers
from tests.bench import machine
from tests.soak import (
    answers_in_trouble,
    claims,
    deadline,
    fencing,
    full_counts,
    greylisting,
    kills,
    redis_lost,
    reports,
    smtp,
    table,
    wrong_clock,
)
from tests.soak.rows import Extent, Row

# Each with its share of the time: what one trial does not need is there for those behind it.
TRIALS: dict[str, tuple[Callable[[Extent], Iterator[Row]], float]] = {
    "claims": (claims.run, 1),
    "reports": (reports.run, 1),
    "greylisting": (greylisting.run, 1),
    "clock": (wrong_clock.run, 3),
    "answers": (answers_in_trouble.run, 2),
    "smtp": (smtp.run, 3),
    "fencing": (fencing.run, 5),
    "redis": (redis_lost.run, 3),
    "deadline": (deadline.run, 6),
    "kills": (kills.run, 11),
    "counts": (full_counts.run, 3),
}


def main() -> None:
    asked = _asked()
    described = machine.described()
    seed = random.randrange(10**6) if asked.seed is None else asked.seed
    begun = time.monotonic()
    watcher = None if servers.RUN in os.environ else servers.begin_run()  # else it is a part of a run
    try:
        rows = list(tried(asked.only or list(TRIALS), seed=seed, minutes=asked.minutes, quick=asked.quick))
    finally:
        if watcher is not None:
            servers.end_run(watcher)
    taken = f"seed {seed}; {(time.monotonic() - begun) / 60:.1f} minutes"
    wrong = table.failures(rows)
    print("", *described, taken, "", *table.lines(rows), "", *(wrong or ["No promise was broken."]), sep="\n")
    sys.exit(1 if wrong else 0)


def tried(names: list[str], *, seed: int, minutes: float, quick: bool) -> Iterator[Row]:
    """Every row of these trials; each has a seed of its own, made of the seed and its name."""
    until, shares = time.monotonic() + minutes * 60, [TRIALS[name][1] for name in names]
    for number, name in enumerate(names):
        print(f"trying {name} ...", flush=True)
        run, share = TRIALS[name]
        now = time.monotonic()
        mine = now + max(0.0, until - now) * share / sum(shares[number:])
        for row in run(Extent(quick, random.Random(f"{seed} {name}"), mine)):
            print(*(f"  {line}" for line in table.progress(row)), sep="\n", flush=True)
            yield row


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description="How to read it: docs/soak.md")
    parser.add_argument("--quick", action="store_true", help="tiny counts, to see that everything still runs")
    parser.add_argument("--only", nargs="+", choices=TRIALS, metavar="NAME", help=f"of: {', '.join(TRIALS)}")
    parser.add_argument("--seed", type=int, help="the same random choices again; when processes meet is not in it")
    parser.add_argument("--minutes", type=float, default=25, help="in all; what does not fit is left out and told")
    return parser.parse_args()


if __name__ == "__main__":
    main()
