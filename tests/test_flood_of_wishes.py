"""Very many ask to sign: whoever is among them gets its mail within the hour, and the organizers can end it."""

import itertools
import logging
import sqlite3
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from tests import cast
from tests.conftest import Clock
from tests.mails import is_silent_about, says
from worker import db, settings, tokens
from worker.acts import close, join, receipts
from worker.acts.third_party_limits import BETWEEN, BETWEEN_OF_ORIGIN, FIRST_OF_ORIGIN, LATEST, Person, wait_of
from worker.cli import status_json, status_view
from worker.cli.commands import app as commands
from worker.mail import claims, outbox
from worker.models import AuditEvent, Campaign, Mail, Partner, ThirdPartyAddress
from worker.state.joining import FIRST_OF_CAMPAIGN, FOR_NEWCOMERS, MAX_OF_CAMPAIGN, load_joining
from worker.state.overview import load_overviews
from worker.state.refusals import LinkRevoked, RateLimited
from worker.state.status import load_status
from worker.text.languages import LANGUAGES
from worker.web import origins
from worker.web.app import make_app
from worker.web.origins import Origins, network
from worker.wording.mails import word_mail

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HOSTILE, HONEST = "203.0.113.7", "198.51.100.9"
AN_HOUR = timedelta(hours=1)
_numbers = itertools.count()


@pytest.fixture
def campaign(database: str, notified: list[Any]) -> Campaign:
    with db.transaction() as session:
        return cast.a_campaign(session, public_page="from launch", join="approved")


@pytest.fixture
def house(campaign: Campaign) -> "House":
    return House()


class House:
    """One web process, and visitors from wherever one says."""

    def __init__(self) -> None:
        self._app = make_app()

    def asked(self, host: str, email: str = "", slug: str = "dam") -> str:
        """Somebody at this address asks to sign; the page that it reads, but for what it typed."""
        visitor = TestClient(self._app, follow_redirects=False, client=(host, 50000))
        form = {"organization": "Sham Society", "contact": "Nobody Real", "email": email or an_address()}
        answer = visitor.post(f"/c/{slug}/join", data=form)
        assert answer.status_code == 200
        return answer.text.replace(form["email"], "…")


def an_address() -> str:
    return f"n{next(_numbers)}@sham.example"


def waits(email: str = "") -> list[timedelta]:
    """How long after the wish each mail leaves, in the order in which they were asked for."""
    with db.reading() as session:
        asked = select(Mail).join(ThirdPartyAddress, ThirdPartyAddress.mail_id == Mail.id).order_by(Mail.id)
        if email:
            asked = asked.where(ThirdPartyAddress.email_hmac == tokens.fingerprint(email))
        return [mail.due_at - mail.dated_at for mail in session.scalars(asked) if mail.due_at]


def leaves_at() -> list[datetime]:
    with db.reading() as session:
        return [at for at in session.scalars(select(Mail.due_at).where(Mail.kind == "confirm").order_by(Mail.id)) if at]


def ask_many(campaign: Campaign, number: int, of_its_origin: int = 0) -> None:
    """So many ask, each from another place unless one says how many came from there before."""
    with db.transaction() as session:
        for _ in range(number):
            who = Person(an_address(), "en", "Nobody Real", "Sham Society")
            join.ask_to_join(session, campaign.id, who, of_its_origin=of_its_origin)


def kind(name: str) -> list[Mail]:
    with db.reading() as session:
        return list(session.scalars(select(Mail).where(Mail.kind == name).order_by(Mail.id)))


# How long a mail waits.


def test_the_first_leave_at_once_and_each_further_one_later_but_within_the_hour() -> None:
    from_one = [wait_of(0, before) for before in range(MAX_OF_CAMPAIGN)]
    assert from_one[:FIRST_OF_ORIGIN] == [timedelta(0)] * FIRST_OF_ORIGIN
    later = from_one[FIRST_OF_ORIGIN - 1 :]
    assert all(b - a == BETWEEN_OF_ORIGIN for a, b in itertools.pairwise(later))
    assert from_one[-1] <= LATEST < AN_HOUR
    from_many = [wait_of(before, 0) for before in range(MAX_OF_CAMPAIGN)]
    assert from_many[:FIRST_OF_CAMPAIGN] == [timedelta(0)] * FIRST_OF_CAMPAIGN
    assert all(b - a == BETWEEN for a, b in itertools.pairwise(from_many[FIRST_OF_CAMPAIGN - 1 :]))
    assert from_many[-1] < from_one[-1], "who floods waits longer than who does not"
    assert wait_of(0, 10**6) == LATEST


