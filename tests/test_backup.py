"""A backup is one file: made while everything runs, opened by a passphrase, and put back on either database."""

import base64
import io
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select, text, update
from typer.testing import CliRunner

from tests import backups, cast, one_of_each, persons
from tests.backups import AGE, PASSPHRASE, SEALED, opener
from tests.conftest import A_SECRET_KEY, Clock
from worker import backup, celery_config, db, migrations, settings, tasks
from worker.backup import archive, folder, identity, make, restore, rows
from worker.cli import console
from worker.cli.commands import app
from worker.cli.doctor import backups as doctor_backups
from worker.column_types import Encrypted, decrypt
from worker.migrations.tables import Part, expected_tables
from worker.migrations.unbound import Unbound
from worker.models import Answer, Base, Campaign, Installation, Mail, Partner
from worker.wording import mails

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def filled(database: str, tmp_path: Path) -> str:
    """A campaign with every table in use, its folder, and a key for backups."""
    campaigns = tmp_path / "campaigns"
    (campaigns / "dam" / "lists").mkdir(parents=True)
    (campaigns / "dam" / "campaign.toml").write_text("title = 'ឃ'\n")
    (campaigns / "dam" / "lists" / "partners.csv").write_bytes(os.urandom(250_000))
    settings.set_for_this_process(campaigns_dir=campaigns)
    backups.has_its_key()
    with db.transaction() as session:
        campaign = one_of_each.a_campaign(session)
        one_of_each.leaves(session, campaign)
        member = persons.adds_voice(session, campaign)
        persons.is_mailed(session, member)
        persons.a_digest(session, campaign, member)
    return database


@pytest.fixture
def other_url(filled: str, request: pytest.FixtureRequest) -> str:
    """An empty database of the other kind."""
    return "" if filled == "postgresql" else str(request.getfixturevalue("empty_postgres_url"))


def test_what_one_database_wrote_the_other_holds_to_the_last_byte(filled: str, other_url: str, tmp_path: Path) -> None:
    written = make.make_backup(tmp_path / "all.backup")
    before = backups.all_rows()
    with db.reading() as session:
        number = session.scalar(select(Installation.number))

    backups.another_place(tmp_path / "new", other_url)
    done = restore.restore_backup(tmp_path / "all.backup", opener(), SEALED)

    assert backups.all_rows() == before
    assert {name for name, found in before.items() if found} >= {"campaign", "partner", "answer", "mail", "seal"}
    assert settings.current().secret_key == A_SECRET_KEY
    migrations.check_tables()
    if settings.current().database.startswith("postgresql"):
        with db.reading() as session:
            known = session.scalar(text("SELECT reltuples FROM pg_class WHERE relname = 'partner'"))
            assert known == len(before["partner"])
    with db.transaction(even_restored=True) as session:
        here = session.scalars(select(Installation)).one()
        assert (here.number, here.restored_by, here.backup_of) == (number, "restore", written.made_at)
        assert here.restored_at is not None
        assert here.backed_up_at == written.made_at
        said = session.scalars(select(Answer.representative)).all()
        assert "Sophea Chan" in said
        last = session.scalars(select(Partner.id).order_by(Partner.id.desc())).first()
        campaign = cast.a_campaign(session, slug="next", partners=("Next Brook",))
        assert campaign.partners[0].id > (last or 0)
    assert done.contents.manifest == written
    for name in ("campaign.toml", "lists/partners.csv"):
        there = settings.current().campaigns_dir / "dam" / name
        assert there.read_bytes() == (tmp_path / "campaigns" / "dam" / name).read_bytes()
    assert identity.load_key().sealed == SEALED


def types(*words: str, code: int = 0) -> str:
    ended = CliRunner().invoke(app, list(words))
    assert ended.exit_code == code, (ended.output, ended.exception)
    return ended.output


@pytest.fixture
def paper(tmp_path: Path) -> str:
    """The passphrase as somebody wrote it down."""
    (tmp_path / "passphrase").write_text(f"{PASSPHRASE}\n")
    return str(tmp_path / "passphrase")


