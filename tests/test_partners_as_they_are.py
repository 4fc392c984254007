"""Lists as organizers have them: what `new` understands, tells and keeps, and `check` refuses."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.phrases import printed
from worker.definition import encodings
from worker.definition.partners import COLUMNS, PartnerRow, TakenList, read_csv, read_pasted, take_list, write_csv


def take(tmp_path: Path, content: str | bytes, name: str = "list.csv") -> TakenList:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return take_list(tmp_path / name)


def sentences(taken: TakenList) -> str:
    return printed([*taken.problems, *taken.remarks])


def is_clean(tmp_path: Path, taken: TakenList) -> bool:
    """What was taken over is written so that the strict reader finds nothing to refuse."""
    write_csv(tmp_path / "partners.csv", taken.rows)
    rows, problems, _ = read_csv(tmp_path / "partners.csv")
    return rows == taken.rows and not problems


@pytest.mark.parametrize(
    ("cell", "row", "told"),
    [
        ("mailto:ada@mail.example", {"email": "ada@mail.example"}, "mailto: taken off"),
        ("MailTo:ada@mail.example?subject=Letter", {"email": "ada@mail.example"}, "mailto: taken off"),
        ("‹ada@mail.example›", {"email": "ada@mail.example"}, "brackets taken off"),
        ("<ada@mail.example>,", {"email": "ada@mail.example"}, "brackets taken off"),
        ("[ada@mail.example](mailto:ada@mail.example)", {"email": "ada@mail.example"}, "mailto: taken off"),
        ("Ada Okafor <ada@mail.example>", {"email": "ada@mail.example", "contact": "Ada Okafor"}, "a name before"),
        ("‘Okafor, Ada (Dr.)’ ada@mail.example", {"email": "ada@mail.example", "contact": "Okafor, Ada (Dr.)"}, "name"),
        ("ada@mail.example.", {"email": "ada@mail.example"}, "signs around the address taken off"),
        ("ada@mail.example,", {"email": "ada@mail.example"}, "signs around the address taken off"),
        ("'ada@mail.example'", {"email": "ada@mail.example"}, "signs around the address taken off"),
        ("E-mail: ada@mail.example", {"email": "ada@mail.example"}, "signs around the address taken off"),
        ("ada@mail.example\u200b", {"email": "ada@mail.example"}, "invisible characters taken out"),
        ("\u2068ada@mail.example\u2069", {"email": "ada@mail.example"}, "invisible characters taken out"),
        ("ada @ mail .example", {"email": "ada@mail.example"}, "spaces within the address taken out"),
        ("ada(at)mail.example", {"email": "ada@mail.example"}, "an address that was written out"),
        ("ada [AT] mail [dot] example", {"email": "ada@mail.example"}, "an address that was written out"),
        ("n/a", {}, "email, taken as empty: “n/a”"),
        ("N.A.", {}, "email, taken as empty"),
        ("None", {}, "email, taken as empty"),
        ("–", {}, "email, taken as empty"),
        ("(not available)", {}, "email, taken as empty"),
        ("Non disponible", {}, "email, taken as empty"),
        (
            "a@x.example; b@x.example",
            {"email": "a@x.example", "note": "further addresses: b@x.example"},
            "the first is",
        ),
        ("a@x.example / A@x.example", {"email": "a@x.example"}, "signs around"),
        ("a@x.example and b@x.example", {"email": "a@x.example"}, "the others are kept"),
        ("a@x.example\nb@x.example", {"email": "a@x.example", "note": "further addresses: b@x.example"}, "several"),
        (
            "a@x.example (desk, tel. 12)",
            {"email": "a@x.example", "note": "email: a@x.example (desk, tel. 12)"},
            "other",
        ),
        ("büro@x.example", {"note": "email: büro@x.example"}, "no address that can be used, kept in the note"),
        ("see web page", {"note": "email: see web page"}, "no address that can be used, kept in the note"),
    ],
)
def test_an_address_is_found_in_what_people_write(tmp_path: Path, cell: str, row: dict[str, str], told: str) -> None:
    taken = take(tmp_path, f'organization,email\nRiver Watch,"{cell}"\n')

    assert taken.problems == []
    [found] = taken.rows
    assert found.email == row.get("email", "")
    assert found.contact == row.get("contact", "")
    assert row.get("note", "") in found.note
    assert told in sentences(taken)
    assert is_clean(tmp_path, taken)
    assert cell == "b" or read_csv(tmp_path / "list.csv")[1] or not cell.isascii(), "the strict reader refuses it"


def test_a_name_before_an_address_is_kept_beside_another_contact(tmp_path: Path) -> None:
    taken = take(tmp_path, "organization,contact,email\nRiver Watch,Bo,Ada <ada@x.example>\n")

    assert taken.rows == [
        PartnerRow("River Watch", contact="Bo", email="ada@x.example", note="name at the address: Ada")
    ]


@pytest.mark.parametrize("cell", ["ada@mail.example", "O'Neil@mail.example", "ada@rivière.example"])
def test_an_address_that_is_one_is_told_nothing_of(tmp_path: Path, cell: str) -> None:
    assert sentences(take(tmp_path, f"organization,email\nRiver Watch,{cell}\n")) == ""


def test_words_that_say_nothing_empty_a_cell_but_no_name(tmp_path: Path) -> None:
    text = "organization,acronym,country,contact,note\nNone,NA,n/a,-,N/A\nUnknown,--,Namibia,tbc,not available\n"

    taken = take(tmp_path, text)

    assert taken.rows == [PartnerRow("None", acronym="NA"), PartnerRow("Unknown", country="Namibia")]
    assert sentences(taken).count("taken as empty") == 6


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        *(("English", "en"), ("anglais", "en"), ("EN-gb", "en"), ("eng", "en"), ("អង់គ្លេស", "en"), ("Englisch", "en")),
        *(("French", "fr"), ("français", "fr"), ("FRANCAIS", "fr"), ("fr-FR", "fr"), ("fr_CA", "fr"), ("fra", "fr")),
        *(("ខ្មែរ", "km"), ("ភាសាខ្មែរ", "km"), ("Khmer", "km"), ("km-KH", "km"), ("Cambodian", "km"), ("khmère", "km")),
        *(
            ("Français (fr)", "fr"),
            ("Khmer / English", "km"),
            ("French and English", "fr"),
            ("German", ""),
            ("n/a", ""),
        ),
    ],
)
def test_a_language_is_known_by_its_name(tmp_path: Path, cell: str, code: str) -> None:
    taken = take(tmp_path, f"organization,language\nRiver Watch,{cell}\n")

    assert taken.problems == []
    assert taken.rows[0].language == code
    assert f"“{cell}” → “{code}”" in sentences(taken)
    several = cell in ("Khmer / English", "French and English", "German")
    assert taken.rows[0].note == (f"language: {cell}" if several else "")
    assert is_clean(tmp_path, taken)


@pytest.mark.parametrize(
    ("cells", "organization"),
    [
        ('"River Watch\n(formerly Stream Watch)"', "River Watch (formerly Stream Watch)"),
        ('"River\r\nWatch"', "River Watch"),
        ('"River Watch\n"', "River Watch"),
        ('"River\n\n Watch"', "River Watch"),
        ('"River\u2028Watch"', "River Watch"),
    ],
)
def test_a_line_break_in_a_cell_becomes_a_space(tmp_path: Path, cells: str, organization: str) -> None:
    taken = take(tmp_path, f"organization,country\n{cells},Kenya\n")

    assert taken.rows == [PartnerRow(organization, country="Kenya")]
    assert taken.problems == []
    assert "a line break" in sentences(taken) or organization in cells


FORMS = {
    "google": (
        "Timestamp,Email Address,Name of your organisation,Country of registration,Who is the contact person?,"
        "Do you want to sign?\n11/28/2026 10:00:00,ada@river.example,River Watch,Kenya,Ada,Yes\n",
        PartnerRow("River Watch", "", "Kenya", "Ada", "ada@river.example"),
        ["Timestamp: 11/28/2026 10:00:00", "Do you want to sign?: Yes"],
    ),
    "questions": (
        "Horodateur;Adresse e-mail;Quel est le nom complet de votre organisation ?;Dans quel pays êtes-vous ?;Sigle;"
        "Langue de correspondance;Téléphone\n28/11/2026;a@eau.example;Eau Vive;France;EV;français;12 34\n",
        PartnerRow("Eau Vive", "EV", "France", "", "a@eau.example", "fr"),
        ["Horodateur: 28/11/2026", "Téléphone: 12 34"],
    ),
    "microsoft": (
        "ID\tStart time\tEmail\tName\tOrganisation name\tCountry/Territory\tPosition of the contact\n"
        "1\t2026\tanonymous\tAda\tRiver Watch\tKenya\tChair\n",
        PartnerRow("River Watch", "", "Kenya"),
        ["ID: 1", "Name: Ada", "Position of the contact: Chair", "email: anonymous"],
    ),
    "two emails": (
        "Organisation,E-mail,Second email,Website\nRiver Watch,a@x.example,b@x.example,https://x.example/?a=b\n",
        PartnerRow("River Watch", email="a@x.example"),
        ["Second email: b@x.example", "Website: https://x.example/?a=b"],
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_an_export_of_a_form_is_understood_and_what_has_no_column_is_kept(tmp_path: Path, form: str) -> None:
    text, row, kept = FORMS[form]
    taken = take(tmp_path, text)

    assert taken.problems == []
    [found] = taken.rows
    for column in COLUMNS[:-1]:
        assert getattr(found, column) == getattr(row, column), column
    for words in kept:
        assert words in found.note
    for one in taken.columns:
        assert not (one.guessed or not one.column) or f"“{one.heading}”" in sentences(taken), "each guess is told"
    assert is_clean(tmp_path, taken)
    assert read_csv(tmp_path / "list.csv")[1], "the strict reader refuses it"


@pytest.mark.parametrize(
    "header",
    [
        "Organization,,,Contact,\nName,Acronym,Country,Name,Email",
        "organization,acronym,country,contact,email\nOrganisation,Sigle,Pays,Contact,Courriel",
        "Partner,,,Contact person,\nName,Acronym,Country,Name,E-mail address",
        "All partners,,,,\nOrganisation,Abbreviation,Country,Person,Mail\nNom,Sigle,Pays,Personne,Courriel",
    ],
)
def test_two_rows_of_headings_are_read_together(tmp_path: Path, header: str) -> None:
    taken = take(tmp_path, f"{header}\nRiver Watch,RW,Kenya,Ada,ada@river.example\n")

    assert taken.rows == [PartnerRow("River Watch", "RW", "Kenya", "Ada", "ada@river.example")]
    assert taken.problems == []
    assert "names" in sentences(taken)


def test_an_organization_whose_name_is_made_of_such_words_is_no_heading(tmp_path: Path) -> None:
    text = "organization,acronym,country\nContact Group,Network,Kenya\nThe Organisation,TO,Ghana\n"

    assert [row.organization for row in take(tmp_path, text).rows] == ["Contact Group", "The Organisation"]


def test_a_cell_beyond_the_last_column_is_still_a_problem(tmp_path: Path) -> None:
    """A comma that is not in quotation marks moves all cells behind it: nobody can say which one."""
    assert "no cell without a column" in sentences(take(tmp_path, "organization,country\nClean Coast, Inc.,Ghana\n"))


def test_a_note_that_grows_too_long_is_cut_and_told(tmp_path: Path) -> None:
    taken = take(tmp_path, f"organization,Why do we sign\nRiver Watch,{'x ' * 1500}\n")

    assert "too long and cut off" in sentences(taken)
    assert is_clean(tmp_path, taken)


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("River Watch (RW), Kenya, mailto:a@x.example", PartnerRow("River Watch", "RW", "Kenya", email="a@x.example")),
        ("River Watch, Kenya ‹a@x.example›.", PartnerRow("River Watch", "", "Kenya", email="a@x.example")),
        ("River Watch, Kenya, n/a", PartnerRow("River Watch", "", "Kenya")),
        ("River Watch (RW), Kenya, –", PartnerRow("River Watch", "RW", "Kenya")),
        ("River Watch, Kenya - not available", PartnerRow("River Watch", "", "Kenya")),
        ("River Watch, Kenya, a(at)x.example", PartnerRow("River Watch", "", "Kenya", email="a@x.example")),
        (
            "River Watch (RW), Kenya, Ada Okafor <a@x.example>",
            PartnerRow("River Watch", "RW", "Kenya", "Ada Okafor", "a@x.example"),
        ),
        (
            "River Watch, Kenya: a@x.example; b@x.example and c@x.example",
            PartnerRow(
                "River Watch", "", "Kenya", "", "a@x.example", note="further addresses: b@x.example; c@x.example"
            ),
        ),
        ("River, Rain and Watch <a@x.example>", PartnerRow("River, Rain and Watch", email="a@x.example")),
    ],
)
def test_a_pasted_line_is_understood_like_a_cell(line: str, row: PartnerRow) -> None:
    rows, fixes = read_pasted(line)

    assert rows == [row]
    assert fixes


ALSO_READ_OTHERWISE = (("Pêcheurs à Lyon", "cp850"), ("Přátelé řeky", "cp1250"))


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        *(("Łódź Prawa", "cp1250"), ("Źródło Wisły", "cp1250"), ("Święty Krąg", "iso8859_2"), ("Мемориал", "cp1251")),
        *(("Δίκτυο Νερού", "cp1253"), ("Pêcheurs à Lyon", "mac_roman"), ("Pêcheurs à Lyon", "cp850")),
        *(("Pêcheurs d’Alsace", "cp1252"), ("Мемориал", "koi8_r"), ("Přátelé řeky", "cp1250")),
    ],
)
@pytest.mark.parametrize("file", ["list.csv", "list.txt"])
def test_a_wrong_encoding_is_a_doubt_with_what_the_cell_may_say(
    tmp_path: Path, name: str, encoding: str, file: str
) -> None:
    text = f"organization,country\n{name},Poland\n" if file == "list.csv" else f"1. {name}, Poland\n"
    taken = take(tmp_path, text.encode(encoding), file)

    doubts = [one for one in taken.remarks if isinstance(one, encodings.Doubt) and one.readings]
    assert doubts
    assert any(name in reading.text for doubt in doubts for reading in doubt.readings)
    assert name in sentences(taken)
    if (name, encoding) not in ALSO_READ_OTHERWISE:
        assert taken.rows[0].organization == name, "the reading in which nothing looks odd"
    if file == "list.csv":
        _, _, remarks = read_csv(tmp_path / file)
        assert any(name in one.sentence for one in remarks)


@pytest.mark.parametrize(
    ("stands", "meant"),
    [
        ("LibertÃ© pour tous", "Liberté pour tous"),
        ("PÃªcheurs dâ€™Alsace", "Pêcheurs d’Alsace"),
        ("£ódŸ Prawa", "Łódź Prawa"),
        ("Liberté et Ã©galitÃ©", "Liberté et égalité"),
        ("LibertÃƒÂ©", "Liberté"),
        ("Ìåìîðèàë", "Мемориал"),
        ("Ð\u009cÐµÐ¼Ð¾Ñ\u0080Ð¸Ð°Ð»", "Мемориал"),
        ("áž\u009fáž˜áž¶áž‚áž˜", "សមាគម"),
    ],
)
def test_letters_that_were_read_wrongly_before_are_a_doubt_too(tmp_path: Path, stands: str, meant: str) -> None:
    taken = take(tmp_path, f"organization,country\n{stands},\n")
    assert f"“{meant}”" in sentences(taken)
    _, _, remarks = read_csv(tmp_path / "list.csv")
    assert f"“{meant}”" in "\n".join(one.sentence for one in remarks)


def test_a_letter_that_became_a_question_mark_is_a_doubt(tmp_path: Path) -> None:
    assert "a question mark within a word in “L?dz”" in sentences(take(tmp_path, "organization\nL?dz\n"))


@pytest.mark.parametrize(
    "name",
    [
        *("Pêcheurs d’Alsace", "Łódź Prawa", "Nguyễn Được", "Þjóðþing", "ÅÄÖ", "Müller & Söhne", "L·lull i Col·legi"),
        *("Señor Ñandú", "Мемориал", "Δίκτυο Νερού", "សមាគម\u200bខ្មែរ", "منظمة", "İstanbul Çiğdem", "Україна Кі"),
        *(
            "100 °C",
            "Rivers®",
            "“Droits” — «Été»",
            "Who? What?",
            "ÉCOLE",
            "São Tomé",
            "Ærø Å",
            "n° 5",
            "IRMÃ DULCE",
            "«CAFÉ»",
        ),
    ],
)
def test_a_name_that_is_right_is_no_doubt(tmp_path: Path, name: str) -> None:
    taken = take(tmp_path, f'organization\n"{name}"\n')

    assert not [one for one in taken.remarks if isinstance(one, encodings.Doubt)]


def test_of_many_cells_in_doubt_the_first_are_told(tmp_path: Path) -> None:
    text = "organization\n" + "".join(f"Été {number}\n" for number in range(50))

    taken = take(tmp_path, text.encode("cp1252"))

    assert "45 more such cells" in sentences(taken)
    assert len(taken.rows) == 50


def test_a_cell_that_begins_as_a_formula_does_is_told(tmp_path: Path) -> None:
    taken = take(tmp_path, "organization,contact,note\n=1+1 River,Ada,+855 12\nUnion,Bo,+855 13\n")
    assert [row.organization for row in taken.rows] == ["=1+1 River", "Union"]
    assert "row 2, column organization: found “=1+1 River”, which begins as a formula does" in sentences(taken)
    assert "rows 2 and 3, column note: found “+855 12”, “+855 13”, which begins as a formula does" in sentences(taken)


def test_what_turns_the_words_is_taken_out_of_texts_that_are_not_printed_too(tmp_path: Path) -> None:
    taken = take(
        tmp_path,
        "organization,contact,note,Phone\nRiver,\u202dAda\u202c,a\u200eb \u202ex,\u202d+855 12 345\u202c\n"
        "Union,\u202aBo\u202c,c,\u2066+855\u2069\n",
    )
    assert not taken.problems
    assert taken.rows[0] == PartnerRow("River", contact="Ada", note="a\u200eb x; Phone: +855 12 345")
    assert taken.rows[1] == PartnerRow("Union", contact="\u202aBo\u202c", note="c; Phone: \u2066+855\u2069")
    assert "contact, U+202D, a character that turns the direction of writing, taken out" in sentences(taken)


@settings(deadline=None)
@given(
    content=st.binary(max_size=200)
    | st.text().map(lambda text: f"{','.join(COLUMNS)},Phone\n{text}".encode("utf-8", "replace"))
    | st.text().map(lambda text: f"organization,email,language\nx,{text}@,{text}".encode("utf-8", "replace"))
)
def test_whatever_is_taken_over_is_clean(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("lists")
    taken = take(folder, content)

    assert taken.rows or taken.problems
    assert all(one.sentence.isprintable() for one in [*taken.problems, *taken.remarks])
    if not taken.problems:
        write_csv(folder / "partners.csv", taken.rows)
        rows, problems, _ = read_csv(folder / "partners.csv", None)
        assert rows == taken.rows
        assert problems == []
