"""SECRET_KEY: a wrong one opens and writes nothing, two are taken while it is changed, and rows are bound to it."""

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import aliased
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests import cast, persons, voices
from tests.conftest import A_SECRET_KEY
from worker import db, key_check, migrations, settings, tokens
from worker.acts import rekey, suppressions
from worker.acts.correct_address import change_address
from worker.acts.third_party_limits import Person, require_may_be_written_to, write_to
from worker.cli.commands import app
from worker.column_types import CannotBeRead
from worker.key_check import WrongKey
from worker.mail import outbox
from worker.mail.delivery import Ready
from worker.mail.results import DeliveryResult
from worker.models import Answer, Campaign, Installation, Mail, MailResponse, Member, Partner, Suppression
from worker.state.key_change import load_key_change
from worker.state.refusals import RateLimited
from worker.text.addresses import mailbox
from worker.web.app import make_app
from worker.wording.composing import compose_batch

ANOTHER = "another key for tests only, long enough for everything"
BOTH = {"secret_key": ANOTHER, "secret_key_old": A_SECRET_KEY}
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def campaign(database: str) -> Campaign:
    """River Watch and Eau Vive are asked, and the first has signed; the database knows its key."""
    key_check.check()
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        cast.signs(session, campaign.partners[0])
    return campaign


# --- A key that is wrong, missing or lost


def test_the_first_key_is_written_down_and_no_other_is_taken(campaign: Campaign) -> None:
    key_check.check()
    settings.set_for_this_process(secret_key=ANOTHER)
    for refused in (key_check.check, migrations.upgrade):
        with pytest.raises(WrongKey):
            refused()
    settings.set_for_this_process(**BOTH)
    key_check.check()
    settings.set_for_this_process(secret_key=A_SECRET_KEY, secret_key_old="")
    key_check.check()


def test_a_database_from_before_the_check_takes_only_the_key_that_reads_its_rows(campaign: Campaign) -> None:
    with db.transaction() as session:
        session.execute(update(Installation).values(key_check=None))
    settings.set_for_this_process(secret_key=ANOTHER)
    with pytest.raises(WrongKey):
        key_check.check()
    settings.set_for_this_process(secret_key=A_SECRET_KEY)
    key_check.check()
    assert _installation().key_check is not None


def test_of_two_processes_with_other_keys_that_come_first_at_once_one_is_refused(database: str) -> None:
    with db.transaction() as session:
        session.execute(update(Installation).values(key_check=None))
    code = "import os; from worker import key_check\ninput()\nkey_check.check()"
    started = [_python(["-c", code], SECRET_KEY=key) for key in (A_SECRET_KEY, ANOTHER)]
    ends = [threading.Thread(target=one.communicate, args=("now\n",)) for one in started]
    for thread in ends:
        thread.start()
    for thread in ends:
        thread.join()
    assert sorted(one.returncode for one in started) == [0, 1]


def test_every_command_and_process_refuses_another_key_with_one_sentence_and_3(
    campaign: Campaign, database: str
) -> None:
    before = _everything()
    in_production = {"BROKER_URL": "redis://127.0.0.1:1/0", "SMTP_URL": "smtp+plain://127.0.0.1:1"}
    typed: list[tuple[list[str], dict[str, str]]] = [
        (["status", "dam"], {}),
        (["hold", "dam"], {}),
        (["migrate"], {}),
        (["check", str(settings.current().campaigns_dir / "cambodia-2023"), "--deadline", "in 2 weeks"], {}),
        (["up"], {}),
        (["web", "--port", "1"], {}),
        (["worker"], in_production),
    ]
    started = [_python(["-m", "worker", *words], SECRET_KEY=ANOTHER, **more) for words, more in typed]
    for process in started:
        _, said = process.communicate(timeout=100)
        assert process.returncode == 3, said
        assert "Traceback" not in said
        assert said.splitlines()[-1].startswith("UNDERSIGNED_SECRET_KEY is not the key"), said
    assert _everything() == before


