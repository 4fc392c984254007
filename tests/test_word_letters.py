"""A letter as it is in Word becomes Markdown of the same words; what is lost is told with its place."""

import re
from datetime import UTC, datetime
from typing import Any

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.word_files import BULLETS, NUMBERS, document_xml, item, note, numbering, p, r, table, with_parts, word_file
from worker.definition import word
from worker.text import markdown

BOLD, ITALIC = "<w:b/>", "<w:i/>"


def taken(*blocks: str, changes: word.Changes = "", **parts: Any) -> dict[str, Any]:
    return word.as_markdown(word_file(*blocks, **parts), changes)


def body(*blocks: str, **parts: Any) -> str:
    """What stands below the first line."""
    read = taken(*blocks, **parts)
    assert "problem" not in read, read
    return str(read["markdown"]).partition("\n\n")[2].rstrip("\n")


def told(*blocks: str, **parts: Any) -> str:
    return "\n".join(f"{one['where']}: {one['found']}. {one['fix']}" for one in taken(*blocks, **parts)["remarks"])


# The subject


@pytest.mark.parametrize(
    ("blocks", "whence"),
    [
        ([p("Dear Minister,"), p("Stop the dam", style="Title"), p("We write.")], "title"),
        ([p("Dear Minister,"), p("Stop the dam", style="Heading1"), p("We write.")], "heading"),
        ([p("Dear Minister,"), p("Stop the dam", properties='<w:outlineLvl w:val="0"/>'), p("We write.")], "heading"),
        ([p("Dear Minister,"), p("Re: Stop the dam"), p("We write.")], "line"),
        ([p("Dear Minister,"), p("Subject: Stop the dam"), p("We write.")], "line"),
        ([p("Dear Minister,"), p("Objet\u00a0: Stop the dam"), p("We write.")], "line"),
        ([p("Dear Minister,"), p("កម្មវត្ថុ៖ Stop the dam"), p("We write.")], "line"),
        ([p("Dear Minister,"), p(r("Subject:", BOLD), " Stop the dam"), p("We write.")], "line"),
    ],
)
def test_the_subject_is_found_and_stands_first(blocks: list[str], whence: str) -> None:
    read = taken(*blocks)
    assert read["markdown"] == "# Stop the dam\n\nDear Minister,\n\nWe write.\n"
    assert read["subject_from"] == whence


def test_a_letter_without_a_subject_asks_for_one() -> None:
    read = taken(p("We write."))
    assert read["markdown"] == "# The letter's subject\n\nWe write.\n"
    assert read["subject"] == ""


def test_a_note_in_the_subject_is_moved_and_told() -> None:
    blocks = [p("Stop the dam", note(1), style="Title"), p("We write.")]
    assert body(*blocks, footnotes={1: "Built by X."}) == "We write.[^1]\n\n[^1]: Built by X."
    assert "a note in the subject" in told(*blocks, footnotes={1: "Built by X."})


# Words and their styles


