"""What organizers see of persons who add their voices, and what they decide: numbers, and no person but its words."""

import csv
import json
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests import cast, voices
from tests.conftest import Clock
from tests.mails import is_silent_about, says
from worker import db, journal
from worker.acts import alert_words, cancel, door_for_voices, erase, voices_by_hand
from worker.acts.add_voice import Voice, correct_voice
from worker.acts.own_words import decide_words
from worker.cli import console
from worker.cli.commands import app
from worker.mail import outbox
from worker.mail.mime import NothingToSay
from worker.models import AuditEvent, Campaign, Letter, Mail, MailResponse, Member, Seal
from worker.state import members
from worker.state.digests import load_new_persons
from worker.state.member_counts import FEW, load_breakdown, load_member_counts, shut_because
from worker.state.overview import load_overviews
from worker.state.refusals import MembersUnchanged, WordsNotDecided
from worker.state.todo import load_todo
from worker.state.waiting_words import load_waiting_words, mark_of
from worker.wording.mails import word_mail

A_DAY = timedelta(days=1)
OPEN: dict[str, Any] = {"members": "named", "public_page": "from launch"}


@pytest.fixture
def campaign(database: str) -> Campaign:
    with db.transaction() as session:
        return cast.a_campaign(session, **OPEN)


def types(*words: str, code: int = 0, columns: int | None = None) -> str:
    env = {"COLUMNS": str(columns)} if columns else None
    result = CliRunner().invoke(app, list(words), env=env)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def in_one_line(printed: str) -> str:
    return " ".join(printed.split())


def adds(campaign: Campaign, email: str, **columns: object) -> int:
    with db.transaction() as session:
        return voices.a_row(session, campaign, email, **columns).id


def person(member_id: int) -> Member:
    with db.reading() as session:
        return session.get_one(Member, member_id)


def number_of(member_id: int) -> str:
    words_at = person(member_id).words_at
    assert words_at is not None
    return f"{member_id}-{mark_of(words_at)}"


def logged() -> list[tuple[str, str, str | None]]:
    with db.reading() as session:
        lines = session.scalars(select(AuditEvent).order_by(AuditEvent.id))
        return [(one.actor, one.what, one.detail) for one in lines]


def journaled() -> Counter[str]:
    """What the journal says was taken away, in numbers."""
    found = journal.read_journal()
    return Counter(line.kind for line in found.lines) if found else Counter()


def all_rows() -> dict[str, list[object]]:
    with db.reading() as session:
        return {table: rows for table, rows in cast.everything(session).items() if table != "installation"}


# Numbers.


def test_each_person_is_counted_where_it_stands(campaign: Campaign) -> None:
    with db.transaction() as session:
        now = db.clock(session)
        campaign = session.merge(campaign)
        earlier = campaign.letter
        voices.many(session, campaign, 2, "earlier.example", words="before", appearance="named")
        campaign.letters.append(
            Letter(version=2, meaning=2, texts=earlier.texts, hash="1" * 64, addressees=[], made_at=now)
        )
        session.flush()
        voices.many(session, campaign, 5, "counted.example")
        voices.many(session, campaign, 3, "named.example", appearance="named", words="now")
        voices.many(session, campaign, 4, "waits.example", confirmed_at=None, words="not yet")
        voices.many(session, campaign, 1, "gone.example", withdrawn_at=now, words="never mind")
        voices.many(session, campaign, 1, "disowned.example", withdrawn_at=now, disowned_at=now, email="")
        voices.many(session, campaign, 1, "forgotten.example", confirmed_at=None, email="")
        another = cast.a_campaign(session, "other", **OPEN)
        voices.many(session, another, 1)
    with db.reading() as session:
        found = load_member_counts(session, [campaign.id, another.id])
        counted = members.count_members(session, session.get_one(Campaign, campaign.id))

    assert vars(found[campaign.id]) == {
        "counting": 8,
        "named": 3,
        "earlier": 2,
        "unconfirmed": 4,
        "withdrawn": 2,
        "words_waiting": 3,
    }
    assert counted == 8
    assert found[another.id].counting == 1


