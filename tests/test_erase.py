"""What is kept goes when it was promised, or when somebody asks: contacts, links, who spoke, and withheld names."""

import re
from collections.abc import Iterable
from pathlib import Path

import psycopg
import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import LargeBinary, select, type_coerce, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests import cast, persons, servers
from tests.conftest import A_SECRET_KEY, Clock
from tests.one_of_each import COUNTED, NAMED, PUBLIC, SILENT, SPOKEN, WITHHELD, a_campaign, leaves, partners
from tests.two_addressees import a_campaign_with_two_addressees, a_letter_goes
from worker import db, migrations, settings, tasks, tokens, vacuum
from worker.acts import answer, correct_address, erase, invite, join, remind, third_party_limits
from worker.acts.answer import Statement
from worker.cli.commands import app
from worker.cli.doctor import system
from worker.cli.status_json import as_json
from worker.mail import mime, outbox
from worker.migrations import tables
from worker.models import REDACTED, Addressee, Answer, Campaign, Mail, Member, Partner, Seal, ThirdPartyAddress
from worker.state import due
from worker.state.refusals import Erased, NotOver, StillSigns
from worker.state.status import load_status
from worker.text import dates
from worker.wording import addressee_mails, mails

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def a_letter_that_has_left() -> int:
    with db.transaction() as session:
        campaign = a_campaign(session)
        persons.adds_voice(session, campaign)
        leaves(session, campaign)
        return campaign.id


def kept_of_persons() -> set[bytes]:
    """What the database keeps of them, encrypted: it says nothing by itself, and is to be gone all the same."""
    columns = (Member.name, Member.email, Member.country, Member.words)
    with db.reading() as session:
        kept = {
            bytes(one)
            for row in session.execute(select(*(type_coerce(c, LargeBinary) for c in columns)))
            for one in row
        }
    assert len(kept) == 4
    return kept


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
        assert not erase.erase_when_due(session, campaign_id)
        assert ("erase", campaign_id) not in due.due_acts(session)
    assert browser.get(links[0]).status_code == 200
    clock.advance(days=1, minutes=1)
    with db.reading() as session:
        assert due.due_acts(session) == [("erase", campaign_id)]

    tasks.erase.run(campaign_id)

    with db.reading() as session:
        kept = session.scalars(select(Partner).order_by(Partner.id)).all()
        answers = session.scalars(select(Answer)).all()
        strangers_left = session.scalars(select(ThirdPartyAddress)).all()
        waiting = session.scalars(select(Mail).where(Mail.due_at.is_not(None))).all()
        told = session.execute(select(Seal.rendition, Seal.content, Seal.sha256)).all()
        everything = repr(cast.everything(session))
        assert as_json(load_status(session, session.get_one(Campaign, campaign_id)))["erased"]
        assert due.due_acts(session) == []
    assert [one.organization for one in kept if one.organization != REDACTED] == [PUBLIC]
    assert {(one.contact, one.email, one.email_hmac, one.note, one.names) for one in kept} == {("", "", None, "", None)}
    assert sorted((one.choice, one.visibility or "") for one in answers) == [
        ("decline", ""),
        ("sign", "addressee"),
        ("sign", "counted"),
        ("sign", "public"),
    ]
    assert {(one.representative, one.role, one.reason, one.note) for one in answers} == {("", "", "", "")}
    assert [(one.email, one.contact) for one in strangers_left] == [("", "")]
    assert {(mail.kind, mail.partner_id, mail.addressee_id) for mail in waiting} == {
        ("row", None, None),
        ("erased", None, None),
    }, "organizers are told, and nobody else"
    assert {(rendition, content) for rendition, content, _ in told} == {("public", PUBLIC.encode()), ("addressee", b"")}
    assert all(len(digest) == 64 for _, _, digest in told)
    assert not [name for name in (*WITHHELD, "Étang", *SPOKEN) if name in everything]
    assert browser.get("/c/dam").text == public
    for link in (*links, *quiet):
        assert browser.get(link).status_code == 410
    with db.transaction() as session:
        assert not erase.erase_when_due(session, campaign_id)


