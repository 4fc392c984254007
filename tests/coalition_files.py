"""What three coalitions have on their disks: three letters as Word saves them, and three lists of organizations."""

import html
import re
import struct
import zlib
from io import BytesIO
from typing import Any

from docx.shared import Cm
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill

from tests.spreadsheets import cell, ods, saved
from tests.spreadsheets import table as sheet
from tests.word_files import numbering, word_file
from tests.word_files import p as paragraph

_REFERENCE = '<w:r w:rsidR="00A41B2C"><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr>{}</w:r>'


def _picture() -> bytes:
    """A blue square, as PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    pixels = (b"\0" + b"\x1f\x4e\x79" * 16) * 16
    header = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def word_runs(text: str, style: str = "") -> str:
    """A text as Word saves one that was typed in several sittings: cut into runs, with marks of the spelling between.

    `**` begins and ends bold, `_` italics, `[1]` refers to a footnote, `[e1]` to an endnote.
    """
    written, bold, italic = "", "", ""
    for piece in re.split(r"(\*\*|~~|\[e?\d+\])", text):
        if piece == "**":
            bold = "" if bold else "<w:b/><w:bCs/>"
        elif piece == "~~":
            italic = "" if italic else "<w:i/><w:iCs/>"
        elif match := re.fullmatch(r"\[(e?)(\d+)\]", piece):
            kind = "endnote" if match[1] else "footnote"
            written += _REFERENCE.format(f'<w:{kind}Reference w:id="{match[2]}"/>')
        elif piece:
            cut = len(piece) // 2
            for part in (piece[:cut], piece[cut:]):
                if part:
                    written += (
                        f'<w:proofErr w:type="spellStart"/><w:r w:rsidRPr="00B31A55"><w:rPr>{style}{bold}{italic}'
                        f'</w:rPr><w:t xml:space="preserve">{html.escape(part)}</w:t></w:r>'
                        '<w:proofErr w:type="spellEnd"/>'
                    )
    return written


def p(text: str, style: str = "", properties: str = "", run: str = "") -> str:
    inside = "<w:r><w:br/></w:r>".join(word_runs(line, run) for line in text.split("\n"))
    return paragraph(inside, style=style, properties=properties) if inside else paragraph(properties=properties)


def item(text: str, level: int = 0, number: int = 100, run: str = "") -> str:
    place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return p(text, "ListParagraph", f'{place}<w:spacing w:after="120"/><w:jc w:val="both"/>', run)


def _cell(text: str, bold: bool = False) -> str:
    return (
        '<w:tc><w:tcPr><w:tcW w:w="2265" w:type="dxa"/><w:shd w:val="clear" w:color="auto" w:fill="D9E2F3"/></w:tcPr>'
        f"{p(text, run='<w:b/>' if bold else '')}</w:tc>"
    )


def grid(*rows: list[str]) -> str:
    written = "".join(
        f'<w:tr w:rsidR="00A41B2C"><w:trPr><w:trHeight w:val="300"/></w:trPr>'
        f"{''.join(_cell(one, at == 0) for one in row)}</w:tr>"
        for at, row in enumerate(rows)
    )
    columns = '<w:gridCol w:w="2265"/>' * len(rows[0])
    return (
        '<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="0" w:type="auto"/>'
        '<w:tblLook w:val="04A0" w:firstRow="1"/></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{written}</w:tbl>"
    )


def footnote(text: str, kind: str = "footnote") -> str:
    mark = f'<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:{kind}Ref/></w:r>'
    return paragraph(mark, word_runs(" " + text), style="FootnoteText")


def _letterhead(document: Any) -> None:
    """A header with the coalition's logo and address, and a footer with the number of the page."""
    section = document.sections[0]
    head = section.header.paragraphs[0]
    head.add_run().add_picture(BytesIO(_picture()), Cm(2))
    head.add_run("\tThree Rivers Coalition · 12 Quay Road · Nairobi · www.threerivers.example")
    foot = section.footer.paragraphs[0]
    foot.add_run("Page ")
    field = "<w:fldSimple {} w:instr=' PAGE '><w:r><w:t>1</w:t></w:r></w:fldSimple>"
    foot._p.append(_element(field))


