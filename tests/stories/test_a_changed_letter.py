"""The letter changes while organizations answer: who signed what, and who is asked again."""

from datetime import timedelta

import pytest

from tests.stage import Organization, Story, eventually, signatories
from worker.cli.demo import partner as player


def test_a_wish_changes_the_letter_and_everybody_is_asked_again(
    campaign: Story, river_watch: Organization, clean_coast: Organization, amis_du_fleuve: Organization
) -> None:
    campaign.launches()
    river_watch.signs()
    amis_du_fleuve.declines()
    page = clean_coast.asks_for_a_change("ask for clean rivers", "Please name the lakes too.")
    assert "Clean Coast would sign if the text were changed" in page
    told = eventually(lambda: campaign.organizers_mails("asks for a change"))[0]
    assert "Clean Coast" not in player.text_of(told)
    assert "lakes" not in player.text_of(told)
    shown = campaign.types("status")
    assert "Please name the lakes too." in shown
    assert (
        campaign.status()["counts"] | {"signed": 1, "declined": 1, "wish_a_change": 1, "silent": 0}
        == (campaign.status()["counts"])
    )

    campaign.rewrites_its_letter("clean rivers.", "clean rivers and lakes.")
    said = campaign.types("amend", "--letter", "--meaning", "--yes")

    assert "clean rivers and lakes." in said
    mails = {
        who.acronym: eventually(lambda who=who: who.mails("letter was changed") or who.mails("lettre a changé"))[-1]  # type: ignore[misc]
        for who in (river_watch, clean_coast, amis_du_fleuve)
    }
    first = " ".join(player.text_of(mails["RW"]).split())
    assert "That signature does not count for the new one." in first
    assert "We, the … undersigned organizations, ask for clean [gone: rivers.] [new: rivers and lakes.]" in first
    page = mails["RW"].get_body(("html",)).get_content()
    assert "ask for clean <del>rivers.</del> <ins>rivers and lakes.</ins>" in page
    assert "asked for a change" in " ".join(player.text_of(mails["CC"]).split())
    assert "a refusé de signer. Cette réponse reste valable" in " ".join(player.text_of(mails["ADF"]).split())
    assert campaign.status()["counts"]["signed"] == 0
    page = river_watch.page()
    assert "<ins>rivers and lakes.</ins>" in page
    assert "signed the earlier text" in page

    clean_coast.signs()
    campaign.comes_near_its_deadline(seconds=2.5 * 86400)
    eventually(lambda: [mail for mail in river_watch.mails() if "Reminder" in str(mail["Subject"])])
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    letter = campaign.letter()
    assert signatories(letter) == [clean_coast.row], "who signed the earlier text alone is not under the new one"
    assert "clean rivers and lakes" in player.text_of(letter)
    assert not [mail for mail in amis_du_fleuve.mails() if "Rappel" in str(mail["Subject"])]


