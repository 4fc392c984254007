"""Footnotes and tables of a letter: as a tree, in every form, in what changed, and where something would be lost."""

import dataclasses
import io
import json
import re
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import docx
import mammoth
import pypdf
import pytest
from playwright.sync_api import Browser

from tests.conftest import CHROMIUM
from tests.readers import Page, folded, kinds_below
from worker.definition.letters import read_letters
from worker.definition.problems import Problem
from worker.text import diff, html, markdown, markdown_lint, plain_text
from worker.text.glyphs import unprintable
from worker.wording import letter_docx, letter_html, letter_pdf, letter_text
from worker.wording.sheet import Sheet, fill

SEALED = datetime(2023, 4, 14, 16, 0, tzinfo=UTC)
LETTER = """# Protect the river

We, the {{ count }}, write of arrests[^law] and dams.[^b] The law[^law] says so.

| Year | Arrests[^c] | Freed |
|:-----|--------:|:-----:|
| 2021 | 12 | **9** |
| 2022 \\| 23 | 1204 | [none](https://un.example/none) |

- an item[^b]

Respectfully,

[^c]: Until April; {{ count }} counted.
[^law]: Law on *Rivers*, art. 3,
  of 3 March 2023.
[^b]: See https://un.example/a_b_c.
"""
KHMER = """# សូមការពារទន្លេ

យើងខ្ញុំ អង្គការ {{ count }} សូមស្នើ។[^1]

| ឆ្នាំ | ចំនួន |
|---|--:|
| ខែកក្កដា | 12 |

[^1]: ច្បាប់ស្តីពីទន្លេ មាត្រា 3។
"""


def a_sheet(text: str = LETTER, language: str = "en", **other: object) -> Sheet:
    subject, body = fill(text, 56)
    sheet = Sheet(
        language=language,
        sender=["River Watch"],
        addressee=["Ada Weir"],
        date="14 April 2023",
        salutation="Dear Ms Weir,",
        subject=subject,
        body=body,
        list_heading="Signatories",
        signatories=["Org A", "Org B"],
    )
    return dataclasses.replace(sheet, **other)  # type: ignore[arg-type]


def text_of(text: str, width: int = 72) -> str:
    return plain_text.to_text(markdown.blocks(text), width)


def html_of(text: str, ids: str = "") -> str:
    return html.to_html(markdown.blocks(text), ids)


def part_of_docx(sheet: Sheet, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(letter_docx.as_docx(sheet, SEALED))) as file:
        return file.read(name).decode()


def pages_of(sheet: Sheet) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(letter_pdf.as_pdf(sheet, SEALED)))
    return [folded(page.extract_text().replace("\u200b", "")) for page in reader.pages]