def _element(written: str) -> Any:
    from docx.oxml import parse_xml

    from tests.word_files import _NAMESPACES

    return parse_xml(written.format(_NAMESPACES))


def _commented(document: Any) -> None:
    """Two comments in the margin, as reviewers leave them."""
    for words, text in (("compensation", "Is this the right term? — Mary"), ("December 2025", "check the date!!")):
        for one in document.paragraphs:
            if runs := [run for run in one.runs if words.split()[0] in run.text]:
                document.add_comment(runs[0], text=text, author="Mary O.", initials="MO")
                break


def _as_the_english_one(document: Any) -> None:
    _letterhead(document)
    _commented(document)


PARAGRAPHS = numbering(102, ("decimal", "%1."), ("lowerLetter", "(%2)"), ("lowerRoman", "(%3)"))
DASHES = numbering(103, ("bullet", "-"), ("bullet", "o"))
KHMER_NUMBERS = numbering(104, ("decimal", "%1."))


def english_submission() -> bytes:
    """Three pages to the United Nations: headings, numbered paragraphs, six footnotes, a table, a signature block."""
    body = [
        p("14 December 2026", properties='<w:jc w:val="right"/>'),
        p(""),
        p("Mr. Pedro Example\nSpecial Rapporteur on the human rights to safe drinking water and sanitation\nOHCHR"),
        p("Palais Wilson, 1211 Geneva 10, Switzerland"),
        p(""),
        p("Joint submission on the Upper Tana dam and the right to water", "Title"),
        p("Dear Mr. Example,"),
        p("I. Introduction", "Heading1"),
        item(
            "We, the undersigned organizations, respectfully submit this information for your forthcoming report to "
            "the seventy-ninth session of the ~~Human Rights Council~~.[1] It concerns the construction of the Upper "
            "Tana dam, the displacement of some 4,200 families and the loss of their access to safe water.",
            number=102,
        ),
        item(
            "Our organizations have documented the situation since 2019 through **214 interviews** and eleven visits. "
            "All persons quoted here have given their informed consent; names are withheld where they asked us to.",
            number=102,
        ),
        p("II. Legal framework", "Heading1"),
        item(
            "The right to water is part of the right to an adequate standard of living under article 11 of the "
            "International Covenant on Economic, Social and Cultural Rights.[2] States must refrain from interfering "
            "with it, prevent third parties from doing so, and adopt the measures needed for its full realization.",
            number=102,
        ),
        item(
            "Under General Comment No. 15, no individual or group may be denied access to water on any prohibited "
            "ground, and before any action that interferes with the right is carried out, States must ensure:",
            number=102,
        ),
        item("an opportunity for genuine consultation with those affected;", 1, 102),
        item("timely and full disclosure of information on the proposed measures;", 1, 102),
        item("legal recourse and remedies, and legal assistance for obtaining them.[3]", 1, 102),
        p("III. Facts", "Heading1"),
        p("A. Displacement", "Heading2"),
        item(
            "Between March 2019 and December 2025 the reservoir was filled in three stages. At each stage families "
            "were told less than ten days before the water reached their fields. The compensation that the decree of "
            "2018 provides was paid to fewer than one family in five, and in no case before the move.[4]",
            number=102,
        ),
        p("Table 1: Families displaced and compensated, by stage"),
        grid(
            ["Stage", "Families displaced", "Compensated", "Share"],
            ["2019–2020", "1,150", "312", "27%"],
            ["2021–2023", "1,870", "290", "16%"],
            ["2024–2025", "1,180", "141", "12%"],
            ["Total", "4,200", "743", "18%"],
        ),
        p(""),
        p("B. Access to water", "Heading2"),
        item(
            "Of nineteen wells promised in the resettlement plan, six were drilled and two give water all year. The "
            "nearest source for the people of the Kamba quarter is 3.4 km away. Laboratory tests of the four springs "
            "that remain show coliform bacteria at 9 to 40 times the guideline value of the World Health "
            "Organization.[5] Women and girls, who fetch the water, spend on average 2 hours and 50 minutes on it "
            "each day; 61 girls have left school.",
            number=102,
        ),
        item(
            "“We asked the company for water. They sent a man who counted our goats,” an elder told us. Those who "
            "protested on 8 May 2024 were dispersed with tear gas; seven were detained, and two await their trial to "
            "this day on charges of “economic sabotage” (Penal Code, section 251 & schedule 3).",
            number=102,
        ),
        p("C. Response of the authorities", "Heading2"),
        item(
            "The Ministry has answered none of our five letters. The National Commission for Human Rights visited the "
            "site once, in 2022, and recommended that the filling be suspended.[6] It was not.",
            number=102,
        ),
        item(
            "The financing institutions refer to an independent review that has not been published. We have asked "
            "for it under their policies on access to information in July 2025 and in February 2026.",
            number=102,
        ),
        p("IV. Recommendations", "Heading1"),
        p("We respectfully ask you to:"),
        item("send a communication to the Government and to the company concerned;", 0, 100),
        item("request a visit to the country, and to the reservoir in particular;", 0, 100),
        item("recommend in your report that the third stage be suspended until every family has safe water;", 0, 100),
        item("remind financing institutions of their own responsibility under the Guiding Principles.", 0, 100),
        p("We remain at your disposal for any further information you may require."),
        p("Yours sincerely,"),
        p(""),
        p("_________________________"),
        p("Grace Mutua\nExecutive Director, Three Rivers Coalition\nTel. +254 20 000 0000 | grace@threerivers.example"),
    ]
    notes = {
        1: "Human Rights Council resolution 51/19, para. 8.",
        2: "International Covenant on Economic, Social and Cultural Rights, 993 U.N.T.S. 3, art. 11 (1).",
        3: "CESCR, ~~General Comment No. 15: The right to water~~ (2002), E/C.12/2002/11, para. 56.",
        4: "Interviews no. 12, 31–44 and 107, on file with the coalition; see also Legal Notice No. 88 of 2018.",
        5: "WHO, ~~Guidelines for drinking-water quality~~, 4th ed., p. 149; results at https://threerivers.example/lab.",
        6: "National Commission, “Report on the Upper Tana”, 3 October 2022, p. 17. Ibid., p. 21.",
    }
    return word_file(
        *body,
        footnotes={at: footnote(text) for at, text in notes.items()},
        lists=(numbering(100, ("bullet", "\uf0b7")), PARAGRAPHS),
        edit=_as_the_english_one,
    )


