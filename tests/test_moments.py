"""Whatever the moment of a backup and of the disaster: nothing goes twice unasked, nothing taken away comes back.

Moments are drawn, for each way in which a database is put back: forty for each database in `make soak`.
"""

import random
from pathlib import Path

import pytest

from tests import servers
from tests.counts import times
from tests.moments import WAYS, Way, try_moment

SEEDS = range(1, times(8, few=1) + 1)


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_goes_twice_and_nothing_comes_back(
    database: str, notified: list[tuple[object, ...]], tmp_path: Path, way: Way, seed: int
) -> None:
    rng = random.Random(f"{seed} {way} {database}")
    if database == "sqlite" or not way.elsewhere:
        try_moment(rng, way, tmp_path)
        return
    with servers.fresh_postgresql(migrated=False) as url:
        try_moment(rng, way, tmp_path, url)
