"""It is midnight, and the letter went to the wrong list: there is a way out, and whoever was asked hears of it."""

import pytest

from tests.holder import opens, words
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
