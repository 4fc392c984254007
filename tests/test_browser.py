"""The partner's pages in a real browser: Debian's chromium, without JavaScript, as wide as a phone."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, CDPSession, Page

from tests import cast, voices
from tests.conftest import CHROMIUM
from tests.servers import TIMEOUT_S
from worker import broker, db, tokens
from worker.models import Mail, Partner
from worker.state import answers
from worker.text.languages import LANGUAGES
from worker.web.app import make_app
from worker.wording import templates
from worker.wording.mails import word_mail

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: the pages were not tried in a browser"),
]

DIGITS = {"en": "0123456789", "fr": "0123456789", "km": "០១២៣៤៥៦៧៨៩"}


@pytest.fixture
def site(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The pages on a port of their own; no task is notified."""
    monkeypatch.setattr(broker, "notify", lambda *_: None)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(), log_level="warning", access_log=False))
    serving = threading.Thread(target=server.run, args=([listening],))
    serving.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    serving.join()


@pytest.fixture
def partners(database: str) -> list[Partner]:
    with db.transaction() as session:
        return list(cast.a_campaign(session).partners)


@dataclass
class Phone:
    """A page, and all that it asked the network for."""

    page: Page
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Phone]:
    context = chromium.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    held = Phone(context.new_page())
    held.page.on("request", lambda request: held.asked.append(request.url))
    yield held
    context.close()


def standing(partner: Partner) -> Any:
    with db.reading() as session:
        found = answers.standing_answer(session, partner.id)
        return found and (found.choice, found.visibility, found.representative, found.language)


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    width = page.locator("html").bounding_box()
    boxes = [each.bounding_box() for each in page.locator("main, header, footer, h1, article, form, button").all()]
    return width is not None and all(box is None or box["x"] + box["width"] <= 360.5 for box in boxes)


def sends(page: Page) -> None:
    """Press the form's button, and wait until all of the next page is there."""
    with page.expect_navigation():
        page.locator('button[type="submit"]:not(.quiet)').click()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_partner_reads_signs_and_takes_it_back_on_a_phone(
    language: str, phone: Phone, site: str, partners: list[Partner]
) -> None:
    partner, page = partners[0], phone.page
    words = templates.page_words(language).gettext
    code = tokens.mail_code(partner).translate(str.maketrans(DIGITS["en"], DIGITS[language]))
    page.goto(f"{site}/s/{tokens.token(partner)}")
    if language != partner.language:
        with page.expect_navigation():
            page.locator(f'nav a[hreflang="{language}"]').click()
    assert page.locator("html").get_attribute("lang") == language
    assert fits(page)

    page.locator('[name="choice"][value="sign"]').check()
    page.locator('[name="visibility"][value="addressee"]').check()
    page.fill('[name="representative"]', "សុភា Chan")
    page.fill('[name="role"]', "Secretary")
    page.locator('[name="authorised"]').check()
    sends(page)
    assert words("Enter the six digits of the confirmation code.") in page.locator("form .error").inner_text()
    assert page.input_value('[name="representative"]') == "សុភា Chan", "nothing that was typed is lost"
    assert standing(partner) is None

    page.fill('[name="mail_code"]', code)
    with page.expect_navigation():
        page.locator('[name="representative"]').press("Enter")
    assert standing(partner) == ("sign", "addressee", "សុភា Chan", language)
    assert page.locator("html").get_attribute("lang") == language
    assert fits(page)

    with page.expect_navigation():
        page.get_by_text(words("This was not us"), exact=True).click()
    assert fits(page)
    page.fill('[name="mail_code"]', code)
    sends(page)
    assert words("What was done in your name is cancelled") in page.locator("h1").inner_text()
    assert standing(partner) is None

    assert all(url.startswith(f"{site}/") for url in phone.asked), "nothing is asked of anybody else"
    assert language != "km" or f"{site}/khmer.woff2" in phone.asked, "elsewhere only where the device has none"
    assert phone.page.context.cookies() == []


def brought(session: CDPSession, node: int) -> list[str]:
    """The fonts, of those that came with the page, with which the text of an element is drawn."""
    fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    return [one["familyName"] for one in fonts if one["isCustomFont"]]