class TestTheTree:
    def test_numbers_notes_as_the_text_refers_to_them_and_is_plain_json(self) -> None:
        tree = markdown.blocks(LETTER)
        assert json.loads(json.dumps(tree)) == tree
        assert [block["kind"] for block in tree] == ["heading", "paragraph", "table", "list", "paragraph", "notes"]
        references = [(run["note"], run["again"]) for run in markdown.runs_of(tree) if "note" in run]
        assert references == [(1, 0), (2, 0), (1, 1), (3, 0), (2, 1)]
        notes = cast(markdown.Notes, tree[-1])["notes"]
        assert [plain_text.plain(note) for note in notes] == [
            "Law on Rivers, art. 3, of 3 March 2023.",
            "See https://un.example/a_b_c.",
            "Until April; {{ count }} counted.",
        ]

    def test_has_the_cells_of_a_table_and_how_its_columns_are_aligned(self) -> None:
        table = cast(markdown.Table, markdown.blocks(LETTER)[2])
        assert table["align"] == ["left", "right", "center"]
        assert [plain_text.plain(cell) for cell in table["header"]] == ["Year", "Arrests[3]", "Freed"]
        assert [plain_text.plain(cell) for cell in table["rows"][1]] == [
            "2022 | 23",
            "1204",
            "none: https://un.example/none",
        ]

    def test_of_a_letter_without_notes_is_as_it_was(self) -> None:
        run = {"text": "a | b [x] ^1", "bold": False, "italic": False, "href": ""}
        assert markdown.blocks("a | b [x] ^1") == [{"kind": "paragraph", "runs": [run]}]

    @pytest.mark.parametrize(
        ("typed", "shown"),
        [
            ("a[^1]", "a[^1]"),
            ("a[^1]\n\n[^2]: b", "a[^1]\n\n[^2]: b"),
            ("a[^1]\n\n[^1]: b\n\n[^1]: c", "a[1]\n\n[^1]: c\n\n[1] b"),
            ("# T[^1]\n\na\n\n[^1]: b", "T[^1]\n=====\n\na\n\n[^1]: b"),
            ("a[^1]\n\n[^1]: b[^1]", "a[1]\n\n[1] b[^1]"),
            ("a[^1]\n\n[^1]: b\n\n    - c\n    - d\n\n    e", "a[1]\n\n[1] b c d e"),
            ("a[^_x_]\n\n[^_x_]: b", "a[^x]\n\n[^x]: b"),
            ("a[^1]\n\n[^1]:", "a[1]\n\n[1]"),
        ],
    )
    def test_loses_no_word_of_a_note_that_belongs_nowhere(self, typed: str, shown: str) -> None:
        assert text_of(typed) == shown

    def test_rewrites_what_stands_in_tables_and_notes(self) -> None:
        tree = markdown.rewritten(markdown.blocks(LETTER), str.upper)
        words = plain_text.to_text(tree)
        assert "FREED" in words
        assert "UNTIL APRIL" in words
        assert "MARCH" in words

    def test_takes_an_escaped_value_for_itself(self) -> None:
        name = "[^1] | a_b | --- [^1]: x"
        assert text_of(f"Dear {markdown.escape(name)}[^1],\n\n[^1]: {markdown.escape(name)}") == (
            f"Dear {name}[1],\n\n[1] {name}"
        )
        assert f"{name}  1" in text_of(f"| {markdown.escape(name)} | 1 |\n|---|---|\n| a | b |")


class TestPlainText:
    def test_has_columns_in_line_and_the_notes_below_the_body(self) -> None:
        text = letter_text.as_text(a_sheet(LETTER.replace("[none](https://un.example/none)", "none")))
        assert text.partition("Dear Ms Weir,\r\n\r\n")[2].split("\r\n") == [
            "We, the 56, write of arrests[1] and dams.[2] The law[1] says so.",
            "",
            "Year       Arrests[3]  Freed",
            "---------  ----------  -----",
            "2021               12    9",
            "2022 | 23        1204  none",
            "",
            "- an item[2]",
            "",
            "Respectfully,",
            "",
            "[1] Law on Rivers, art. 3, of 3 March 2023.",
            "[2] See https://un.example/a_b_c.",
            "[3] Until April; 56 counted.",
            "",
            "Signatories",
            "-----------",
            "",
            "1. Org A",
            "2. Org B",
            "",
        ]

    def test_says_each_row_by_itself_where_the_columns_have_no_room(self) -> None:
        table = "| Year | |\n|---|---|\n| 2021 | " + "word " * 9 + "|\n| 2022 | b |"
        assert text_of(table, 40).split("\n") == [
            "Year: 2021",
            "word word word word word word word word",
            "word",
            "",
            "Year: 2022",
            "b",
        ]

    def test_measures_khmer_and_wide_letters_by_their_columns(self) -> None:
        lines = text_of("| ខ្មែរ | b |\n|---|---|\n| 日本 | c |\n| x | d |").split("\n")
        assert len({plain_text.columns(line) for line in lines}) == 1

    def test_puts_numbers_of_notes_in_line_and_hangs_what_is_long(self) -> None:
        text = "".join(f"a[^{n}] " for n in range(1, 11)) + "\n\n"
        text += "".join(f"[^{n}]: {'word ' * 9}\n" for n in range(1, 11))
        lines = text_of(text, 40).split("\n")
        assert " [9] word word word word word word word" in lines
        assert "     word word" in lines
        assert "[10] word word word word word word word" in lines


