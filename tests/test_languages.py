"""A language is one record: nothing else in the program knows which there are."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import cast
from worker import db
from worker.definition.letters import read_letters
from worker.definition.problems import what_is_wrong_with
from worker.state.signatories import Signatories
from worker.text import countries, dates
from worker.text.languages import LANGUAGES, Language
from worker.web.listing_page import ListingForm
from worker.wording import letter

WORKER = Path(__file__).resolve().parent.parent / "worker"
MAY_NAME_ONE = {
    "text/languages.py",
    "text/countries.py",  # what Babel's names of countries lack
    "definition/word_languages.py",  # as Word calls them, and as a letter is known by its words
    "cli/demo/__init__.py",  # what the partners of the demo say
}


def _texts(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id


def test_no_other_module_spells_a_language_out() -> None:
    codes = set(LANGUAGES) - {"en"}  # which commands speak, and templates are written in
    named = set()
    for module in WORKER.rglob("*.py"):
        parts = {part for text in _texts(module) for part in text.split("_")}
        if codes & parts:
            named.add(str(module.relative_to(WORKER)))
    assert named == MAY_NAME_ONE


@pytest.fixture
def german(monkeypatch: pytest.MonkeyPatch) -> Iterator[Language]:
    """One language more, as far as its record goes."""
    record = Language(
        "de",
        "Deutsch",
        "German",
        "de_DE",
        "d. MMMM yyyy",
        "EEEE, d. MMMM yyyy, HH:mm",
        "Zeit von {}",
        "für die Unterzeichner",
    )
    monkeypatch.setitem(LANGUAGES, "de", record)
    countries._usual.cache_clear()
    yield record
    countries._usual.cache_clear()


def test_a_record_is_enough_to_tell_dates_lists_and_countries(german: Language) -> None:
    moment = datetime(2023, 4, 14, 16, tzinfo=UTC)

    assert dates.date(moment, "Europe/Zurich", "de") == "14. April 2023"
    assert dates.day_and_time(moment, "Europe/Zurich", "de").startswith("Freitag, 14. April 2023, 18:00 (Zeit von Zür")
    assert dates.listed(["A", "B", "C"], "de") == "A, B und C"
    assert countries.spelling("Cambodia", "de") == "Kambodscha"
    assert countries.code("Kambodscha") == "KH"


def test_a_record_is_enough_for_a_letter_and_a_name_in_that_language(german: Language, tmp_path: Path) -> None:
    (tmp_path / "letter.de.md").write_text("# Betreff\n\nWir, die {{ count }} Unterzeichnenden.\n")

    assert what_is_wrong_with("de") is None
    assert what_is_wrong_with("xx") == ("en, fr, km or de", "Write the language as two small letters.")
    assert "de" in read_letters(tmp_path, {"de": "it is authentic"}, [], [])
    assert ListingForm.from_form({"name_de": "Flusswacht", "name_xx": "?"}).name_in("de") == "Flusswacht"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_translation_names_the_authentic_language_in_its_own(database: str) -> None:
    with db.transaction() as session:
        sheet = letter.build_letter(cast.a_campaign(session), Signatories([], withheld=0), "fr")
    assert "anglais" in sheet.authentic_note
