"""The steps of `worker/migrations/` lead from an empty database to the tables of `models/`, and nowhere else."""

import base64
import contextlib
import hashlib
import importlib
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    Engine,
    Insert,
    MetaData,
    Table,
    event,
    func,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy import column as sa_column
from sqlalchemy import table as sa_table
from sqlalchemy.orm import Session

from tests import cast, schema, servers
from tests.conftest import A_SECRET_KEY
from tests.two_addressees import a_campaign_with_two_addressees
from worker import db, migrations, settings, tokens
from worker.acts import alert_unreached, answer, pass_on, receipts
from worker.acts.answer import Statement
from worker.acts.bounce import apply_report
from worker.acts.third_party_limits import Person
from worker.column_types import Encrypted
from worker.mail import outbox
from worker.mail.bounce_reports import Bounce
from worker.mail.responses import Response
from worker.migrations import tables
from worker.migrations.unbound import Unbound
from worker.models import Addressee, Answer, Base, Campaign, Contact, Letter, Mail, Partner, ThirdPartyAddress
from worker.state.links import Link
from worker.state.status import load_status
from worker.wording import mails

REVISIONS = Path(migrations.__file__).parent / "versions"
LANDED = {
    "0001_a_letter_goes_out.py": "ba3f0ce83590f02d2864fcf9ecaeb03de8697eae64df8be9ada8bd7719f3f446",
    "0002_the_post_on_a_bad_day.py": "e4f40196b64fd3f317a0a164f88a54da66b6dc211659db1d462c4886467a9e6c",
    "0003_the_partners_side.py": "e26098a64c06e6092a17ae3fd3b0a0ffccfa1022f78fcf75fdd06a452348f34a",
    "0004_erased.py": "05aae13b182c5c27a143337e6e6779dc55514f07050bb07385e7c99dedbd3437",
    "0005_states_as_times.py": "51e0287fe0f6cc89dcd20f3dfa5accb4db4c7aade76f0bc44f3c9363336f6492",
    "0006_what_grows_with_a_year.py": "78db31827ba1159fa92d9f29b567dd5a3d0f1d0499dc372a209f7b1720a4d3ca",
    "0007_contacts.py": "802b1a2034bffb595a763f5d06d3e53c11398c356344dc3b10c5baf163f49278",
    "0008_what_leaves.py": "aa25ec5ff64990bee7629bf1a76b407a7a7daebc9a53685471678e60a48af67e",
    "0009_what_comes_back.py": "4db173ae5a574ed9cf6d3c815902b9588eaa55b84b348c422a7a28e8a1de6f9a",
    "0010_back_from_a_backup.py": "cea10aeca2ce1f1eba26543ae4fa85516d29863199504eda3360ae025625e0f0",
    "0011_bound_to_their_rows.py": "c23b21c5fc5609e424e41bd4712097f4982c46e87799e8a790764760216dae47",
    "0012_members.py": "c66f8ab026736a0204fcfaf0886f8ec3701efba83aa6d7f95c4a98838089f937",
    "0013_organizers_desk.py": "9b84b72d025cd5b4682cc7783791cc52ee0f154d82bbb8d6d496cefb9bfd431d",
    "0014_the_printed_order.py": "52c350e320157209557990cccbaa10bb221fdeee73152d11e3d291e6673cba78",
    "0015_desk_acts.py": "b2dc7fde924205f188bfbc1763a4e755391c8ee43e6ea4dfa56e8302875129e4",
    "0016_who_is_told.py": "0a98797cf1ed2832281857ffe70e84551290cc2a93b7f9b62b88db11712ff08d",
    "0017_voided_seals.py": "f424759a24b66930d996cc07b25d46c49c370e26240e808f86171af71d63b45e",
    "0018_pressed_twice.py": "e6a9fcfa2024e3e9ae725690120506b2608277641813bbdd4c3cba7ef7761221",
}


def test_an_empty_database_upgraded_has_the_tables_of_the_models(empty_database, tmp_path):
    migrations.upgrade()
    upgraded = schema.description()

    with _another(empty_database) as url:
        db.dispose()
        settings.set_for_this_process(data_dir=tmp_path / "models", database_url=url)
        Base.metadata.create_all(db.engine())
        made_by_models = schema.description()

    assert upgraded == made_by_models
    assert any("uq_mail_living_letter" in line for line in made_by_models)