def test_khmer_is_drawn_and_not_left_as_boxes(phone: Phone, site: str, partners: list[Partner]) -> None:
    """Each heading and choice of the page is drawn with the font that we bring: in it no Khmer sign is a box."""
    session = phone.page.context.new_cdp_session(phone.page)
    phone.page.goto(f"{site}/s/{tokens.token(partners[0])}?lang=km")
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    drawn, ends = 0, time.monotonic() + TIMEOUT_S
    for selector in ("h1", "h2", ".languages span", ".kept li", "button", ".code label", "legend", ".option b"):
        if selector == "legend":
            phone.page.locator('[name="choice"][value="sign"]').check()  # which shows all of them
        for node in session.send("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"]:
            text = session.send("DOM.getOuterHTML", {"nodeId": node})["outerHTML"]
            if any("\u1780" <= character <= "\u17ff" for character in text):
                while (ours := brought(session, node)) != ["Noto Sans Khmer"] and time.monotonic() < ends:
                    time.sleep(0.05)  # the font is fetched behind the page
                assert ours == ["Noto Sans Khmer"], text
                drawn += 1
    assert drawn > 15


@pytest.mark.parametrize("before", ["asked", "signed"])
def test_a_robot_that_presses_and_fills_everything_answers_nothing_and_locks_nobody_out(
    before: str, chromium: Browser, site: str, partners: list[Partner]
) -> None:
    partner = partners[0]
    if before == "signed":
        with db.transaction() as session:
            cast.signs(session, session.get_one(Partner, partner.id))
    was = standing(partner)
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    home = f"{site}/s/{tokens.token(partner)}"
    for start in (home, f"{home}/not-us", f"{site}/u/{tokens.token(partner, 'quiet')}"):
        for guess in ("", "123456", "on"):
            page.goto(start)
            for fold in page.locator("summary").all():
                fold.click()
            for box in page.locator("input[type=radio], input[type=checkbox]").all():
                if box.is_visible():
                    box.check(force=True)
            for text in page.locator("input[type=text], textarea").all():
                if text.is_visible():
                    text.fill(guess)
            for number in range(page.locator("button").count()):
                page.locator("button").nth(number).click()
        for link in page.locator("a[href^='/']").all():
            page.request.get(f"{site}{link.get_attribute('href')}")
    context.close()
    assert standing(partner) == was
    with db.reading() as session:
        assert session.get_one(Partner, partner.id).quiet_at is None

    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(home)
    for fold in page.locator("summary").all():
        fold.click()
    page.locator('[name="choice"]').last.check()
    page.fill('[name="mail_code"]', tokens.printed_long_code(partner))
    sends(page)
    context.close()
    assert standing(partner)[0] == ("withdraw" if before == "signed" else "decline")


def test_what_is_wrong_is_said_first_and_in_one_round(phone: Phone, site: str, partners: list[Partner]) -> None:
    """Nothing is asked for that was not to be seen before it was sent."""
    page = phone.page
    page.goto(f"{site}/s/{tokens.token(partners[0])}")
    assert not page.locator('[name="representative"]').is_visible()
    page.locator('[name="choice"][value="sign"]').check()
    assert page.locator('[name="representative"]').is_visible()
    sends(page)

    assert page.title().startswith("Error: ")
    page.locator("[role=alert]:focus").wait_for()
    assert page.locator("h1").count() == 1
    named = {link.get_attribute("href") for link in page.locator('[role="alert"] a').all()}
    assert named == {"#visibility", "#representative", "#role", "#authorised", "#mail_code"}


@pytest.mark.parametrize("language", ["fr", "km"])
def test_another_language_keeps_what_was_typed_and_where_one_was(
    language: str, phone: Phone, site: str, partners: list[Partner]
) -> None:
    page = phone.page
    page.goto(f"{site}/s/{tokens.token(partners[0])}")
    assert page.locator("nav a[hreflang]").first.is_visible()
    page.locator('[name="choice"][value="sign"]').check()
    page.fill('[name="representative"]', "Ana Lee")
    assert not page.locator("nav a[hreflang]").first.is_visible(), "it would lose what was typed"
    page.locator('nav a[href="#switch"]').click()
    with page.expect_navigation():
        page.locator(f'button[name="switch"][value="{language}"]').click()

    assert page.locator("html").get_attribute("lang") == language
    assert page.input_value('[name="representative"]') == "Ana Lee"
    assert page.locator("#form").bounding_box()["y"] < 100, "the form, not the top of a long letter"  # type: ignore[index]


