"""The whole way: asked, signed, reminded, closed, sealed, dispatched, reported."""

import re

from tests.stage import Organization, Story, eventually, signatories
from worker.cli.demo import partner as player


def test_everyone_signs_and_the_letter_carries_every_name(
    campaign: Story, river_watch: Organization, clean_coast: Organization, amis_du_fleuve: Organization
) -> None:
    campaign.launches()

    assert "Your organization signs" not in river_watch.page()
    river_watch.signs()
    clean_coast.signs()
    amis_du_fleuve.signs()
    campaign.reaches_its_deadline()
    assert campaign.letters() == []  # two hours of review
    campaign.passes_its_review()

    letter = campaign.letter()
    assert signatories(letter) == [clean_coast.row, amis_du_fleuve.row, river_watch.row]
    assert "We, the 3 undersigned organizations" in player.text_of(letter)
    (attached,) = [str(part.get_filename()) for part in letter.iter_attachments()]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-[a-z0-9-]+-PUBLIC\.pdf", attached), "nobody is named in confidence"
    assert "confiden" not in player.text_of(letter).lower()
    for partner in (river_watch, clean_coast, amis_du_fleuve):
        copy = eventually(lambda partner=partner: [m for m in partner.mails() if list(m.iter_attachments())])[0]  # type: ignore[misc]
        assert {part.get_filename() for part in copy.iter_attachments()} >= {"letter.pdf"}
    assert len(campaign.letters()) == 1
    report = eventually(lambda: campaign.organizers_mails("250"))
    assert report


def test_each_gets_its_mail_in_its_language(
    campaign: Story, river_watch: Organization, amis_du_fleuve: Organization
) -> None:
    campaign.launches()

    assert str(river_watch.invitation()["Subject"]) != str(amis_du_fleuve.invitation()["Subject"])
    assert "Les Amis du Fleuve" in player.text_of(amis_du_fleuve.invitation())
    assert 'lang="fr"' in amis_du_fleuve.page()


def test_a_receipt_says_what_was_recorded(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()

    river_watch.signs()

    assert river_watch.row in " ".join(player.text_of(river_watch.receipts()[0]).split())


def test_only_the_silent_are_reminded(campaign: Story, river_watch: Organization, clean_coast: Organization) -> None:
    campaign.launches()
    river_watch.signs()
    clean_coast.invitation()

    campaign.comes_near_its_deadline(seconds=2.5 * 86400)

    reminder = eventually(lambda: clean_coast.mails()[1:])[0]
    assert player.link_in(reminder) == clean_coast.link()
    assert len(river_watch.receipts()) == 1


def test_the_mixed_case_names_each_only_where_it_agreed(
    campaign: Story, river_watch: Organization, clean_coast: Organization, amis_du_fleuve: Organization
) -> None:
    campaign.launches()

    river_watch.signs("public")
    clean_coast.signs("addressee")
    amis_du_fleuve.signs("counted")
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    letter = campaign.letter()
    assert signatories(letter) == [river_watch.row, clean_coast.row], "in confidence, so after all others"
    assert "We, the 3 undersigned" in player.text_of(letter)
    assert "And 1 further organization, which is not named in this copy." in player.text_of(letter)
    copy = eventually(lambda: [m for m in river_watch.mails() if list(m.iter_attachments())])[0]
    (text,) = [p.get_content() for p in copy.iter_attachments() if str(p.get_filename()).endswith(".txt")]
    assert "River Watch" in text
    assert "Clean Coast" not in text
    assert "We, the 3 undersigned" in text
    assert "And 2 further organizations, which are not named in this copy." in " ".join(text.split())
