"""Deadlines in words: a midnight by the day that it ends, and the same moment in the reader's country."""

from datetime import UTC, datetime

import pytest

from worker.text import dates

EVENING = datetime(2023, 2, 26, 11, 0, tzinfo=UTC)  # 18:00 in Phnom Penh


@pytest.mark.parametrize(
    ("language", "words", "day"),
    [
        ("en", "midnight at the end of Thursday 13 April 2023 (Zurich time, UTC+2)", "13 April 2023"),
        ("fr", "jeudi 13 avril 2023, minuit en fin de journée (heure de Zurich, UTC+2)", "13 avril 2023"),
        (
            "km",
            "ថ្ងៃព្រហស្បតិ៍ ទី13 ខែមេសា ឆ្នាំ2023 នៅម៉ោង 24:00 ចុងថ្ងៃ (ម៉ោងនៅហ៊្សូរីច, UTC+2)",
            "ថ្ងៃទី13 ខែមេសា ឆ្នាំ2023",
        ),
    ],
)
def test_a_midnight_ends_the_day_that_it_names(language: str, words: str, day: str) -> None:
    moment = datetime(2023, 4, 13, 22, 0, tzinfo=UTC)
    assert dates.day_and_time(moment, "Europe/Zurich", language) == words
    assert dates.last_day(moment, "Europe/Zurich", language) == day
    assert dates.last_day(moment.replace(hour=21, minute=59), "Europe/Zurich", language) == day
    assert dates.last_day(moment.replace(minute=1), "Europe/Zurich", language) != day
    assert not dates.is_midnight(moment, "UTC")


def test_a_midnight_when_clocks_change_ends_the_day_before() -> None:
    moment = datetime(2023, 3, 26, 22, 0, tzinfo=UTC)  # the day had 23 hours
    assert dates.last_day(moment, "Europe/Zurich", "en") == "26 March 2023"


@pytest.mark.parametrize(
    ("country", "words"),
    [
        ("France", ", that is 12:00 in France"),
        ("Germany", ", that is 12:00 in Germany"),
        ("Philippines", ", that is 19:00 in the Philippines"),
        ("Laos", ""),
        ("Thailand", ""),
        ("Cambodia", ""),
        ("USA", ""),
        ("Brazil", ""),
        ("Spain", ""),
        ("Scotland", ""),
        ("Kosovo", ""),
        ("", ""),
    ],
)
def test_a_moment_is_told_in_a_country_of_one_zone_that_has_another_time(country: str, words: str) -> None:
    assert dates.elsewhere(EVENING, "Asia/Phnom_Penh", country, "en") == words


def test_another_day_there_is_said() -> None:
    late = datetime(2023, 2, 26, 17, 30, tzinfo=UTC)
    said = dates.elsewhere(late, "Europe/Zurich", "Cambodia", "en")
    assert said == ", that is Monday 27 February 2023, 00:30 in Cambodia"
    said = dates.elsewhere(late.replace(minute=0), "Europe/Zurich", "Cambodia", "en")
    assert said == ", that is midnight at the end of Sunday 26 February 2023 in Cambodia"
    said = dates.elsewhere(datetime(2023, 2, 26, 23, 0, tzinfo=UTC), "Europe/Zurich", "Cambodia", "en")
    assert said == ", that is Monday 27 February 2023, 06:00 in Cambodia"


def test_a_country_of_several_zones_is_told_while_they_agree() -> None:
    said = dates.elsewhere(EVENING, "Asia/Phnom_Penh", "Germany", "fr")
    assert said == ", soit 12\u00a0h\u00a000, heure locale (Allemagne)"
    assert dates.elsewhere(EVENING, "Asia/Phnom_Penh", "France", "km") == " ត្រូវនឹងម៉ោង 12:00 នៅបារាំង"


def test_french_tells_hours_with_an_h_that_no_line_is_broken_at() -> None:
    evening = datetime(2023, 2, 26, 17, 5, tzinfo=UTC)
    said = dates.day_and_time(evening, "Europe/Zurich", "fr")
    assert said == "dimanche 26 février 2023, 18\u00a0h\u00a005 (heure de Zurich, UTC+1)"
    assert "00:05" in dates.elsewhere(evening, "Europe/Zurich", "Cambodia", "en")
    assert dates.elsewhere(evening, "Europe/Zurich", "Japan", "fr") == (
        ", soit lundi 27 février 2023, 02\u00a0h\u00a005, heure locale (Japon)"
    )