@pytest.mark.parametrize(
    ("inside", "written"),
    [
        ([r("The "), r("dam", BOLD), r(" must "), r("wait", ITALIC)], "The **dam** must *wait*"),
        ([r("both", BOLD + ITALIC)], "***both***"),
        ([r("Note: ", BOLD), r("it leaks")], "**Note:** it leaks"),
        ([r("(a)", BOLD), r("text")], "**(a**)text"),
        ([r("bo", BOLD), r("ld", BOLD)], "**bold**"),
        ([r("off", '<w:b w:val="0"/>')], "off"),
        ([r("strong", '<w:rStyle w:val="Strong"/>')], "**strong**"),
        ([r("one"), "<w:r><w:br/></w:r>", r("two")], "one\\\ntwo"),
        ([r("page"), '<w:r><w:br w:type="page"/></w:r>', r("end")], "page end"),
        ([r("a"), "<w:r><w:tab/></w:r>", r("b")], "a b"),
        ([r("Jean"), "<w:r><w:noBreakHyphen/></w:r>", r("Luc")], "Jean\u2011Luc"),
        ([r("soft"), "<w:r><w:softHyphen/></w:r>", r("ly")], "softly"),
        ([r("“Quoted” l’eau\u00a0: 5\u00a0%")], "“Quoted” l’eau\u00a0: 5\u00a0%"),
        ([r("ទន្លេ\u200bមេគង្គ")], "ទន្លេ\u200bមេគង្គ"),
        ([r("ឃ", "<w:bCs/>")], "**ឃ**"),
        (['<w:smartTag w:element="place">' + r("Paris") + "</w:smartTag>"], "Paris"),
        (["<w:sdt><w:sdtPr/><w:sdtContent>" + r("chosen") + "</w:sdtContent></w:sdt>"], "chosen"),
        (['<w:fldSimple w:instr="DATE">' + r("1 May") + "</w:fldSimple>"], "1 May"),
        (['<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>', r(" done")], "✓ done"),
    ],
)
def test_words_and_their_styles_are_kept(inside: list[str], written: str) -> None:
    assert body(p(*inside)) == written


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1. not a list",
            "- not a list",
            "+ not",
            "# not a heading",
            "> not a quotation",
            "*not italic*",
            "_nor this_",
        ),
        *(
            "[no](link)",
            "[^1]",
            "![x](y)",
            "<b>no tag</b>",
            "a | b",
            "`code`",
            "~~struck~~",
            "&amp; &#65;",
            "{{ name }}",
        ),
        *("{% if %}", "{# x #}", "---", "C:\\dir\\*", "snake_case __init__", "https://a.example/x_y_z?a=1&b=2", "1) x"),
        *("see [x]: y", "===", "~~~", "```", "**", "a*b*c", "\\", "5 < 6 > 4", "a@b.example", "2024. Then", "!"),
    ],
)
def test_signs_stand_for_themselves(text: str) -> None:
    written = body(p("first"), p(r(text)), p("last")).split("\n\n")[1]
    (block,) = markdown.blocks(written)
    assert block["kind"] == "paragraph"
    assert "".join(run["text"] for run in block["runs"]) == text
    assert not any(run["bold"] or run["italic"] for run in block["runs"])


@pytest.mark.parametrize(
    "text", ["50 % (of 3) - really!", "a_b", "Law No. 5/2019", "“[sic]”", "A & B", "{{ count }} {{ members }}"]
)
def test_ordinary_text_is_not_escaped(text: str) -> None:
    assert body(p(text)) == text


_WORDS = st.text(st.sampled_from(list("ab1. *_#[](){}<>|\\`~!&;:-+=/@^\u00a0éក្ខ“”$%")), min_size=1, max_size=12)
_EMPTY = word_file()
_RUNS = st.lists(st.tuples(_WORDS, st.booleans(), st.booleans()), min_size=1, max_size=5)


@settings(max_examples=200, deadline=None)
@given(st.lists(_RUNS, min_size=1, max_size=3))
def test_whatever_is_written_reads_as_the_same_words(paragraphs: list[list[tuple[str, bool, bool]]]) -> None:
    written = (p(*(r(text, BOLD * bold + ITALIC * italic) for text, bold, italic in runs)) for runs in paragraphs)
    read = word.as_markdown(with_parts(_EMPTY, document=document_xml("".join(written))))
    wanted = ["".join(text for text, *_ in runs) for runs in paragraphs]
    wanted = [" ".join(words.split()) for words in wanted if words.strip() and not re.fullmatch(r"[-*_=\s]+", words)]
    if "problem" in read:
        assert not wanted
        return
    found = []
    for block in markdown.blocks(read["markdown"].partition("\n\n")[2]):
        if block["kind"] != "rule":
            assert block["kind"] == "paragraph", read["markdown"]
            found.append(" ".join("".join(run["text"] for run in block["runs"]).split()))
    found = [words for words in found if not re.fullmatch(r"[-*_=\s]+", words)]
    assert found == wanted


def test_nothing_is_said_to_be_lost_where_spaces_alone_are() -> None:
    blocks = [p("\u00a0 lead  and   trail "), p("x\u00a0")]
    assert body(*blocks) == "lead and trail\n\nx"
    assert told(*blocks) == ""


