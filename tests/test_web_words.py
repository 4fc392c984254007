"""The pages' words: each has a French one, and no French one is left over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from worker import render, settings

CHECKOUT = Path(__file__).parent.parent
SOURCES = [("templates", "**.html", "jinja2.ext:babel_extract"), ("worker/acts", "**.py", "python")]


def words_said() -> Iterator[str | tuple[str, ...]]:
    for folder, pattern, method in SOURCES:
        for _, _, message, _, _ in extract_from_dir(
            CHECKOUT / folder, [(pattern, method)], {pattern: {"trimmed": "true", "silent": "false"}}
        ):
            yield message


@pytest.mark.parametrize("language", [code for code in render.LANGUAGES if code != "en"])
def test_every_word_is_translated_and_none_is_left_over(language: str) -> None:
    path = settings.current().templates_dir / "locale" / language / "LC_MESSAGES" / "pages.po"
    with path.open("rb") as file:
        catalog = {message.id: message for message in read_po(file, locale=language) if message.id}
    said = set(words_said())
    assert said, "nothing was extracted"
    assert set(catalog) == said
    assert [m.id for m in catalog.values() if not m.string or (isinstance(m.string, tuple) and not all(m.string))] == []
    assert [m.id for m in catalog.values() if m.fuzzy] == []
    assert [str(error) for m in catalog.values() for error in m.check()] == []