def test_the_last_places_of_an_hour_are_for_who_asked_only_a_few_times() -> None:
    nearly = MAX_OF_CAMPAIGN - FOR_NEWCOMERS
    with pytest.raises(RateLimited):
        wait_of(nearly, FIRST_OF_ORIGIN)
    assert wait_of(nearly, FIRST_OF_ORIGIN - 1) < AN_HOUR
    with pytest.raises(RateLimited):
        wait_of(MAX_OF_CAMPAIGN, 0)


# From where.


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.8", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", True),
        ("2001:db8:1:2::1", "2001:db8:2:2::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "", True),
        ("not an address\udcff", "unix:", False),
    ],
)
def test_what_one_visitor_has_to_itself_is_one_origin(one: str, other: str, same: bool) -> None:
    assert (network(one) == network(other)) is same
    seen = Origins()
    seen.note(1, one)
    assert seen.note(1, other) == same


def test_an_origin_is_forgotten_after_an_hour_and_each_campaign_counts_by_itself() -> None:
    now = 1000.0
    seen = Origins(lambda: now)
    assert [seen.note(1, HOSTILE) for _ in range(4)] == [0, 1, 2, 3]
    assert seen.note(2, HOSTILE) == 0
    now += 3000
    assert seen.note(1, HOSTILE) == 4
    now += 3600
    assert seen.note(1, HOSTILE) == 0


def test_of_an_origin_a_hash_under_a_key_of_this_process_is_kept_and_no_more_than_so_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(origins, "MAX_ORIGINS", 10)
    seen, other = Origins(), Origins()
    for number in range(50):
        seen.note(1, f"203.0.113.{number}")
        other.note(1, f"203.0.113.{number}")
    assert len(seen._tallies) == 10
    assert not {*seen._tallies} & {*other._tallies}, "another process has another key"
    assert all(network("203.0.113.49") not in one for one in seen._tallies)
    assert seen.note(1, "203.0.113.49") == 1
    assert seen.note(1, "203.0.113.0") == 0


