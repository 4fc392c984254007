"""Files that are no letter in Word, or want to harm: refused with a sentence, within limits, without reading others."""

import io
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.word_files import document_xml, note, p, r, table, with_parts, word_file
from worker.definition import letters, word_package
from worker.definition.letter_files import TakenLetter, take_letter


def take(tmp_path: Path, octets: bytes, name: str = "letter.docx") -> TakenLetter:
    (tmp_path / name).write_bytes(octets)
    return take_letter(tmp_path / name)


def refused(tmp_path: Path, octets: bytes, name: str = "letter.docx") -> str:
    taken = take(tmp_path, octets, name)
    assert not taken.text
    (problem,) = taken.problems
    return problem.sentence


def _zip(**files: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for name, content in files.items():
            target.writestr(name.replace("__", "/"), content)
    return written.getvalue()


_TOP = Path(__file__).resolve().parent.parent
_GOOD = word_file(p("We write."))
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (_OLD + "WordDocument".encode("utf-16-le"), "an old Word file (.doc)"),
        (_OLD + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
        (b"{\\rtf1 x}", "a rich text document (RTF)"),
        (b"%PDF-1.7", "a PDF"),
        (b"\xff\xd8\xff\xe0", "a photo (JPEG)"),
        (b"", "an empty file"),
        (b"We write.", "a text without form"),
        (_zip(mimetype=b"application/vnd.oasis.opendocument.text"), "a LibreOffice document"),
        (_zip(Index__Document=b""), "a compressed file (ZIP)"),
        (_GOOD[: len(_GOOD) // 2], "damaged or not complete"),
        (_GOOD[:-30], "damaged or not complete"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged or not complete"),
        (with_parts(_GOOD, document=b"<w:document"), "damaged or not complete"),
        (with_parts(_GOOD, document=b"<workbook/>"), "an Excel workbook"),
        (with_parts(_GOOD, document=None), "a Word document that is damaged"),
        (with_parts(_GOOD, document=document_xml(p(""))), "no text"),
    ],
)
def test_what_is_no_letter_is_named_and_it_is_said_what_to_do(octets: bytes, found: str, tmp_path: Path) -> None:
    said = refused(tmp_path, octets)
    assert found in said
    assert "expected" in said
    assert said.rstrip().endswith(".")
    assert "Traceback" not in said


def test_the_text_is_bounded_as_it_unpacks_whatever_the_archive_says(tmp_path: Path) -> None:
    """87 kB that unpack to 400,000 paragraphs: never parsed, so neither time nor memory is at stake."""
    many = with_parts(_GOOD, document=document_xml("<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 400_000))
    assert len(many) < 100_000
    assert "more than 1,024 KB unpacked" in refused(tmp_path, many)

    size = len(document_xml("<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 400_000)).to_bytes(4, "little")
    assert size in many
    lying = many.replace(size, (50_000).to_bytes(4, "little"))
    assert "damaged or not complete" in refused(tmp_path, lying)
    (tmp_path / "many.docx").write_bytes(many)
    assert _memory_of_its_reader(tmp_path / "many.docx") < 200 * 1024 * 1024


def _memory_of_its_reader(path: Path) -> int:
    """The most that a child has had which reads this file, in bytes; asked in a process that has no other child."""
    code = (
        "import resource, sys; from pathlib import Path; from worker.definition.letter_files import take_letter; "
        "take_letter(Path(sys.argv[1])); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    told = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True, cwd=_TOP)
    return int(told.stdout) * (1 if sys.platform == "darwin" else 1024)


@pytest.mark.parametrize("part", ["styles", "numbering", "_rels/document.xml.rels"])
def test_each_part_is_bounded(part: str, tmp_path: Path) -> None:
    large = b"<w:styles xmlns:w='x'>" + b" " * (word_package.MAX_PART + 1) + b"</w:styles>"
    assert "unpacked" in refused(tmp_path, with_parts(_GOOD, **{part: large}))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("<w:p/>" * 170_000, "no text"),
        ("<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 28_000, "paragraphs"),
        (table(*[[""] * 20] * 400), "cells of tables"),
        ("<w:sdt><w:sdtContent>" * 500 + "</w:sdtContent></w:sdt>" * 500, "nested very deeply"),
        (p("[_*" * 100_000), "signs such as"),
        (p("[" * 100_000), "signs such as"),
        ("".join(p(r("a", "<w:b/>"), r("b")) for _ in range(10)) * 400, "paragraphs"),
    ],
)
def test_a_document_of_very_many_parts_is_refused(body: str, found: str, tmp_path: Path) -> None:
    document = document_xml(body)
    if len(document) > word_package.MAX_DOCUMENT:
        found = "unpacked"
    assert found in refused(tmp_path, with_parts(_GOOD, document=document))


def test_hundreds_of_notes_are_read_soon(tmp_path: Path) -> None:
    numbers = range(1, 501)
    text = [p("S", style="Title"), *(p(f"Point {number}", note(number), ".") for number in numbers)]
    octets = word_file(*text, footnotes={number: f"Note {number}: {'words ' * 30}" for number in numbers})
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    taken = take(tmp_path, octets)

    assert taken.counts["footnotes"] == 500
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 5


def test_a_word_in_ten_thousand_styles_is_bounded(tmp_path: Path) -> None:
    taken = take(tmp_path, word_file(p(*[r("a", "<w:b/>"), r("b")] * 4_000)))
    assert [problem for problem in taken.problems if "signs" in problem.found]


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x SYSTEM "http://a.example/x.dtd">',
        '<!DOCTYPE x [<!ENTITY a "b"><!ENTITY b "&a;&a;&a;&a;">]>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(declared: str, encoding: str, tmp_path: Path) -> None:
    content = document_xml(p("x").replace(">x<", ">&a;<")).decode()
    said = refused(tmp_path, with_parts(_GOOD, document=(declared + content).encode(encoding)))
    assert "DOCTYPE" in said
    assert "root:" not in said


def test_nothing_outside_the_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.xml").write_text(f"<w:styles>{tmp_path}</w:styles>")
    rels = "".join(
        f'<Relationship Id="r{at}" Type="http://x/{kind}" Target="{target}" TargetMode="{mode}"/>'
        for at, (kind, target, mode) in enumerate(
            [
                ("styles", f"{tmp_path}/secret.xml", "Internal"),
                ("numbering", "../../../../etc/passwd", "Internal"),
                ("footnotes", f"file://{tmp_path}/secret.xml", "External"),
                ("attachedTemplate", "http://127.0.0.1:9/x.dotx", "External"),
                ("image", f"file://{tmp_path}/secret.xml", "External"),
            ]
        )
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {"_rels/document.xml.rels": f'<Relationships xmlns="{package}">{rels}</Relationships>'.encode()}
    taken = take(tmp_path, with_parts(_GOOD, **parts))
    assert taken.text == "# The letter's subject\n\nWe write.\n"


def test_a_part_that_stands_twice_is_refused(tmp_path: Path) -> None:
    written = io.BytesIO(_GOOD)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(written, "a") as target:
        target.writestr("word/document.xml", document_xml(p("Another text.")))
    assert "damaged" in refused(tmp_path, written.getvalue())


def test_a_document_of_the_strict_kind_is_read(tmp_path: Path) -> None:
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    strict = document_xml(p("We write.")).replace(main.encode(), b"http://purl.oclc.org/ooxml/wordprocessingml/main")
    assert take(tmp_path, with_parts(_GOOD, document=strict)).text.endswith("\n\nWe write.\n")


def test_a_link_and_a_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real.docx").write_bytes(_GOOD)
    (tmp_path / "link.docx").symlink_to(tmp_path / "real.docx")
    assert "a link to another file" in take_letter(tmp_path / "link.docx").problems[0].sentence
    assert "a folder" in take_letter(tmp_path).problems[0].sentence
    assert "no such file" in take_letter(tmp_path / "none.docx").problems[0].sentence


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"# Dam\n\nWe **write**.\n", "# Dam\n\nWe **write**.\n"),
        ("\ufeff# Dam\r\n\r\nWe write.".encode(), "# Dam\n\nWe write.\n"),
        ("# Dam\n\nÉté".encode("utf-16"), "# Dam\n\nÉté\n"),
        ("# Dam\n\nL’été".encode("cp1252"), "# Dam\n\nL’été\n"),
        (b"We write.\n", "# The letter's subject\n\nWe write.\n"),
    ],
)
def test_a_letter_in_text_is_taken_as_it_is(octets: bytes, text: str, tmp_path: Path) -> None:
    for name in ("letter.md", "letter.txt"):
        taken = take(tmp_path, octets, name)
        assert (taken.text, taken.problems) == (text, [])


def test_a_text_that_is_too_long_or_a_word_file_under_another_name(tmp_path: Path) -> None:
    assert "4,000 at most" in take(tmp_path, b"x\n" * 5_000, "letter.txt").problems[0].sentence
    assert f"{letters.MAX_LETTER // 1024} KB" in take(tmp_path, b"x" * 300_000, "letter.md").problems[0].sentence
    assert take(tmp_path, _GOOD, "letter.txt").text.endswith("We write.\n")