def test_a_database_is_current_once_it_is_upgraded_and_then_nothing_is_left_to_do(empty_database):
    assert not migrations.is_current()
    assert migrations.upgrade()
    assert migrations.is_current()
    assert not migrations.upgrade()


def test_two_processes_that_upgrade_at_once_do_no_harm(empty_database):
    upgrade = "import alembic.command; from worker import migrations; input(); migrations.upgrade()"
    running = [_python(upgrade) for _ in range(2)]
    for process in running:
        assert process.stdin
        process.stdin.write("now\n")
        process.stdin.flush()

    assert [process.communicate()[1] for process in running] == ["", ""]
    assert [process.returncode for process in running] == [0, 0]
    assert migrations.is_current()


def test_an_upgrade_waits_for_the_one_that_is_under_way(empty_database):
    with ThreadPoolExecutor(1) as other:
        with db.transaction(even_restored=True) as session:
            session.connection()
            if empty_database == "postgresql":
                session.execute(select(func.pg_advisory_xact_lock(migrations.UPGRADING)))
            waiting = other.submit(migrations.upgrade)
            with pytest.raises(TimeoutError):
                waiting.result(1)
        assert waiting.result(20)


def test_an_upgrade_that_fails_leaves_nothing_behind(empty_database):
    with _fails_at(db.engine(), "CREATE TABLE event"), pytest.raises(PowerCut):
        migrations.upgrade()

    assert inspect(db.engine()).get_table_names() == []
    assert migrations.upgrade()


def test_a_repair_that_is_cut_short_leaves_everything_as_it_was(empty_database):
    settings.set_for_this_process(secret_key=A_SECRET_KEY)
    schema.load_shape("0002-1")
    before = schema.description(), schema.rows()

    with _fails_at(db.engine(), "CREATE TABLE stranger"), pytest.raises(PowerCut):
        migrations.upgrade()

    assert (schema.description(), schema.rows()) == before
    assert migrations.upgrade()
    migrations.check_tables()


def test_campaigns_can_be_locked_while_a_database_is_upgraded(empty_database):
    migrations.upgrade()
    with db.transaction() as session:
        db.campaign_lock(session, migrations.UPGRADING, "exclusive")
        if empty_database == "postgresql":
            with db.engine().begin() as other:
                free = text("SELECT pg_try_advisory_xact_lock(:key)")
                assert other.scalar(free, {"key": migrations.UPGRADING})


def test_a_database_with_answers_and_mails_is_brought_on_and_keeps_them(empty_database, tmp_path):
    """SQLite changes no constraint; to make the table anew would take the answers from under their mails."""
    _upgrade_to("0002")
    known = MetaData()
    known.reflect(db.engine())
    with _another(empty_database) as url:
        db.dispose()
        before = settings.current().database_url
        settings.set_for_this_process(data_dir=tmp_path / "source", database_url=url)
        migrations.upgrade()
        with db.transaction() as session:
            campaign = cast.a_campaign(session)
            answer.decline(session, campaign.partners[0].id, Statement(reason="no"))
            cast.signs(session, campaign.partners[0])
            receipts.put_receipts(session, campaign.id)
        with db.reading() as session:
            rows = {
                t.name: [dict(r._mapping) for r in session.execute(t.select())] for t in Base.metadata.sorted_tables
            }
        db.dispose()
        settings.set_for_this_process(data_dir=tmp_path, database_url=before)
    with db.engine().execution_options(writing=True).begin() as connection:
        for table in (one for one in Base.metadata.sorted_tables if one.name in known.tables):
            columns = [column for column in table.columns if column.name in known.tables[table.name].columns]
            for row in rows[table.name] if table.name != "post" else []:
                connection.execute(_insert(table, {column.name: row[column.name] for column in columns}))
            if empty_database == "postgresql" and table.name in {"answer", "event", "mail"}:
                connection.execute(text(f"ALTER SEQUENCE {table.name}_id_seq RESTART WITH 1000"))
    migrations.upgrade()
    with db.transaction() as session:
        kept = session.scalars(select(Answer).order_by(Answer.id)).all()
        assert [(one.choice, one.reason, one.passage) for one in kept] == [
            ("decline", "no", None),
            ("sign", cast.SOPHEA.reason, None),
        ]
        assert session.scalars(select(Mail.answer_id)).all() == [kept[1].id]
        if empty_database == "sqlite":
            assert session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []
        cast.asks_for_a_change(session, kept[0].partner_id, Statement(reason="softer"))