def test_wishes_of_many_threads_are_all_counted() -> None:
    seen = Origins()
    threads = [threading.Thread(target=lambda: [seen.note(1, HOSTILE) for _ in range(200)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen.note(1, HOSTILE) == 1600


@on_sqlite
@pytest.mark.parametrize("proxy", ["127.0.0.1", HOSTILE])
def test_what_a_proxy_says_of_a_visitor_counts_if_that_proxy_is_believed(proxy: str, campaign: Campaign) -> None:
    app: Any = make_app()
    believing: Any = ProxyHeadersMiddleware(app, trusted_hosts="127.0.0.1")  # as uvicorn has it, unless told otherwise
    browser = TestClient(believing, client=(proxy, 50000))
    for number in range(FIRST_OF_ORIGIN + 3):
        form = {"organization": "Sham Society", "contact": "Nobody Real", "email": an_address()}
        browser.post("/c/dam/join", data=form, headers={"X-Forwarded-For": f"198.51.100.{number}"})
    late = [] if proxy == "127.0.0.1" else [number * BETWEEN_OF_ORIGIN for number in (1, 2, 3)]
    assert [wait for wait in waits() if wait] == late


# Who is honest among them.


@on_sqlite
@pytest.mark.parametrize("honest", [HONEST, HOSTILE])
def test_one_that_is_honest_among_three_hundred_gets_its_mail_within_the_hour(honest: str, house: House) -> None:
    for _ in range(300):
        house.asked(HOSTILE)
    house.asked(honest, "office@lakes.example")

    (wait,) = waits("office@lakes.example")
    assert wait < (timedelta(minutes=50) if honest == HOSTILE else timedelta(minutes=10))
    assert sum(one == timedelta(0) for one in waits()) == FIRST_OF_ORIGIN, "few are mailed at once"
    assert leaves_at()[:300] == sorted(leaves_at()[:300])
    assert max(waits()) <= LATEST


@on_sqlite
def test_a_crowd_that_asks_at_once_from_everywhere_is_mailed_one_after_the_other(house: House) -> None:
    crowd = [threading.Thread(target=house.asked, args=(f"203.0.{n // 250}.{n % 250}",)) for n in range(120)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    house.asked(HONEST, "office@lakes.example")
    assert len(waits()) == 121
    assert sum(one == timedelta(0) for one in waits()) == FIRST_OF_CAMPAIGN
    assert waits("office@lakes.example")[0] < timedelta(minutes=10)


def test_whoever_asks_reads_the_same_page_whether_its_mail_goes_now_or_later_or_never(
    house: House, campaign: Campaign
) -> None:
    pages = {house.asked(HOSTILE) for _ in range(FIRST_OF_ORIGIN + 2)}
    pages.add(house.asked(HOSTILE, "twice@lakes.example"))
    pages.add(house.asked(HOSTILE, "twice@lakes.example"))
    assert len(pages) == 1
    assert "can take up to an hour" in pages.pop()


@on_sqlite
def test_two_processes_count_origins_each_by_itself_and_the_campaign_together(house: House, campaign: Campaign) -> None:
    other = House()
    for _ in range(FIRST_OF_ORIGIN):
        house.asked(HOSTILE)
        other.asked(HOSTILE)
    assert waits() == [timedelta(0)] * 2 * FIRST_OF_ORIGIN
    ask_many(campaign, FIRST_OF_CAMPAIGN - 2 * FIRST_OF_ORIGIN)
    house.asked(HONEST)
    other.asked(HONEST)
    assert waits()[-2:] == [BETWEEN, 2 * BETWEEN]


@on_sqlite
def test_who_floods_one_letter_slows_down_no_other(house: House) -> None:
    with db.transaction() as session:
        cast.a_campaign(session, "other", public_page="from launch", join="approved")
    for _ in range(FIRST_OF_ORIGIN + 5):
        house.asked(HOSTILE)
    house.asked(HOSTILE, "office@lakes.example", slug="other")
    assert waits("office@lakes.example") == [timedelta(0)]


@on_sqlite
def test_beyond_the_most_of_an_hour_no_mail_goes_and_status_says_it(
    house: House, campaign: Campaign, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    ask_many(campaign, MAX_OF_CAMPAIGN - FOR_NEWCOMERS)
    pages = {house.asked(HOSTILE) for _ in range(FIRST_OF_ORIGIN + 1)}
    assert len(pages) == 1
    assert len(waits()) == MAX_OF_CAMPAIGN - FOR_NEWCOMERS + FIRST_OF_ORIGIN, "a newcomer still finds a place"
    with db.reading() as session:
        found = load_status(session, session.get_one(Campaign, campaign.id))
        assert found.joining.turns_away
        status_view.one_campaign(found)
    assert "new ones get no email until fewer ask" in capsys.readouterr().out
    ask_many(campaign, FOR_NEWCOMERS - FIRST_OF_ORIGIN)
    with pytest.raises(RateLimited):
        ask_many(campaign, 1)
    clock.advance(minutes=61)
    ask_many(campaign, 1)


@pytest.mark.parametrize("hours", [3, -3])
def test_a_clock_that_is_moved_locks_nobody_out(hours: int, house: House, campaign: Campaign, clock: Clock) -> None:
    ask_many(campaign, FIRST_OF_CAMPAIGN + 20)
    clock.advance(hours=hours)
    house.asked(HONEST, "office@lakes.example")
    assert waits("office@lakes.example") == [timedelta(0)]


# What is said of it.


def test_the_organizers_are_told_once_an_hour_at_most(campaign: Campaign, clock: Clock) -> None:
    ask_many(campaign, FIRST_OF_CAMPAIGN)
    assert kind("flood") == []
    ask_many(campaign, 20)
    assert len(kind("flood")) == 1
    for _ in range(5):
        clock.advance(minutes=11)
        ask_many(campaign, 10)
    assert len(kind("flood")) == 1
    clock.advance(minutes=6)
    ask_many(campaign, 10)
    assert len(kind("flood")) == 2


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_organizers_read_what_goes_on_and_what_they_can_type(language: str, campaign: Campaign) -> None:
    ask_many(campaign, FIRST_OF_CAMPAIGN + 12)
    with db.reading() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "flood")).one()
        mail.language = language
        message = word_mail(session, mail)
    assert message.to == campaign.reply_to
    for fragment in ("30", "42", "undersigned status dam", "undersigned admit dam --forget-unconfirmed"):
        says(message, fragment)
    is_silent_about(message, "Sham", "Nobody", "sham.example")


@on_sqlite
def test_status_says_a_flood_and_how_to_end_it(campaign: Campaign, capsys: pytest.CaptureFixture[str]) -> None:
    def told() -> tuple[str, dict[str, Any]]:
        with db.reading() as session:
            found = load_status(session, session.get_one(Campaign, campaign.id))
            (overview,) = load_overviews(session)
        assert overview.joining == found.joining
        status_view.one_campaign(found)
        return " ".join(capsys.readouterr().out.split()), status_json.as_json(found)["joining"]

    numbers = {"asked_lately": 0, "unconfirmed": 0, "waiting": 0, "flood": False, "turned_away": False}
    assert told()[1] == numbers
    ask_many(campaign, FIRST_OF_CAMPAIGN)
    shown, data = told()
    assert "Many ask to sign" not in shown
    assert data == numbers | {"asked_lately": 30, "unconfirmed": 30, "waiting": 30}
    ask_many(campaign, 12)
    shown, data = told()
    assert "Many ask to sign: 42 within the hour 42 not confirmed by email; 42 emails wait for a turn" in shown
    assert "admit dam --forget-unconfirmed" in shown
    assert data == numbers | {"asked_lately": 42, "unconfirmed": 42, "waiting": 42, "flood": True}


@on_sqlite
def test_no_name_and_no_address_is_logged_or_stored(
    house: House, campaign: Campaign, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for _ in range(FIRST_OF_CAMPAIGN + 10):
            house.asked(HOSTILE)
    logged = "".join(one.getMessage() for one in caplog.records if not one.name.startswith("httpx"))
    db.dispose()
    with sqlite3.connect(settings.current().data_dir / "undersigned.db") as connection:
        stored = "".join(connection.iterdump())
    for secret in (HOSTILE, "cb007107", "Sham", "Nobody Real", "sham.example"):
        assert secret not in logged
        assert secret.lower() not in stored.lower()


# The campaign's own mail.


def test_a_flood_delays_no_invitation_and_no_receipt(campaign: Campaign) -> None:
    ask_many(campaign, 20)
    with db.transaction() as session:
        invited(session, campaign, db.clock(session))
        cast.signs(session, session.get_one(Partner, campaign.partners[0].id))
        receipts.put_receipts(session, campaign.id)
    with db.transaction() as session:
        claimed = claims.claim(session, "one")
        kinds = [session.get_one(Mail, one).kind for one in claimed]
    # The answer called back one of the two invitations.
    assert kinds == ["receipt", "invitation", *["confirm"] * 20]


@pytest.mark.parametrize("quota", [{"smtp_per_hour": 40}, {"smtp_per_day": 40, "smtp_per_hour": 100}])
def test_of_a_quota_a_flood_has_its_share_and_no_more(quota: dict[str, int], campaign: Campaign, clock: Clock) -> None:
    settings.set_for_this_process(**quota)
    ask_many(campaign, FIRST_OF_CAMPAIGN)
    kinds = claimed_and_sent()
    assert kinds == ["confirm"] * 10
    assert claimed_and_sent() == []
    with db.transaction() as session:
        now = db.clock(session)
        invited(session, campaign, now)
    assert claimed_and_sent() == ["invitation"] * len(campaign.partners)
    with db.reading() as session:
        (line,) = load_overviews(session)
        assert not line.relay.stuck
    clock.advance(hours=25)
    assert claimed_and_sent() == ["confirm"] * 10


def invited(session: Session, campaign: Campaign, now: datetime) -> None:
    outbox.put(session, [outbox.to_partner("invitation", campaign, one, "1", now) for one in campaign.partners])


def claimed_and_sent() -> list[str]:
    """The kinds of the mails that may leave now, which the relay takes."""
    with db.transaction() as session:
        claimed = claims.claim(session, "one")
        kinds = [session.get_one(Mail, one).kind for one in claimed]
        claims.mark_sent(session, "one", [(one, "250 ok", "") for one in claimed], db.clock(session))
    return kinds


@on_sqlite
def test_nobody_is_asked_to_confirm_what_has_closed_meanwhile(campaign: Campaign) -> None:
    ask_many(campaign, FIRST_OF_CAMPAIGN + 5)
    with db.transaction() as session:
        cast.passes_its_deadline(session, session.get_one(Campaign, campaign.id), closed=False)
    close.close_and_seal(campaign.id)
    assert waits() == []
    assert all(mail.cancelled_at for mail in kind("confirm"))


# The way out.


@pytest.fixture
def flooded(campaign: Campaign) -> ThirdPartyAddress:
    """A campaign in a flood, with one who confirmed."""
    ask_many(campaign, FIRST_OF_CAMPAIGN + 12)
    with db.transaction() as session:
        one = session.scalars(select(ThirdPartyAddress).order_by(ThirdPartyAddress.id)).first()
        assert one
        join.confirm_wish(session, one.id)
    return one


def strangers() -> Sequence[ThirdPartyAddress]:
    with db.reading() as session:
        return session.scalars(select(ThirdPartyAddress).order_by(ThirdPartyAddress.id)).all()


def test_all_that_nobody_confirmed_is_forgotten_and_its_mails_do_not_leave(
    campaign: Campaign, flooded: ThirdPartyAddress, clock: Clock
) -> None:
    with db.transaction() as session:
        assert join.forget_unconfirmed(session, campaign.id) == (41, 41)
    with db.transaction() as session:
        assert join.forget_unconfirmed(session, campaign.id) == (0, 0)
        (noted,) = session.scalars(select(AuditEvent).where(AuditEvent.what == "not_admitted"))
        assert (noted.actor, noted.detail) == ("organizer", "41")
        joining = load_joining(session, [campaign.id], db.clock(session))[campaign.id]
        assert (joining.asked_lately, joining.unconfirmed, joining.waiting) == (1, 0, 0)
    kept, *forgotten = strangers()
    assert kept.organization == "Sham Society"
    assert {(one.organization, one.contact, one.email) for one in forgotten} == {("", "", "")}
    clock.advance(hours=2)
    assert claimed_and_sent() == ["flood", "applicant", "confirm"]


def test_a_link_to_a_forgotten_wish_is_as_unknown_as_any_other(
    browser: TestClient, campaign: Campaign, flooded: ThirdPartyAddress
) -> None:
    with db.transaction() as session:
        join.forget_unconfirmed(session, campaign.id)
    unknown, forgotten = browser.get(f"/j/{'A' * 36}"), strangers()[-1]
    link, code = f"/j/{tokens.token(forgotten, 'join')}", {"mail_code": tokens.mail_code(forgotten)}
    for answer in (browser.get(link), browser.post(link, data=code)):
        assert (answer.status_code, answer.content) == (404, unknown.content)
    assert "has been sent to the organizers" in browser.get(f"/j/{tokens.token(flooded, 'join')}").text
    with db.transaction() as session, pytest.raises(LinkRevoked):
        join.confirm_wish(session, forgotten.id)


@on_sqlite
def test_an_organizer_is_shown_how_many_and_asked(campaign: Campaign, flooded: ThirdPartyAddress) -> None:
    def types(*words: str, code: int = 0) -> str:
        ended = CliRunner().invoke(commands, ["admit", "dam", *words])
        assert ended.exit_code == code, ended.output
        return " ".join(ended.output.split())

    what = "41 requests that nobody has confirmed, of which 41 emails had not been sent"
    assert types("--forget-unconfirmed", "--dry-run") == f"Dry run: would be deleted: {what}."
    asked = types("--forget-unconfirmed", code=2)
    assert "41 requests that nobody has confirmed are deleted. 41 emails about them were not sent yet" in asked
    assert "do not name an organization" in types("--forget-unconfirmed", "Sham Society", code=2)
    assert "Which one?" in types(code=2)
    assert sum(one.decided_at is not None for one in strangers()) == 0
    assert types("--forget-unconfirmed", "--yes").endswith(f" --yes Deleted: {what}.")
    assert sum(one.decided_at is not None for one in strangers()) == 41
    assert "nothing was changed" in types("--forget-unconfirmed", "--yes")
