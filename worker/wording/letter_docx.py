"""The letter for Word: the same words in the same order, with lists that Word itself numbers.

A number that was typed would be wrong as soon as somebody takes a line out: a paragraph of the list holds
the name and nothing else.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from worker.text import markdown, plain_text
from worker.text.languages import LANGUAGES
from worker.wording.sheet import Sheet

if TYPE_CHECKING:
    from docx.document import Document
    from docx.opc.part import Part

NOTICE, LETTERHEAD, ADDRESS, SIGNATORY = "Notice", "Letterhead", "Address", "Signatory"
NOTE_TEXT, NOTE_REFERENCE = "FootnoteText", "FootnoteReference"
_FONTS = {"ascii": "Cambria", "hAnsi": "Cambria", "eastAsia": "Cambria", "cs": "Khmer UI"}
_FIRST_LIST = 1_000  # above those of the template
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_STEP, _DIGIT, _GAP = 480, 115, 140  # twentieths of a point: one level in, one digit, number to text
_WIDTH = 8844  # twentieths of a point between the margins
_NARROWEST, _WIDEST = 6, 40  # letters for which a column gets its share of that
_AFTER_TABLE = '<w:spacing w:before="0" w:after="0" w:line="180" w:lineRule="exact"/>'


def as_docx(sheet: Sheet, sealed_at: datetime) -> bytes:
    """Set a letter as a Word file; the same sheet and moment give the same bytes.

    `sealed_at` carries its zone. Signatories are the paragraphs in the style “Signatory”.
    """
    import docx

    if sealed_at.tzinfo is None:
        raise ValueError("sealed_at needs its zone")
    document = docx.Document()
    _paper(document, sheet)
    _styles(document, sheet)
    _properties(document, sheet, sealed_at)
    _write(document, "".join(_letter(document, sheet)))
    return _without_clock(document)


def _letter(document: "Document", sheet: Sheet) -> Iterator[str]:
    if sheet.draft:
        yield _paragraph(_run(sheet.draft), NOTICE)
    if sheet.confidential:
        yield _paragraph(_run(sheet.confidential.notice), NOTICE)
    yield _paragraph(_letterhead(sheet.sender), LETTERHEAD)
    if sheet.authentic_note:
        yield _paragraph(_run(sheet.authentic_note, "<w:i/><w:iCs/>"))
    yield _paragraph(_lines(sheet.addressee), ADDRESS)
    yield _paragraph(_run(sheet.date), ADDRESS)
    yield _paragraph(_run(sheet.subject), "Heading1")
    yield _paragraph(_run(sheet.salutation))
    yield from _blocks(document, sheet.body)
    if sheet.signatories:
        yield _paragraph(_run(sheet.list_heading), "Heading2")
    for name in sheet.signatories:
        yield _paragraph(_run(name), SIGNATORY)
    if sheet.confidential:
        yield _paragraph(_run(sheet.confidential.heading), "Heading2")
        yield from (_paragraph(_run(name), SIGNATORY) for name in sheet.confidential.names)
    if sheet.withheld:
        yield _paragraph(_run(sheet.withheld), properties='<w:spacing w:before="200"/>')
    if sheet.copies:
        yield _paragraph(_lines(list(sheet.copies)), properties='<w:spacing w:before="200"/>')


def _letterhead(sender: list[str]) -> str:
    name = _run(sender[0], '<w:b/><w:bCs/><w:color w:val="000000"/><w:sz w:val="26"/>') if sender else ""
    return name + "".join("<w:r><w:br/></w:r>" + _run(line) for line in sender[1:])


def _lines(lines: list[str]) -> str:
    return "<w:r><w:br/></w:r>".join(map(_run, lines))


def _blocks(document: "Document", tree: list[markdown.Block], indent: int = 0) -> Iterator[str]:
    """Write a tree as paragraphs, `indent` twentieths of a point from the margin."""
    inside = f'<w:ind w:left="{indent}"/>' if indent else ""
    for block in tree:
        match block["kind"]:
            case "heading":
                yield _paragraph(_runs(document.part, block["runs"]), f"Heading{min(block['level'] + 1, 9)}", inside)
            case "paragraph":
                yield _paragraph(_runs(document.part, block["runs"]), properties=inside)
            case "list":
                yield from _listing(document, block, indent)
            case "quote":
                yield from _blocks(document, block["blocks"], indent + _STEP)
            case "rule":
                yield _paragraph(_run("* * *"), properties='<w:jc w:val="center"/>')
            case "table":
                yield _table(document, block, indent)
                yield _paragraph("", properties=_AFTER_TABLE)
            case "notes":
                _add_notes(document, block["notes"])


def _listing(document: "Document", block: markdown.Listing, indent: int) -> Iterator[str]:
    last = block["start"] + len(block["items"]) - 1
    left = indent + _room(last)
    number = _list(document, block["ordered"], block["start"], left)
    style = ("ListNumber" if block["ordered"] else "ListBullet") if block["tight"] else ""
    for item in block["items"]:
        words, rest = "", item
        if item and item[0]["kind"] == "paragraph":
            words, rest = _runs(document.part, item[0]["runs"]), item[1:]
        yield _paragraph(words, style, f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr>')
        yield from _blocks(document, rest, left)


def _room(last: int) -> int:
    return max(_STEP, _DIGIT * (len(str(last)) + 1) + _GAP)


def _list(document: "Document", ordered: bool, start: int, left: int) -> int:
    """Define a list of its own, the right ends of its numbers in line, and give its identity."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls, qn

    numbering = document.part.numbering_part.element
    identity = _FIRST_LIST + len(numbering)  # each list adds to it: to look through all would take long for thousands
    mark = ("decimal", "%1.") if ordered else ("bullet", "•")
    definition = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{identity}"><w:multiLevelType w:val="singleLevel"/>'
        f'<w:lvl w:ilvl="0"><w:start w:val="{start}"/><w:numFmt w:val="{mark[0]}"/><w:lvlText w:val="{mark[1]}"/>'
        f'<w:lvlJc w:val="right"/><w:pPr><w:ind w:left="{left}" w:hanging="{_GAP}"/></w:pPr></w:lvl>'
        "</w:abstractNum>"
    )
    numbering.find(qn("w:num")).addprevious(definition)
    number = f'<w:num {nsdecls("w")} w:numId="{identity}"><w:abstractNumId w:val="{identity}"/></w:num>'
    numbering.append(parse_xml(number))
    return identity


