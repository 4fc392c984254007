"""The words of one paragraph in a Word file, with what is bold, italic, a link or a note."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

from worker.definition.word_package import Relation
from worker.definition.word_styles import Styles, is_on, number, value
from worker.definition.word_told import Telling
from worker.text import characters
from worker.text.markdown import SAFE_LINK
from worker.text.markdown_writer import BREAK, Piece

SILENT = {
    *("w:pPr", "w:rPr", "w:proofErr", "w:bookmarkStart", "w:bookmarkEnd", "w:permStart", "w:permEnd", "w:sdtPr"),
    *("w:commentRangeStart", "w:commentRangeEnd", "w:lastRenderedPageBreak", "w:softHyphen", "w:sdtEndPr"),
    *("w:moveFromRangeStart", "w:moveFromRangeEnd", "w:moveToRangeStart", "w:moveToRangeEnd", "w:smartTagPr"),
    *("w:customXmlInsRangeStart", "w:customXmlInsRangeEnd", "w:customXmlDelRangeStart", "w:customXmlDelRangeEnd"),
    *("w:customXmlMoveFromRangeStart", "w:customXmlMoveFromRangeEnd", "w:customXmlMoveToRangeStart"),
    *("w:customXmlMoveToRangeEnd", "w:customXmlPr", "w:footnoteRef", "w:endnoteRef", "w:annotationRef"),
    *("w:separator", "w:continuationSeparator", "w:pgNum", "w:tblPr", "w:tblGrid", "w:tblPrEx", "w:trPr", "w:tcPr"),
    *("w:sectPr", "w:rubyPr"),
}
_THROUGH = {"w:smartTag", "w:customXml", "w:dir", "w:bdo", "w:sdtContent", "w:rubyBase"}
INSERTED, DELETED = {"w:ins", "w:moveTo", "w:cellIns"}, {"w:del", "w:moveFrom"}
CELL_CHANGES = {"w:cellIns", "w:cellDel"}
_SYMBOLS = {  # of the fonts that Word itself puts in, by their code in the private area
    ("symbol", 0xB7): "•",
    ("wingdings", 0xA7): "▪",
    ("wingdings", 0xD8): "➢",
    ("wingdings", 0xE0): "→",
    ("wingdings", 0xE8): "→",
    ("wingdings", 0xFC): "✓",
    ("wingdings", 0xA8): "☐",
    ("wingdings", 0x6F): "☐",
    ("wingdings", 0xFE): "☑",
    ("wingdings", 0x4A): "☺",
}
_BREAKS = re.compile("[\x0b\x0c\x85\u2028\u2029]")


_CONTENTS = {"TOC", "TOA", "INDEX"}
_TOLD_ELSEWHERE = {
    *("HYPERLINK", "MERGEFIELD", "NOTEREF", "FORMTEXT", "FORMCHECKBOX", "FORMDROPDOWN", "ADDIN", "SYMBOL", "QUOTE"),
    *("CITATION", "BIBLIOGRAPHY", "SEQ", "EQ"),
}
_FONTS_OF_SIGNS = ("wingdings", "webdings", "symbol", "zapf", "marlett", "limon", "abc-", "abc zoo")
_OF_NOTE = re.compile(r"NOTEREF \S|REF _Ref[FE]\d+(?: |$)")  # of Word; of LibreOffice
_TINY = 8  # half points


@dataclass
class _Field:
    instruction: str = ""
    shows: bool = False
    is_left_out: bool = False


@dataclass
class Runs:
    """Reads paragraph by paragraph; fields go on from one to the next."""

    styles: Styles
    telling: Telling
    changes: str
    relations: Mapping[str, Relation]
    notes: list[tuple[str, str]] = field(default_factory=list)
    languages: dict[str, int] = field(default_factory=dict)
    in_note: bool = False
    marked: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The notes that bookmarks stand at, by the bookmark's name."""
    boxes: list[Element] = field(default_factory=list)
    """Text boxes of the paragraph, whose paragraphs come after it."""
    _fields: list[_Field] = field(default_factory=list)
    _style: str = ""
    _is_plain: bool = True
    _pieces: list[Piece] = field(default_factory=list)
    _skips_mark: bool = False

    def pieces(self, paragraph: Element, style: str, *, own_style: bool) -> list[Piece]:
        """The words of a paragraph; without the bold and italics of all of it where that is how its kind is shown."""
        self._style, self._is_plain, self._pieces = style, not own_style, []
        self._walk(paragraph, "")
        while self._fields and not self._fields[-1].shows:
            self._fields.pop()  # of a file that forgot its end: what follows is text
        pieces = self._without_unfit(self._pieces)
        words = [piece for piece in pieces if piece.text.strip() or piece.note]
        if own_style:
            for name in ("bold", "italic"):
                if words and all(getattr(piece, name) for piece in words):
                    off = {"bold": False} if name == "bold" else {"italic": False}
                    pieces = [replace(piece, **off) for piece in pieces]  # type: ignore[arg-type]
        return pieces

    def is_taken(self, element: Element) -> bool:
        """Whether what a tracked change holds is part of the text; counts the change."""
        self.telling.track()
        inserted = element.tag in INSERTED
        return inserted != (self.changes == "reject")

    def through(self, element: Element) -> Iterator[Element]:
        """The children of an element, and those of wrappers that mean nothing in their place."""
        for child in element:
            if child.tag in INSERTED | DELETED:
                if self.is_taken(child):
                    yield from self.through(child)
            elif child.tag in _THROUGH:
                yield from self.through(child)
            elif child.tag == "w:sdt":
                yield from self._control(child)
            elif child.tag == "mc:AlternateContent":
                chosen = child.find("mc:Choice")
                chosen = chosen if chosen is not None else child.find("mc:Fallback")
                yield from () if chosen is None else self.through(chosen)
            elif child.tag not in SILENT:
                yield child

    def _control(self, control: Element) -> Iterator[Element]:
        properties = control.find("w:sdtPr")
        if properties is not None:
            if value(properties, "w:docPartObj/w:docPartGallery").lower() == "table of contents":
                return self.telling.tell("contents")
            if is_on(properties.find("w:showingPlcHdr")):
                return self.telling.tell("placeholder")
            if properties.find("w14:checkbox") is not None:
                self.telling.tell("form")
        content = control.find("w:sdtContent")
        if content is not None:
            yield from self.through(content)

    def _walk(self, element: Element, href: str) -> None:
        for child in self.through(element):
            match child.tag:
                case "w:r":
                    self._run(child, href)
                case "w:hyperlink":
                    self._walk(child, self._target(child))
                case "w:fldSimple":
                    self._fields.append(_Field(child.get("w:instr", ""), True))
                    self._tell_field()
                    self._walk(child, href)
                    self._fields.pop()
                case "m:oMath" | "m:oMathPara":
                    self.telling.tell("equation")
                case _:
                    self._unknown(child)

    def _unknown(self, element: Element) -> None:
        self.telling.tell("unknown", local_name(element))

    def _target(self, link: Element) -> str:
        relation = self.relations.get(link.get("r:id", ""))
        anchor = link.get("w:anchor", "")
        if relation is None:
            return self._address("", anchor)
        return self._address(relation.target, anchor)

    def _address(self, target: str, anchor: str) -> str:
        if not target:
            self.telling.tell("anchor")
            return ""
        address = f"{target}#{anchor}" if anchor else target
        if not SAFE_LINK.match(address.strip()) or len(address) > 2_000 or not address.strip().isprintable():
            self.telling.tell("address")
            return ""
        return address.strip()

    def _run(self, run: Element, href: str) -> None:
        properties = run.find("w:rPr")
        if properties is not None and properties.find("w:rPrChange") is not None:
            self.telling.tell("formatting")
        hidden = self._is(properties, "w:vanish")
        if hidden and _has_content(run):
            self.telling.tell("hidden")
        for child in self.through(run):
            if child.tag == "w:fldChar":
                self._field(child)
            elif child.tag in ("w:instrText", "w:delInstrText"):
                if self._fields and not self._fields[-1].shows:
                    self._fields[-1].instruction += child.text or ""
            elif not hidden and all(one.shows and not one.is_left_out for one in self._fields):
                self._content(child, properties, self._link() or href)

    def _content(self, child: Element, properties: Element | None, href: str) -> None:
        match child.tag:
            case "w:t" | "w:delText":
                self._text(child, properties, href)
            case "w:tab" | "w:ptab":
                self._add(" ", properties, href)
            case "w:br" | "w:cr":
                kind = child.get("w:type", "textWrapping")
                self._add(BREAK if kind == "textWrapping" else " ", properties, href)
            case "w:noBreakHyphen":
                self._add("\u2011", properties, href)
            case "w:sym":
                self._symbol(child, properties, href)
            case "w:footnoteReference" | "w:endnoteReference":
                self._note(child)
            case "w:commentReference":
                self.telling.tell("comment")
            case "w:drawing" | "w:pict" | "w:object":
                self._drawing(child)
            case "w:ruby":
                self.telling.tell("ruby")
                base = child.find("w:rubyBase")
                if base is not None:
                    self._walk(base, href)
            case "w:subDoc":
                self.telling.tell("file")
            case "m:oMath" | "m:oMathPara":
                self.telling.tell("equation")
            case _:
                self._unknown(child)

    def _text(self, child: Element, properties: Element | None, href: str) -> None:
        text = child.text or ""
        if child.get("xml:space") != "preserve":
            text = text.strip(" \t\r\n")
        if self._skips_mark:
            self._skips_mark = False
            return
        text = _BREAKS.sub(BREAK, re.sub(r"[\t\r\n]", " ", text))
        for at, line in enumerate(text.split(BREAK)):
            if at:
                self._add(BREAK, properties, href)
            self._add(line, properties, href)

    def _add(self, text: str, properties: Element | None, href: str) -> None:
        if not text:
            return
        complex_ = not text.isascii() and any("\u1780" <= one <= "\u17ff" for one in text)
        bold = self._is(properties, "w:b") or (complex_ and self._is(properties, "w:bCs"))
        italic = self._is(properties, "w:i") or (complex_ and self._is(properties, "w:iCs"))
        self._pieces.append(Piece(text, bold, italic, href))
        if text.strip():
            self._tell_style(properties, bool(href))
            language = properties.find("w:lang") if properties is not None else None
            tag = (language.get("w:val") if language is not None else "") or ""
            self.languages[tag[:20]] = self.languages.get(tag[:20], 0) + len(text)

    def _is(self, properties: Element | None, name: str) -> bool:
        """Whether a run is bold, italic or hidden: by itself, by its style, by the paragraph's."""
        found = properties.find(name) if properties is not None else None
        if found is None:
            found = self.styles.find(None, value(properties, "w:rStyle"), f"w:rPr/{name}", defaults=False)
        if found is None and (self._is_plain or name == "w:vanish"):
            found = self.styles.find(None, self._style, f"w:rPr/{name}", defaults=name == "w:vanish")
        return is_on(found)

    def _tell_style(self, properties: Element | None, linked: bool) -> None:
        if properties is None:
            return
        style = value(properties, "w:rStyle")
        found = {
            name: self.styles.find(properties, style, f"w:rPr/w:{name}", defaults=False)
            for name in ("strike", "dstrike", "u", "highlight", "shd", "color", "vertAlign", "sz", "rFonts")
        }
        if is_on(properties.find("w:caps")) or is_on(properties.find("w:smallCaps")):
            self.telling.tell("capitals")
        if 0 < number(_of(found["sz"])) <= _TINY:
            self.telling.tell("tiny")
        font = found["rFonts"].get("w:ascii", "") if found["rFonts"] is not None else ""
        if font.lower().startswith(_FONTS_OF_SIGNS):
            self.telling.tell("font", font[:40])
        if is_on(found["strike"]) or is_on(found["dstrike"]):
            self.telling.tell("struck")
        if _of(found["highlight"]) not in ("", "none") or _fill(found["shd"]):
            self.telling.tell("highlighted")
        if _of(found["vertAlign"]) in ("superscript", "subscript"):
            self.telling.tell("raised")
        colour = _of(found["color"]).upper()
        if colour == "FFFFFF":
            self.telling.tell("white")
        elif not linked and colour not in ("", "AUTO", "000000"):
            self.telling.tell("coloured")
        if not linked and _of(found["u"]) not in ("", "none"):
            self.telling.tell("underlined")

    def _symbol(self, child: Element, properties: Element | None, href: str) -> None:
        try:
            code = int(child.get("w:char", ""), 16)
        except ValueError:
            code = 0
        font = child.get("w:font", "").lower()
        sign = _SYMBOLS.get((font, code - 0xF000 if 0xF000 <= code <= 0xF0FF else code))
        if sign is None and 0x20 < code < 0xD800:
            sign = chr(code)
        if sign is None:
            self.telling.tell("sign")
        else:
            self._add(sign, properties, href)

    def _note(self, child: Element) -> None:
        if self.in_note:
            return self.telling.tell("note in note")
        if is_on_mark(child):
            self.telling.tell("note mark")
            self._skips_mark = True
        return self._refer(note_of(child))

    def _refer(self, note: tuple[str, str]) -> None:
        if note not in self.notes:
            self.notes.append(note)
        self._pieces.append(Piece("", note=self.notes.index(note) + 1))

    def _drawing(self, drawing: Element) -> None:
        boxes = list(_outermost(drawing, "w:txbxContent"))
        self.boxes += boxes
        if boxes:
            self.telling.tell("box")
        tags = {element.tag for element in drawing.iter()}
        pictures = [one for one in drawing.iter() if one.tag in ("a:blip", "v:imagedata")]
        if drawing.tag == "w:object" or any(tag.endswith("OLEObject") for tag in tags):
            self.telling.tell("object")
        elif any(tag.endswith(("}chart", "c:chart")) for tag in tags):
            self.telling.tell("chart")
        elif "dgm:relIds" in tags:
            self.telling.tell("diagram")
        elif pictures:
            linked = any("r:link" in one.attrib or self._is_outside(one) for one in pictures)
            self.telling.tell("linked picture" if linked else "picture")
        elif not boxes and not any(one.get("o:hr") for one in drawing.iter()):
            self.telling.tell("shape")

    def _is_outside(self, picture: Element) -> bool:
        relation = self.relations.get(picture.get("r:embed") or picture.get("r:id") or "")
        return relation is not None and relation.external

    def _field(self, mark: Element) -> None:
        match mark.get("w:fldCharType"):
            case "begin":
                self._fields.append(_Field())
                if mark.find("w:ffData") is not None:
                    self.telling.tell("form")
            case "separate":
                if self._fields:
                    self._fields[-1].shows = True
                    self._tell_field()
            case "end":
                if self._fields:
                    self._fields.pop()

    def _tell_field(self) -> None:
        field_ = self._fields[-1]
        name, *words = field_.instruction.split() or [""]
        name = name.upper()
        if name == "MERGEFIELD":
            self.telling.tell("merge")
        elif name == "HYPERLINK":
            target, anchor = _hyperlink(field_.instruction)
            field_.instruction = f"HYPERLINK {self._address(target, anchor)}"
        elif name in _CONTENTS:
            field_.is_left_out = True
            self.telling.tell("contents")
        elif _OF_NOTE.match(f"{name} {' '.join(words)}") and words[0] in self.marked and not self.in_note:
            field_.is_left_out = True
            self._refer(self.marked[words[0]])
        elif name and name not in _TOLD_ELSEWHERE:
            self.telling.tell("field", name[:20])

    def _link(self) -> str:
        for one in reversed(self._fields):
            if one.instruction.startswith("HYPERLINK "):
                return one.instruction.removeprefix("HYPERLINK ")
        return ""

    def _without_unfit(self, pieces: list[Piece]) -> list[Piece]:
        """Take out the characters that no letter may have, as `check` finds them."""
        text = "".join(piece.text for piece in pieces)
        unfit = dict(characters.unfit(text, "\n\t"))
        if not unfit:
            return pieces
        for name in dict.fromkeys(unfit.values()):
            self.telling.tell("tower" if "mark too many" in name or "outside one font" in name else "unfit", name[:6])
        kept, at = [], 0
        for piece in pieces:
            words = "".join(one for place, one in enumerate(piece.text, at) if place not in unfit)
            at += len(piece.text)
            if words or piece.note:
                kept.append(replace(piece, text=words))
        return kept