def _changed(kind: str, text: str, number: int) -> str:
    tag = "w:delText" if kind == "del" else "w:t"
    return (
        f'<w:{kind} w:id="{number}" w:author="Hélène" w:date="2026-11-20T22:41:00Z"><w:r><w:{tag[2:]} '
        f'xml:space="preserve">{html.escape(text)}</w:{tag[2:]}></w:r></w:{kind}>'
    )


def french_letter() -> bytes:
    """A letter to a minister with guillemets, endnotes, lists in lists, and what two colleagues changed."""
    body = [
        p("Collectif Eaux Vives\n3, rue de l’Écluse\n1000 Bruxelles"),
        p("Madame Noëlle Exemple\nMinistre de l’Environnement\nRue de la Loi 99\n1040 Bruxelles"),
        p("Bruxelles, le 1er décembre 2026", properties='<w:jc w:val="right"/>'),
        p("**Objet\u00a0: Protection des cours d’eau et accès à l’eau potable**"),
        p("Madame la Ministre,"),
        paragraph(
            word_runs("Nos organisations, réunies au sein du collectif «\u00a0Eaux Vives\u00a0», s’inquiètent de "),
            _changed("del", "l’inaction", 11),
            _changed("ins", "la lenteur", 12),
            word_runs(" du gouvernement face à la pollution des rivières.[e1] Où en est le plan d’été\u00a0?"),
        ),
        p(
            "Depuis 2021, plus de 40\u202f% des captages dépassent la norme européenne\u00a0; cœur du problème\u00a0: "
            "les PFAS, qualifiés de «\u00a0polluants éternels\u00a0» par l’Agence.[e2] Les coûts, estimés "
            "à 1\u202f250\u202f000\u00a0€ "
            "par an, sont supportés par les ménages."
        ),
        p("Nous vous demandons\u00a0:"),
        item("d’adopter sans délai un plan d’action qui prévoie\u00a0:", 0, 103),
        item("un inventaire des rejets industriels\u00a0;", 1, 103),
        item("des contrôles inopinés, au moins une fois par an\u00a0;", 1, 103),
        item("d’associer la société civile à son suivi\u00a0;", 0, 103),
        item("de publier les mesures effectuées depuis 2015.[e3]", 0, 103),
        p("Pour le calendrier, nous proposons les étapes suivantes\u00a0:"),
        item("dépôt du plan avant le 31 mars 2027\u00a0;", 0, 102),
        item("consultation publique, à savoir\u00a0:", 0, 102),
        item("une audition par région\u00a0;", 1, 102),
        item("une enquête en ligne\u00a0;", 1, 102),
        item("vote au Parlement.", 0, 102),
        paragraph(
            word_runs("Dans l’attente de votre réponse, "),
            _changed("ins", "que nous espérons prochaine, ", 13),
            word_runs("nous vous prions d’agréer, Madame la Ministre, l’expression de notre très haute considération."),
        ),
        p("Pour le collectif,"),
        p("François Lefèvre, coordinateur"),
    ]
    notes = {
        1: "Voir notre courrier du 3 février 2026, resté sans réponse.",
        2: "Agence européenne pour l’environnement, ~~L’état des eaux~~, 2024, p.\u00a057 et suiv.",
        3: "Directive (UE) 2020/2184, art.\u00a017\u00a0: «\u00a0informations destinées au public\u00a0».",
    }
    return word_file(
        *body,
        endnotes={at: footnote(text, "endnote") for at, text in notes.items()},
        lists=(DASHES, PARAGRAPHS),
    )