# Links


def test_links_are_kept() -> None:
    links = {"rId90": "https://a.example/x y", "rId91": "mailto:a@b.example", "rId92": "https://b.example/"}
    written = body(
        p('<w:hyperlink r:id="rId90">' + r("the report") + "</w:hyperlink>"),
        p("Write to ", '<w:hyperlink r:id="rId91">' + r("a@b.example") + "</w:hyperlink>", "."),
        p('<w:hyperlink r:id="rId92" w:anchor="top">' + r("here") + "</w:hyperlink>"),
        p(*_field('HYPERLINK "https://c.example/d"', r("field"))),
        links=links,
    )
    assert written.split("\n\n") == [
        *("[the report](https://a.example/x%20y)", "Write to <a@b.example>.", "[here](https://b.example/#top)"),
        "[field](https://c.example/d)",
    ]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "javascript:alert(1)", "../other.docx", "\\\\server\\share"])
def test_a_link_to_what_is_no_address_loses_it_and_is_told(target: str) -> None:
    blocks = [p('<w:hyperlink r:id="rId90">' + r("words") + "</w:hyperlink>")]
    assert body(*blocks, links={"rId90": target}) == "words"
    assert "something that is not a web or email address" in told(*blocks, links={"rId90": target})


def test_a_link_of_several_styles_is_one_and_its_edges_are_outside() -> None:
    words = '<w:hyperlink r:id="rId90">' + r(" bold", BOLD) + r(" and plain ") + "</w:hyperlink>"
    assert body(p("see", words, "x"), links={"rId90": "https://a.example/"}) == (
        "see [**bold** and plain](https://a.example/) x"
    )


def _field(instruction: str, *result: str) -> list[str]:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'
    told = f'<w:r><w:instrText xml:space="preserve"> {instruction.replace(chr(34), "&quot;")} </w:instrText></w:r>'
    return [mark.format("begin"), told, mark.format("separate"), *result, mark.format("end")]


# Headings, lists, tables, notes


def test_headings_stand_below_the_subject() -> None:
    written = body(p("S", style="Title"), p("One", style="Heading1"), p("Two", style="Heading2"), p("x"))
    assert written == "## One\n\n### Two\n\nx"
    assert body(p("S", style="Heading1"), p("Two", style="Heading2"), p("x")) == "## Two\n\nx"
    assert body(p("Bold", style="Heading3"), p(r("x", BOLD), style="Heading2")) == "### Bold\n\n## x"


def test_a_heading_keeps_its_number() -> None:
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="101"/></w:numPr>'
    headings = [p(one, style="Heading2", properties=number) for one in ("Facts", "Demands")]
    assert body(p("S", style="Title"), *headings) == "## 1. Facts\n\n## 2. Demands"


def test_lists_nest_continue_and_start_where_they_do() -> None:
    written = body(
        *(item("a"), item("b", 1), item("c", 1), item("d"), p("Then:"), item("one", 0, 101), item("two", 0, 101)),
        *(p("And, still counted:"), item("three", 0, 101), item("sub", 1, 101), p("Anew:"), item("one", 0, 102)),
        restarts={102: 101},
    )
    assert written == (
        "- a\n  - b\n  - c\n- d\n\nThen:\n\n1. one\n2. two\n\nAnd, still counted:\n\n3. three\n   1. sub\n\n"
        "Anew:\n\n1. one"
    )


def test_a_list_that_starts_elsewhere_starts_there() -> None:
    five = numbering(105, ("decimal", "%1."), start=5)
    assert body(item("five", 0, 105), item("six", 0, 105), lists=(BULLETS, NUMBERS, five)) == "5. five\n6. six"


def test_letters_of_a_list_become_numbers_and_are_told() -> None:
    letters = numbering(106, ("lowerLetter", "(%1)"))
    blocks = [item("x", 0, 106), item("y", 0, 106)]
    assert body(*blocks, lists=(BULLETS, letters)) == "1. x\n2. y"
    assert "a list numbered in another way ((a), (b))" in told(*blocks, lists=(BULLETS, letters))


