"""How long something lasts is told exactly: 90 minutes are not two hours."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from worker.cli import campaign_folder
from worker.definition import campaign as definitions
from worker.text import dates

EXAMPLE = Path(__file__).parent.parent / "campaigns" / "cambodia-2023"
SPANS = [
    (timedelta(0), ["0 seconds", "0 seconde", "0 វិនាទី"]),
    (timedelta(seconds=1), ["1 second", "1 seconde", "1 វិនាទី"]),
    (timedelta(seconds=100), ["100 seconds", "100 secondes", "100 វិនាទី"]),
    (timedelta(minutes=90), ["90 minutes", "90 minutes", "90 នាទី"]),
    (timedelta(hours=1), ["1 hour", "1 heure", "1 ម៉ោង"]),
    (timedelta(hours=36), ["36 hours", "36 heures", "36 ម៉ោង"]),
    (timedelta(days=10, hours=12), ["252 hours", "252 heures", "252 ម៉ោង"]),
    (timedelta(days=45), ["45 days", "45 jours", "45 ថ្ងៃ"]),
    (timedelta(days=14), ["2 weeks", "2 semaines", "2 សប្ដាហ៍"]),
    (timedelta(days=180), ["6 months", "6 mois", "6 ខែ"]),
    (timedelta(days=365), ["365 days", "365 jours", "365 ថ្ងៃ"]),
]


@pytest.mark.parametrize(("how_long", "told"), SPANS)
def test_a_span_is_told_exactly_in_the_largest_unit_in_every_language(how_long: timedelta, told: list[str]) -> None:
    assert [dates.span(how_long, language).replace("\u00a0", " ") for language in ("en", "fr", "km")] == told


def test_before_a_launch_organizers_read_the_spans_as_they_set_them_and_no_unit_above_days() -> None:
    definition = definitions.read_definition(
        EXAMPLE, now=datetime.now(UTC), deadline="in 90 days", reminders="45d,14d,36h,90m"
    )
    said = campaign_folder.summary(definition)
    assert "  reminders 45 days, 14 days, 36 hours, 90 minutes before it; then " in said
    for review, told in (("100s", "100 seconds"), ("1h", "1 hour"), ("90m", "90 minutes"), ("2h", "2 hours")):
        definition = definitions.read_definition(EXAMPLE, now=datetime.now(UTC), deadline="in 90 days", review=review)
        assert campaign_folder.summary(definition).endswith(f"; then {told} of review")
