"""Wrong mail codes: too slow for guessing, and whoever knows the code is not kept out for long."""

import asyncio
import logging
import time

import httpx2
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from tests import cast
from worker import db, tokens
from worker.acts import join
from worker.acts.third_party_limits import Person
from worker.models import Answer, Campaign, Partner, ThirdPartyAddress
from worker.web import code_page, code_throttle
from worker.web.code_throttle import AN_HOUR, MANY, MAX_HOLDERS, SLOTS, VERY_MANY, CodeThrottle, Guessed


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def guess(tallied: CodeThrottle, clock: Clock, partner_id: int, times: int, *, every: float) -> int:
    """Guess so many times; returns how many of the codes were looked at."""
    looked_at = 0
    for _ in range(times):
        if not tallied.is_blocked(Guessed("partner", partner_id)):
            tallied.note(Guessed("partner", partner_id))
            looked_at += 1
        clock.now += every
    return looked_at


def test_a_wrong_code_holds_one_of_five_slots_for_its_second(clock: Clock) -> None:
    tallied = CodeThrottle(clock)
    assert guess(tallied, clock, 1, 60, every=0.001) == SLOTS
    assert tallied.is_blocked(Guessed("partner", 1))
    assert not tallied.is_blocked(Guessed("partner", 2)), "another partner is not concerned"
    clock.now += 1
    assert not tallied.is_blocked(Guessed("partner", 1))


def test_after_a_hundred_within_an_hour_a_slot_is_held_for_a_minute(clock: Clock) -> None:
    tallied = CodeThrottle(clock)
    assert guess(tallied, clock, 1, VERY_MANY, every=1) == VERY_MANY
    began = clock.now
    looked_at = guess(tallied, clock, 1, 3000, every=1)
    assert looked_at <= (clock.now - began) / 60 * SLOTS + SLOTS
    clock.now += AN_HOUR + 60
    assert guess(tallied, clock, 1, 10, every=1) == 10, "an hour later all is forgotten"


def test_who_guesses_all_day_gets_at_few_codes(clock: Clock) -> None:
    tallied = CodeThrottle(clock)
    assert guess(tallied, clock, 1, 24 * 3600 * 2, every=0.5) < 24 * (VERY_MANY + 60 * SLOTS)


