"""Settings that change while a campaign runs: read as `check` reads them, and never to show more than was told."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests import cast
from tests.kept_rows import all_rows, restore
from tests.organizers import DeskBrowser, add, hidden_fields
from worker import db, journal, tokens
from worker.acts import apply_journal, organizers
from worker.acts.amend_letter import replace_letter, with_words
from worker.acts.change_settings import apply_settings
from worker.cli.commands import app
from worker.mail.mime import NothingToSay
from worker.models import AuditEvent, Campaign, Mail, Organizer
from worker.state.public_list import shown_to_everyone
from worker.state.refusals import Closed, NoSettings, Refused, SameSettings, ShowsMore
from worker.wording import mails

sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
pytestmark = pytest.mark.usefixtures("notified", "database")


def a_campaign(**definition: Any) -> int:
    with db.transaction() as session:
        return cast.a_campaign(session, **definition).id


def change(number: int, **values: Any) -> None:
    with db.transaction() as session:
        apply_settings(session, number, values)


def kept(number: int) -> dict[str, Any]:
    with db.reading() as session:
        return session.get_one(Campaign, number).definition


def types(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["change", "dam", *words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def refused(number: int, **values: Any) -> type[Refused]:
    before = kept(number)
    with pytest.raises(Refused) as caught:
        change(number, **values)
    assert kept(number) == before
    return caught.type


def test_each_setting_is_kept_as_a_launch_keeps_it_and_the_log_names_the_keys(database: str) -> None:
    number = a_campaign(public_page="from launch", show_signers="everyone")
    options = {
        "--reminders": "3d, 12h",
        "--review": "1d",
        "--quorum": "7",
        "--reply-to": "new@rivers.example",
        "--public-page": "after dispatch",
        "--show-signers": "partners",
    }
    types(*[word for option in options.items() for word in option], "--yes")
    assert {key: kept(number)[key] for key in ("reminders", "review", "quorum")} == {
        "reminders": [259_200, 43_200],
        "review": 86_400,
        "quorum": 7,
    }
    assert [kept(number)[key] for key in ("reply_to", "public_page", "show_signers")] == [
        "new@rivers.example",
        "after dispatch",
        "partners",
    ]
    with db.reading() as session:
        campaign = session.get_one(Campaign, number)
        assert campaign.reminders == [timedelta(days=3), timedelta(hours=12)]
        (line,) = session.scalars(select(AuditEvent).where(AuditEvent.what == "changed"))
        assert line.detail == "reminders review quorum reply_to public_page show_signers"
        (told,) = session.scalars(select(Mail))
        assert mails.word_mail(session, told).to == "people@rivers.example"


def test_who_moves_the_replies_is_heard_at_every_address_that_they_came_to_and_by_each_owner(database: str) -> None:
    number = a_campaign()
    add("Kim Owner", "kim@rivers.example", {number: "owner"})
    add("Eve Editor", "eve@rivers.example", {number: "editor"})
    gone = add("Ken Gone", "ken@rivers.example", {number: "owner"})
    change(number, reply_to="second@rivers.example")
    change(number, reply_to="thief@elsewhere.example")
    change(number, quorum=3)
    with db.transaction() as session:
        organizers.remove_organizer(session, session.get_one(Organizer, gone))
    with db.reading() as session:
        told = []
        for mail in session.scalars(select(Mail).order_by(Mail.id)):
            if mail.organizer_id == gone:
                with pytest.raises(NothingToSay):
                    mails.word_mail(session, mail)
                continue
            message = mails.word_mail(session, mail)
            told.append(message.to)
            assert "thief@" not in message.text + message.reply_to
    assert told == ["people@rivers.example", "kim@rivers.example", "second@rivers.example", "kim@rivers.example"]


@sqlite
def test_a_letter_that_goes_to_another_address_is_told_to_organizers_and_owners(database: str) -> None:
    number = a_campaign()
    add("Kim Owner", "kim@rivers.example", {number: "owner"})
    with db.transaction() as session:
        letter = session.get_one(Campaign, number).letter
        corrected = with_words(letter, {"en": letter.texts["en"].replace("first", "1st")}, {})
        assert replace_letter(session, number, corrected, meaning=False).told == 0
        assert session.scalars(select(Mail)).all() == []
    with db.transaction() as session:
        moved = with_words(session.get_one(Campaign, number).letter, letter.texts, {})
        moved.addressees[0].email = "thief@elsewhere.example"
        replace_letter(session, number, moved, meaning=False)
    with db.reading() as session:
        told = [mails.word_mail(session, mail) for mail in session.scalars(select(Mail).order_by(Mail.id))]
    assert [message.to for message in told] == ["people@rivers.example", "kim@rivers.example"]
    assert all("thief@" not in message.text for message in told)


@sqlite
def test_all_that_is_wrong_is_told_at_once_in_the_words_of_check(database: str) -> None:
    number = a_campaign()
    before = kept(number)
    said = types(
        *("--reminders", "20d,soon", "--review", "a while", "--quorum", "many", "--reply-to", "nobody"),
        *("--public-page", "allways", "--show-signers", "friends"),
        code=1,
    )
    for sentence in (
        "--reminders: found “soon”; expected a number and one of s, m, h, d",
        "--reminders: found “20d”; expected times that are still ahead",
        "--review: found “a while”",
        "--quorum: found “many”; expected a whole number from 1 to 100,000. Write a whole number, such as 5.",
        "--reply-to: found “nobody”",
        '--public-page: found “allways”; expected "never" or "after dispatch" or "from launch"',
        '--show-signers: found “friends”; expected "nobody" or "partners" or "everyone"',
    ):
        assert sentence in said
    assert kept(number) == before


@sqlite
@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        ({}, {"public_page": "after dispatch"}),
        ({"public_page": "after dispatch"}, {"public_page": "from launch"}),
        ({}, {"show_signers": "partners"}),
        ({"show_signers": "partners"}, {"show_signers": "everyone", "quorum": 2}),
    ],
)
def test_nothing_is_shown_to_more_than_partners_were_told(
    database: str, before: dict[str, str], wanted: dict[str, Any]
) -> None:
    assert refused(a_campaign(**before), **wanted) is ShowsMore


@sqlite
def test_a_command_that_would_show_more_says_that_partners_would_be_asked_anew(database: str) -> None:
    a_campaign()
    assert "would have to be asked anew" in types("--public-page", "from launch", "--yes", code=1)


@sqlite
def test_what_is_so_already_is_no_failure_and_leaves_no_line(database: str) -> None:
    number = a_campaign()
    assert "It is set so already" in types("--quorum", "5", "--show-signers", "nobody", "--yes")
    assert refused(number, quorum=5) is SameSettings
    assert types(code=2)


@sqlite
def test_once_the_list_is_closed_the_letter_only_waits_longer(database: str) -> None:
    number = a_campaign(reminders=[3600])
    with db.transaction() as session:
        cast.passes_its_deadline(session, session.get_one(Campaign, number))
    sooner: dict[str, Any]
    for sooner in ({"review": 60}, {"quorum": 1}, {"reminders": []}):
        assert refused(number, **sooner) is Closed
    change(number, review=90_000, quorum=9, reply_to="new@rivers.example")
    with db.transaction() as session:
        cast.the_letter_leaves(session, session.get_one(Campaign, number))
    assert refused(number, quorum=10) is NoSettings
    change(number, reply_to="newer@rivers.example")


@sqlite
def test_a_reminder_that_has_passed_may_stay_in_the_list(database: str) -> None:
    number = a_campaign(reminders=[30 * 86_400, 86_400])
    types("--reminders", "30d,2d", "--yes")
    assert kept(number)["reminders"] == [30 * 86_400, 2 * 86_400]


def test_what_was_shown_to_fewer_does_not_come_back_with_a_backup(database: str) -> None:
    number = a_campaign(public_page="from launch", show_signers="everyone", members="counted")
    with db.reading() as session:
        before, since = all_rows(session), db.clock(session)
    change(number, public_page="after dispatch")
    change(number, public_page="never", show_signers="partners", quorum=2)
    restore(before)
    assert kept(number)["public_page"] == "from launch"
    for counted in (3, 0):
        with db.transaction() as session:
            assert apply_journal.replay_journal(session, since).counts["shows less"] == counted
    found = kept(number)
    assert (found["public_page"], found["show_signers"], found["quorum"]) == ("never", "partners", 5)


@sqlite
def test_a_replay_never_shows_more_and_reads_no_line_that_it_does_not_know(database: str) -> None:
    number = a_campaign(public_page="never", show_signers="nobody")
    with db.transaction() as session:
        seed, now = session.get_one(Campaign, number).seed, db.clock(session)
        for detail in ("public_page=from-launch", "show_signers=everyone", "quorum=1", "public_page=ever", "-"):
            journal.note(session, "shows less", seed, detail=detail, at=now)
    before = kept(number)
    with db.transaction() as session:
        assert not apply_journal.replay_journal(session, None).counts
    assert kept(number) == before


def test_no_page_that_was_worded_before_is_shown(browser: TestClient, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch", show_signers="everyone")
        river_watch, eau_vive = campaign.partners
        cast.signs(session, eau_vive)
        link, number = f"/s/{tokens.token(river_watch)}", campaign.id
    for _ in range(2):
        page = browser.get(link).text
        assert "Eau Vive" in page
        assert "people@rivers.example" in page
    assert browser.get("/c/dam").status_code == 200
    change(number, public_page="never", show_signers="nobody", reply_to="new@rivers.example")
    page = browser.get(link).text
    assert "Eau Vive" not in page
    assert "people@rivers.example" not in page
    assert "new@rivers.example" in page
    assert browser.get("/c/dam").status_code == 404
    with db.reading() as session:
        assert shown_to_everyone(session, session.get_one(Campaign, number)).rows == []


@sqlite
def test_voices_that_are_there_still_count_and_the_letter_can_be_corrected(database: str) -> None:
    number = a_campaign(public_page="from launch", members="counted")
    with db.transaction() as session:
        session.get_one(Campaign, number).letter.texts = {"en": f"{cast.ENGLISH}\nWith {{{{ members }}}} persons.\n"}
    before = kept(number)
    said = types("--public-page", "never", "--dry-run")
    assert "Nobody can add a voice from now on. Those that are there still count." in said
    assert kept(number) == before
    change(number, public_page="never")
    with db.transaction() as session:
        letter = session.get_one(Campaign, number).letter
        corrected = with_words(letter, {"en": letter.texts["en"].replace("first", "1st")}, {})
        assert replace_letter(session, number, corrected, meaning=False).told == 0


@sqlite
def test_the_desk_shows_each_problem_at_its_field_and_offers_only_what_shows_less(database: str) -> None:
    number = a_campaign(public_page="after dispatch", show_signers="everyone")
    add(seats={number: "editor"})
    maly = DeskBrowser()
    maly.enters()
    place = f"/desk/campaigns/{number}/settings"
    form = maly.get(place).text
    assert 'value="never"' in form
    assert 'value="from launch"' not in form
    wrong = maly.post(place, {"quorum": "many", "public_page": "from launch", "review": "9d"})
    assert wrong.status_code == 422
    assert "Write a whole number, such as 5." in wrong.text
    assert "would have to be asked anew" in wrong.text
    assert 'value="9d"' in wrong.text
    check = maly.post(place, {"quorum": "2", "public_page": "never", "review": "2h", "reminders": "none"})
    assert "Least number of signatures: 2. Until now: 5." in check.text
    assert "Public page: there is no public page." in check.text
    assert "Reminders" not in check.text
    done = maly.post(place, hidden_fields(check))
    assert (
        "Settings were changed: least number of signatures and public page." in maly.get(done.headers["location"]).text
    )
    assert (kept(number)["public_page"], kept(number)["quorum"]) == ("never", 2)
