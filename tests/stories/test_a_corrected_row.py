"""A partner corrects how it is printed; its name waits for the organizers' yes."""

import re

from tests.stage import Organization, Story, eventually, post, signatories
from worker.cli.demo import partner as player


def corrects(partner: Organization, **row: str) -> tuple[int, str]:
    as_it_is = {"organization": partner.organization, "acronym": partner.acronym, "country": partner.country}
    return post(f"{partner.link()}/row", {"mail_code": partner.code()} | as_it_is | row)


def test_acronym_country_and_place_change_at_once_and_a_name_waits(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    for partner in (river_watch, clean_coast):
        partner.signs()
    wanted = {"organization": "The River Watch", "name_fr": "La Veille du Fleuve"}

    status, page = corrects(river_watch, acronym="TRW", country="Cambodia", sort_as="A River", **wanted)

    assert status == 200
    assert "River Watch (TRW), Cambodia" in page
    assert "the organizers have to approve it first: The River Watch (TRW), Cambodia" in " ".join(
        re.sub("<[^>]+>", " ", page).split()
    )
    told = eventually(lambda: campaign.organizers_mails("changed how its name appears"))[0]
    assert "River Watch" not in player.text_of(told)
    assert "River Watch → The River Watch; fr: La Veille du Fleuve" in campaign.types("status")

    campaign.types("amend", "--partner", "River Watch", "--name", "yes", "--yes")
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    assert signatories(campaign.letter()) == ["The River Watch (TRW), Cambodia", clean_coast.row], "sorted as A River"


def test_the_old_name_stands_without_a_yes_and_after_a_no(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    for partner in (river_watch, clean_coast):
        partner.signs()
        corrects(partner, organization=f"{partner.organization} International")
    campaign.types("amend", "--partner", "Clean Coast", "--name", "no", "--yes")
    assert "asks for no other name" in campaign.types("amend", "--partner", "CC", "--name", "no", "--yes")
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    assert signatories(campaign.letter()) == [clean_coast.row, river_watch.row]
