"""Mail codes: fifty wrong ones are compared and no more, and whoever has the mail is heard at once all the same."""

import asyncio
import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from anyio.to_thread import current_default_thread_limiter
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from tests.servers import TIMEOUT_S
from tests.sql import statements
from worker import db, tokens
from worker.acts import audit, check_code, correct_address, disown, erase, join
from worker.acts.answer import AnswerInput, Statement
from worker.acts.third_party_limits import Person
from worker.cli import status_view
from worker.cli.status_json import as_json
from worker.models import MAX_WRONG_CODES, Answer, AuditEvent, Campaign, Mail, Partner, ThirdPartyAddress
from worker.state.links import Link
from worker.state.status import load_status
from worker.text.languages import LANGUAGES
from worker.web import code_page, partner_page, responses
from worker.web.partner_page import Given
from worker.wording import templates

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SPENT = "The six digits no longer work here. Enter the long code."
ONLY_THE_LONG_ONE = (
    "Too many wrong codes were entered here, so this page now accepts only the long code: the 16 digits in our "
    "email to you, below the confirmation code. It works at once."
)


@pytest.fixture
def partner(database: str) -> Partner:
    with db.transaction() as session:
        return cast.a_campaign(session).partners[0]


@pytest.fixture
def applicant(partner: Partner) -> ThirdPartyAddress:
    """Of the same number as the partner."""
    with db.transaction() as session:
        campaign = session.get_one(Campaign, partner.campaign_id)
        campaign.definition = campaign.definition | {"public_page": "from launch", "join": "approved"}
        join.ask_to_join(session, campaign.id, Person("x@lake.example", "en", "Kim", "Lake Friends"))
        found = session.scalars(select(ThirdPartyAddress)).one()
    assert found.id == partner.id
    return found


def signing(code: str) -> dict[str, str]:
    said = {"choice": "sign", "visibility": "public", "representative": "Sophea Chan", "role": "Secretary"}
    return said | {"authorised": "yes", "mail_code": code}


def link(partner: Partner) -> str:
    return f"/s/{tokens.token(partner)}"


def wrong(linked: tokens.Linked, number: int = 1) -> str:
    return f"{(int(tokens.mail_code(linked)) + number) % 1_000_000:06d}"


def guessed(times: int, row: Partner | ThirdPartyAddress) -> None:
    with db.transaction() as session:
        session.execute(update(type(row)).where(type(row).id == row.id).values(wrong_codes=times))


def counted(row: Partner | ThirdPartyAddress) -> int:
    with db.reading() as session:
        session.add(row)
        session.refresh(row)
        return row.wrong_codes


def mails(kind: str) -> list[Mail]:
    with db.reading() as session:
        return list(session.scalars(select(Mail).where(Mail.kind == kind)))


def is_signed(partner: Partner) -> bool:
    with db.reading() as session:
        standing = select(Answer).where(Answer.partner_id == partner.id, Answer.superseded_at.is_(None))
        return session.scalar(standing.where(Answer.choice == "sign")) is not None