@on_sqlite
def test_what_was_made_by_a_command_is_checked_and_put_back_by_two(filled: str, tmp_path: Path, paper: str) -> None:
    settings.set_for_this_process(smtp_url="smtp://ada:p4ssw0rd@127.0.0.1:2525", bounces_to="back@letters.example")
    file = str(tmp_path / "all.backup")

    assert "1 campaign, 7 partners, 4 answers, 5 emails" in types("backup", file)
    assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600
    assert "p4ssw0rd" not in types("backup", "--check", file)
    told = types("backup", "--check", file, "--passphrase-file", paper)
    assert "less than an hour ago" in told
    assert "It is whole" in told
    assert "from SQLite" in told
    assert "UNDERSIGNED_SMTP_URL=smtp://ada@127.0.0.1:2525" in told
    assert "p4ssw0rd" not in told
    assert A_SECRET_KEY not in told
    assert "is there already" in types("backup", file, code=1)

    del os.environ["UNDERSIGNED_SMTP_URL"]
    backups.another_place(tmp_path / "new")
    types("restore", file, "--passphrase-file", paper, "--dry-run")
    assert backups.has_no_table()
    told = types("restore", file, "--passphrase-file", paper, "--yes")
    assert "UNDERSIGNED_BOUNCES_TO=back@letters.example" in told
    assert "resume --restored" in told
    with db.reading() as session:
        assert session.scalars(select(Campaign.slug)).all() == ["dam"]
    assert stat.S_IMODE((settings.current().data_dir / "secret_key").stat().st_mode) == 0o600
    assert "not empty" in types("restore", file, "--passphrase-file", paper, "--yes", code=1)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("postgresql+psycopg://ada:p4ss@db/letters?password=p4ss&sslmode=require", "ada@db/letters?sslmode=require"),
        ("redis://:p4ss@redis:6379/0", "redis://redis:6379/0"),
        (
            "imaps://back%40letters.example:p4ss@mail.example/Folder",
            "imaps://back%40letters.example@mail.example/Folder",
        ),
        ("p4ss", ""),
    ],
)
def test_of_an_address_its_password_stays_out(url: str, told: str) -> None:
    assert make.without_password(url).endswith(told)
    assert "p4ss" not in make.without_password(url)


def cut(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size - 9_000)


def cut_within(file: Path) -> None:
    """Its end is missing and the tar around it is whole, as after a bad repair."""
    with tarfile.open(file) as tar:
        sealed, data = (tar.extractfile(name).read() for name in (archive.IDENTITY, archive.DATA))  # type: ignore[union-attr]
    now = datetime.now(UTC)
    short = data[: len(data) - len(data) % 65_552 - 60_000]
    file.write_bytes(
        b"".join(
            [*archive.member(archive.IDENTITY, sealed, now), *archive.member(archive.DATA, short, now), archive.END]
        )
    )


def one_byte_is_another(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-3_000] ^= 1
    file.write_bytes(content)


def something_else(file: Path) -> None:
    file.write_text("Dear minister,\n" * 1000)


def change(file: Path, how: Callable[[dict[str, Any], dict[str, list[dict[str, Any]]]], None]) -> None:
    """Write a backup anew, with another manifest and other rows; each table is one file in it."""
    with archive.opened(file, opener()) as files:
        read = {name: content.read() for name, content in files}
    manifest = json.loads(read.pop("manifest.json"))
    tables = {
        name.split("/")[1]: [json.loads(line) for line in read.pop(name).splitlines()]
        for name in list(read)
        if name.startswith("tables/")
    }
    how(manifest, tables)
    now = datetime.now(UTC)
    parts = {"manifest.json": json.dumps(manifest).encode()}
    parts |= {name: read.pop(name) for name in ("secrets.json", "settings.json")}
    for name, lines in tables.items():
        parts[f"tables/{name}/000001.jsonl"] = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    blocks = [block for name, content in (parts | read).items() for block in archive.member(name, content, now)]
    with file.open("wb") as opened:
        archive.write(opened, identity.key_of(opener(), SEALED), now, iter([*blocks, archive.END]))