def test_countries_and_domains_of_few_are_not_told(campaign: Campaign) -> None:
    with db.transaction() as session:
        campaign = session.merge(campaign)
        voices.many(session, campaign, FEW, "cam.example", country="Cambodia", language="km")
        voices.many(session, campaign, 1, "more.example", country="Cambodge")
        voices.many(session, campaign, FEW - 1, "few.example", country="France", language="fr")
        voices.many(session, campaign, FEW + 1, "Nowhere.example", country="=1+1")
        voices.many(session, campaign, 2, "unsaid.example")
        voices.many(session, campaign, FEW, "waits.example", country="Chad", confirmed_at=None)
    with db.reading() as session:
        found = load_breakdown(session, session.get_one(Campaign, campaign.id))

    assert found.countries == {"KH": FEW + 1, "other": 2 * FEW, "": 2}
    assert found.languages == {"en": FEW + 4, "km": FEW, "fr": FEW - 1}
    assert found.domains == {"nowhere.example": FEW + 1, "cam.example": FEW}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("state", ["open", "stopped", "cancelled", "erased", "dispatched"])
@pytest.mark.parametrize("public_page", ["never", "after dispatch", "from launch"])
def test_why_the_door_is_shut_is_true(database: str, state: str, public_page: str) -> None:
    columns = {"stopped": "voices_stopped_at"}.get(state, f"{state}_at")
    with db.transaction() as session:
        for kept in ("closed", "counted", "named"):
            campaign = cast.a_campaign(session, f"dam-{kept}", members=kept, public_page=public_page)
            if state != "open":
                setattr(campaign, columns, db.clock(session))
            assert (shut_because(campaign) is None) == members.can_add_voice(campaign)


@pytest.mark.parametrize("columns", [80, 40])
def test_members_are_shown_as_numbers_and_name_nobody(campaign: Campaign, columns: int) -> None:
    with db.transaction() as session:
        campaign = session.merge(campaign)
        voices.many(session, campaign, 1230, "provider.example", country="Cambodia", appearance="named")
        voices.many(session, campaign, 12, "a-university-with-a-very-long-name-indeed.example", country="France")
        voices.many(session, campaign, 2, "waits.example", confirmed_at=None)
        voices.a_row(session, campaign, "shy@home.example", words="We lost our well", appearance="named")

    printed = types("members", "dam", columns=columns)

    told = in_one_line(printed)
    assert "dam: 1,243 voices of persons Persons can add their voices." in told
    assert "1,231 to be named to the addressee" in told
    assert "2 not confirmed by email" in told
    assert "own words of one person wait for your yes or no: undersigned words dam" in told.replace("waits", "wait")
    assert "Cambodia 1,230 99%" in told
    assert "provider.example 1,230 99%" in told
    assert max(map(len, printed.splitlines())) <= columns
    assert not [secret for secret in ("@", "Shy", "well", "home.example") if secret in printed]


def test_members_as_data_and_as_a_sheet(campaign: Campaign, tmp_path: Path) -> None:
    with db.transaction() as session:
        voices.many(session, session.merge(campaign), 12, country="Cambodia", language="km")
        voices.a_row(session, campaign, "shy@home.example", name="=cmd()")
    file = tmp_path / "numbers.csv"

    data = json.loads(types("members", "dam", "--json"))
    types("members", "dam", "--export", str(file), "--dry-run")
    assert not file.exists()
    types("members", "dam", "--export", str(file))

    numbers = {"counting": 13, "named": 0, "earlier": 0, "unconfirmed": 0, "withdrawn": 0, "words_waiting": 0}
    assert data["digests"]["hindrance"] == "letter_not_there"
    assert data | {"digests": None} == numbers | {
        "campaign": "dam",
        "open": True,
        "because": None,
        "stopped": None,
        "digests": None,
        "responses": [],
        "told": None,
        "dropped_domains": [],
        "kept_out": 0,
        "countries": {"KH": 12, "": 1},
        "languages": {"km": 12, "en": 1},
        "domains": {"many.example": 12},
    }
    with file.open() as written:
        rows = {(row["what"], row["which"]): row["voices"] for row in csv.DictReader(written)}
    assert rows[("all", "counting")] == "13"
    alike = (("country", "Cambodia"), ("language", "Khmer"), ("email domain", "many.example"))
    assert {rows[one] for one in alike} == {"12"}
    assert file.stat().st_mode & 0o777 == 0o600
    assert "cmd" not in file.read_text()
    assert "is there already" in types("members", "dam", "--export", str(file), code=console.USAGE)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_is_typed_wrongly_is_said(campaign: Campaign) -> None:
    assert "No campaign 'damm' was launched. Did you mean 'dam'?" in types("members", "damm", code=1)
    assert "at a time: --stop, --reopen" in types("members", "dam", "--stop", "--reopen", code=2)
    assert "leave --stop out" in types("members", "dam", "--stop", "--json", code=2)
    assert "one email address" in types("members", "dam", "--withdraw", "nobody", code=2)
    assert "expected a domain" in types("members", "dam", "--drop-domain", "a b", code=2)
    assert "--json shows" in types("words", "dam", "--agree-all", "--json", code=2)
    assert "either --agree or --agree-all" in types("words", "dam", "--agree-all", "--agree", "1-aaaaaa", code=2)
    said = types("words", "dam", "--agree", "12, x", "--refuse", "3-zz", code=2)
    assert all(f"{one}: expected a number" in said for one in ("--agree 12", "--agree x", "--refuse 3-zz"))
    assert "#1: given to agree and to refuse" in types(
        "words", "dam", "--agree", "1-aaaaaa", "--refuse", "#1-bbbbbb", code=2
    )


