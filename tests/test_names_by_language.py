"""What a letter's sender and addressee are called, and the lines of an address, may be said once or by language."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests import cast
from tests.campaign_folders import NOW, change, folder, remarks_on, told
from worker import db, tokens
from worker.acts import launch
from worker.definition.campaign import read_definition
from worker.models import Campaign, Mail, Partner
from worker.state.disclosures import Disclosure
from worker.state.signatories import Signatories
from worker.wording import letter, mails

__all__ = ["folder"]

SENDER = {"en": "River Coalition", "fr": "Coalition des rivières"}
NAMES = {"en": "Minister Ada Weir", "fr": "Madame la ministre Ada Weir"}
LINES = {
    "": ["1 Lock Street", "Switzerland"],
    "en": ["1 Lock Street", "Switzerland"],
    "fr": ["1 Lock Street", "Suisse"],
}


def a_campaign() -> int:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch")
        campaign.definition = campaign.definition | {"sender": {"name": SENDER, "lines": []}}
        campaign.letter.addressees[0].address = {"names": NAMES, "lines": LINES}
        return campaign.id


def test_a_folder_says_them_by_language_and_the_authentic_name_is_the_one_in_commands(folder: Path) -> None:
    change(folder, 'name = "Minister Kim"', 'name = { en = "Minister Kim", fr = "La ministre" }')
    change(folder, 'name = "River Watch"', 'name = { en = "River Watch", fr = "Coalition des rivières" }')
    change(
        folder,
        'address = ["1 Dam Street", "Port Ash"]',
        'address = { en = ["1 Lock Street", "Laos"], fr = ["1 Lock Street"] }',
    )
    definition = read_definition(folder, now=NOW)

    campaign = launch.as_row(definition, definition.deadline)

    addressee = campaign.letter.addressees[0]
    assert addressee.name == "Minister Kim"
    names = [addressee.name_in(one) for one in ("en", "fr", "km")]
    assert names == ["Minister Kim", "La ministre", "Minister Kim"]
    assert [len(addressee.address_in(one)) for one in ("en", "fr", "km")] == [2, 1, 2]
    assert campaign.sender_in("fr") == "Coalition des rivières"
    assert "the same for every language" not in remarks_on(folder)


def test_what_is_wrong_in_such_a_table_is_said_and_one_name_for_all_is_enough(folder: Path) -> None:
    assert "key addressee[1].name" not in remarks_on(folder)
    change(folder, 'name = "Minister Kim"', 'name = { en = "Minister Kim" }')
    assert "key addressee[1].name: found nothing in fr" in remarks_on(folder)
    change(folder, 'name = { en = "Minister Kim" }', 'name = { en = 7, xx = "A" }')
    change(folder, 'name = "River Watch"', "name = {}")
    said = told(folder)
    for where in ("addressee[1].name.en", "addressee[1].name.xx", "sender.name"):
        assert f"key {where}: " in said


@pytest.mark.usefixtures("database")
def test_each_reads_them_in_its_language(browser: TestClient) -> None:
    campaign_id = a_campaign()
    with db.reading() as session:
        campaign = session.get_one(Campaign, campaign_id)
        sheets = {one: letter.build_letter(campaign, Signatories([], withheld=0), one) for one in ("en", "fr")}
        partners = {partner.language: partner for partner in session.query(Partner)}
        links = {language: tokens.token(partner) for language, partner in partners.items()}
        mail = Mail(kind="invitation", language="fr", partner=partners["fr"], campaign=campaign)
        invitation = mails.word_mail(session, mail).text
    assert sheets["fr"].sender == ["Coalition des rivières"]
    assert sheets["fr"].addressee == ["Madame la ministre Ada Weir", "Ministre de l’Eau", "1 Lock Street", "Suisse"]
    assert sheets["en"].addressee == ["Minister Ada Weir", "Minister of Water", "1 Lock Street", "Switzerland"]
    assert "Coalition des rivières" in invitation
    assert "River Coalition" not in invitation
    for page in (f"/s/{links['fr']}", "/c/dam?lang=fr"):
        for _ in range(2):  # as it is worded, and as it is kept
            said = browser.get(page).text
            assert "Coalition des rivières" in said
            assert "Madame la ministre Ada Weir" in said
            assert "River Coalition" not in said
    assert "Minister Ada Weir" in browser.get(f"/s/{links['en']}").text


def test_who_has_a_letter_is_called_as_its_reader_calls_it() -> None:
    assert Disclosure(to=["A"], naming=["A"]).called({"A": "B"}) == Disclosure(to=["B"], naming=["B"])