_KM = '<w:rFonts w:ascii="Khmer OS Siemreap" w:hAnsi="Khmer OS Siemreap" w:cs="Khmer OS Siemreap"/>' + (
    '<w:sz w:val="22"/><w:szCs w:val="22"/><w:lang w:bidi="km-KH"/>'
)
KHMER_TITLE = "សំណើ\u200bសុំ\u200bការពារ\u200bទន្លេ\u200bមេគង្គ"
KHMER_SENTENCE = (
    "យើង\u200bជា\u200bអង្គការ\u200bសង្គម\u200bស៊ីវិល\u200bសូម\u200b"
    "ជម្រាប\u200bជូន\u200bឯកឧត្តម\u200bអំពី\u200bស្ថានភាព\u200bនៃ\u200bទន្លេ\u200b។"
)


def khmer_letter() -> bytes:
    """A letter with zero-width spaces between words, Khmer digits and a list."""
    body = [
        p("ភ្នំពេញ\u200b ថ្ងៃ\u200bទី\u200b១៤\u200b ខែ\u200bធ្នូ\u200b ឆ្នាំ\u200b២០២៦", run=_KM),
        p(KHMER_TITLE, "Title", run=_KM),
        p("សូម\u200bគោរព\u200b ឯកឧត្តម\u200bរដ្ឋមន្ត្រី", run=_KM),
        p(KHMER_SENTENCE, run=_KM),
        p(
            "ចាប់\u200bតាំង\u200bពី\u200bឆ្នាំ\u200b២០១៩\u200b ប្រជាជន\u200b**៤,២០០**\u200bគ្រួសារ\u200b"
            "បាន\u200bបាត់\u200bបង់\u200bទឹក\u200bស្អាត\u200b។"
            " សូម\u200bមើល\u200bរបាយការណ៍\u200b។[1]",
            run=_KM,
        ),
        p("យើង\u200bសូម\u200bស្នើ\u200b៖", run=_KM),
        item("បញ្ឈប់\u200bការ\u200bសាងសង់\u200bទំនប់\u200b;", 0, 104, _KM),
        item("ផ្តល់\u200bទឹក\u200bស្អាត\u200bដល់\u200bប្រជាជន\u200b;", 0, 104, _KM),
        item("ជួប\u200bជាមួយ\u200bអង្គការ\u200bសង្គម\u200bស៊ីវិល\u200b។", 0, 104, _KM),
        p("សូម\u200bឯកឧត្តម\u200bទទួល\u200bនូវ\u200bការ\u200bគោរព\u200bដ៏\u200bខ្ពង់ខ្ពស់\u200b។", run=_KM),
    ]
    return word_file(
        *body,
        footnotes={1: footnote("របាយការណ៍\u200bឆ្នាំ\u200b២០២៥\u200b ទំព័រ\u200b១២\u200b។")},
        lists=(KHMER_NUMBERS,),
    )


