"""From a letter in Word and a list as it is to a launch, typing only what the messages told."""

import csv
import itertools
import re
from pathlib import Path

import docx
import pypdf
import pytest
from typer.testing import CliRunner

from tests import coalition_files
from tests.readers import folded
from tests.stage import Stage, eventually
from worker.cli.demo import partner as player

_numbers = itertools.count(1)


class Organizer:
    """Somebody with files, who corrects what is told, and counts what is refused."""

    def __init__(self, stage: Stage, folder: Path, slug: str) -> None:
        self.stage, self.files, self.slug = stage, folder, slug
        self.folder = stage.campaigns / slug
        self.refused: list[str] = []

    def saves(self, name: str, content: bytes | str) -> str:
        path = self.files / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def tries(self, *words: str) -> str:
        """Type a command; whether it is refused is counted, and what it prints comes back on one line."""
        from worker.cli.commands import app

        with self.stage.here():
            result = CliRunner().invoke(app, list(words))
        assert result.exit_code in (0, 1), result.output
        printed = " ".join(result.output.split())
        if result.exit_code:
            self.refused.append(printed)
        return printed

    def fills_in(self, **words: str) -> None:
        """Write what stands in capitals in campaign.toml."""
        path = self.folder / "campaign.toml"
        toml = path.read_text(encoding="utf-8")
        for stands, written in {
            "NAME OF THE CAMPAIGN": words["title"],
            "secretariat@coalition.example": words["reply_to"],
            "NAME OF THE COALITION": words["sender"],
            "NAME OF THE ADDRESSEE": words["addressee"],
            '"OFFICE"': words["office"],
            '["STREET", "TOWN", "COUNTRY"]': words["address"],
            '"Dear …,"': words["salutation"],
            "Europe/Zurich": words["zone"],
        }.items():
            assert stands in toml
            toml = toml.replace(stands, written)
        path.write_text(toml, encoding="utf-8")

    def edits(self, name: str, *changes: tuple[str, str]) -> None:
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        for pattern, written in changes:
            text, times = re.subn(pattern, written, text, flags=re.MULTILINE)
            assert times, pattern
        path.write_text(text, encoding="utf-8")

    def rows(self) -> list[dict[str, str]]:
        with (self.folder / "partners.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def row(self, organization: str) -> dict[str, str]:
        [found] = [row for row in self.rows() if row["organization"] == organization]
        return {column: value for column, value in found.items() if value and column != "organization"}

    def preview(self, name: str) -> Path:
        return self.stage.folder / "var" / "preview" / self.slug / name

    def pdf(self) -> str:
        return " ".join(folded(page.extract_text()) for page in pypdf.PdfReader(self.preview("letter.pdf")).pages)

    def launches(self) -> None:
        self.tries("launch", str(self.folder), "--yes")


@pytest.fixture
def organizer(stage: Stage, tmp_path: Path, worker_number: int) -> Organizer:
    return Organizer(stage, tmp_path, f"coalition-{worker_number}-{next(_numbers)}")


def test_a_submission_with_footnotes_and_a_list_in_excel(organizer: Organizer) -> None:
    letter = organizer.saves("Joint submission FINAL v7.docx", coalition_files.english_submission())
    listed = organizer.saves("signatories.xlsx", coalition_files.list_of_56())

    printed = organizer.tries("new", organizer.slug, "--letter", letter, "--partners", listed)
    assert '--sheet "Signatories"' in printed
    printed = organizer.tries("new", organizer.slug, "--letter", letter, "--partners", listed, "--sheet", "Signatories")
    for told in ("a comment, 2 times", "header or footer", "7 headings", "6 footnotes, 1 table", "Tana River Watch"):
        assert told in printed, told
    assert "“TOTAL”, which may be a total" in printed
    organizer.fills_in(
        title="The Upper Tana dam",
        reply_to="grace@threerivers.example",
        sender="Three Rivers Coalition",
        addressee="Mr. Pedro Example",
        office='"Special Rapporteur on the human rights to safe drinking water and sanitation"',
        address='["OHCHR", "Palais Wilson", "1211 Geneva 10", "Switzerland"]',
        salutation='"Dear Mr. Example,"',
        zone="Africa/Nairobi",
    )
    organizer.edits("partners.csv", ("^TOTAL,.*\n", ""), ("^Tana River Watch,,Kenya,,info1@org1.example,,\r?\n", ""))

    assert "found an address, a date" in organizer.tries("check", str(organizer.folder))
    assert "names as of those who sign" in organizer.tries("check", str(organizer.folder))
    organizer.edits(
        "letter.en.md", (r"^14 December(.|\n)+^Dear Mr. Example,\n\n", ""), (r"^---\n\n^Grace(.|\n)+?^Tel.*\n\n", "")
    )
    assert "No problems. Next" in organizer.tries("check", str(organizer.folder))
    organizer.tries("preview", str(organizer.folder))
    organizer.tries("preview", str(organizer.folder), "--partner", "Ob River Watch")
    organizer.launches()

    assert len(organizer.refused) == 1
    assert len(organizer.rows()) == 56
    assert {row["country"] for row in organizer.rows()} == {
        *("Kenya", "Laos", "Germany", "Vietnam", "Tanzania", "United Kingdom", "Côte d’Ivoire")
    }
    assert organizer.row("Tana Clean Coast Network")["email"] == "office3@org3.example"
    assert "further addresses: director3@org3.example" in organizer.row("Tana Clean Coast Network")["note"]
    assert "wants to see the final text first" in organizer.row("Tana Clean Coast Network")["note"]
    assert "email" not in organizer.row("Tana Forest & Rivers Trust")
    assert organizer.row("Po River Watch")["email"] == "info6@org6.example"
    pdf = organizer.pdf()
    for words in ("resolution 51/19, para. 8", "E/C.12/2002/11", "Ibid., p. 21", "Families displaced"):
        assert words in pdf, words
    assert pdf.count("Palais Wilson") == 1
    [table] = docx.Document(str(organizer.preview("letter.docx"))).tables
    assert [cell.text for cell in table.rows[2].cells] == ["2021–2023", "1,870", "290", "16%"]
    text = organizer.preview("letter.en.txt").read_text()
    assert "[6] National Commission, “Report on the Upper Tana”, 3 October 2022" in text
    assert "General Comment No. 15" in organizer.preview("partner/page.html").read_text()
    eventually(lambda: len(organizer.stage.mails("office3@org3.example")) == 1)
    eventually(lambda: len(organizer.stage.mails("info56@org56.example")) == 1)
    assert not organizer.stage.mails("director3@org3.example")


def test_a_french_letter_with_tracked_changes_and_a_list_of_libreoffice(organizer: Organizer) -> None:
    letter = organizer.saves("Lettre ministre (HL).docx", coalition_files.french_letter())
    listed = organizer.saves("Liste signataires.ods", coalition_files.french_list())
    words = ("new", organizer.slug, "--letter", letter, "--partners", listed)

    assert "--changes accept" in organizer.tries(*words)
    printed = organizer.tries(*words, "--changes", "accept")
    assert "2 partners of the list read English, but there is no letter in it" in printed
    organizer.fills_in(
        title="Eaux vives",
        reply_to="contact@eauxvives.example",
        sender="Collectif Eaux Vives",
        addressee="Mme Noëlle Exemple",
        office='"Ministre de l’Environnement"',
        address='["Rue de la Loi 99", "1040 Bruxelles", "Belgique"]',
        salutation='"Madame la Ministre,"',
        zone="Europe/Brussels",
    )
    organizer.edits("partners.csv", ("^Total,.*\n", ""), (",en,", ",,"))
    assert "found an address, a date" in organizer.tries("check", str(organizer.folder))
    organizer.edits("letter.fr.md", (r"^Collectif Eaux(.|\n)+^Madame la Ministre,\n\n", ""))
    organizer.tries("check", str(organizer.folder))
    organizer.tries("preview", str(organizer.folder))
    organizer.launches()

    assert len(organizer.refused) == 1
    assert [row["country"] for row in organizer.rows()] == [
        *("Belgique", "Allemagne", "France", "Côte d’Ivoire", "Pays-Bas", "République démocratique du Congo"),
        *("Suisse", "Portugal"),
    ]
    assert organizer.row("Grüner Rhein")["note"] == "further addresses: vorstand@rhein.example"
    assert organizer.row("Rivières sans Frontières")["note"] == "en janvier; language: Français/Anglais"
    assert "téléphone" in organizer.row("Réseau Congo Fleuve")["note"]
    pdf = organizer.pdf()
    for said in ("au nom des organisations soussignées", "s’inquiètent de la lenteur", "L’état des eaux", "Allemagne"):
        assert said in pdf, said
    assert "l’inaction" not in pdf
    text = organizer.preview("letter.fr.txt").read_text(encoding="utf-8")
    assert "«\u00a0polluants éternels\u00a0»" in text
    mail = eventually(lambda: organizer.stage.mails("post@rhein.example"))[0]
    assert "Protection des cours d’eau" in player.text_of(mail)


def test_a_khmer_letter_with_its_translation_and_a_list_from_a_mail(organizer: Organizer) -> None:
    letter = organizer.saves("letter khmer.docx", coalition_files.khmer_letter())
    translation = organizer.saves("translation EN.docx", coalition_files.khmer_letter_in_english())
    listed = organizer.saves("list.txt", coalition_files.PASTED_LIST)

    printed = organizer.tries("new", organizer.slug, "--letter", letter, "--letter", translation, "--partners", listed)
    assert '--letter "LANGUAGE=' in printed
    assert "U+200B" not in printed
    assert "No subject was found: write it in the first line of letter.en.md." in printed
    organizer.fills_in(
        title="Mekong",
        reply_to="dara@mekongwatch.example",
        sender="បណ្តាញ\u200bទន្លេ",
        addressee="ឯកឧត្តម\u200b សុខ",
        office='{ km = "រដ្ឋមន្ត្រី", en = "Minister" }',
        address='["ភ្នំពេញ"]',
        salutation='{ km = "សូម\u200bគោរព\u200b ឯកឧត្តម", en = "Excellency," }',
        zone="Asia/Phnom_Penh",
    )
    organizer.edits("letter.en.md", (r"^# (.|\n)+^Excellency,\n", "# Request to protect the Mekong river\n"))
    organizer.edits("letter.km.md", (r"^ភ្នំពេញ(.|\n)+?^សូម.*\n\n", ""))
    organizer.tries("check", str(organizer.folder))
    organizer.tries("preview", str(organizer.folder))
    organizer.launches()

    assert organizer.refused == []
    assert organizer.row("Mekong Watch Cambodia") == {
        "acronym": "MWC",
        "country": "កម្ពុជា",
        "contact": "Sok Dara",
        "email": "dara@mekongwatch.example",
        "note": "'+855 12 000 001",  # no formula to a spreadsheet
    }
    assert organizer.row("Women of the Lake")["note"] == "tel. 012 000 002"
    assert organizer.row("Thai Mekong Forum") == {"country": "ថៃ", "note": "call +66 2 000 0000"}
    assert organizer.row("International Rivers Union")["country"] == "International"
    assert len(organizer.rows()) == 7
    text = organizer.preview("letter.km.txt").read_text(encoding="utf-8")
    assert coalition_files.KHMER_TITLE in text
    assert coalition_files.KHMER_SENTENCE in text
    assert "៤,២០០" in text
    word = "\n".join(one.text for one in docx.Document(str(organizer.preview("letter.docx"))).paragraphs)
    assert coalition_files.KHMER_SENTENCE in word
    assert "Report of 2025, page 12" in organizer.preview("letter.en.html").read_text(encoding="utf-8")
    mail = eventually(lambda: organizer.stage.mails("office@tonlesap.example"))[0]
    assert coalition_files.KHMER_TITLE.replace("\u200b", "") in player.text_of(mail).replace("\u200b", "")