def manifest_says(**other: object) -> Callable[[Path], None]:
    return lambda file: change(file, lambda manifest, _: manifest.update(other))


@pytest.mark.parametrize(
    ("happened", "told"),
    [
        (cut, "its end is missing"),
        (cut_within, "damaged"),
        (one_byte_is_another, "damaged"),
        (something_else, "not a backup of this program"),
        (manifest_says(format=2, program="9.0"), r"newer version of the program wrote .* \(9.0\)"),
        (manifest_says(revision="9999"), "newer version"),
        (manifest_says(counts={}), "damaged"),
    ],
)
@on_sqlite
def test_of_what_is_not_whole_nothing_is_put_back(
    happened: Callable[[Path], None], told: str, filled: str, tmp_path: Path, paper: str
) -> None:
    make.make_backup(file := tmp_path / "all.backup")
    happened(file)

    backups.another_place(tmp_path / "new")
    assert re.search(told, types("restore", str(file), "--passphrase-file", paper, "--yes", code=1))
    assert re.search(told, types("backup", "--check", str(file), "--passphrase-file", paper, code=1))
    assert backups.has_no_table()
    assert not list(settings.current().campaigns_dir.iterdir())
    assert [path.name for path in settings.current().data_dir.glob("secret_key*")] == ["secret_key"]


def test_what_is_cut_between_two_files_is_damaged_too(tmp_path: Path) -> None:
    """As long as one piece of age's, and one file of the tar: no reader of a tar misses what comes after it."""
    now, piece, tag = datetime.now(UTC), 65_536, 16
    blocks = [*archive.member("first", bytes(piece - 512), now), *archive.member("second", b"lost", now), archive.END]
    with (tmp_path / "whole").open("wb") as file:
        archive.write(file, identity.key_of(opener(), SEALED), now, iter(blocks))
    with tarfile.open(tmp_path / "whole") as tar:
        data = tar.extractfile(archive.DATA).read()  # type: ignore[union-attr]
    header = data.index(b"\n", data.index(b"\n--- ") + 1) + 1
    short = data[: header + 16 + piece + tag]
    parts = {archive.IDENTITY: SEALED, archive.DATA: short}
    cut = [block for name, content in parts.items() for block in archive.member(name, content, now)]
    (tmp_path / "cut").write_bytes(b"".join([*cut, archive.END]))

    with archive.opened(tmp_path / "cut", opener()) as files:
        assert [name for name, _ in files] == ["first"]
        with pytest.raises(backup.Damaged):
            files.finish()


@on_sqlite
def test_a_wrong_passphrase_opens_nothing(filled: str, tmp_path: Path, paper: str) -> None:
    make.make_backup(file := tmp_path / "all.backup")
    Path(paper).write_text("for tests only?")

    backups.another_place(tmp_path / "new")
    told = types("restore", str(file), "--passphrase-file", paper, "--yes", code=1)
    assert "passphrase does not open" in told
    assert "for tests" not in told
    assert backups.has_no_table()


@on_sqlite
def test_a_key_that_is_set_and_is_another_is_refused(filled: str, tmp_path: Path, paper: str) -> None:
    make.make_backup(file := tmp_path / "all.backup")

    backups.another_place(tmp_path / "new")
    settings.set_for_this_process(secret_key="another key for tests only, long enough for all")
    told = types("restore", str(file), "--passphrase-file", paper, "--yes", code=1)
    assert "UNDERSIGNED_SECRET_KEY is set here, and is not the key in the backup" in told
    assert A_SECRET_KEY not in told
    assert backups.has_no_table()

    settings.set_for_this_process(secret_key=A_SECRET_KEY)
    types("restore", str(file), "--passphrase-file", paper, "--yes")
    assert not (settings.current().data_dir / "secret_key").exists()