@on_sqlite
def test_the_files_of_sqlite_hold_no_trace(browser: TestClient) -> None:
    campaign_id = a_letter_that_has_left()
    of_persons = kept_of_persons()
    assert found_in(settings.current().data_dir, WITHHELD) == set(WITHHELD)
    assert found_in(settings.current().data_dir, of_persons) == of_persons
    with db.transaction() as session:
        erase.erase_campaign(session, campaign_id)
    assert vacuum.scrub()

    assert found_in(settings.current().data_dir, (*WITHHELD, "Étang", *of_persons, *persons.SECRETS)) == set()
    assert found_in(settings.current().data_dir, (PUBLIC,)) == {PUBLIC}


@pytest.mark.parametrize("role", ["postgres", "app"])
def test_the_tables_of_postgresql_hold_no_trace(role: str, own_postgres: servers.PostgreSQL, tmp_path: Path) -> None:
    a_database_of(own_postgres, role, tmp_path)
    migrations.upgrade()
    campaign_id = a_letter_that_has_left()
    of_persons = kept_of_persons()
    as_admin(own_postgres, "ANALYZE")  # as autovacuum does: it samples what stands in columns
    assert found_after_a_checkpoint(own_postgres, of_persons) == {*WITHHELD, PUBLIC, *of_persons}

    with db.transaction() as session:
        erase.erase_campaign(session, campaign_id)
    assert vacuum.scrub()

    assert found_after_a_checkpoint(own_postgres, of_persons) == {PUBLIC}
    assert not [note for note in system.database() if "samples" in note.found]
    db.dispose()


def test_what_postgresql_sampled_before_is_dropped_and_the_doctor_says_what_remains(
    own_postgres: servers.PostgreSQL, tmp_path: Path
) -> None:
    a_database_of(own_postgres, "app", tmp_path)
    migrations.upgrade()
    as_admin(own_postgres, "ALTER TABLE partner ALTER organization SET STATISTICS -1")  # as it was until then
    campaign_id = a_letter_that_has_left()
    as_admin(own_postgres, "ANALYZE")
    with db.transaction() as session:
        erase.erase_campaign(session, campaign_id)
    assert vacuum.scrub()
    assert [note.found for note in system.database() if "samples" in note.found] == [
        "PostgreSQL keeps samples of names, erased ones too: partner.organization"
    ]

    scripts = ScriptDirectory.from_config(tables.config())
    with (
        db.engine().execution_options(writing=True).begin() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        scripts.get_revision("0008").module.take_no_samples("partner", ("organization",))

    (note,) = [note for note in system.database() if note.verdict == "warning"]
    assert "pg_statistic" in note.found
    as_admin(own_postgres, "VACUUM FULL pg_catalog.pg_statistic")  # as the doctor says
    assert not [note for note in system.database() if note.verdict == "warning"]
    assert found_after_a_checkpoint(own_postgres) == {PUBLIC}
    db.dispose()


def a_database_of(server: servers.PostgreSQL, role: str, folder: Path) -> None:
    """A database `kept` of the administrator's, in which the role may make tables of its own."""
    with psycopg.connect(servers.plain(server.url()), autocommit=True) as admin:
        admin.execute("CREATE DATABASE kept")
        if role != "postgres":
            admin.execute(f"CREATE ROLE {role} LOGIN")
    as_admin(server, f"GRANT ALL ON SCHEMA public TO {role}")
    url = server.url("kept").replace("postgres@", f"{role}@")
    settings.set_for_this_process(secret_key=A_SECRET_KEY, data_dir=folder / "var", database_url=url)


def as_admin(server: servers.PostgreSQL, statement: str) -> None:
    with psycopg.connect(servers.plain(server.url("kept")), autocommit=True) as admin:
        admin.execute(statement)


def found_after_a_checkpoint(server: servers.PostgreSQL, more: Iterable[bytes] = ()) -> set[str | bytes]:
    as_admin(server, "CHECKPOINT")
    return found_in(server.folder / "data" / "base", (*WITHHELD, PUBLIC, *persons.SECRETS, *more))


def found_in(folder: Path, words: Iterable[str | bytes]) -> set[str | bytes]:
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert files
    sought = {one: one.encode() if isinstance(one, str) else one for one in words}
    return {one for one, content in sought.items() if any(content in file for file in files)}


def test_one_that_asks_is_erased_at_once_and_asked_no_more(browser: TestClient, clock: Clock) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        campaign_id, silent = campaign.id, partners(session)[SILENT]
        link = f"/s/{tokens.token(silent)}"
        assert browser.get(link).status_code == 404  # not committed yet
    assert browser.get(link).status_code == 200

    with db.transaction() as session:
        assert erase.erase_partner(session, silent.id)

    assert browser.get(link).status_code == 410
    with db.reading() as session:
        kept = session.get_one(Partner, silent.id)
        assert (kept.organization, kept.email, kept.email_hmac, kept.proposed) == (REDACTED, "", None, None)
        assert [one.email for one in session.scalars(select(ThirdPartyAddress))] == [""]
        assert COUNTED in repr(cast.everything(session)), "of others nothing is erased"
    clock.advance(days=13)
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign_id)
        remind.remind_when_due(session, campaign_id)
        to_it = select(Mail).where(Mail.partner_id == silent.id, Mail.due_at.is_not(None))
        assert session.scalars(to_it).all() == []


