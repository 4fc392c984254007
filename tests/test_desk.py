"""The door of the organizers' desk: who comes in, by what, and for how long."""

import base64
import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import Integer, column, event, func, select, text, update

from tests import cast
from tests.conftest import Clock
from tests.organizers import ADDRESS, HERE, DeskBrowser, add, code_of_last_mail, hidden, relay_takes_all
from tests.stage import eventually
from worker import db, settings, tokens
from worker.acts import audit, login, organizers
from worker.models import AuditEvent, Campaign, DeskLink, DeskSession, Installation, Login, Mail, Organizer
from worker.web.app import make_app

pytestmark = pytest.mark.usefixtures("database", "notified")
WRONG = "00000000"


def test_a_mailed_code_that_is_typed_opens_the_desk_once() -> None:
    add()
    maly = DeskBrowser()
    page = maly.asks()
    assert page.status_code == 200
    assert "eight digits" in page.text
    code, asked = code_of_last_mail(), maly.cookies()["desk-asked-8000"]
    assert not maly.is_in()
    assert maly.post("/desk/code", {"code": code}).headers["location"] == "/desk"
    assert "You are Maly Sok." in maly.get("/desk").text
    other = DeskBrowser()
    other.client.cookies = {"desk-asked-8000": maly.cookies().get("desk-asked-8000", "")}
    assert other.post("/desk/code", {"code": code}).status_code == 422
    first = maly.cookies()
    maly.client.cookies = {"desk-asked-8000": asked}  # what the first press brought was lost on a slow line
    assert maly.post("/desk/code", {"code": code}).headers["location"] == "/desk", "a double press"
    assert maly.is_in()
    other.client.cookies = first
    assert not other.is_in(), "one session a code"
    with db.transaction() as session:
        for one in session.scalars(select(Login)):
            assert one.used_at is not None
            one.used_at -= login.PRESSED_TWICE
    maly.client.cookies = {"desk-asked-8000": asked}
    assert maly.post("/desk/code", {"code": code}).status_code == 422, "used"


def test_a_double_press_opens_nothing_that_was_ended_meanwhile() -> None:
    number, maly = add(), DeskBrowser()
    maly.asks()
    code, asked = code_of_last_mail(), maly.cookies()["desk-asked-8000"]
    assert maly.post("/desk/code", {"code": code}).status_code == 303
    with db.transaction() as session:
        login.end_all_sessions(session, number)
    maly.client.cookies = {"desk-asked-8000": asked}
    assert maly.post("/desk/code", {"code": code}).status_code == 422
    assert not maly.is_in()


@pytest.mark.parametrize("kept", ["", '["/desk/account",{}]', r'["/desk/\ud800",{}]'])
def test_the_page_that_takes_the_code_is_loaded_again_and_no_other_is_mailed(kept: str) -> None:
    """A phone does so when its reader comes back from the email."""
    add()
    maly = DeskBrowser()
    asked = maly.post("/desk/login", {"email": ADDRESS, "kept": kept, "lang": "fr"})
    assert asked.status_code == 303
    for _ in range(2):
        page = maly.get(asked.headers["location"])
        assert "huit chiffres" in page.text
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Login)) == 1
    entered = maly.post("/desk/code", {"code": code_of_last_mail(), "kept": hidden(page, "kept")})
    assert entered.headers["location"] == ("/desk/account" if "account" in kept else "/desk")


def test_an_address_fills_no_form_and_leads_to_no_other_site() -> None:
    add()
    for to in ("//evil.example", "https://evil.example", '["/desk/account",{"name":"Evil"}]', "/s/x"):
        maly = DeskBrowser()
        maly.asks()
        page = maly.get(f"/desk/code?to={to}&kept=x&name=Evil")
        assert json.loads(hidden(page, "kept")) == [to, {}]
        entered = maly.post("/desk/code", {"code": code_of_last_mail(), "kept": hidden(page, "kept")})
        assert entered.headers["location"] == "/desk"