@pytest.mark.parametrize(("name", "sha256"), LANDED.items())
def test_a_revision_that_has_landed_is_edited_no_more(name, sha256):
    """What comes after it is a revision of its own: a database that was made with this one would not get the edit."""
    assert hashlib.sha256((REVISIONS / name).read_bytes()).hexdigest() == sha256


@pytest.mark.parametrize("empty_database", ["sqlite"], indirect=True)
def test_a_number_is_never_given_twice_whoever_made_the_tables(empty_database, tmp_path):
    settings.set_for_this_process(secret_key=A_SECRET_KEY)
    schema.load_shape("0002-1")
    migrations.upgrade()
    db.dispose()
    settings.set_for_this_process(data_dir=tmp_path / "models")
    Base.metadata.create_all(db.engine())
    made_by_models = _numbered()
    db.dispose()
    settings.set_for_this_process(data_dir=tmp_path)

    assert _numbered() == made_by_models == {table.name for table in _tables_with_numbers()}
    with db.reading() as session:
        (last,) = session.scalars(select(func.max(Mail.id)))
        assert session.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = 'mail'")) == last


def _numbered() -> set[str]:
    with db.engine().connect() as connection:
        told = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%PRIMARY KEY AUTOINCREMENT%'"
        return set(connection.scalars(text(told)))


def _tables_with_numbers() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.autoincrement_column is not None]


def _insert(table: Table, row: dict[str, Any]) -> Insert:
    """A row of these columns and no others: the defaults of today's model may be for columns that came later."""
    types = {name: Unbound() if isinstance(table.c[name].type, Encrypted) else table.c[name].type for name in row}
    return sa_table(table.name, *[sa_column(*one) for one in types.items()]).insert().values(row)


def _upgrade_to(revision: str) -> None:
    with db.engine().execution_options(writing=True).begin() as connection:
        command.upgrade(tables.config(connection), revision)


def test_the_revision_is_told_without_alembic_as_alembic_tells_it(database: str) -> None:
    scripts = ScriptDirectory.from_config(tables.config())
    known = [script.revision for script in scripts.walk_revisions()]
    assert migrations._known() == known[::-1]
    assert migrations._newest() == scripts.get_current_head()
    with db.engine().connect() as connection:
        assert migrations._revisions(connection) == MigrationContext.configure(connection).get_current_heads()


@pytest.mark.parametrize("command", ["status", "status dam", "export dam"])
def test_a_command_that_only_looks_imports_only_what_it_needs(database: str, command: str) -> None:
    with db.transaction() as session:
        cast.a_campaign(session)
    looks = (
        "import atexit, sys; atexit.register(lambda: print('\\n', *sys.modules)); from worker import cli; cli.main()"
    )
    typed = [sys.executable, "-c", looks, *command.split()]
    said = subprocess.run(typed, capture_output=True, text=True, check=True).stdout.rpartition("\n ")[2].split()
    assert "worker.cli.lookup" in said
    assert not {"celery", "kombu", "alembic", "imap_tools", "pyrage", "pydantic_settings", "dotenv"} & set(said)
    assert not {"jinja2", "markdown_it", "worker.wording.mails", "worker.acts.launch"} & set(said), "it words no mail"
    assert "aiosmtplib" not in said, "it sends none"