# What status says.


def test_status_says_how_many_and_that_words_wait(campaign: Campaign) -> None:
    with db.transaction() as session:
        found = session.merge(campaign)
        voices.many(session, found, 1203, appearance="named")
        voices.many(session, found, 22, "waits.example", confirmed_at=None)
        voices.a_row(session, found, "shy@home.example", words="We lost our well")

    told = in_one_line(types("status", "dam", code=console.WAITS, columns=80))
    assert "1,204 voices of persons, 1,203 to be named to the addressee; 22 not confirmed by email" in told
    assert "own words of one person wait for your yes or no: undersigned words dam" in told
    assert "addressee about them" not in told, "the letter was not sent"
    table = in_one_line(types("status", columns=80))
    assert "silent voices" in table
    assert "own words of one person wait for your yes or no: undersigned words dam" in table
    data = json.loads(types("status", "dam", "--json", code=console.WAITS))["members"]
    (overview,) = json.loads(types("status", "--json"))
    assert overview["members"] == data
    assert (data["open"], data["because"], data["counting"], data["words_waiting"]) == (True, None, 1204, 1)
    assert data["digests"]["hindrance"] == "letter_not_there"

    types("words", "dam", "--agree-all", "--yes")
    types("members", "dam", "--stop", "--yes")
    assert "Persons cannot add their voices: you stopped it" in types("status", "dam")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_status_of_a_letter_that_is_closed_to_persons_says_nothing_of_them(database: str) -> None:
    with db.transaction() as session:
        cast.a_campaign(session)

    assert "voice" not in types("status", "dam") + types("status")
    data = json.loads(types("status", "dam", "--json"))["members"]
    assert (data["open"], data["because"], data["digests"]) == (False, "closed", None)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ("uncertain_at", "nobody knows whether the last one arrived: undersigned digest dam"),
        ("refused_at", "the last one was refused: undersigned digest dam"),
    ],
)
def test_status_waits_for_a_person_while_a_digest_is_in_doubt(campaign: Campaign, state: str, says: str) -> None:
    with db.transaction() as session:
        found = session.merge(campaign)
        cast.the_letter_leaves(session, found)
        voices.a_digest(session, found)
    assert "none yet, the next at" in in_one_line(types("status", "dam", columns=120))
    with db.transaction() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "digest")).one()
        setattr(mail, state, db.clock(session))
        mail.due_at = None

    assert says in in_one_line(types("status", "dam", code=console.WAITS, columns=80))
    data = json.loads(types("status", "dam", "--json", code=console.WAITS))["members"]["digests"]
    assert (data["failed"], data["open_state"]) == (1, state.removesuffix("_at"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"digests_stopped_by": "addressee"}, "the addressee stopped these emails 2"),
        ({"digests_stopped_by": "organizer"}, "you stopped these emails 2"),
        (
            {"digests_held_at": True, "digests_stopped_at": None},
            "you hold these emails: undersigned digest dam --resume",
        ),
    ],
)
def test_status_says_what_keeps_the_emails_about_persons(
    campaign: Campaign, columns: dict[str, Any], says: str
) -> None:
    with db.transaction() as session:
        found = session.merge(campaign)
        cast.the_letter_leaves(session, found)
        voices.many(session, found, 3)
        since = db.clock(session) - timedelta(days=1)
        values = {"digests_stopped_at": since} | columns
        for column, value in values.items():
            setattr(found, column, since if value is True else value)

    assert says in types("status", "dam", columns=120)
    assert says in types("members", "dam", columns=120)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_members_say_how_many_the_addressee_was_told_of(campaign: Campaign) -> None:
    with db.transaction() as session:
        found = session.merge(campaign)
        found.letter.texts = {language: f"{text}\n\n{{{{ members }}}}" for language, text in found.letter.texts.items()}
        voices.many(session, found, 3)
        cast.the_letter_leaves(session, found)
        late = db.clock(session) + timedelta(minutes=5)
        voices.many(session, found, 2, "late.example", confirmed_at=late)

    assert "3 told to the addressee" in types("members", "dam")
    assert json.loads(types("members", "dam", "--json"))["told"] == 3


