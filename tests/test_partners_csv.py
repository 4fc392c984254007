"""The list as a spreadsheet saves it."""

import csv
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.phrases import printed
from worker.definition.partners import COLUMNS, ListExists, PartnerRow, read_csv, read_list, write_csv

RIVER_WATCH = PartnerRow("River Watch", "RW", "France", "Rosa", "rosa@river-watch.example", "fr", "knows us")
CLEAN_COAST = PartnerRow("Clean Coast, Inc.", "CC", "USA", "Cem", "cem@clean-coast.example", "en", "")


def saved(tmp_path, content, name="partners.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def told(problems):
    return printed(problems)


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_encoding_and_line_end_reads_the_same(tmp_path, mark, encoding, end):
    lines = ["Organization|NOTE|country", "Pêcheurs du Mékong||France", 'River Watch|"sings | dances"|Canada']
    text = end.join(lines).replace("|", mark) + end

    rows, problems, remarks = read_csv(saved(tmp_path, text.encode(encoding)))

    assert told([*problems, *remarks]) == ""
    assert rows == [
        PartnerRow("Pêcheurs du Mékong", country="France"),
        PartnerRow("River Watch", country="Canada", note=" ".join(f"sings {mark} dances".split())),
    ]


def test_windows_encoding_is_read_and_a_remark_says_so(tmp_path):
    rows, problems, remarks = read_csv(saved(tmp_path, "organization\nPêcheurs d’Alsace\n".encode("cp1252")))

    assert rows == [PartnerRow("Pêcheurs d’Alsace")]
    assert not problems
    assert "cp1252" in told(remarks)


def test_what_is_written_is_read_again(tmp_path):
    write_csv(tmp_path / "partners.csv", [RIVER_WATCH, CLEAN_COAST])

    assert read_csv(tmp_path / "partners.csv") == ([RIVER_WATCH, CLEAN_COAST], [], [])


def test_a_list_is_never_overwritten(tmp_path):
    path = saved(tmp_path, "organization\nRiver Watch\n")

    with pytest.raises(ListExists, match="not overwritten"):
        write_csv(path, [CLEAN_COAST])
    assert read_csv(path)[0] == [PartnerRow("River Watch")]


def test_rows_are_counted_as_a_spreadsheet_shows_them(tmp_path):
    text = 'organization,email,note\nRiver Watch,,"two\nlines"\n\n,,\nClean Coast,nobody,\n'

    rows, problems, _ = read_csv(saved(tmp_path, text))

    assert rows[0].note == "two lines"
    assert [problem.where for problem in problems] == ["row 5, column email"]
    assert "found “nobody”; expected one address" in told(problems)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("organization,contry\nRiver Watch,\n", "Did you mean country?"),
        ("organization,e-post\nRiver Watch,\n", "row 1, column “e-post”: found a column that is not known"),
        ("organization,note,note\nRiver Watch\n", "the same column twice"),
        ("acronym\nRW\n", "row 1: found no column organization in “acronym”"),
        ("organisation,name\nRW,Rosa\n", "row 1, column “name”: found a column that is not known"),
        ("organization\nRW,a\nCC\nPK,b\nBT,c,d\n", "rows 2, 4 and 5, cell 2: found “a”; expected no cell without"),
        ("", "row 1: found nothing; expected a column organization"),
        ("organization\n\n,\n", "an empty list; expected at least one partner"),
        ("organization\n!!\n", "row 2, column organization: found “!!”; expected the organization's name"),
        ("organization,acronym\n,RW\n", "row 2, column organization: found nothing"),
        ("organization\nRiver Watch,France\n", "row 2, cell 2: found “France”; expected no cell without a column"),
        ("organization\nRiver\u202eWatch\n", "U+202E"),
        ('organization\n"River\nWatch"\n', "U+000A, a line break"),
        ("organization\n" + "x" * 301 + "\n", "found 301 characters; expected 300 characters at most"),
        ("organization,acronym\nRW," + "x" * 41 + "\n", "column acronym: found 41 characters"),
        ("organization,country\nRW," + "x" * 81 + "\n", "column country: found 81 characters"),
        ("organization,contact\nRW," + "x" * 121 + "\n", "column contact: found 121 characters"),
        ("organization,language\nRW,french\n", "found “french”; expected en, fr or km"),
        ("organization,email\nRW,a@x.example; b@x.example\n", "row 2, column email"),
        ("organization,email\nRW,Rosa <rosa@x.example>\n", "row 2, column email"),
        ("organization,email\nRW,rosé@x.example\n", "row 2, column email"),
        ("organization,email\nRW,rosa@localhost\n", "row 2, column email"),
        ('organization\n"River Watch\nClean Coast\n', "row 2: found a quotation mark that is never closed"),
        ('organization\tnote\n"River" Watch\t\n', "row 2: found quotation marks that do not belong together;"),
        ('organization\n"River" Watch\n', "row 2: found quotation marks that do not belong together"),
        ("organization\n" + "River Watch\n" * 20_001, "row 20002: found more rows"),
    ],
)
def test_what_is_wrong_in_a_list_is_said_with_its_place(tmp_path, text, sentence):
    assert sentence in told(read_csv(saved(tmp_path, text))[1])


