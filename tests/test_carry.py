"""An invitation that a person carries: as a message to copy, or as a page with a QR code to print."""

import html
import re
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from tests import cast
from worker import db, embedded, settings, tokens
from worker.cli.commands import app
from worker.cli.status_json import as_json
from worker.models import AuditEvent, Campaign, Partner
from worker.state.refusals import Closed
from worker.state.status import load_status
from worker.text.khmer import keep_words
from worker.text.languages import LANGUAGES
from worker.wording import handout, templates

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

SECRETS = ("River", "RW", "USA", "dam", "Weir", "Rivers Secretariat", "Lopez", "partner.example")


@pytest.fixture
def river_watch(database: str) -> Partner:
    with db.transaction() as session:
        return cast.a_campaign(session).partners[0]


def types(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def carried() -> list[str]:
    with db.reading() as session:
        return [event.what for event in session.query(AuditEvent).all() if event.actor == "organizer"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_carried_tells_the_deadline_in_utc_and_names_no_country(
    language: str, river_watch: Partner, tmp_path: Path
) -> None:
    with db.transaction() as session:
        partner = session.get_one(Partner, river_watch.id)
        partner.country, partner.language = "Japan", language
    said = types("carry", "dam", "RW")
    path = tmp_path / "invitation.html"
    types("carry", "dam", "RW", "--page", str(path))
    assert re.search(r"UTC\+[12]\) = .*\d\d(:|\xa0h\xa0)\d\d UTC", said.splitlines()[0])
    for carried_text in (said, path.read_text(encoding="utf-8")):
        for country in ("Japan", "Japon", "ជប៉ុន"):
            assert country not in carried_text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_message_has_link_and_codes_in_the_partners_language_and_names_nobody(
    language: str, river_watch: Partner
) -> None:
    with db.transaction() as session:
        session.get_one(Partner, river_watch.id).language = language
    said = types("carry", "dam", "RW")
    code = tokens.mail_code(river_watch)
    lines = said.split("\n\n")
    assert str(tokens.link(river_watch)) in lines, "the link stands alone, so that it can be tapped"
    assert f"{code[:3]} {code[3:]}" in said
    assert said.count(tokens.printed_long_code(river_watch)) == 1
    assert templates.translations(language).gettext("Read the letter and answer here:") in lines
    for secret in SECRETS:
        assert secret not in said.replace(str(tokens.link(river_watch)), "")
    assert carried() == ["handed_out"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_says_the_same_and_its_qr_code_is_the_link(
    language: str, river_watch: Partner, tmp_path: Path
) -> None:
    import segno

    with db.transaction() as session:
        session.get_one(Partner, river_watch.id).language = language
    path = tmp_path / "invitation.html"
    assert types("carry", "dam", "RW", "--page", str(path)).strip() == str(path)
    page, link = path.read_text(encoding="utf-8"), str(tokens.link(river_watch))
    assert f'<html lang="{language}">' in page
    assert segno.make(link, error="m", micro=False).svg_inline(border=4, light="#fff", omitsize=True) in page
    assert "viewBox" in page, "so that it is drawn whole in any size"
    assert ("data:font/woff2;base64," in page) == (language == "km"), "Khmer is printed on any machine"
    with db.transaction() as session:
        message = handout.as_message(session, session.get_one(Partner, river_watch.id))
    read = html.unescape(page)
    assert tokens.printed_code(river_watch) in read
    assert tokens.printed_long_code(river_watch) in read
    for sentence in filter(None, message.split("\n\n")):
        assert keep_words(sentence) in read
    assert not re.search(r"src=|@import|<link|<script|href=", page), "it asks nothing of the network"
    assert path.stat().st_mode & 0o777 == 0o600, "for this user only"
    for secret in SECRETS:
        assert secret not in re.sub(r"data:[^)]*", "", read).replace(link, "")


def test_a_page_is_never_written_over_another_file(river_watch: Partner, tmp_path: Path) -> None:
    path = tmp_path / "there.html"
    path.write_text("mine")
    types("carry", "dam", "RW", "--page", str(path), code=2)
    assert path.read_text() == "mine"
    assert carried() == []


def test_a_link_that_works_on_this_machine_only_is_told_and_is_that_of_the_running_server(
    river_watch: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "running_at", lambda _: "http://127.0.0.1:8017")
    told = CliRunner().invoke(app, ["carry", "dam", "RW"])
    assert "http://127.0.0.1:8017/s/" in told.stdout
    assert "works on this machine only" in told.stderr

    settings.set_for_this_process(public_url="https://letters.example")
    told = CliRunner().invoke(app, ["carry", "dam", "RW"])
    assert "https://letters.example/s/" in told.stdout
    assert "this machine" not in told.stderr


def test_a_folder_that_is_not_there_is_told(river_watch: Partner, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["carry", "dam", "RW", "--page", str(tmp_path / "no" / "x.html")])
    assert isinstance(result.exception, FileNotFoundError), "which the program says in a sentence"
    assert carried() == []


def test_once_answers_are_taken_no_more_there_is_nothing_to_carry(river_watch: Partner) -> None:
    with db.transaction() as session:
        cast.passes_its_deadline(session, session.get_one(Campaign, river_watch.campaign_id))
    assert types("carry", "dam", "RW", code=1) == ""
    assert carried() == []
    with db.transaction() as session, pytest.raises(Closed):
        handout.as_message(session, session.get_one(Partner, river_watch.id))


def test_a_name_that_is_not_on_the_list_is_told(river_watch: Partner) -> None:
    types("carry", "dam", "Nobody Here", code=1)


def test_status_tells_who_had_it_carried(river_watch: Partner) -> None:
    types("carry", "dam", "RW")
    with db.reading() as session:
        rows = {row["organization"]: row["carried"] for row in _partners(session, river_watch)}
    assert rows["River Watch"] is not None
    assert rows["Eau Vive"] is None
    assert "invitation brought there" in types("status", "dam")


def _partners(session: Session, partner: Partner) -> list[dict[str, str]]:
    found: list[dict[str, str]] = as_json(load_status(session, session.get_one(Campaign, partner.campaign_id)))[
        "partners"
    ]
    return found
