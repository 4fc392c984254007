"""Whatever the moment of a backup and of the disaster: nothing goes twice unasked, nothing taken away comes back.

Moments are drawn, for each way in which a database is put back: forty for each database in `make soak`.
"""

import random
from pathlib import Path

import pytest

from tests import servers
from tests.counts import times
from tests.moments import WAYS, Way, is_put_back, said, try_moment
from tests.played import Played
from worker import installation

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


@pytest.mark.parametrize("copied_before", ["a digest is drawn", "the digest leaves"])
def test_a_mail_about_members_that_left_since_is_not_sent_again_and_names_nobody_twice(
    database: str, notified: list[tuple[object, ...]], tmp_path: Path, copied_before: str
) -> None:
    played = Played(random.Random(database))
    assert not installation.check_at_start()
    steps = [name for name, _ in played.steps]
    way = Way("plain", elsewhere=False, kept=True)
    is_put_back(played, steps.index(copied_before), len(steps), way, tmp_path)
    first, second = map(said, played.digests())
    assert "Person who adds a voice\n" in first
    assert "Person who comes late\n" in second
    assert "Person who adds a voice" not in second
