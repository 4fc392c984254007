"""One list in text, HTML, PDF and Word: the same words, the same order, the same bytes each time."""

import csv
import dataclasses
import hashlib
import io
import pickle
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from itertools import cycle
from pathlib import Path

import docx as python_docx
import pikepdf
import pypdf
import pytest
import typst

from tests import pictures
from tests.readers import Page, folded, kinds_below
from worker import settings
from worker.state.signatories import Signatories
from worker.text import markdown, plain_text
from worker.wording import letter as letters
from worker.wording import letter_docx, letter_html, letter_pdf, letter_text, templates
from worker.wording.sheet import Sheet, fill

CAMPAIGN = Path(__file__).parent.parent / "campaigns" / "cambodia-2023"
SEALED = datetime(2023, 4, 14, 16, 0, tzinfo=UTC)
KHMER = "សហភាពខ្មែរដើម្បីប្រជាធិបតេយ្យនិងសិទ្ធិមនុស្ស (សខប), Cambodia"
ATTEMPTS = ['#read("/etc/passwd")', "</script><b>x</b>", "$x$ _y_ *z*", "{{ 7*7 }}", "\\u{41} @ref <label> ]]>"]


def names(count: int = 56) -> list[str]:
    with (CAMPAIGN / "partners.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))[:count]
    return [f"{row['organization']} ({row['acronym']}), {row['country']}" for row in rows]


def a_sheet(language: str = "en", signatories: list[str] | None = None, **other: object) -> Sheet:
    listed = names() if signatories is None else signatories
    subject, body = fill((CAMPAIGN / f"letter.{language}.md").read_text(encoding="utf-8"), len(listed))
    sheet = Sheet(
        language=language,
        sender=["Khmer Coalition Secretariat", "on behalf of the undersigned organizations"],
        addressee=["Professor Vitit Muntarbhorn", "Special Rapporteur", "Palais des Nations", "CH-1211 Geneva 10"],
        date="14 April 2023",
        salutation="Dear Professor Muntarbhorn,",
        subject=subject,
        body=body,
        list_heading="Signatory Civil Society Organizations",
        signatories=listed,
    )
    return dataclasses.replace(sheet, **other)  # type: ignore[arg-type]


def list_in_text(sheet: Sheet) -> list[str]:
    _, _, below = letter_text.as_text(sheet).partition(sheet.list_heading)
    items = re.split(r"^ *(\d+)\. ", below, flags=re.MULTILINE)[1:]
    assert [int(number) for number in items[::2]] == list(range(1, len(items) // 2 + 1))
    return [folded(item.partition("\r\n\r\n")[0]) for item in items[1::2]]


def list_in_html(sheet: Sheet) -> list[str]:
    return [item.strip().partition("\n")[0] for item in Page(letter_html.as_html(sheet)).items]


def list_in_docx(sheet: Sheet) -> list[str]:
    document = python_docx.Document(io.BytesIO(letter_docx.as_docx(sheet, SEALED)))
    return [
        each.text for each in document.paragraphs if each.style is not None and each.style.name == letter_docx.SIGNATORY
    ]


def pages_of(sheet: Sheet) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(letter_pdf.as_pdf(sheet, SEALED)))
    return [folded(page.extract_text()) for page in reader.pages]


def list_in_pdf(sheet: Sheet) -> list[str]:
    pages = pages_of(sheet)
    total = len(pages)
    whole = " ".join(page.removesuffix(f"{number} / {total}").strip() for number, page in enumerate(pages, 1))
    items = re.split(r"(?:^| )(\d+)\. (?=[A-Z])", whole.partition(sheet.list_heading)[2])[1:]
    assert [int(number) for number in items[::2]] == list(range(1, len(items) // 2 + 1))
    return items[1::2]


def test_the_list_is_the_same_in_text_html_word_and_pdf():
    sheet = a_sheet()
    assert len(sheet.signatories) == 56
    assert list_in_text(sheet) == sheet.signatories
    assert list_in_html(sheet) == sheet.signatories
    assert list_in_docx(sheet) == sheet.signatories
    assert list_in_pdf(sheet) == sheet.signatories


def test_the_count_in_the_sentence_equals_the_list_below_it():
    sheet = a_sheet(signatories=names(17))
    for words in (letter_text.as_text(sheet), Page(letter_html.as_html(sheet)).words, " ".join(pages_of(sheet))):
        assert "We, the 17 undersigned" in folded(words)
    assert len(list_in_text(sheet)) == len(list_in_pdf(sheet)) == len(list_in_docx(sheet)) == 17


def words_in_every_form(sheet: Sheet) -> list[str]:
    document = python_docx.Document(io.BytesIO(letter_docx.as_docx(sheet, SEALED)))
    written = "\n".join(paragraph.text for paragraph in document.paragraphs)
    forms = [letter_text.as_text(sheet), Page(letter_html.as_html(sheet)).words, " ".join(pages_of(sheet)), written]
    return [folded(form) for form in forms]


def test_all_that_stands_in_a_letter_stands_in_every_form_in_the_same_order():
    sheet = a_sheet(
        signatories=names(3), withheld="And 3 whose names are withheld.", authentic_note="This is a translation."
    )
    parts = [*sheet.sender, sheet.authentic_note, *sheet.addressee, sheet.date, sheet.subject, sheet.salutation]
    parts += [plain_text.to_text([block]) for block in sheet.body if block["kind"] == "paragraph"]
    parts += [sheet.list_heading, *sheet.signatories, sheet.withheld]
    for form in words_in_every_form(sheet):
        form = form.partition(sheet.sender[0])[1] + form.partition(sheet.sender[0])[2]
        places = [form.find(folded(part)) for part in parts]
        assert -1 not in places
        assert places == sorted(places)


def test_what_a_letter_does_not_have_leaves_no_trace():
    sheet = a_sheet(signatories=[])
    for form in words_in_every_form(sheet):
        assert sheet.list_heading not in form


@pytest.mark.parametrize(
    ("language", "one", "five"),
    [
        (
            "en",
            "This letter is signed by 1 organization. It is not named in this copy.",
            "This letter is signed by 5 organizations. They are not named in this copy.",
        ),
        (
            "fr",
            "Cette lettre est signée par 1 organisation. Elle n’est pas nommée dans cet exemplaire.",
            "Cette lettre est signée par 5 organisations. Elles ne sont pas nommées dans cet exemplaire.",
        ),
        ("km", "អង្គការចំនួន 1 បានចុះហត្ថលេខាលើលិខិតនេះ។", "អង្គការចំនួន 5 បានចុះហត្ថលេខាលើលិខិតនេះ។"),
    ],
)
def test_where_nobody_is_named_a_sentence_says_how_many_sign(language, one, five):
    words = templates.translations(language)
    assert letters._withheld(Signatories([], withheld=1), words).startswith(one)
    assert letters._withheld(Signatories([], withheld=5), words).startswith(five)


def test_the_list_may_be_all_withheld():
    for form in words_in_every_form(a_sheet(signatories=[], withheld="56 organizations, withheld.")):
        assert "56 organizations, withheld." in form


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_code_in_any_field_stands_as_text(attempt):
    body = markdown.blocks(markdown.escape(attempt) + "\n\n1. " + markdown.escape(attempt))
    name = f"{attempt} (X), France"
    sheet = Sheet("en", [attempt], [attempt], attempt, attempt, attempt, body, attempt, [name], attempt, attempt)
    for form in words_in_every_form(sheet):
        assert form.count(folded(attempt)) >= 10
    assert list_in_docx(sheet) == [name]
    page = Page(letter_html.as_html(sheet))
    assert not {"script", "b"} & set(page.tags[page.tags.index("h1") :])


def test_a_typst_template_reads_no_file_outside_its_folder(tmp_path, monkeypatch):
    shutil.copytree(settings.current().templates_dir / "letter", tmp_path / "letter")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setenv("UNDERSIGNED_TEMPLATES_DIR", str(tmp_path))
    settings.current.cache_clear()
    try:
        for path in ("../secret.txt", str(tmp_path / "secret.txt"), "/etc/passwd"):
            (tmp_path / "letter" / "letter.typ").write_text(f'#read("{path}")')
            with pytest.raises(typst.TypstError):
                letter_pdf.as_pdf(a_sheet(), SEALED)
    finally:
        settings.current.cache_clear()


def test_html_asks_nothing_of_the_network_and_runs_nothing():
    page = Page(letter_html.as_html(a_sheet(body=markdown.blocks("[more](https://a.example)"))))
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(page.tags)
    assert page.addresses == ["https://a.example"]
    assert "url(" not in page.words
    assert "@import" not in page.words


def test_text_travels_with_crlf_and_short_lines():
    lines = letter_text.as_text(a_sheet()).split("\r\n")
    assert lines[-1] == ""
    assert all("\n" not in line and "\r" not in line and line == line.rstrip() for line in lines)
    assert max(map(len, lines)) <= 72


def test_numbers_in_text_are_in_line_and_long_names_hang():
    lines = letter_text.as_text(a_sheet(signatories=names(10))).split("\r\n")
    assert " 9. Association des Bouddhistes Khmers d’Alsace (ABKA), France" in lines
    assert lines[-3:] == [
        "10. Association des Cambodgiens de Marseille et des BDR Pour le Salut",
        "    National (ACM), France",
        "",
    ]


@pytest.mark.parametrize("form", [letter_pdf.as_pdf, pictures.as_png, letter_docx.as_docx])
def test_the_same_letter_is_the_same_bytes(form):
    elsewhere = SEALED.astimezone(timezone(timedelta(hours=7)))
    assert form(a_sheet(), SEALED) == form(a_sheet(), elsewhere)
    assert form(a_sheet(), SEALED) != form(a_sheet(signatories=names(55)), SEALED)


def test_the_same_letter_is_the_same_bytes_in_another_process_on_another_day(tmp_path):
    program = (
        "import pickle, sys, hashlib, zipfile, time; from worker.wording import letter_docx, letter_pdf;"
        "sheet, at = pickle.load(open(sys.argv[1], 'rb'));"
        "now = time.localtime; time.localtime = lambda *a: now(86400.0 * 20000);"
        "print(hashlib.sha256(letter_pdf.as_pdf(sheet, at) + letter_docx.as_docx(sheet, at)).hexdigest())"
    )
    (tmp_path / "sheet").write_bytes(pickle.dumps((a_sheet(), SEALED)))
    there = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "sheet")], capture_output=True, text=True, check=True
    )
    here = letter_pdf.as_pdf(a_sheet(), SEALED) + letter_docx.as_docx(a_sheet(), SEALED)
    assert there.stdout.strip() == hashlib.sha256(here).hexdigest()


@pytest.mark.parametrize("form", [letter_pdf.as_pdf, pictures.as_png, letter_docx.as_docx])
def test_a_moment_without_zone_is_refused(form):
    with pytest.raises(ValueError, match="zone"):
        form(a_sheet(), SEALED.replace(tzinfo=None))


def test_files_say_title_author_language_and_moment_and_nothing_of_the_machine():
    sheet = a_sheet("fr")
    reader = pypdf.PdfReader(io.BytesIO(letter_pdf.as_pdf(sheet, SEALED)))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.author) == (sheet.subject, sheet.sender[0])
    assert reader.metadata.creation_date == SEALED
    assert reader.trailer["/Root"]["/Lang"] == "fr"  # type: ignore[index]
    core = python_docx.Document(io.BytesIO(letter_docx.as_docx(sheet, SEALED))).core_properties
    assert (core.title, core.author, core.language) == (sheet.subject, sheet.sender[0], "fr")
    assert core.created == core.modified == SEALED
    assert core.comments == core.last_modified_by == ""