def _runs(part: "Part", runs: list[markdown.Run]) -> str:
    parts = []
    for href, linked in groupby(runs, key=lambda run: run["href"]):
        words = "".join(map(_styled, linked))
        parts.append(_link(part, href, words) if href else words)
    return "".join(parts)


def _styled(run: markdown.Run) -> str:
    if "note" in run:
        return _reference(run["note"], run["again"])
    if run["text"] == markdown.BREAK:
        return "<w:r><w:br/></w:r>"
    style = "<w:b/><w:bCs/>" * run["bold"] + "<w:i/><w:iCs/>" * run["italic"]
    return _run(run["text"], style + '<w:u w:val="single"/>' * bool(run["href"]))


def _reference(note: int, again: int) -> str:
    """The number of a note, which Word counts; where the note is referred to again, a field that repeats it."""
    style = f'<w:rStyle w:val="{NOTE_REFERENCE}"/>'
    if again:
        begin, separate, end = (
            f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")
        )
        field = f'<w:r><w:instrText xml:space="preserve"> NOTEREF _Note{note} \\f \\h </w:instrText></w:r>'
        return begin + field + separate + _run(str(note), style) + end
    mark = f'<w:r><w:rPr>{style}</w:rPr><w:footnoteReference w:id="{note}"/></w:r>'
    return f'<w:bookmarkStart w:id="{note}" w:name="_Note{note}"/>{mark}<w:bookmarkEnd w:id="{note}"/>'