# The door.


def mail_to(member_id: int) -> Mail:
    with db.reading() as session:
        return session.scalars(select(Mail).where(Mail.member_id == member_id)).one()


def puts_a_mail(campaign: Campaign, member_id: int) -> None:
    with db.transaction() as session:
        now = db.clock(session)
        row = outbox.to_organizers("outage", campaign, f"member-{member_id}", now)
        outbox.put(session, [row | {"kind": "voice", "member_id": member_id}])


def test_a_door_is_shut_and_opened_again(campaign: Campaign) -> None:
    waits, stands = adds(campaign, "new@home.example", confirmed_at=None), adds(campaign, "old@home.example")
    for one in (waits, stands):
        puts_a_mail(campaign, one)
    before = all_rows()
    assert "1 email to a person who has not confirmed will not be sent" in types(
        "members", "dam", "--stop", "--dry-run"
    )
    assert all_rows() == before

    types("members", "dam", "--stop", "--yes")

    assert mail_to(waits).cancelled_at is not None
    assert mail_to(stands).cancelled_at is None
    assert (person(waits).mailed_at is None, person(stands).mailed_at is None) == (True, False)
    assert "Persons cannot add their voices: you stopped it." in types("members", "dam")
    assert person(stands).stands
    assert "stopped it" in types("members", "dam", "--stop")
    assert logged()[-1] == ("organizer", "voices_stopped", "1")

    assert "Persons can add their voices." in types("members", "dam", "--reopen", "--yes")
    assert "have not stopped it" in types("members", "dam", "--reopen")
    assert logged()[-1] == ("organizer", "voices_reopened", None)
    assert journaled() == {"voices stopped": 1, "voices reopened": 1}
    with db.reading() as session:
        assert members.can_add_voice(session.get_one(Campaign, campaign.id))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("column", "definition", "because"),
    [
        (None, {"members": "closed"}, "not open to persons"),
        ("cancelled_at", {}, "was cancelled"),
        ("erased_at", {}, "were erased"),
    ],
)
def test_a_door_that_is_shut_anyway_is_not_stopped(
    campaign: Campaign, column: str | None, definition: dict[str, str], because: str
) -> None:
    with db.transaction() as session:
        found = session.get_one(Campaign, campaign.id)
        found.definition = found.definition | definition
        if column:
            setattr(found, column, db.clock(session))
    before = all_rows()

    assert because in types("members", "dam", "--stop", "--yes")
    assert because in types("members", "dam")
    assert "No words wait for you" in types("words", "dam")
    assert "nothing was changed" in types("words", "dam", "--agree-all", "--yes")
    assert all_rows() == before


# What is taken back.