@on_sqlite
@pytest.mark.parametrize("name", [PUBLIC, NAMED, COUNTED])
def test_one_that_is_to_be_under_the_letter_withdraws_first(name: str, browser: TestClient) -> None:
    with db.transaction() as session:
        a_campaign(session)
        one = partners(session)[name]
    with db.transaction() as session, pytest.raises(StillSigns):
        erase.erase_partner(session, one.id)
    with db.transaction() as session:
        answer.withdraw(session, one.id, Statement())
        assert erase.erase_partner(session, one.id)


@on_sqlite
@pytest.mark.parametrize(("name", "goes"), [(PUBLIC, False), (NAMED, True), (COUNTED, True), (SILENT, True)])
def test_once_the_letter_has_left_only_a_public_name_stays(name: str, goes: bool, browser: TestClient) -> None:
    a_letter_that_has_left()
    before = browser.get("/c/dam").text
    with db.transaction() as session:
        one = partners(session)[name]
        assert erase.erase_partner(session, one.id) is goes
        assert (one.organization == REDACTED) is goes
        assert (one.email, one.contact) == ("", "")
    assert browser.get("/c/dam").text == before
    if not goes:
        with db.transaction() as session:
            answer.withdraw(session, one.id, Statement())
            assert erase.erase_partner(session, one.id)
        assert PUBLIC not in browser.get("/c/dam").text


@on_sqlite
@pytest.mark.parametrize("states", [[], ["due", "due"], ["sent", "due"], ["sent", "uncertain"], ["in data", "due"]])
def test_while_not_everybody_has_the_letter_a_campaign_is_not_erased(states: list[str], browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session)
        cast.signs(session, campaign.partners[0])
        cast.passes_its_deadline(session, campaign)
        cast.is_sealed(session, campaign)
        for to, state in enumerate(states):
            a_letter_goes(session, campaign, to, state)
        before = repr(cast.everything(session))
        with pytest.raises(NotOver):
            erase.erase_campaign(session, campaign.id)
        if states[:1] in (["sent"], ["in data"]):
            with pytest.raises(NotOver):
                erase.erase_campaign(session, campaign.id, give_up=True)
        assert repr(cast.everything(session)) == before


