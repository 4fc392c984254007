"""Lists in workbooks as people have them: what `new` reads of them, what it tells, and what it refuses."""

import re
import resource
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from tests.phrases import printed
from tests.spreadsheets import cell, compound, ods, packed, repacked, saved, table, with_shared_strings, xls, xlsx
from worker import child_process
from worker.definition import workbook, workbook_reader
from worker.definition.number_formats import number_text
from worker.definition.partners import PartnerRow, TakenList, read_csv, take_list, write_csv

MAX_SECONDS = 25  # of the processor: most take less than one, and a slow machine ten times as long
LIST = [["organization", "country", "email"], ["River Watch", "Kenya", "ada@river.example"]]
ROW = PartnerRow("River Watch", country="Kenya", email="ada@river.example")
SHEET = "xl/worksheets/sheet1.xml"


def take(tmp_path: Path, octets: bytes, name: str = "list.xlsx", sheet: str = "") -> TakenList:
    (tmp_path / name).write_bytes(octets)
    return take_list(tmp_path / name, sheet=sheet)


def sentences(taken: TakenList) -> str:
    return printed([*taken.problems, *taken.remarks])


def is_clean(tmp_path: Path, taken: TakenList) -> bool:
    write_csv(tmp_path / "partners.csv", taken.rows)
    rows, problems, _ = read_csv(tmp_path / "partners.csv")
    return rows == taken.rows and not problems


def coalition(sheet: Worksheet) -> None:
    """56 members under a title and two rows of headings, with all that people do to a sheet."""
    sheet.title = "Members 2027"
    sheet["A1"] = "Coalition for the River: members"
    sheet.merge_cells("A1:G1")
    for column, heading in zip(
        "ABCDFG", ["Organisation", "Sigle", "Country", "Contact", "Joined", "Phone"], strict=True
    ):
        sheet[f"{column}3"] = heading
        if column != "D":
            sheet.merge_cells(f"{column}3:{column}4")
    sheet.merge_cells("D3:E3")
    sheet["D4"], sheet["E4"] = "Name", "E-mail"
    for number in range(56):
        row = 5 + number
        name = f"{chr(65 + number % 26) * 3} {chr(97 + number // 26) * 4} {number * 7919:x} union"
        sheet.cell(row, 1, name)
        sheet.cell(row, 2, f"U{number}")
        if number % 4 == 0:
            sheet.cell(row, 3, "Kenya" if number % 8 else "France")
            sheet.merge_cells(start_row=row, end_row=row + 3, start_column=3, end_column=3)
        sheet.cell(row, 4, f"Ada {number}")
        sheet.cell(row, 5, f"ada@member{number}.example")
        sheet.cell(row, 6, date(2020, 1, number % 28 + 1))
        sheet.cell(row, 7, 612345678 + number).number_format = '0#" "##" "##" "##" "##'
    sheet["E6"], sheet["E6"].hyperlink = "Mail us", "mailto:link%2B1@river.example?subject=Hello"
    sheet["E7"], sheet["E7"].hyperlink = "shown@river.example", "mailto:other@river.example"
    sheet["A8"].comment = Comment("They left us", "Ada")
    sheet["B9"] = "#N/A"
    sheet["B9"].data_type = "e"
    sheet["A10"].font = Font(strike=True)
    for row in (12, 13, 14, 20):
        sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions["G"].hidden = True
    sheet["J15"] = "call her"
    sheet["A61"] = "ASIA"
    sheet.merge_cells("A61:G61")
    sheet["A62"] = "Total 56"
    sheet["L70"] = "printed in May"


def test_a_list_as_a_coalition_has_it_is_read_and_each_guess_is_told(tmp_path: Path) -> None:
    taken = take(tmp_path, xlsx(coalition, Notes=[["To do"], ["call Ada"]]))

    assert taken.problems == []
    assert len(taken.rows) == 57
    assert taken.rows[0] == PartnerRow(
        "AAA aaaa 0 union",
        "U0",
        "France",
        "Ada 0",
        "ada@member0.example",
        "",
        "Joined: 2020-01-01; Phone: 06 12 34 56 78",
    )
    assert [row.country for row in taken.rows[:9]] == ["France"] * 4 + ["Kenya"] * 4 + ["France"]
    assert taken.rows[1].email == "link+1@river.example"
    assert taken.rows[1].note.startswith("email: Mail us; Joined")
    assert taken.rows[2].email == "shown@river.example"
    assert taken.rows[4].acronym == ""
    assert "column J: call her" in taken.rows[10].note
    assert taken.sheet == "Members 2027"
    assert [(one.name, one.rows, one.listed) for one in taken.sheets] == [
        ("Members 2027", 59, True),
        ("Notes", 2, False),
    ]
    assert [(one.letter, one.column) for one in taken.columns] == [
        *(("A", "organization"), ("B", "acronym"), ("C", "country"), ("D", "contact"), ("E", "email")),
        *(("F", ""), ("G", "")),
    ]
    said = sentences(taken)
    for words in (
        "read is “Members 2027” (59 rows)",
        "Not read: “Notes” (2 rows)",
        "row 1: found “Coalition for the River: members” above the names",
        "row 3, column A: a column taken as organization: “Organisation”",
        "row 3, column D: a column taken as contact: “Name”",
        "row 4: a second row that names columns, taken as one: “Name | E-mail”",
        "column C (country): found 14 merged cells over several rows",
        "rows 5 to 8 “France”, rows 9 to 12 “Kenya”",
        "row 6, column E: email, taken from what the cell email links to: “Mail us” → “link+1@river.example”",
        "row 7, column E: email, and its cell links to another address, “other@river.example”",
        "cell A8: found 1 note on cells",
        "row 9, column B (acronym): found “#N/A”",
        "row 10: found text that is struck through",
        "rows 12 to 14, 20: found rows that are hidden in the sheet;",
        "column G: found a column that is hidden in the sheet: “Phone”",
        "row 15, column J: found “call her”",
        "row 61: found one merged cell over all columns: “ASIA”",
        "row 62, column A (organization): found “Total 56”, which may be a total",
        "row 70: found something beside the list: “printed in May”",
        "row 5, column F: dates and times in this column",
    ):
        assert words in said, words
    assert is_clean(tmp_path, taken)


