"""What was taken away stays away, whatever else happened between the backup and the moment at which it is put back."""

import asyncio
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from unittest import mock
from urllib.parse import urlencode

import psycopg
import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from tests import backups, cast, copies, servers
from tests.conftest import Clock
from tests.kept_rows import a_backup, all_rows, restore
from worker import db, installation, migrations, mirror, settings, tasks, tokens
from worker.acts import (
    answer,
    apply_journal,
    contacts,
    correct_listing,
    disown,
    erase,
    go_on,
    merge,
    rekey,
    remind,
    unsubscribe,
)
from worker.acts.answer import Statement
from worker.acts.apply_journal import AppliedJournal
from worker.acts.correct_listing import Listing
from worker.backup import folder, make
from worker.backup import restore as restoring
from worker.models import Installation, Mail, Partner
from worker.state.answers import standing_answer
from worker.state.key_change import encrypted_tables
from worker.state.links import Link
from worker.web.restored import LOOK_HOLDS_S

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
A_KEY, ANOTHER_KEY = "a key of thirty-two letters or more", "another key of thirty-two letters or more"


@pytest.fixture
def delta(database: str, tmp_path: Path) -> Partner:
    """Signs publicly in the backup; the data folder is not that of the database."""
    database_url = settings.current().database
    settings.set_for_this_process(data_dir=tmp_path / "data", database_url=database_url, secret_key=A_KEY)
    with db.transaction() as session:
        a_backup(session)
    return named("Delta")


def named(organization: str) -> Partner:
    with db.reading() as session:
        return session.scalars(select(Partner).where(Partner.organization == organization)).one()


def withdraws(partner: Partner) -> None:
    with db.transaction() as session:
        answer.withdraw(session, partner.id, Statement())


def somebody_else_signs() -> None:
    with db.transaction() as session:
        cast.signs(session, session.get_one(Partner, named("River Watch").id))


def signs_still(partner: Partner) -> bool:
    with db.reading() as session:
        stands = standing_answer(session, partner.id)
        return stands is not None and stands.signs


def replayed() -> tuple[bool, AppliedJournal]:
    """Whether the journal counts as lost, and what it took away again."""
    with db.transaction(even_restored=True) as session:
        since = session.scalar(select(Installation.backup_of))
        return apply_journal.is_lost(session, since), apply_journal.replay_journal(session, since)


@on_sqlite
@pytest.mark.parametrize("then", ["withdraws", "is silenced", "is erased"])
def test_what_two_partners_did_as_one_holds_for_both_where_they_are_two_again(delta: Partner, then: str) -> None:
    kept = named("Eau Vive")
    with db.reading() as session:
        before = all_rows(session)
    with db.transaction() as session:
        merge.merge_partners(session, kept.id, delta.id)
    with db.transaction() as session:
        if then == "is silenced":
            unsubscribe.silence_partner(session, kept.id)
        else:
            answer.withdraw(session, kept.id, Statement())
    if then == "is erased":
        with db.transaction() as session:
            erase.erase_partner(session, kept.id)
    restore(before)
    replayed()
    found = named("Delta") if then != "is erased" else None
    if then == "withdraws":
        assert not signs_still(delta)
    elif found is not None:
        assert found.silenced_at is not None
    else:
        with db.reading() as session:
            assert session.get_one(Partner, delta.id).erased_at is not None


@on_sqlite
def test_a_journal_under_a_later_key_counts_as_lost(delta: Partner) -> None:
    """The backup brings its own key back, which is not that of the lines."""
    with db.reading() as session:
        before = all_rows(session)
    settings.set_for_this_process(secret_key=ANOTHER_KEY, secret_key_old=A_KEY)
    for table in encrypted_tables():
        last: int | None = 0
        while last is not None:
            with db.transaction() as session:
                last = rekey.rewrite_some(session, table, last)
    with db.transaction() as session:
        rekey.finish(session, rewritten=True)
    settings.set_for_this_process(secret_key=ANOTHER_KEY, secret_key_old="")
    withdraws(delta)
    settings.set_for_this_process(secret_key=A_KEY, secret_key_old="")
    restore(before)
    assert replayed()[0]
    settings.set_for_this_process(secret_key=A_KEY, secret_key_old=ANOTHER_KEY)
    lost, _ = replayed()
    assert not lost
    assert not signs_still(delta)


