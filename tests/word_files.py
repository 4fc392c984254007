"""Word files as people have them: paragraphs in the words of the format, put into a document of python-docx."""

import html
import io
import zipfile
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": W,
        "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
    }.items()
)


def r(text: str, style: str = "") -> str:
    """One run; `style` is what stands in its properties."""
    return f'<w:r><w:rPr>{style}</w:rPr><w:t xml:space="preserve">{html.escape(text)}</w:t></w:r>'


def p(*inside: str, style: str = "", properties: str = "") -> str:
    """One paragraph; what does not begin with < is its text."""
    runs = "".join(one if one.startswith("<") else r(one) for one in inside)
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{runs}</w:p>"


def item(text: str, level: int = 0, number: int = 100) -> str:
    return p(
        text,
        style="ListParagraph",
        properties=f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>',
    )


def table(*rows: list[str], cell: str = "") -> str:
    """A table; what does not begin with < is the text of a cell, `cell` its properties."""
    written = ""
    for row in rows:
        cells = (one if one.startswith("<") else p(one) for one in row)
        written += f"<w:tr>{''.join(f'<w:tc><w:tcPr>{cell}</w:tcPr>{one}</w:tc>' for one in cells)}</w:tr>"
    return f"<w:tbl><w:tblPr/>{written}</w:tbl>"


def note(number: int, *, end: bool = False) -> str:
    return f'<w:r><w:{"endnote" if end else "footnote"}Reference w:id="{number}"/></w:r>'


def numbering(identity: int, *levels: tuple[str, str], start: int = 1) -> str:
    """The definition of a list: the format and text of each level."""
    written = "".join(
        f'<w:lvl w:ilvl="{at}"><w:start w:val="{start}"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/>'
        f'<w:pPr><w:ind w:left="{720 * (at + 1)}" w:hanging="360"/></w:pPr></w:lvl>'
        for at, (kind, text) in enumerate(levels)
    )
    return (
        f'<w:abstractNum w:abstractNumId="{identity}"><w:multiLevelType w:val="multilevel"/>{written}</w:abstractNum>'
    )


BULLETS = numbering(100, ("bullet", "•"), ("bullet", "o"), ("bullet", "▪"))
NUMBERS = numbering(101, ("decimal", "%1."), ("lowerLetter", "%2)"))


def word_file(
    *blocks: str,
    links: Mapping[str, str] | None = None,
    footnotes: Mapping[int, str] | None = None,
    endnotes: Mapping[int, str] | None = None,
    lists: tuple[str, ...] = (BULLETS, NUMBERS),
    restarts: Mapping[int, int] | None = None,
    edit: Callable[[Any], None] | None = None,
) -> bytes:
    """A document of these blocks. `restarts` are further lists: identity to the definition that they restart."""
    document = docx.Document(io.BytesIO(_template()))
    for block in blocks:
        document.element.body.sectPr.addprevious(_xml(block))
    for identity, target in (links or {}).items():
        relation = document.part.rels.get_or_add_ext_rel(RELATIONSHIP_TYPE.HYPERLINK, target)
        document.part.rels[identity] = document.part.rels.pop(relation)
        document.part.rels[identity]._rId = identity
    for kind, notes in (("footnote", footnotes), ("endnote", endnotes)):
        if notes:
            _add_notes(document, kind, notes)
    _add_lists(document, lists, restarts or {})
    if edit:
        edit(document)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


@cache
def _template() -> bytes:
    """That of python-docx without its styles of tables: a hundred, nine tenths of what a reader goes through."""
    document = docx.Document()
    for style in document.styles.element.findall(f"{{{W}}}style[@{{{W}}}type='table']"):
        style.getparent().remove(style)
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _xml(block: str) -> Any:
    name = block[1 : min(block.index(sign) for sign in " />" if sign in block)]
    return parse_xml(block.replace(f"<{name}", f"<{name} {_NAMESPACES}", 1))


def _add_notes(document: Any, kind: str, notes: Mapping[int, str]) -> None:
    separators = "".join(
        f'<w:{kind} w:type="{name}" w:id="{at}"><w:p><w:r><w:{name}/></w:r></w:p></w:{kind}>'
        for at, name in ((-1, "separator"), (0, "continuationSeparator"))
    )
    written = "".join(
        f'<w:{kind} w:id="{identity}">{text if text.startswith("<") else p(f"<w:r><w:{kind}Ref/></w:r>", " " + text)}'
        f"</w:{kind}>"
        for identity, text in notes.items()
    )
    blob = f"<w:{kind}s {_NAMESPACES}>{separators}{written}</w:{kind}s>".encode()
    media = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}s+xml"
    part = Part(PackURI(f"/word/{kind}s.xml"), media, blob, document.part.package)
    document.part.relate_to(part, getattr(RELATIONSHIP_TYPE, f"{kind.upper()}S"))


def _add_lists(document: Any, lists: tuple[str, ...], restarts: Mapping[int, int]) -> None:
    element = document.part.numbering_part.element
    first = element.find(f"{{{W}}}num")
    for one in lists:
        definition = _xml(one)
        first.addprevious(definition)
        identity = definition.get(f"{{{W}}}abstractNumId")
        element.append(_xml(f'<w:num w:numId="{identity}"><w:abstractNumId w:val="{identity}"/></w:num>'))
    for identity, abstract in restarts.items():
        element.append(
            _xml(
                f'<w:num w:numId="{identity}"><w:abstractNumId w:val="{abstract}"/>'
                '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
            )
        )


def with_parts(octets: bytes, **parts: bytes | None) -> bytes:
    """The file with other parts in place of its own (`document` for word/document.xml); None leaves one out."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(octets)) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            part = name.removeprefix("word/").removesuffix(".xml")
            content = parts.get(part, source.read(name))
            if content is not None:
                target.writestr(name, content)
    return written.getvalue()


def document_xml(body: str) -> bytes:
    return f"<w:document {_NAMESPACES}><w:body>{body}</w:body></w:document>".encode()