def test_one_call_withdraws_a_voice(campaign: Campaign) -> None:
    rosa = adds(campaign, "rosa@home.example", appearance="named", words="We drink it")
    other = adds(campaign, "other@home.example")
    puts_a_mail(campaign, rosa)
    before = all_rows()
    assert "is withdrawn, and not counted any more" in types(
        "members", "dam", "--withdraw", "Rosa+letters@HOME.example", "--dry-run"
    )
    assert "Nobody is there to answer" in types("members", "dam", "--withdraw", "rosa@home.example", code=2)
    assert all_rows() == before

    printed = types("members", "dam", "--withdraw", "Rosa+letters@HOME.example", "--yes")

    assert "It is withdrawn" in printed
    assert "home.example" not in printed.lower()
    assert person(rosa).withdrawn_at is not None
    assert person(other).stands
    assert mail_to(rosa).cancelled_at is not None
    assert logged()[-1] == ("organizer", "voice_withdrawn", "1")
    assert "withdrawn already" in types("members", "dam", "--withdraw", "rosa@home.example", "--yes")
    assert "No words wait" in types("words", "dam")
    assert "No person with this email address" in types("members", "dam", "--withdraw", "eve@home.example", code=1)


def test_a_person_who_asks_is_erased_and_its_address_is_not_repeated(campaign: Campaign) -> None:
    rosa = adds(campaign, "rosa@home.example", name="Rosa", appearance="named", words="We drink it")
    other = adds(campaign, "other@home.example")
    before = all_rows()
    said = types("members", "dam", "--erase", "rosa@home.example", "--dry-run")
    assert "Name, email address, country and words of this person are erased" in said
    assert all_rows() == before

    said += types("members", "dam", "--erase", "Rosa@home.example", "--yes")

    gone = person(rosa)
    assert (gone.name, gone.email, gone.words, gone.country, gone.mailbox_hmac) == ("", "", "", "", None)
    assert not gone.stands
    assert person(other).stands
    assert not [secret for secret in ("home.example", "Rosa", "drink") if secret in said]
    assert "No person with this email address" in types("members", "dam", "--erase", "rosa@home.example", code=1)
    assert "expected one email address" in types("members", "dam", "--erase", "rosa", code=2)


def test_a_sealed_letter_that_counts_a_withdrawn_voice_is_sealed_anew(campaign: Campaign) -> None:
    """Once for all that are dropped; one that came after the close is not in the letter."""
    with db.transaction() as session:
        found = session.get_one(Campaign, campaign.id)
        found.letter.texts = {language: f"{text}\n\n{{{{ members }}}}" for language, text in found.letter.texts.items()}
        voices.many(session, found, 3, "spam.example")
        cast.is_sealed(session, found)
        cast.passes_its_deadline(session, found)
        late = voices.a_row(session, found, "late@home.example", confirmed_at=db.clock(session) + timedelta(hours=1))

    def voided() -> set[bool]:
        with db.reading() as session:
            return {moment is not None for moment in session.scalars(select(Seal.voided_at))}

    types("members", "dam", "--withdraw", "late@home.example", "--yes")
    assert person(late.id).withdrawn_at is not None
    assert voided() == {False}
    types("members", "dam", "--drop-domain", "spam.example", "--yes")
    assert voided() == {True}