def test_a_database_with_tables_and_no_campaign_is_empty(database: str, tmp_path: Path, paper: str) -> None:
    """As `migrate` leaves it, and a worker that looked around; the row of each table that has one is the backup's."""
    backups.has_its_key()
    make.make_backup(file := tmp_path / "all.backup")
    with db.transaction() as session:
        session.execute(update(Installation).values(number=bytes(16), drains=7))

    types("restore", str(file), "--passphrase-file", paper, "--yes")
    with db.transaction(even_restored=True) as session:
        here = session.scalars(select(Installation)).one()
        assert (here.drains, here.restored_by) == (0, "restore")
        assert here.number != bytes(16)
        session.execute(text("CREATE TABLE somebody (id INTEGER)"))
    assert "not empty" in types("restore", str(file), "--passphrase-file", paper, "--yes", code=1)


def test_an_older_schema_is_brought_up(filled: str, other_url: str, tmp_path: Path) -> None:
    """As a version wrote it that knew neither installations nor seeds: each campaign gets one."""
    make.make_backup(file := tmp_path / "all.backup")
    change(file, as_of_0009)

    backups.another_place(tmp_path / "new", other_url)
    restore.restore_backup(file, opener(), SEALED)
    migrations.check_tables()
    with db.reading() as session:
        assert len(session.scalars(select(Campaign.seed)).one()) == 16
        assert session.scalars(select(Installation.restored_by)).one() == "restore"
        assert set(session.scalars(select(Answer.representative))) == {"Sophea Chan"}
        assert all(key.startswith("campaign-1/") for key in session.scalars(select(Mail.key)))


def as_of_0009(manifest: dict[str, Any], tables: dict[str, list[dict[str, Any]]]) -> None:
    """Only what that revision has; nothing encrypted is bound to its row, and mails have names in their keys."""
    made = expected_tables("0009")
    manifest["revision"] = "0009"
    manifest["columns"] = {
        table: {name: kind for name, kind in columns.items() if Part("column", table, name) in made}
        for table, columns in manifest["columns"].items()
        if Part("table", table) in made
    }
    for table in tables.keys() - manifest["columns"].keys():
        del tables[table]
    for table, lines in tables.items():
        columns = Base.metadata.tables[table].columns
        encrypted = {one.name: one.type for one in columns if isinstance(one.type, Encrypted)}
        for line in lines:
            for name in encrypted.keys() & line.keys():
                line[name] = unbound(encrypted[name], name, line)
            for name in line.keys() - manifest["columns"][table].keys():
                del line[name]
    for mail in tables["mail"]:
        mail["key"] = mail["key"].replace("campaign-1/", "dam/", 1)
    manifest["counts"] = {name: len(tables.get(name, [])) for name in manifest["columns"]}


def unbound(kind: Encrypted, column: str, line: dict[str, Any]) -> str:
    """A value of a row in a backup as it was before it was bound to that row."""
    by = line[kind.bound_by]
    binding = by if isinstance(by, int) else base64.b64decode(by)
    text = decrypt(kind.name, binding, base64.b64decode(line[column]))
    kept = Unbound().process_bind_param(text, db.engine().dialect)
    return base64.b64encode(kept or b"").decode()