@ON_SQLITE
def test_a_key_that_is_missing_ends_with_3_too(database: str) -> None:
    process = _python(["-m", "worker", "status"], SECRET_KEY="", BROKER_URL="redis://127.0.0.1:1/0")
    _, said = process.communicate(timeout=100)
    assert (process.returncode, "SECRET_KEY: expected at least 32" in said) == (3, True)


@ON_SQLITE
def test_the_doctor_finds_another_key(campaign: Campaign) -> None:
    from worker.cli.doctor import system

    settings.set_for_this_process(secret_key=ANOTHER)
    assert [(note.verdict, note.fix) for note in system.database()][-1][0] == "failed"


@ON_SQLITE
def test_a_key_file_that_was_lost_is_not_made_anew_beside_its_database(campaign: Campaign) -> None:
    folder = settings.current().data_dir
    db.dispose()
    os.environ.pop("UNDERSIGNED_SECRET_KEY")
    settings.current.cache_clear()
    with pytest.raises(settings.BadKey, match="secret_key is missing"):
        settings.current()
    assert not (folder / "secret_key").exists()
    with sqlite3.connect(folder / "undersigned.db") as connection:  # of before there was a check
        connection.execute("UPDATE installation SET key_check = NULL")
    connection.close()
    with pytest.raises(settings.BadKey):
        settings.current()
    (folder / "secret_key").write_text(A_SECRET_KEY)
    assert settings.current().secret_key == A_SECRET_KEY


@ON_SQLITE
def test_pages_that_meet_another_key_apologize_and_look_nothing_up(campaign: Campaign) -> None:
    partner = _partner("River Watch")
    link = f"/s/{tokens.token(partner)}"
    with TestClient(make_app()) as browser:
        assert browser.get(link).status_code == 200
    settings.set_for_this_process(secret_key=ANOTHER)
    with TestClient(make_app()) as browser:
        assert browser.get(link).status_code == 503
        assert browser.get("/readyz").json()["ready"] is False
        assert browser.get("/livez").status_code == 200


# --- Bound to its row


def test_addresses_that_were_exchanged_in_the_database_are_refused_and_the_other_mails_leave(
    campaign: Campaign, database: str
) -> None:
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        now = db.clock(session)
        partners = list(campaign.partners)
        outbox.put(session, [outbox.to_partner("invitation", campaign, one, "9", now) for one in partners])
        ids = [m.id for m in session.scalars(select(Mail).where(Mail.kind == "invitation").order_by(Mail.id))]
    _exchange("partner", "email")
    with db.reading() as session:
        for unreadable in (select(Partner), select(Partner.email), select(aliased(Partner))):
            with pytest.raises(CannotBeRead, match=r"partner\.email"):
                session.execute(unreadable).all()
    with db.reading() as session:
        composed = compose_batch(session, ids)
    assert all(isinstance(one, DeliveryResult) for one in composed)
    _exchange("partner", "email")
    with db.transaction() as session:  # one is broken alone
        session.execute(text("UPDATE partner SET email = contact WHERE organization = 'Eau Vive'"))
    with db.reading() as session:
        composed = compose_batch(session, ids)
    assert (
        sorted(type(one) for one in composed) if False else {type(one) for one in composed} == {Ready, DeliveryResult}
    )


def test_a_value_of_before_is_not_taken_any_more(campaign: Campaign) -> None:
    from worker.migrations.unbound import Unbound

    old = Unbound().process_bind_param("thief@x.example", db.engine().dialect)
    with db.transaction() as session:
        session.execute(text("UPDATE partner SET email = :old"), {"old": old})
    with db.reading() as session, pytest.raises(CannotBeRead):
        session.execute(select(Partner)).all()


