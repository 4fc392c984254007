"""What an organizer types is answered truly: dry runs, questions, and what is too late."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stage import EmbeddedStage, Organization, Story, eventually


@pytest.fixture(scope="module")
def one_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStage]:
    stage = EmbeddedStage(tmp_path_factory.mktemp("organizer") / "stage")
    yield stage
    stage.end()


@pytest.fixture
def campaign(one_stage: EmbeddedStage, request: pytest.FixtureRequest) -> Story:
    one_stage.set_clock(None)
    return Story(one_stage, f"rivers-{abs(hash(request.node.name)) % 10**6}")


@pytest.fixture
def river_watch(campaign: Story) -> Organization:
    return campaign.joined_by("River Watch", "RW", "Canada")


def test_dry_runs_promise_nothing_that_would_be_refused(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    river_watch.signs()
    assert "already" in campaign.stage.types("launch", str(campaign.folder), "--deadline", "in 9h", "--dry-run", code=1)
    assert "must be at least a minute later" in campaign.types("extend", "in 1 minute", "--dry-run", code=1)
    assert "not closed yet" in campaign.types("dispatch", "--by-hand", "--dry-run", code=4)
    campaign.types("close", "--yes")
    assert "closed already" in campaign.types("close", "--dry-run")
    assert "cannot be moved" in campaign.types("extend", "in 9 weeks", "--dry-run", code=1)
    assert campaign.types("remind", "--dry-run", code=1)


def test_a_dispatch_says_what_goes_and_what_it_overrides(campaign: Story, river_watch: Organization) -> None:
    campaign.launches(quorum=9)
    river_watch.signs()
    campaign.types("close", "--yes")

    said = campaign.types("dispatch", "--dry-run")

    assert "The letter of 1 organization (1 named for everyone) goes to Professor Ada Example" in said
    assert "quorum is 9" in said
    assert "review until" in said
    assert campaign.types("dispatch", "--yes")
    campaign.letter()
    campaign.is_dispatched()
    assert "has been sent already" in campaign.types("dispatch", "--yes")
    assert "the letter has been sent" in campaign.types("dispatch", "--by-hand", "--yes")


def test_nothing_leaves_without_a_name_under_it(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    river_watch.invitation()
    campaign.types("close", "--yes")

    assert "Nobody signed" in campaign.types("dispatch", "--yes", code=4)
    assert campaign.letters() == []


def test_nobody_is_reminded_twice_in_a_day_unless_it_is_asked_for(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    river_watch.invitation()
    eventually(lambda: campaign.status()["counts"]["silent"])

    assert "less than a day ago" in campaign.types("remind", "--yes")
    campaign.types("remind", "--again", "--yes")
    eventually(lambda: len(river_watch.mails()) == 2)


def test_going_on_after_a_hold_asks_when_the_letter_leaves_at_once(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    river_watch.signs()
    campaign.types("hold")
    campaign.reaches_its_deadline_while_held()
    campaign.types("resume")
    eventually(lambda: campaign.status()["seal"])
    campaign.types("hold")
    campaign.passes_its_review()

    assert "is sent at once" in campaign.types("resume", code=2)  # nobody is there to answer
    campaign.types("resume", "--yes")
    assert campaign.letter()


def test_a_title_with_brackets_can_be_shown(campaign: Story, river_watch: Organization) -> None:
    campaign.writes_its_folder()
    toml = campaign.folder / "campaign.toml"
    toml.write_text(toml.read_text().replace('title = "', 'title = "Free them [/b] now: [red]'))
    campaign.launches(write=False)

    assert "Free them [/b] now: [red]" in campaign.types("status")


def test_a_new_folder_is_made_from_a_pasted_list_and_is_not_ready_yet(campaign: Story, tmp_path: Path) -> None:
    pasted = tmp_path / "list.txt"
    pasted.write_text("1. River Watch, (RW), AUS\n2. Clean Coast ( CC), France,\n")
    name = f"new-{campaign.slug}"

    said = campaign.stage.types("new", name, "--partners", str(pasted))

    assert "Australia" in said
    rows = (campaign.stage.campaigns / name / "partners.csv").read_text()
    assert "River Watch,RW,Australia" in rows
    assert "Clean Coast,CC,France" in rows
    assert "still the example" in campaign.stage.types("check", name, code=1)
    assert "exists already" in campaign.stage.types("new", name, code=1)
