"""Times as organizers write them."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.text import durations

NOON = datetime(2030, 4, 1, 12, 0, tzinfo=UTC)
ZURICH = durations.find_zone("Europe/Zurich")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("30s", timedelta(seconds=30)),
        ("90 minutes", timedelta(minutes=90)),
        ("2h", timedelta(hours=2)),
        ("7d", timedelta(days=7)),
        ("1 day", timedelta(days=1)),
        ("2 weeks", timedelta(days=14)),
        ("6 months", timedelta(days=180)),
        (" 3 D ", timedelta(days=3)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(written, meant):
    assert durations.duration(written) == meant


@pytest.mark.parametrize("written", ["", "7", "d", "-1d", "1.5h", "1 fortnight", "2h30m", "٣d", "99999 d", "1 d,"])
def test_what_is_no_duration_is_refused(written):
    with pytest.raises(durations.NotATime):
        durations.duration(written)


def test_durations_are_parted_by_commas_and_may_be_none():
    assert durations.duration_list("5s, 2s") == [timedelta(seconds=5), timedelta(seconds=2)]
    assert durations.duration_list("none") == durations.duration_list("") == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("in 20s", datetime(2030, 4, 1, 12, 0, 20, tzinfo=UTC)),
        ("in 90 minutes", datetime(2030, 4, 1, 13, 30, tzinfo=UTC)),
        ("In 2 weeks", datetime(2030, 4, 15, 12, 0, tzinfo=UTC)),
        ("2030-04-14T18:00:00", datetime(2030, 4, 14, 16, 0, tzinfo=UTC)),
        ("2030-04-14 18:00", datetime(2030, 4, 14, 16, 0, tzinfo=UTC)),
        ("2030-04-14T18:00:00+07:00", datetime(2030, 4, 14, 11, 0, tzinfo=UTC)),
        ("2030-04-14T18:00:00Z", datetime(2030, 4, 14, 18, 0, tzinfo=UTC)),
    ],
)
def test_a_deadline_is_counted_from_now_or_local_in_the_zone_or_has_an_offset(written, meant):
    assert durations.deadline(written, now=NOON, zone=ZURICH) == meant


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("tomorrow", "Write it like"),
        ("2030-04-14", "no time of day"),
        ("20300414", "no time of day"),
        ("in a while", "a whole number"),
        ("2030-03-31T02:30:00", "skip this time"),
        ("2030-10-27T02:30:00", "twice"),
        ("0001-01-01T00:00:00+12:00", "between 2 and 9998"),
    ],
)
def test_a_deadline_that_cannot_be_is_refused_with_its_reason(written, why):
    with pytest.raises(durations.NotATime, match=why):
        durations.deadline(written, now=NOON, zone=ZURICH)


def test_a_local_deadline_needs_a_zone():
    with pytest.raises(durations.NotATime, match="zone"):
        durations.deadline("2030-04-14T18:00:00", now=NOON, zone=None)


@pytest.mark.parametrize("name", ["Europe", "europe", "/etc/passwd", "../Zurich", "", "Zürich", "a\0b", "x" * 300])
def test_what_is_no_zone_is_none(name):
    assert durations.find_zone(name) is None


@pytest.mark.parametrize(
    ("name", "likely"),
    [
        ("Etc/GMT+7", ["Asia/Phnom_Penh", "Asia/Bangkok"]),
        ("UTC+7", ["Asia/Phnom_Penh", "Asia/Bangkok"]),
        ("UTC+05:30", ["Asia/Kolkata"]),
        ("+07:00", ["Asia/Phnom_Penh", "Asia/Bangkok"]),
        ("EST", ["America/New_York", "America/Toronto"]),
        ("EST5EDT", ["America/New_York", "America/Toronto"]),
        ("US/Eastern", ["America/New_York", "America/Toronto"]),
        ("CET", ["Europe/Paris", "Europe/Zurich", "Europe/Berlin"]),
        ("GMT+2", ["Europe/Athens", "Africa/Johannesburg", "Africa/Cairo"]),
        ("GMT", ["UTC", "Europe/London"]),
        ("Etc/UTC", ["UTC"]),
        ("Phnom Penh", ["Asia/Phnom_Penh"]),
        ("Asia/Phnom Penh", ["Asia/Phnom_Penh"]),
        ("Cambodge", ["Asia/Phnom_Penh"]),
        ("Turkey", ["Europe/Istanbul"]),
        ("Foo", []),
    ],
)
def test_a_zone_is_a_city_or_utc_and_likely_cities_are_named(name, likely):
    assert durations.find_zone(name) is None
    found = durations.likely_zones(name, datetime(2030, 1, 14, tzinfo=UTC))
    assert found[:3] == likely
    assert all(durations.find_zone(one) for one in found)


@pytest.mark.parametrize("name", ["UTC", "Asia/Phnom_Penh", "America/Argentina/Buenos_Aires", "Pacific/Auckland"])
def test_a_city_of_an_area_and_utc_are_zones(name):
    assert durations.find_zone(name)


@settings(deadline=None)
@given(st.text())
def test_whatever_is_typed_as_a_zone_has_likely_ones_or_none(typed):
    assert all(map(durations.find_zone, durations.likely_zones(typed, NOON)))


@settings(deadline=None)
@given(st.text())
def test_whatever_is_typed_is_a_deadline_or_no_time(typed):
    with suppress(durations.NotATime):
        assert durations.deadline(typed, now=NOON, zone=ZURICH).tzinfo is UTC
