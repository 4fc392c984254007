"""What is kept goes when it was promised, or when somebody asks: contacts, links, who spoke, and withheld names."""

import re
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests import servers
from tests import test_web_cast as cast
from tests.conftest import A_SECRET_KEY, Clock
from worker import db, migrations, render, settings, tasks, tokens
from worker.acts import answer, calendar, erase, invite, row, status, strangers
from worker.acts.answer import Said
from worker.acts.row import Row
from worker.cli.commands import app
from worker.models import Answer, Campaign, Mail, Partner, Seal, Stranger
from worker.web.app import make_app

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PUBLIC, NAMED, COUNTED, DECLINED, SILENT = (
    "Public Falls",
    "Named Creek",
    "Counted Marsh",
    "Declining Bog",
    "Still Pond",
)
WITHHELD = (NAMED, COUNTED, DECLINED, SILENT)
WHO = Said(representative="Sophea Chan", role="Boatswain", reason="we are afraid of the police", note="by telephone")
SPOKEN = ("Sophea Chan", "Boatswain", "afraid of the police", "by telephone")


@pytest.fixture
def browser(database: str, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(tasks, "ring", lambda *_: None)
    return TestClient(make_app(), follow_redirects=False)


def a_campaign(session: Session) -> Campaign:
    """One of each, open, with a name that waits, a stranger, and a mail that waits for everybody."""
    names = (PUBLIC, NAMED, COUNTED, DECLINED, SILENT)
    campaign = cast.a_campaign(session, partners=names, public_page="after dispatch", join="approved")
    by = partners(session)
    for name, visibility in ((PUBLIC, "public"), (NAMED, "addressee"), (COUNTED, "counted")):
        answer.sign(session, by[name].id, visibility, WHO)  # type: ignore[arg-type]
    answer.decline(session, by[DECLINED].id, WHO)
    silent = by[SILENT]
    row.correct(session, silent.id, Row(f"{SILENT} Friends", "", "France", "", {"fr": "Étang"}), generation=None)
    strangers.pass_on(session, silent.id, strangers.Person("chair@passed.example", "en"))
    return campaign


def leaves(session: Session, campaign: Campaign) -> None:
    cast.is_sealed(session, campaign)
    for seal in session.scalars(select(Seal).options(undefer(Seal.content))):
        held = {"public": PUBLIC, "addressee": f"{PUBLIC} {NAMED}"}[seal.rendition]
        seal.content = held.encode()
    cast.the_letter_leaves(session, campaign)


def partners(session: Session) -> dict[str, Partner]:
    return {one.organization: one for one in session.scalars(select(Partner).order_by(Partner.id))}


def a_letter_that_has_left() -> int:
    with db.transaction() as session:
        campaign = a_campaign(session)
        leaves(session, campaign)
        return campaign.id


def test_a_campaign_is_erased_when_its_time_has_come_and_what_is_public_stays(
    browser: TestClient, clock: Clock
) -> None:
    campaign_id = a_letter_that_has_left()
    public = browser.get("/c/dam").text
    with db.reading() as session:
        links = [f"/s/{tokens.token(one)}" for one in partners(session).values()]
        quiet = [f"/u/{tokens.token(one, 'quiet')}" for one in partners(session).values()]
    clock.advance(days=179)
    with db.transaction() as session:
        assert not erase.when_due(session, campaign_id)
        assert ("erase", campaign_id) not in calendar.due(session)
    assert browser.get(links[0]).status_code == 200
    clock.advance(days=1, minutes=1)
    with db.reading() as session:
        assert calendar.due(session) == [("erase", campaign_id)]

    tasks.erase.run(campaign_id)

    with db.reading() as session:
        kept = session.scalars(select(Partner).order_by(Partner.id)).all()
        answers = session.scalars(select(Answer)).all()
        strangers_left = session.scalars(select(Stranger)).all()
        waiting = session.scalars(select(Mail).where(Mail.due_at.is_not(None))).all()
        told = session.execute(select(Seal.rendition, Seal.content, Seal.sha256)).all()
        everything = repr(cast.everything(session))
        assert status.of(session, session.get_one(Campaign, campaign_id))["erased"]
        assert calendar.due(session) == []
    assert [one.organization for one in kept if one.organization != erase.NAMELESS] == [PUBLIC]
    assert {(one.contact, one.email, one.email_hmac, one.note, one.names) for one in kept} == {("", "", None, "", None)}
    assert sorted((one.choice, one.visibility or "") for one in answers) == [
        ("decline", ""),
        ("sign", "addressee"),
        ("sign", "counted"),
        ("sign", "public"),
    ]
    assert {(one.representative, one.role, one.reason, one.note) for one in answers} == {("", "", "", "")}
    assert [(one.email, one.contact) for one in strangers_left] == [("", "")]
    assert waiting == []
    assert {(rendition, content) for rendition, content, _ in told} == {("public", PUBLIC.encode()), ("addressee", b"")}
    assert all(len(digest) == 64 for _, _, digest in told)
    assert not [name for name in (*WITHHELD, "Étang", *SPOKEN) if name in everything]
    assert browser.get("/c/dam").text == public
    for link in (*links, *quiet):
        assert browser.get(link).status_code == 404
    with db.transaction() as session:
        assert not erase.when_due(session, campaign_id)


@on_sqlite
def test_the_files_of_sqlite_hold_no_trace(browser: TestClient) -> None:
    campaign_id = a_letter_that_has_left()
    assert found_in(settings.current().data_dir, WITHHELD) == set(WITHHELD)
    with db.transaction() as session:
        erase.campaign(session, campaign_id)
    assert db.scrub()

    assert found_in(settings.current().data_dir, (*WITHHELD, "Étang")) == set()
    assert found_in(settings.current().data_dir, (PUBLIC,)) == {PUBLIC}


def test_the_tables_of_postgresql_hold_no_trace(own_postgres: servers.PostgreSQL, tmp_path: Path) -> None:
    with psycopg.connect(servers.plain(own_postgres.url()), autocommit=True) as admin:
        admin.execute("CREATE DATABASE kept")
    settings.set_for_this_process(
        secret_key=A_SECRET_KEY, data_dir=tmp_path / "var", database_url=own_postgres.url("kept")
    )
    migrations.upgrade()
    campaign_id = a_letter_that_has_left()
    base = own_postgres.folder / "data" / "base"
    assert found_after_a_checkpoint(own_postgres, base) == {*WITHHELD, PUBLIC}

    with db.transaction() as session:
        erase.campaign(session, campaign_id)
    assert db.scrub()

    assert found_after_a_checkpoint(own_postgres, base) == {PUBLIC}
    db.dispose()


def found_after_a_checkpoint(server: servers.PostgreSQL, base: Path) -> set[str]:
    with psycopg.connect(servers.plain(server.url("kept")), autocommit=True) as admin:
        admin.execute("CHECKPOINT")
    return found_in(base, (*WITHHELD, PUBLIC))


def found_in(folder: Path, names: tuple[str, ...]) -> set[str]:
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert files
    return {name for name in names if any(name.encode() in content for content in files)}


def test_one_that_asks_is_erased_at_once_and_asked_no_more(browser: TestClient, clock: Clock) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        campaign_id, silent = campaign.id, partners(session)[SILENT]
        link = f"/s/{tokens.token(silent)}"
        assert browser.get(link).status_code == 404  # not committed yet
    assert browser.get(link).status_code == 200

    with db.transaction() as session:
        assert erase.partner(session, silent.id)

    assert browser.get(link).status_code == 404
    with db.reading() as session:
        kept = session.get_one(Partner, silent.id)
        assert (kept.organization, kept.email, kept.email_hmac, kept.proposed) == (erase.NAMELESS, "", None, None)
        assert [one.email for one in session.scalars(select(Stranger))] == [""]
        assert COUNTED in repr(cast.everything(session)), "of others nothing is erased"
    clock.advance(days=13)
    with db.transaction() as session:
        invite.everyone_not_yet_asked(session, campaign_id)
        invite.remind_the_silent(session, campaign_id)
        to_it = select(Mail).where(Mail.partner_id == silent.id, Mail.due_at.is_not(None))
        assert session.scalars(to_it).all() == []


@on_sqlite
@pytest.mark.parametrize("name", [PUBLIC, NAMED, COUNTED])
def test_one_that_is_to_be_under_the_letter_withdraws_first(name: str, browser: TestClient) -> None:
    with db.transaction() as session:
        a_campaign(session)
        one = partners(session)[name]
    with db.transaction() as session, pytest.raises(erase.StillSigns):
        erase.partner(session, one.id)
    with db.transaction() as session:
        answer.withdraw(session, one.id, Said())
        assert erase.partner(session, one.id)


@on_sqlite
@pytest.mark.parametrize(("name", "goes"), [(PUBLIC, False), (NAMED, True), (COUNTED, True), (SILENT, True)])
def test_once_the_letter_has_left_only_a_public_name_stays(name: str, goes: bool, browser: TestClient) -> None:
    a_letter_that_has_left()
    before = browser.get("/c/dam").text
    with db.transaction() as session:
        one = partners(session)[name]
        assert erase.partner(session, one.id) is goes
        assert (one.organization == erase.NAMELESS) is goes
        assert (one.email, one.contact) == ("", "")
    assert browser.get("/c/dam").text == before
    if not goes:
        with db.transaction() as session:
            answer.withdraw(session, one.id, Said())
            assert erase.partner(session, one.id)
        assert PUBLIC not in browser.get("/c/dam").text


@on_sqlite
def test_while_the_letter_has_not_left_a_campaign_is_not_erased(browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        cast.passes_its_deadline(session, campaign)
        before = repr(cast.everything(session))
        with pytest.raises(erase.NotOver):
            erase.campaign(session, campaign.id)
        assert repr(cast.everything(session)) == before


@on_sqlite
def test_a_cancelled_campaign_is_erased_with_every_name(browser: TestClient, clock: Clock) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        campaign.cancelled_at = db.clock(session)
    clock.advance(days=181)
    with db.reading() as session:
        assert calendar.due(session) == [("erase", campaign.id)]
    tasks.erase.run(campaign.id)
    with db.reading() as session:
        assert set(partners(session)) == {erase.NAMELESS}


@on_sqlite
@pytest.mark.parametrize("language", ["en", "fr", "km"])
def test_the_page_says_how_long(language: str, browser: TestClient) -> None:
    how_long = {"en": "kept for 2 weeks more", "fr": "pendant 2\xa0semaines encore", "km": "2 សប្ដាហ៍"}
    with db.transaction() as session:
        campaign = cast.a_campaign(session, keep_contacts=14 * 24 * 3600)
        link = f"/s/{tokens.token(campaign.partners[0])}?lang={language}"
    assert how_long[language] in browser.get(link).text
    assert not re.search(r"[.។](?=[A-ZÀ-Ýក-ឳ])", browser.get(link).text.partition("<footer")[2]), "no space"
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        cast.the_letter_leaves(session, campaign)
        assert campaign.erase_at is not None
        day = campaign.erase_at
    assert render.date(day, "Europe/Zurich", language) in browser.get(link).text
    assert how_long[language] not in browser.get(link).text


def types(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


@on_sqlite
def test_an_organizer_erases_one_and_all(browser: TestClient) -> None:
    with db.transaction() as session:
        a_campaign(session)

    code, said = types("erase", "dam", "--yes")
    assert (code, "has not left" in said) == (1, True)
    code, said = types("erase", "dam", NAMED, "--yes")
    assert code == 1
    assert f"withdraw dam '{NAMED}'" in said
    code, said = types("erase", "dam", SILENT, "--dry-run")
    assert (code, f"would be erased: contact, address and link of {SILENT}" in said) == (0, True)
    assert SILENT in everything_in_rows()
    code, said = types("erase", "dam", "still pond", "--yes")
    assert (code, "its name too" in said, "partners.csv" in said) == (0, True, True)
    assert SILENT not in everything_in_rows()
    assert "erased" in types("status", "dam")[1]

    with db.transaction() as session:
        leaves(session, session.scalars(select(Campaign)).one())
    code, said = types("erase", "dam", PUBLIC, "--yes")
    assert (code, "Its name stays" in said) == (0, True)
    assert "contacts and withheld names are erased" in types("status", "dam")[1]
    code, said = types("erase", "dam", "--dry-run")
    assert (code, "would be erased: contact, address and link of 7 partners" in said) == (0, True)
    code, said = types("erase", "dam", "--yes")
    assert (code, "and 6 names that nobody else reads under the letter" in said) == (0, True)
    assert not [name for name in WITHHELD if name in everything_in_rows()]
    code, printed = types("status", "dam")
    assert (code, "contacts and withheld names were erased" in printed) == (0, True)
    for command in ("export", "notice"):
        code, printed = types(command, "dam")
        assert "Traceback" not in printed
        assert not [name for name in WITHHELD if name in printed]


def everything_in_rows() -> str:
    with db.reading() as session:
        return repr(cast.everything(session))


@on_sqlite
def test_a_documents_export_says_what_was_erased(browser: TestClient, tmp_path: Path) -> None:
    campaign_id = a_letter_that_has_left()
    with db.transaction() as session:
        erase.campaign(session, campaign_id)
    code, _ = types("export", "dam", "--documents", str(tmp_path / "out"))
    assert code == 0
    written = {path.relative_to(tmp_path / "out").parts[0] for path in (tmp_path / "out").rglob("*.pdf")}
    assert written == {"public"}