def local_name(element: Element) -> str:
    return re.split("[}:]", element.tag)[-1][:40]


def note_of(reference: Element) -> tuple[str, str]:
    """Whether a reference leads to a footnote or to an endnote, and to which."""
    return reference.tag.removeprefix("w:").removesuffix("Reference"), reference.get("w:id", "")


def is_on_mark(reference: Element) -> bool:
    return reference.get("w:customMarkFollows", "0").lower() in ("1", "true", "on")


def _of(element: Element | None) -> str:
    return element.get("w:val", "") if element is not None else ""


def _fill(shading: Element | None) -> bool:
    return shading is not None and shading.get("w:fill", "auto").lower() not in ("auto", "ffffff", "")


def _has_content(run: Element) -> bool:
    return any((child.text or "").strip() if child.tag == "w:t" else child.tag not in _EMPTY for child in run)


_EMPTY = SILENT | {"w:fldChar", "w:instrText", "w:tab", "w:br", "w:cr", "w:delText"}


def _hyperlink(instruction: str) -> tuple[str, str]:
    r"""The address and the place in `HYPERLINK "https://…" \l "place"`."""
    words = re.findall(r'"([^"]*)"|(\S+)', instruction.replace("\u201c", '"').replace("\u201d", '"'))[1:]
    target = anchor = ""
    takes = ""
    for quoted, bare in words[:20]:
        if bare.startswith("\\"):
            takes = bare.lower()
            continue
        word = quoted or bare
        if takes == "\\l":
            anchor = word
        elif takes in ("", "\\h", "\\n", "\\m") and not target:
            target = word
        takes = ""
    return target, anchor


def _outermost(element: Element, tag: str) -> Iterable[Element]:
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag == "mc:AlternateContent":
            chosen = child.find("mc:Choice")
            chosen = chosen if chosen is not None else child.find("mc:Fallback")
            yield from () if chosen is None else _outermost(chosen, tag)
        else:
            yield from _outermost(child, tag)
