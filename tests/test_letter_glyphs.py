"""What the letter's fonts can print is read from the fonts themselves, and seen on the page."""

import mmap
import re
import struct
from datetime import UTC, datetime
from pathlib import Path

import fontpkg_noto_sans_khmer
import pytest
import typst

from tests import pictures
from worker.text import glyphs
from worker.wording.sheet import Sheet

Font = bytes | mmap.mmap


def tables(font: Font, start: int) -> dict[bytes, int]:
    """Where each table of an OpenType font begins."""
    (count,) = struct.unpack_from(">H", font, start + 4)
    entries = (struct.unpack_from(">4sIII", font, start + 12 + 16 * i) for i in range(count))
    return {tag: start + offset for tag, _, offset, _ in entries}


def characters(font: Font, start: int) -> set[int]:
    """All code points in the cmap table, formats 4 and 12."""
    cmap = tables(font, start)[b"cmap"]
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    found: set[int] = set()
    for i in range(count):
        (offset,) = struct.unpack_from(">I", font, cmap + 8 + 8 * i)
        found |= subtable(font, cmap + offset)
    return {code for code in found if code >= 0x20}


def subtable(font: Font, at: int) -> set[int]:
    (form,) = struct.unpack_from(">H", font, at)
    if form == 12:
        (groups,) = struct.unpack_from(">I", font, at + 12)
        spans = [struct.unpack_from(">II", font, at + 16 + 12 * i) for i in range(groups)]
    else:
        assert form == 4
        segments = struct.unpack_from(">H", font, at + 6)[0] // 2
        ends = struct.unpack_from(f">{segments}H", font, at + 14)
        starts = struct.unpack_from(f">{segments}H", font, at + 16 + 2 * segments)
        spans = [span for span in zip(starts, ends, strict=True) if span[0] != 0xFFFF]
    return {code for first, last in spans for code in range(first, last + 1)}


def full_name(font: Font, start: int) -> str:
    name = tables(font, start)[b"name"]
    _, count, strings = struct.unpack_from(">HHH", font, name)
    for i in range(min(count, 200)):
        platform, _, _, kind, length, offset = struct.unpack_from(">6H", font, name + 6 + 12 * i)
        if (platform, kind) == (3, 4):
            at = name + strings + offset
            return font[at : at + length].decode("utf-16-be")
    return ""


def embedded_faces() -> dict[str, set[int]]:
    """The Libertinus faces that typst carries inside its library."""
    (library,) = Path(typst.__file__).parent.glob("_typst*")
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as binary:
        starts = [match.start() for match in re.finditer(rb"OTTO\x00[\x08-\x1f].{6}[A-Z][A-Za-z /]{3}", binary, re.S)]
        named = {full_name(binary, start): start for start in starts if b"name" in tables(binary, start)}
        return {name: characters(binary, start) for name, start in named.items() if "Libertinus" in name}


def test_the_statement_of_what_is_covered_equals_the_fonts_that_are_installed():
    faces = embedded_faces()
    latin = set.intersection(*(faces[f"Libertinus Serif {face}"] for face in ("Regular", "Bold", "Italic")))
    (khmer,) = (fontpkg_noto_sans_khmer.ROOT / "files").glob("*.ttf")
    assert latin | characters(khmer.read_bytes(), 0) == glyphs.COVERED


@pytest.mark.parametrize(
    "name",
    [
        "Pro Démocratie pour le Cambodge (PDCC), Canada",
        "Đảng Việt Nam ươ",
        "Οργάνωση, Союз «Мост»",
        "សហភាពខ្មែរដើម្បីប្រជាធិបតេយ្យ ១២៣",
        "e\u0301 and \u200b\u00ad\u200d\u202f– — ’ “ ” … € №",
    ],
)
def test_names_of_this_circle_can_be_printed(name):
    assert glyphs.unprintable([name]) == set()


def test_what_would_be_an_empty_box_is_named():
    assert glyphs.unprintable(["日本 (JP)", "ok", "🙂 a日"]) == {"日", "本", "🙂"}


def picture_of(name: str) -> bytes:
    sheet = Sheet("en", ["S"], ["A"], "1 May 2023", "D", "S", [], "L", [name])
    return pictures.as_png(sheet, datetime(2023, 5, 1, tzinfo=UTC))[0]


def test_two_missing_characters_look_alike_on_the_page_and_two_covered_ones_do_not():
    assert picture_of("日") == picture_of("本")
    assert picture_of("ក") != picture_of("ខ")
    assert picture_of("ក") != picture_of("日")
