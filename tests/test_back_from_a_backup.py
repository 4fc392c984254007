"""A database that was put back from a backup knows that it is one, and does nothing until a person has looked."""

import asyncio
import json
import logging
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests import cast, servers
from tests.conftest import Clock
from tests.deliveries import first_partner, launched, mails, sealed_and_put, taken
from tests.put_back import Backup
from tests.scripted_smtp import ScriptedServer
from tests.servers import TIMEOUT_S
from worker import db, installation, mirror, settings, tasks, tokens
from worker.acts import answer, dispatch
from worker.acts.answer import Statement
from worker.cli import console
from worker.cli.commands import app
from worker.mail import delivery, outbox
from worker.mail.catcher import Catcher
from worker.models import Answer, AuditEvent, Campaign, Installation, Mail, Partner
from worker.state.letters import load_letters, served
from worker.wording.composing import compose_batch


@pytest.fixture
def backup(database: str, tmp_path: Path) -> Backup:
    """Of a campaign whose three invitations were due; since then they were sent, and one partner has answered."""
    launched(3)
    assert not installation.check_at_start()
    made = Backup.make(tmp_path)
    assert len(taken(drain())) == 3
    signs()
    assert not installation.stands_still()
    return made


def drain() -> ScriptedServer:
    async def run() -> ScriptedServer:
        async with ScriptedServer({}) as server:
            settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
            await delivery.deliver_due(compose_batch, time.monotonic() + TIMEOUT_S)
            return server

    return asyncio.run(run())


def signs() -> None:
    with db.transaction() as session:
        answer.sign(session, first_partner(session), "public", Statement("The board", "Board"))


def row() -> Installation:
    with db.reading() as session:
        return session.get_one(Installation, 1)


def campaign() -> Campaign:
    with db.reading() as session:
        return session.scalars(select(Campaign)).one()


def types(*words: str, code: int = 0, typed: str = "") -> str:
    result = CliRunner().invoke(app, list(words), input=typed)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_what_was_sent_before_is_not_sent_again_by_a_worker_that_runs(backup: Backup) -> None:
    backup.put_back()

    assert taken(drain()) == []

    assert (row().restored_at is not None, row().restored_by) == (True, "mirror ahead")
    assert [mail.attempts for mail in mails()] == [0, 0, 0]
    with db.reading() as session:
        assert row().backup_of == max(session.scalars(select(AuditEvent.at)))


def test_nothing_advances_and_nothing_is_written_by_any_task(backup: Backup, clock: Clock) -> None:
    with db.transaction() as session:
        session.add(Answer(**_answered(session)))  # a receipt is due, and soon the deadline has passed
    backup.put_back()
    tasks.sweep()
    clock.advance(days=20)
    with db.reading() as session:
        before = cast.everything(session)

    for name in ("invite", "remind", "record", "close", "dispatch", "report", "erase"):
        tasks.queue.tasks[name](campaign().id)
    for task in (tasks.deliver, tasks.bounces, tasks.sweep):
        task()

    with db.reading() as session:
        assert cast.everything(session) == before
    with pytest.raises(db.Restored):
        signs()


def _answered(session: Session) -> dict[str, object]:
    partner = session.scalars(select(Partner).order_by(Partner.id.desc())).first()
    assert partner
    words = dict.fromkeys(("representative", "role", "reason", "note", "passage"), "")
    about = {"partner_id": partner.id, "letter_id": partner.campaign.letter.id, "at": db.clock(session)}
    return {**words, **about, "choice": "decline", "visibility": None, "language": "en", "channel": "link"}


def test_mails_that_were_claimed_stop_when_another_process_notices(database: str) -> None:
    launched(3)
    settings.set_for_this_process(smtp_url="smtp://127.0.0.1:1")
    holder = delivery.DeliveryRun(compose_batch, lambda seals: set(), time.monotonic() + 9, lambda: False)
    _, ready, _ = holder._claim()
    assert len(holder._still_to_leave(ready)) == 3

    _stands_still()

    assert holder._still_to_leave(ready) == set()


