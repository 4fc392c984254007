"""A letter to three: one by mail, a copy by mail, and a copy that a person brings."""

import pytest

from tests.stage import Organization, Story, eventually, signatories
from worker.cli.demo import partner as player

MISSION, GOVERNOR = "Permanent Mission of Example", "Governor Bo Lund"


@pytest.fixture
def campaign(campaign: Story) -> Story:
    campaign.copy_to, campaign.brought_to = MISSION, GOVERNOR
    return campaign


def states(campaign: Story) -> list[tuple[str, int | None]]:
    return [(one["state"], one["seal"]) for one in campaign.status()["addressees"]]


def test_who_is_brought_the_letter_is_named_before_anybody_signs_and_not_forgotten_after(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    page = river_watch.page()
    assert f"Professor Ada Example, with a copy to {MISSION} and {GOVERNOR}" in page
    assert f"Copy: {GOVERNOR}" in page
    river_watch.signs()
    clean_coast.signs()
    before = len(river_watch.receipts())
    campaign.reaches_its_deadline()
    assert eventually(lambda: [m for m in campaign.organizers_mails("The list is closed") if GOVERNOR in str(m)])
    campaign.passes_its_review()
    campaign.is_dispatched()

    assert f"Copy: {MISSION}" in player.text_of(campaign.letter())
    eventually(lambda: states(campaign) == [("sent", 1), ("sent", 1), ("to_bring", None)])
    assert "sent to 2 of 3" in campaign.types("status", code=4)
    copy = eventually(lambda: river_watch.receipts()[before:])[0]
    told = " ".join(player.text_of(copy).split())
    assert ", to Professor Ada Example" in told
    lacks = told.partition("As far as we know, it has not yet reached ")[2].partition(". ")[0]
    assert GOVERNOR in lacks
    assert "Ada" not in lacks

    river_watch.withdraws()  # what a person has printed is voided
    eventually(lambda: campaign.status()["seal"] == 2)
    campaign.types("dispatch", "--by-hand", "--addressee", GOVERNOR, "--yes")

    assert states(campaign) == [("sent", 1), ("sent", 1), ("brought", 2)]
    campaign.types("status")
    notice = campaign.types("notice")
    assert "Professor Ada Example" in notice
    assert MISSION in notice
    assert GOVERNOR not in notice
    assert "It went to Professor Ada Example, with a copy to" in clean_coast.page()
    assert clean_coast.row in signatories(campaign.copy())