def test_five_hundred_prefetched_mails_and_links_use_nothing_up() -> None:
    add()
    maly = DeskBrowser()
    maly.asks()
    code = code_of_last_mail()
    with db.transaction() as session:
        link = login.make_link(session, session.scalars(select(Organizer)).one())
    scanner = DeskBrowser(maly.app)
    for path in ("/desk/code", f"/desk/link/{link}"):
        for _ in range(125):
            assert scanner.get(path).status_code == 200
            assert scanner.client.head(path).status_code == 200
    assert maly.post("/desk/code", {"code": code}).status_code == 303
    assert scanner.post("/desk/link", {"key": link}).status_code == 303
    assert DeskBrowser().post("/desk/link", {"key": link}).status_code == 410, "good once"
    assert DeskBrowser().get(f"/desk/link/{link}").status_code == 410


def test_a_link_is_good_for_ten_minutes(clock: Clock) -> None:
    add()
    with db.transaction() as session:
        link = login.make_link(session, session.scalars(select(Organizer)).one())
    clock.advance(minutes=10)
    assert DeskBrowser().get(f"/desk/link/{link}").status_code == 410
    assert DeskBrowser().post("/desk/link", {"key": link}).status_code == 410


def test_a_code_is_good_for_ten_minutes_from_when_the_relay_took_its_mail(clock: Clock) -> None:
    add()
    maly = DeskBrowser()
    maly.asks()
    clock.advance(minutes=40)  # greylisted
    code = code_of_last_mail()
    clock.advance(minutes=9)
    late = DeskBrowser()
    late.asks()
    late_code = code_of_last_mail()
    assert maly.post("/desk/code", {"code": code}).status_code == 303
    clock.advance(minutes=10)
    assert "too old" in late.post("/desk/code", {"code": late_code}).text


def test_a_stranger_that_guesses_uses_up_nobodys_code() -> None:
    add()
    maly, stranger = DeskBrowser(), DeskBrowser()
    maly.asks()
    code = code_of_last_mail()
    stranger.asks()
    with db.transaction() as session:
        relay_takes_all(session)
    for _ in range(login.MAX_TRIES):
        assert "not right" in stranger.post("/desk/code", {"code": WRONG}).text
    assert stranger.post("/desk/code", {"code": code}).status_code == 422, "of another browser"
    spent = stranger.post("/desk/code", {"code": code_of_last_mail()})
    assert "Ask for a new code" in spent.text, "its own code is dead by now"
    assert maly.post("/desk/code", {"code": code}).status_code == 303


def test_a_browser_that_was_here_before_has_an_allowance_that_no_stranger_uses_up() -> None:
    add()
    maly = DeskBrowser()
    maly.logs_in()
    maly.post("/desk/logout")
    for _ in range(6):
        DeskBrowser(maly.app).asks()
    with db.transaction() as session:
        relay_takes_all(session)
        assert session.scalar(select(func.count()).where(Mail.kind == "login")) == login.MAX_CODES
    assert maly.logs_in().status_code == 303
    assert maly.is_in()


def test_the_allowance_is_back_after_an_hour(clock: Clock) -> None:
    add()
    for _ in range(6):
        DeskBrowser().asks()
    with db.transaction() as session:
        relay_takes_all(session)
    clock.advance(hours=1)
    assert DeskBrowser().logs_in().status_code == 303


def test_nobody_learns_whether_an_address_is_an_organizers() -> None:
    """Not by the page, and not by the time: the same statements are run."""
    add()
    told = []
    for address in (ADDRESS, "stranger@lake.example"):
        browser, statements = DeskBrowser(), []
        browser.get("/desk/login")
        note = lambda *given: statements.append(given[2])  # noqa: B023
        event.listen(db.engine(), "before_cursor_execute", note)
        asked = browser.asks(address)
        guessed = browser.post("/desk/code", {"code": WRONG})
        event.remove(db.engine(), "before_cursor_execute", note)
        told.append((asked.text, guessed.text, asked.headers.keys(), statements))
    assert told[0] == told[1]
    assert told[0][3]


def test_who_floods_with_requests_is_told_to_come_back_and_keeps_nobody_else_out() -> None:
    from worker.web.desk import enter

    flood = DeskBrowser()
    for _ in range(enter.MAX_FROM_ORIGIN):
        assert flood.asks("x@lake.example").status_code == 200
    refused = flood.asks("x@lake.example")
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "3600"
    add()
    assert DeskBrowser(flood.app).asks().status_code == 429, "of that network"
    assert DeskBrowser().logs_in().status_code == 303


