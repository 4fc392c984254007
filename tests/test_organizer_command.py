"""`undersigned organizer`: who may enter the desk; and what a restore and a report of a mail make of it."""

import json
import re

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from tests import cast
from tests.kept_rows import all_rows, restore
from tests.organizers import ADDRESS, DeskBrowser, add
from tests.stage import EmbeddedStage, eventually
from worker import db, settings, tokens
from worker.acts import bounce, login, organizers
from worker.acts.apply_journal import replay_journal
from worker.cli.commands import app
from worker.mail import bounce_reports
from worker.models import DeskLink, Mail, Organizer, Seat
from worker.wording import composing

pytestmark = pytest.mark.usefixtures("database", "notified")
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def types(*words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["organizer", *words])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def listed() -> list[dict[str, object]]:
    return list(json.loads(types("list", "--json").stdout))


@on_sqlite
def test_a_person_is_added_seen_let_in_and_removed() -> None:
    with db.transaction() as session:
        cast.a_campaign(session)
        cast.a_campaign(session, slug="lakes-2030")
        slug = cast.a_campaign(session, slug="seas-2030").slug
    assert "Nobody may enter" in types("list").stderr
    said = types("add", "Maly Sok", ADDRESS, "--owner-of", slug, "--viewer-of", "lakes-2030", "--may-send").stderr
    assert "owner of seas-2030, viewer of lakes-2030, and may send email" in said
    assert f"{settings.current().public_url}/desk" in said
    assert listed() == [
        {
            "name": "Maly Sok",
            "email": ADDRESS,
            "local": False,
            "second_factor": False,
            "seats": [
                {"campaign": "seas-2030", "role": "owner", "may_send": True},
                {"campaign": "lakes-2030", "role": "viewer", "may_send": True},
            ],
        }
    ]
    link = types("link", "maly sok").stdout.strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/desk/link/[\w-]{43}", link)
    maly = DeskBrowser()
    assert maly.post("/desk/link", {"key": link.rpartition("/")[2]}).status_code == 303
    assert maly.get("/desk").text.count('<h3><a href="/desk/campaigns/') == 2
    types("add", "Maly Sok", ADDRESS.upper(), "--editor-of", slug)
    [row] = listed()
    assert row["seats"][0] == {"campaign": "seas-2030", "role": "editor", "may_send": False}  # type: ignore[index]
    assert "no seat at lakes-2030 any more" in types("remove", "Maly Sok", "--from", "lakes-2030").stderr
    assert "nothing was changed" in types("remove", "Maly Sok", "--from", "lakes-2030").stderr
    assert maly.get("/desk").text.count('<h3><a href="/desk/campaigns/') == 1
    types("remove", ADDRESS)
    assert not maly.is_in()
    assert listed() == []
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Seat)) == 0


@on_sqlite
def test_a_dry_run_changes_nothing() -> None:
    assert "Dry run" in types("add", "Maly Sok", ADDRESS, "--dry-run").stderr
    assert listed() == []
    add()
    types("remove", "Maly Sok", "--dry-run")
    assert types("link", "Maly Sok", "--dry-run").stdout == ""
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(DeskLink)) == 0
    assert len(listed()) == 1


@on_sqlite
def test_all_that_is_wrong_is_said_at_once() -> None:
    said = types("add", "", "maly", "--may-send", "--language", "de", "--json", code=2).stderr
    for fragment in ("found none", "such as maly@rivers.example, found 'maly'", "--may-send is of a seat", "'de'"):
        assert fragment in said
    assert "belong to add" in types("remove", "Maly", "--owner-of", "x", code=2).stderr
    assert "one seat" in types("add", "M", ADDRESS, "--owner-of", "x", "--viewer-of", "x", code=2).stderr
    assert "No campaign 'rivers'" in types("add", "Maly", ADDRESS, "--owner-of", "rivers", code=1).stderr
    assert "No organizer 'Maly'" in types("link", "Maly", code=1).stderr
    add()
    assert "already" in types("add", "MALY SOK", "other@rivers.example", code=1).stderr
    assert len(listed()) == 1


@on_sqlite
def test_an_address_is_its_owners_whatever_others_are_called() -> None:
    add("Dara Chea", "dara@rivers.example")
    add(ADDRESS, "other@rivers.example")
    add()
    maly = DeskBrowser()
    maly.post("/desk/link", {"key": types("link", ADDRESS.upper()).stdout.strip().rpartition("/")[2]})
    assert "You are Maly Sok." in maly.get("/desk").text


def test_who_was_removed_since_a_backup_stays_removed() -> None:
    with db.transaction() as session:
        cast.a_campaign(session)
    number = add()
    with db.reading() as session:
        rows = all_rows(session)
    with db.transaction() as session:
        organizers.remove_organizer(session, session.get_one(Organizer, number))
    restore(rows)
    with db.transaction() as session:
        assert session.get_one(Organizer, number).removed_at is None
        applied = replay_journal(session, None)
        assert applied.counts["organizer removed"] == 1
        assert session.get_one(Organizer, number).email == ""


@on_sqlite
def test_a_login_mail_that_comes_back_changes_nothing() -> None:
    settings.set_for_this_process(bounces_to="bounces@letters.example")
    add()
    DeskBrowser().asks()
    with db.transaction() as session:
        login.put_codes(session)
        [mail] = session.scalars(select(Mail)).all()
        [ready] = composing.compose_batch(session, [mail.id])
        assert getattr(ready, "offer").recipient == ADDRESS  # noqa: B009
        before = mail.due_at
        told = bounce_reports.Bounce(mail.id, "hard", "5.1.1", "no", frozenset({tokens.fingerprint(ADDRESS)}))
        assert not bounce._can_be_told(session, told)
        assert mail.due_at == before is not None


@on_sqlite
def test_up_prints_a_link_for_who_sits_at_the_machine(tmp_path_factory: pytest.TempPathFactory) -> None:
    stage = EmbeddedStage(tmp_path_factory.mktemp("stage"))
    try:
        eventually(lambda: "/desk/link/" in stage.logs())
        found = re.search(r"http://127\.0\.0\.1:\d+/desk/link/([\w-]{43})", stage.logs())
        assert found
        here = DeskBrowser(url=f"http://127.0.0.1:{stage.web_ports[0]}", over_the_network=True)
        assert here.post("/desk/link", {"key": found[1]}).status_code == 303
        assert "This computer" in here.get("/desk").text
    finally:
        stage.end()