def test_all_voices_of_one_mail_domain_are_dropped_as_announced(campaign: Campaign) -> None:
    with db.transaction() as session:
        campaign = session.merge(campaign)
        voices.many(session, campaign, 12, "Farm.example", appearance="named")
        voices.many(session, campaign, 3, "xn--bcher-kva.example", confirmed_at=None)
        voices.many(session, campaign, 2, "sub.farm.example")
        voices.many(session, campaign, 2, "notfarm.example")
    before = all_rows()
    listed = types("members", "dam", "--drop-domain", "@FARM.example", "--dry-run")
    assert "12 voices from addresses at farm.example are withdrawn" in listed
    assert "12 of them are to be named to the addressee." in listed
    assert "No voice came" in types("members", "dam", "--drop-domain", "arm.example", "--yes")
    assert all_rows() == before

    assert "Withdrawn: 12." in types("members", "dam", "--drop-domain", "farm.example", "--yes")
    assert "3 more that nobody confirmed by email are withdrawn, too." in types(
        "members", "dam", "--drop-domain", "bücher.example", "--dry-run"
    )

    with db.reading() as session:
        found = load_member_counts(session, [campaign.id])[campaign.id]
    assert (found.counting, found.withdrawn, found.unconfirmed) == (4, 12, 3)
    assert journaled() == {"voice withdrawn": 12}
    assert logged()[-1] == ("organizer", "voice_withdrawn", "12")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_more_come_from_a_dropped_domain_until_somebody_lets_it_again(
    campaign: Campaign, browser: TestClient
) -> None:
    with db.transaction() as session:
        former = voices.a_row(session, session.merge(campaign), "rosa@farm.example", mails=1)
    before = voices.types(browser, "kim@farm.example").text
    with db.transaction() as session:
        session.execute(delete(Mail))
        session.execute(delete(Member).where(Member.id != former.id))
    assert "No more come from farm.example" in types("members", "dam", "--drop-domain", "farm.example", "--yes")
    assert voices.types(browser, "kim@farm.example").text == before, "it is not told"
    kim = voices.members()[-1]
    [waits] = voices.mails()
    with db.reading() as session, pytest.raises(NothingToSay):
        word_mail(session, session.get_one(Mail, waits.id))
    for member in (kim, former):
        assert 'value="add"' not in browser.get(voices.link(member)).text
        assert voices.presses(browser, member).status_code == 410
        assert not person(member.id).stands
    said = types("members", "dam")
    assert "No voices are accepted from: farm.example. 1 person with such an address waits." in said
    assert "not kept out" in types("members", "dam", "--let-domain", "arm.example", "--yes")

    assert "farm.example are accepted again. 1 email" in types(
        "members", "dam", "--let-domain", "@FARM.example", "--yes"
    )
    assert logged()[-1] == ("organizer", "domain_let_again", "1")
    with db.reading() as session:
        [goes] = session.scalars(select(Mail).where(Mail.cancelled_at.is_(None)))
        assert word_mail(session, goes).to == "kim@farm.example"
    assert "No voices are accepted from" not in types("members", "dam")
    voices.presses(browser, person(kim.id))
    assert person(kim.id).stands


def test_very_many_are_dropped_in_groups_so_that_pages_need_not_wait_for_all(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices_by_hand, "AT_ONCE", 5)
    with db.transaction() as session:
        voices.many(session, session.merge(campaign), 12, "farm.example")
    assert "Withdrawn: 12." in types("members", "dam", "--drop-domain", "farm.example", "--yes")
    with db.reading() as session:
        assert load_member_counts(session, [campaign.id])[campaign.id].withdrawn == 12
    assert [number for _, what, number in logged() if what == "voice_withdrawn"] == ["5", "5", "2"]


# Own words.


def test_words_are_read_and_decided_one_by_one(campaign: Campaign) -> None:
    rosa = adds(campaign, "rosa@home.example", name="Rosa", appearance="named", words="We drink it.\nAll of us.")
    shy = adds(campaign, "shy@home.example", words="\x1b[31mI am afraid", language="fr")
    adds(campaign, "new@home.example", words="Not yet confirmed", confirmed_at=None)
    one, two = number_of(rosa), number_of(shy)

    printed = types("words", "dam", code=console.WAITS)
    assert f"{one} Rosa, en" in in_one_line(printed)
    assert "\n    We drink it.\n    All of us." in printed
    assert f"{two} not to be named, fr" in in_one_line(printed)
    assert "<U+001B>[31mI am afraid" in printed
    assert not [secret for secret in ("Shy", "@", "Not yet", "\x1b") if secret in printed]
    data = json.loads(types("words", "dam", "--json", code=console.WAITS))
    assert [(row["number"], row["name"], row["language"]) for row in data] == [(one, "Rosa", "en"), (two, None, "fr")]
    assert set(data[0]) == {"number", "name", "language", "words", "at"}

    before = all_rows()
    assert "The addressee gets these words:" in types("words", "dam", "--agree", one, "--dry-run")
    assert all_rows() == before
    said = types("words", "dam", "--agree", one, "--refuse", f"#{two}", "--yes")
    assert "We drink it." in said
    assert "I am afraid" in said

    assert person(rosa).words_agreed_at is not None
    assert person(rosa).words_refused_at is None
    assert person(shy).words_refused_at is not None
    assert person(shy).stands
    assert logged()[-2:] == [("organizer", "words_agreed", "1"), ("organizer", "words_refused", "1")]
    assert journaled() == {"words gone": 1}
    types("words", "dam")
    assert f"Decided already: #{rosa}." in types("words", "dam", "--refuse", one, "--yes", code=1)


