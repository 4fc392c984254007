"""The desk in a real browser, without JavaScript; and held against axe-core in every size and scheme."""

import re
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from tests import axe_core, cast, voices
from tests.axe_core import violations, with_axe
from tests.conftest import CHROMIUM
from tests.organizers import ADDRESS, add, code_of_last_mail
from worker import broker, db, settings
from worker.acts import login
from worker.models import Organizer, Partner
from worker.web.app import make_app

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: the desk was not tried in a browser"),
]
seen_by_axe = axe_core.seen_by_axe


@pytest.fixture
def site(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The pages at a PUBLIC_URL of their own; no task is notified."""
    monkeypatch.setattr(broker, "notify", lambda *_: None)
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings.set_for_this_process(public_url=url)
    server = uvicorn.Server(uvicorn.Config(make_app(), log_level="warning", access_log=False))
    serving = threading.Thread(target=server.run, args=([listening],))
    serving.start()
    while not server.started:
        time.sleep(0.01)
    yield url
    server.should_exit = True
    serving.join()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    yield context.new_page()
    context.close()


def presses(page: Page, words: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=words, exact=True).click()


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text()


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    return int(page.locator("html").evaluate("node => node.scrollWidth")) <= 360


def an_organizer() -> None:
    with db.transaction() as session:
        number = cast.a_campaign(session).id
    add(seats={number: "owner"})


def a_link(site: str) -> str:
    with db.transaction() as session:
        [organizer] = session.query(Organizer).all()
        return f"{site}/desk/link/{login.make_link(session, organizer)}"


def test_an_organizer_logs_in_on_a_phone_looks_and_logs_out(site: str, phone: Page) -> None:
    an_organizer()
    phone.goto(f"{site.replace('127.0.0.1', 'localhost')}/desk")
    assert phone.url == f"{site}/desk", "one name of this machine has the cookies"
    phone.get_by_label("Your email address").fill(ADDRESS)
    presses(phone, "Send me a code")
    assert heading(phone) == "Check your email"
    phone.get_by_label("Code from our email").fill("0000 0000")
    presses(phone, "Log in")
    assert "This code is not right" in phone.inner_text("main")
    phone.get_by_label("Code from our email").fill(code_of_last_mail())
    presses(phone, "Log in")
    assert heading(phone) == "Things to do"
    assert "Open: partners can answer" in phone.inner_text("main")
    with phone.expect_navigation():
        phone.get_by_role("link", name="Français").click()
    assert phone.get_by_role("heading", level=2).inner_text() == "Vos campagnes"
    presses(phone, "Se déconnecter")
    phone.goto(f"{site}/desk")
    assert heading(phone) == "Log in"
    phone.go_back()
    assert "Open: partners" not in phone.inner_text("body"), "nothing was kept to be seen by who comes next"


def test_what_is_typed_on_the_account_survives_the_end_of_the_session(site: str, phone: Page) -> None:
    an_organizer()
    phone.goto(a_link(site))
    presses(phone, "Log in")
    phone.goto(f"{site}/desk/account")
    phone.get_by_label("Your name").fill("Maly Sok, Rivers")
    with db.transaction() as session:
        login.end_everything(session)
    presses(phone, "Save")
    assert "What you typed is not lost" in phone.inner_text("main")
    phone.get_by_label("Your email address").fill(ADDRESS)
    presses(phone, "Send me a code")
    phone.get_by_label("Code from our email").fill(code_of_last_mail())
    presses(phone, "Log in")
    assert "It is not saved yet" in phone.inner_text("main")
    presses(phone, "Save")
    assert phone.get_by_label("Your name").input_value() == "Maly Sok, Rivers"
    assert "You are Maly Sok, Rivers." in phone.inner_text("body")


@with_axe
@pytest.mark.parametrize("language", ["en", "fr"])
def test_axe_finds_nothing_on_any_page_of_the_desk(language: str, site: str, seen_by_axe: Page) -> None:
    an_organizer()
    page, found, narrow = seen_by_axe, list[str](), list[str]()

    def look(name: str) -> None:
        found.extend(violations(page, f"{name}, {language},"))
        page.set_viewport_size({"width": 360, "height": 740})
        if not fits(page):
            narrow.append(name)

    page.context.clear_cookies()
    page.goto(f"{site}/desk/login?lang={language}")
    look("login")
    page.goto(f"{site}/desk?lang={language}")
    look("not logged in")
    page.goto(f"{site}/desk/code?lang={language}")
    look("code")
    with page.expect_navigation():
        page.locator("main button").click()
    look("no code")
    page.goto(f"{a_link(site)}?lang={language}")
    look("link")
    with page.expect_navigation():
        page.locator("main button").click()
    for path in (
        "",
        "/campaigns/1",
        "/campaigns/1/letter",
        "/campaigns/1/partners",
        "/campaigns/1/partners/1",
        "/campaigns/1/log",
        "/campaigns/1/extend",
        "/campaigns/1/hold",
        "/account",
    ):
        page.goto(f"{site}/desk{path}?lang={language}")
        look(path or "home")
    with page.expect_navigation():
        page.locator('[action="/desk/account/factor/begin"] button').click()
    look("new factor")
    secret = re.sub(r"\s", "", page.inner_text("p.secret"))
    import pyotp

    page.fill("#factor", pyotp.TOTP(secret).now())
    with page.expect_navigation():
        page.locator("main button").click()
    look("recovery codes")
    page.goto(f"{site}/desk/account?lang={language}")
    look("account with a factor")
    page.goto(f"{site}/desk/factor?lang={language}")
    look("factor")
    page.goto(f"{site}/desk/link/{'a' * 43}?lang={language}")
    look("dead link")
    assert not found, "\n".join(found)
    assert not narrow


def with_voices() -> int:
    """A letter that was sent, a digest that waits, and words that wait for an organizer."""
    with db.transaction() as session:
        campaign = voices.a_campaign(session)
        cast.the_letter_leaves(session, campaign)
        voices.a_digest(session, campaign)
        for number, words in enumerate(("We drink it.\n\nAll of us.", "Ne laissez pas mourir le fleuve")):
            voices.a_row(session, campaign, f"p{number}@home.example", words=words, appearance="named", name="Rosa Oak")
        voices.many(session, campaign, 12, "farm.example", country="Kenya")
        number = campaign.id
    add(seats={number: "owner"}, may_send=True)
    return number


def test_words_are_decided_with_the_keyboard_alone(site: str, phone: Page) -> None:
    place = f"{site}/desk/campaigns/{with_voices()}/members/words"
    phone.goto(a_link(site))
    presses(phone, "Log in")
    phone.goto(place)
    assert fits(phone)
    phone.locator("input[type=radio]").first.focus()
    phone.keyboard.press("Space")
    for _ in range(2):
        phone.keyboard.press("Tab")
    phone.keyboard.press("Space")
    with phone.expect_navigation():
        phone.keyboard.press("Tab")
        phone.keyboard.press("Enter")
    assert heading(phone) == "Agree to the words of 2 persons?"
    phone.locator("main form button").focus()
    with phone.expect_navigation():
        phone.keyboard.press("Enter")
    assert "No words wait for you." in phone.content()
    assert phone.locator(".notice.done").count() == 1


@with_axe
def test_axe_finds_nothing_on_the_pages_of_members(site: str, seen_by_axe: Page) -> None:
    place, page = f"{site}/desk/campaigns/{with_voices()}", seen_by_axe
    page.goto(a_link(site))
    presses(page, "Log in")
    found = []
    for path in ("/members", "/members/words", "/members/digest", "/members/voices-withdraw"):
        page.goto(place + path)
        found += violations(page, path)
    assert not found, "\n".join(found)


def test_a_list_is_chosen_on_a_phone_looked_at_and_added(site: str, phone: Page) -> None:
    with db.transaction() as session:
        number = cast.a_campaign(session).id
    add(seats={number: "owner"}, may_send=True)
    phone.goto(a_link(site))
    presses(phone, "Log in")
    phone.goto(f"{site}/desk/campaigns/{number}/add")
    listed = "organization;email\r\nLake Friends;office@lake.example\r\nមិត្តទឹក;\r\nRiver Watch;\r\n"
    phone.locator("#list").set_input_files({"name": "à “more”.csv", "mimeType": "text/csv", "buffer": listed.encode()})
    presses(phone, "Next: see what would happen")
    assert heading(phone) == "Add 2 organizations?"
    assert "Row 4: River Watch is a partner already" in phone.inner_text("main")
    assert fits(phone)
    presses(phone, "Add and invite")
    assert "2 organizations were added to the list." in phone.inner_text("main")
    with db.reading() as session:
        names = session.scalars(select(Partner.organization).order_by(Partner.id)).all()
    assert names == ["River Watch", "Eau Vive", "Lake Friends", "មិត្តទឹក"]
