"""It is midnight, and the letter went to the wrong list: there is a way out, and whoever was asked hears of it."""

import pytest

from tests.holder import Holder, opens, words
from tests.stage import Organization, Story, eventually

pytestmark = pytest.mark.parametrize("processes", ["embedded"], indirect=True)


@pytest.fixture
def given_up(campaign: Story, river_watch: Organization) -> Story:
    """It was launched, River Watch was asked and has signed, and the organizers give it up."""
    campaign.launches()
    river_watch.signs()
    river_watch.receipts()
    campaign.types("erase", "--give-up", "--yes")
    assert campaign.status()["state"] == "cancelled"
    return campaign


def test_whoever_was_asked_is_told_that_the_letter_will_not_be_sent(given_up: Story, river_watch: Organization) -> None:
    told = eventually(lambda: river_watch.mails()[2:])  # after the invitation and the receipt

    assert "will not be sent" in words(told[0])


def test_a_link_of_a_letter_that_was_given_up_says_what_happened(given_up: Story, river_watch: Organization) -> None:
    _, page = opens(river_watch.link())

    assert "cancelled" in page or "will not be sent" in page


def test_the_letter_can_be_launched_again_to_the_right_list(given_up: Story) -> None:
    clean_coast = given_up.joined_by("Clean Coast", "CC", "France")
    given_up.partners.pop(0)
    given_up.writes_its_folder()

    given_up.launches(write=False)
    assert clean_coast.invitation()


def test_a_link_of_a_letter_that_was_sent_and_erased_says_so(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    river_watch.signs()
    link = river_watch.link()
    campaign.reaches_its_deadline()
    campaign.passes_its_review()
    campaign.is_dispatched()
    eventually(lambda: [mail for mail in river_watch.mails() if list(mail.iter_attachments())])

    campaign.types("erase", "--yes")

    _, page = opens(link)
    assert "erased" in page


def test_the_wrong_list_is_cancelled_and_the_right_one_asked_within_minutes(
    campaign: Story, river_watch: Organization
) -> None:
    """River Watch stands on both lists, Clean Coast on the right one only; somebody else on the wrong one only."""
    stranger = campaign.joined_by("Not Meant", "NM", "France")
    campaign.launches()
    river_watch.signs()
    river_watch.receipts()
    stranger.invitation()

    said = campaign.types("cancel", "--yes")

    assert "2 emails tell everyone who was asked" in said
    told = eventually(lambda: stranger.mails("will not be sent"))[0]
    assert "Your organization’s name will not be published" in words(told)
    eventually(lambda: river_watch.mails("will not be sent"))
    assert "cancelled" in opens(stranger.link())[1]
    assert campaign.public_page()[0] == 404
    clean_coast = campaign.joined_by("Clean Coast", "CC", "France")
    campaign.partners.remove(stranger)
    campaign.launches()
    again = eventually(lambda: river_watch.mails()[3:])[0]
    assert clean_coast.invitation()
    assert "by hand" not in Holder(again).signs()[1]
    eventually(lambda: campaign.status()["counts"]["signed"] == 1)
    assert campaign.status()["state"] == "open"
    assert "cancelled" in opens(river_watch.link())[1], "the first link says still what happened"
    assert [mail["Subject"] for mail in stranger.mails()][1:] == [told["Subject"]]
