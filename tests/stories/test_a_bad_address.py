"""An address is wrong: that is said, is never taken for silence, and a corrected one is asked anew."""

import urllib.error
from typing import Any

import pytest

from tests.stage import Organization, Story, eventually, post, signatories
from worker.cli.demo import partner as player


@pytest.fixture
def at_its_new_address(campaign: Story) -> Organization:
    """The people of River Watch, where they really read their mail."""
    return Organization(campaign.stage, campaign, "River Watch", "RW-office", "Canada")


def partner(campaign: Story, acronym: str) -> dict[str, Any]:
    return next(p for p in campaign.status()["partners"] if p["acronym"] == acronym)


def corrects(campaign: Story, to: Organization) -> str:
    return campaign.types("amend", "--partner", "River Watch", "--email", to.email, "--yes")


def test_who_was_not_reached_is_asked_at_its_right_address_and_signs(
    campaign: Story, river_watch: Organization, clean_coast: Organization, at_its_new_address: Organization
) -> None:
    campaign.stage.catcher.refuse.add(river_watch.email)
    campaign.launches()
    clean_coast.invitation()

    (told,) = eventually(lambda: [m for m in partner(campaign, "RW")["mails"] if m["state"] == "refused"])
    assert told["meaning"] == "the mailbox does not exist"
    assert "undersigned amend" in told["todo"]
    assert "Not reached" in campaign.types("status")
    eventually(lambda: campaign.status()["counts"]["silent"] == 1)
    assert campaign.status()["counts"]["unreached"] == 1
    corrects(campaign, at_its_new_address)
    at_its_new_address.signs()
    assert campaign.status()["counts"]["unreached"] == 0
    assert [mail["state"] for mail in partner(campaign, "RW")["mails"]][:2] == ["refused", "sent"]
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    assert signatories(campaign.letter()) == [river_watch.row]
    eventually(lambda: at_its_new_address.mails("letter.pdf") or len(at_its_new_address.mails()) == 3)
    assert river_watch.mails() == []


def test_an_invitation_that_went_to_a_stranger_opens_nothing_any_more(
    campaign: Story, river_watch: Organization, at_its_new_address: Organization
) -> None:
    campaign.launches()
    link, code = river_watch.link(), river_watch.code()
    assert "River Watch" in player.opens(link)
    eventually(lambda: campaign.status()["counts"]["silent"])

    corrects(campaign, at_its_new_address)

    with pytest.raises(urllib.error.HTTPError, match="404"):
        player.opens(link)
    form = {"choice": "decline", "mail_code": code}
    assert post(link, form)[0] == 404
    at_its_new_address.signs()
    assert campaign.status()["counts"]["signed"] == 1
    assert len(river_watch.mails()) == 1