def _stands_still() -> None:
    with db.transaction() as session:
        session.execute(update(Installation).values(restored_at=db.clock(session), restored_by="restore"))


def test_one_more_statement_is_asked_for_a_claim(database: str) -> None:
    from tests.sql import statements

    launched(1)
    settings.set_for_this_process(smtp_url="smtp://127.0.0.1:1")
    run = delivery.DeliveryRun(lambda *_: [], lambda seals: set(), time.monotonic() + 9, lambda: False)
    with statements() as seen:
        run._claim()
    assert len([one for one in seen if "installation SET drains" in one]) == 1
    assert row().drains == 1
    with statements() as seen:
        run._claim()
    assert not [one for one in seen if "UPDATE installation" in one]


def test_a_lost_mirror_in_the_same_place_goes_on_and_says_so(backup: Backup, caplog: pytest.LogCaptureFixture) -> None:
    (settings.current().data_dir / "mirror.json").unlink()
    assert "remembered nothing of it" in " ".join(types("doctor", code=1).split())
    (settings.current().data_dir / "mirror.json").unlink()

    with caplog.at_level(logging.WARNING, "start"):
        assert not installation.check_at_start()

    assert "remembered nothing of this database" in caplog.text
    assert mirror.load_entries().keys() == {row().number.hex()}


def test_a_lost_mirror_in_another_place_stops(backup: Backup) -> None:
    backup.put_elsewhere()
    (settings.current().data_dir / "mirror.json").unlink()

    assert installation.check_at_start()

    assert row().restored_by == "moved"


def test_a_database_that_moved_with_all_it_had_goes_on(backup: Backup, tmp_path: Path) -> None:
    was = row().home
    Backup.make(tmp_path).put_elsewhere()

    assert not installation.check_at_start()

    assert row().home not in {was, None}


def test_what_another_database_left_in_the_folder_stays_there(backup: Backup) -> None:
    other = mirror.Entry(dict.fromkeys(mirror.COUNTED, 9), "elsewhere", "then")
    mirror.write("ab", other)
    signs()

    assert not installation.stands_still()

    assert mirror.load_entries()["ab"] == other