@on_sqlite
def test_whoever_withdrew_is_found_by_the_address_of_a_further_contact(delta: Partner) -> None:
    with db.transaction() as session:
        contacts.add_contact(session, delta.id, "board@delta.example", language="en")
    with db.transaction() as session:
        assert go_on.is_known(session, "board@delta.example")
        go_on.let_everything_go_on(session, renew_links=False, withdrew=["board@delta.example"])
    assert not signs_still(delta)


@on_sqlite
def test_an_act_before_anybody_noticed_hides_nothing_of_what_was_taken_away(delta: Partner, clock: Clock) -> None:
    assert not installation.check_at_start()
    with db.reading() as session:
        before = all_rows(session)
    withdraws(delta)
    assert not installation.stands_still()
    clock.advance(hours=1)
    restore(before)
    somebody_else_signs()
    kept = mirror.load_entries()
    (number,) = kept
    mirror.write(number, mirror.Entry(dict.fromkeys(mirror.COUNTED, 50), kept[number].home, kept[number].at))
    assert installation.stands_still()
    lost, _ = replayed()
    assert lost or not signs_still(delta)


@on_sqlite
def test_whoever_withdrew_and_signed_again_is_asked_again(delta: Partner) -> None:
    with db.reading() as session:
        before = all_rows(session)
    withdraws(delta)
    with db.transaction() as session:
        cast.signs(session, session.get_one(Partner, delta.id))
    restore(before)
    assert delta.id in replayed()[1].lost_answers


@on_sqlite
def test_whoever_is_to_be_printed_otherwise_is_asked_again(delta: Partner) -> None:
    with db.reading() as session:
        before = all_rows(session)
    with db.transaction() as session:
        correct_listing.change_listing(session, delta.id, Listing("Delta", "DLT", ""))
    restore(before)
    assert delta.id in replayed()[1].lost_answers


@on_sqlite
def test_a_journal_with_a_gap_counts_as_lost(delta: Partner) -> None:
    """The disk was full for a while."""
    with db.reading() as session:
        before = all_rows(session)
    with mock.patch("os.write", side_effect=OSError(28, "No space left on device")):
        withdraws(delta)
    somebody_else_signs()
    restore(before)
    assert replayed()[0]


