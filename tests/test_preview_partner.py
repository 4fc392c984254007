"""What one partner will get and see, before anybody is asked; and its invitation as a test to oneself."""

import email
import email.policy
import re
from pathlib import Path

import pytest
from sqlalchemy import inspect
from typer.testing import CliRunner

from tests.mail_server import MailServer
from tests.servers import free_port
from worker import db, settings
from worker.cli.commands import app

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CAMPAIGN = settings.CHECKOUT / "campaigns" / "cambodia-2023"


def types(*words: str, code: int = 0) -> str:
    ended = CliRunner().invoke(app, ["preview", str(CAMPAIGN), "--deadline", "in 2 weeks", *words])
    assert ended.exit_code == code, ended.output
    return " ".join(ended.output.split())


def written() -> Path:
    return settings.current().data_dir / "preview" / "cambodia-2023" / "partner"


@pytest.mark.parametrize(("who", "language"), [("Khmer Thavrak", "km"), ("A23O", "fr"), ("#1", "en")])
def test_a_partner_is_previewed_in_its_language_and_nothing_is_launched(database: str, who: str, language: str) -> None:
    was = settings.current().database_url
    types("--partner", who)
    page = (written() / "page.html").read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in page
    assert (written() / "invitation.txt").read_text(encoding="utf-8").startswith("Subject: ")
    assert all((written() / asked).exists() for asked in re.findall(r'href="([^"/#:?]+\.css)"', page))
    assert 'url("khmer.woff2")' in (written() / "style.css").read_text(encoding="utf-8")
    assert settings.current().database_url == was
    assert inspect(db.engine()).has_table("campaign")
    with db.reading() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM campaign").scalar() == 0


def test_who_is_not_in_the_list_is_told(database: str) -> None:
    assert "Khmer Thavrak" in types("--partner", "Kmer Thavrak", code=1)
    assert "--send-to needs --partner" in types("--send-to", "me@organizers.example", code=2)
    assert "'me' is not an email address" in types("--partner", "#1", "--send-to", "me", code=2)


def test_a_test_invitation_goes_to_oneself_alone_and_says_that_it_is_one(database: str, tmp_path: Path) -> None:
    server = MailServer(tmp_path / "caught")
    port = server.start()
    try:
        settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{port}")
        said = types("--partner", "A23O", "--send-to", "me@organizers.example")
    finally:
        server.stop()
    assert "sent to me@organizers.example, marked as a test" in said
    [taken] = server.taken
    assert taken.to == "me@organizers.example"
    mail = email.message_from_bytes(taken.content, policy=email.policy.default)
    assert mail["To"] == "me@organizers.example"
    assert mail["Subject"].startswith("[Test] ")
    assert mail["List-Unsubscribe"] is None
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert "This is a test." in part.get_content()


def test_a_relay_that_is_away_is_said(database: str) -> None:
    settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{free_port()}")
    assert "The test was not sent" in types("--partner", "#1", "--send-to", "me@organizers.example", code=1)