@pytest.mark.parametrize("language", ["en", "fr", "km"])
def test_the_letter_with_56_names_takes_three_pages_numbered(language):
    pages = pages_of(a_sheet(language))
    assert len(pages) <= 3
    assert [page[-5:] for page in pages] == [f"{number} / {len(pages)}" for number in range(1, len(pages) + 1)]
    assert len(pictures.as_png(a_sheet(language), SEALED)) == len(pages)


def test_one_page_has_no_number():
    (page,) = pages_of(a_sheet(signatories=names(2), body=markdown.blocks("Short.")))
    assert "1 / 1" not in page


def test_the_heading_of_the_list_and_the_closing_never_stand_alone():
    for lines in range(20, 50):
        body = markdown.blocks("\n\n".join(["Line"] * lines + ["The ask.", "Respectfully,"]))
        pages = pages_of(a_sheet(signatories=names(3), body=body))
        (headed,) = (page for page in pages if "Signatory Civil Society Organizations" in page)
        assert "1. Ah Nah Podcast" in headed
        (closing,) = (page for page in pages if "Respectfully," in page)
        assert "The ask." in closing


def test_an_entry_is_never_split_between_pages():
    long = ["The Association With A Name Of Three Hundred Letters " * 6 + f"Number {i} (ANTHL)" for i in range(40)]
    for lines in range(1, 6):
        for page in pages_of(a_sheet(signatories=long, body=markdown.blocks("\\\n".join(["Line"] * lines))))[1:]:
            assert re.match(r"\d+\. The Association", page)