def _python(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class PowerCut(Exception):
    pass


class _fails_at:
    """While inside, a statement that begins so is not reached."""

    def __init__(self, engine: Engine, beginning: str) -> None:
        self._engine, self._beginning = engine, beginning

    def __enter__(self) -> None:
        event.listen(self._engine, "before_cursor_execute", self._look)

    def __exit__(self, *_: object) -> None:
        event.remove(self._engine, "before_cursor_execute", self._look)

    def _look(self, connection: Connection, cursor: Any, statement: str, *_: object) -> None:
        if statement.strip().startswith(self._beginning):
            raise PowerCut


def _another(dialect: str) -> contextlib.AbstractContextManager[str]:
    return servers.fresh_postgresql(migrated=False) if dialect == "postgresql" else contextlib.nullcontext("")


def test_who_waits_for_a_passed_on_invitation_gets_a_link_of_its_own(empty_database: str) -> None:
    """Before there were contacts, such a mail brought the partner's own link; one that has left stays as it was."""
    _upgrade_to("0006")
    known = MetaData()
    known.reflect(db.engine())
    migrations.upgrade()
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        for who in ("waits", "left"):
            person = Person(f"{who}@partner.example", "fr")
            contact = pass_on.pass_invitation_on(session, campaign.partners[0].id, person, link=Link(1))
            known_by = ThirdPartyAddress.email_hmac == contact.email_hmac
            session.scalars(select(ThirdPartyAddress).where(known_by)).one().email = person.email  # as it was kept then
        session.execute(update(Mail).where(Mail.contact_id == contact.id).values(due_at=None, sent_at=Mail.dated_at))
        session.flush()
        rows = {
            table.name: [dict(row._mapping) for row in session.execute(table.select())]
            for table in Base.metadata.sorted_tables
            if table.name in known.tables
        }
    with db.engine().execution_options(writing=True).begin() as connection:
        Base.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    _upgrade_to("0006")
    with db.engine().execution_options(writing=True).begin() as connection:
        for table in (one for one in Base.metadata.sorted_tables if one.name in known.tables and one.name != "post"):
            columns = [column for column in table.columns if column.name in known.tables[table.name].columns]
            for row in rows[table.name]:
                old = {column.name: row[column.name] for column in columns}
                if table.name == "mail" and row["kind"] == "passed_on":
                    old |= {"partner_id": None, "generation": None}
                connection.execute(_insert(table, old))

    migrations.upgrade()

    with db.reading() as session:
        (waiting,) = session.scalars(select(Contact))
        assert (waiting.email, waiting.language, waiting.added_by) == ("waits@partner.example", "fr", "partner")
        (mail,) = session.scalars(select(Mail).where(Mail.contact_id.is_not(None)))
        message = mails.word_mail(session, mail)
        assert (message.to, mail.partner_id) == (waiting.email, waiting.partner_id)
        assert tokens.link(waiting) in message.text
        assert tokens.link(waiting.partner) not in message.text


def test_letters_that_were_brought_before_are_known_to_be_with_each_addressee(empty_database: str) -> None:
    _upgrade_to("0007")
    known = MetaData()
    known.reflect(db.engine())
    migrations.upgrade()
    with db.transaction() as session:
        for slug in ("brought", "mailed", "waits"):
            campaign = a_campaign_with_two_addressees(session, by_hand=(1,), slug=slug)
            texts, addressee = campaign.letter.texts, campaign.letter.addressees[0]
            latest = {name: getattr(addressee, name) for name in ("name", "office", "salutation", "address", "copy")}
            again = [Addressee(position=place, email="", **latest) for place in (1, 2)]
            campaign.letters.append(Letter(version=2, meaning=1, texts=texts, hash="1" * 64, addressees=again))
            session.flush()
            if slug == "mailed":
                cast.the_letter_leaves(session, campaign)
            if slug == "brought":
                campaign.dispatched_at = cast.passes_its_deadline(session, campaign)
        session.flush()
        rows = {
            table.name: [dict(row._mapping) for row in session.execute(table.select())]
            for table in Base.metadata.sorted_tables
            if table.name in known.tables
        }
    with db.engine().execution_options(writing=True).begin() as connection:
        Base.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    _upgrade_to("0007")
    with db.engine().execution_options(writing=True).begin() as connection:
        for table in (one for one in Base.metadata.sorted_tables if one.name in known.tables and one.name != "post"):
            columns = [column for column in table.columns if column.name in known.tables[table.name].columns]
            for row in rows[table.name]:
                connection.execute(_insert(table, {column.name: row[column.name] for column in columns}))

    migrations.upgrade()

    with db.reading() as session:
        for campaign in session.scalars(select(Campaign)):
            brought = [one.brought_at for letter in campaign.letters for one in letter.addressees]
            there = campaign.dispatched_at if campaign.slug == "brought" else None
            assert brought == [None, None, there, there], campaign.slug


def test_what_came_back_before_is_still_told_and_old_links_and_mails_go_on(empty_database: str) -> None:
    """A running campaign: one mail came back, one may not have arrived, one waits; links of 36 characters are out."""
    _upgrade_to("0008")
    known = MetaData()
    known.reflect(db.engine())
    migrations.upgrade()
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=("Third",))
        now = db.clock(session)
        for partner in asked_in_order(session):
            outbox.put(session, [outbox.to_partner("invitation", campaign, partner, "1", now)])
        gone, doubtful, waits = session.scalars(select(Mail).order_by(Mail.id))
        for mail in (gone, doubtful):
            mail.sent_at, mail.due_at = now, None
        gone.bounced_at, gone.reply = now, "came back: 550 5.1.1 unknown"
        asked_in_order(session)[0].bounced_at = now
        doubtful.reported_at, doubtful.reply = now, "came back: 552 5.2.2 full"
        session.flush()
        rows = {
            table.name: [dict(row._mapping) for row in session.execute(table.select())]
            for table in Base.metadata.sorted_tables
            if table.name in known.tables
        }
    with db.engine().execution_options(writing=True).begin() as connection:
        Base.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    _upgrade_to("0008")
    with db.engine().execution_options(writing=True).begin() as connection:
        for table in (one for one in Base.metadata.sorted_tables if one.name in known.tables and one.name != "post"):
            columns = [column for column in table.columns if column.name in known.tables[table.name].columns]
            for row in rows[table.name]:
                connection.execute(_insert(table, {column.name: row[column.name] for column in columns}))
        if empty_database == "postgresql":
            for name in ("mail", "event"):
                connection.execute(text(f"ALTER SEQUENCE {name}_id_seq RESTART WITH 1000"))

    migrations.upgrade()
    migrations.check_tables()

    with db.transaction() as session:
        campaign = session.scalars(select(Campaign)).one()
        told = load_status(session, campaign)
        stands = {one.organization: (one.unreached, one.may_not_have_arrived) for one in told.partners}
        expected = [("bounced", False), (None, True), (None, False)]
        assert [stands[partner.organization] for partner in asked_in_order(session)] == expected
        assert (told.counts.unreached, told.counts.may_not_have_arrived) == (1, 1)
        assert alert_unreached.alert_organizers(session) == 1
        gone, doubtful, waits = session.scalars(select(Mail).where(Mail.kind == "invitation").order_by(Mail.id))
        partner = asked_in_order(session)[2]
        message = mails.word_mail(session, waits)
        assert tokens.link(partner) in message.text
        assert len(tokens.token(partner)) == tokens.LENGTH
        named = partner.ref + partner.generation.to_bytes(tokens.GENERATION, "big")
        before = base64.urlsafe_b64encode(named + tokens._mac("link sign", named)[: tokens.MAC]).decode()
        assert tokens.read_token(before) == (partner.ref, partner.generation)
        apply_report(session, Bounce(waits.id, "delayed", "4.4.1", "451 4.4.1 later"))
        apply_report(session, Bounce(doubtful.id, "response", response=Response("person", "I have left")))
    with db.reading() as session:
        told = load_status(session, session.scalars(select(Campaign)).one())
        by_name = {one.organization: one for one in told.partners}
        found = [by_name[partner.organization] for partner in asked_in_order(session)]
        assert [len(one.responses) for one in found] == [0, 1, 0]
        assert found[2].mails[0].delayed is not None