def test_lists_of_the_styles_of_word_are_lists() -> None:
    assert body(p("a", style="ListBullet"), p("b", style="ListBullet")) == "- a\n- b"


def test_notes_are_kept_and_numbered_as_they_come() -> None:
    written = body(
        p("First", note(7), " and ", note(3, end=True), "."),
        p("Again."),
        footnotes={7: "The *Times*.", 8: "nowhere"},
        endnotes={3: p("Two") + p("lines")},
    )
    assert written == "First[^1] and [^2].\n\nAgain.\n\n[^1]: The \\*Times\\*.\n\n[^2]: Two lines"


def test_a_simple_table_is_one() -> None:
    written = body(p("S"), table(["Dam", "MW"], ["Sambor | 2", p(r("1,700", BOLD))], ["", "x"]))
    bold = table([p(r("Dam", BOLD)), p(r("MW", BOLD))], ["a", "b"])
    assert body(p("S"), bold) == "S\n\n| Dam | MW |\n| --- | --- |\n| a | b |"
    assert written == "S\n\n| Dam | MW |\n| --- | --- |\n| Sambor \\| 2 | **1,700** |\n|  | x |"


def test_a_table_that_is_not_simple_keeps_its_words_and_is_told() -> None:
    merged = table(["Both", "x"], ["a", "b"], cell='<w:vMerge w:val="restart"/>')
    assert body(p("S"), merged) == "S\n\nBoth · x\n\na · b"
    assert "table 1: a table with merged or nested cells" in told(p("S"), merged)
    nested = table([table(["in", "side"], ["c", "d"]) + "<w:p/>", "x"], ["a", "b"])
    assert "in" in body(p("S"), nested)
    assert "merged or nested" in told(p("S"), nested)
    assert body(table([p("Letterhead") + item("with a list"), "Phnom Penh"])) == (
        "Letterhead\n\n- with a list\n\nPhnom Penh"
    )


def test_quotations_and_rules() -> None:
    assert body(p("S"), p("Q", style="Quote"), p("Q2", style="Quote"), p("* * *"), p("x")) == (
        "S\n\n> Q\n>\n> Q2\n\n---\n\nx"
    )


# What is not taken


_DRAWING = "<w:r><w:drawing>{}</w:drawing></w:r>"
_BOX = "<mc:AlternateContent><mc:Choice><w:drawing><wps:txbx><w:txbxContent>{0}</w:txbxContent></wps:txbx></w:drawing>"
_BOX += "</mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>{0}</w:txbxContent></v:textbox></w:pict>"
_BOX += "</mc:Fallback></mc:AlternateContent>"


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        (_DRAWING.format("<pic:pic><a:blip/></pic:pic>"), "a picture."),
        (_DRAWING.format('<pic:pic><a:blip r:link="rId90"/></pic:pic>'), "a picture that lies in another file"),
        ('<w:r><w:pict><v:imagedata r:id="rId90"/></w:pict></w:r>', "a picture that lies in another file"),
        (_DRAWING.format('<c:chart r:id="x"/>'), "a chart"),
        (_DRAWING.format("<dgm:relIds/>"), "a diagram"),
        (_DRAWING.format("<wps:wsp/>"), "a drawing"),
        ("<w:r><w:object><o:OLEObject/></w:object></w:r>", "an embedded object"),
        ("<m:oMath><m:r><m:t>x=1</m:t></m:r></m:oMath>", "an equation"),
        ('<w:r><w:commentReference w:id="1"/></w:r>', "a comment"),
        (r("the name of a source", "<w:vanish/>"), "hidden text"),
        ('<w:r><w:fldChar w:fldCharType="begin"><w:ffData/></w:fldChar></w:r>', "a form field"),
        ("<w:sdt><w:sdtPr><w14:checkbox/></w:sdtPr><w:sdtContent/></w:sdt>", "a form field"),
        ('<w:fldSimple w:instr="MERGEFIELD Name"/>', "a field of a mail merge"),
        (
            "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>" + r("x") + "</w:sdtContent></w:sdt>",
            "a place that nobody",
        ),
        ('<w:r><w:sym w:font="Webdings" w:char="F021"/></w:r>', "a character that only one font has"),
        ("<w:r><w:wonder/></w:r>", "something that this program does not know (wonder)"),
        (r("", "") + '<w:hyperlink w:anchor="x">' + r("") + "</w:hyperlink>", "a link to another place"),
    ],
)
def test_what_is_left_out_is_told_with_its_place(inside: str, kind: str) -> None:
    blocks = [p("First."), p("The dam must wait", inside), p("Last.")]
    links = {"rId90": "file:///etc/passwd"}
    assert body(*blocks, links=links) == "First.\n\nThe dam must wait\n\nLast."
    assert f"paragraph 2, “The dam must wait”: {kind}" in told(*blocks, links=links)