def at_once(browser: TestClient, forms: list[tuple[str, dict[str, str]]]) -> list[httpx2.Response]:
    async def everybody() -> list[httpx2.Response]:
        transport = httpx2.ASGITransport(browser.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here", timeout=60) as client:
            return await asyncio.gather(*[client.post(link, data=form) for link, form in forms])

    return asyncio.run(everybody())


# How many are compared.


def test_of_two_hundred_guesses_at_once_fifty_are_compared_and_the_long_code_is_taken(
    browser: TestClient, partner: Partner, notified: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = at_once(browser, [(link(partner), signing(wrong(partner, number))) for number in range(1, 201)])

    assert {page.status_code for page in told} == {422}
    assert sum("That code is not right." in page.text for page in told) == MAX_WRONG_CODES - 1
    assert sum(SPENT in page.text for page in told) == 200 - MAX_WRONG_CODES + 1
    assert counted(partner) == MAX_WRONG_CODES
    assert browser.post(link(partner), data=signing(tokens.mail_code(partner))).status_code == 422, "even the right one"
    assert not is_signed(partner)
    monkeypatch.setattr(code_page, "WRONG_CODE_DELAY_S", TIMEOUT_S)
    began = time.monotonic()
    assert browser.post(link(partner), data=signing(tokens.printed_long_code(partner))).status_code == 303
    assert time.monotonic() - began < TIMEOUT_S, "who knows the code does not wait"
    assert is_signed(partner)
    assert counted(partner) == MAX_WRONG_CODES
    assert notified.count(("deliver",)) == 1


def test_processes_that_compare_at_once_count_together(partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thread stands for a process: it opens its own transaction, and knows nothing of the others."""
    compared, guard = [], threading.Lock()
    is_mail_code = tokens.is_mail_code

    def noting(linked: tokens.Linked, typed: str) -> bool:
        with guard:
            compared.append(typed)
        time.sleep(0.002)
        return is_mail_code(linked, typed)

    monkeypatch.setattr(tokens, "is_mail_code", noting)

    said = AnswerInput(partner.id, "sign", "public", Statement("Ada", "chair"), Link(partner.generation))

    def guesses(answers: bool) -> None:
        for number in range(1, 30):
            given = check_code.SixDigits(partner.id, partner.ref, partner.generation, wrong(partner, number))
            if answers:
                partner_page._record(partner.campaign_id, [Given(said, given)])
            else:
                code_page._check(Partner, [given] * 3)

    hands = [threading.Thread(target=guesses, args=[answers]) for answers in (True, False) * 2]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert (len(compared), counted(partner)) == (MAX_WRONG_CODES, MAX_WRONG_CODES)


@on_sqlite
def test_forty_nine_wrong_ones_end_nothing(browser: TestClient, partner: Partner) -> None:
    for number in range(1, MAX_WRONG_CODES):
        assert browser.post(link(partner), data=signing(wrong(partner, number))).status_code == 422
    assert counted(partner) == MAX_WRONG_CODES - 1
    assert mails("code_guessed") == []
    assert browser.post(link(partner), data=signing(tokens.mail_code(partner))).status_code == 303
    assert counted(partner) == MAX_WRONG_CODES - 1


@pytest.mark.parametrize("typed", ["", " ", "1", "12 34", "x", "1234567", "1" * 16, "9" * 17])
@on_sqlite
def test_what_are_no_six_digits_is_no_guess(typed: str, browser: TestClient, partner: Partner) -> None:
    page = browser.post(link(partner), data=signing(typed))
    assert page.status_code == 422
    assert 'id="mail_code-problem"' in page.text
    assert counted(partner) == 0


@on_sqlite
def test_a_wrong_code_counts_whatever_else_is_wrong_and_a_right_one_never_does(
    browser: TestClient, partner: Partner
) -> None:
    for form in ({}, {"choice": "sign"}, signing("")):
        assert browser.post(link(partner), data=form | {"mail_code": wrong(partner)}).status_code == 422
    assert counted(partner) == 3
    for _ in range(60):
        assert browser.post(link(partner), data={"mail_code": tokens.mail_code(partner)}).status_code == 422
    assert counted(partner) == 3


@on_sqlite
def test_guesses_at_all_pages_behind_a_partners_links_are_one_number(browser: TestClient, partner: Partner) -> None:
    with db.transaction() as session:
        cast.signs(session, session.get_one(Partner, partner.id))
    quiet = f"/u/{tokens.token(partner, 'quiet')}"
    for page in (link(partner), *(f"{link(partner)}/{below}" for below in ("row", "pass-on", "not-us")), quiet):
        assert browser.post(page, data={"mail_code": wrong(partner)}).status_code == 422
    assert counted(partner) == 5
    assert browser.post(quiet, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert counted(partner) == 5


@on_sqlite
def test_an_applicant_and_a_partner_of_the_same_number_are_counted_each_by_itself(
    browser: TestClient, partner: Partner, applicant: ThirdPartyAddress
) -> None:
    confirming, told = f"/j/{tokens.token(applicant, 'join')}", set()
    for number in range(1, MAX_WRONG_CODES + 11):
        told.add(browser.post(confirming, data={"mail_code": wrong(applicant, number)}).status_code)
    assert told == {422}
    assert (counted(applicant), counted(partner)) == (MAX_WRONG_CODES, 0)
    assert mails("code_guessed") + mails("guessing") == [], "nobody is written to for it"
    assert browser.post(confirming, data={"mail_code": tokens.mail_code(applicant)}).status_code == 422
    assert ONLY_THE_LONG_ONE in browser.get(confirming).text
    assert browser.post(confirming, data={"mail_code": tokens.long_code(applicant)}).status_code == 200
    with db.reading() as session:
        assert session.get_one(ThirdPartyAddress, applicant.id).confirmed_at is not None


def _corrects(session: Session, partner: Partner) -> None:
    correct_address.change_address(session, partner.id, "new@rivers.example")


def _disowns(session: Session, partner: Partner) -> None:
    disown.disown_answer(session, partner.id)


@on_sqlite
@pytest.mark.parametrize("renews", [_corrects, _disowns])
def test_at_a_renewed_link_six_digits_are_taken_again(
    renews: Callable[[Session, Partner], None], browser: TestClient, partner: Partner
) -> None:
    with db.transaction() as session:
        cast.signs(session, session.get_one(Partner, partner.id))
    guessed(MAX_WRONG_CODES, partner)
    with db.transaction() as session:
        renews(session, partner)
    with db.reading() as session:
        renewed = session.get_one(Partner, partner.id)
    assert renewed.wrong_codes == 0
    assert tokens.long_code(renewed) != tokens.long_code(partner)
    assert browser.post(link(renewed), data=signing(tokens.long_code(partner))).status_code == 422
    assert browser.post(link(renewed), data=signing(tokens.mail_code(renewed))).status_code == 303


@on_sqlite
def test_who_is_erased_has_no_guesses(partner: Partner) -> None:
    guessed(MAX_WRONG_CODES, partner)
    with db.transaction() as session:
        erase.erase_partner(session, partner.id)
    assert counted(partner) == 0


# The long code.


@on_sqlite
@pytest.mark.parametrize("times", [0, MAX_WRONG_CODES])
@pytest.mark.parametrize("how", ["as it is printed", "without spaces", "with hyphens", "in Khmer digits"])
def test_the_long_code_is_taken_however_it_is_typed(
    how: str, times: int, browser: TestClient, partner: Partner
) -> None:
    guessed(times, partner)
    printed = tokens.printed_long_code(partner)
    typed = {
        "without spaces": printed.replace(" ", ""),
        "with hyphens": printed.replace(" ", "-"),
        "in Khmer digits": "  " + printed.translate({ord("0") + digit: 0x17E0 + digit for digit in range(10)}),
    }.get(how, printed)
    assert browser.post(link(partner), data=signing(typed)).status_code == 303


@on_sqlite
def test_the_long_code_needs_no_lock_and_nothing_written(browser: TestClient, partner: Partner) -> None:
    with db.transaction() as session:  # which on SQLite has the whole database
        session.connection()
        for code in (tokens.long_code(partner), "1" * 16):
            assert browser.post(link(partner), data={"mail_code": code}).status_code == 422
    assert counted(partner) == 0


@on_sqlite
def test_a_wrong_long_code_is_told_by_its_name(browser: TestClient, partner: Partner) -> None:
    page = browser.post(link(partner), data=signing("1" * 16))
    assert "That long code is not right. Check the 16 digits in our email." in page.text


def test_the_two_codes_of_a_link_are_made_apart_and_of_each_link_its_own(partner: Partner) -> None:
    with db.reading() as session:
        one, other = session.get_one(Campaign, partner.campaign_id).partners
    code = tokens.long_code(one)
    assert re.fullmatch("[0-9]{16}", code)
    assert tokens.printed_long_code(one).split() == [code[0:4], code[4:8], code[8:12], code[12:16]]
    assert len({code, tokens.long_code(other)}) == 2
    assert tokens.mail_code(one) not in {code[:6], code[-6:]}
    assert [tokens.kind_of_code(typed) for typed in ("123 456", code, "12", "")] == [
        "mail code",
        "long code",
        None,
        None,
    ]


# What a code costs.


def of_the_check(seen: list[str]) -> list[str]:
    return [one for one in seen if "wrong_codes" in one.partition("FROM")[0] or "pg_advisory_xact_lock(" in one]


def test_a_right_code_takes_three_statements_more_and_writes_nothing(browser: TestClient, partner: Partner) -> None:
    form = {"mail_code": tokens.mail_code(partner), "choice": "sign"}  # not filled in, so nothing is recorded
    browser.post(link(partner), data=form)
    with statements() as by_six_digits:
        browser.post(link(partner), data=form)
    with statements() as by_the_long_code:
        browser.post(link(partner), data=form | {"mail_code": tokens.long_code(partner)})
    count = lambda seen: len([one for one in seen if not one.startswith("BEGIN")])
    assert count(by_six_digits) - count(by_the_long_code) <= 3  # one asks whether the database was put back
    assert not any(word in one for one in by_six_digits for word in ("UPDATE", "INSERT"))


def test_a_group_of_right_codes_takes_as_many_statements_as_one(browser: TestClient, partner: Partner) -> None:
    with db.reading() as session:
        partners = session.get_one(Campaign, partner.campaign_id).partners
    given = [check_code.SixDigits(one.id, one.ref, one.generation, tokens.mail_code(one)) for one in partners] * 20
    counts = []
    for group in (given[:1], given):
        with statements() as seen:
            assert set(code_page._check(Partner, group)) == {"right"}
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 3


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_for_a_right_code_nothing_waits_for_the_disk(partner: Partner) -> None:
    """A transaction without a number of its own has written nothing, and no lock of a row either."""
    for code, writes in ((tokens.mail_code(partner), False), (wrong(partner), True)):
        given = [check_code.SixDigits(partner.id, partner.ref, partner.generation, code)]
        with db.transaction() as session:
            verdicts = check_code.compare_codes(session, Partner, given)
            check_code.count_wrong(session, Partner, given, verdicts)
            assert (session.scalar(text("SELECT pg_current_xact_id_if_assigned()::text")) is not None) is writes


def test_after_the_last_nothing_is_compared_locked_or_written(
    browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    guessed(MAX_WRONG_CODES, partner)
    monkeypatch.setattr(tokens, "is_mail_code", lambda *_: pytest.fail("it was compared"))
    with statements() as seen:
        assert browser.post(link(partner), data=signing(tokens.mail_code(partner))).status_code == 422
    assert not any(word in one for one in seen for word in ("UPDATE", "INSERT", "IMMEDIATE", "pg_advisory"))


# Who waits.


@pytest.mark.usefixtures("full_second")
@on_sqlite
@pytest.mark.parametrize("typed", [{"mail_code": "000 000"}, {"choice": "sign", "mail_code": "1"}])
def test_that_a_code_was_wrong_is_said_after_a_second(
    typed: dict[str, str], browser: TestClient, partner: Partner
) -> None:
    assert tokens.mail_code(partner) != "000000"
    began = time.monotonic()
    assert browser.post(link(partner), data=typed).status_code == 422
    assert time.monotonic() - began >= 1


@on_sqlite
@pytest.mark.parametrize("typed", [{"choice": "sign"}, {}])
def test_that_a_code_is_missing_is_said_at_once(
    typed: dict[str, str], browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code_page, "WRONG_CODE_DELAY_S", TIMEOUT_S)
    began = time.monotonic()
    assert browser.post(link(partner), data=typed).status_code == 422
    assert time.monotonic() - began < TIMEOUT_S


@on_sqlite
def test_pages_for_wrong_codes_are_made_two_at_a_time_and_a_right_one_passes_them(
    browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    show, under_way, go_on = responses.show, list[str](), threading.Event()

    def slow(template: str, *how: Any, **context: Any) -> Any:
        if "mail_code" in context["problems"]:
            under_way.append(template)
            assert go_on.wait(2 * TIMEOUT_S)
        return show(template, *how, **context)

    monkeypatch.setattr(responses, "show", slow)

    async def twelve_guess_and_one_knows() -> list[int]:
        transport = httpx2.ASGITransport(browser.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here", timeout=60) as client:
            guesses = [client.post(link(partner), data=signing(wrong(partner, n))) for n in range(1, 13)]
            waiting = [asyncio.create_task(guess) for guess in guesses]
            async with asyncio.timeout(TIMEOUT_S):
                while len(under_way) < 2:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            assert (len(under_way), current_default_thread_limiter().borrowed_tokens) == (2, 2)
            async with asyncio.timeout(TIMEOUT_S):
                knows = await client.post(link(partner), data=signing(tokens.mail_code(partner)))
            go_on.set()
            return [knows.status_code, *(page.status_code for page in await asyncio.gather(*waiting))]

    assert asyncio.run(twelve_guess_and_one_knows()) == [303] + [422] * 12


@on_sqlite
def test_who_hangs_up_is_counted(browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_page, "WRONG_CODE_DELAY_S", 3600)

    async def five_who_hang_up() -> None:
        transport = httpx2.ASGITransport(browser.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://here") as client:
            posts = [asyncio.create_task(client.post(link(partner), data=signing(wrong(partner)))) for _ in range(5)]
            async with asyncio.timeout(TIMEOUT_S):
                while counted(partner) < 5:
                    await asyncio.sleep(0.01)
            for post in posts:
                post.cancel()
            await asyncio.gather(*posts, return_exceptions=True)

    asyncio.run(five_who_hang_up())
    assert counted(partner) == 5


@on_sqlite
def test_a_wrong_code_that_cannot_be_counted_is_not_told_and_takes_no_right_one_with_it(
    browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("the audit log is full")

    guessed(MAX_WRONG_CODES - 1, partner)
    monkeypatch.setattr(audit, "log", fails)
    typed = [tokens.mail_code(partner), wrong(partner), tokens.mail_code(partner)]
    given = [check_code.SixDigits(partner.id, partner.ref, partner.generation, code) for code in typed]

    first, *others = code_page._check(Partner, given)

    assert first == "right"
    assert [type(other) for other in others] == [RuntimeError] * 2, "nothing is known of what was not committed"
    assert counted(partner) == MAX_WRONG_CODES - 1
    assert mails("guessing") == []


# What is told.


def test_after_the_last_wrong_one_the_partner_and_the_organizers_are_told_once(
    browser: TestClient, partner: Partner, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "codes"):
        at_once(browser, [(link(partner), signing(wrong(partner, number))) for number in range(1, 71)])

    [to_partner], [to_organizers] = mails("code_guessed"), mails("guessing")
    assert (to_partner.partner_id, to_partner.generation, to_partner.contact_id) == (
        partner.id,
        partner.generation,
        None,
    )
    assert to_organizers.partner_id is None
    assert caplog.messages == [f"partner {partner.id}: 50 wrong mail codes"]
    with db.reading() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.what == "code_guessed")).all()
    assert [event.partner_id for event in events] == [partner.id]


@on_sqlite
@pytest.mark.parametrize(
    ("what", "told"), [({"quiet_at": True}, 1), ({"silenced_at": True}, 0), ({"email": "", "email_hmac": None}, 0)]
)
def test_who_asked_for_no_mail_is_told_and_who_has_no_address_or_is_silenced_is_not(
    what: dict[str, Any], told: int, browser: TestClient, partner: Partner
) -> None:
    with db.transaction() as session:
        for column, value in what.items():
            setattr(session.get_one(Partner, partner.id), column, db.clock(session) if value is True else value)
    guessed(MAX_WRONG_CODES - 1, partner)
    browser.post(link(partner), data=signing(wrong(partner)))
    assert (len(mails("code_guessed")), len(mails("guessing"))) == (told, 1)


@on_sqlite
def test_what_is_guessed_at_a_renewed_link_is_told_anew(browser: TestClient, partner: Partner) -> None:
    for _ in range(2):
        guessed(MAX_WRONG_CODES - 1, partner)
        browser.post(link(partner), data=signing(wrong(partner)))
        with db.transaction() as session:
            partner = session.get_one(Partner, partner.id)
            partner.renew_link()
    assert (len(mails("code_guessed")), len(mails("guessing"))) == (2, 2)


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_then_asks_for_the_long_code(
    language: str, browser: TestClient, partner: Partner, applicant: ThirdPartyAddress
) -> None:
    with db.transaction() as session:
        cast.signs(session, session.get_one(Partner, partner.id))
    gettext = templates.page_words(language).gettext
    six_digits = gettext("The six digits in our email to you, below the link.")
    pages = [link(partner), *(f"{link(partner)}/{below}" for below in ("row", "pass-on", "not-us"))]
    pages += [f"/u/{tokens.token(partner, 'quiet')}", f"/j/{tokens.token(applicant, 'join')}"]
    for page in pages:
        assert six_digits in browser.get(page, params={"lang": language}).text
    for row in (partner, applicant):
        guessed(MAX_WRONG_CODES, row)
    for page in pages:
        asked = browser.get(page, params={"lang": language}).text
        assert gettext(ONLY_THE_LONG_ONE) in asked
        assert six_digits not in asked
        for typed in ("", wrong(partner)):
            told = browser.post(page, data={"mail_code": typed, "lang": language})
            assert told.status_code == 422
            assert gettext(SPENT) in told.text


@on_sqlite
def test_status_says_whose_six_digits_are_no_longer_taken(partner: Partner, capsys: pytest.CaptureFixture[str]) -> None:
    guessed(MAX_WRONG_CODES, partner)
    with db.reading() as session:
        found = load_status(session, session.get_one(Campaign, partner.campaign_id))
    taken = {one["organization"]: one["takes_six_digits"] for one in as_json(found)["partners"]}
    assert (taken["River Watch"], taken["Eau Vive"]) == (False, True)
    status_view.one_campaign(found)
    assert "guessed at" in " ".join(capsys.readouterr().out.split())