def lines_of(sheet: Sheet) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(letter_pdf.as_pdf(sheet, SEALED)))
    return [line.strip(" ") for page in reader.pages for line in page.extract_text().split("\n")]


def test_names_are_not_hyphenated():
    long = [f"{'Extraordinarily ' * n}Comprehensive Internationalization (X), France" for n in range(1, 12)]
    assert list_in_pdf(a_sheet(signatories=long)) == long


def test_a_day_keeps_to_its_month_and_a_french_sign_to_its_word():
    body = markdown.blocks("\n\n".join("w " * n + "23 July « mot » ? mot : " + "w " * 50 for n in range(20, 60)))
    lines = lines_of(a_sheet("fr", signatories=[], body=body))
    assert not [line for line in lines if line.startswith(("July", "?", "»", ":")) or line.endswith(("w 23", "«"))]


@pytest.mark.parametrize("name", [KHMER, "N" * 300, "The Long Name " * 21 + "(TLN)", "« Été » & <Sons> “d’or” 🙂"])
def test_unusual_names_come_back_whole(name):
    sheet = a_sheet(signatories=[name, *names(2)])
    assert list_in_docx(sheet) == list_in_html(sheet) == sheet.signatories
    assert list_in_text(sheet) == sheet.signatories
    assert len(pictures.as_png(sheet, SEALED)) == 2