@pytest.mark.parametrize(
    ("style", "kind"),
    [
        *(("<w:strike/>", "struck out"), ("<w:dstrike/>", "struck out"), ('<w:u w:val="single"/>', "underlined")),
        *(('<w:highlight w:val="yellow"/>', "highlighted"), ('<w:color w:val="FF0000"/>', "coloured")),
        *(('<w:color w:val="FFFFFF"/>', "white"), ('<w:vertAlign w:val="superscript"/>', "raised")),
    ],
)
def test_words_in_a_style_that_letters_lack_are_kept_and_told(style: str, kind: str) -> None:
    blocks = [p("km", r("2", style)), p("more", r("3", style))]
    assert body(*blocks) == "km2\n\nmore3"
    (said,) = [line for line in told(*blocks).split("\n") if kind in line]
    assert said.startswith("paragraph 1, “km2”; paragraph 2, “more3”: ")


def test_what_a_text_box_says_stands_after_its_paragraph_once() -> None:
    blocks = [p("Before", "<w:r>" + _BOX.format(p("In the box")) + "</w:r>"), p("After")]
    assert body(*blocks) == "Before\n\nIn the box\n\nAfter"
    assert "paragraph 1, “Before”: a text box" in told(*blocks)


_MARK = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'


def field(instruction: str, *shows: str) -> str:
    """A field as Word writes it: what it is, and what it showed when the file was saved."""
    code = f'<w:r><w:instrText xml:space="preserve"> {instruction} </w:instrText></w:r>'
    return _MARK.format("begin") + code + _MARK.format("separate") + "".join(map(r, shows)) + _MARK.format("end")


@pytest.mark.parametrize("code", ["TOC", "INDEX", "TOA"])
def test_a_table_of_contents_over_several_paragraphs_is_left_out(code: str) -> None:
    begin, end = field(f'{code} \\o "1-3"', "Introduction 1").split(_MARK.format("end"))[0], p(_MARK.format("end"))
    blocks = [p("Before."), p(begin), p("The law 7"), end, p("We write.")]
    assert body(*blocks) == "Before.\n\nWe write."
    assert "a table of contents" in told(*blocks)


@pytest.mark.parametrize("code", ["DATE", "PAGE", "REF _Ref1 \\h", "FILENAME \\p", "AUTHOR", "DOCPROPERTY Company"])
def test_a_field_stands_as_the_file_has_it_and_is_told(code: str) -> None:
    for inside in (field(code, "30 May"), f'<w:fldSimple w:instr=" {code} ">{r("30 May")}</w:fldSimple>'):
        assert body(p("On ", inside, ".")) == "On 30 May."
        assert f"a field that Word fills in ({code.split()[0]})" in told(p("On ", inside, "."))


