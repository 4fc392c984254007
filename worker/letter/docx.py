"""The letter for Word: the same words in the same order, with lists that Word itself numbers.

A number that was typed would be wrong as soon as somebody takes a line out; a paragraph of the list holds
the name and nothing else.
"""

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from worker import prose
from worker.letter.text import Sheet

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

SIGNATORY = "Signatory"
_LOCALES = {"en": "en-GB", "fr": "fr-FR", "km": "km-KH"}
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_INK = "555555"


def as_docx(sheet: Sheet, sealed_at: datetime) -> bytes:
    """Set a letter as a Word file; the same sheet and moment give the same bytes.

    `sealed_at` carries its zone. Signatories are the paragraphs in the style “Signatory”.
    """
    import docx

    if sealed_at.tzinfo is None:
        raise ValueError("sealed_at needs its zone")
    document = docx.Document()
    _paper(document)
    _styles(document, sheet)
    _properties(document, sheet, sealed_at)
    _opening(document, sheet)
    _blocks(document, sheet.body)
    _signatories(document, sheet)
    return _without_clock(document)


def _paper(document: "Document") -> None:
    from docx.shared import Mm

    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(27)
    section.top_margin, section.bottom_margin = Mm(24), Mm(26)
    _page_numbers(section.footer.paragraphs[0])


def _page_numbers(footer: "Paragraph") -> None:
    """Write “2 / 3” as fields, which Word counts itself."""
    _centre(footer)
    for instruction, between in (("PAGE", " / "), ("NUMPAGES", "")):
        field = _element("w:fldSimple", instr=instruction)
        run = _element("w:r")
        run.append(_text_element("1"))
        field.append(run)
        footer._p.append(field)
        if between:
            footer.add_run(between)


def _styles(document: "Document", sheet: Sheet) -> None:
    from docx.enum.style import WD_STYLE_TYPE
    from docx.shared import Pt

    normal = document.styles["Normal"]
    _letters(normal, 11)
    normal.element.rPr.append(_element("w:lang", val=_LOCALES.get(sheet.language, sheet.language), bidi="km-KH"))
    normal.paragraph_format.space_after = Pt(8)
    normal.paragraph_format.line_spacing = 1.15
    for level in range(1, 10):
        heading = document.styles[f"Heading {level}"]
        _letters(heading, 11, bold=True)
        heading.paragraph_format.space_before = Pt(18 if level <= 2 else 12)
        heading.paragraph_format.space_after = Pt(8)
    _letters(document.styles["Footer"], 9, colour=_INK)
    signatory = document.styles.add_style(SIGNATORY, WD_STYLE_TYPE.PARAGRAPH)
    _letters(signatory, 10.5)
    signatory.base_style = normal
    signatory.paragraph_format.space_after = Pt(2)
    signatory.paragraph_format.keep_together = True
    number = _list_definition(document, True, 1, digits=len(str(len(sheet.signatories))))
    signatory.element.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number


def _letters(style: Any, size: float, bold: bool = False, colour: str = "000000") -> None:
    """Give a style our letters; the template's theme fonts would win over them, so they go."""
    from docx.shared import Pt, RGBColor

    properties = style.element.get_or_add_rPr()
    for fonts in properties.findall(properties.nsmap_tag("w:rFonts") if False else _name("w:rFonts")):
        properties.remove(fonts)
    latin = "Cambria"
    properties.insert(0, _element("w:rFonts", ascii=latin, hAnsi=latin, eastAsia=latin, cs="Khmer UI"))
    style.font.size, style.font.bold, style.font.italic = Pt(size), bold, False
    style.font.color.rgb = RGBColor.from_string(colour)


def _properties(document: "Document", sheet: Sheet, sealed_at: datetime) -> None:
    """Say who and when in the file's properties, and nothing about the machine that wrote it."""
    moment = sealed_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    core = document.core_properties
    core.title, core.author, core.language = _clean(sheet.subject)[:255], _sender(sheet)[:255], sheet.language
    core.created = core.modified = moment
    core.comments = core.last_modified_by = core.keywords = ""
    core.revision = 1
    package = document.part.package
    for identity, relation in list(package.rels.items()):
        if relation.reltype.endswith("/thumbnail"):
            del package.rels[identity]


def _sender(sheet: Sheet) -> str:
    return _clean(sheet.sender[0]) if sheet.sender else ""