def khmer_letter_in_english() -> bytes:
    """Its translation, typed into Word by somebody who numbers by hand and knows no styles."""
    body = [
        p("Unofficial translation", run="<w:i/>"),
        p("Phnom Penh, 14 December 2026"),
        p("**Request to protect the Mekong river**"),
        p("Excellency,"),
        p("We, civil society organizations, write to you about the state of the river."),
        p("Since 2019, **4,200** families have lost their clean water. Please see the report.[1]"),
        p("We ask you to:"),
        p("1. stop the construction of the dam;"),
        p("2. bring clean water to the people;"),
        p("3. meet with civil society."),
        p("Please accept, Excellency, the assurances of our highest consideration."),
    ]
    return word_file(*body, footnotes={1: footnote("Report of 2025, page 12.")})


COUNTRIES = ("Kenya", "Lao PDR", "Deutschland", "Germany", "Laos", "Viet Nam", "Tanzania", "UK", "Côte d'Ivoire")


def organizations() -> list[str]:
    kinds = ("River Watch", "Water for All", "Clean Coast Network", "Forest & Rivers Trust", "Women’s Union for Water")
    places = ("Tana", "Po", "Elbe", "Rhein", "Nam Ou", "Sông Hồng", "Rufiji", "Severn", "Bandama", "Zuger See", "Ob")
    return [f"{place} {kind}" for place in places for kind in kinds] + ["Łódzki Klub Rzeki"]


def list_of_56() -> bytes:
    """The list in Excel: a title, merged headings in two rows, colours, links, duplicates, a total; a second sheet."""
    book = Workbook()
    page: Any = book.active
    page.title = "Signatories"
    page.merge_cells("A1:G1")
    page["A1"] = "UPPER TANA JOINT SUBMISSION – LIST OF ORGANIZATIONS"
    page["A1"].font, page["A1"].alignment = Font(bold=True, size=16), Alignment(horizontal="center")
    page["A2"] = "last updated 27/11/2026 (Grace) – green = confirmed, red = do not write yet"
    merged = {"A4:A5": "No.", "B4:B5": "Organization", "C4:C5": "Country", "D4:F4": "Contact", "G4:G5": "Comments"}
    for area, name in merged.items():
        page.merge_cells(area)
        page[area.split(":")[0]] = name
    page["D5"], page["E5"], page["F5"] = "Name", "E-mail", "Phone"
    for one in page[4] + page[5]:
        one.font, one.fill = Font(bold=True), PatternFill("solid", fgColor="BDD7EE")
    for at, name in enumerate(organizations()):
        row = 6 + at
        address = f"info{at + 1}@org{at + 1}.example"
        page.cell(row, 1, at + 1)
        page.cell(row, 2, name)
        page.cell(row, 3, COUNTRIES[at % len(COUNTRIES)])
        page.cell(row, 4, f"Contact {at + 1}" if at % 3 else None)
        page.cell(row, 5, address)
        page.cell(row, 5).hyperlink = f"mailto:{address}"
        page.cell(row, 6, 254200000000 + at if at % 2 else f"+254 20 {at:07}")
        page.cell(row, 2).fill = PatternFill("solid", fgColor="C6EFCE" if at % 5 else "FFC7CE")
    page["E8"] = "office3@org3.example; director3@org3.example"
    page["E8"].hyperlink = None
    page["E9"], page["E9"].hyperlink = "n/a", None
    page["E10"], page["E10"].hyperlink = "TBC", None
    page["E11"] = "Write to us"
    page["E11"].hyperlink = "mailto:info6@org6.example?subject=Joint%20letter"
    page["E12"] = "Anna Berg <anna@org7.example> / ben@org7.example"
    page["E12"].hyperlink = None
    page["G8"] = "wants to see the final text first"
    page["B20"].comment = Comment("signed last time", "Grace")
    page.cell(62, 2, "Tana River Watch")  # again, by somebody who did not look
    page.cell(62, 3, "Kenya")
    page.cell(62, 5, "info1@org1.example")
    page.cell(63, 2, "TOTAL")
    page.cell(63, 3, "56 organizations")
    page.freeze_panes = "A6"
    page.auto_filter.ref = "A5:G61"
    later: Any = book.create_sheet("To follow up")
    for line in (["Organization", "Country", "E-mail"], ["Lake Friends", "Uganda", "lake@friends.example"]):
        later.append(line)
    return saved(book)