def test_a_note_that_is_referred_to_again_by_a_field_is_that_note() -> None:
    marked = f'<w:bookmarkStart w:id="1" w:name="_Note1"/>{note(1)}<w:bookmarkEnd w:id="1"/>'
    again = field("NOTEREF _Note1 \\f \\h", "1")
    assert body(p("One", marked, ", two", again, "."), footnotes={1: "Words"}) == "One[^1], two[^1].\n\n[^1]: Words"
    assert body(p("Two", again, ", one", marked, "."), footnotes={1: "Words"}) == "Two[^1], one[^1].\n\n[^1]: Words"
    assert body(p("Two", field("NOTEREF _Gone", "7"), ".")) == "Two7."
    of_libreoffice = f'<w:bookmarkStart w:id="0" w:name="_RefF1"/>{note(1)}'
    again = field("REF _RefF1 \\h", "1")
    assert "One[^1], two[^1]." in body(p("One", of_libreoffice, ", two", again, "."), footnotes={1: "Words"})
    around = f'<w:bookmarkStart w:id="0" w:name="_Ref7"/>{r("the law")}{note(1)}<w:bookmarkEnd w:id="0"/>'
    assert "the law[^1] the law." in body(p(around, " ", field("REF _Ref7", "the law"), "."), footnotes={1: "Words"})


def test_a_row_that_is_hidden_is_left_out_and_told() -> None:
    hidden = f"<w:tr><w:trPr><w:hidden/></w:trPr><w:tc>{p('a source')}</w:tc><w:tc>{p('y')}</w:tc></w:tr>"
    blocks = [table(["A", "B"], ["1", "2"]).replace("</w:tbl>", f"{hidden}</w:tbl>")]
    assert "source" not in body(*blocks)
    assert "table 1, row 3: hidden text" in told(*blocks)


@pytest.mark.parametrize(("change", "kept"), [("cellDel", "reject"), ("cellIns", "accept")])
def test_a_cell_that_is_inserted_or_deleted_is_a_tracked_change(change: str, kept: word.Changes) -> None:
    cell = f'<w:tc><w:tcPr><w:{change} w:id="1"/></w:tcPr>{p("secret")}</w:tc>'
    blocks = [table(["A"], ["1", "2"]).replace("</w:tr>", f"{cell}</w:tr>", 1)]
    assert taken(*blocks)["tracked"] == 1
    for changes in ("accept", "reject"):
        assert ("secret" in taken(*blocks, changes=changes)["markdown"]) == (changes == kept)


@pytest.mark.parametrize(
    ("style", "kind"),
    [
        ('<w:rFonts w:ascii="Limon S1"/>', "other characters than those that are typed (Limon S1)"),
        ('<w:rFonts w:ascii="Wingdings"/>', "other characters than those that are typed (Wingdings)"),
        ('<w:sz w:val="2"/>', "text too small to be read"),
        ("<w:caps/>", "capitals that are only formatting"),
    ],
)
def test_words_that_show_otherwise_on_paper_are_told(style: str, kind: str) -> None:
    blocks = [p("Words "), p(r("J", style), " end")]
    assert body(*blocks) == "Words\n\nJ end"
    assert kind in told(*blocks)


def test_words_that_a_list_puts_before_each_paragraph_are_words() -> None:
    named = [(102, ("none", "Whereas %1")), (103, ("bullet", "Recalling")), (104, ("none", "%1."))]
    lists = (*(numbering(number, levels) for number, levels in named), BULLETS)
    blocks = [item("the dam", 0, 102), item("the river", 0, 103), item("a", 0, 104), item("b", 0, 100)]
    assert body(*blocks, lists=lists) == "Whereas the dam\n\nRecalling the river\n\na\n\n- b"
    another = (numbering(102, ("ordinalText", "%1")),)
    assert "a list numbered in another way" in told(item("the dam", 0, 102), lists=another)


def test_nothing_from_a_file_moves_the_cursor_in_what_is_told() -> None:
    lists = (numbering(102, ("lowerLetter", "\x9b31m%1\u202e)")),)
    assert told(item("a", 0, 102), lists=lists).replace("\n", "").isprintable()


def test_an_address_with_signs_that_nobody_sees_is_no_link() -> None:
    links = {"rId90": "https://\u202eelpmaxe.good.example/"}
    blocks = [p('<w:hyperlink r:id="rId90">' + r("vis") + "</w:hyperlink>")]
    assert body(*blocks, links=links) == "vis"
    assert "a link to something that is not a web or email address" in told(*blocks, links=links)