def test_the_mirror_never_goes_back_whoever_writes_it() -> None:
    further, behind = (mirror.Entry(dict.fromkeys(mirror.COUNTED, n), "home", "then") for n in (9, 3))
    mirror.write("ab", further)
    mirror.write("ab", behind)

    assert mirror.load_entries() == {"ab": further}
    assert (settings.current().data_dir / "mirror.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_folder_that_cannot_be_written_is_told_once_and_stops_no_mail(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    launched(2)
    (tmp_path / "file").write_text("")
    url = settings.current().database
    db.dispose()
    settings.set_for_this_process(data_dir=tmp_path / "file" / "var", database_url=url)

    assert len(taken(drain())) == 2
    assert not installation.stands_still()

    assert caplog.text.count("may not be noticed") == 1


def test_numbers_given_are_never_given_again_after_a_row_is_gone(database: str) -> None:
    launched(2)
    with db.transaction() as session:
        (last,) = session.scalars(select(Mail.id).order_by(Mail.id.desc()).limit(1))
        session.delete(session.get_one(Mail, last))
    with db.transaction() as session:
        outbox.put(session, [outbox.to_organizers("flood", session.scalars(select(Campaign)).one(), "1", _now())])

    assert mails()[-1].id > last


def _now() -> datetime:
    with db.reading() as session:
        return db.clock(session)


def test_no_page_shows_or_takes_anything(backup: Backup, browser: TestClient) -> None:
    with db.reading() as session:
        partner = session.get_one(Partner, first_partner(session))
    backup.put_back()
    installation.stands_still()
    pages = TestClient(browser.app, follow_redirects=False)

    for path in (
        f"/s/{tokens.token(partner)}",
        f"/u/{tokens.token(partner)}",
        "/c/rivers",
        f"/j/{tokens.token(partner)}",
    ):
        seen = pages.get(path)
        assert (seen.status_code, seen.headers["Retry-After"]) == (503, "3600")
        assert "We will be back soon" in seen.text
        assert all(words not in seen.text for words in ("Rivière", "<input", "undersigned"))
    sent = pages.post(f"/s/{tokens.token(partner)}", data={"reason": "our own words", "choice": "withdraw"})
    assert (sent.status_code, "our own words" in sent.text) == (503, True)
    assert pages.get("/livez").status_code == 200
    told = pages.get("/readyz")
    assert (told.status_code, told.json()["restored"]) == (503, True)
    assert "restored" in told.json()["failing"]


def test_a_form_that_comes_before_anybody_looked_is_refused_in_its_transaction(
    backup: Backup, browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.reading() as session:
        partner = session.get_one(Partner, first_partner(session))
    assert browser.get(f"/s/{tokens.token(partner)}").status_code == 200
    _stands_still()
    monkeypatch.setattr(installation, "stands_still", lambda: False)  # as for a moment after a look

    form = {"choice": "decline", "reason": "our own words", "mail_code": tokens.mail_code(partner)}
    sent = browser.post(f"/s/{tokens.token(partner)}", data=form)

    assert (sent.status_code, "our own words" in sent.text) == (503, True)
    assert "We will be back soon" in sent.text


def test_commands_that_change_are_refused_and_others_say_it(backup: Backup) -> None:
    backup.put_back()

    for words in (
        "remind x --again",
        "extend x in 5 weeks",
        "close x",
        "cancel x",
        "dispatch x",
        "resume x",
        "erase x",
    ):
        name, _, rest = words.partition(" x")
        said = types(name, campaign().slug, *rest.split(), "--yes", code=console.WAITS)
        assert "put back from a backup" in said
        assert "resume --restored" in said
    assert "resume --restored" in types("status", code=console.WAITS)
    assert "resume --restored" in types("status", campaign().slug, code=console.WAITS)
    assert "resume --restored" in types("doctor", code=console.FAILED)
    types("hold", campaign().slug, "--all-mail")
    assert campaign().mail_held_at is not None


def test_a_person_looks_and_it_goes_on(backup: Backup, tmp_path: Path) -> None:
    with db.reading() as session:
        before = {mail.id for mail in mails()}
        generation = session.get_one(Partner, first_partner(session)).generation
    backup.put_back()
    told = json.loads(types("resume", "--restored", "--json"))
    assert (told["noticed"], told["lost"]["answer"] > 0) == ("mirror ahead", True)
    assert [one["campaign"] for one in told["campaigns"]] == [campaign().slug]

    assert "--none-known" in types("resume", "--restored", "--yes", code=console.USAGE)
    opted_out = tmp_path / "opted-out.txt"
    opted_out.write_text("Rivière n° 1\nNobody at all\nno@address@at.all\n")
    wrong = types("resume", "--restored", "--opted-out", str(opted_out), "--none-known", "--yes", code=console.FAILED)
    assert "line 2" in wrong
    assert "line 3" in wrong
    opted_out.write_text("contact@river-1.example\nsomebody@else.example\n")
    assert "--none-known" in types("resume", "--restored", "--opted-out", str(opted_out), "--yes", code=console.USAGE)
    two_files = ["resume", "--restored", "--opted-out", str(opted_out), "--withdrew", str(opted_out)]
    asked = ["resume", "--restored", "--opted-out", str(opted_out), "--none-known"]
    assert "--no-ask-again" in types(*asked, "--yes", code=console.USAGE)
    asked.append("--no-ask-again")
    said = " ".join(types(*asked, "--dry-run").split())
    assert "Dry run: " in said
    assert f"Letters that are not sent until you decide: {campaign().slug}." in said
    assert "No more email is sent to those in your list (1)." in said
    assert "do not sign any more" not in said
    said = types(*two_files, "--dry-run")
    assert "Those in your list of withdrawals do not sign any more (1)." in " ".join(said.split())
    assert row().restored_at is not None
    went_on = types(*asked, "--yes")
    assert "It goes on" in went_on
    assert "1 letter in doubt" in went_on

    assert (row().restored_at, installation.stands_still()) == (None, False)
    with db.reading() as session:
        assert session.get_one(Partner, first_partner(session)).generation == generation + 1
        assert [one.silenced_at is not None for one in session.scalars(select(Partner).order_by(Partner.id))] == [
            *(False, True, False)
        ]
        assert "restored" in set(session.scalars(select(AuditEvent.what)))
    sent = drain()
    assert len(taken(sent)) == 2  # one gets no mail any more
    signs()
    with db.reading() as session:
        assert min(session.scalars(select(Answer.id))) > installation.JUMP
        assert max(session.scalars(select(AuditEvent.id))) > max(before) + installation.JUMP
        new_link = session.get_one(Partner, first_partner(session))
    bodies = [str(body.get_content()) for mail in taken(sent) if (body := mail.get_body(("plain",))) is not None]
    assert any(tokens.printed_code(new_link) in body for body in bodies)
    assert "does not stand still" in types("resume", "--restored")


def test_a_letter_that_may_have_left_waits_for_a_person(database: str, clock: Clock, tmp_path: Path) -> None:
    campaign_id = sealed_and_put(clock)
    installation.check_at_start()
    backup = Backup.make(tmp_path)
    assert len(taken(drain())) >= 1
    assert not installation.stands_still()
    backup.put_back()
    assert installation.stands_still()

    said = types("resume", "--restored", "--keep-links", "--none-known", "--no-ask-again", "--yes")
    assert "1 letter in doubt" in said
    tasks.dispatch.run(campaign_id)
    assert not [mail for mail in taken(drain()) if "minister" in str(mail["To"])]

    with db.reading() as session:
        now = session.get_one(Campaign, campaign_id)
        assert [one.state for one in served(now, load_letters(session, now))] == ["uncertain"]
    slug = campaign().slug
    assert "The letter may have arrived" in types("status", slug, code=console.WAITS)
    assert "may have arrived" in types("dispatch", slug, "--yes", code=console.WAITS)
    types("resend", slug, "--yes")
    with db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign_id) == 1


def test_a_deadline_that_passed_while_it_stood_still_can_be_moved_first(backup: Backup, clock: Clock) -> None:
    backup.put_back()
    assert installation.stands_still()
    clock.advance(days=15)
    slug = campaign().slug
    assert "closes at once, unless you --extend" in types("resume", "--restored", "--none-known", "--dry-run")
    wrong = types("resume", "--restored", "--none-known", "--yes", "--extend", "x=in 3 days", code=console.USAGE)
    assert "--extend x=in 3 days" in wrong

    goes_on = ("resume", "--restored", "--none-known", "--keep-links", "--yes", "--ask-again")
    assert "3 organizations are asked again" in types(*goes_on, "--extend", f"{slug}=in 3 days")

    assert campaign().deadline_at > _now()
    assert campaign().doubted_at is not None  # no journal says that it was not closed early, and sent, since


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_process_goes_on_without_redis_and_stops_when_its_database_is_put_back(
    database: str, redis_url: str, tmp_path: Path
) -> None:
    from redis import Redis

    catcher = Catcher(tmp_path / "inbox")
    relay = f"smtp+plain://127.0.0.1:{catcher.start()}"
    settings.set_for_this_process(smtp_url=relay, broker_url=redis_url, sweep="0.3")
    launched(3)
    installation.check_at_start()
    backup = Backup.make(tmp_path)
    process = servers.Process([sys.executable, "-m", "worker", "worker"], tmp_path / "log")
    servers.wait_for(lambda: _caught(tmp_path) == 3, process)
    with Redis.from_url(redis_url) as client:
        client.flushdb()
    signs()
    servers.wait_for(lambda: _caught(tmp_path) == 4, process)  # with its receipt
    assert row().restored_at is None

    backup.put_back()

    servers.wait_for(lambda: row().restored_at is not None, process)
    assert process.end(signal.SIGTERM) == 0
    catcher.stop()
    assert _caught(tmp_path) == 4
    assert "everything stands still" in (tmp_path / "log").read_text()


def _caught(folder: Path) -> int:
    return len(list((folder / "inbox").glob("*.eml")))