def test_a_line_that_does_not_fit_is_told(tmp_path: Path) -> None:
    code = """
import os, resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from datetime import datetime, UTC
from pathlib import Path
from worker import journal
journal.begin(bytes(16), datetime.now(UTC))
most = Path(os.environ["UNDERSIGNED_DATA_DIR"], "journal").stat().st_size + 40
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
print(journal.append(bytes(16), [journal.Line(datetime.now(UTC), "reduced", "ab" * 16, 0, "none")]))
"""
    environment = os.environ | {"UNDERSIGNED_DATA_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "False\n"
    assert "cannot be written" in done.stderr


@on_sqlite
def test_a_backup_of_a_database_that_stood_still_knows_of_when_its_rows_are(
    delta: Partner, clock: Clock, tmp_path: Path
) -> None:
    """Monday's backup is put back on Wednesday, a backup is made before anybody looked, and that is put back."""
    monday = copies.keep("backup", tmp_path / "monday")
    clock.advance(hours=1)
    withdraws(delta)
    clock.advance(hours=1)
    copies.put_back(monday, tmp_path / "second", kept=True)
    wednesday = copies.keep("backup", tmp_path / "wednesday")
    copies.put_back(wednesday, tmp_path / "third", kept=True)
    lost, _ = replayed()
    assert lost or not signs_still(delta)


@on_sqlite
def test_no_backup_is_deleted_while_everything_stands_still(delta: Partner, clock: Clock, tmp_path: Path) -> None:
    settings.set_for_this_process(backup_dir=str(tmp_path / "backups"), backup_keep="14d", backup_every="24h")
    backups.has_its_key()
    tasks.backup()
    (good,) = [one.path for one in folder.kept(tmp_path / "backups")]
    with db.transaction() as session:
        session.execute(update(Installation).values(restored_at=db.clock(session), restored_by="mirror ahead"))
    for _ in range(3):
        clock.advance(days=8)
        tasks.backup()
    assert len(folder.kept(tmp_path / "backups")) == 4
    assert good.exists()


@on_sqlite
def test_backups_are_not_in_backups(delta: Partner, clock: Clock, tmp_path: Path) -> None:
    campaigns = tmp_path / "campaigns"
    (campaigns / "dam").mkdir(parents=True)
    (campaigns / "dam" / "large").write_bytes(os.urandom(100_000))
    settings.set_for_this_process(campaigns_dir=campaigns, backup_dir=str(campaigns / "backups"))
    backups.has_its_key()
    sizes = []
    for _ in range(3):
        sizes.append(folder.make_now()[0].stat().st_size)
        clock.advance(days=1)
    assert sizes[-1] < 1.5 * sizes[0]


@on_sqlite
def test_a_restored_folder_of_a_campaign_is_its_owner_s(delta: Partner, tmp_path: Path) -> None:
    lists = tmp_path / "campaigns" / "dam" / "lists"
    lists.mkdir(parents=True)
    (lists / "more.csv").write_text("more")
    (lists.parent / "partners.csv").write_text("addresses")
    settings.set_for_this_process(campaigns_dir=tmp_path / "campaigns")
    backups.has_its_key()
    make.make_backup(tmp_path / "one.backup")
    before = os.umask(0o022)
    try:
        backups.another_place(tmp_path / "new")
        restoring.restore_backup(tmp_path / "one.backup", backups.opener(), backups.SEALED)
    finally:
        os.umask(before)
    there = settings.current().campaigns_dir / "dam"
    assert stat.S_IMODE((there / "partners.csv").stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in (there, there / "lists")} == {0o700}


@on_sqlite
def test_a_mirror_with_nonsense_in_it_is_taken_as_missing(delta: Partner) -> None:
    assert not installation.check_at_start()
    file = settings.current().data_dir / "mirror.json"
    file.write_text(re.sub(r'"mail": \d+', '"mail": Infinity', file.read_text()))
    assert not installation.stands_still()


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_a_copy_of_before_there_was_a_number_is_noticed_once_it_is_brought_up(
    empty_database: str, tmp_path: Path
) -> None:
    from alembic import command

    from worker.migrations import tables

    settings.set_for_this_process(secret_key=A_KEY)
    with db.engine().execution_options(writing=True).begin() as connection:
        command.upgrade(tables.config(connection), "0009")
    file = settings.current().data_dir / "undersigned.db"
    db.dispose()
    shutil.copy(file, tmp_path / "old.db")
    migrations.upgrade()
    assert not installation.check_at_start()
    db.dispose()
    for end in ("-wal", "-shm"):
        file.with_name(f"undersigned.db{end}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "old.db", file)
    migrations.upgrade()
    assert installation.check_at_start()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_role_that_does_not_own_the_sequences_can_look(delta: Partner) -> None:
    role = f"app_{os.getpid()}"
    with psycopg.connect(servers.plain(settings.current().database), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role}")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        connection.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
        try:
            connection.execute(f"SET ROLE {role}")
            assert connection.execute(str(installation._LOOK_ON_POSTGRESQL)).fetchone()
        finally:
            connection.execute("RESET ROLE")
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")


@on_sqlite
def test_one_click_for_no_more_mail_is_kept_while_everything_stands_still(delta: Partner, browser: TestClient) -> None:
    """A machine clicks, and nobody clicks again."""
    one_click = {"List-Unsubscribe": "One-Click"}
    with db.transaction() as session:
        now = db.clock(session)
        session.execute(update(Installation).values(restored_at=now, restored_by="restore", backup_of=now))
    assert browser.post(f"/u/{tokens.token(delta, 'quiet')}", data=one_click).status_code == 200
    assert browser.post(f"/u/{tokens.token(delta, 'sign')}", data=one_click).status_code == 503
    assert browser.post(f"/u/{tokens.token(delta, 'quiet')}", data={"wish": "no more mail"}).status_code == 503
    replayed()
    assert named("Delta").quiet_at is not None
    assert named("River Watch").quiet_at is None


@on_sqlite
def test_one_click_by_a_link_that_was_revoked_since_silences_nobody(delta: Partner, browser: TestClient) -> None:
    with db.transaction() as session:
        session.get_one(Partner, delta.id).renew_link()
        session.execute(update(Installation).values(restored_at=db.clock(session), restored_by="restore"))
    browser.post(f"/u/{tokens.token(delta, 'quiet')}", data={"List-Unsubscribe": "One-Click"})
    replayed()
    assert named("Delta").quiet_at is None


@on_sqlite
def test_requests_that_come_together_all_wait_for_the_look(delta: Partner, browser: TestClient) -> None:
    path, form = f"/s/{tokens.token(delta)}", urlencode({"choice": "withdraw", "mail_code": tokens.mail_code(delta)})

    async def status(method: str, body: bytes = b"") -> int:
        said: list[int] = []
        sent = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> dict[str, object]:
            return next(sent, {"type": "http.disconnect"})

        async def send(message: dict[str, int]) -> None:
            said.append(message.get("status", 0))

        kind = (b"content-type", b"application/x-www-form-urlencoded")
        head = [kind, (b"content-length", b"%d" % len(body)), (b"host", b"testserver")]
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b""}
        scope |= {"headers": head, "http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1), "root_path": ""}
        await browser.app(scope | {"server": ("testserver", 80)}, receive, send)  # type: ignore[arg-type]
        return said[0]

    async def come() -> list[int]:
        assert await status("GET") == 200
        with db.transaction() as session:
            session.execute(update(Installation).values(restored_at=db.clock(session), restored_by="restore"))
        await asyncio.sleep(LOOK_HOLDS_S + 0.05)
        return await asyncio.gather(*(status("GET") for _ in range(4)), status("POST", form.encode()))

    assert set(asyncio.run(come())) == {503}


@on_sqlite
def test_whoever_was_asked_is_reminded_though_all_links_were_renewed(delta: Partner) -> None:
    with db.transaction() as session:
        session.execute(update(Mail).values(sent_at=Mail.dated_at, due_at=None))
    with db.transaction() as session:
        go_on.let_everything_go_on(session, renew_links=True)
    silent = named("Eau Vive")
    with db.transaction() as session:
        assert remind.remind_now(session, silent.campaign_id, mailed_lately=True) == 2
    assert silent.generation == 2


@on_sqlite
def test_whose_link_was_revoked_since_still_counts_as_asked(delta: Partner) -> None:
    """What it was mailed then brings the very link that it has now."""
    with db.transaction() as session:
        session.execute(update(Mail).values(sent_at=Mail.dated_at, due_at=None))
    with db.reading() as session:
        before = all_rows(session)
    with db.transaction() as session:
        disown.disown_answer(session, delta.id, link=Link(1))
    restore(before)
    replayed()
    with db.reading() as session:
        mails = session.scalars(select(Mail.generation).where(Mail.partner_id == delta.id)).all()
        assert set(mails) == {session.get_one(Partner, delta.id).generation} == {2}