def test_an_answer_that_comes_while_it_is_written_is_not_half_in_it(filled: str, tmp_path: Path) -> None:
    before = backups.all_rows()
    listened: list[str] = []

    def somebody_answers(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        if "FROM campaign" in statement and not listened:
            listened.append(statement)
            Thread(target=meanwhile).start()
            assert done.wait(10)

    done = Event()

    def meanwhile() -> None:
        with db.transaction() as session:
            session.execute(update(Partner).values(organization="Changed Meanwhile"))
        done.set()

    event.listen(Engine, "after_cursor_execute", somebody_answers)
    try:
        make.make_backup(file := tmp_path / "all.backup")
    finally:
        event.remove(Engine, "after_cursor_execute", somebody_answers)

    assert listened
    assert backups.all_rows() != before
    with archive.opened(file, opener()) as files:
        read = {name: content.read() for name, content in files}
    assert read["tables/partner/000001.jsonl"].splitlines(keepends=True) == before["partner"]


@pytest.mark.skipif(AGE is None, reason="age is not on this machine")
@on_sqlite
def test_the_plain_tools_open_it(filled: str, tmp_path: Path) -> None:
    make.make_backup(tmp_path / "all.backup")
    place = tmp_path / "by-hand"
    place.mkdir()

    subprocess.run(["tar", "xf", "../all.backup"], cwd=place, check=True)
    opened = backups.types_passphrase(["age", "--decrypt", "-i", "identity.age", "-o", "data.tar", "data.age"], place)
    assert opened.returncode == 0, opened.stdout
    subprocess.run(["tar", "xf", "data.tar"], cwd=place, check=True)

    assert json.loads((place / "secrets.json").read_text())["secret_key"] == A_SECRET_KEY
    partners = (place / "tables/partner/000001.jsonl").read_text().splitlines()
    assert one_of_each.PUBLIC in [json.loads(line)["organization"] for line in partners]
    assert (place / "campaigns/dam/lists/partners.csv").stat().st_size == 250_000


@on_sqlite
def test_a_large_table_and_a_pipe(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standard output cannot be seeked in; a table is several files of the tar."""
    monkeypatch.setattr(make, "_A_FILE", 300)
    into = io.BytesIO()
    before = backups.all_rows()
    make.make_into(into)

    (tmp_path / "piped").write_bytes(into.getvalue())
    assert restore.check(tmp_path / "piped", opener()).campaigns == ["dam"]
    backups.another_place(tmp_path / "new")
    restore.restore_backup(tmp_path / "piped", opener(), SEALED)
    assert backups.all_rows() == before


@on_sqlite
def test_a_process_that_is_killed_while_it_writes_leaves_no_backup(filled: str, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    settings.set_for_this_process(backup_dir=place)
    slow = (
        "import sys, time\nfrom worker.backup import folder, rows\nread = rows.read_rows\n"
        "def slowly(connection, table):\n"
        "    for line in read(connection, table):\n"
        "        yield line\n"
        "        if table.name == 'mail':\n"
        "            print('writing', flush=True); time.sleep(60)\n"
        "rows.read_rows = slowly\nfolder.make_when_due()\n"
    )
    with subprocess.Popen([sys.executable, "-c", slow], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        with pytest.raises(backup.BeingMade):
            folder.make_now()
        assert folder.make_when_due() is None
        os.kill(process.pid, signal.SIGKILL)

    assert folder.kept(place) == []
    [half] = place.glob(".undersigned-*.partial")
    assert one_of_each.PUBLIC.encode() not in half.read_bytes()
    assert folder.make_when_due() is not None
    assert not list(place.glob(".undersigned-*.partial"))
    assert len(folder.kept(place)) == 1


@on_sqlite
def test_what_fails_leaves_nothing_half(filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Iterator[bytes]:
        yield b"{}\n"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rows, "read_rows", broken)
    place = tmp_path / "backups"
    place.mkdir()
    told = CliRunner().invoke(app, ["backup", str(place / "all.backup")])

    assert isinstance(told.exception, OSError)
    assert list(place.iterdir()) == []
    with db.reading() as session:
        assert session.scalar(select(Installation.backed_up_at)) is None


@on_sqlite
def test_backups_are_made_by_themselves_and_kept_for_as_long_as_was_said(
    filled: str, clock: Clock, tmp_path: Path
) -> None:
    place = tmp_path / "backups"
    settings.set_for_this_process(backup_dir=place, backup_every="1d", backup_keep="3d")

    for _ in range(3):
        tasks.backup.run()
        tasks.backup.run()
        clock.advance(days=1, minutes=1)
    assert len(folder.kept(place)) == 3
    clock.advance(days=1)
    tasks.backup.run()
    assert len(folder.kept(place)) == 2, "two of four are older than three days"
    clock.advance(days=300)
    settings.set_for_this_process(backup_every="400d")
    tasks.backup.run()
    assert len(folder.kept(place)) == 1, "the newest stays"
    clock.advance(days=-310)
    tasks.backup.run()
    assert len(folder.kept(place)) == 2, "one that a clock made that ran ahead is not waited for"
    tasks.backup.run()
    assert len(folder.kept(place)) == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.glob("*.backup")} == {0o600}


def test_the_clock_looks_for_a_due_backup_where_a_folder_is_set(tmp_path: Path) -> None:
    assert "backup" not in celery_config.configuration()["beat_schedule"]
    settings.set_for_this_process(data_dir=tmp_path, backup_dir=tmp_path / "backups")
    looks = celery_config.configuration()["beat_schedule"]["backup"]
    assert looks["task"] in tasks.queue.tasks
    assert looks["schedule"] <= 600


@on_sqlite
def test_without_a_key_the_clock_says_so_and_goes_on(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings.set_for_this_process(backup_dir=tmp_path / "backups")
    tasks.backup.run()

    assert "no backup was made (NoIdentity)" in caplog.text
    assert "backup --init" in types("backup", code=1)


@on_sqlite
def test_a_key_is_made_once_and_its_passphrase_is_shown_once(database: str, tmp_path: Path) -> None:
    settings.set_for_this_process(backup_dir=tmp_path / "backups")
    types("backup", "--init", "--dry-run")
    assert identity.find_key() is None
    told = types("backup", "--init")
    [passphrase] = re.findall(r"^    ((?:[a-z2-9]{4}-){5}[a-z2-9]{4})$", told, re.M)

    types("backup")
    [made] = folder.kept(tmp_path / "backups")
    (tmp_path / "written-down").write_text(passphrase)
    assert "It is whole" in types(
        "backup", "--check", str(made.path), "--passphrase-file", str(tmp_path / "written-down")
    )
    assert "There is a key for backups already" in types("backup", "--init", code=2)
    for place in identity.folders():
        kept = (place / "identity.age").read_bytes()
        assert passphrase.encode() not in kept
        assert stat.S_IMODE((place / "identity.age").stat().st_mode) == 0o600

    (identity.folders()[0] / "recipient.txt").unlink()
    assert identity.load_key().sealed == kept, "it is beside the backups too"
    (tmp_path / "backups" / "identity.age").write_bytes(SEALED)
    assert "do not belong together" in types("backup", code=1)


@on_sqlite
def test_who_hears_of_an_erasure_hears_which_backups_hold_the_names(filled: str, clock: Clock, tmp_path: Path) -> None:
    place = tmp_path / "backups"
    assert "The program itself makes no backups." in told_of_the_erasure("en")
    settings.set_for_this_process(backup_dir=place, backup_keep="30d")
    assert "keeps no backup that still holds the names" in told_of_the_erasure("en")

    clock.set(datetime(2030, 4, 1, tzinfo=UTC))
    tasks.backup.run()
    clock.set(datetime(2030, 4, 11, 12, tzinfo=UTC))
    tasks.backup.run()
    erased_at = datetime(2030, 4, 12, 12, tzinfo=UTC)
    clock.set(erased_at)
    printed = types("erase", "dam", one_of_each.SILENT, "--yes")
    assert "the oldest is of 1 April 2030, 00:00 UTC, and the last that holds it is deleted on 11 May 2030" in printed
    with db.transaction() as session:
        session.execute(update(Campaign).values(erased_at=erased_at))
    clock.advance(days=3)
    tasks.backup.run()
    for language, oldest, until in (
        ("en", "1 April 2030", "11 May 2030"),
        ("fr", "1 avril 2030", "11 mai 2030"),
        ("km", "ថ្ងៃទី1 ខែមេសា ឆ្នាំ2030", "ថ្ងៃទី11 ខែឧសភា ឆ្នាំ2030"),
    ):
        told = told_of_the_erasure(language)
        assert oldest in told
        assert until in told


def told_of_the_erasure(language: str) -> str:
    with db.reading() as session:
        campaign = session.scalars(select(Campaign)).one()
        mail = Mail(kind="erased", language=language, campaign=campaign, dated_at=db.clock(session))
        with session.no_autoflush:
            return " ".join(mails.word_mail(session, mail).text.split())


@on_sqlite
def test_a_backup_that_is_missing_is_told(filled: str, clock: Clock, tmp_path: Path) -> None:
    def doctor() -> str:
        noted = list(doctor_backups.backup())
        return "; ".join(f"{note.verdict} {note.found}" for note in noted)

    assert doctor() == "ok none was made, and nothing is at stake"
    assert "backup" not in types("status")
    settings.set_for_this_process(backup_dir=tmp_path / "backups", backup_every="1d")
    assert "NO BACKUP IS MADE: none was made yet" in types("status", "dam", code=console.WAITS)
    assert "warning backups are not made as they should be: none was made yet" in doctor()

    tasks.backup.run()
    assert re.search(r"last backup: \d+ \w+ \d+, \d\d:\d\d UTC", types("status"))
    assert "backup" not in types("status", "dam", code=console.WAITS).casefold()
    assert re.fullmatch(r"ok the last one is of \d+ \w+ \d+, \d\d:\d\d UTC", doctor())

    clock.advance(days=1, hours=2)
    assert "NO BACKUP IS MADE: the last one is of" in types("status")
    assert "backups are not made as they should be: the last one is of" in doctor()
    settings.set_for_this_process(backup_keep="200d")
    assert "kept for 200 days, and partners were promised that their names are erased after 180 days" in doctor()
    (identity.folders()[0] / "recipient.txt").unlink()
    assert "there is no key for backups" in doctor()


@on_sqlite
def test_backups_that_are_kept_for_longer_than_promised_are_remarked(database: str, tmp_path: Path) -> None:
    settings.set_for_this_process(backup_dir=tmp_path / "backups", backup_keep="12 months")

    told = types("check", "campaigns/cambodia-2023", "--deadline", "in 2 weeks")
    assert "Backups are kept for 360 days (UNDERSIGNED_BACKUP_KEEP), and keep_contacts promises" in told
    settings.set_for_this_process(backup_keep="30d")
    assert "Backups" not in types("check", "campaigns/cambodia-2023", "--deadline", "in 2 weeks")


@on_sqlite
def test_a_person_types_the_passphrase(filled: str, tmp_path: Path) -> None:
    make.make_backup(file := tmp_path / "all.backup")

    words = [sys.executable, "-m", "worker", "backup", "--check", str(file)]
    typed = backups.types_passphrase(words, settings.CHECKOUT)
    assert b"It is whole" in typed.stdout
    assert PASSPHRASE.encode() not in typed.stdout


def test_a_process_that_is_killed_while_it_restores_leaves_an_empty_place(
    filled: str, other_url: str, tmp_path: Path, paper: str
) -> None:
    make.make_backup(file := tmp_path / "all.backup")
    backups.another_place(tmp_path / "new", other_url)
    slow = (
        "import sys, time\nfrom worker.backup import rows\nwrite = rows.write_rows\n"
        "def slowly(connection, name, *more):\n"
        "    if name == 'mail':\n"
        "        print('writing', flush=True); time.sleep(60)\n"
        "    return write(connection, name, *more)\n"
        "rows.write_rows = slowly\nfrom worker.cli import main\n"
        f"sys.argv = ['undersigned', 'restore', {str(file)!r}, '--passphrase-file', {paper!r}, '--yes']\nmain()\n"
    )
    with subprocess.Popen([sys.executable, "-c", slow], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "writing\n"
        os.kill(process.pid, signal.SIGKILL)

    assert backups.has_no_table()
    types("restore", str(file), "--passphrase-file", paper, "--yes")
    with db.reading() as session:
        assert session.scalars(select(Campaign.slug)).all() == ["dam"]
