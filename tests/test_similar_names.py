"""Duplicates are refused and look-alikes are shown; none is merged."""

from pathlib import Path

import pytest

from worker.definition.partners import PartnerRow, read_csv, read_list, read_pasted, write_csv
from worker.text import countries, similar_names

PASTED = (Path(__file__).parent / "data" / "signatories-as-pasted.txt").read_text(encoding="utf-8")


def remarks_on(tmp_path, *rows):
    write_csv(tmp_path / "partners.csv", rows)
    read, problems, remarks = read_csv(tmp_path / "partners.csv")
    assert not problems
    assert len(read) == len(rows)
    return [remark.sentence for remark in remarks]


def test_the_two_families_of_the_real_list_are_its_only_look_alikes():
    names = [row.organization for row in read_pasted(PASTED)[0]]

    assert [(names[first], names[second]) for first, second in similar_names.alike(names)[0]] == [
        ("Sons & Daughters of Cambodia", "Sons and Daughters Khmer")
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("River Watch", "River Watchh"),
        ("Watch of the River", "River Watch"),
        ("Pêcheurs du Mékong", "Pecheurs du Mekong"),
        ("River Watch, Inc.", "River Watch"),
        ("សមាគមខ្មែរក្រហម", "សមាគមខ្មែរក្រហមៗ"),
    ],
)
def test_names_that_nearly_agree_look_alike(one, other):
    assert similar_names.alike(["Clean Coast", one, other]) == ([(1, 2)], False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("خانه\u200cی آب", "خانهی آب"),
        ("ශ්\u200dරී ජල", "ශ්රී ජල"),
        ("র\u200d\u09cdযালি", "র\u09cdযালি"),
        ("അവന്\u200d", "അവൻ"),
        ("inter\u00adnational", "International"),
    ],
)
def test_joiners_and_soft_hyphens_make_no_other_name(one, other):
    assert similar_names.fold_name(one) == similar_names.fold_name(other)


def test_words_that_many_names_share_make_no_look_alikes():
    places = ["Ohio", "Lyon", "Perth", "Dublin", "Ottawa", "Minnesota"]

    assert similar_names.alike([f"Cambodian Association of {place}" for place in places]) == ([], False)


def test_many_look_alikes_are_cut_off_and_it_is_said(tmp_path):
    remarks = remarks_on(tmp_path, *[PartnerRow("Riverwatchers" + letter) for letter in "abcdefghijklmn"])

    assert len(remarks) == 51
    assert "look through the list yourself" in remarks[-1]


def test_of_very_many_long_names_that_begin_alike_it_is_said_that_not_all_were_compared(tmp_path):
    """Compared each with each, ten thousand take a minute."""
    names = [
        f"aa National Federation of Agricultural Workers Unions and Cooperatives zz{n * 7919:08x}" for n in range(400)
    ]

    remarks = remarks_on(tmp_path, *map(PartnerRow, names))

    assert "and perhaps more; expected few" in remarks[-1]


def problems_with(tmp_path, *rows, namesakes=()):
    (tmp_path / "partners.csv").unlink(missing_ok=True)
    write_csv(tmp_path / "partners.csv", rows)
    return [problem.sentence for problem in read_csv(tmp_path / "partners.csv", namesakes)[1]]


def test_the_same_organization_twice_is_refused(tmp_path):
    problems = problems_with(
        tmp_path,
        PartnerRow("River Watch", country="USA"),
        PartnerRow("Clean Coast", country="USA"),
        PartnerRow("RIVER  Watch.", country="USA"),
    )

    assert problems == [
        "partners.csv, rows 2 and 4: found a duplicate, in the same country: “River Watch”; expected each organization"
        " once. Delete the rows that are not needed. If they are two organizations, write in campaign.toml, above"
        ' [sender]: namesakes = ["River Watch"] (several names have commas between them).'
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("River Watch", "river-watch"),
        ("Pêcheurs du Mékong", "Pecheurs du Me\u0301kong"),
        ("Les Sœurs & Frères", "LES SOEURS AND FRERES"),
        ("Đại Việt", "Dai Viet"),
        ("Ｒｉｖｅｒ　Ｗａｔｃｈ", "River Watch"),
        ("𝐑iver Watch", "River Watch"),
        ("សមាគម\u200bខ្មែរ", "សមាគមខ្មែរ"),
        ("សមាគម ខ្មែរ", "សមាគម\u200bខ្មែរ"),
        ("“River Watch”", "River Watch\u00a0!"),
    ],
)
def test_spellings_of_one_name_are_one(one, other, tmp_path):
    assert len(problems_with(tmp_path, PartnerRow(one), PartnerRow(other))) == 1
    assert problems_with(tmp_path, PartnerRow(one), PartnerRow(other), namesakes=[other.upper()]) == []