def test_bytes_of_every_value_come_through_and_texts_follow_their_row(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        partner, other = campaign.partners
        partner.ref, partner.note = b"\0\xff\0a\x80\0\0\n", "\0 kept ក្រុម"
        session.flush()
        cast.signs(session, partner)
    with db.transaction() as session:
        partner = session.get_one(Partner, partner.id)
        partner.ref = b"\0" * 8  # everything is bound anew
        answer = session.scalars(select(Answer)).one()
        answer.partner_id = other.id
    with db.reading() as session:
        kept = session.get_one(Partner, partner.id)
        assert (kept.note, kept.email != "", kept.contact != "") == ("\0 kept ក្រុម", True, True)
        assert session.scalars(select(Answer.representative)).one() == cast.SOPHEA.representative
        other_name = aliased(Partner)
        assert session.scalars(select(other_name.note).where(other_name.id == partner.id)).one() == "\0 kept ក្រុម"


def test_a_text_that_is_bound_to_nothing_is_not_written(campaign: Campaign) -> None:
    with db.transaction() as session, pytest.raises(Exception, match="bound to its row"):
        session.execute(update(Partner).values(email="a@x.example"))
    with db.transaction() as session:
        session.execute(update(Partner).values(note=""))  # to blank is always possible


# --- Two keys, and rekey


def test_what_was_made_under_the_old_key_lives_until_that_is_removed(campaign: Campaign) -> None:
    partner = _partner("River Watch")
    token, code, long, envid = (make(partner) for make in (tokens.token, tokens.mail_code, tokens.long_code, _envid))
    settings.set_for_this_process(**BOTH)
    assert tokens.read_token(token) == (bytes(partner.ref), partner.generation)
    assert tokens.is_mail_code(partner, code)
    assert tokens.is_long_code(partner, long)
    assert tokens.read_envid(envid) == 7
    assert tokens.token(partner) != token
    assert tokens.long_code(partner) != long
    assert tokens.read_token(tokens.token(partner)) == (bytes(partner.ref), partner.generation)
    settings.set_for_this_process(secret_key_old="")
    for dead in (lambda: tokens.read_token(token), lambda: tokens.read_envid(envid)):
        with pytest.raises(tokens.NotALink):
            dead()
    assert not tokens.is_long_code(partner, long)


def test_a_suppressed_address_is_known_under_both_keys_and_after_them(campaign: Campaign) -> None:
    gone, email = "gone@x.example", _partner("River Watch").email
    with db.transaction() as session:
        suppressions.suppress(session, email, None)
        session.add(Suppression(email_hmac=tokens.fingerprint(gone), at=db.clock(session), reason="bounce"))
    settings.set_for_this_process(**BOTH)
    with db.transaction() as session:
        eau_vive = session.scalars(select(Partner).where(Partner.organization == "Eau Vive")).one()
        change_address(session, eau_vive.id, "new@x.example")
        suppressions.suppress(session, "new@x.example", None)
        suppressions.find_again(session, [gone])
    assert _suppressed_partners() == {"River Watch", "Eau Vive"}
    _rekey()
    assert _suppressed_partners() == {"River Watch", "Eau Vive"}
    settings.set_for_this_process(secret_key_old="")
    with db.reading() as session:
        known = {bytes(one) for one in session.scalars(select(Suppression.email_hmac))}
    assert {tokens.fingerprint(one) for one in (gone, email, "new@x.example")} <= known
    with db.transaction() as session:
        assert suppressions.allow(session, email)
    assert _suppressed_partners() == {"Eau Vive"}


def test_rekey_leaves_nothing_under_the_old_key_and_then_that_can_go(campaign: Campaign) -> None:
    with db.transaction() as session:
        partner = session.scalars(select(Partner).order_by(Partner.id)).first()
        assert partner is not None
        outbox.put(session, [outbox.to_partner("invitation", partner.campaign, partner, "9", db.clock(session))])
        mail = session.scalars(select(Mail).where(Mail.kind == "invitation")).one()
        session.add(MailResponse(mail_id=mail.id, kind="person", words="away until May", at=db.clock(session)))
    settings.set_for_this_process(**BOTH)
    with db.reading() as session:
        assert load_key_change(session).rows == 4  # two partners, an answer, a response
    dry = CliRunner().invoke(app, ["rekey", "--dry-run"])
    assert (dry.exit_code, "4 rows would be rewritten" in dry.stderr) == (0, True)
    done = CliRunner().invoke(app, ["rekey"])
    assert done.exit_code == 0, done.stderr
    assert "4 rows rewritten. Keep SECRET_KEY_OLD: links of running campaigns depend on it: dam." in done.stderr
    again = CliRunner().invoke(app, ["rekey"])
    assert (again.exit_code, "0 rows rewritten" in again.stderr) == (0, True)
    settings.set_for_this_process(secret_key_old="")
    key_check.check()
    with db.reading() as session:
        assert (load_key_change(session).rows, load_key_change(session).lost) == (0, 0)
        assert session.scalars(select(MailResponse.words)).one() == "away until May"
        assert session.scalars(select(Answer.reason)).one() == cast.SOPHEA.reason
        for partner in session.scalars(select(Partner)):
            assert bytes(partner.email_hmac or b"") == tokens.fingerprint(partner.email)
    settings.set_for_this_process(secret_key=A_SECRET_KEY)
    with pytest.raises(WrongKey):
        key_check.check()


def test_a_rekey_that_was_killed_is_not_over_and_goes_on(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rekey, "AT_ONCE", 1)
    settings.set_for_this_process(**BOTH)
    with db.transaction() as session:
        rekey.rewrite_some(session, Partner.metadata.tables["partner"], 0)
    with db.reading() as session:
        change = load_key_change(session)
        assert (change.rows, change.is_done) == (2, False)
        assert len({one.email for one in session.scalars(select(Partner))}) == 2
    settings.set_for_this_process(secret_key=A_SECRET_KEY, secret_key_old=ANOTHER)  # back to the old one, too
    _rekey()
    with db.reading() as session:
        assert (load_key_change(session).rows, load_key_change(session).is_done) == (0, True)


@ON_POSTGRESQL
def test_rekey_waits_for_nobody_and_overwrites_nothing_that_another_writes(campaign: Campaign) -> None:
    settings.set_for_this_process(**BOTH)
    table = Partner.metadata.tables["partner"]
    with db.transaction() as another:
        first = another.scalars(select(Partner).where(Partner.organization == "River Watch").with_for_update()).one()
        first.note = "written meanwhile"
        another.flush()
        with db.transaction() as session:
            rekey.rewrite_some(session, table, 0)
    with db.reading() as session:
        assert load_key_change(session).rows == 2  # its other texts, and the answer
        kept = session.scalars(select(Partner).order_by(Partner.id)).all()
        assert [one.note for one in kept if one.organization == "River Watch"] == ["written meanwhile"]
    _rekey()
    with db.reading() as session:
        assert load_key_change(session).rows == 0
        assert session.scalars(select(Partner.note).where(Partner.id == first.id)).one() == "written meanwhile"


def test_persons_who_typed_an_address_before_are_found_under_both_keys_and_after_them(campaign: Campaign) -> None:
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        member = persons.adds_voice(session, campaign, email="chanthou+rivers@home.example")
        blank = persons.adds_voice(session, campaign, 1, name="", email="rosalind@home.example", words="", country="")
        blank.email = ""
        other = cast.a_campaign(session, "other")
        persons.adds_voice(session, other, 1)  # the same mailbox, whose address is still known
    settings.set_for_this_process(**BOTH)
    known = {"chanthou@home.example": {member.id}, "rosalind@home.example": {blank.id, blank.id + 1}}
    assert {one: _members_found(one) for one in known} == known
    _rekey()
    settings.set_for_this_process(secret_key_old="")
    assert {one: _members_found(one) for one in known} == known
    with db.reading() as session:
        kept = session.get_one(Member, member.id)
        assert (kept.name, kept.words, kept.country) == (persons.NAMES[0], persons.WORDS[0], persons.COUNTRY)
        assert bytes(kept.email_hmac or b"") == tokens.fingerprint("chanthou+rivers@home.example")


def test_mailboxes_of_strangers_are_counted_under_both_keys_and_after_them(campaign: Campaign) -> None:
    """One whose wish was forgotten too, as long as another row says its address."""
    with db.transaction() as session:
        of_dam = session.get_one(Campaign, campaign.id)
        now = db.clock(session)
        write_to(session, "confirm", of_dam, Person("kim+1@river.example", "en"), now)
        write_to(session, "confirm", of_dam, Person("lee+1@river.example", "en"), now).forget()
        persons.adds_voice(session, of_dam, email="lee@river.example")

    def are_limited() -> bool:
        with db.transaction() as session:
            now = db.clock(session)
            for email in ("kim@river.example", "kim+2@river.example", "lee+2@river.example"):
                with pytest.raises(RateLimited):
                    require_may_be_written_to(session, email, now)
        return True

    settings.set_for_this_process(**BOTH)
    assert are_limited()
    _rekey()
    settings.set_for_this_process(secret_key_old="")
    assert are_limited()


def test_a_person_has_one_mail_a_day_over_all_letters_while_the_key_is_changed(campaign: Campaign) -> None:
    with db.transaction() as session:
        voices.asks(session, voices.a_campaign(session, "weir"))
    settings.set_for_this_process(**BOTH)
    with db.transaction() as session:
        voices.asks(session, voices.a_campaign(session, "lakes"))
    first, second = (mail.due_at for mail in voices.mails())
    assert first is not None
    assert second == first + timedelta(days=1)


def test_of_two_rows_that_one_mailbox_has_by_two_keys_both_are_brought_over(campaign: Campaign) -> None:
    """As it may be if a process had the old key alone: nothing is lost, and rekey comes to its end."""
    with db.transaction() as session:
        persons.adds_voice(session, session.get_one(Campaign, campaign.id))
    settings.set_for_this_process(**BOTH)
    with db.transaction() as session:
        persons.adds_voice(session, session.get_one(Campaign, campaign.id))
    _rekey()
    with db.reading() as session:
        assert load_key_change(session).rows == 0
        assert [one.name for one in session.scalars(select(Member))] == [persons.NAMES[0]] * 2


def _members_found(address: str) -> set[int]:
    found = select(Member.id).where(Member.mailbox_hmac.in_(tokens.fingerprints(mailbox(address))))
    with db.reading() as session:
        return set(session.scalars(found))


def _rekey() -> None:
    assert CliRunner().invoke(app, ["rekey"]).exit_code == 0


def _envid(_: Any) -> str:
    return tokens.envid(7)


def _partner(organization: str) -> Partner:
    with db.reading() as session:
        return session.scalars(select(Partner).where(Partner.organization == organization)).one()


def _installation() -> Installation:
    with db.reading() as session:
        return session.get_one(Installation, 1)


def _suppressed_partners() -> set[str]:
    of_it = select(Partner.organization).join(Suppression, Suppression.email_hmac == Partner.email_hmac)
    with db.reading() as session:
        return set(session.scalars(of_it))


def _exchange(table: str, column: str) -> None:
    with db.transaction() as session:
        (first, one), (second, other) = session.execute(text(f"SELECT id, {column} FROM {table} ORDER BY id LIMIT 2"))
        for number, value in ((first, other), (second, one)):
            session.execute(
                text(f"UPDATE {table} SET {column} = :value WHERE id = :id"), {"value": value, "id": number}
            )


def _everything() -> dict[str, list[Any]]:
    with db.reading() as session:
        tables = Partner.metadata.sorted_tables
        return {one.name: [*session.execute(text(f"SELECT * FROM {one.name} ORDER BY id"))] for one in tables}


def _python(words: list[str], **environment: str) -> subprocess.Popen[str]:
    own = os.environ | {f"UNDERSIGNED_{name}": value for name, value in environment.items()}
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, *words], env=own, text=True, stdin=pipe, stdout=pipe, stderr=pipe)
