"""Workbooks for tests: XLSX by openpyxl, ODS and XLS written by hand."""

import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from html import escape
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES = " ".join(
    [
        *(
            f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
            for name in ("office", "table", "text", "style")
        ),
        'xmlns:xlink="http://www.w3.org/1999/xlink"',
        'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"',
    ]
)


def xlsx(fill: Callable[[Worksheet], None] | Sequence[Sequence[Any]], **others: Sequence[Sequence[Any]]) -> bytes:
    """A workbook whose first sheet is made by a function or has these rows; other sheets by name."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    if callable(fill):
        fill(first)
    else:
        for row in fill:
            first.append(row)
    for name, rows in others.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    return saved(book)


def saved(book: Workbook) -> bytes:
    packed = BytesIO()
    book.save(packed)
    return packed.getvalue()


def repacked(octets: bytes, change: Mapping[str, Callable[[bytes], bytes]]) -> bytes:
    """The same file with some of its parts changed; `*` stands for each part."""
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(octets)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change.get(part, change.get("*", bytes))(old.read(part)))
    return packed.getvalue()


def packed(parts: Mapping[str, bytes | str]) -> bytes:
    """A zip of these parts, the first of them stored as it is."""
    octets = BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, (name, content) in enumerate(parts.items()):
            archive.writestr(name, content, zipfile.ZIP_DEFLATED if place else zipfile.ZIP_STORED)
    return octets.getvalue()


def ods(*tables: str, styles: str = "", manifest: str = "") -> bytes:
    """An OpenDocument spreadsheet of `table`s."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:spreadsheet>"
        f"{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    return packed({"mimetype": _ODS, "content.xml": content, "META-INF/manifest.xml": manifest or "<manifest/>"})


def table(rows: Sequence[Sequence[str]], name: str = "Sheet1", attributes: str = "") -> str:
    """A table of texts; a cell that begins with `<` is XML already."""
    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    columns = '<table:table-column table:number-columns-repeated="16384"/>'
    return f'<table:table table:name="{escape(name)}" {attributes}>{columns}{lines}</table:table>'


def cell(text: str, attributes: str = 'office:value-type="string"', tag: str = "table-cell") -> str:
    if text.startswith("<"):
        return text
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n")) if text else ""
    return f"<table:{tag} {attributes if text else ''}>{lines}</table:{tag}>"


def xls(
    rows: Sequence[Sequence[str | float]],
    name: str = "Sheet1",
    merged: Sequence[tuple[int, int, int, int]] = (),
    *,
    encrypted: bool = False,
) -> bytes:
    """A workbook of Excel 97 (BIFF8) with one sheet of texts and numbers.

    `merged` are the first row, last row, first column and last column of ranges, counted from 0.
    """

    def record(kind: int, content: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def text(words: str, length: str) -> bytes:
        return struct.pack(f"<{length}B", len(words.encode("utf-16-le")) // 2, 1) + words.encode("utf-16-le")

    def begin(kind: int) -> bytes:
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0x1DBB, 1997, 0, 6))

    cells: list[bytes] = []
    for row, line in enumerate(rows):
        for column, value in enumerate(line):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(value, str):
                cells += [record(0x204, place + text(value, "H"))] if value else []
            else:
                cells.append(record(0x203, place + struct.pack("<d", value)))
    sheet = begin(0x10) + record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, 16, 0)) + b"".join(cells)
    ranges = struct.pack("<H", len(merged)) + b"".join(struct.pack("<HHHH", *one) for one in merged)
    sheet += record(0xE5, ranges) + record(0x0A)
    head = begin(0x05) + (record(0x2F, bytes(54)) if encrypted else b"") + record(0x42, struct.pack("<H", 1200))
    named = struct.pack("<BB", 0, 0) + text(name, "B")
    start = len(head) + 4 + 4 + len(named) + 4
    book = head + record(0x85, struct.pack("<I", start) + named) + record(0x0A) + sheet
    return compound({"Workbook": book})


def compound(streams: Mapping[str, bytes]) -> bytes:
    """An OLE compound file, as old Office files and encrypted workbooks are."""
    free, end, in_fat = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    sectors: list[bytes] = []
    chains: list[int] = []

    def entry(name: str, kind: int, child: int, first: int, size: int, right: int = free) -> bytes:
        encoded = name.encode("utf-16-le")
        packed_name = encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded) + 2, kind, 1)
        return packed_name + struct.pack("<III16sIQQIQ", free, right, child, b"", 0, 0, 0, first, size)

    entries = []
    for number, (name, content) in enumerate(streams.items(), 1):
        content = content.ljust(4096, b"\0")
        first = len(sectors)
        pieces = [content[at : at + 512].ljust(512, b"\0") for at in range(0, len(content), 512)]
        sectors += pieces
        chains += [*range(first + 1, first + len(pieces)), end]
        entries.append(entry(name, 2, free, first, len(content), number + 1 if number < len(streams) else free))
    directory = len(sectors)
    listed = entry("Root Entry", 5, 1, end, 0) + b"".join(entries)
    pieces = [listed[at : at + 512] for at in range(0, len(listed), 512)]
    sectors += [piece.ljust(512, b"\0") for piece in pieces]
    chains += [*range(directory + 1, directory + len(pieces)), end]
    fats = 1
    while fats * 128 < len(sectors) + fats:
        fats += 1
    fat = [*chains, *[in_fat] * fats]
    fat_places = list(range(len(sectors), len(sectors) + fats))
    packed_fat = struct.pack(f"<{len(fat)}I", *fat).ljust(fats * 512, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6sIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, fats, directory, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", *fat_places, *[free] * (109 - fats))
    return header + b"".join(sectors) + packed_fat


def with_shared_strings(octets: bytes, strings: Mapping[str, str]) -> bytes:
    """Texts of a workbook moved to its table of shared strings, with something else in their place there."""

    def numbered(sheet: bytes) -> bytes:
        for place, text in enumerate(strings):
            kept_inline = f' t="inlineStr"><is><t>{text}</t></is></c>'.encode()
            sheet = sheet.replace(kept_inline, f' t="s"><v>{place}</v></c>'.encode())
        return sheet

    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    changed = repacked(
        octets,
        {
            "xl/worksheets/sheet1.xml": numbered,
            "[Content_Types].xml": lambda types: types.replace(b"</Types>", override),
        },
    )
    packed = BytesIO(changed)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{namespace}">{"".join(strings.values())}</sst>')
    return packed.getvalue()