def test_an_answer_is_confirmed_and_its_form_folded_away(phone: Phone, site: str, partners: list[Partner]) -> None:
    with db.transaction() as session:
        cast.signs(session, session.get_one(Partner, partners[0].id))
    page = phone.page
    page.goto(f"{site}/s/{tokens.token(partners[0])}")
    assert "Thank you. Your signature is recorded." in page.locator(".notice").inner_text()
    assert "What happens next" in page.locator(".notice").inner_text()
    assert not page.locator('[name="choice"]').first.is_visible()
    page.locator("a.jump[href='#answer']").click()
    page.locator("summary").click()
    assert page.locator('[name="choice"]').first.is_visible()
    assert page.locator(".own").inner_text().endswith("(your organization)")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_person_adds_its_voice_changes_it_and_takes_it_back_on_a_phone(
    language: str, phone: Phone, site: str, database: str
) -> None:
    with db.transaction() as session:
        voices.a_campaign(session)
    page, words = phone.page, templates.page_words(language).gettext
    page.goto(f"{site}/c/dam/voice?lang={language}")
    assert not page.locator('[name="words"]').is_visible(), "they go with a name only"
    page.locator('[name="appearance"][value="named"]').check()
    page.fill('[name="name"]', "សុភា Chan")
    page.fill('[name="words"]', "See www.rivers.example")
    sends(page)
    named = [link.get_attribute("href") for link in page.locator('[role="alert"] a').all()]
    assert named == ["#email", "#words"]
    assert page.input_value('[name="name"]') == "សុភា Chan"
    page.fill('[name="email"]', voices.SOPHEA)
    page.fill('[name="words"]', "Please wait.\n\nMy river is dry.")
    assert fits(page)
    sends(page)
    assert words("Check your email") in page.locator("h1").inner_text()
    assert fits(page)

    [member], [mail] = voices.members(), voices.mails()
    with db.reading() as session:
        assert voices.link(member) in word_mail(session, session.get_one(Mail, mail.id)).text
    page.goto(site + voices.link(member))
    assert page.locator("html").get_attribute("lang") == language
    assert page.input_value('[name="words"]') == "Please wait.\n\nMy river is dry."
    page.locator('[name="authorised"]').check()
    page.fill('[name="mail_code"]', tokens.mail_code(member).translate(str.maketrans(DIGITS["en"], DIGITS[language])))
    with page.expect_navigation():
        page.locator('[name="name"]').press("Enter")
    assert words("Thank you. Your voice counts.") in page.locator("h1").inner_text()
    assert page.locator("nav a[hreflang]").first.is_visible(), "nothing has been typed"
    assert fits(page)

    page.locator("summary").click()
    page.locator('[name="choice"][value="withdraw"]').check()
    assert not page.locator('[name="name"]').is_visible()
    page.fill('[name="mail_code"]', tokens.mail_code(member))
    sends(page)
    assert words("Your voice is withdrawn") in page.locator("h1").inner_text()
    with page.expect_navigation():
        page.get_by_text(words("This was not me"), exact=True).click()
    assert fits(page)
    page.fill('[name="mail_code"]', tokens.mail_code(member))
    sends(page)
    assert words("What was typed with your address is erased") in page.locator("h1").inner_text()
    assert [one.email for one in voices.members()] == [""]
    assert all(url.startswith(f"{site}/") for url in phone.asked)
    assert phone.page.context.cookies() == []


def test_what_is_pressed_is_as_large_as_a_finger(phone: Phone, site: str, partners: list[Partner]) -> None:
    page = phone.page
    page.goto(f"{site}/s/{tokens.token(partners[0])}")
    for one in page.locator("nav a, a.jump, button").all():
        if box := one.bounding_box():
            assert min(box["height"], box["width"]) >= 44, one.inner_text()