def test_words_that_changed_since_they_were_read_are_not_agreed_to(campaign: Campaign) -> None:
    rosa, ada = adds(campaign, "rosa@home.example", words="Kind words"), adds(campaign, "ada@home.example", words="Hm")
    read = number_of(rosa)
    with db.transaction() as session:
        member = session.get_one(Member, rosa)
        member.words, member.words_at = "Threats", db.clock(session) + timedelta(microseconds=1)
    before = all_rows()

    said = types("words", "dam", "--agree", f"{read},{number_of(ada)},{ada + 1}-aaaaaa", "--yes", code=1)

    assert "Nothing was decided." in said
    assert f"Changed by the person since you read them: #{rosa}. Read them again." in said
    assert f"No words with this number: #{ada + 1}." in said
    assert f"#{ada}." not in said
    assert all_rows() == before


def to_be_told(campaign: Campaign) -> list[tuple[str, str]]:
    """Whom the next email to the addressee names, with their words."""
    with db.reading() as session:
        found = load_new_persons(session, session.get_one(Campaign, campaign.id))
    return [(one.name, one.words) for one in found]


def test_words_wait_as_their_person_wrote_and_changed_them(campaign: Campaign) -> None:
    with db.transaction() as session:
        sophea = voices.a_voice(session, session.merge(campaign))
    read = number_of(sophea.id)
    assert f"{read} Sophea Chan, en" in in_one_line(types("words", "dam", code=console.WAITS))
    with db.transaction() as session:
        changed = Voice("Sophea Chan", "named", "Cambodia", "Our wells are dry.")
        correct_voice(session, sophea.id, sophea.generation, changed)

    assert "Changed by the person" in types("words", "dam", "--agree", read, "--yes", code=1)
    assert "Our wells are dry." in types("words", "dam", "--agree", number_of(sophea.id), "--yes")

    with db.reading() as session:
        assert [one.words for one in load_new_persons(session, session.get_one(Campaign, campaign.id))] == [
            changed.words
        ]
    types("members", "dam", "--withdraw", voices.SOPHEA, "--yes")
    with db.reading() as session:
        assert load_new_persons(session, session.get_one(Campaign, campaign.id)) == []


@pytest.mark.parametrize("over", ["cancelled", "erased"])
def test_words_wait_for_nobody_once_the_letter_is_given_up_or_all_is_erased(campaign: Campaign, over: str) -> None:
    adds(campaign, "rosa@home.example", words="We drink from this river")
    types("words", "dam", code=console.WAITS)
    with db.transaction() as session:
        if over == "cancelled":
            cancel.cancel_campaign(session, campaign.id)
        else:
            cast.the_letter_leaves(session, session.merge(campaign))
            erase.erase_campaign(session, campaign.id)
    with db.reading() as session:
        [found] = load_overviews(session)
        assert (found.members.counts.words_waiting, found.members.waits_for_a_person) == (0, False)
        assert not [one for one in load_todo(session) if one.code == "words"]
    assert "No words wait" in in_one_line(types("words", "dam"))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_somebody_answers_by_mail_to_a_digest_is_shown(campaign: Campaign) -> None:
    with db.transaction() as session:
        found = session.merge(campaign)
        cast.the_letter_leaves(session, found)
        voices.a_digest(session, found)
        mail = session.scalars(select(Mail).where(Mail.kind == "digest")).one()
        mail.sent_at, mail.due_at = db.clock(session), None
        session.add(MailResponse(mail_id=mail.id, kind="person", words="please stop", at=db.clock(session)))

    for command in ("status", "members"):
        assert "somebody wrote: “please stop”" in in_one_line(types(command, "dam", columns=120))
        given = json.loads(types(command, "dam", "--json"))
        [answer] = given.get("members", given)["responses"]
        assert (answer["mail"], answer["kind"], answer["words"]) == ("digest", "person", "please stop")