def test_hidden_text_is_not_taken_by_style_either() -> None:
    def hide(document: Any) -> None:
        document.styles.add_style("Secret", 1).font.hidden = True

    blocks = [p("Seen."), p("A source’s name", style="Secret")]
    assert body(*blocks, edit=hide) == "Seen."
    assert "after paragraph 1, “Seen.”: hidden text" in told(*blocks, edit=hide)
    assert "source" not in str(taken(*blocks, edit=hide))


def test_a_header_with_words_is_told_and_the_authors_name_is_not_taken() -> None:
    def edit(document: Any) -> None:
        document.sections[0].header.paragraphs[0].text = "Draft 3"
        document.core_properties.author = "Somebody"

    read = taken(p("x"), edit=edit)
    assert "each page, “Draft 3”" in read["remarks"][0]["where"]
    assert "Somebody" not in str(read)


def test_of_very_many_things_the_first_are_told_and_hidden_text_always() -> None:
    pictures = [p(f"Picture {at}", _DRAWING.format("<pic:pic><a:blip/></pic:pic>")) for at in range(40)]
    said = told(*pictures, p("x", r("secret", "<w:vanish/>"))).split("\n")
    assert len(said) == 21
    assert "hidden text" in said[0]
    assert ": 21 more of this kind." in said[-1]


# Tracked changes


_INSERTED = '<w:ins w:id="1" w:author="A">' + r(" new") + "</w:ins>"
_DELETED = '<w:del w:id="2" w:author="A"><w:r><w:delText xml:space="preserve"> old</w:delText></w:r></w:del>'
_MOVED = '<w:moveFrom w:id="3" w:author="A">' + r(" here") + '</w:moveFrom><w:moveTo w:id="4" w:author="A">'
_MOVED += r(" there") + "</w:moveTo>"
_END = '<w:rPr><w:{} w:id="5" w:author="A"/></w:rPr>'
_ROW = (
    "<w:tr><w:trPr><w:{} w:id='6' w:author='A'/></w:trPr><w:tc>"
    + p("row")
    + "</w:tc><w:tc>"
    + p("y")
    + "</w:tc></w:tr>"
)


@pytest.mark.parametrize(
    ("blocks", "accepted", "rejected"),
    [
        ([p("text", _INSERTED, _DELETED)], "text new", "text old"),
        ([p("text", _MOVED)], "text there", "text here"),
        ([p("one ", properties=_END.format("del")), p("two")], "one two", "one\n\ntwo"),
        ([p("one ", properties=_END.format("ins")), p("two")], "one\n\ntwo", "one two"),
        ([table(["a", "b"], ["c", "d"]).replace("</w:tbl>", _ROW.format("del") + "</w:tbl>")], "a", "row"),
    ],
)
def test_tracked_changes_are_counted_and_taken_as_is_said(blocks: list[str], accepted: str, rejected: str) -> None:
    undecided = taken(*blocks)
    assert undecided["tracked"] >= 1
    assert undecided["places"]
    assert accepted in body(*blocks, changes="accept")
    assert rejected in body(*blocks, changes="reject")
    assert rejected not in body(*blocks, changes="accept")


def test_a_change_of_formatting_is_told_and_decides_nothing() -> None:
    blocks = [p(r("x", '<w:rPrChange w:id="1" w:author="A"><w:rPr/></w:rPrChange>'))]
    assert taken(*blocks)["tracked"] == 0
    assert "a tracked change of formatting" in told(*blocks)


# Languages


@pytest.mark.parametrize(
    ("text", "language", "by"),
    [
        ("We, the undersigned, write to you for the people of the river and ask that you stop.", "en", "words"),
        ("Nous, les organisations soussignées, vous écrivons pour le fleuve et les gens de la région.", "fr", "words"),
        ("យើងខ្ញុំសូមស្នើសុំឱ្យបញ្ឈប់ទំនប់", "km", "letters"),
        ("Sambor 2027", "en", ""),
    ],
)
def test_the_language_is_guessed_and_by_what(text: str, language: str, by: str) -> None:
    def without_language(document: Any) -> None:
        for one in document.styles.element.xpath("//w:lang"):
            one.getparent().remove(one)

    read = taken(p(text), edit=without_language)
    assert (read["language"], read["language_from"]) == (language, by)