@on_sqlite
def test_a_letter_that_never_leaves_is_given_up_and_erased(browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        cast.passes_its_deadline(session, campaign)
        cast.is_sealed(session, campaign)
    code, said = types("erase", "dam", "--yes")
    assert (code, "--give-up" in said) == (1, True)
    code, said = types("erase", "dam", "--give-up", "--dry-run")
    assert (code, "The letter will never be sent." in said) == (0, True)
    assert SILENT in everything_in_rows()
    code, said = types("erase", "dam", "--give-up", "--yes")
    assert (code, "4 emails tell everyone who was asked" in said) == (0, True)
    assert SILENT in everything_in_rows(), "an address is needed for the mail that tells"
    code, said = types("erase", "dam", "--give-up", "--tell-nobody", "--yes")
    assert (code, "Erased" in said) == (0, True)
    with db.reading() as session:
        assert set(partners(session)) == {REDACTED}
        assert due.due_acts(session) == []
    tasks.close.run(campaign.id)
    tasks.dispatch.run(campaign.id)
    assert types("dispatch", "dam", "--yes")[0] == 4
    with db.reading() as session:
        assert session.scalars(select(Mail).where(Mail.kind == "letter")).all() == []


@on_sqlite
@pytest.mark.parametrize("lacking", [0, 1])
@pytest.mark.parametrize("how", ["refused", "uncertain"])
def test_when_its_time_has_come_an_addressee_who_lacks_the_letter_gets_no_empty_one(
    how: str, lacking: int, browser: TestClient, clock: Clock
) -> None:
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session, (NAMED,))
        campaign.definition = campaign.definition | {"public_page": "after dispatch"}
        cast.signs(session, campaign.partners[0])
        cast.signs(session, partners(session)[NAMED], "addressee")
        cast.passes_its_deadline(session, campaign)
        cast.is_sealed(session, campaign)
        a_letter_goes(session, campaign, 1 - lacking, "sent")
        letter = a_letter_goes(session, campaign, lacking, "uncertain" if how == "uncertain" else "due")
        if how == "refused":
            letter.refused_at, letter.due_at, letter.reply = db.clock(session), None, "550 5.7.1 no"
    public = browser.get("/c/dam").text
    assert "River Watch" in public
    clock.advance(days=181)

    tasks.erase.run(campaign.id)

    assert browser.get("/c/dam").text == public
    assert NAMED not in everything_in_rows()
    for command in (("dispatch", "dam", "--yes"), ("resend", "dam", "--yes")):
        assert "nothing" in types(*command)[1].lower()
    with db.reading() as session:
        assert session.scalars(select(Mail).where(Mail.kind == "letter", Mail.due_at.is_not(None))).all() == []
        with pytest.raises(mime.NothingToSay):
            addressee_mails.letter(session, session.get_one(Mail, _main_letter(session)))


def _main_letter(session: Session) -> int:
    of_main = select(Mail.id).join(Addressee, Addressee.id == Mail.addressee_id).where(~Addressee.copy)
    return session.scalars(of_main.where(Mail.kind == "letter")).one()


@on_sqlite
def test_a_name_that_is_erased_is_in_no_sealed_letter(browser: TestClient) -> None:
    """Neither in one that was voided, nor in the one that left, where it is not public."""

    def sealed() -> dict[tuple[int, str], bytes]:
        with db.reading() as session:
            rows = session.execute(select(Seal.number, Seal.rendition, Seal.content))
            return {(number, rendition): content for number, rendition, content in rows}

    with db.transaction() as session:
        campaign = a_campaign(session)
        leaving = partners(session)[NAMED]
        cast.passes_its_deadline(session, campaign)
        cast.is_sealed(session, campaign)
        answer.withdraw(session, leaving.id, Statement())
        cast.is_sealed(session, campaign, number=2)
    with db.transaction() as session:
        erase.erase_partner(session, leaving.id)
    assert {content for (number, _), content in sealed().items() if number == 1} == {b""}
    assert all(content for (number, _), content in sealed().items() if number == 2)
    with db.transaction() as session:
        cast.the_letter_leaves(session, session.get_one(Campaign, campaign.id))
        erase.erase_partner(session, partners(session)[COUNTED].id)
    assert all(content for (number, _), content in sealed().items() if number == 2)
    with db.transaction() as session:
        public = partners(session)[PUBLIC]
        answer.withdraw(session, public.id, Statement())
        assert erase.erase_partner(session, public.id)
    assert {content for _, content in sealed().items()} == {b""}


