"""The pages' words: each has a French one, and no French one is left over."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from worker.text.languages import LANGUAGES

CHECKOUT = Path(__file__).parent.parent
TRANSLATED = [code for code in LANGUAGES if code != "en"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of all that `make words` reads and writes."""
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    for name in ("templates", "worker"):
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def make_words(folder: Path) -> None:
    command = ["make", "words", f"IN={sys.prefix}/bin", "-o", ".venv/.runs"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)


def catalogue(folder: Path, language: str, domain: str = "pages") -> Catalog:
    with (folder / "templates" / "locale" / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return read_po(file, locale=language)


def translations(catalog: Catalog) -> dict[object, object]:
    return {message.id: message.string for message in catalog if message.id}


def test_every_word_is_translated_and_none_is_left_over(checkout: Path) -> None:
    make_words(checkout)
    for domain, language in [*(("pages", language) for language in TRANSLATED), ("organizers", "fr")]:
        with (checkout / "var" / f"{domain}.pot").open("rb") as file:
            said = {message.id for message in read_po(file) if message.id}
        assert len(said) > 80
        catalog = {message.id: message for message in catalogue(CHECKOUT, language, domain) if message.id}
        assert set(catalog) == said
        strings = {m.id: m.string if isinstance(m.string, tuple) else (m.string,) for m in catalog.values()}
        assert [said for said, string in strings.items() if not all(string)] == []
        assert [m.id for m in catalog.values() if m.fuzzy] == []
        assert [str(error) for m in catalog.values() for error in m.check()] == []
        after, before = (translations(catalogue(folder, language, domain)) for folder in (checkout, CHECKOUT))
        assert after == before


def test_a_word_that_is_changed_loses_its_translation_and_no_other_gets_a_wrong_one(checkout: Path) -> None:
    page = checkout / "templates" / "pages" / "quiet.html"
    page.write_text(page.read_text().replace("Send us emails again", "Send us no mail"))
    (checkout / "worker" / "a_new_room").mkdir()
    (checkout / "worker" / "a_new_room" / "module.py").write_text('words.gettext("Said nowhere else")\n')
    make_words(checkout)
    for language in TRANSLATED:
        before, after = translations(catalogue(CHECKOUT, language)), translations(catalogue(checkout, language))
        del before["Send us emails again"]
        assert after == before | {"Send us no mail": "", "Said nowhere else": ""}
        assert not catalogue(checkout, language).obsolete
        text = (checkout / "templates" / "locale" / language / "LC_MESSAGES" / "pages.po").read_text()
        assert "fuzzy" not in text
        assert "\n#: templates/pages/quiet.html\n" in text, (
            "no numbers of lines, which any change above them would change"
        )


def test_collecting_the_words_once_more_changes_nothing(checkout: Path) -> None:
    make_words(checkout)
    files = [checkout / "templates" / "locale" / language / "LC_MESSAGES" / "pages.po" for language in TRANSLATED]
    before = [file.read_bytes() for file in files]
    make_words(checkout)
    assert [file.read_bytes() for file in files] == before
    for language in TRANSLATED:
        assert catalogue(checkout, language).creation_date == catalogue(CHECKOUT, language).creation_date
