"""`new --letter`: from a Word file to a folder that `check` reads, or every problem at once and no folder."""

import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.word_files import item, note, p, r, word_file
from worker import settings
from worker.cli.commands import app

_ENGLISH = word_file(
    p("Stop the dam", style="Title"),
    p("We, the {{ count }} undersigned, write to you for the people of the river", note(1), "."),
    p("Our demands", style="Heading1"),
    *(item("stop the works", 0, 101), item("publish the study", 0, 101)),
    footnotes={1: "Law 5."},
)
_FRENCH = word_file(
    p("Objet\u00a0: arrêt du barrage"),
    p("Nous vous écrivons pour les gens du fleuve et de la région, qui vous prient."),
)
_KHMER = word_file(p("កម្មវត្ថុ៖ ទំនប់"), p("យើងខ្ញុំសូមស្នើសុំឱ្យបញ្ឈប់\u200bទំនប់។"))
_TRACKED = word_file(
    p("x ", '<w:ins w:id="1" w:author="Somebody Else">' + r("new") + "</w:ins>", style="Title"), p("We.")
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    settings.set_for_this_process(campaigns_dir=tmp_path / "campaigns")
    return tmp_path / "campaigns" / "river-2027"


def new(tmp_path: Path, *words: str | tuple[str, bytes], code: int = 0) -> str:
    """What `new` says; a file is given as its name and content, the name perhaps with its language before it."""
    typed: list[str] = []
    for word in words:
        if isinstance(word, str):
            typed.append(word)
            continue
        language, _, name = word[0].rpartition("=")
        (tmp_path / name).write_bytes(word[1])
        typed += ["--letter", f"{language}={tmp_path / name}" if language else str(tmp_path / name)]
    ended = CliRunner().invoke(app, ["new", "river-2027", *typed])
    assert ended.exit_code == code, ended.output
    return " ".join(ended.output.split())


def test_a_letter_becomes_the_campaigns_and_what_was_kept_is_said(folder: Path, tmp_path: Path) -> None:
    said = new(tmp_path, ("letter.docx", _ENGLISH))

    assert (folder / "letter.en.md").read_text() == (
        "# Stop the dam\n\nWe, the {{ count }} undersigned, write to you for the people of the river[^1].\n\n"
        "## Our demands\n\n1. stop the works\n2. publish the study\n\n[^1]: Law 5.\n"
    )
    assert "The letter in English: 1 heading, 3 paragraphs, 1 list, 1 footnote." in said
    assert "Its subject: Stop the dam" in said
    assert (
        "letter.docx: taken as English, by its words. If that is wrong, name it: --letter LANGUAGE=letter.docx" in said
    )
    assert sorted(path.name for path in folder.iterdir()) == ["campaign.toml", "letter.en.md", "partners.csv"]


def test_the_first_of_several_letters_counts(folder: Path, tmp_path: Path) -> None:
    said = new(tmp_path, ("fr=a.docx", _FRENCH), ("b.docx", _KHMER), ("en=c.md", b"# Dam\n\nWe write.\n"))

    names = sorted(path.name for path in folder.glob("letter.*"))
    assert names == ["letter.en.md", "letter.fr.md", "letter.km.md"]
    toml = (folder / "campaign.toml").read_text()
    assert tomllib.loads(toml)["authentic"] == "fr"
    assert "letter.fr.md (the letter)" in toml
    assert (folder / "letter.km.md").read_text() == "# ទំនប់\n\nយើងខ្ញុំសូមស្នើសុំឱ្យបញ្ឈប់\u200bទំនប់។\n"
    assert "taken as Khmer, by its letters" in said
    assert "a.docx: taken as" not in said
    assert "The authoritative letter is the one in French" in said


def test_a_letter_in_french_alone_leaves_no_example_beside_it(folder: Path, tmp_path: Path) -> None:
    new(tmp_path, ("lettre.docx", _FRENCH))
    assert [path.name for path in folder.glob("letter.*")] == ["letter.fr.md"]
    assert tomllib.loads((folder / "campaign.toml").read_text())["authentic"] == "fr"


def test_the_list_is_spelled_in_the_language_of_the_letter_that_counts(folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    rows = "".join(
        f"Rivière {number},{country}\n" for number, country in enumerate(("Allemagne", "Germany", "RFA", "US"))
    )
    listed.write_text(f"organization,country\n{rows}")

    said = new(tmp_path, ("lettre.docx", _FRENCH), "--partners", str(listed))

    written = (folder / "partners.csv").read_text()
    assert [line.split(",")[2] for line in written.splitlines()[1:]] == [*["Allemagne"] * 3, "États-Unis"]
    assert "row 3: country: “Germany” → “Allemagne”" in said


def test_a_language_of_the_list_without_a_letter_is_told_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("organization,language\nA,fr\nB,English\nC,\nD,km\nE,km\n")

    said = new(tmp_path, ("lettre.docx", _FRENCH), "--partners", str(listed))

    assert "1 partner of the list read English, but there is no letter in it. Put a translation beside" in said
    assert "2 partners of the list read Khmer, but there is no letter in it" in said
    assert "letter.km.md, or leave their language empty in partners.csv: then they are asked in French." in said
    checked = CliRunner().invoke(app, ["check", str(folder)]).output
    assert "leave the language of these partners empty in partners.csv" in " ".join(checked.split())


def test_the_line_below_the_sender_is_in_the_languages_of_the_letters(folder: Path, tmp_path: Path) -> None:
    new(tmp_path, ("lettre.docx", _FRENCH), ("letter.docx", _ENGLISH))

    lines = tomllib.loads((folder / "campaign.toml").read_text())["sender"]["lines"]
    assert lines == {
        "fr": ["au nom des organisations soussignées"],
        "en": ["on behalf of the undersigned organizations"],
    }


def test_the_same_that_was_done_in_many_rows_is_told_once(folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text("organization,country\n" + "".join(f"River {one},Lao PDR\n" for one in range(9)))

    said = new(tmp_path, ("letter.docx", _ENGLISH), "--partners", str(listed))

    assert said.count("Lao PDR") == 1
    assert "rows 2, 3, 4, 5, 6 and 4 more: country: “Lao PDR” → “Laos”" in said


def test_a_name_of_a_file_with_spaces_can_be_typed_as_it_is_told(folder: Path, tmp_path: Path) -> None:
    said = new(tmp_path, ("letter v2.docx", _ENGLISH))

    assert '--letter "LANGUAGE=letter v2.docx"' in said


def test_a_letter_without_a_subject_is_asked_for_one_by_check(folder: Path, tmp_path: Path) -> None:
    said = new(tmp_path, ("letter.docx", word_file(p("We write to you."))))
    assert "No subject was found: write it in the first line of letter.en.md." in said

    checked = CliRunner().invoke(app, ["check", str(folder)])
    assert "letter.en.md, line 1: found “# The letter's subject”" in " ".join(checked.output.split())


def test_tracked_changes_wait_for_a_person(folder: Path, tmp_path: Path) -> None:
    said = new(tmp_path, ("letter.docx", _TRACKED), code=1)
    assert "1 tracked change, neither accepted nor rejected (paragraph 1, “x new”)" in said
    assert "Accept All Changes" in said
    assert "--changes accept" in said
    assert "Somebody" not in said
    assert not folder.exists()

    assert "1 tracked change taken as rejected." in new(tmp_path, ("letter.docx", _TRACKED), "--changes", "reject")
    assert (folder / "letter.en.md").read_text() == "# x\n\nWe.\n"


def test_all_problems_are_told_at_once_and_nothing_is_written(folder: Path, tmp_path: Path) -> None:
    letters = [("a.docx", _TRACKED), ("b.docx", b"%PDF-1.7"), ("de=c.md", b"# x\n\ny\n"), ("fr=d.docx", _FRENCH)]
    said = new(
        tmp_path, *letters, ("e.docx", _FRENCH), "--changes", "both", "--partners", str(tmp_path / "none.csv"), code=1
    )
    for told in (
        *("tracked change", "b.docx: found a PDF", "“de=”", "2 letters in French: d.docx, e.docx", "“both”"),
        "none.csv: found no such file",
    ):
        assert told in said, told
    assert "nothing was changed" in said
    assert not folder.exists()


def test_what_is_left_out_is_said_before_the_folder_is_made(folder: Path, tmp_path: Path) -> None:
    letter = word_file(p("S", style="Title"), p("We write.", r("Informant", "<w:vanish/>")))
    said = new(tmp_path, ("letter.docx", letter))
    assert "letter.docx, paragraph 2, “We write.”: found hidden text" in said
    assert said.index("hidden text") < said.index("Made ")
    assert "Informant" not in said + (folder / "letter.en.md").read_text()


def test_no_name_of_a_file_and_no_word_in_it_moves_the_cursor(folder: Path, tmp_path: Path) -> None:
    name = "a\x1b[2J\u202eb.md"
    (tmp_path / name).write_text("# Stop \x1b]0;x\x07\u202ethe dam\n\nWe write.\n")
    ended = CliRunner().invoke(app, ["new", "river-2027", "--letter", str(tmp_path / name)])
    assert "a<U+001B>[2J<U+202E>b.md" in ended.output
    assert "Its subject: Stop <U+001B>]0;x<U+0007><U+202E>the dam" in ended.output
    assert all(line.isprintable() for line in ended.output.split("\n"))