def test_khmer_is_set_from_the_font_that_we_ship():
    sheet = a_sheet(signatories=[KHMER])
    reader = pypdf.PdfReader(io.BytesIO(letter_pdf.as_pdf(sheet, SEALED)))
    fonts = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
    }
    assert {font.split("-")[0] for font in fonts} == {"LibertinusSerif", "NotoSansKhmer"}


def many(count: int) -> list[str]:
    return [f"{name} {number}" for number, name in zip(range(count), cycle(names()), strict=False)]


@pytest.mark.parametrize("count", [56, 1_000])
def test_the_tags_make_a_pdf_no_more_than_1_7_times_as_big(count):
    sheet = a_sheet(signatories=many(count))
    untagged = letter_pdf.as_written(sheet, SEALED, pdf_tags=False)
    assert len(letter_pdf.as_pdf(sheet, SEALED)) <= 1.7 * len(untagged)


@pytest.mark.parametrize("language", ["en", "km"])
def test_a_packed_pdf_holds_all_that_typst_wrote(language):
    sheet = a_sheet(language, signatories=[KHMER, *many(150)], body=markdown.blocks(RICH))
    written, packed = letter_pdf.as_written(sheet, SEALED), letter_pdf.as_pdf(sheet, SEALED)
    assert len(packed) < len(written)
    with pikepdf.open(io.BytesIO(packed)) as file:
        assert not file.check_pdf_syntax()
    before, after = pypdf.PdfReader(io.BytesIO(written)), pypdf.PdfReader(io.BytesIO(packed))
    assert after.pdf_header == before.pdf_header == "%PDF-1.7"
    assert after.metadata == before.metadata
    assert [page.extract_text() for page in after.pages] == [page.extract_text() for page in before.pages]
    assert held(after.trailer.raw_get("/Root"), {}) == held(before.trailer.raw_get("/Root"), {})


def held(thing: object, met: dict[int, int]) -> object:
    """All that can be reached from here, whatever the numbers of the objects and the way they are compressed."""
    if isinstance(thing, pypdf.generic.IndirectObject):
        if thing.idnum in met:
            return ("met", met[thing.idnum])
        met[thing.idnum] = len(met)
        thing = thing.get_object()
    if isinstance(thing, pypdf.generic.DictionaryObject):
        stream = thing.get_data() if isinstance(thing, pypdf.generic.StreamObject) else b""
        keys = sorted(set(thing) - {"/Length", "/Filter"})
        return stream, {key: held(thing.raw_get(key), met) for key in keys}
    return [held(each, met) for each in thing] if isinstance(thing, list) else thing


