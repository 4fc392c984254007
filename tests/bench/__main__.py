"""`python -m tests.bench`: measure, then print one table; asserts no time."""

import argparse
import sys
import traceback
from collections.abc import Callable, Iterator

from tests import servers
from tests.bench import (
    copies,
    desk,
    drain,
    flat,
    growth,
    invitations,
    letter,
    machine,
    overview,
    pages,
    public,
    round_trip,
    rush,
    small_machine,
    start,
    sweep,
    table,
)
from tests.bench.rounds import FULL, QUICK, Comparison, Extent, LeftOut
from worker import settings

MEASURES: dict[str, Callable[[Extent], Iterator[Comparison | LeftOut]]] = {
    "invitations": invitations.measure,
    "drain": drain.measure,
    "round_trip": round_trip.measure,
    "flat": flat.measure,
    "pages": pages.measure,
    "public": public.measure,
    "rush": rush.measure,
    "copies": copies.measure,
    "small_machine": small_machine.measure,
    "sweep": sweep.measure,
    "overview": overview.measure,
    "letter": letter.measure,
    "growth": growth.measure,
    "desk": desk.measure,
    "start": start.measure,
}


def main() -> None:
    asked = _asked()
    described = machine.described()
    watcher = servers.begin_run()
    try:
        settings.only_for_this_process(data_dir=servers.run_folder() / "var")
        measured = list(_measured(asked.only or list(MEASURES), QUICK if asked.quick else FULL))
    finally:
        servers.end_run(watcher)
    comparisons = [one for one in measured if isinstance(one, Comparison)]
    left_out = [one for one in measured if isinstance(one, LeftOut)]
    failed = any(one.why.startswith("it failed") for one in left_out)
    print("", *described, "", *table.lines(comparisons), "", *table.notes(comparisons, left_out), sep="\n")
    sys.exit(failed)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="How to read it: docs/bench.md")
    parser.add_argument("--quick", action="store_true", help="tiny counts, to see that everything still runs")
    parser.add_argument("--only", action="append", choices=MEASURES, help="this measure only; may be repeated")
    return parser.parse_args()


def _measured(names: list[str], extent: Extent) -> Iterator[Comparison | LeftOut]:
    for name in names:
        print(f"measuring {name} ...", flush=True)
        try:
            yield from MEASURES[name](extent)
        except Exception as error:  # the others' numbers took minutes
            traceback.print_exception(error)
            sys.stderr.write(str(getattr(error, "stderr", None) or ""))
            yield LeftOut(name, f"it failed with {type(error).__name__}")


if __name__ == "__main__":
    main()