@pytest.mark.parametrize("one", ["Cambodia", "KH", "Cambodge", "កម្ពុជា", "Kingdom of Cambodia", "KHM"])
def test_a_country_in_other_words_is_the_same(one, tmp_path):
    rows = PartnerRow("River Watch", country=one), PartnerRow("River Watch", country="cambodia")

    assert len(problems_with(tmp_path, *rows)) == 1


def test_one_address_makes_two_organizations_no_duplicate_and_another_no_two_of_one(tmp_path):
    rows = PartnerRow("River Watch", email="a@x.example"), PartnerRow("River Watch", email="b@x.example")

    assert len(problems_with(tmp_path, *rows)) == 1
    assert problems_with(tmp_path, rows[0], PartnerRow("Clean Coast", email="a@x.example")) == []


def test_namesakes_that_are_not_there_twice_are_told(tmp_path):
    write_csv(tmp_path / "partners.csv", [PartnerRow("River Watch"), PartnerRow("River Watch"), PartnerRow("Bell")])
    _, problems, remarks = read_csv(tmp_path / "partners.csv", ["River Watch", "Bell", "Coast"])

    assert problems == []
    assert [remark.found for remark in remarks] == [
        "“Bell”, which stands there once at most",
        "“Coast”, which stands there once at most",
    ]


def test_a_list_that_is_taken_over_shows_its_duplicates_and_is_not_refused(tmp_path):
    (tmp_path / "list.csv").write_text("organization\nRiver Watch\nRiver Watch\n")
    rows, problems, remarks = read_list(tmp_path / "list.csv")

    assert (len(rows), problems) == (2, [])
    assert "rows 2 and 3: found a duplicate" in remarks[0].sentence


def test_the_same_name_in_two_countries_is_a_look_alike(tmp_path):
    [remark] = remarks_on(
        tmp_path, PartnerRow("River Watch", country="USA"), PartnerRow("River Watch", country="France")
    )

    assert "rows 2 and 3: found “River Watch” and “River Watch”, which look alike" in remark


def test_one_address_for_several_organizations_is_told(tmp_path):
    [remark] = remarks_on(
        tmp_path,
        PartnerRow("River Watch", email="rosa@x.example"),
        PartnerRow("Clean Coast", email=""),
        PartnerRow("Paper Kite", email=""),
        PartnerRow("Bell Tower", email="Rosa@x.example"),
    )

    assert "rows 2 and 5, column email: found one address for 2 organizations" in remark


def test_a_country_spelled_in_two_ways_is_told(tmp_path):
    remarks = remarks_on(
        tmp_path,
        PartnerRow("River Watch", country="AUS"),
        PartnerRow("Clean Coast", country="Australia"),
        PartnerRow("Paper Kite", country="Atlantis"),
        PartnerRow("Bell Tower", country="Cambodge"),
        PartnerRow("Salt Road", country="USA"),
    )

    assert [remark.split(". ")[0] for remark in remarks] == [
        "partners.csv, row 2, column country: found “AUS”, one of several spellings; expected Australia",
        "partners.csv, row 4, column country: found “Atlantis”, unusual; expected a country",
    ]


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("U.S.A.", "USA"),
        ("us", "USA"),
        ("United States of America", "USA"),
        ("Royaume-Uni", "United Kingdom"),
        ("Aus.", "Australia"),
        ("NZ", "New Zealand"),
        ("FRA", "France"),
        ("cote d'ivoire", "Côte d’Ivoire"),
        ("Viet Nam", "Vietnam"),
        ("កម្ពុជា", "Cambodia"),
        ("នូវែលសេឡង់", "New Zealand"),
        ("ប្រទេសនោះ", None),
        ("Burma", "Myanmar"),
        ("CA", None),
        ("Atlantis", None),
        ("", None),
        ("XXX", None),
    ],
)
def test_one_country_is_spelled_one_way(written, spelled):
    assert countries.spelling(written) == spelled


def test_a_duplicate_with_a_joiner_is_told_as_toml_takes_it(tmp_path):
    first, second = PartnerRow("خانه\u200cی آب"), PartnerRow("خانه ی آب")

    [problem] = problems_with(tmp_path, first, second)

    assert 'namesakes = ["خانه\\u200Cی آب"]' in problem
    assert problem.isprintable()
    assert problems_with(tmp_path, first, second, namesakes=["خانه\u200cی آب"]) == []