class TestHtml:
    def test_has_heads_of_columns_and_notes_with_ways_back(self) -> None:
        page = letter_html.as_html(a_sheet())
        assert '<th scope="col" class="right">Arrests<sup>' in page
        assert '<td class="center"><strong>9</strong></td>' in page
        assert '<a href="#en-note-1" id="en-ref-1-2" role="doc-noteref">[1]</a>' in page
        assert page.count('role="doc-backlink"') == 5
        assert "style=" not in page

    def test_leads_from_each_reference_to_its_note_and_back_with_identities_that_are_its_own(self) -> None:
        page = html_of(LETTER, "en") + html_of(LETTER, "fr") + html_of(LETTER)
        identities = re.findall(r' id="([^"]*)"', page)
        assert len(identities) == len(set(identities)) == 3 * 8
        assert set(re.findall(r'href="#([^"]*)"', page)) == set(identities)

    def test_escapes_what_stands_in_cells_notes_and_names(self) -> None:
        page = html_of('a[^1]\n\n| <b>"x"</b> | y |\n|---|---|\n| <i> | & |\n\n[^1]: <script>')
        assert not {"b", "i", "script"} & set(Page(page).tags)
        assert 'aria-label="&lt;b&gt;&quot;x&quot;&lt;/b&gt;, y"' in page

    def test_has_no_empty_head_of_a_column(self) -> None:
        assert "<th " not in html_of("| | |\n|---|---|\n| a | b |")

    def test_a_note_leads_back_by_its_number(self) -> None:
        assert html_of("a[^1] b[^1]\n\n[^1]: c").endswith(
            '<ul class="notes">\n<li id="note-1"><a href="#ref-1" role="doc-backlink">[1]</a> '
            '<a href="#ref-1-2" role="doc-backlink">(2)</a> c</li>\n</ul>'
        )

    @pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
    def test_only_a_wide_table_scrolls_on_a_phone(self, chromium: Browser) -> None:
        wide = "|responsibility" * 6 + "|\n" + "|-" * 6 + "|\n" + "|https://un.example/a_very_long_address" * 6 + "|"
        page = chromium.new_page(viewport={"width": 320, "height": 600})
        page.set_content(letter_html.as_html(a_sheet(LETTER.replace("- an item", f"{wide}\n\n- an item"))))
        scrolls = "one => [one.scrollWidth > one.clientWidth, one.clientWidth]"
        assert page.locator("html").evaluate(scrolls) == [False, 320]
        assert [box.evaluate(scrolls)[0] for box in page.locator(".table").all()] == [False, True]
        page.close()

    def test_a_reference_inside_a_link_is_none(self) -> None:
        assert markdown_lint.problems("[a[^1]](https://a.example)\n\n[^1]: x")[0][1].startswith("A note stands behind")


class TestPaper:
    def test_has_notes_at_the_foot_of_the_page_that_refers_to_them(self) -> None:
        text = (
            LETTER.replace("Respectfully", "word word\n\n" * 60 + "Last.[^z]\n\nRespectfully") + "[^z]: The last one.\n"
        )
        first, *_, last = pages_of(a_sheet(text))
        assert (
            "1Law on Rivers, art. 3, of 3 March 2023. 2See https://un.example/a_b_c. 3Until April; 56 counted." in first
        )
        assert "4The last one." in last
        assert first.count("Law on Rivers") == 1
        assert "The law1 says so" in first

    def test_repeats_the_first_row_on_each_page_and_loses_no_row(self) -> None:
        rows = "".join(f"| row{n} | b{n} |\n" for n in range(90))
        pages = pages_of(a_sheet(f"# S\n\n| Column | Other |\n|---|---|\n{rows}\nend"))
        assert all("Column Other" in page for page in pages[:-1])
        assert re.findall(r"row(\d+) b\1\b", " ".join(pages)) == [str(n) for n in range(90)]

    def test_sets_a_note_of_a_first_row_once(self) -> None:
        rows = "".join(f"| row {n} | b |\n" for n in range(90))
        pages = pages_of(a_sheet(f"# S\n\n| A[^1] | B |\n|---|---|\n{rows}\nend[^1]\n\n[^1]: Once."))
        assert " ".join(pages).count("Once.") == 1

    def test_has_tags_for_tables_and_notes(self) -> None:
        reader = pypdf.PdfReader(io.BytesIO(letter_pdf.as_pdf(a_sheet(), SEALED)))
        kinds = list(kinds_below(cast(Any, reader.root_object)["/StructTreeRoot"]))
        assert (kinds.count("/TH"), kinds.count("/TD"), kinds.count("/Note")) == (3, 6, 3)

    @pytest.mark.parametrize("word", ["x" * 400, "https://un.example/" + "a-b_c/" * 60, "A/HRC/54/72/" * 20])
    def test_keeps_a_word_of_no_end_on_the_paper(self, word: str) -> None:
        table = "| A | B | C | D | E | F |\n|---|---|---|---|---|---|\n" + f"| {word} " * 6 + "|"
        pages = pages_of(a_sheet(f"# S\n\na[^1]\n\n{table}\n\n[^1]: {word}", signatories=[]))
        assert "".join(pages).replace(" ", "").count(word[:8]) >= 7
        widest = max(
            len(line)
            for page in pypdf.PdfReader(io.BytesIO(letter_pdf.as_pdf(a_sheet(f"# S\n\n{table}\n\nend"), SEALED))).pages
            for line in page.extract_text().replace("\u200b", "").split("\n")
        )
        assert widest < 200

    @pytest.mark.parametrize("language", ["en", "fr", "km"])
    def test_is_the_same_bytes_each_time(self, language: str) -> None:
        sheet = a_sheet(KHMER if language == "km" else LETTER, language)
        for form in (letter_pdf.as_pdf, letter_docx.as_docx):
            assert form(sheet, SEALED) == form(sheet, SEALED)