def test_a_reader_aloud_finds_each_name_as_an_item_of_a_list():
    root = pypdf.PdfReader(io.BytesIO(letter_pdf.as_pdf(a_sheet("fr", body=[]), SEALED))).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert len(root["/StructTreeRoot"]["/ParentTree"]["/Nums"]) / 2 == root["/Pages"]["/Count"]  # type: ignore[index]
    kinds = list(kinds_below(root["/StructTreeRoot"]))  # type: ignore[index]
    assert kinds[kinds.index("/H2") :] == ["/H2", "/L", *["/LI", "/Lbl", "/LBody"] * 56]


def test_ten_thousand_names_come_back_in_order():
    sheet = a_sheet(signatories=[f"Organization {number} of many (O{number}), France" for number in range(10_000)])
    assert list_in_docx(sheet) == list_in_text(sheet) == sheet.signatories
    reader = pypdf.PdfReader(io.BytesIO(letter_pdf.as_pdf(sheet, SEALED)))
    assert "10000. Organization 9999 of many (O9999), France" in reader.pages[-1].extract_text()


RICH = """
## Part

> said **so** with [words](https://a.example/x?a=1&b=2)

9. nine
10. ten

    more
    - inner

---

first  
second
"""


def test_every_kind_of_block_stands_in_every_form():
    for form in words_in_every_form(a_sheet(body=markdown.blocks(RICH), signatories=names(1))):
        for words in ("Part", "said so with words", "nine", "ten", "more", "inner", "first second"):
            assert words in form
    reader = pypdf.PdfReader(io.BytesIO(letter_pdf.as_pdf(a_sheet(body=markdown.blocks(RICH)), SEALED)))
    links = [note.get_object()["/A"]["/URI"] for page in reader.pages for note in page.get("/Annots", [])]
    assert links == ["https://a.example/x?a=1&b=2"]
    assert b"https://a.example/x?a=1&amp;b=2" in part_of_docx(a_sheet(body=markdown.blocks(RICH)), "_rels/document")


def part_of_docx(sheet: Sheet, part: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(letter_docx.as_docx(sheet, SEALED))) as file:
        (name,) = (name for name in file.namelist() if part in name)
        return file.read(name)


@pytest.mark.parametrize("odd", ["", "#", "- \n- a", "1. ", "> ", "---", "1. # a\n2. > b", "> > > > a"])
def test_odd_letters_are_set_and_not_refused(odd):
    sheet = a_sheet(body=markdown.blocks(odd), sender=[], addressee=[], signatories=[])
    assert len(words_in_every_form(sheet)) == 4


def test_word_numbers_each_list_itself_and_from_one():
    sheet = a_sheet()
    document = python_docx.Document(io.BytesIO(letter_docx.as_docx(sheet, SEALED)))
    ways = [each for each in document.paragraphs if each.style is not None and each.style.name == "List Number"]
    assert len(ways) == 3
    identities = {identity for each in ways for identity in each._p.xpath("./w:pPr/w:numPr/w:numId/@w:val")}
    of_signatories = set(document.styles[letter_docx.SIGNATORY].element.xpath("./w:pPr/w:numPr/w:numId/@w:val"))
    assert len(identities) == len(of_signatories) == 1
    assert identities != of_signatories


def test_a_character_that_word_cannot_hold_is_shown_as_missing():
    assert list_in_docx(a_sheet(signatories=["a\x0bb\x00c"])) == ["a\ufffdb\ufffdc"]


@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
def test_word_files_open_in_an_office_with_all_names(tmp_path):
    (tmp_path / "letter.docx").write_bytes(letter_docx.as_docx(a_sheet(), SEALED))
    command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf"]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(tmp_path / "letter.docx")], check=True, capture_output=True
    )
    reader = pypdf.PdfReader(tmp_path / "letter.pdf")
    whole = folded(" ".join(page.extract_text() for page in reader.pages))
    assert len(reader.pages) <= 4
    for number, name in enumerate(names(), 1):
        assert re.search(rf"\b{number}\. ?{re.escape(name)}".replace(r"\ ", r"\s?"), whole)


def test_a_number_before_a_khmer_word_tears_no_letter_apart():
    """A space and one that keeps are drawn alike; a cluster that is cut is drawn with a dotted circle."""
    pages = [
        pictures.as_png(
            a_sheet("km", signatories=[], body=markdown.blocks(f"អង្គការ 56{space}ដែល 27{space}ឆ្នាំ 20{space}ចំណុច")),
            SEALED,
        )
        for space in (" ", "\u00a0")
    ]
    assert pages[0] == pages[1]
