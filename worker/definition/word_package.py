"""A Word file as it lies on the disk: a ZIP archive of XML parts.

Each part is unpacked up to a limit, whatever the archive says of its size, and read without a document type: nothing
in it defines entities, and nothing leads to another file or to the network.
"""

import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass
from functools import lru_cache
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from worker.definition import readable_files

MAX_DOCUMENT = 1024 * 1024  # unpacked bytes of the text itself
MAX_PART = 2 * 1024 * 1024  # of styles, numbering, notes and the like
MAX_DEPTH = 120  # of elements in each other; a table in a text box in a table has some forty
AS_DOCX = "Open it in Word or LibreOffice, save it as .docx (Word document) and take that file."
_EXPECTED = "a Word document (.docx)"

_NAMESPACES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/picture": "pic",
    "http://purl.oclc.org/ooxml/drawingml/picture": "pic",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://schemas.openxmlformats.org/drawingml/2006/diagram": "dgm",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingShape": "wps",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
    "http://www.w3.org/XML/1998/namespace": "xml",
}


class NotTaken(Exception):
    """The file cannot be taken as a letter: what was found, what was expected, what to do."""

    def __init__(self, found: str, expected: str, fix: str, where: str = "") -> None:
        self.found, self.expected, self.fix, self.where = found, expected, fix, where
        super().__init__(found)


@dataclass(frozen=True)
class Relation:
    """What a part refers to: another part of the archive, or an address outside it."""

    kind: str
    target: str
    external: bool


class Package:
    """The parts of a Word file; raises NotTaken for what is none."""

    def __init__(self, octets: bytes) -> None:
        if not octets.startswith(b"PK"):
            raise _another_kind(octets)
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(octets))
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError):
            raise _damaged() from None
        self._names: dict[str, zipfile.ZipInfo] = {}
        for entry in self._archive.infolist():
            name = entry.filename.lower()
            if name in self._names and name.startswith("word/") and name.endswith((".xml", ".rels")):
                raise _damaged()  # programs do not agree on which of two is read
            self._names[name] = entry
        self.main = next(
            (one.target for one in self.relations("").values() if one.kind == "officeDocument" and not one.external), ""
        )
        if not self.main or self.main.lower() not in self._names:
            raise _another_kind(octets)

    def document(self) -> Element:
        """The root of the text itself."""
        root = self.part(self.main, MAX_DOCUMENT, "its text")
        if root is None or root.tag != "w:document":
            kinds = {"workbook": "an Excel workbook", "presentation": "a presentation"}
            local = "" if root is None else re.split("[}:]", root.tag)[-1]
            raise NotTaken(kinds.get(local, "a file of another program"), _EXPECTED, AS_DOCX)
        return root

    def relations(self, part: str) -> dict[str, Relation]:
        """What a part refers to, by identity; the archive's own for an empty name."""
        folder, name = posixpath.split(part)
        root = self.part(posixpath.join(folder, "_rels", f"{name}.rels"))
        found = {}
        for element in [] if root is None else root.iter("rel:Relationship"):
            external = element.get("TargetMode") == "External"
            target = element.get("Target", "")
            if not external:
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = element.get("Type", "").rpartition("/")[2]
            found[element.get("Id", "")] = Relation(kind, target, external)
        return found

    def part(self, name: str, most: int = MAX_PART, what: str = "") -> Element | None:
        """The root of one part, None where there is none of that name."""
        entry = self._names.get(name.lower())
        if entry is None:
            return None
        octets = self._unpacked(entry, most)
        if len(octets) > most:
            found = f"{what or f'a part ({posixpath.basename(name)[:40]})'} of more than {most // 1024:,} KB unpacked"
            fix = "A letter is much shorter: copy its text alone into a new document, and take that."
            raise NotTaken(found, f"{most // 1024:,} KB at most", fix)
        return _root(octets)

    def _unpacked(self, entry: zipfile.ZipInfo, most: int) -> bytes:
        if entry.flag_bits & 1:
            raise _locked()
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _damaged()  # the others are unpacked without a limit
        try:
            with self._archive.open(entry) as file:
                return file.read(most + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
            raise _damaged() from None


def _another_kind(octets: bytes) -> NotTaken:
    if octets.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in octets:
            return _locked()
        return NotTaken("an old Word file (.doc) or another old Office file", _EXPECTED, AS_DOCX)
    if octets.startswith(b"PK") and b"Index/Document.iwa" in octets:
        fix = "In Pages: File, Export To, Word, format .docx; take that file."
        return NotTaken("a Pages document", _EXPECTED, fix)
    kind = readable_files.kind_of(octets)
    if kind == "a Word document":
        return _damaged()
    if kind == "a PDF":
        fix = "Take the Word document from which it was made, saved as .docx; or paste its words into letter.en.md."
        return NotTaken(kind, _EXPECTED, fix)
    return NotTaken(kind or ("an empty file" if not octets else "a text without form"), _EXPECTED, AS_DOCX)


def _locked() -> NotTaken:
    fix = "In Word: File, Info, Protect Document, Encrypt with Password, empty the field, and save."
    return NotTaken("a document locked with a password", f"{_EXPECTED} that opens without", fix)


def _damaged() -> NotTaken:
    fix = "Open it in Word, which may repair it, and save it again as .docx; or copy the file once more."
    return NotTaken("a Word document that is damaged or not complete", _EXPECTED, fix)


def _root(octets: bytes) -> Element:
    """Read XML into elements called `w:p`; a document type is refused before anything in it is read."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    builder = TreeBuilder()
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise NotTaken("parts nested very deeply", "a letter", AS_DOCX)
        builder.start(_name(name), {_name(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_name(name))

    def refuse(*_: object) -> None:
        raise NotTaken("definitions that no Word document has (DOCTYPE)", _EXPECTED, AS_DOCX)

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(octets, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise _damaged() from None
    return builder.close()


@lru_cache(maxsize=2_000)
def _name(name: str) -> str:
    namespace, _, local = name.rpartition(" ")
    if not namespace:
        return local
    prefix = _NAMESPACES.get(namespace)
    return f"{prefix}:{local}" if prefix else f"{{{namespace}}}{local}"