def french_list() -> bytes:
    """The list in LibreOffice, with headings, countries and languages in French."""
    rows = [
        ["Liste des organisations signataires – Collectif Eaux Vives"],
        [],
        ["Nom de l’organisation", "Sigle", "Pays", "Personne de contact", "Courriel", "Langue(s)", "Remarques"],
        ["Les Amis de la Meuse", "LAM", "Belgique", "Mme Zoé Dupont", "info@meuse.example", "Français", ""],
        ["Grüner Rhein", "", "Allemagne", "", "post@rhein.example;vorstand@rhein.example", "Anglais", ""],
        [
            "Rivières\nsans Frontières",
            "RSF",
            "France",
            "Luc N’Diaye",
            "contact@rsf.example",
            "Français/Anglais",
            "en\njanvier",
        ],
        ["Eau Secours", "ES", "Côte d’Ivoire", "", "Eau Secours <bureau@eausecours.example>", "fr", ""],
        [
            "Schoon Water",
            "",
            "Pays-Bas",
            "J. de Vries",
            "info@schoon.example ; jan@schoon.example",
            "Anglais / Français",
            "",
        ],
        ["Réseau Congo Fleuve", "RCF", "RDC", "", "s/o", "Français", "pas d’adresse, téléphone : +243 00 000"],
        ["Lac & Torrent", "", "Suisse", "Béatrice", "BEATRICE@LAC.EXAMPLE", "FR", ""],
        ["Associação Rio Vivo", "ARV", "Portugal", "", "rio@vivo.example", "portugais", ""],
        ["Total", "", "8", "", "", "", ""],
    ]
    link = (
        '<table:table-cell office:value-type="string"><text:p><text:a xlink:href="mailto:info@meuse.example" '
        'xlink:type="simple">info@meuse.example</text:a></text:p></table:table-cell>'
    )
    rows[3][4] = link
    empty = [[cell("", "", "table-cell")] for _ in range(2)]
    return ods(sheet(rows + empty, "Feuille1"), sheet([], "Feuille2"), sheet([], "Feuille3"))


PASTED_LIST = """\
Dear all, here is the list so far:

• Mekong Watch Cambodia (MWC), Cambodia – Sok Dara <dara@mekongwatch.example>, +855 12 000 001
• Women of the Lake, Cambodia, info@womenlake.example (tel. 012 000 002)
• Lao River Friends [LRF], Lao PDR, friends@laoriver.example
• អង្គការ\u200bទន្លេ\u200bសាប (Tonle Sap Organization), Cambodia, office@tonlesap.example; chief@tonlesap.example
• Vietnam Rivers Network (VRN), Viet Nam – Nguyễn An <an@vrn.example>
• Thai Mekong Forum, Thailand, no email, call +66 2 000 0000
• International Rivers Union (IRU), International, <union@rivers.example>

Best regards
Dara
"""