@pytest.mark.parametrize("above", ["", "Partners of 2026,\n\n"])
def test_as_many_partners_as_a_list_may_have_are_taken_below_its_header(tmp_path, above):
    text = f"{above}organization,acronym\n" + "River Watch,RW\n\n" * 20_000

    rows, problems, _ = read_csv(saved(tmp_path, text), ["River Watch"])

    assert (len(rows), problems) == (20_000, [])


@pytest.mark.parametrize(
    "text",
    [
        "Partners of 2026;;\nRiver Watch;France;rosa@x.example\nClean Coast;USA;\n",
        "organization|country\nRiver Watch|France,Spain\nClean Coast|USA,x\n",
        "acronym,emial\nRW,rosa@,x\nCC,!,y\n",
        "\n".join(f"{number}. River {number} (R{number}), USA, !" for number in range(40)),
    ],
)
def test_a_list_without_usable_header_is_one_problem(tmp_path, text):
    [problem] = read_csv(saved(tmp_path, text))[1]

    assert "found no column organization" in problem.sentence
    assert problem.sentence.count("acronym, country, contact") == 1


def test_a_column_that_is_like_none_is_told_with_the_columns_once(tmp_path):
    [problem] = read_csv(saved(tmp_path, "organization,zzz\nRiver Watch,\n"))[1]

    assert problem.sentence.count("organization, acronym") == 1


@pytest.mark.parametrize(
    ("first", "mark"), [("sep=;", ";"), ("SEP=,", ","), ("sep=\t", "\t"), ("sep=\\t", "\t"), ('"sep=;"', ";")]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_line_that_excel_wants_is_honoured_and_not_counted(tmp_path, first, mark, end):
    lines = [first, "organization|country|email", "River, Rain; Watch|France|nobody".replace(mark, " ")]

    rows, problems, _ = read_csv(saved(tmp_path, "\ufeff" + end.join(lines).replace("|", mark)))

    assert rows[0].country == "France"
    assert [problem.where for problem in problems] == ["row 2, column email"]


def test_the_columns_are_found_below_titles_which_are_told(tmp_path):
    text = "Partners, as of May;;\n\n;(internal);\nOrganization;Country;Note\nRiver Watch;France;first, of all\n"

    for read in (read_csv, read_list):
        rows, problems, remarks = read(saved(tmp_path, text))
        assert rows == [PartnerRow("River Watch", country="France", note="first, of all")]
        assert told(problems) == ""
        assert told(remarks) == (
            "partners.csv, row 1: found “Partners, as of May” above the names of the columns; expected nothing there."
            " It is skipped: row 4 names the columns.\n"
            "partners.csv, row 3: found “(internal)” above the names of the columns; expected nothing there."
            " It is skipped: row 4 names the columns."
        )


def test_columns_are_looked_for_in_the_first_rows_only_and_the_first_that_names_them_counts(tmp_path):
    assert "no column organization" in told(read_csv(saved(tmp_path, "a\n" * 5 + "organization\nRW\n"))[1])

    text = "organization,country\nRiver Watch,France\nName,Land,Mail\nClean Coast,USA\n"
    assert read_csv(saved(tmp_path, text))[0][0] == PartnerRow("River Watch", country="France")


@pytest.mark.parametrize(
    "header",
    [
        "Organisation,Sigle,Pays,contact,E-Mail,Langue,note",
        "NAME,Abbreviation,Land,contact,Mail,Sprache,note",
        "organization,acronym,country,contact,Courriel,language,note",
    ],
)
def test_columns_have_names_in_other_words(tmp_path, header):
    text = f"{header}\nRiver Watch,RW,France,Rosa,rosa@river-watch.example,fr,knows us\n"

    for name in ("partners.csv", "list.txt"):
        assert read_list(saved(tmp_path, text, name)) == ([RIVER_WATCH], [], [])


def test_countries_of_a_list_are_spelled_one_way_and_each_mend_is_told(tmp_path):
    text = "organization,country\nRiver Watch,AUS\nClean Coast,Australia\nPaper Kite,Atlantis\nBell Tower,U.S.A.\n"
    path = saved(tmp_path, text)

    rows, _, fixes = read_list(path)
    assert [row.country for row in rows] == ["Australia", "Australia", "Atlantis", "USA"]
    assert told(fixes) == (
        "row 2: country: “AUS” → “Australia”\n"
        "row 5: country: “U.S.A.” → “USA”\n"
        "partners.csv, row 4, column country: found “Atlantis”, unusual; expected a country."
        " It is printed as it is written: spell one country one way."
    )
    assert [row.country for row in read_list(path, "fr")[0]] == ["Australie", "Australie", "Atlantis", "États-Unis"]

    rows, _, remarks = read_csv(path)
    assert [row.country for row in rows] == ["AUS", "Australia", "Atlantis", "U.S.A."]
    assert "row 2, column country: found “AUS”, one of several spellings; expected Australia" in told(remarks)


@pytest.mark.parametrize("domain", ["river.example", "river.test", "river.invalid", "rivière.example"])
def test_reserved_and_accented_domains_pass(tmp_path, domain):
    rows, problems, _ = read_csv(saved(tmp_path, f"organization,email\nRW,rosa@{domain}\n"))

    assert told(problems) == ""
    assert rows[0].email == f"rosa@{domain}".replace("rivière", "xn--rivire-6ua")


def test_all_problems_are_told_at_once(tmp_path):
    text = "organization,emial,language\nRiver Watch,,xx\n,,\n!,,yy\n"

    assert len(read_csv(saved(tmp_path, text))[1]) == 4


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\xff\xd8\xff\xe0 ...", "a photo (JPEG)"),
        (b"\xd0\xcf\x11\xe0 ...", "an old Word or Excel file"),
        (b"{\\rtf1 ...", "a rich text document"),
        (b"<!DOCTYPE html><p>", "a web page"),
        (b"River\0Watch", "something that is no text"),
        (b"\xff\xfe\x00", "something that is no text"),
        (b"x" * (5 * 1024 * 1024 + 1), "5.0 MB"),
    ],
)
def test_a_file_of_the_wrong_kind_or_size_is_named(tmp_path, content, kind):
    assert f"partners.csv: found {kind}" in told(read_csv(saved(tmp_path, content))[1])