def _add_notes(document: "Document", notes: list[list[markdown.Run]]) -> None:
    """Add the part of the file that holds the notes, and the two lines that part them from the text."""
    from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls, qn

    part = Part(PackURI("/word/footnotes.xml"), CONTENT_TYPE.WML_FOOTNOTES, b"", document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    kinds = (("separator", -1), ("continuationSeparator", 0))
    lines = "".join(
        f'<w:footnote w:type="{kind}" w:id="{number}">'
        f'<w:p><w:pPr><w:spacing w:after="0" w:line="240" w:lineRule="auto"/></w:pPr><w:r><w:{kind}/></w:r></w:p>'
        "</w:footnote>"
        for kind, number in kinds
    )
    mark = f'<w:r><w:rPr><w:rStyle w:val="{NOTE_REFERENCE}"/></w:rPr><w:footnoteRef/></w:r>{_run(" ")}'
    words = "".join(
        f'<w:footnote w:id="{number}">{_paragraph(mark + _runs(part, note), NOTE_TEXT)}</w:footnote>'
        for number, note in enumerate(notes, 1)
    )
    written = f"<w:footnotes {nsdecls('w', 'r')}>{lines}{words}</w:footnotes>"
    part._blob = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{written}'.encode()
    settings = document.settings.element
    named = "".join(f'<w:footnote w:id="{number}"/>' for _, number in kinds)
    settings.find(qn("w:compat")).addprevious(parse_xml(f"<w:footnotePr {nsdecls('w')}>{named}</w:footnotePr>"))
    _note_styles(document)


def _note_styles(document: "Document") -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn

    text = _style(_new_style(document.styles, "footnote text"), 9, after=2, line=1.0)
    text.element.set(qn("w:styleId"), NOTE_TEXT)
    reference = document.styles.add_style("footnote reference", WD_STYLE_TYPE.CHARACTER)
    reference.element.set(qn("w:styleId"), NOTE_REFERENCE)
    reference.font.superscript = True


def _table(document: "Document", block: markdown.Table, indent: int) -> str:
    """A table between thin lines, as wide as the text; its first row stands on each page."""
    shares = [
        min(max(max(plain_text.columns(plain_text.plain(cell)) for cell in column), _NARROWEST), _WIDEST)
        for column in zip(block["header"], *block["rows"], strict=True)
    ]
    widths = [(_WIDTH - indent) * share // sum(shares) for share in shares]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="888888"/>' for edge in ("top", "bottom", "insideH")
    )
    rows = [_row(document, block["header"], widths, block["align"], header=True)]
    rows += [_row(document, row, widths, block["align"], header=False) for row in block["rows"]]
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblInd w:w="{indent}" w:type="dxa"/>'
        f'<w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblLook w:val="0020" w:firstRow="1"/>'
        f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid>"
        f"{''.join(rows)}</w:tbl>"
    )


