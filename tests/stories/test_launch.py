"""Launching: once, from a checked folder, and nothing an editor does to the folder afterwards matters."""

from tests.stage import Organization, Story, eventually, signatories
from worker.cli.demo import partner as player


def test_launching_twice_asks_nobody_twice(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    river_watch.invitation()

    printed = campaign.stage.types("launch", str(campaign.folder), "--deadline", "in 3 weeks", "--yes", code=1)

    assert "already" in printed
    river_watch.signs()
    assert len(river_watch.receipts()) == 1
    assert len(river_watch.mails("Confirmation code")) <= 2


def test_a_folder_edited_after_launch_changes_nothing(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    river_watch.signs()

    (campaign.folder / "letter.en.md").write_text("# Something else\n\nWe, {{ count }}, ask for the opposite.\n")
    (campaign.folder / "partners.csv").write_text("organization\nAn Intruder\n")
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    letter = campaign.letter()
    assert str(letter["Subject"]) == "Clean rivers"
    assert "ask for clean rivers" in player.text_of(letter)
    assert signatories(letter) == [river_watch.row]


def test_a_dry_run_sends_nothing(campaign: Story, river_watch: Organization) -> None:
    campaign.writes_its_folder()

    printed = campaign.stage.types("launch", str(campaign.folder), "--dry-run")

    assert "River Watch" in printed
    assert campaign.stage.types("status", campaign.slug, code=1)


def test_a_bad_folder_is_refused_whole_with_every_problem(campaign: Story, river_watch: Organization) -> None:
    campaign.writes_its_folder()
    toml = campaign.folder / "campaign.toml"
    toml.write_text(toml.read_text().replace("quorum = 1", "quorm = 1").replace('zone = "Europe/Zurich"', ""))
    (campaign.folder / "letter.fr.md").write_text("Sans titre, {{ names }}\n")
    with (campaign.folder / "partners.csv").open("a") as file:
        file.write("Bad\u202eBird,BB,Spain,,not-an-address,en\n")

    printed = campaign.stage.types("launch", str(campaign.folder), "--yes", code=1)

    for expected in ("quorm", "quorum", "zone", "letter.fr.md", "names", "row 3", "U+202E", "not-an-address"):
        assert expected in printed, expected
    assert campaign.stage.types("status", campaign.slug, code=1)


def test_a_partner_without_an_address_is_asked_by_hand(campaign: Story, river_watch: Organization) -> None:
    campaign.writes_its_folder()
    with (campaign.folder / "partners.csv").open("a") as file:
        file.write("Far Village,FV,Laos,,,en\n")

    campaign.launches(write=False)
    river_watch.signs()
    campaign.types(
        *("sign", "Far Village", "--visibility", "public", "--representative", "The elders", "--role", "elders"),
        *("--note", "a visit", "--yes"),
    )
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    assert signatories(campaign.letter()) == ["Far Village (FV), Laos", river_watch.row]
    assert eventually(lambda: campaign.status()["counts"]["by_hand"]) == 1
