"""What the child process does with a workbook: see what it is, check how much it unpacks to, read its sheets.

A file is taken for what is in it, whatever its name says. Refusals are codes; `workbook` has their sentences.
"""

import struct
from collections.abc import Callable, Iterator
from io import BytesIO
from types import ModuleType
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from worker.definition.readable_files import kind_of
from worker.definition.sheet_cells import SheetCells
from worker.text.similar_names import same_name

MAX_UNPACKED = 150 * 1024 * 1024
MAX_PARTS = 5_000
MAX_SHEETS = 200
_MAX_WHOLE = 8 * 1024 * 1024  # characters of all sheets that are given whole
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")
_NO_PART_OF_A_SHEET = tuple(word.encode(encoding) for word in ("<!DOCTYPE", "<!ENTITY") for encoding in _ENCODINGS)
_FIRST_RECORD = b"\x09\x08\x10\x00"
_FILE_PASS = 0x2F
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Refused(Exception):
    """The file is no workbook that is read; `code` says why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def read_workbook(octets: bytes, sheet: str = "") -> dict[str, Any]:
    """Read the sheets: {"sheets": […], "reader": …}, or {"refused": code}.

    With `sheet` only the one of that name is given, whole; of the others there is the name.
    """
    try:
        kind = _kind(octets)
        reader = _reader(kind)
        try:
            return {"sheets": _all_sheets(reader, octets, sheet), "reader": kind}
        except MemoryError:
            raise
        except Exception:  # openpyxl and others raise whatever a strange file provokes
            if kind != "xlsx":
                raise Refused("broken") from None
        return {"sheets": _all_sheets(_reader("xls"), octets, sheet), "reader": "calamine"}
    except MemoryError:
        raise
    except Refused as refused:
        return {"refused": refused.code}
    except Exception as error:
        return {"refused": "password" if type(error).__name__ == "PasswordError" else "broken"}


def _reader(kind: str) -> ModuleType:
    if kind == "xlsx":
        from worker.definition import xlsx

        return xlsx
    if kind == "ods":
        from worker.definition import ods

        return ods
    from worker.definition import calamine

    return calamine


def _all_sheets(reader: ModuleType, octets: bytes, sheet: str) -> list[dict[str, Any]]:
    given: list[dict[str, Any]] = []
    size = 0
    for number, (name, hidden, opened) in enumerate(reader.sheets(octets)):
        if number >= MAX_SHEETS:
            raise Refused("sheets")
        cells = SheetCells(name, hidden)
        wanted = not sheet or same_name(name) == same_name(sheet)
        if wanted:
            reader.cells(opened, cells)
        size += cells.size
        given.append(cells.as_json(whole=wanted and (bool(sheet) or size <= _MAX_WHOLE)))
    if not given:
        raise Refused("no sheets")
    return given


def _kind(octets: bytes) -> str:
    """Say which reader reads it. Raises Refused."""
    if octets.startswith(_OLD):
        return _old_kind(octets)
    try:
        with ZipFile(BytesIO(octets)) as archive:
            return _kind_of_zip(octets, archive)
    except (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, KeyError) as error:
        raise Refused("broken") from error
    except Exception as error:
        if type(error).__name__ in ("error", "LZMAError"):  # of zlib and lzma
            raise Refused("broken") from error
        raise


def _old_kind(octets: bytes) -> str:
    def has(name: str) -> bool:
        return name.encode("utf-16-le") in octets

    if has("EncryptedPackage") or has("EncryptionInfo") or _has_password(octets):
        raise Refused("password")
    if has("WordDocument") or not (has("Workbook") or has("Book")):
        raise Refused("old")
    return "xls"


def _has_password(octets: bytes) -> bool:
    """Whether the first records of an XLS say that the others are encrypted ([MS-XLS] 2.4.117, FilePass)."""
    at = octets.find(_FIRST_RECORD)
    end = at + 400
    while 0 <= at < end and at + 4 <= len(octets):
        kind, length = struct.unpack_from("<HH", octets, at)
        if kind == _FILE_PASS:
            return True
        at += 4 + length
    return False


def _kind_of_zip(octets: bytes, archive: ZipFile) -> str:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if len(parts) > MAX_PARTS:
        raise Refused("unpacked")
    read = [part.filename.lower() for part in parts if part.filename.lower().endswith((".xml", ".rels"))]
    if len({*read}) < len(read):
        raise Refused("broken")  # programs do not agree on which of two is read
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("password")
    if any(name.endswith(".iwa") or name in ("Index.zip", "index.apxl") for name in names):
        raise Refused("numbers")
    if "content.xml" in names:
        kind = "ods"
        if b"opendocument.spreadsheet" not in _start(archive, "mimetype" if "mimetype" in names else "content.xml"):
            raise Refused("text")
    elif "xl/workbook.bin" in names:
        raise Refused("xlsb")
    elif "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        kind = "xlsx"
    else:
        raise Refused("word" if kind_of(octets) == "a Word document" else "other")
    _look_at_parts(archive, parts, kind)
    return kind


def _start(archive: ZipFile, name: str) -> bytes:
    with archive.open(name) as source:
        return source.read(20_000)


def _look_at_parts(archive: ZipFile, parts: list[ZipInfo], kind: str) -> None:
    """Unpack what is XML once, bounded by what comes out and not by what the file says of itself."""
    size = 0
    for part in parts:
        if not part.filename.endswith((".xml", ".rels")):
            continue
        for chunk in _chunks(archive, part):
            size += len(chunk)
            if size > MAX_UNPACKED:
                raise Refused("unpacked")
            parsed = kind == "xlsx" or part.filename == "content.xml"
            if parsed and any(words in chunk for words in _NO_PART_OF_A_SHEET):
                raise Refused("entities")
            if kind == "ods" and part.filename == "META-INF/manifest.xml" and b"encryption-data" in chunk:
                raise Refused("password")
            if kind == "xlsx" and part.filename == "xl/workbook.xml" and b"purl.oclc.org/ooxml" in chunk:
                raise Refused("strict")


def _chunks(archive: ZipFile, part: ZipInfo) -> Iterator[bytes]:
    """The part in pieces, each beginning with the end of the one before."""
    end = b""
    with archive.open(part) as source:
        read: Callable[[], bytes] = lambda: source.read(1 << 20)
        for piece in iter(read, b""):
            yield end + piece
            end = piece[-32:]