def test_a_typo_informs_who_signed_and_changes_no_answer(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    river_watch.signs()
    clean_coast.invitation()
    campaign.rewrites_its_letter("Respectfully", "Most respectfully")

    said = campaign.types("amend", "--letter", code=2)
    assert "Say what kind of change this is: --typo" in said
    assert "Most respectfully" in said
    campaign.types("amend", "--letter", "--typo", "--yes")

    mail = eventually(lambda: river_watch.mails("small correction"))[0]
    assert "your answer stands" in player.text_of(mail)
    assert "[gone: Respectfully,] [new: Most respectfully,]" in player.text_of(mail)
    assert "nothing was changed" in campaign.types("amend", "--letter", "--typo", "--yes")
    campaign.reaches_its_deadline()
    campaign.passes_its_review()
    letter = campaign.letter()
    assert signatories(letter) == [river_watch.row]
    assert "Most respectfully" in player.text_of(letter)
    assert not clean_coast.mails("small correction")


def test_what_was_read_before_the_change_is_not_signed_after_it(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    read = player.hidden_fields(river_watch.page())
    form = {"choice": "sign", "visibility": "public", "representative": "Ada", "role": "Chair", "authorised": "yes"}
    campaign.rewrites_its_letter("clean rivers.", "clean rivers and lakes.")
    campaign.types("amend", "--letter", "--meaning", "--yes")

    status, page = river_watch.posts(**(read | form))

    assert status == 409
    assert "The letter was changed while you were reading it." in page
    assert "<ins>rivers and lakes.</ins>" in page
    assert 'value="Ada"' in page, "what was typed is still there"
    assert campaign.status()["counts"]["signed"] == 0
    assert river_watch.posts(**(player.hidden_fields(page) | form))[0] == 200
    assert campaign.status()["counts"]["signed"] == 1


def test_another_addressee_is_never_a_typo(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    river_watch.signs()
    file = campaign.folder / "campaign.toml"
    file.write_text(file.read_text().replace("Professor Ada Example", "Professor Bo Example"))

    said = campaign.types("amend", "--letter", "--typo", "--yes", code=2)
    assert "never a typo" in said
    assert "addressee + Professor Bo Example;" in said
    assert campaign.status()["counts"]["signed"] == 1
    campaign.types("amend", "--letter", "--meaning", "--yes")
    assert campaign.status()["counts"]["signed"] == 0
    assert "Professor Bo Example" in river_watch.page()


def test_a_change_that_was_a_mistake_is_taken_back_before_anybody_hears_of_it(
    campaign: Story, river_watch: Organization, clean_coast: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign.launches()
    river_watch.signs()
    river_watch.receipts()
    clean_coast.invitation()
    monkeypatch.setitem(campaign.stage.environment, "UNDO", "60")
    campaign.rewrites_its_letter("clean rivers.", "clean rivers and lakes.")
    campaign.types("amend", "--letter", "--meaning", "--yes")
    assert "rivers and lakes" in river_watch.page()
    assert campaign.status()["counts"]["signed"] == 0

    said = campaign.types("amend", "--undo")

    assert "1 answer that was taken back stands again" in said
    assert "rivers and lakes" not in river_watch.page()
    assert campaign.status()["counts"]["signed"] == 1
    campaign.stage.moves_the_clock(campaign.moment("now") + timedelta(hours=2))
    clean_coast.signs()
    clean_coast.receipts()
    for partner in (river_watch, clean_coast):
        assert not partner.mails("letter was changed")
    campaign.reaches_its_deadline()
    campaign.passes_its_review()
    letter = campaign.letter()
    assert signatories(letter) == [clean_coast.row, river_watch.row]
    assert "lakes" not in player.text_of(letter)


def test_after_the_deadline_the_letter_stays_as_it_is(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    river_watch.signs()
    campaign.reaches_its_deadline()
    campaign.rewrites_its_letter("clean rivers.", "clean rivers and lakes.")
    assert "cannot be changed any more" in campaign.types("amend", "--letter", "--meaning", "--yes", code=1)
    campaign.passes_its_review()
    assert signatories(campaign.letter()) == [river_watch.row]


def test_after_the_addressee_alone_nobody_reads_the_first_change_again(
    campaign: Story, river_watch: Organization, amis_du_fleuve: Organization
) -> None:
    campaign.launches()
    river_watch.signs()
    amis_du_fleuve.invitation()
    campaign.rewrites_its_letter("clean rivers.", "clean rivers and lakes.")
    campaign.types("amend", "--letter", "--meaning", "--yes")
    eventually(lambda: river_watch.mails("letter was changed"))
    eventually(lambda: amis_du_fleuve.mails("lettre a changé"))
    river_watch.signs()
    file = campaign.folder / "campaign.toml"
    file.write_text(file.read_text().replace("Special Rapporteur on rivers", "Special Rapporteur on water"))

    said = campaign.types("amend", "--letter", "--typo", "--yes")

    assert "1 partner will be told" in said
    mail = " ".join(player.text_of(eventually(lambda: river_watch.mails("small correction"))[0]).split())
    assert "- Addressee: Professor Ada Example, Special Rapporteur on [gone: rivers,] [new: water,] Palais" in mail
    assert "lakes" not in mail
    page = river_watch.page()
    assert "A small correction was made after you answered." in page
    assert "<del>rivers,</del><ins>water,</ins>" in page
    assert "<ins>rivers and lakes.</ins>" not in page
    file.write_text(file.read_text().replace("Dear Professor Example,", "Dear Ms Example,"))
    campaign.types("amend", "--letter", "--meaning", "--yes")
    mail = " ".join(player.text_of(eventually(lambda: amis_du_fleuve.mails("lettre a changé")[1:])[0]).split())
    assert "Formule d’appel : Dear [supprimé : Professor] [ajouté : Ms] Example," in mail
    assert "lakes" not in mail


def test_a_language_that_did_not_change_with_the_meaning_is_a_question(
    campaign: Story, river_watch: Organization, amis_du_fleuve: Organization
) -> None:
    campaign.launches()
    amis_du_fleuve.signs()
    river_watch.invitation()
    campaign.rewrites_its_letter("clean rivers.", "clean rivers and lakes.", only="en")

    said = campaign.types("amend", "--letter", "--meaning", "--yes", code=2)
    assert "In French the text stays as before" in said
    assert "--yes does not answer this. If so, add: --unchanged fr" in said
    assert campaign.status()["counts"]["signed"] == 1
    wrong = campaign.types("amend", "--letter", "--meaning", "--yes", "--unchanged", "en", code=2)
    assert "leave out --unchanged en" in wrong
    assert "1 signature is taken back" in campaign.types("amend", "--letter", "--meaning", "--dry-run")
    campaign.types("amend", "--letter", "--meaning", "--yes", "--unchanged", "fr")

    mail = " ".join(player.text_of(eventually(lambda: amis_du_fleuve.mails("lettre a changé"))[0]).split())
    untouched = "Le texte en français est le même qu’avant. Dans le texte en anglais, celui qui fait foi, voici"
    assert untouched in mail
    assert "ask for clean [supprimé : rivers.] [ajouté : rivers and lakes.]" in mail
    page = amis_du_fleuve.page()
    assert untouched in page
    assert '<span lang="en">' in page