def test_cells_and_csv_are_read_by_the_same_rules(tmp_path: Path) -> None:
    rows: list[list[str | None]] = [
        ["Name of your organisation", "Pays", "E-mail", "Langue", "Website"],
        [
            "River Watch\n(formerly Stream Watch)",
            "AUS",
            "mailto:a@x.example, b@x.example",
            "français",
            "https://x.example",
        ],
        ["Clean Coast  ", "U.S.A.", "n/a", "fr-FR", " "],
        ["  ", None, "", None, None],
        ["'s-Hertogenbosch Water", "NL", "'c@x.example'", "=", "'+33 1"],
    ]
    text = "\n".join(",".join(f'"{"" if one is None else one}"' for one in row) for row in rows)
    (tmp_path / "list.csv").write_text(text)

    from_csv, from_cells = take_list(tmp_path / "list.csv"), take(tmp_path, xlsx(rows))
    from_ods = take(tmp_path, ods(table([[str(one or "") for one in row] for row in rows])), "list.ods")

    assert from_cells.rows == from_ods.rows == from_csv.rows
    assert "'s-Hertogenbosch Water" in [row.organization for row in from_csv.rows]
    assert "an apostrophe before it taken off: “'+33 1” → “+33 1”" in sentences(from_csv)
    assert from_csv.problems == from_cells.problems == []
    assert "row 5" in sentences(from_cells), "empty rows count, as the sheet shows them"


def test_values_are_text_as_the_sheet_shows_them(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["organization", "a", "b", "c", "d", "e", "f", "g", "h", "i"])
        day, moment = date(2026, 11, 29), datetime(2026, 11, 29, 14, 30)
        sheet.append(["River Watch", 12.0, 33612345678, 1234, 0.125, True, day, moment, "  ", 0.1 + 0.2])
        sheet["D2"].number_format = "#,##0"
        sheet["E2"].number_format = "0.0%"

    [row] = take(tmp_path, xlsx(fill)).rows
    assert row.note == (
        "a: 12; b: 33612345678; c: 1,234; d: 12.5%; e: TRUE; f: 2026-11-29; g: 2026-11-29 14:30; i: 0.3"
    )


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        *((612345678, "0000000000", "0612345678"), (612345678, '0#" "##" "##" "##" "##', "06 12 34 56 78")),
        *((5551234, "[<=9999999]###-####;(###) ###-####", "555-1234"), (0.12, "0%", "12%"), (0, "#", "0")),
        *((8005551234, "[<=9999999]###-####;(###) ###-####", "(800) 555-1234"), (-2, "0_);[Red](0)", "(2)")),
        *((1234567.891, "#,##0.00", "1,234,567.89"), (12, "[$€-407]#,##0.00", "€12.00"), (5, ";;;", "5")),
        *((12345, "0.00E+00", "12345"), (1.5, "# ?/?", "1.5"), (1500000, '0.0,,"M"', "1500000"), (3, '"+"0', "+3")),
        *((-5, "0", "-5"), (12.0, "General", "12"), (1e20, "General", "1E+20"), (1e300, "0.00", "1E+300")),
        *((42736, "@", "42736"), (7, "x" * 1000, "7"), (7, '"', "7"), (7, "", "7"), (float("nan"), "0", "")),
    ],
)
def test_a_number_stands_as_its_format_shows_it(value: float, code: str, text: str) -> None:
    assert number_text(value, code) == text


def test_a_formula_is_read_by_its_result_and_refused_without_one(tmp_path: Path) -> None:
    octets = xlsx([["organization", "country"], ["River Watch", "=A1"], ["Clean Coast", "Ghana"]])
    formula = b'<c r="B2"><f>A1</f>'
    assert formula in zipfile.ZipFile(BytesIO(octets)).read(SHEET)

    def with_result(kind: bytes, result: bytes) -> TakenList:
        new = b'<c r="B2"%b><f>A1</f>%b</c>' % (kind, result)
        change = {SHEET: lambda xml: re.sub(rb'<c r="B2".*?</c>', new, xml)}
        return take(tmp_path, repacked(octets, change))

    assert [row.country for row in with_result(b' t="str"', b"<v>Kenya</v>").rows] == ["Kenya", "Ghana"]
    assert [row.country for row in with_result(b' t="str"', b"<v></v>").rows] == ["", "Ghana"]
    assert take(tmp_path, octets).problems == with_result(b"", b"").problems
    taken = take(tmp_path, octets)
    assert "row 2, column B (country): found a formula whose result is not in the file" in taken.problems[0].sentence
    assert "save it again" in taken.problems[0].sentence


