"""The public page, who is shown to whom before the letter has left, and those who step back after it has."""

import re

from tests.stage import Organization, Story, eventually
from worker.cli.demo import partner as player


def shown(page: str) -> list[str]:
    """The names under the letter."""
    return re.findall(r"<li[^>]*><bdi>([^<]*)</bdi>", page)


def test_the_page_is_there_once_the_letter_has_left_and_whoever_steps_back_is_gone_from_it(
    campaign: Story, river_watch: Organization, clean_coast: Organization, amis_du_fleuve: Organization
) -> None:
    campaign.launches(more='public_page = "after dispatch"\n')
    river_watch.signs()
    clean_coast.signs()
    amis_du_fleuve.signs("counted")
    assert campaign.public_page()[0] == 404
    campaign.reaches_its_deadline()
    assert campaign.public_page()[0] == 404
    campaign.passes_its_review()
    campaign.is_dispatched()

    status, page = campaign.public_page()
    assert status == 200
    assert shown(page) == [clean_coast.row, river_watch.row]
    assert "sent in the name of 3 organizations. Named here today:" in page
    assert "We, the 3 undersigned" in page
    assert "not named" not in page
    assert "Amis" not in page

    at_the_addressee = len(campaign.letters())
    assert "has withdrawn its signature" in river_watch.withdraws()

    page = campaign.public_page()[1]
    assert shown(page) == [clean_coast.row]
    assert "River Watch" not in page
    assert "sent in the name of 3 organizations. Named here today:" in page, "the number tells nobody who went"
    told = eventually(lambda: campaign.organizers_mails("stepped back"))[0]
    assert "River Watch" not in player.text_of(told)
    notice = campaign.types("notice")
    assert f"- {river_watch.row}" in notice
    assert f"To: Professor Ada Example <rapporteur@{campaign.slug}.example>" in notice
    assert "have withdrawn their signature" in notice
    assert "Amis" not in notice
    assert len(campaign.letters()) == at_the_addressee, "nothing goes to the addressee by itself"
    assert campaign.status()["notices"] == 1
    said = campaign.types("withdraw", "Clean Coast", "--note", "phone call", "--yes")
    assert "notice" in said
    assert shown(campaign.public_page()[1]) == []
    assert clean_coast.row in campaign.types("notice")


def test_who_was_public_and_asks_to_be_counted_leaves_the_page_and_no_number_tells(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches(more='public_page = "after dispatch"\n')
    river_watch.signs()
    clean_coast.signs()
    campaign.reaches_its_deadline()
    campaign.passes_its_review()
    campaign.is_dispatched()
    assert river_watch.posts(choice="sign", visibility="counted")[0] == 200
    page = campaign.public_page()[1]
    assert shown(page) == [clean_coast.row]
    assert "sent in the name of 2 organizations. Named here today:" in page
    assert "not named" not in page
    assert "ask not to be named" in campaign.types("notice")


def test_partners_see_who_signs_publicly_as_far_as_the_campaign_says(
    campaign: Story, river_watch: Organization, clean_coast: Organization, amis_du_fleuve: Organization
) -> None:
    campaign.launches(more='show_signers = "partners"\npublic_page = "from launch"\n')
    river_watch.signs()
    amis_du_fleuve.signs("addressee")

    page = clean_coast.page()

    assert shown(page) == [clean_coast.row, river_watch.row], "one's own row stands in its place"
    assert "Amis" not in page
    assert "withheld" not in page
    assert "The other invited organizations can see it as soon as you sign." in page
    status, public = campaign.public_page()
    assert (status, shown(public)) == (200, []), "everyone reads the letter, and no name"
    river_watch.signs("counted")
    assert shown(clean_coast.page()) == [clean_coast.row]


def test_everyone_sees_who_signs_publicly_if_the_campaign_says_so(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches(more='show_signers = "everyone"\npublic_page = "from launch"\n')
    clean_coast.signs("addressee")
    before = campaign.public_page()[1]
    river_watch.signs()
    page = campaign.public_page()[1]
    assert shown(page) == [river_watch.row]
    assert "We, the … undersigned" in page, "a number would tell of those who are withheld"
    clean_coast.withdraws()
    assert campaign.public_page()[1] == page, "nobody sees that somebody withheld has gone"
    river_watch.withdraws()
    assert campaign.public_page()[1] == before