def test_what_word_notes_as_language_is_asked_where_words_say_nothing() -> None:
    assert taken(p(r("Sambor", '<w:lang w:val="fr-CH"/>')))["language"] == "fr"


# Whole letters


def test_a_french_letter_with_notes_comes_whole() -> None:
    written = taken(
        p("Objet\u00a0: report du scrutin", style="Title"),
        p("Monsieur le Rapporteur spécial,"),
        p("Nous, {{ count }} organisations, vous écrivons\u00a0: «\u00a0le fleuve monte\u00a0»", note(1), "."),
        *(item("libérer les prisonniers\u00a0;", 0, 101), item("rétablir les médias.", 0, 101)),
        p("Veuillez agréer nos salutations."),
        footnotes={1: "Loi n° 5, art. 1er"},
    )
    assert written["markdown"] == (
        "# report du scrutin\n\nMonsieur le Rapporteur spécial,\n\n"
        "Nous, {{ count }} organisations, vous écrivons\u00a0: «\u00a0le fleuve monte\u00a0»[^1].\n\n"
        "1. libérer les prisonniers\u00a0;\n2. rétablir les médias.\n\nVeuillez agréer nos salutations.\n\n"
        "[^1]: Loi n° 5, art. 1er\n"
    )
    assert written["language"] == "fr"
    assert (written["counts"]["lists"], written["counts"]["footnotes"]) == (1, 1)


def test_notes_and_tables_are_ones_for_the_letter_too() -> None:
    from worker.text import markdown_lint

    text = taken(
        p("S", style="Title"),
        p("See", note(1), " and ", r("that", BOLD), note(2)),
        table(["A|", "B"], ["1", r("x").join(["<w:p>", "</w:p>"])]),
        footnotes={1: "One. See (2): x", 2: "Two"},
    )["markdown"]
    assert markdown_lint.problems(text) == []


def test_a_letter_that_we_exported_comes_back_as_it_was() -> None:
    from worker.wording.letter_docx import as_docx
    from worker.wording.sheet import Sheet

    text = (
        "We, 12 organizations, write.\n\n## What *happened*\n\nIt is **urgent**, see "
        "[the report](https://a.example/b) and\\\nthe law.\n\n> A quotation.\n\n1. one\n2. two\n   - deep\n"
        "   - deeper\n"
        "3. three\n\nBetween.\n\n- loose\n\n- items\n\n  with more\n\n### Ask\n\n5. five\n6. six\n\n---\n\n"
        "ទន្លេ\u200bមេគង្គ\n\nRespectfully,"
    )
    sheet = _sheet(Sheet, markdown.blocks(text))
    read = word.as_markdown(as_docx(sheet, datetime(2027, 1, 1, tzinfo=UTC)))
    assert read["markdown"] == f"# The dam must wait\n\n{text}\n"


def _sheet(kind: Any, tree: Any) -> Any:
    return kind(
        language="en",
        sender=["River Coalition", "for all"],
        addressee=["Ministry", "Street"],
        date="1 January 2027",
        subject="The dam must wait",
        salutation="Dear Minister,",
        body=tree,
        list_heading="Signatories",
        signatories=["River Watch", "Clean Coast"],
        withheld="One more.",
        copies=["Copy: X"],
        authentic_note="",
        confidential=None,
    )


def test_a_document_of_python_docx_alone_is_read() -> None:
    import io

    document = docx.Document()
    document.add_heading("Stop the dam", 0)
    document.add_paragraph("We write.")
    written = io.BytesIO()
    document.save(written)
    assert word.as_markdown(written.getvalue())["markdown"] == "# Stop the dam\n\nWe write.\n"
