"""Between the deadline and the letter's leaving: hold, withdraw, reduce your visibility, quorum, a person."""

import csv
import io
from datetime import timedelta

from tests.stage import Organization, Story, eventually, post, signatories
from worker.cli.demo import partner as player


def test_a_withdrawal_after_the_seal_makes_a_new_seal(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    river_watch.signs()
    clean_coast.signs()
    campaign.reaches_its_deadline()
    assert campaign.status()["seal"] == 1

    river_watch.withdraws()
    eventually(lambda: campaign.status()["seal"] == 2)
    campaign.passes_its_review()

    assert signatories(campaign.letter()) == [clean_coast.row]
    assert len(campaign.letters()) == 1


def test_after_the_deadline_a_partner_can_become_less_visible_and_not_more(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    river_watch.signs("addressee")
    clean_coast.signs("public")
    code = river_watch.code()
    campaign.reaches_its_deadline()

    more, _ = post(river_watch.link(), _as("public", code))
    less, _ = post(river_watch.link(), _as("counted", code))

    assert (more, less) == (422, 200) or (more, less) == (409, 200)
    campaign.passes_its_review()
    assert signatories(campaign.letter()) == [clean_coast.row]


def test_a_held_letter_waits_and_a_withdrawal_meanwhile_counts(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    river_watch.signs()
    clean_coast.signs()
    campaign.reaches_its_deadline()

    campaign.types("hold")
    clean_coast.withdraws()
    campaign.passes_its_review()
    campaign.stage.set_clock(campaign.moment("review_ends") + timedelta(hours=1))
    assert campaign.status()["state"] == "held"
    assert campaign.letters() == []
    campaign.types("resume", "--yes")

    assert signatories(campaign.letter()) == [river_watch.row]


def test_a_missed_quorum_waits_for_a_person_and_says_so(campaign: Story, river_watch: Organization) -> None:
    campaign.launches(quorum=2)
    river_watch.signs()
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    told = eventually(lambda: campaign.organizers_mails("quorum"))

    assert told
    assert campaign.letters() == []
    assert "quorum is 2" in campaign.types("status", code=4)
    campaign.types("dispatch", "--yes")
    assert signatories(campaign.letter()) == [river_watch.row]


def test_a_signature_by_telephone_is_recorded_with_a_receipt_and_can_be_withdrawn(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    clean_coast.signs()
    river_watch.invitation()

    campaign.types(
        *("sign", "RW", "--visibility", "public", "--representative", "Ada", "--role", "chair"),
        *("--note", "phone call", "--yes"),
    )
    assert campaign.status()["counts"]["signed"] == 2
    assert river_watch.row in " ".join(player.text_of(river_watch.receipts()[0]).split())
    campaign.reaches_its_deadline()
    campaign.types("withdraw", "River Watch", "--note", "phone call", "--yes")
    campaign.passes_its_review()

    assert signatories(campaign.letter()) == [clean_coast.row]


def test_closing_early_ends_the_answers(campaign: Story, river_watch: Organization, clean_coast: Organization) -> None:
    campaign.launches()
    river_watch.signs()
    code = clean_coast.code()

    campaign.types("close", "--yes")

    assert post(clean_coast.link(), _as("public", code))[0] == 409
    campaign.passes_its_review()
    assert signatories(campaign.letter()) == [river_watch.row]


def test_an_extended_deadline_is_told_and_gives_more_time(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    river_watch.signs()
    clean_coast.invitation()
    eventually(lambda: campaign.status()["counts"]["asked"] == 2)
    before = campaign.moment("deadline")

    campaign.types("extend", "in 4 weeks", "--yes")
    eventually(lambda: len(clean_coast.mails()) == 2)
    campaign.stage.set_clock(before + timedelta(hours=1))
    clean_coast.signs()
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    assert signatories(campaign.letter()) == [clean_coast.row, river_watch.row]


def test_the_signatures_and_the_sealed_letters_can_be_taken_out(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    river_watch.signs("addressee", representative="=HYPERLINK(1)", role="chair")
    clean_coast.signs("public")
    campaign.reaches_its_deadline()

    sheet = list(csv.DictReader(io.StringIO(campaign.types("export"))))
    folder = campaign.stage.folder / f"{campaign.slug}-documents"
    campaign.types("export", "--documents", str(folder))

    assert [(row["organization"], row["visibility"]) for row in sheet] == [
        ("Clean Coast", "public"),
        ("River Watch", "addressee"),
    ]
    assert sheet[1]["representative"] == "'=HYPERLINK(1)"
    assert list(sheet[0]) == ["organization", "acronym", "country", "visibility", "representative", "role", "time"]
    (confidential,), (public,) = (list((folder / which).glob("*.en.txt")) for which in ("addressee", "public"))
    assert "River Watch" in confidential.read_text()
    assert "River Watch" not in public.read_text()
    assert ("CONFIDENTIAL" in confidential.name, "PUBLIC" in public.name) == (True, True)
    written = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o077 for path in written} == {0}
    assert {path.parent.name for path in written if "CONFIDENTIAL" in path.name} == {"addressee"}


def _as(visibility: str, code: str) -> dict[str, str]:
    said = {"choice": "sign", "visibility": visibility, "representative": "The board of RW", "role": "Board"}
    return said | {"authorised": "yes", "mail_code": code}