def test_all_words_are_shown_before_all_are_agreed_to(campaign: Campaign) -> None:
    ids = [adds(campaign, f"p{n}@home.example", words=f"Words number {n}") for n in range(3)]

    said = types("words", "dam", "--agree-all", "--refuse", number_of(ids[1]), "--yes")

    shown = [said.index(f"Words number {n}") for n in (0, 2, 1)]
    assert shown == sorted(shown)
    assert "Record what you decided about the words of 3 persons? --yes" in said
    assert [person(one).words_agreed_at is not None for one in ids] == [True, False, True]
    assert [person(one).words_refused_at is not None for one in ids] == [False, True, False]


def test_of_two_organizers_who_decide_at_once_one_does(campaign: Campaign) -> None:
    with db.transaction() as session:
        voices.many(session, session.merge(campaign), 20, words="Hm")
        read = {one.member_id: one.mark for one in load_waiting_words(session, campaign)}
    outcomes, together = list[str](), threading.Barrier(2)

    def decides(act: str) -> None:
        together.wait()
        try:
            with db.transaction() as session:
                decide_words(session, campaign.id, **({"agree": {}, "refuse": {}} | {act: read}))
            outcomes.append(act)
        except WordsNotDecided as refused:
            outcomes.append(f"{len(refused.facts['decided'])} decided")

    threads = [threading.Thread(target=decides, args=(act,)) for act in ("agree", "refuse")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with db.reading() as session:
        rows = session.scalars(select(Member)).all()
    first = next(iter({"agree", "refuse"} & set(outcomes)))
    assert sorted(outcomes) == sorted([first, "20 decided"])
    assert {one.words_agreed_at is not None for one in rows} == {first == "agree"}
    assert {one.words_refused_at is not None for one in rows} == {first == "refuse"}


# What organizers are told by mail.


def told() -> int:
    with db.transaction() as session:
        return alert_words.tell_of_words(session)


def test_organizers_are_told_once_a_day_while_new_words_wait(campaign: Campaign, clock: Clock) -> None:
    assert told() == 0
    adds(campaign, "new@home.example", words="Not confirmed", confirmed_at=None)
    adds(campaign, "quiet@home.example")
    assert told() == 0
    adds(campaign, "rosa@home.example", words="We drink it", name="Rosa")
    assert (told(), told()) == (1, 0)
    clock.advance(hours=23)
    adds(campaign, "ada@home.example", words="So do we", name="Ada")
    assert told() == 0
    clock.advance(hours=2)
    assert (told(), told()) == (1, 0)
    clock.advance(days=2)
    assert told() == 0, "nothing new came"
    with db.reading() as session:
        mails = session.scalars(select(Mail).where(Mail.kind == "words")).all()
        message = word_mail(session, mails[-1])
    assert message.to == campaign.reply_to
    says(message, "2 persons")
    says(message, "undersigned words dam")
    is_silent_about(message, "Rosa", "Ada", "drink", "home.example")

    types("words", "dam", "--agree-all", "--yes")
    with db.reading() as session, pytest.raises(NothingToSay):
        word_mail(session, session.get_one(Mail, mails[-1].id))


def test_words_that_were_typed_long_before_they_were_confirmed_are_new(campaign: Campaign, clock: Clock) -> None:
    late = adds(campaign, "late@home.example", words="Typed early", confirmed_at=None)
    adds(campaign, "rosa@home.example", words="We drink it")
    assert told() == 1
    clock.advance(hours=30)
    with db.transaction() as session:
        session.get_one(Member, late).confirmed_at = db.clock(session)
    assert told() == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("column", ["cancelled_at", "erased_at"])
def test_nobody_is_told_of_words_once_it_is_over(campaign: Campaign, column: str) -> None:
    adds(campaign, "rosa@home.example", words="We drink it")
    with db.transaction() as session:
        setattr(session.get_one(Campaign, campaign.id), column, db.clock(session))
    assert told() == 0


def test_stopping_twice_changes_nothing(campaign: Campaign) -> None:
    with db.transaction() as session:
        assert door_for_voices.stop_voices(session, campaign.id) == 0
        since = session.get_one(Campaign, campaign.id).voices_stopped_at
        with pytest.raises(MembersUnchanged):
            door_for_voices.stop_voices(session, campaign.id)
        assert session.get_one(Campaign, campaign.id).voices_stopped_at == since