def asked_in_order(session: Session) -> Sequence[Partner]:
    return session.scalars(select(Partner).order_by(Partner.id)).all()


def test_mails_are_known_by_the_number_of_their_campaign(database: str) -> None:
    """Also where a name begins with another, looks like a number, or was given to a campaign after its first mails."""
    with db.transaction() as session:
        campaigns = [cast.a_campaign(session, slug=slug) for slug in ("campaign-2", "dam", "dam-2023", "rivers_x")]
        for campaign in campaigns:
            rows = [outbox.to_partner("invitation", campaign, p, "1", db.clock(session)) for p in campaign.partners]
            outbox.put(session, rows)
        ids = {campaign.id: campaign.slug for campaign in campaigns}
        numbered = {mail.id: mail.key for mail in session.scalars(select(Mail))}
        for mail in session.scalars(select(Mail)):
            mail.key = mail.key.replace(f"campaign-{mail.campaign_id}", ids[mail.campaign_id])
        odd = session.scalars(select(Mail).where(Mail.campaign_id == campaigns[3].id).limit(1)).one()
        odd.key = odd.key.replace("rivers_x", "riversyx")
        numbered[odd.id] = f"campaign-{odd.campaign_id}/{odd.key}"

    revision = importlib.import_module("worker.migrations.versions.0010_back_from_a_backup")
    with (
        db.engine().execution_options(writing=True).begin() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        revision._number_mail_keys()

    with db.reading() as session:
        assert {mail.id: mail.key for mail in session.scalars(select(Mail))} == numbered