def _row(
    document: "Document", cells: list[list[markdown.Run]], widths: list[int], align: Sequence[str], *, header: bool
) -> str:
    written = []
    for cell, width, side in zip(cells, widths, align, strict=True):
        if header:
            cell = [{**run, "bold": True} for run in cell]
        spacing = '<w:spacing w:before="40" w:after="40" w:line="240" w:lineRule="auto"/>'
        properties = (
            "<w:keepNext/>" * header + spacing + (f'<w:jc w:val="{side}"/>' if side in ("center", "right") else "")
        )
        words = _paragraph(_runs(document.part, cell), properties=properties)
        written.append(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{words}</w:tc>')
    return f"<w:tr><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if header else ''}</w:trPr>{''.join(written)}</w:tr>"


def _link(part: "Part", href: str, words: str) -> str:
    from docx.opc.constants import RELATIONSHIP_TYPE

    identity = part.relate_to(_clean(href), RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    return f'<w:hyperlink r:id="{identity}">{words}</w:hyperlink>'


def _run(text: str, style: str = "") -> str:
    words = html.escape(_clean(text))
    return f'<w:r><w:rPr>{style}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def _paragraph(inside: str, style: str = "", properties: str = "") -> str:
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{named}{properties}</w:pPr>{inside}</w:p>"


def _clean(text: str) -> str:
    """Show a character that no Word file can hold as U+FFFD."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _write(document: "Document", paragraphs: str) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    end = document.element.body.sectPr
    for paragraph in list(parse_xml(f"<w:body {nsdecls('w', 'r')}>{paragraphs}</w:body>")):
        end.addprevious(paragraph)


def _paper(document: "Document", sheet: Sheet) -> None:
    """Lay out A4 pages with “2 / 3” at the foot, in fields that Word counts itself, and what marks the copy."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(27)
    section.top_margin, section.bottom_margin = Mm(24), Mm(26)
    page, pages = (f'<w:fldSimple w:instr="{name}">{_run("1")}</w:fldSimple>' for name in ("PAGE", "NUMPAGES"))
    marks = [sheet.draft, sheet.confidential.footer if sheet.confidential else ""]
    kept = "".join(_run(f"{one} · ", "<w:b/><w:bCs/>") for one in marks if one)
    foot = _paragraph(f"{kept}{page}{_run(' / ')}{pages}", "Footer", '<w:jc w:val="center"/>')
    empty = section.footer.paragraphs[0]._p
    empty.getparent().replace(empty, parse_xml(foot.replace("<w:p>", f"<w:p {nsdecls('w')}>", 1)))


def _styles(document: "Document", sheet: Sheet) -> None:
    styles = document.styles
    _style(styles["Normal"], 11, after=8, line=1.15, language=LANGUAGES[sheet.language].tag)
    for level in range(1, 10):
        _style(styles[f"Heading {level}"], 11, bold=True, before=18 if level <= 2 else 12, after=8)
    _style(styles["Footer"], 9, colour="555555")
    notice = _style(_new_style(styles, NOTICE), 10, bold=True, after=24)
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="8" w:space="6" w:color="000000"/>'
        for edge in ("top", "left", "bottom", "right")
    )
    _add(notice, f"<w:pBdr>{edges}</w:pBdr>")
    head = _style(_new_style(styles, LETTERHEAD), 10, after=24, colour="555555")
    _add(head, '<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="6" w:color="888888"/></w:pBdr>')
    _style(_new_style(styles, ADDRESS), 11, after=18)
    signatory = _style(_new_style(styles, SIGNATORY), 10.5, after=2)
    signatory.paragraph_format.keep_together = True
    named = len(sheet.signatories) + (len(sheet.confidential.names) if sheet.confidential else 0)
    number = _list(document, True, 1, _room(named))
    _add(signatory, f'<w:numPr><w:numId w:val="{number}"/></w:numPr>')


def _new_style(styles: Any, name: str) -> Any:
    from docx.enum.style import WD_STYLE_TYPE

    style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
    style.base_style = styles["Normal"]
    return style


def _style(
    style: Any,
    size: float,
    *,
    bold: bool = False,
    before: float = 0,
    after: float = 0,
    line: float | None = None,
    colour: str = "000000",
    language: str = "",
) -> Any:
    """Set a style: sizes and spaces in points, line spacing as a factor."""
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    letters = style.element.get_or_add_rPr()
    for fonts in letters.findall(qn("w:rFonts")):
        letters.remove(fonts)  # fonts of the theme would win over ours
    given = letters.get_or_add_rFonts()
    for script, font in _FONTS.items():
        given.set(qn(f"w:{script}"), font)
    style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
    style.font.color.rgb = RGBColor.from_string(colour)
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(before), Pt(after)
    if line:
        style.paragraph_format.line_spacing = line
    if language:
        _add_language(letters, language)
    return style


def _add_language(letters: Any, language: str) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    letters.append(parse_xml(f'<w:lang {nsdecls("w")} w:val="{html.escape(language)}" w:bidi="km-KH"/>'))


def _add(style: Any, xml: str) -> None:
    """Put a border or a numbering where the schema wants it: before spacing and indents."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    name = xml[1 : xml.index(">")]
    element = parse_xml(xml.replace(f"<{name}>", f"<{name} {nsdecls('w')}>", 1))
    style.element.get_or_add_pPr().insert_element_before(element, "w:spacing", "w:ind", "w:jc")


def _properties(document: "Document", sheet: Sheet, sealed_at: datetime) -> None:
    """Say who and when in the file's properties, and nothing about the machine that wrote it."""
    core = document.core_properties
    core.title, core.author = _clean(sheet.subject)[:255], _clean("".join(sheet.sender[:1]))[:255]
    core.language = sheet.language
    core.created = core.modified = sealed_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    core.comments = core.last_modified_by = core.keywords = ""
    core.revision = 1
    package = document.part.package
    for identity in [key for key, relation in package.rels.items() if relation.reltype.endswith("/thumbnail")]:
        del package.rels[identity]


def _without_clock(document: "Document") -> bytes:
    """Save the file with every time in its archive at the beginning of ZIP's calendar."""
    written, settled = io.BytesIO(), io.BytesIO()
    document.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(settled, "w") as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            target.writestr(entry, source.read(name))
    return settled.getvalue()