@on_sqlite
def test_who_stepped_back_is_told_of_before_it_is_erased(browser: TestClient) -> None:
    a_letter_that_has_left()
    with db.transaction() as session:
        answer.withdraw(session, partners(session)[NAMED].id, Statement())
    for words in ((NAMED,), ()):
        said = types("erase", "dam", *words, "--dry-run")[1]
        assert "so print and send the notice first" in said
        assert "notice dam" in said
    assert "send the notice first" not in types("erase", "dam", COUNTED, "--dry-run")[1]
    assert NAMED in types("notice", "dam")[1]
    types("erase", "dam", NAMED, "--yes")
    code, said = types("notice", "dam")
    assert (code, REDACTED in said) == (0, False)


@on_sqlite
def test_who_steps_back_after_all_was_erased_is_erased_a_week_later(browser: TestClient, clock: Clock) -> None:
    campaign_id = a_letter_that_has_left()
    clock.advance(days=181)
    tasks.erase.run(campaign_id)
    code, _ = types("withdraw", "dam", PUBLIC, "--note", "telephoned Sophea Chan", "--yes")
    assert code == 0
    assert PUBLIC in types("notice", "dam")[1]
    with db.reading() as session:
        assert due.due_acts(session) == []
    clock.advance(days=8)
    with db.reading() as session:
        assert due.due_acts(session) == [("erase", campaign_id)]
    tasks.erase.run(campaign_id)
    assert PUBLIC not in everything_in_rows()
    assert "Sophea Chan" not in everything_in_rows()
    with db.reading() as session:
        assert due.due_acts(session) == []


@on_sqlite
def test_the_numbers_stay_and_nobody_is_given_a_new_address(browser: TestClient) -> None:
    campaign_id = a_letter_that_has_left()
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign_id)
        campaign, now = session.get_one(Campaign, campaign_id), db.clock(session)
        for one in session.scalars(select(Partner)):
            outbox.put(session, [outbox.to_partner("invitation", campaign, one, "1", now)])
        told = {"reply": "came back: 552 5.2.2 mailbox full", "reported_at": now}
        session.execute(update(Mail).where(Mail.kind == "invitation").values(sent_at=now, due_at=None, **told))
        before = as_json(load_status(session, campaign))["counts"]
    with db.transaction() as session:
        erase.erase_campaign(session, campaign_id)
    with db.reading() as session:
        counts = as_json(load_status(session, session.get_one(Campaign, campaign_id)))["counts"]
        assert counts == before | {"may_not_have_arrived": 0}, "there is nobody to ask any more"
        partners = as_json(load_status(session, session.get_one(Campaign, campaign_id)))["partners"]
        assert {mail["meaning"] for one in partners for mail in one["mails"] if mail["kind"] == "invitation"} == {None}
        erased = session.scalars(select(Partner).where(Partner.organization == PUBLIC)).one()
    with pytest.raises(Erased), db.transaction() as session:
        correct_address.change_address(session, erased.id, "new@falls.example")
    code, said = types("amend", "dam", "--partner", PUBLIC, "--email", "new@falls.example", "--yes")
    assert (code, "was erased" in said) == (1, True)
    assert types("carry", "dam", REDACTED)[0] == 1


