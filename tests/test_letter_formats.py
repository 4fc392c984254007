"""A form of the letter is declared once: whoever seals, shows or hands out letters takes all that there are."""

import mimetypes
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests import cast
from worker import db, settings
from worker.acts import close
from worker.cli.commands import app
from worker.models import Campaign
from worker.wording import export, letter
from worker.wording.letter_formats import FORMATS, Format

pytestmark = [pytest.mark.parametrize("database", ["sqlite"], indirect=True), pytest.mark.usefixtures("database")]
CAMPAIGN = Path(__file__).resolve().parent.parent / "campaigns" / "cambodia-2023"


@pytest.fixture
def two_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two forms that nobody else knows of: one in each language, one in the authentic one."""
    for name, every_language in (("subject", True), ("length", False)):
        made = Format(name, f"{name}.md", "text/markdown", every_language, lambda sheet, _: sheet.subject.encode())
        monkeypatch.setitem(FORMATS, name, made)


@pytest.fixture
def sealed() -> Iterator[Campaign]:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        campaign_id = campaign.id
    close.close_and_seal(campaign_id, early=True)
    with db.reading() as session:
        yield session.get_one(Campaign, campaign_id)


def test_each_form_is_sealed_and_exported_in_its_languages(two_more: None, sealed: Campaign) -> None:
    languages = sorted(sealed.letter.texts)
    assert languages == ["en", "fr"]
    with db.reading() as session:
        exported = dict(export.documents(session, session.get_one(Campaign, sealed.id)))

    expected = {f"{one}.{ending}" for one, ending in product(languages, ("txt", "html", "subject.md"))}
    expected |= {f"en.{ending}" for ending in ("pdf", "docx", "length.md")}
    title = letter.file_title(sealed, confidential=False)
    assert title.endswith("-the-dam-must-wait-PUBLIC")
    assert set(exported) == {f"{who}/{title}.{name}" for who, name in product(("public", "addressee"), expected)}
    assert exported[f"public/{title}.en.length.md"] == b"The dam must wait"


def test_each_form_is_previewed_with_its_language_where_it_has_several(two_more: None) -> None:
    ended = CliRunner().invoke(app, ["preview", str(CAMPAIGN), "--deadline", "in 2 weeks"])

    assert ended.exit_code == 0, ended.output
    written = {path.name for path in (settings.current().data_dir / "preview" / "cambodia-2023").glob("letter.*")}
    expected = {f"letter.{one}.{ending}" for one, ending in product(("en", "fr", "km"), ("txt", "html", "subject.md"))}
    assert written == expected | {f"letter.{ending}" for ending in ("pdf", "docx", "length.md")}


@pytest.mark.parametrize("name", FORMATS)
def test_a_media_type_is_that_of_the_ending(name: str) -> None:
    form = FORMATS[name]
    assert mimetypes.guess_type(form.file_name()) == (form.media_type.removesuffix("; charset=utf-8"), None)
