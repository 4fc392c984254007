"""The list as it is pasted out of a letter."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.definition.partners import PartnerRow, read_pasted
from worker.text import characters

PASTED = (Path(__file__).parent / "data" / "signatories-as-pasted.txt").read_text(encoding="utf-8")


def test_the_real_list_becomes_56_organizations_in_seven_countries():
    rows, _ = read_pasted(PASTED)

    assert len(rows) == 56
    assert Counter(row.country for row in rows) == {
        "USA": 24,
        "France": 18,
        "Australia": 7,
        "Ireland": 2,
        "Cambodia": 2,
        "Canada": 2,
        "New Zealand": 1,
    }


def test_each_mend_of_the_real_list_is_told_and_nothing_else():
    _, fixes = read_pasted(PASTED)

    assert Counter(fix.what for fix in fixes) == {"commas and spaces": 10, "country": 5}
    assert fixes[0].sentence == (
        "line 2: commas and spaces: “Association 23 Octobre 1991, (A23O), France”"
        " → “Association 23 Octobre 1991 (A23O), France”"
    )
    assert [fix.line for fix in fixes if fix.what == "country"] == [16, 20, 39, 40, 41]


def test_the_real_list_loses_no_letter_of_a_name():
    rows, _ = read_pasted(PASTED)

    for row, line in zip(rows, PASTED.splitlines(), strict=True):
        assert row.organization in line
        assert f"{row.acronym})" in line
        assert "," not in row.acronym + row.country
    assert rows[11].organization == "Association Nationale des Anciens Amis de l’Indochine, SOS-Cambodge"
    assert rows[45].organization == "Lao Nation/Study and Research Center on Laos and Asia"
    assert len({row.acronym for row in rows}) == 56


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("River Watch (RW), France", PartnerRow("River Watch", "RW", "France")),
        ("1) River Watch,(RW),USA", PartnerRow("River Watch", "RW", "USA")),
        ("(1) River Watch (RW) USA", PartnerRow("River Watch", "RW", "USA")),
        ("River Watch (RW) – Atlantis.", PartnerRow("River Watch", "RW", "Atlantis")),
        ("• River Watch ( RW ) , U.S.A.,", PartnerRow("River Watch", "RW", "USA")),
        ("- River Watch (RW) – United States", PartnerRow("River Watch", "RW", "USA")),
        ("1.River Watch (RW), Aus.", PartnerRow("River Watch", "RW", "Australia")),
        ("1.\tRiver Watch\t(RW)\tUK", PartnerRow("River Watch", "RW", "United Kingdom")),
        ("River Watch (Lower Mekong) (RW), Cambodge", PartnerRow("River Watch (Lower Mekong)", "RW", "Cambodia")),
        ("River, Rain & Watch, Inc., Canada", PartnerRow("River, Rain & Watch, Inc.", "", "Canada")),
        ("2.0 Movement (TM), KHM", PartnerRow("2.0 Movement", "TM", "Cambodia")),
        ("23 Octobre (VO), États-Unis", PartnerRow("23 Octobre", "VO", "USA")),
        ("River Watch (RW), Atlantis", PartnerRow("River Watch", "RW", "Atlantis")),
        ("River Watch (RW)", PartnerRow("River Watch", "RW", "")),
        ("> 1. River Watch (RW), USA", PartnerRow("River Watch", "RW", "USA")),
        (">> > River Watch (RW), USA", PartnerRow("River Watch", "RW", "USA")),
        ("House (HM), USA, mail@hm.example", PartnerRow("House", "HM", "USA", email="mail@hm.example")),
        ("House (HM), USA – <mail@HM.example>.", PartnerRow("House", "HM", "USA", email="mail@hm.example")),
        ("House (HM) (mailto:mail@hm.example)", PartnerRow("House", "HM", email="mail@hm.example")),
        ("House, USA mail@hm.example;", PartnerRow("House", "", "USA", email="mail@hm.example")),
        ("House mail@hm.example", PartnerRow("House", email="mail@hm.example")),
        ("mail@hm.example", PartnerRow("mail@hm.example")),
        ("House (HM), USA, mail@hm", PartnerRow("House", "HM", "USA, mail@hm")),
    ],
)
def test_one_line_is_one_organization(line, row):
    assert read_pasted(line)[0] == [row]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("River Watch (RW), Atlantis", "no country that is known: “Atlantis”. Look at it, please."),
        ("River Watch (RW)", "no country: “River Watch (RW)”. Look at it, please."),
        ("7. River Watch (RW), France", "a number that is not the next one (1)"),
        ("River\u200b Watch (RW), France", "U+200B, an invisible character, taken out"),
        ("> River Watch (RW), USA", "quote marks: “> River Watch (RW), USA” → “River Watch (RW), USA”"),
        (
            "House (HM), USA, mail@hm.example",
            "an address, taken as email: “House (HM), USA, mail@hm.example” → “mail@hm.example”",
        ),
        ("House (HM), USA, mail@hm", "no address that can be used: “House (HM), USA, mail@hm”. Look at it"),
        (
            "House\x07 (HM), USA",
            "U+0007, a control character, taken out: “House<U+0007> (HM), USA” → “House (HM), USA”",
        ),
        ("River Watch of everywhere", "kept whole as the organization"),
    ],
)
def test_what_needs_a_look_is_told_with_its_line(line, told):
    _, fixes = read_pasted("\n" + line)

    assert [fix.sentence for fix in fixes if told in fix.sentence and fix.sentence.startswith("line 2: ")]


def test_a_line_that_cannot_be_taken_apart_is_a_row_of_its_own():
    rows, fixes = read_pasted("Signed by:\n\n1. River Watch (RW), France\n???\n")

    assert rows == [PartnerRow("Signed by:"), PartnerRow("River Watch", "RW", "France"), PartnerRow("???")]
    assert [fix.line for fix in fixes] == [1, 4]


PERSON = PartnerRow("River Watch", "RW", "Kenya", "Ada Obi", "ada@rw.example")


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("River Watch (RW), Kenya – Ada Obi <ada@rw.example>, +254 20 000 0001", ("+254 20 000 0001", PERSON)),
        ("River Watch [RW], Kenya - Ada Obi <ada@rw.example>", ("", PERSON)),
        (
            "River Watch (RW), Kenya: Ada Obi <ada@rw.example> / WhatsApp: (+254) 720 000 000",
            ("WhatsApp: (+254)", PERSON),
        ),
        ("River Watch [RW], Kenya, Tel +254-20-0000003, Ada Obi <ada@rw.example>", ("Tel +254-20-0000003", PERSON)),
        ("River Watch, Kenya, info@rw.example (tel. 020 000 0002)", ("tel. 020 000 0002", "info@rw.example")),
        ("River Watch, Kenya, no email, call 00254 20 000 0000", ("call 00254 20 000 0000", "")),
        ("River Watch, International, <info@rw.example>", ("", "info@rw.example")),
    ],
)
def test_a_person_and_a_telephone_behind_an_organization_are_parted_from_it(line, row):
    note, meant = row
    [found] = read_pasted(line)[0]

    assert found.note.startswith(note)
    assert bool(found.note) == bool(note)
    assert found.organization == "River Watch"
    assert found.country in ("Kenya", "International")
    if isinstance(meant, PartnerRow):
        assert replace(found, note="") == meant
    else:
        assert found.email == meant


@pytest.mark.parametrize(
    "name",
    [
        "Hotline 0800 123 456",
        "Hotline 0800 123 456 Network",
        "River 2000 Watch",
        "Réseau 21 000 000 arbres",
        "11.11.11",
    ],
)
def test_a_number_in_a_name_is_no_telephone(name):
    assert read_pasted(f"{name} (RW), Ghana")[0] == [PartnerRow(name, "RW", "Ghana")]


@pytest.mark.parametrize("sign", ["• {}", "{}) ", "- {}", "> * {}"])
def test_what_stands_above_and_below_a_list_is_left_out_and_told(sign):
    def item(number, text):
        return sign.format(number) + text if "{})" in sign else sign.format(text)

    items = [item(number, f"River {number} Watch, Kenya") for number in (1, 2, 3)]
    text = "\n".join(["Dear all, here it is:", *items, "Lake Friends, Ghana", "Best regards", "Ada"])

    rows, fixes = read_pasted(text)

    assert [row.organization for row in rows] == [*(f"River {one} Watch" for one in (1, 2, 3)), "Lake Friends"]
    assert [fix.line for fix in fixes if "left out" in fix.what] == [1, 6, 7]


def test_an_empty_line_of_a_quoted_mail_is_no_row():
    assert read_pasted("> River Watch (RW), USA\n>\n> \n")[0] == [PartnerRow("River Watch", "RW", "USA")]


def test_a_list_for_a_french_letter_has_its_countries_in_french():
    rows, _ = read_pasted("River Watch (RW), Cambodia\nClean Coast (CC), USA", language="fr")

    assert [row.country for row in rows] == ["Cambodge", "États-Unis"]


@settings(deadline=None)
@given(st.text())
def test_nothing_that_is_pasted_is_lost(text):
    rows, _ = read_pasted(text)

    kept = "".join(row.organization + row.acronym + row.email for row in rows)
    visible, _ = characters.without_unfit(text)
    lost = Counter(c for c in characters.tidy(visible) if c.isalpha()) - Counter(c for c in kept if c.isalpha())
    assert not lost or any(row.country for row in rows)