@on_sqlite
def test_an_applicant_is_erased_by_its_name(browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch", join="approved")
        who = third_party_limits.Person("x@lake.example", "en", "Kim Ferryman", "Lake Friends", "LF", "Chad")
        join.ask_to_join(session, campaign.id, who)
        asked = session.scalars(select(ThirdPartyAddress)).one()
        join.confirm_wish(session, asked.id)
        link = f"/j/{tokens.token(asked, 'join')}"
    assert browser.get(link).status_code == 200
    assert "Lake Friends" in types("status", "dam")[1]
    code, said = types("erase", "dam", "lake friends", "--yes")
    assert (code, "all that lake friends told" in said) == (0, True)
    assert browser.get(link).status_code == 410
    assert "Ask to sign" not in types("status", "dam")[1]
    with db.reading() as session:
        one = session.scalars(select(ThirdPartyAddress)).one()
        assert (one.organization, one.contact, one.email) == ("", "", "")
        with pytest.raises(mime.NothingToSay):
            mails.word_mail(session, session.get_one(Mail, one.mail_id))


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_says_that_somebody_still_sees_what_was_erased(database: str) -> None:
    with psycopg.connect(servers.plain(settings.current().database)) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT version_num FROM alembic_version")  # a snapshot, and no lock on what is rewritten
        with db.transaction() as session:
            cast.a_campaign(session)
        assert not vacuum.scrub(patience=0.3)
        other.execute("COMMIT")
        other.execute("LOCK TABLE partner IN ACCESS SHARE MODE")
        assert not vacuum.scrub(patience=0.3)
    assert vacuum.scrub()


@on_sqlite
def test_a_cancelled_campaign_is_erased_with_every_name(browser: TestClient, clock: Clock) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        campaign.cancelled_at = db.clock(session)
    clock.advance(days=181)
    with db.reading() as session:
        assert due.due_acts(session) == [("erase", campaign.id)]
    tasks.erase.run(campaign.id)
    with db.reading() as session:
        assert set(partners(session)) == {REDACTED}


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
    assert dates.date(day, "Europe/Zurich", language) in browser.get(link).text
    assert how_long[language] not in browser.get(link).text


@on_sqlite
def test_a_campaign_that_promised_nothing_is_erased_by_hand_alone(browser: TestClient, clock: Clock) -> None:
    """It was launched before a campaign could say how long it keeps what it knows."""
    campaign_id = a_letter_that_has_left()
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        campaign.definition = {key: value for key, value in campaign.definition.items() if key != "keep_contacts"}
        link = f"/s/{tokens.token(partners(session)[PUBLIC])}"
    page = browser.get(link).text
    assert "is erased" not in page
    assert "to have it erased sooner" in page
    clock.advance(days=3650)
    with db.reading() as session:
        assert ("erase", campaign_id) not in due.due_acts(session)
    tasks.erase.run(campaign_id)
    assert NAMED in everything_in_rows()
    assert types("erase", "dam", "--yes")[0] == 0
    assert NAMED not in everything_in_rows()


def types(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


@on_sqlite
def test_an_organizer_erases_one_and_all(browser: TestClient) -> None:
    with db.transaction() as session:
        a_campaign(session)

    code, said = types("erase", "dam", "--yes")
    assert (code, "has not been sent" in said) == (1, True)
    code, said = types("erase", "dam", NAMED, "--yes")
    assert code == 1
    assert f"withdraw dam '{NAMED}'" in said
    code, said = types("erase", "dam", SILENT, "--dry-run")
    assert (code, f"Erase the records of {SILENT}?\nIts contact, address and link are erased" in said) == (0, True)
    assert SILENT in everything_in_rows()
    code, said = types("erase", "dam", "still pond", "--yes")
    assert (code, "Its name is erased too." in said, "partners.csv" in said) == (0, True, True)
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
    assert (code, "So would 6 names that are not publicly under the letter." in said) == (0, True)
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
        erase.erase_campaign(session, campaign_id)
    code, _ = types("export", "dam", "--documents", str(tmp_path / "out"))
    assert code == 0
    written = {path.relative_to(tmp_path / "out").parts[0] for path in (tmp_path / "out").rglob("*.pdf")}
    assert written == {"public"}