@pytest.mark.parametrize(("inside", "kind"), [("word/document.xml", "a Word document"), ("xl/a.xml", "an Excel")])
def test_a_document_saved_as_csv_is_named(tmp_path, inside, kind):
    with zipfile.ZipFile(tmp_path / "partners.csv", "w") as document:
        document.writestr(inside, "River Watch")

    assert f"found {kind}" in told(read_csv(tmp_path / "partners.csv")[1])


def test_what_is_no_file_is_named(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to(saved(tmp_path, "organization\nRiver Watch\n"))

    assert "no such file" in told(read_csv(tmp_path / "missing.csv")[1])
    assert "found a folder" in told(read_csv(tmp_path / "folder.csv")[1])
    assert "a link to another file" in told(read_csv(tmp_path / "link.csv")[1])


def test_a_list_is_recognised_as_a_spreadsheet_or_a_paste(tmp_path):
    for name, text in [
        ("list.txt", "organization;country\nRiver Watch;France\n"),
        ("p.txt", "1. River Watch, France\n"),
    ]:
        rows, problems, _ = read_list(saved(tmp_path, text, name))
        assert rows == [PartnerRow("River Watch", country="France")], problems
    assert "an empty list" in told(read_list(saved(tmp_path, " \n", "empty.txt"))[1])


def test_a_list_that_is_opened_in_a_spreadsheet_calculates_nothing_and_reads_as_it_is(tmp_path: Path) -> None:
    cells = ('=HYPERLINK("http://a.example?"&B2,"x")', "+855 12", "@SUM(1)", "-2+3+cmd|' /C calc'!A0", "x; =1+1", "＝1")
    rows = [PartnerRow(f"{cell} {n}", acronym="=A", contact=cell, note=f"{cell}\n- a") for n, cell in enumerate(cells)]
    write_csv(tmp_path / "partners.csv", rows)
    with (tmp_path / "partners.csv").open(encoding="utf-8", newline="") as file:
        written = [cell for row in list(csv.reader(file))[1:] for cell in row]

    assert not [cell for cell in written if re.search(r"(?:^|[;,\t\r\n])\s*[=+@＝-]", cell)]
    read, problems, _ = read_csv(tmp_path / "partners.csv")
    assert read == [replace(row, note=" ".join(row.note.split())) for row in rows]
    assert problems == []


@settings(deadline=None)
@given(rows=st.lists(st.builds(PartnerRow, *[st.text(st.characters(codec="utf-8"), max_size=20)] * 7), max_size=4))
def test_any_row_that_reads_without_problem_reads_the_same_again(rows, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    write_csv(folder / "first.csv", rows)
    read, problems, _ = read_csv(folder / "first.csv")
    write_csv(folder / "second.csv", read)

    assert read_csv(folder / "second.csv")[0] == read or problems


@settings(deadline=None)
@given(
    content=st.binary(max_size=300)
    | st.text().map(lambda text: f"{','.join(COLUMNS)}\n{text}".encode("utf-8", "replace"))
)
def test_whatever_is_in_the_file_reading_never_fails(content, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")

    for read, name in ((read_csv, "partners.csv"), (read_list, "partners.csv"), (read_list, "list.txt")):
        rows, problems, remarks = read(saved(folder, content, name))
        assert rows or problems
        assert all(problem.sentence.isprintable() for problem in [*problems, *remarks])
