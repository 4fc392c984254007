"""Countries as the United Nations, states and people write them."""

import pytest

from worker.definition.partners import read_csv, read_list, read_pasted
from worker.text import countries
from worker.text.languages import LANGUAGES


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Bolivia (Plurinational State of)", "Bolivia"),
        ("Plurinational State of Bolivia", "Bolivia"),
        ("Iran, Islamic Republic of", "Iran"),
        ("Micronesia (Federated States of)", "Micronesia"),
        ("Lao People’s Democratic Republic", "Laos"),
        ("LAO PDR", "Laos"),
        ("Viet Nam", "Vietnam"),
        ("Russian Federation", "Russia"),
        ("Syrian Arab Republic", "Syria"),
        ("Moldova (Republic of)", "Moldova"),
        ("United Republic of Tanzania", "Tanzania"),
        ("Dem. People's Rep. of Korea", "North Korea"),
        ("Korea, Republic of", "South Korea"),
        ("Republic of the Congo", "Republic of the Congo"),
        ("Rép. dém. du Congo", "Democratic Republic of the Congo"),
        ("Congo, The Democratic Republic of the", "Democratic Republic of the Congo"),
        ("The Gambia", "Gambia"),
        ("Gambia (the)", "Gambia"),
        ("Brunei Darussalam", "Brunei"),
        ("Occupied Palestinian Territory", "Palestine"),
        ("State of Palestine", "Palestine"),
        ("oPt", "Palestine"),
        ("P.R. China", "China"),
        ("Trinidad and Tobago", "Trinidad & Tobago"),
        ("St Lucia", "St. Lucia"),
        ("Kingdom of Cambodia", "Cambodia"),
        ("Deutschland", "Germany"),
        ("Belgique/België", "Belgium"),
        ("Congo (DRC)", "Democratic Republic of the Congo"),
        ("Bundesrepublik Deutschland", "Germany"),
        ("España", "Spain"),
        ("Россия", "Russia"),
        ("日本", "Japan"),
        ("السودان", "Sudan"),
        ("Guinea", "Guinea"),
        ("Guiné-Bissau", "Guinea-Bissau"),
        ("Equatorial Guinea", "Equatorial Guinea"),
        ("Niger", "Niger"),
        ("Federal Republic of Nigeria", "Nigeria"),
        ("Georgia", "Georgia"),
    ],
)
def test_a_country_is_known_as_people_write_it(written: str, printed: str) -> None:
    assert countries.spelling(written) == printed
    assert countries.spelling(written.upper()) == printed


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_country_is_known_as_it_is_printed(language: str) -> None:
    from babel import Locale

    codes = [code for code in map(str, Locale(language).territories) if len(code) == 2 and code.isalpha()]
    for code in codes:
        printed = countries.country_of(code, language)
        assert countries.code(printed) == code, printed


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Congo", ("Republic of the Congo", "Democratic Republic of the Congo")),
        ("the Congo", ("Republic of the Congo", "Democratic Republic of the Congo")),
        ("Corée", ("South Korea", "North Korea")),
        ("Republic of China", ("China", "Taiwan")),
        ("Nigeri", ("Niger", "Nigeria")),
        ("State of Georgia", ("Georgia", "USA")),
        ("Virgin Islands", ("British Virgin Islands", "U.S. Virgin Islands")),
    ],
)
def test_a_name_of_several_countries_is_never_guessed(written: str, meant: tuple[str, ...], tmp_path) -> None:
    assert countries.code(written) is None
    assert countries.readings(written) == meant
    (tmp_path / "partners.csv").write_text(f"organization,country\nRiver Watch,{written}\n")
    rows, problems, _ = read_csv(tmp_path / "partners.csv")
    assert [row.country for row in rows] == [written]
    assert [problem.expected for problem in problems] == [" or ".join(meant)]
    rows, problems, remarks = read_list(tmp_path / "partners.csv")
    assert not problems
    assert any(" or ".join(meant) in remark.sentence for remark in remarks)