def test_it_is_logged_once_an_hour_in_numbers(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    tallied = CodeThrottle(clock)
    with caplog.at_level(logging.INFO):
        guess(tallied, clock, 7, MANY - 1, every=1)
        assert caplog.messages == []
        guess(tallied, clock, 7, 200, every=1)
    assert caplog.messages == ["partner 7: 20 wrong mail codes within an hour"]


def test_a_partner_and_an_applicant_of_the_same_number_have_slots_of_their_own(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    tallied, applicant = CodeThrottle(clock), Guessed("applicant", 7)
    assert guess(tallied, clock, 7, 2 * SLOTS, every=0) == SLOTS
    assert not tallied.is_blocked(applicant)
    for _ in range(MANY):
        tallied.note(applicant)
    assert tallied.is_blocked(applicant)
    clock.now += 1
    assert caplog.messages == ["applicant 7: 20 wrong mail codes within an hour"]


def test_what_is_remembered_is_bounded(clock: Clock) -> None:
    tallied = CodeThrottle(clock)
    for partner_id in range(MAX_HOLDERS + 10):
        guess(tallied, clock, partner_id, 1, every=0)
    guess(tallied, clock, MAX_HOLDERS, 500, every=1)
    assert len(tallied._tallies) == MAX_HOLDERS
    tally = tallied._tallies[Guessed("partner", MAX_HOLDERS)]
    assert (len(tally.at), len(tally.held_until) <= SLOTS) == (VERY_MANY, True)


@pytest.fixture
def partner(database: str) -> Partner:
    with db.transaction() as session:
        return cast.a_campaign(session).partners[0]


def form(partner: Partner, code: str) -> dict[str, str]:
    said = {"choice": "sign", "visibility": "public", "representative": "Sophea Chan", "role": "Secretary"}
    return said | {"authorised": "yes", "mail_code": code}


def answers() -> int:
    with db.reading() as session:
        return session.query(Answer).count()


on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@on_sqlite
def test_guesses_sent_at_once_are_answered_at_once_and_a_right_code_is_taken_a_second_later(
    browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, clock = f"/s/{tokens.token(partner)}", Clock()
    browser.app.state.throttle = CodeThrottle(clock)  # type: ignore[attr-defined]

    async def everybody_at_once() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(browser.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
            wrong = [client.post(link, data=form(partner, f"x{number}")) for number in range(30)]
            answered = await asyncio.gather(*wrong)
            kept_out = await client.post(link, data=form(partner, tokens.mail_code(partner)))
            clock.now += 1
            return [*answered, kept_out, await client.post(link, data=form(partner, tokens.mail_code(partner)))]

    *guessed, kept_out, signed = asyncio.run(everybody_at_once())
    assert sorted(page.status_code for page in guessed) == [422] * SLOTS + [429] * 25
    assert kept_out.status_code == 429
    assert signed.status_code == 303
    assert answers() == 1


@on_sqlite
def test_too_many_wrong_codes_are_said_calmly_in_each_language(browser: TestClient, partner: Partner) -> None:
    for _ in range(SLOTS):
        browser.app.state.throttle.note(Guessed("partner", partner.id))  # type: ignore[attr-defined]
    page = browser.post(f"/s/{tokens.token(partner)}", data=form(partner, "1"))
    assert (page.status_code, page.headers["retry-after"]) == (429, "60")
    assert "Too many wrong codes at this moment" in page.text
    assert "Trop de codes erronés en ce moment" in page.text
    assert "Nothing was recorded." in page.text
    assert browser.get(f"/s/{tokens.token(partner)}").status_code == 200, "looking goes on"


@on_sqlite
def test_four_wrong_codes_under_way_do_not_delay_who_knows(
    browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_throttle, "HELD", 3600)
    for _ in range(SLOTS - 1):
        browser.app.state.throttle.note(Guessed("partner", partner.id))  # type: ignore[attr-defined]
    monkeypatch.setattr(code_page, "WRONG_CODE_DELAY_S", 3600)
    sent = browser.post(f"/s/{tokens.token(partner)}", data=form(partner, tokens.mail_code(partner)))
    assert sent.status_code == 303


@on_sqlite
def test_who_hangs_up_frees_no_slot(browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_throttle, "HELD", 3600)
    monkeypatch.setattr(code_page, "WRONG_CODE_DELAY_S", 3600)
    tallied: CodeThrottle = browser.app.state.throttle  # type: ignore[attr-defined]

    async def five_who_hang_up() -> None:
        transport = httpx2.ASGITransport(browser.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
            link = f"/s/{tokens.token(partner)}"
            posts = [asyncio.create_task(client.post(link, data=form(partner, "1"))) for _ in range(SLOTS)]
            async with asyncio.timeout(60):
                while not tallied.is_blocked(Guessed("partner", partner.id)):
                    await asyncio.sleep(0.01)
            for post in posts:
                post.cancel()
            await asyncio.gather(*posts, return_exceptions=True)

    asyncio.run(five_who_hang_up())
    assert tallied.is_blocked(Guessed("partner", partner.id))


@pytest.mark.usefixtures("full_second")
@on_sqlite
@pytest.mark.parametrize(
    ("typed", "slots"),
    [({"mail_code": "1"}, 1), ({"choice": "sign", "mail_code": "1"}, 1), ({"choice": "sign"}, 0), ({}, 0)],
)
def test_a_wrong_code_costs_a_slot_whatever_else_is_wrong_and_nothing_else_does(
    typed: dict[str, str], slots: int, browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_throttle, "HELD", 3600)
    began = time.monotonic()
    assert browser.post(f"/s/{tokens.token(partner)}", data=typed).status_code == 422
    assert not slots or time.monotonic() - began >= 1
    for _ in range(SLOTS - slots):
        assert not browser.app.state.throttle.is_blocked(Guessed("partner", partner.id))  # type: ignore[attr-defined]
        browser.app.state.throttle.note(Guessed("partner", partner.id))  # type: ignore[attr-defined]
    assert browser.app.state.throttle.is_blocked(Guessed("partner", partner.id))  # type: ignore[attr-defined]


@on_sqlite
def test_guesses_at_an_applicants_code_keep_no_partner_out_and_the_other_way_round(
    browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_throttle, "HELD", 3600)
    monkeypatch.setattr(code_page, "WRONG_CODE_DELAY_S", 0)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, partner.campaign_id)
        campaign.definition = campaign.definition | {"public_page": "from launch", "join": "approved"}
        join.ask_to_join(session, campaign.id, Person("x@lake.example", "en", "Kim", "Lake Friends"))
        applicant = session.scalars(select(ThirdPartyAddress)).one()
    assert applicant.id == partner.id
    pages = {"applicant": f"/j/{tokens.token(applicant, 'join')}", "partner": f"/s/{tokens.token(partner)}/not-us"}

    for kind, other in (("applicant", "partner"), ("partner", "applicant")):
        browser.app.state.throttle = CodeThrottle()  # type: ignore[attr-defined]
        statuses = [browser.post(pages[kind], data={"mail_code": "1"}).status_code for _ in range(SLOTS + 1)]
        assert statuses[SLOTS] == 429
        assert 429 not in statuses[:SLOTS]
        assert browser.post(pages[other], data={"mail_code": "1"}).status_code != 429


@on_sqlite
def test_a_form_with_other_mistakes_and_the_right_code_costs_nothing(browser: TestClient, partner: Partner) -> None:
    for _ in range(2 * SLOTS):
        page = browser.post(f"/s/{tokens.token(partner)}", data={"mail_code": tokens.mail_code(partner)})
        assert page.status_code == 422