class TestWord:
    def test_has_real_notes_and_a_real_table(self) -> None:
        made = letter_docx.as_docx(a_sheet(), SEALED)
        document = docx.Document(io.BytesIO(made))
        (table,) = document.tables
        assert [[cell.text for cell in row.cells] for row in table.rows] == [
            ["Year", "Arrests", "Freed"],
            ["2021", "12", "9"],
            ["2022 | 23", "1204", "none"],
        ]
        assert len(table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")) == 1
        read = mammoth.convert_to_html(io.BytesIO(made)).value
        notes = [re.sub("<[^>]*>|↑", "", note).strip() for note in re.findall(r'<li id="footnote-\d">(.*?)</li>', read)]
        assert notes == [
            "Law on Rivers, art. 3, of 3 March 2023.",
            "See https://un.example/a_b_c.",
            "Until April; 56 counted.",
        ]
        assert "The law1 says so" in re.sub("<[^>]*>", "", read)

    def test_keeps_addresses_of_notes_with_the_notes(self) -> None:
        assert "https://un.example/a_b_c" in part_of_docx(a_sheet(), "word/_rels/footnotes.xml.rels")
        assert "https://un.example/none" in part_of_docx(a_sheet(), "word/_rels/document.xml.rels")

    def test_has_no_part_for_notes_where_there_are_none(self) -> None:
        with zipfile.ZipFile(io.BytesIO(letter_docx.as_docx(a_sheet("# S\n\nwords"), SEALED))) as file:
            assert "word/footnotes.xml" not in file.namelist()

    def test_shows_what_no_word_file_can_hold(self) -> None:
        sheet = a_sheet("# S\n\na[^1]\n\n| a\x0bb | c |\n|---|---|\n| d\x0be | <w:p> |\n\n[^1]: f\x0bg <w:p>")
        assert "f\ufffdg &lt;w:p&gt;" in part_of_docx(sheet, "word/footnotes.xml")
        assert "d\ufffde" in part_of_docx(sheet, "word/document.xml")


class TestWhatChanged:
    def shown(self, before: str, after: str) -> list[str]:
        signs = {"same": "{}", "gone": "[-{}]", "new": "[+{}]"}
        changes = diff.between(before, after)
        return ["".join(signs[kind].format(words) for kind, words in one.pieces) for one in changes]

    def test_is_seen_in_a_cell_in_a_note_and_in_a_reference(self) -> None:
        assert self.shown(LETTER, LETTER.replace("1204", "1205")) == [
            "2022 | 23 | [-1204][+1205] | none: https://un.example/none"
        ]
        assert self.shown(LETTER, LETTER.replace("art. 3", "art. 4")) == [
            "[1] Law on Rivers, art. [-3,][+4,] of 3 March 2023."
        ]
        assert self.shown(LETTER, LETTER.replace("item[^b]", "item")) == ["- an [-item[2]][+item]"]
        assert self.shown(LETTER, LETTER.replace("item[^b]", "item[^law]")) == ["- an [-item[2]][+item[1]]"]

    def test_is_only_the_new_note_where_the_others_get_other_numbers(self) -> None:
        after = LETTER.replace("We, the", "We[^new], the") + "[^new]: A wholly new one.\n"
        assert self.shown(LETTER, after) == [
            "[-We,][+We[1],] the …, write of arrests[2] and dams.[3] The law[2] says so.",
            "[+[1] A wholly new one.]",
        ]

    def test_is_nothing_where_labels_or_places_of_notes_differ(self) -> None:
        lines = LETTER.replace("[^law]", "[^x1]").split("[^c]:")
        assert self.shown(LETTER, lines[0] + "[^c]:" + lines[1]) == []

    def test_is_a_row_that_is_new_or_gone(self) -> None:
        after = LETTER.replace("| 2021 | 12 | **9** |\n", "")
        assert self.shown(LETTER, after) == ["[-2021 | 12 | 9]"]
        assert self.shown(after, LETTER) == ["[+2021 | 12 | 9]"]


@pytest.mark.parametrize(
    ("typed", "line", "words"),
    [
        ("a[^1]", 1, "There is no note [^1]"),
        ("a\n\n[^1]: b", 3, "Nothing refers to this note"),
        ("a[^1]\n\n[^1]: b\n[^1]: c", 4, "Line 3 has a note [^1] too"),
        ("a[^1] b[^2]\n\n[^1]: b[^2]\n\n[^2]: c", 3, "A note cannot have a note"),
        ("# T[^1]\n\na[^1]\n\n[^1]: b", 1, "The subject cannot have a note"),
        ("a[^1]\n\n[^1]: b\n\n    c", 5, "A note is one paragraph"),
        ("a[^1]\n\n[^1]: - b\n    - c", 3, "A note is one paragraph"),
        ("a[^1]\n\n[^1]: | x | y |\n    |---|---|\n    | 1 | 2 |", 3, "A note is one paragraph"),
        ("a[^1]\n\n[^1]:", 3, "has no words"),
        ("- a[^1]\n\n  [^1]: b", 3, "A note begins its line"),
        ("a[^*]", 1, "letters and digits only"),
        ("a^[b c]", 1, "A footnote is [^1] here"),
        ("| a | b |\n|---|---|\n| 1 | 2 | 3 |", 3, "This row has 3 cells, the first row of its table 2"),
        ("| a | b |\n|---|---|\n| 1 |", 3, "This row has 1 cell, the first"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\nmore", 4, "leave a blank line before it"),
        ("| a | b |\n|---|\n| 1 | 2 |", 2, "This is no table"),
        ("| a | b |\n| 1 | 2 |", 1, "This is no table"),
        ("| a | b |\n|---|---|\n", 1, "no rows"),
        ("|  |  |\n|---|---|\n| 1 | 2 |", 1, "says what stands in its columns"),
        ("| a " + "word " * 120 + "| b |\n|---|---|\n| 1 | 2 |", 1, "in 600 characters at most"),
        ("a\n\n" + "*" * 900 + "b" + "*" * 900, 3, "more * or _ signs than bold and italics need"),
        ("a\n\n" + "**" * 12 + "b" + "**" * 12, 3, "more * or _ signs than bold and italics need"),
        ("|a" * 7 + "|\n" + "|-" * 7 + "|\n" + "|1" * 7 + "|", 1, "room for 6 columns, this table has 7"),
        ("|a" * 50 + "|\n" + "|-" * 50 + "|\n" + "|1" * 50 + "|", 1, "6 at most"),
        ("- a\n\n  | a | b |\n  |---|---|\n  | 1 | 2 |", 3, "A table begins at the margin"),
        ("> | a | b |\n> |---|---|\n> | 1 | 2 |", 1, "A table begins at the margin"),
        ("| a | ![x](https://y.example) |\n|---|---|\n| `1` | 2 |", 1, "Pictures"),
        ("| a | b |\n|---|---|\n| `1` | 2 |", 3, "` signs"),
    ],
)
def test_what_would_be_lost_or_misread_is_named_with_its_line(typed: str, line: int, words: str) -> None:
    found = markdown_lint.problems(typed)
    assert [each for each in found if each[0] == line and words in each[1]], found


def test_all_problems_are_named_at_once() -> None:
    text = "a[^1]\n\n[^2]: b\n\n| a | b |\n|---|---|\n| 1 |\n| 1 | 2 | 3 |"
    assert [line for line, _ in markdown_lint.problems(text)] == [1, 3, 7, 8]


@pytest.mark.parametrize(("language", "text"), [("en", LETTER), ("km", KHMER)])
def test_a_letter_with_notes_and_tables_has_no_problem(tmp_path: Path, language: str, text: str) -> None:
    problems: list[Problem] = []
    (tmp_path / f"letter.{language}.md").write_text(text, encoding="utf-8")
    assert list(read_letters(tmp_path, {language: "it is"}, problems, [])) == [language]
    assert problems == []
    assert unprintable([text]) == set()


def test_a_letter_without_a_glyph_in_a_cell_or_a_note_is_found() -> None:
    assert unprintable(["# S\n\n| 漢 | b |\n|---|---|\n| 1 | 2 |\n\na[^1]\n\n[^1]: 字"]) == {"漢", "字"}


@pytest.mark.parametrize(
    "hostile",
    [
        "a[^1]" * 1600 + "\n\n[^1]: x",
        "[^a]: " * 1600 + "x",
        "\n".join(f"a[^{n}]" for n in range(800)) + "\n\n" + "\n".join(f"[^{n}]: note {n}" for n in range(800)),
        "|a" * 1600 + "|\n" + "|-" * 1600 + "|\n" + "x\n" * 3_000,
        "|a" * 12 + "\n" + "|-" * 12 + "\n" + "x\n" * 3_000,
        "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 1_600,
        "*" * 2_400 + "a" + "*" * 2_400,
        "*a " * 2_400 + "b*" * 2_400,
    ],
)
def test_thousands_of_notes_and_cells_are_read_fast(hostile: str) -> None:
    began = time.process_time()
    markdown_lint.problems(hostile)
    markdown.blocks(hostile)
    assert time.process_time() - began < 8


def test_bold_and_italics_within_each_other_stand_as_typed_from_a_depth_on() -> None:
    [block] = markdown.blocks("*" * 999 + "a" + "*" * 999)
    assert block["kind"] == "paragraph"
    assert "".join(run["text"] for run in block["runs"]).count("*") > 1_900
    [block] = markdown.blocks("***a** b*")
    assert block["kind"] == "paragraph"
    assert [(run["text"], run["bold"]) for run in block["runs"] if run["text"]] == [("a", True), (" b", False)]


def test_a_first_row_as_long_as_it_may_be_is_set_wherever_it_stands() -> None:
    for before in (0, 300, 420, 460, 500):
        row = "| " + "word " * 57 + "[^1] | " + "word " * 57 + "| c |"
        text = f"# S\n\n{'before ' * before}\n\n{row}\n|---|---|---|\n" + "| 1 | 2 | 3 |\n" * 40
        assert markdown_lint.problems(f"{text}\n[^1]: x") == []
        assert "word" in " ".join(pages_of(a_sheet(f"{text}\n[^1]: {'note ' * 300}")))


def test_what_has_no_space_for_a_page_is_refused_before_it_is_set(tmp_path: Path) -> None:
    for language, word, is_refused in (
        ("en", "x" * 2_001, True),
        ("en", "x" * 2_000, False),
        ("km", "ក" * 3_000, False),
    ):
        problems: list[Problem] = []
        (tmp_path / f"letter.{language}.md").write_text(f"# S\n\na\n\n{word}\n", encoding="utf-8")
        read_letters(tmp_path, {language: "it is"}, problems, [])
        assert ["line 5: found 2,001 signs without a space" in one.sentence for one in problems] == [True] * is_refused
        (tmp_path / f"letter.{language}.md").unlink()


def test_a_thousand_lists_are_written_for_word_soon() -> None:
    text = "# S\n\n" + "\n".join(f"{' ' * (n % 4 * 2)}- x" for n in range(1_600))
    began = time.process_time()
    letter_docx.as_docx(a_sheet(text), SEALED)
    assert time.process_time() - began < 5


def test_eight_hundred_notes_are_set() -> None:
    text = "# S\n\n" + "\n\n".join(f"a[^{n}] b[^{n}]" for n in range(800)) + "\n\n"
    text += "\n".join(f"[^{n}]: note {n}." for n in range(800))
    pages = " ".join(pages_of(a_sheet(text)))
    assert re.findall(r"note (\d+)\.", pages) == [str(n) for n in range(800)]