def test_an_address_in_a_formula_that_makes_a_link_is_taken(tmp_path: Path) -> None:
    octets = repacked(
        xlsx([["organization", "email"], ["River Watch", "here"]]),
        {
            SHEET: lambda xml: xml.replace(
                b't="inlineStr"><is><t>here</t></is>',
                b't="str"><f>HYPERLINK("mailto:ada@river.example","Mail us")</f><v>Mail us</v>',
            )
        },
    )
    assert take(tmp_path, octets).rows[0].email == "ada@river.example"


def test_a_name_that_links_to_an_address_gives_it_where_there_is_no_other(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["organization", "contact"])
        sheet.append(["River Watch", "Ada Okafor"])
        sheet["B2"].hyperlink = "mailto:ada@river.example"

    taken = take(tmp_path, xlsx(fill))
    assert taken.rows == [PartnerRow("River Watch", contact="Ada Okafor", email="ada@river.example")]
    assert "email, taken from what the cell contact links to" in sentences(taken)


def test_rows_that_a_filter_hides_are_named(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        for row in [
            ["organization", "status"],
            *[[f"Union {chr(65 + n)}{n}", "no" if n % 2 else "yes"] for n in range(8)],
        ]:
            sheet.append(row)
        sheet.auto_filter.ref = "A1:B9"
        sheet.auto_filter.add_filter_column(1, ["yes"])
        for number in (3, 5, 7, 9):
            sheet.row_dimensions[number].hidden = True

    taken = take(tmp_path, xlsx(fill))
    assert len(taken.rows) == 8
    assert "rows 3, 5, 7, 9: found rows that are hidden in the sheet, by a filter" in sentences(taken)


def test_an_excel_table_below_a_logo_and_blank_rows_is_read(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet["C2"] = "List of members"
        sheet["C4"] = "as of May"
        for number, row in enumerate(LIST, 12):
            for column, text in enumerate(row, 3):
                sheet.cell(number, column, text)
        sheet.add_table(Table(displayName="Members", ref="C12:E13"))

    taken = take(tmp_path, xlsx(fill))
    assert taken.rows == [ROW]
    assert [one.letter for one in taken.columns] == ["C", "D", "E"]
    assert "row 4: found “as of May” above" in sentences(taken)


def test_problems_name_the_column_by_its_letter(tmp_path: Path) -> None:
    taken = take(tmp_path, xlsx([["x", "organization"], ["1", "!!"], ["2", "River Watch"]]))
    assert "list.xlsx, row 2, column B (organization): found “!!”" in taken.problems[0].sentence


def test_one_cell_over_two_columns_names_both(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["organization", "Contact", None, "email"])
        sheet.merge_cells("B1:C1")
        sheet.append(["River Watch", "Ada Okafor", "+254 1", "ada@river.example"])

    [row] = take(tmp_path, xlsx(fill)).rows
    assert (row.contact, row.note) == ("Ada Okafor", "Contact: +254 1")


def test_an_organization_merged_over_its_two_contacts_stands_in_both_rows(tmp_path: Path) -> None:
    def fill(sheet: Worksheet) -> None:
        for row in [
            ["organization", "email"],
            ["River Watch", "a@x.example"],
            [None, "b@x.example"],
            ["Clean Coast", ""],
        ]:
            sheet.append(row)
        sheet.merge_cells("A2:A3")

    taken = take(tmp_path, xlsx(fill))
    assert [row.organization for row in taken.rows] == ["River Watch", "River Watch", "Clean Coast"]
    assert "rows 2 and 3: found a duplicate" in sentences(taken)


def test_rich_text_and_escaped_characters_are_text(tmp_path: Path) -> None:
    octets = with_shared_strings(
        xlsx([["organization"], ["one"], ["two"]]),
        {
            "one": "<si><r><t>River </t></r><r><rPr><b/></rPr><t>Watch</t></r><rPh sb='0' eb='1'><t>x</t></rPh></si>",
            "two": "<si><t>Clean_x000D_\nCoast</t></si>",
        },
    )
    assert [row.organization for row in take(tmp_path, octets).rows] == ["River Watch", "Clean Coast"]


def test_how_a_word_is_read_aloud_is_no_part_of_it(tmp_path: Path) -> None:
    aloud = '<rPh sb="0" eb="2"><t>\u30ab\u30ef</t></rPh><phoneticPr fontId="1"/>'
    octets = xlsx([["organization"], ["River"]])
    within = repacked(octets, {SHEET: lambda xml: xml.replace(b"<t>River</t>", f"<t>\u5ddd</t>{aloud}".encode())})
    shared = with_shared_strings(octets, {"River": f"<si><t>\u5ddd</t>{aloud}</si>"})
    for one in (within, shared):
        taken = take(tmp_path, one)
        assert taken.rows == [PartnerRow("\u5ddd")]
        assert "written unusually" not in sentences(taken)


def test_dimensions_that_are_wrong_are_not_believed(tmp_path: Path) -> None:
    for dimension in (b"A1:A1", b"A1:XFD1048576", b"B1"):
        assert take(
            tmp_path, repacked(xlsx(LIST), {SHEET: replaced(b'ref="A1:C2"', b'ref="%b"' % dimension)})
        ).rows == [ROW]


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda xml: xml.replace(old, new, 1)


def test_a_workbook_that_openpyxl_refuses_is_read_all_the_same(tmp_path: Path) -> None:
    strange_fill = {"xl/styles.xml": replaced(b"<fills", b"<fills count='x'><no/></fills><fills")}
    no_date = {"docProps/core.xml": lambda xml: re.sub(rb">[0-9-]+T[0-9:]+Z<", b">yesterday<", xml)}
    for change in (strange_fill, no_date):
        taken = take(tmp_path, repacked(xlsx(LIST), change))
        assert taken.rows == [ROW]
    assert "a workbook that is written unusually" in sentences(taken)
    assert "links and notes were not seen" in sentences(taken)


def merged_cells(down: int, across: int) -> str:
    return f'office:value-type="string" table:number-rows-spanned="{down}" table:number-columns-spanned="{across}"'


def test_a_list_in_ods_is_read_with_all_that_is_beside_its_text(tmp_path: Path) -> None:
    covered = "<table:covered-table-cell/>"
    styles = (
        '<style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/>'
        "</style:style>"
        '<style:style style:name="gone" style:family="table-cell">'
        '<style:text-properties style:text-line-through-style="solid"/></style:style>'
    )
    rows = [
        [cell("Members of the coalition", merged_cells(1, 6)), *[covered] * 5],
        [],
        [
            *(cell("Organisation", merged_cells(2, 1)), cell("Country", merged_cells(2, 1))),
            *(cell("Contact", merged_cells(1, 2)), covered),
            *(cell("Joined", merged_cells(2, 1)), cell("Share", merged_cells(2, 1))),
        ],
        [covered, covered, "Name", "E-mail", covered, covered],
        [
            *("River  Watch", cell("Kenya", merged_cells(2, 1)), "Ada"),
            '<table:table-cell office:value-type="string"><text:p><text:a xlink:href="mailto:ada@river.example">Mail'
            "<text:s/>us</text:a></text:p></table:table-cell>",
            cell("29/11/26", 'office:value-type="date" office:date-value="2026-11-29"'),
            cell("12.5%", 'office:value-type="percentage" office:value="0.125"'),
        ],
        [
            *("Clean Coast\nof Ghana", covered, "Bo", "bo@coast.example"),
            cell("#REF!", 'table:formula="of:=#REF!" office:value-type="string" calcext:value-type="error"'),
            cell("###", 'office:value-type="float" office:value="33612345678"'),
        ],
        [
            cell("Old Pond", 'office:value-type="string" table:style-name="gone"'),
            '<table:table-cell office:value-type="string"><office:annotation><text:p>left</text:p></office:annotation>'
            "<text:p>Ghana</text:p></table:table-cell>",
        ],
    ]
    octets = ods(
        table(rows, "Members").replace(
            '<table:table-row><table:table-cell office:value-type="string"><text:p>Clean',
            '<table:table-row table:visibility="filter"><table:table-cell office:value-type="string"><text:p>Clean',
        ),
        table(LIST, "Old", 'table:style-name="hidden"'),
        styles=styles,
    )
    taken = take(tmp_path, octets, "list.ods")

    assert taken.problems == []
    assert taken.rows == [
        PartnerRow(
            "River Watch",
            "",
            "Kenya",
            "Ada",
            "ada@river.example",
            "",
            "email: Mail us; Joined: 2026-11-29; Share: 12.5%",
        ),
        PartnerRow("Clean Coast of Ghana", "", "Kenya", "Bo", "bo@coast.example", "", "Share: 33612345678"),
        PartnerRow("Old Pond", country="Ghana"),
    ]
    said = sentences(taken)
    for words in (
        "row 1: found “Members of the coalition” above",
        "row 4: a second row that names columns, taken as one: “Name | E-mail”",
        "column B (country): found a merged cell over several rows",
        "row 6: found a row that is hidden in the sheet, by a filter",
        "row 6, column E: found “#REF!”",
        "row 7: found text that is struck through",
        "cell B7: found 1 note",
        "Not read: “Old” (1 row, hidden)",
    ):
        assert words in said, words
    assert take(tmp_path, octets, "list.ods", sheet="old").rows == [ROW], "a hidden sheet is read when it is chosen"


def test_a_formula_of_ods_without_a_result_is_a_problem(tmp_path: Path) -> None:
    rows = [["organization", "country"], ["River Watch", '<table:table-cell table:formula="of:=[.A1]"/>']]
    assert "a formula whose result is not in the file" in sentences(take(tmp_path, ods(table(rows)), "list.ods"))


def test_fields_within_a_cell_of_ods_are_its_text(tmp_path: Path) -> None:
    fields = "<text:sheet-name>Watch</text:sheet-name> <text:ruby><text:ruby-base>of Kenya</text:ruby-base>"
    fields += "<text:ruby-text>above</text:ruby-text></text:ruby><text:bookmark>no</text:bookmark>"
    name = f'<table:table-cell office:value-type="string"><text:p>River {fields}</text:p></table:table-cell>'
    assert take(tmp_path, ods(table([LIST[0], [name]])), "list.ods").rows == [PartnerRow("River Watch of Kenya")]


def test_repeated_cells_and_rows_of_ods_count_as_often_as_they_stand_there(tmp_path: Path) -> None:
    text = table([["organization", "country", "note"], ["River Watch", "Kenya", "x"]])
    text = text.replace(
        '<table:table-cell office:value-type="string"><text:p>Kenya',
        '<table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>Kenya',
        1,
    )
    text = text.replace("<text:p>x</text:p>", "").replace(
        "<table:table-row>", '<table:table-row table:number-rows-repeated="3">'
    )
    text = text.replace('<table:table-row table:number-rows-repeated="3">', "<table:table-row>", 1)

    taken = take(tmp_path, ods(text), "list.ods")
    assert [(row.organization, row.country, row.note) for row in taken.rows] == [("River Watch", "Kenya", "Kenya")] * 3


def test_an_old_excel_file_is_read_by_the_same_rules(tmp_path: Path) -> None:
    taken = take(
        tmp_path, xls([["Liste"], ["Organisation", "Pays", "Members"], ["Rivière", "Kenya", 12.0]]), "list.xls"
    )

    assert taken.rows == [PartnerRow("Rivière", country="Kenya", note="Members: 12")]
    assert "an old Excel workbook" in sentences(taken)
    assert "Hidden rows, links and notes were not seen" in sentences(taken)


def test_merged_cells_of_an_old_excel_file_are_read_in_each_row(tmp_path: Path) -> None:
    rows = [["organization", "country"], ["River Watch", "Kenya"], ["Clean Coast"], ["Old Pond", "Ghana"]]
    taken = take(tmp_path, xls(rows, merged=[(1, 2, 1, 1)]), "list.xls")

    assert [row.country for row in taken.rows] == ["Kenya", "Kenya", "Ghana"]
    assert "column B (country): found a merged cell over several rows" in sentences(taken)


def test_a_workbook_with_macros_is_read_without_them(tmp_path: Path) -> None:
    plain, macros = b"openxmlformats-officedocument.spreadsheetml.sheet.main", b"ms-excel.sheet.macroEnabled.main"
    change = {"[Content_Types].xml": replaced(b"vnd." + plain, b"vnd." + macros)}
    assert take(tmp_path, repacked(xlsx(LIST), change), "list.xlsm").rows == [ROW]


def test_names_of_columns_that_stand_there_again_are_no_organization(tmp_path: Path) -> None:
    again = xlsx(
        [["Organisation", "Country"], ["River Watch", "Kenya"], ["Organisation ", "country"], ["Pond", "Laos"]]
    )
    taken = take(tmp_path, again)
    assert [row.organization for row in taken.rows] == ["River Watch", "Pond"]
    assert "row 3: found the names of the columns again" in sentences(taken)

    text = b"Organisation,Country\nRiver Watch,Kenya\nOrganisation,Country\nPond,Laos\n"
    assert take(tmp_path, text, "list.csv").rows == taken.rows


def test_an_organization_with_words_of_headings_in_it_is_no_heading(tmp_path: Path) -> None:
    rows = [["Organisation", "Town"], ["NGO Coalition", "contact by mail"], ["Partner Network", "language: French"]]
    assert [row.organization for row in take(tmp_path, xlsx(rows)).rows] == ["NGO Coalition", "Partner Network"]


def test_a_sheet_with_a_sentence_about_organizations_is_no_list(tmp_path: Path) -> None:
    taken = take(tmp_path, xlsx([["Please add your organisation and e-mail"], ["Thank you"]], Members=LIST))
    assert taken.sheet == "Members"


def test_the_one_sheet_with_a_list_is_taken_and_told(tmp_path: Path) -> None:
    taken = take(tmp_path, xlsx([["Read me"], ["This file has our members"]], Members=LIST, Empty=[]))

    assert taken.rows == [ROW]
    assert taken.sheet == "Members"
    assert "read is “Members” (1 row)" in sentences(taken)
    assert "Not read: “Sheet” (2 rows)" in sentences(taken)


def test_of_several_sheets_none_is_taken_until_one_is_chosen(tmp_path: Path) -> None:
    octets = xlsx([["Notes"]], Africa=LIST, Asie=[LIST[0], ["Clean Coast", "Laos", ""], ["Pond", "Laos", ""]])
    taken = take(tmp_path, octets)

    assert taken.rows == []
    assert taken.sheet == ""
    assert [(one.name, one.rows, one.listed) for one in taken.sheets][1:] == [("Africa", 1, True), ("Asie", 2, True)]
    assert sentences(taken) == (
        "list.xlsx: found 2 sheets that may be the list: “Africa” (1 row), “Asie” (2 rows); expected one sheet with the"
        ' list. Say which one: --sheet "Africa", for example.'
    )
    assert len(take(tmp_path, octets, sheet="Asie").rows) == 2
    assert len(take(tmp_path, octets, sheet=" ASIE").rows) == 2
    assert "found no sheet “Asia”; expected the name of one sheet. Did you mean Asie?" in sentences(
        take(tmp_path, octets, sheet="Asia")
    )
    assert "Leave out --sheet" in sentences(take(tmp_path, b"organization\nRiver\n", "list.csv", sheet="Asie"))


def test_sheets_without_a_column_of_organizations_and_hidden_ones_are_named(tmp_path: Path) -> None:
    assert "no sheet with a column organization: “Sheet” (1 row), “B” (1 row)" in sentences(
        take(tmp_path, xlsx([["a"]], B=[["b"]]))
    )
    book = Workbook()
    book.create_sheet("Secret").append(["organization"])
    book["Secret"].append(["River Watch"])
    book["Secret"].sheet_state = "hidden"
    hidden = "found a list in hidden sheets only: “Secret” (1 row, hidden)"
    assert hidden in sentences(take(tmp_path, saved(book)))
    book["Sheet"].append(["Read me"])
    assert hidden in sentences(take(tmp_path, saved(book)))
    assert len(take(tmp_path, saved(book), sheet="Secret").rows) == 1


def test_two_long_sheets_are_too_much_at_once_and_one_is_read_when_it_is_chosen(tmp_path: Path) -> None:
    long = [["organization", "note"], *[[f"Union {number:x}", "x" * 600] for number in range(7_000)]]
    octets = xlsx([["x"] * 4], One=long, Two=long)

    assert "“One” (7,000 rows), “Two” (7,000 rows)" in sentences(take(tmp_path, octets))
    assert len(take(tmp_path, octets, sheet="two").rows) == 7_000


def processor_seconds() -> float:
    """What this process and its children took of it, who read the files: it may be busy with others."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def far_corner(sheet: Worksheet) -> None:
    for row in LIST:
        sheet.append(row)
    sheet["XFD1048576"] = "x"


def far_corner_of_ods() -> bytes:
    rows = table([*LIST, []]).replace(
        "<table:table-row></table:table-row>",
        '<table:table-row table:number-rows-repeated="1048573">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
        '<table:table-row><table:table-cell table:number-columns-repeated="16383"/>'
        f"{cell('x')}</table:table-row>",
    )
    return ods(rows)


@pytest.mark.parametrize("name", ["list.xlsx", "list.ods"])
def test_a_cell_in_the_farthest_corner_costs_nothing(tmp_path: Path, name: str) -> None:
    started = processor_seconds()
    taken = take(tmp_path, xlsx(far_corner) if name == "list.xlsx" else far_corner_of_ods(), name)

    assert processor_seconds() - started < MAX_SECONDS
    assert taken.rows == [ROW]
    assert "row 1048576: found something beside the list: “x”" in sentences(taken)


def test_the_farthest_corner_of_an_old_file_is_answered(tmp_path: Path) -> None:
    rows: list[list[str | float]] = [[*row] for row in LIST]
    octets = xls([*rows, *[[]] * 65_533, [*[""] * 255, "x"]])
    taken = take(tmp_path, octets, "list.xls")
    assert taken.rows == [ROW] or "on which its reader fails" in sentences(taken)


def many_rows() -> bytes:
    return xlsx([["organization"], *[[f"Union {number}"] for number in range(20_001)]])


def far_cells_in_each_row() -> bytes:
    rows = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (row, row) for row in range(3, 20_003))
    return repacked(xlsx(LIST), {SHEET: lambda xml: xml.replace(b"</sheetData>", rows + b"</sheetData>")})


def after_cells(xml: bytes) -> Callable[[bytes], bytes]:
    return lambda sheet: sheet.replace(b"</sheetData>", b"</sheetData>" + xml)


def lying_size() -> bytes:
    """A zip whose directory says that a part is small, while it unpacks to 400 MB."""
    octets = repacked(xlsx(LIST), {SHEET: after_cells(b" " * 400_000_000)})
    with zipfile.ZipFile(BytesIO(octets)) as archive:
        size = archive.getinfo(SHEET).file_size
    return octets.replace(size.to_bytes(4, "little"), (5_000).to_bytes(4, "little"))


def twice(octets: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same file with a part in it once more."""
    packed = BytesIO(octets)
    with zipfile.ZipFile(packed, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(part, change(archive.read(part)))
    return packed.getvalue()


STRICT = (
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
)
DOCTYPE = b'<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
LOL = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "20,001 rows": (many_rows, "at most 20000 rows"),
    "20,001 rows of ODS": (lambda: ods(table([LIST[0], *[LIST[1]] * 20_001])), "at most 20000 rows"),
    "a row a million times": (
        lambda: ods(table(LIST).replace("<table:table-row>", '<table:table-row table:number-rows-repeated="1000000">')),
        "at most 20000 rows",
    ),
    "20,200 cells beside a list that goes on below them": (
        lambda: xlsx([*LIST, *[[None, None, None, None, "x"]] * 20_200, ["Clean Coast", "Laos"]]),
        "at most 20000 rows",
    ),
    "a cell 16,384 times": (
        lambda: ods(
            table(LIST).replace("<table:table-cell ", '<table:table-cell table:number-columns-repeated="16384" ')
        ),
        "200 at most",
    ),
    "300 columns": (lambda: xlsx([["organization", *[f"c{n}" for n in range(300)]], ["River"]]), "200 at most"),
    "a new column in each row": (
        lambda: xlsx([["organization"], *[[f"Union {n}", *[None] * n, "x"] for n in range(300)]]),
        "200 at most",
    ),
    "a shared string of 1 MB in 20,000 cells": (
        lambda: with_shared_strings(
            xlsx([["organization", "note"], *[[f"Union {n}", "yy"] for n in range(20_000)]]),
            {"yy": f"<si><t>{'y' * 1_000_000}</t></si>"},
        ),
        "more than 5 MB of text",
    ),
    "2,500,000 shared strings": (
        lambda: with_shared_strings(xlsx(LIST), {"River Watch": "<si><t>abc</t></si>" * 2_500_000}),
        "found a workbook that takes",
    ),
    "a zip bomb": (
        lambda: repacked(xlsx(LIST), {SHEET: after_cells(b" " * 400_000_000)}),
        "unpacks to more than 150 MB",
    ),
    "a zip that lies of its size": (lying_size, "found a"),
    "a zip of 6,000 parts": (lambda: packed({f"{n}.xml": "" for n in range(6_000)}), "very many parts"),
    "an external entity": (lambda: repacked(xlsx(LIST), {SHEET: lambda xml: DOCTYPE + xml}), "a document type"),
    "entities in UTF-16": (
        lambda: repacked(xlsx(LIST), {SHEET: lambda xml: (DOCTYPE + xml).decode().encode("utf-16")}),
        "a document type",
    ),
    "a billion laughs": (
        lambda: repacked(
            ods(table(LIST)), {"content.xml": lambda xml: xml.replace(b"<office:doc", LOL + b"<office:doc", 1)}
        ),
        "a document type",
    ),
    "a workbook with a password": (
        lambda: compound({"EncryptionInfo": b"x", "EncryptedPackage": b"y" * 5_000}),
        "protected with a password",
    ),
    "an old workbook with a password": (lambda: xls([*LIST], encrypted=True), "protected with a password"),
    "ODS with a password": (
        lambda: ods(table(LIST), manifest="<manifest:encryption-data/>"),
        "protected with a password",
    ),
    "Strict Open XML": (lambda: repacked(xlsx(LIST), {"*": lambda xml: xml.replace(*STRICT)}), "Strict"),
    "Apple Numbers": (lambda: packed({"Index/Document.iwa": "x", "Metadata/x": "x"}), "Apple Numbers"),
    "XLSB": (lambda: packed({"[Content_Types].xml": "x", "xl/workbook.bin": "x"}), "XLSB"),
    "Word": (lambda: packed({"[Content_Types].xml": "x", "word/document.xml": "x"}), "a Word document"),
    "old Word": (lambda: compound({"WordDocument": b"x"}), "no workbook"),
    "a zip of a list": (lambda: packed({"list.csv": "organization\nRiver\n"}), "ZIP) that is no workbook"),
    "a sheet that stands there twice": (
        lambda: twice(xlsx(LIST), SHEET, lambda xml: xml.replace(b"River", b"Other")),
        "damaged or incomplete",
    ),
    "a part of ODS that stands there twice": (lambda: twice(ods(table(LIST)), "content.xml", bytes), "damaged"),
    "an empty zip": (lambda: packed({}), "ZIP) that is no workbook"),
    "a torn file": (lambda: xlsx(LIST)[:2_500], "damaged or incomplete"),
    "a file without its end": (lambda: xlsx(LIST)[:-30], "damaged or incomplete"),
    "a torn old file": (lambda: xls([*LIST])[:900], "or is incomplete"),
    "XML that is torn": (lambda: repacked(xlsx(LIST), {SHEET: lambda xml: xml[:300]}), "damaged or incomplete"),
    "ODS that is torn": (lambda: repacked(ods(table(LIST)), {"content.xml": lambda xml: xml[:900]}), "damaged"),
    "a text of LibreOffice": (
        lambda: packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}),
        "no spreadsheet",
    ),
    "a web page": (lambda: b"\xef\xbb\xbf<table><tr><td>organization</td></tr></table>", "a web page"),
    "Excel 2003 in XML": (lambda: b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "XML"),
    "a web page as archive": (lambda: b"MIME-Version: 1.0\nX-Document-Type: Workbook\n", "MHTML"),
    "11 MB": (lambda: b"PK\x03\x04" + bytes(11 * 1024 * 1024), "It may have 10.0 MB at most"),
    "6 MB of text": (lambda: b"organization\n" + b"x\n" * 3_000_000, "It may have 5.0 MB at most"),
    "no cell": (lambda: xlsx([]), "a column organization"),
    "the names of the columns alone": (lambda: xlsx(LIST[:1]), "an empty list"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_said_in_one_clear_sentence(name: str, tmp_path: Path) -> None:
    make, words = REFUSED[name]
    octets = make()
    started = processor_seconds()
    taken = take(tmp_path, octets)

    assert processor_seconds() - started < workbook.MAX_SECONDS + MAX_SECONDS
    assert words in printed(taken.problems)
    assert all(len(one.sentence) < 600 and one.sentence.isprintable() for one in [*taken.problems, *taken.remarks])


READ: dict[str, Callable[[], bytes]] = {
    "a far cell in each of 20,000 rows": far_cells_in_each_row,
    "100,000 ranges over the whole sheet": lambda: repacked(
        xlsx(LIST),
        {SHEET: after_cells(b"<mergeCells>" + b'<mergeCell ref="E5:XFD1048576"/>' * 100_000 + b"</mergeCells>")},
    ),
    "100,000 links over the whole sheet": lambda: repacked(
        xlsx(LIST),
        {
            SHEET: after_cells(
                b"<hyperlinks>" + b'<hyperlink ref="A1:XFD1048576" location="x"/>' * 100_000 + b"</hyperlinks>"
            )
        },
    ),
    "100,000 levels": lambda: repacked(xlsx(LIST), {SHEET: after_cells(b"<a>" * 100_000 + b"</a>" * 100_000)}),
    "ten million blanks": lambda: repacked(xlsx(LIST), {SHEET: after_cells(b" " * 10_000_000)}),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_absurd_beside_a_list_is_passed_over(name: str, tmp_path: Path) -> None:
    octets = READ[name]()
    started = processor_seconds()
    taken = take(tmp_path, octets)

    assert processor_seconds() - started < MAX_SECONDS
    assert taken.rows == [ROW]


def test_ranges_that_end_before_they_begin_do_not_pay_for_others(tmp_path: Path) -> None:
    rows = [["organization", "email"], *[[f"Union {number}", "x@y.example"] for number in range(1_000)]]
    ranges = b'<mergeCell ref="A1048576:B1"/>' * 10 + b'<mergeCell ref="A1:B990"/>' * 3_000
    octets = repacked(xlsx(rows), {SHEET: after_cells(b"<mergeCells>" + ranges + b"</mergeCells>")})
    [sheet] = workbook.read_sheets("list.xlsx", octets)

    assert sum(map(len, sheet.across.values())) < 1_000_000


def test_a_file_is_taken_for_what_is_in_it_and_not_for_its_name(tmp_path: Path) -> None:
    for octets in (xlsx(LIST), ods(table(LIST))):
        for name in ("list.csv", "list.txt", "list.xls", "list"):
            assert take(tmp_path, octets, name).rows == [ROW]
    taken = take(tmp_path, b"organization;country;email\nRiver Watch;Kenya;ada@river.example\n", "list.xlsx")
    assert taken.rows == [ROW]
    assert "found text, in a file that is named .xlsx" in sentences(taken)


def test_20_000_rows_of_ten_columns_are_read_soon_and_within_the_limits() -> None:
    names = ["organization", *[f"c{number}" for number in range(9)]]
    octets = xlsx([names, *[[f"Union {number}", *["some text"] * 9] for number in range(20_000)]])
    started = processor_seconds()
    found = child_process.call(workbook_reader.read_workbook, octets, seconds=90, memory=workbook.MAX_MEMORY // 2)

    assert processor_seconds() - started < MAX_SECONDS
    assert found["sheets"][0]["count"] == 20_001


@settings(deadline=None, max_examples=15)
@given(kind=st.sampled_from(["xlsx", "ods", "xls"]), place=st.floats(0, 1), noise=st.binary(min_size=1, max_size=40))
def test_a_workbook_with_noise_in_it_is_read_or_refused(
    kind: str, place: float, noise: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    octets = {"xlsx": xlsx(LIST), "ods": ods(table(LIST)), "xls": xls([*LIST])}[kind]
    at = int(place * (len(octets) - 8)) + 4
    taken = take(tmp_path_factory.mktemp("noise"), octets[:at] + noise + octets[at + len(noise) :], f"list.{kind}")

    assert taken.rows or taken.problems
    assert all(one.sentence.isprintable() for one in [*taken.problems, *taken.remarks])


def test_check_says_how_to_make_the_list_of_a_workbook(tmp_path: Path) -> None:
    (tmp_path / "Partners.xlsx").write_bytes(xlsx(LIST))
    [problem] = read_csv(tmp_path / "partners.csv")[1]
    assert "found no such file, but Partners.xlsx; expected a list of partners as CSV" in problem.sentence
    assert "CSV UTF-8 (partners.csv)" in problem.sentence
    assert "`undersigned new NAME --partners Partners.xlsx`" in problem.sentence

    (tmp_path / "partners.csv").write_bytes(xlsx(LIST))
    [problem] = read_csv(tmp_path / "partners.csv")[1]
    assert "found an Excel workbook" in problem.sentence
    assert "`undersigned new NAME --partners partners.csv`" in problem.sentence
