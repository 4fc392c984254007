"""The cast and the two stages of the stories."""

import itertools
from collections.abc import Iterator

import pytest

from tests import servers
from tests.stage import EmbeddedStage, Organization, ProductionStage, Stage, Story

_numbers = itertools.count(1)


@pytest.fixture(scope="package", params=["embedded", "production"])
def processes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, worker_number: int
) -> Iterator[Stage]:
    """The program as it runs, kept up for all stories of one kind, and not while other tests run."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "embedded":
        stage: Stage = EmbeddedStage(folder)
        yield stage
        stage.end()
    else:
        with servers.fresh_postgresql() as url:
            stage = ProductionStage(folder, url, servers.shared_redis(worker_number))
            yield stage
            stage.end()


@pytest.fixture
def stage(processes: Stage) -> Iterator[Stage]:
    """A stage on which the time is what it is, when the story begins."""
    processes.set_clock(None)
    yield processes
    processes.catcher.is_itself_again()
    processes.cancels_every_campaign()
    print(processes.logs())  # shown when the story failed


@pytest.fixture
def campaign(stage: Stage, worker_number: int) -> Story:
    """A campaign with no partner yet, not launched."""
    return Story(stage, f"rivers-{worker_number}-{next(_numbers)}")


@pytest.fixture
def river_watch(campaign: Story) -> Organization:
    return campaign.joined_by("River Watch", "RW", "Canada")


@pytest.fixture
def clean_coast(campaign: Story) -> Organization:
    return campaign.joined_by("Clean Coast", "CC", "France")


@pytest.fixture
def amis_du_fleuve(campaign: Story) -> Organization:
    return campaign.joined_by("Les Amis du Fleuve", "ADF", "France", language="fr")