@pytest.mark.parametrize("written", ["Israel/Palestine", "Thailand (regional)", "Georgia, USA", "CA", "Inc", "", "()"])
def test_what_is_not_one_country_is_not_known(written: str) -> None:
    assert countries.code(written) is None
    assert countries.readings(written) == ()


@pytest.mark.parametrize("place", ["Scotland", "Kurdistan", "Tibet", "Catalonia", "International", "Taiwan, China"])
def test_what_is_no_state_is_printed_as_it_is_written(place: str, tmp_path) -> None:
    assert countries.spelling(place) is None
    (row,), fixes = read_pasted(f"Rights Now, {place}")
    assert (row.organization, row.country) == ("Rights Now", place)
    assert [fix.what for fix in fixes] == ["not a country that we know, printed as it is written"]
    (tmp_path / "partners.csv").write_text(f'organization,country\nRights Now,"{place}"\n')
    _, problems, (remark,) = read_csv(tmp_path / "partners.csv")
    assert not problems
    assert "which is not a country that we know" in remark.found


def test_one_country_is_printed_one_way_in_one_list(tmp_path) -> None:
    text = "organization,country\nRiver Watch,Lao PDR\nClean Coast,Laos\nPaper Kite,Lao People's Democratic Republic\n"
    (tmp_path / "partners.csv").write_text(text)
    rows, _, told = read_list(tmp_path / "partners.csv")
    assert {row.country for row in rows} == {"Laos"}
    assert "row 2: country: “Lao PDR” → “Laos”" in [one.sentence for one in told]
    _, problems, remarks = read_csv(tmp_path / "partners.csv")
    assert not problems
    assert [remark.where for remark in remarks] == [f"row {row}, column country" for row in (2, 4)]
    assert {(remark.found.split(", ", 1)[1], remark.expected) for remark in remarks} == {
        ("one of several spellings", "Laos")
    }


@pytest.mark.parametrize(
    ("line", "organization", "acronym", "country"),
    [
        ("Youth for Peace (Cambodia)", "Youth for Peace (Cambodia)", "", ""),
        ("Youth for Peace (Cambodia), Cambodia", "Youth for Peace (Cambodia)", "", "Cambodia"),
        ("Bridge Forum (formerly River Forum), Kenya", "Bridge Forum (formerly River Forum)", "", "Kenya"),
        ("Law Centre (in Arabic and French), Tunisia", "Law Centre (in Arabic and French)", "", "Tunisia"),
        ("Law Centre (Tunis), Tunisia", "Law Centre (Tunis)", "", "Tunisia"),
        ("Rights Now (UK), UK", "Rights Now (UK)", "", "United Kingdom"),
        ("Youth for Peace (YfP), Cambodia", "Youth for Peace", "YfP", "Cambodia"),
        ("Rights Forum (R2), Cambodia", "Rights Forum", "R2", "Cambodia"),
        ("Canadian Action Network (CAN), Canada", "Canadian Action Network", "CAN", "Canada"),
        ("សមាគម (អាដហុក), កម្ពុជា", "សមាគម", "អាដហុក", "Cambodia"),
        ("Andes Watch (AW), Bolivia (Plurinational State of)", "Andes Watch", "AW", "Bolivia"),
        ("Asia Forum (AF), Thailand (regional)", "Asia Forum", "AF", "Thailand (regional)"),
        ("Women, Law and Development, Togo", "Women, Law and Development", "", "Togo"),
        ("Han Watch, Korea, Republic of", "Han Watch", "", "South Korea"),
    ],
)
def test_a_bracket_is_an_acronym_only_if_it_looks_like_one(
    line: str, organization: str, acronym: str, country: str
) -> None:
    (row,), _ = read_pasted(line)
    assert (row.organization, row.acronym, row.country) == (organization, acronym, country)