def test_no_flood_keeps_out_a_browser_that_was_here_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strangers of the same network, such as one exit of a VPN; or of all the world."""
    from worker.web.desk import enter

    add()
    maly = DeskBrowser()
    maly.logs_in()
    maly.post("/desk/logout")
    strangers = DeskBrowser(maly.app)
    for _ in range(enter.MAX_FROM_ORIGIN):
        strangers.asks("x@lake.example")
    assert strangers.asks("x@lake.example").status_code == 429
    strangers.client.cookies.set("desk-known-8000", base64.urlsafe_b64encode(b"x" * 32).decode())
    assert strangers.asks("x@lake.example").status_code == 429, "no mark of ours"
    monkeypatch.setattr(login, "MAX_WAITING", 1)
    assert DeskBrowser().asks().status_code == 429
    assert maly.logs_in().status_code == 303
    assert maly.is_in()


def test_a_session_that_somebody_gave_a_browser_opens_nothing() -> None:
    add()
    maly, thief = DeskBrowser(), "A" * 43
    maly.client.cookies.set("desk-8000", thief, domain="127.0.0.1", path="/")
    maly.logs_in()
    own = maly.cookies()["desk-8000"]
    assert own != thief
    another = DeskBrowser()
    another.client.cookies.set("desk-8000", thief)
    assert not another.is_in()
    maly.logs_in()
    another.client.cookies.set("desk-8000", own)
    assert not another.is_in(), "a new login ends the session of before"


def test_what_was_stolen_is_of_no_use_after_logout() -> None:
    add()
    maly, thief = DeskBrowser(), DeskBrowser()
    maly.logs_in()
    thief.client.cookies.set("desk-8000", maly.cookies()["desk-8000"])
    assert thief.is_in()
    maly.post("/desk/logout")
    assert not thief.is_in()
    assert not maly.is_in()


def test_log_out_everywhere_ends_all_sessions_links_and_codes() -> None:
    add()
    first, second, third = DeskBrowser(), DeskBrowser(), DeskBrowser()
    first.logs_in()
    second.enters()
    third.asks()
    code = code_of_last_mail()
    with db.transaction() as session:
        link = login.make_link(session, session.scalars(select(Organizer)).one())
    assert first.get("/desk/account").text.count("End this session") == 1
    first.post("/desk/logout-everywhere")
    assert not first.is_in()
    assert not second.is_in()
    assert third.post("/desk/code", {"code": code}).status_code == 422
    assert third.post("/desk/link", {"key": link}).status_code == 410


def test_one_session_ends_another_of_the_same_person_only() -> None:
    add()
    add("Dara Chea", "dara@rivers.example")
    first, second, dara = DeskBrowser(), DeskBrowser(), DeskBrowser()
    first.enters(), second.enters(), dara.enters("Dara Chea")
    with db.reading() as session:
        _, of_second, of_dara = session.scalars(select(DeskSession.id).order_by(DeskSession.id))
    for number in (of_second, of_dara):
        first.post("/desk/account/session", {"session": str(number)})
    assert first.is_in()
    assert dara.is_in()
    assert not second.is_in()


def test_a_session_ends_after_twelve_hours_without_use_and_after_seven_days(clock: Clock) -> None:
    add()
    idle, busy = DeskBrowser(), DeskBrowser()
    idle.enters(), busy.enters()
    for _ in range(15):
        clock.advance(hours=11)
        assert busy.is_in()
    assert not idle.is_in()
    clock.advance(hours=4)
    assert not busy.is_in()


def test_a_removed_organizer_is_out_at_once() -> None:
    add()
    maly = DeskBrowser()
    maly.enters()
    maly.asks()
    code = code_of_last_mail()
    with db.transaction() as session:
        organizers.remove_organizer(session, session.scalars(select(Organizer)).one())
    assert not maly.is_in()
    assert maly.post("/desk/code", {"code": code}).status_code == 422
    with db.reading() as session:
        gone = session.scalars(select(Organizer)).one()
        assert (gone.name, gone.email, gone.email_hmac) == ("Maly Sok", "", None)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site", "origin": "https://evil.example"},
        {"sec_fetch_site": "same-site", "origin": "http://127.0.0.1:9000"},
        {"sec_fetch_site": "none", "origin": HERE},
        {"sec_fetch_site": "", "origin": "null"},
        {"sec_fetch_site": "", "origin": "http://127.0.0.1:9000"},
        {"sec_fetch_site": "", "referer": f"{HERE}/desk"},
    ],
    ids=["another site", "another port", "by no page", "null", "another port by origin", "neither"],
)
def test_no_form_of_another_page_is_taken(headers: dict[str, str]) -> None:
    add()
    maly = DeskBrowser()
    maly.enters()
    for path in ("/desk/logout-everywhere", "/desk/login", "/desk/account"):
        assert maly.post(path, {"email": ADDRESS, "name": "Evil"}, **headers).status_code == 403
    assert maly.is_in()
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Login)) == 0


def test_an_older_browser_shows_by_origin_that_a_form_is_ours() -> None:
    add()
    maly = DeskBrowser()
    maly.enters()
    assert maly.post("/desk/logout", sec_fetch_site="", origin=HERE).status_code == 303
    assert not maly.is_in()


def test_another_name_of_this_machine_leads_to_ours_and_a_foreign_one_nowhere() -> None:
    asked = DeskBrowser(url="http://localhost:8000").get("/desk/login?lang=fr")
    assert (asked.status_code, asked.headers["location"]) == (307, f"{HERE}/desk/login?lang=fr")
    assert DeskBrowser(url="http://localhost:8000").post("/desk/login").status_code == 403
    for host in ("rebound.example:8000", "127.0.0.1:8000.rebound.example", "[::1", "127.0.0.1:x", "a b", ""):
        assert DeskBrowser().get("/desk/login", host=host).status_code == 404, host


@pytest.mark.parametrize("url", ["https://letters.example", HERE])
def test_cookies_are_out_of_reach_and_pages_say_what_browsers_have_to_know(url: str) -> None:
    settings.set_for_this_process(public_url=url)
    add()
    maly = DeskBrowser(url=url)
    asked = maly.post("/desk/login", {"email": ADDRESS})
    entered = maly.post("/desk/code", {"code": code_of_last_mail()})
    said = [*asked.headers.get_list("set-cookie"), *entered.headers.get_list("set-cookie")]
    assert len(said) == 4
    for cookie in said:
        name, *rest = (one.strip() for one in cookie.split(";"))
        attributes = {one.lower() for one in rest}
        assert {"httponly", "path=/", "samesite=lax"} <= attributes
        assert not any(one.startswith("domain") for one in attributes)
        is_https = url.startswith("https")
        assert name.startswith("__Host-") is is_https
        assert ("secure" in attributes) is is_https
        assert is_https or "-8000=" in name
        assert ADDRESS not in cookie
        assert "Maly" not in cookie
    page = maly.get("/desk")
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "script" not in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text
    assert ("cookie" in page.text) is not url.startswith("https"), "the note about other ports"


def test_without_tls_the_desk_opens_on_this_machine_only() -> None:
    settings.set_for_this_process(public_url="http://letters.example")
    assert DeskBrowser(url="http://letters.example").get("/desk/login").status_code == 403


def test_what_was_typed_as_a_session_ended_comes_back_and_is_not_done() -> None:
    add()
    maly, typed = DeskBrowser(), {"name": 'Maly "M" Sok <é>', "language": "fr"}
    maly.enters()
    with db.transaction() as session:
        login.end_everything(session)
    lost = maly.post("/desk/account", typed)
    assert lost.status_code == 401
    assert "not lost" in lost.text
    asked = maly.post("/desk/login", {"email": ADDRESS, "kept": hidden(lost, "kept")})
    code = code_of_last_mail()
    wrong = maly.post("/desk/code", {"code": WRONG, "kept": hidden(asked, "kept")})
    again = maly.post("/desk/code", {"code": code, "kept": hidden(wrong, "kept")})
    assert again.status_code == 200
    assert "Maly &#34;M&#34; Sok &lt;é&gt;" in again.text
    assert 'value="fr" checked' in again.text
    with db.reading() as session:
        assert session.scalars(select(Organizer.name)).one() == "Maly Sok"
    maly.post("/desk/account", typed)
    assert "Votre compte" in maly.get("/desk/account").text


@pytest.mark.parametrize("name", ["Dara Chea", "dara  CHEA", "Dara\u00a0Chéa", organizers.LOCAL])
def test_nobody_takes_the_name_of_another(name: str) -> None:
    """The audit log names who acted, and commands are given to a name."""
    add()
    add("Dara Chea", "dara@rivers.example")
    with db.transaction() as session:
        organizers.add_local(session)
    maly = DeskBrowser()
    maly.enters()
    refused = maly.post("/desk/account", {"name": name, "language": "en"})
    assert refused.status_code == 422
    assert "tells you apart" in refused.text
    assert maly.post("/desk/account", {"name": "MALY SOK", "language": "en"}).status_code == 303, "its own"


def test_the_longest_form_comes_back_too() -> None:
    add()
    maly, name = DeskBrowser(), '"' * 21_000
    lost = maly.post("/desk/account", {"name": name, "language": "fr"})
    asked = maly.post("/desk/login", {"email": ADDRESS, "kept": hidden(lost, "kept")})
    again = maly.post("/desk/code", {"code": code_of_last_mail(), "kept": hidden(asked, "kept")})
    assert again.status_code == 200
    assert again.text.count("&#34;") >= len(name)


@pytest.mark.parametrize("kept", ["[" * 60_000, r'["/desk/account",{"name":"\ud800","language":"fr"}]'])
def test_whatever_stands_in_the_hidden_field_who_is_let_in_is_in(kept: str) -> None:
    add()
    maly = DeskBrowser()
    maly.asks()
    assert maly.post("/desk/code", {"code": code_of_last_mail(), "kept": kept}).status_code < 400
    assert maly.is_in()


def test_the_code_typed_in_a_second_tab_leads_on_with_what_was_typed_there() -> None:
    add()
    maly = DeskBrowser()
    lost = maly.post("/desk/account", {"name": "Maly, Rivers", "language": "fr"})
    maly.asks()
    code = code_of_last_mail()
    assert maly.post("/desk/code", {"code": code}).headers["location"] == "/desk"
    again = maly.post("/desk/code", {"code": code, "kept": hidden(lost, "kept")})
    assert again.status_code == 200
    assert "Maly, Rivers" in again.text
    assert maly.post("/desk/code", {"code": code}).headers["location"] == "/desk"
    assert maly.is_in()
    assert DeskBrowser().post("/desk/code", {"code": code}).status_code == 422


def test_a_code_that_was_asked_for_under_the_former_key_is_mailed_under_the_new_one() -> None:
    add()
    maly = DeskBrowser()
    maly.asks()
    former = settings.current().secret_key
    settings.set_for_this_process(secret_key="k" * 40, secret_key_old=former)
    code = code_of_last_mail()
    with db.transaction() as session:
        cookie = maly.cookies()["desk-asked-8000"]
        assert isinstance(login.take_code(session, cookie, code), login.Entered)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_who_is_let_in_as_all_are_logged_out_is_out() -> None:
    number = add()
    maly = DeskBrowser()
    maly.asks()
    code, cookie = code_of_last_mail(), maly.cookies()["desk-asked-8000"]

    def log_out_everywhere() -> None:
        with db.transaction() as session:
            login.end_all_sessions(session, number)

    ending = threading.Thread(target=log_out_everywhere)
    with db.transaction() as session:
        assert isinstance(login.take_code(session, cookie, code), login.Entered)
        ending.start()
        waits = text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).columns(column("waiting", Integer))
        eventually(lambda: db.read_autocommit(waits)[0][0] == 1)
    ending.join()
    with db.reading() as session:
        assert session.scalars(select(DeskSession.ended_at)).one() is not None


def test_who_has_to_log_in_first_comes_to_where_it_was_going_and_nowhere_else() -> None:
    add()
    maly = DeskBrowser()
    asked = maly.asks(kept=hidden(maly.get("/desk/account"), "kept"))
    entered = maly.post("/desk/code", {"code": code_of_last_mail(), "kept": hidden(asked, "kept")})
    assert entered.headers["location"] == "/desk/account"
    for elsewhere in ('["https://evil.example",{}]', '["//evil.example/desk",{}]', "[", '["/desk/logout",{}]'):
        other = DeskBrowser()
        other.asks()
        code = code_of_last_mail()
        assert other.post("/desk/code", {"code": code, "kept": elsewhere}).headers["location"] == "/desk"
        with db.transaction() as session:
            session.execute(update(Login).values(is_known=True))  # so that the next has an allowance


def test_home_shows_the_campaigns_at_which_one_has_a_seat_and_no_other() -> None:
    with db.transaction() as session:
        ours, other = cast.a_campaign(session), cast.a_campaign(session, slug="lakes-2030")
        number, title, hidden_title = ours.id, ours.title, other.title
    add(seats={number: "editor"})
    maly = DeskBrowser()
    maly.enters()
    page = maly.get("/desk").text
    assert page.count('<h3><a href="/desk/campaigns/') == 1
    assert title in page
    assert "Open: partners can answer" in page
    assert "look and change, but send no email" in page
    assert hidden_title == title or hidden_title not in page


def test_nothing_is_open_while_everything_stands_still_and_all_are_out_afterwards() -> None:
    add()
    maly = DeskBrowser()
    maly.enters()
    with db.transaction() as session:
        link = login.make_link(session, session.scalars(select(Organizer)).one())
        session.get_one(Installation, 1).restored_at = db.clock(session)
    still = DeskBrowser()
    still.client.cookies = maly.client.cookies
    for answer in (still.get("/desk"), still.asks(), still.post("/desk/link", {"key": link})):
        assert answer.status_code == 503
        assert "resume --restored" in answer.text
    from worker.acts.go_on import let_everything_go_on

    with db.transaction(even_restored=True) as session:
        assert session.scalar(select(func.count()).select_from(Login)) == 0
        assert session.scalar(select(func.count()).where(DeskLink.used_at.is_not(None))) == 1, (
            "the one that let Maly in"
        )
        let_everything_go_on(session, renew_links=False)
    again = DeskBrowser()
    again.client.cookies = maly.client.cookies
    assert not again.is_in()
    assert again.post("/desk/link", {"key": link}).status_code == 410


def test_the_audit_log_knows_the_person() -> None:
    number = add()
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        audit.act_as(session, number)
        audit.log(session, campaign, "organizer", "held")
    with db.reading() as session:
        assert session.scalars(select(AuditEvent.organizer_id).where(AuditEvent.what == "held")).one() == number


def test_old_logins_are_forgotten_with_their_mails(clock: Clock) -> None:
    add()
    maly = DeskBrowser()
    maly.logs_in()
    clock.advance(days=20)
    with db.transaction() as session:
        login.forget_old_logins(session)
        for model in (Login, Mail, DeskSession):
            assert session.scalar(select(func.count()).select_from(model)) == 0


def test_a_code_that_waits_too_long_is_called_back(clock: Clock) -> None:
    add()
    DeskBrowser().asks()
    with db.transaction() as session:
        login.put_codes(session)
    clock.advance(hours=3)
    with db.transaction() as session:
        login.forget_old_logins(session)
        assert session.scalars(select(Mail)).one().cancelled_at is not None


def test_a_mark_says_nothing_of_whose_it_is() -> None:
    number = add()
    with db.reading() as session:
        organizer = session.get_one(Organizer, number)
        first, second = tokens.browser_mark(organizer), tokens.browser_mark(organizer)
        assert first != second
        assert tokens.is_marked(organizer, first)
        assert tokens.is_marked(organizer, second)
        assert organizer.ref not in first
        bent = bytes([first[0] ^ 1]) + first[1:]
        assert not tokens.is_marked(organizer, bent)
        assert not tokens.is_marked(organizer, b"")
        organizer.generation += 1
        assert not tokens.is_marked(organizer, first)


def test_campaigns_hold_keeps_no_code_back() -> None:
    from worker.mail import claims

    add()
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        campaign.held_at = campaign.mail_held_at = db.clock(session)
    DeskBrowser().asks()
    with db.transaction() as session:
        login.put_codes(session)
        until = db.clock(session) + timedelta(minutes=1)
        assert len(claims.lease_due(session, holder="a", until=until, limit=10)) == 1
        assert session.scalars(select(Campaign)).one().id == campaign.id


def test_the_pages_are_served_by_this_app() -> None:
    assert DeskBrowser(make_app()).get("/desk.css").headers["content-type"].startswith("text/css")