def _opening(document: "Document", sheet: Sheet) -> None:
    """Write what stands before the first sentence, from the letterhead to the salutation."""
    _letterhead(document, sheet)
    if sheet.authentic_note:
        document.add_paragraph().add_run(_clean(sheet.authentic_note)).italic = True
    _lines(document, sheet.addressee, after=18)
    _lines(document, [sheet.date], after=18)
    document.add_heading(_clean(sheet.subject), level=1)
    document.add_paragraph(_clean(sheet.salutation))


def _letterhead(document: "Document", sheet: Sheet) -> None:
    from docx.shared import Pt, RGBColor

    head = _lines(document, sheet.sender, after=24)
    for run in head.runs:
        run.font.size, run.font.color.rgb = Pt(10), RGBColor.from_string(_INK)
    if head.runs:
        head.runs[0].font.size, head.runs[0].bold = Pt(13), True
        head.runs[0].font.color.rgb = RGBColor(0, 0, 0)
    border = _element("w:pBdr")
    border.append(_element("w:bottom", val="single", sz="4", space="6", color=_INK))
    head._p.get_or_add_pPr().insert_element_before(border, "w:spacing", "w:jc", "w:rPr")


def _lines(document: "Document", lines: list[str], after: float) -> "Paragraph":
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    for number, line in enumerate(lines):
        run = paragraph.add_run()
        if number:
            run.add_break()
        run.add_text(_clean(line))
    paragraph.paragraph_format.space_after = Pt(after)
    return paragraph


def _blocks(document: "Document", tree: list[prose.Block], depth: int = 0) -> None:
    """Write a tree; `depth` counts the lists and quotations around it."""
    for block in tree:
        match block["kind"]:
            case "heading":
                _runs(document.add_heading(level=min(block["level"] + 1, 9)), block["runs"])
            case "paragraph":
                paragraph = document.add_paragraph()
                _indent(paragraph, depth)
                _runs(paragraph, block["runs"])
            case "list":
                _listing(document, block, depth)
            case "quote":
                _blocks(document, block["blocks"], depth + 1)
            case "rule":
                _centre(document.add_paragraph("* * *"))


def _listing(document: "Document", block: prose.Listing, depth: int) -> None:
    last = block["start"] + len(block["items"]) - 1
    number = _list_definition(document, block["ordered"], block["start"], len(str(last)), depth)
    for item in block["items"]:
        first = document.add_paragraph()
        properties = first._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val = 0
        properties.get_or_add_numId().val = number
        if item and item[0]["kind"] == "paragraph":
            _runs(first, item[0]["runs"])
            item = item[1:]
        _blocks(document, item, depth + 1)
        if block["tight"] and item is not block["items"][-1]:
            _close_up(first)


def _close_up(paragraph: "Paragraph") -> None:
    from docx.shared import Pt

    paragraph.paragraph_format.space_after = Pt(3)


def _indent(paragraph: "Paragraph", depth: int) -> None:
    from docx.shared import Twips

    if depth:
        paragraph.paragraph_format.left_indent = Twips(_STEP * depth)


_STEP = 480  # twentieths of a point that a list or quotation stands further in
_DIGIT = 120


def _list_definition(document: "Document", ordered: bool, start: int, digits: int, depth: int = 0) -> int:
    """Define a list of its own, numbered from `start`, with the numbers' right ends in line; its identity."""
    numbering = document.part.numbering_part.element
    identity = 1 + max(int(element.get(_name("w:abstractNumId"))) for element in numbering.findall(_ABSTRACT()))
    level = _element("w:lvl", ilvl="0")
    level.append(_element("w:start", val=str(start)))
    level.append(_element("w:numFmt", val="decimal" if ordered else "bullet"))
    level.append(_element("w:lvlText", val="%1." if ordered else "•"))
    level.append(_element("w:lvlJc", val="right"))
    indent = _element("w:pPr")
    left = max(_STEP, _DIGIT * (digits + 2)) + _STEP * depth
    indent.append(_element("w:ind", left=str(left), hanging="140"))
    level.append(indent)
    definition = _element("w:abstractNum", abstractNumId=str(identity))
    definition.append(_element("w:multiLevelType", val="singleLevel"))
    definition.append(level)
    numbering.insert(list(numbering).index(numbering.find(_name("w:num"))), definition)
    return int(numbering.add_num(identity).numId)
