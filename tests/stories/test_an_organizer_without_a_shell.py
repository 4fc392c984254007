"""An organizer with nothing but a phone, without JavaScript, from the first answers to the addressee's reply.

She does much of it wrong on the way, and no command is typed once she has her seat. Each page that she meets for the
first time is held against axe-core, and each of its links leads somewhere.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.axe_core import AXE, LOOKS, violations, with_axe
from tests.stage import EmbeddedStage, Organization, Stage, Story, eventually, post
from worker import db
from worker.cli.demo import partner as player
from worker.mail.circuit_breaker import relay_health

NEXT = "Next: see what would happen"
NOT_REACHED = "No email reaches 1 partner: find the right address."
NAME_WAITS = "1 partner asks for another name or country, and waits for your yes or no."
NO_DAY = "Enter a day and a time, such as 2030-04-21 18:00, or “in 3 days”."
MALY = "maly@rivers.example"
LIGHT = [look for look in LOOKS if look[1] == "light"]


@pytest.fixture
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One process of its own, on which emails wait a minute as they do where nothing is set."""
    stage = EmbeddedStage(tmp_path_factory.mktemp("alone"), UNDO="60")
    yield stage
    print(stage.logs())  # shown when the story failed
    stage.end()


class Eye:
    """Sees what the phone sees, byte for byte, in a browser that runs axe-core."""

    def __init__(self, context: BrowserContext) -> None:
        context.add_init_script(path=AXE / "axe.min.js")
        self._page = context.new_page()
        self.found: list[str] = []

    def looks(self, url: str, html: str, where: str) -> None:
        self._page.route(url, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        self._page.goto(url)
        self.found += violations(self._page, where, LIGHT)
        self._page.unroute(url)


class Phone:
    """Of an organizer who reads, types and presses, and goes back; `tab` is the page that she has before her."""

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self.stage = stage
        self.url = f"http://127.0.0.1:{stage.web_ports[0]}"
        self._context = browser.new_context(
            viewport={"width": 360, "height": 740}, java_script_enabled=False, locale="en", accept_downloads=True
        )
        self._eye_context = browser.new_context()
        self.eye = Eye(self._eye_context)
        self._met: set[tuple[str, str]] = set()
        self._followed: set[str] = set()
        self.wrong: list[str] = []
        self.tab = self._context.new_page()
        self.place = "/desk/campaigns/1"  # the only campaign

    def puts_away(self) -> None:
        self._context.close()
        self._eye_context.close()

    # What is before her

    def text(self) -> str:
        return self.tab.inner_text("body")

    def heading(self) -> str:
        return self.tab.get_by_role("heading", level=1).inner_text()

    def reads(self, *said: str) -> None:
        for words in said:
            assert words in self.text(), f"{words!r} is not on “{self.heading()}”:\n{self.text()}"

    def is_told_of(self, *problems: str) -> None:
        """All at once, in the summary above the form, which leads to each field."""
        told = self.tab.locator("[aria-labelledby=problems] li a")
        assert told.all_inner_texts() == list(problems)
        for link in told.all():
            assert self.tab.locator(f"[id='{(link.get_attribute('href') or '')[1:]}']").count() == 1, (
                "leads to its field"
            )
        assert "nothing has been recorded" in self.text()

    # What she does

    def opens(self, path: str, *, heading: str = "") -> None:
        self.tab.goto(self.url + path)
        self._sees(heading)

    def follows(self, link: str, *, heading: str = "") -> None:
        with self.tab.expect_navigation():
            self.tab.get_by_role("link", name=link, exact=True).first.click()
        self._sees(heading)

    def presses(self, button: str, *, heading: str = "") -> None:
        with self.tab.expect_navigation():
            self.tab.get_by_role("button", name=button, exact=True).first.click()
        self._sees(heading)

    def presses_twice(self, button: str, *, heading: str = "") -> None:
        with self.tab.expect_event("load"):  # the second press may abort the navigation of the first
            self.tab.get_by_role("button", name=button, exact=True).first.dblclick()
        self.tab.wait_for_load_state()
        self._sees(heading)

    def looks_ahead(self) -> None:
        """From a form to what would happen, where nothing is wrong with it."""
        self.presses(NEXT)

    def confirms(self, *said: str, twice: bool = False) -> None:
        """Reads what would happen, and presses the button below it."""
        self.reads(*said)
        with self.tab.expect_event("load"):
            button = self.tab.locator("form:has([name=sure]) button:not([name])")
            button.dblclick() if twice else button.click()
        self.tab.wait_for_load_state()
        self._sees()

    def sees_done(self, *said: str) -> None:
        """What was done a moment ago, above the page to which one comes back."""
        done = self.tab.locator(".notice.done")
        assert done.count() == 1, self.text()
        for words in said:
            assert words in done.inner_text(), done.inner_text()

    def goes_back(self, pages: int = 1) -> None:
        """To an earlier page. No browser keeps one that a form led to: she goes back past it, to the form."""
        with self.tab.expect_navigation():
            self.tab.evaluate("pages => history.go(-pages)", pages)
        self._sees()

    def types(self, **fields: str) -> None:
        """By the words beside the fields."""
        for label, words in fields.items():
            self.tab.locator(f"[name={label}]").fill(words)

    def chooses(self, said: str) -> None:
        self.tab.get_by_label(said, exact=True).check()

    def takes(self, link: str) -> tuple[str, bytes]:
        """A file: its name and what is in it."""
        with self.tab.expect_download() as coming:
            self.tab.get_by_role("link", name=link, exact=True).first.click()
        return coming.value.suggested_filename, coming.value.path().read_bytes()

    def in_another_tab(self) -> Page:
        """A second tab at the same page; the first stays before her."""
        other = self._context.new_page()
        other.goto(self.tab.url)
        return other

    def enters(self) -> None:
        """By the code of the newest mail, typed into the page."""
        had = len(self.stage.mails(MALY))
        self.types(email=MALY)
        self.presses("Send me a code", heading="Check your email")
        self.types(code=code_in(eventually(lambda: self.stage.mails(MALY)[had:])[-1]))
        self.presses("Log in")

    # What each page has to be

    def _sees(self, heading: str = "") -> None:
        assert not heading or self.heading() == heading, f"“{self.heading()}”:\n{self.text()}"
        path = re.sub(r"\d+", "N", urlsplit(self.tab.url).path)
        kinds = self.tab.locator("main .notice").evaluate_all("all => all.map(one => one.className).join()")
        if (path, f"{self.heading()} {kinds}") in self._met:
            return
        self._met.add((path, f"{self.heading()} {kinds}"))
        where = f"{path} “{self.heading()}”"
        if self.tab.evaluate("document.documentElement.scrollWidth") > 360:
            self.wrong.append(f"{where} is wider than a phone")
        self.eye.looks(self.tab.url.partition("#")[0], self.tab.content(), where)
        self.wrong += [f"{where} leads nowhere: {link}" for link in self._dead_links()]

    def _dead_links(self) -> list[str]:
        """Links of a page that no page is behind."""
        paths = self.tab.locator("a[href^='/']").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        wanted = {path for path in paths if "lang=" not in path and not path.endswith("/mail-again")} - self._followed
        self._followed |= wanted
        return [path for path in sorted(wanted) if self._context.request.get(self.url + path).status != 200]


def code_in(mail: EmailMessage) -> str:
    found = re.search(r"Code:\s+(\d{4} \d{4})", player.text_of(mail))
    assert found
    return found[1]


@pytest.fixture
def phone(chromium: Browser, stage: Stage) -> Iterator[Phone]:
    phone = Phone(chromium, stage)
    yield phone
    phone.puts_away()


def later(stage: Stage, by: timedelta) -> None:
    """Time goes by for everybody."""
    with stage.here(), db.reading() as session:
        now = db.clock(session)
    stage.moves_the_clock(now + by)


def a_minute_later(stage: Stage) -> None:
    """In steps that no worker takes for a sleep, after which each undo minute begins anew."""
    for _ in range(3):
        later(stage, timedelta(seconds=21))
        with stage.here(), db.reading() as session:
            now = db.clock(session)
        eventually(lambda now=now: _swept(stage) > now)  # type: ignore[misc]


def _swept(stage: Stage) -> datetime:
    with stage.here(), db.reading() as session:
        return relay_health(session).swept_at or datetime.min.replace(tzinfo=UTC)


def asks_for_a_name(partner: Organization, name: str) -> None:
    link = partner.link()
    row = {"organization": name, "acronym": partner.acronym, "country": partner.country}
    status, page = post(
        f"{link}/row", player.hidden_fields(player.opens(f"{link}/row")) | row | {"mail_code": partner.code()}
    )
    assert (status, "Saved" in page) == (200, True), page


@with_axe
def test_an_organizer_needs_no_terminal_and_no_javascript_from_the_launch_to_the_reply(
    stage: Stage, campaign: Story, phone: Phone
) -> None:
    watch = campaign.joined_by("River Watch", "RW", "Canada")
    amis = campaign.joined_by("Les Amis du Fleuve", "ADF", "France", "fr")
    coast = campaign.joined_by("Clean Coast", "CC", "Spain")
    women = campaign.joined_by("Women and Water", "WW", "Chad")
    mill = campaign.joined_by("Old Mill", "OM", "Ireland")
    stage.catcher.refuse.add(women.email)
    campaign.deadline = timedelta(days=2)
    campaign.launches(quorum=2)
    stage.types("organizer", "add", "Maly Sok", MALY, "--owner-of", campaign.slug, "--may-send")
    a_minute_later(stage)
    watch.signs()
    mill.signs("addressee")
    asks_for_a_name(mill, "The Old Mill Trust")

    she_enters_after_a_wrong_code(phone)
    what_waits_leads_to_what_helps(phone)
    an_address_that_bounced_is_corrected(stage, phone, women)
    an_answer_comes_by_phone(phone, coast)
    notes_and_the_name(phone, mill)
    the_list_changes(stage, phone)
    reminders_and_the_deadline(stage, phone, amis)
    the_letter_changes_while_a_session_ends(stage, phone, watch)
    it_is_held_and_goes_on(phone)
    somebody_is_in_danger(phone)
    too_early(phone)
    it_closes_by_itself(stage, phone, campaign)
    the_letter_leaves(stage, phone, campaign)
    one_is_erased(phone)
    she_leaves(phone)
    assert not phone.wrong, "\n".join(phone.wrong)
    assert not phone.eye.found, "\n".join(phone.eye.found)


def she_enters_after_a_wrong_code(phone: Phone) -> None:
    phone.opens("/desk", heading="Log in")
    phone.types(email="maly at rivers")
    phone.presses("Send me a code")
    phone.is_told_of("Enter an email address, such as office@name.example.")
    phone.types(email=MALY)
    phone.presses("Send me a code", heading="Check your email")
    code = code_in(eventually(lambda: phone.stage.mails(MALY))[-1])
    phone.types(code="0000 0000")
    phone.presses("Log in", heading="Check your email")
    phone.is_told_of("This code is not right. Check the eight digits in our latest email.")
    phone.types(code=code)
    phone.presses_twice("Log in", heading="Things to do")


def what_waits_leads_to_what_helps(phone: Phone) -> None:
    waiting = phone.tab.locator("ul.todo a").all_inner_texts()
    assert waiting == [NOT_REACHED, NAME_WAITS]
    for said in waiting:
        phone.follows(said)
        phone.goes_back()


def an_address_that_bounced_is_corrected(stage: Stage, phone: Phone, women: Organization) -> None:
    phone.opens("/desk")
    phone.follows(NOT_REACHED, heading="Partners: Not reached")
    phone.follows(women.row)
    phone.follows("Correct its address", heading="Correct its address")
    phone.types(email="office at women")
    phone.presses(NEXT)
    phone.is_told_of("Enter an email address, such as office@name.example.")
    assert phone.tab.locator("[name=email]").input_value() == "office at women"
    right = "office@ww.rivers.example"
    phone.types(email="ofice@ww.rivers.example")
    phone.looks_ahead()
    phone.reads("ofice@ww.rivers.example")
    phone.presses("Change what you typed", heading="Correct its address")
    assert phone.tab.locator("[name=email]").input_value() == "ofice@ww.rivers.example"
    phone.types(email=right)
    phone.looks_ahead()
    phone.confirms(right, twice=True)
    phone.sees_done()
    phone.reads(right)
    assert eventually(lambda: stage.mails(right))
    phone.follows("Correct its address")
    phone.presses(NEXT)
    phone.is_told_of("This address is the one that it has already, and no email came back from it.")
    phone.opens("/desk")
    assert "No email reaches" not in phone.text()


def an_answer_comes_by_phone(phone: Phone, coast: Organization) -> None:
    phone.opens(f"{phone.place}/partners")
    phone.types(search="clean")
    phone.presses("Search")
    phone.follows(coast.row)
    other = phone.in_another_tab()
    phone.follows("Record that it signs")
    phone.presses(NEXT)
    phone.is_told_of(
        "Choose who may see its name.",
        "Enter who signs for the organization.",
        "Enter the role of who signs in the organization.",
        "Enter how it reached you, such as “phone call with the director”.",
    )
    phone.tab.locator("[name=visibility][value=counted]").check()
    phone.types(representative="Ines Mar", role="Director", note="A call at noon")
    phone.looks_ahead()
    phone.confirms(twice=True)
    phone.sees_done()
    phone.tab, first = other, phone.tab
    phone.follows("Record that it does not sign")
    phone.types(note="Another call")
    phone.looks_ahead()
    phone.reads("Clean Coast signed through an organizer", "that answer is replaced")
    phone.follows("Do not do it")
    phone.reads("Ines Mar")
    phone.tab.close()
    phone.tab = first


def notes_and_the_name(phone: Phone, mill: Organization) -> None:
    phone.presses("Save the note")
    phone.is_told_of("Write what is to be remembered.")
    phone.types(text="Call again about the annex", day="2020-01-01")
    phone.presses("Save the note")
    phone.is_told_of("Choose today or a later day.")
    assert phone.tab.locator("[name=text]").input_value() == "Call again about the annex"
    phone.types(day="")
    phone.presses_twice("Save the note")
    assert phone.tab.locator("ul.kept-notes li").count() == 1, "pressed twice, kept once"
    phone.presses("Tick off")
    phone.sees_done()
    phone.chooses("Maly Sok")
    phone.presses("Save")
    phone.sees_done()
    phone.opens("/desk")
    phone.follows(NAME_WAITS)
    phone.follows(mill.row)
    phone.follows("Say yes or no to the name that it asks for")
    phone.presses(NEXT)
    phone.is_told_of("Choose yes or no.")
    phone.chooses("Yes, print it so")
    phone.looks_ahead()
    phone.confirms("The Old Mill Trust")
    phone.sees_done("The Old Mill Trust")


def the_list_changes(stage: Stage, phone: Phone) -> None:
    phone.opens(phone.place)
    phone.follows("Add a list of organizations")
    phone.presses(NEXT)
    phone.is_told_of("Choose a file, or paste a list.")
    phone.opens(phone.place)
    phone.follows("Add one organization")
    phone.presses(NEXT)
    phone.is_told_of("Found nothing; expected the organization's name. Fill it in.")
    phone.types(organization="Lake Friends", country="Kenya", email="lake at friends")
    phone.presses(NEXT)
    phone.reads("An email address must have an @-sign.")
    phone.types(email="office@lake.example")
    phone.looks_ahead()
    phone.confirms("Lake Friends", twice=True)
    phone.sees_done("1 organization")
    a_minute_later(stage)
    assert eventually(lambda: stage.mails("office@lake.example"))
    phone.follows("Partners")
    phone.follows("Lake Friends, Kenya")
    phone.follows("Take it out of the list")
    phone.confirms("Lake Friends")
    phone.sees_done()
    phone.follows("Partners")
    assert "Lake Friends" not in phone.text()


def reminders_and_the_deadline(stage: Stage, phone: Phone, amis: Organization) -> None:
    phone.opens(phone.place)
    phone.follows("Remind those who have not answered")
    phone.presses(NEXT)
    phone.reads("This cannot be done.", "was sent lately: nobody is reminded")
    phone.chooses("Also those who got an email less than a day ago")
    phone.looks_ahead()
    phone.confirms(twice=True)
    phone.sees_done()
    a_minute_later(stage)
    assert eventually(lambda: amis.mails()[1:])
    phone.opens(phone.place)
    phone.follows("Move the deadline later")
    phone.presses(NEXT)
    phone.is_told_of(NO_DAY)
    phone.types(deadline="yesterday evening")
    phone.presses(NEXT)
    phone.is_told_of(NO_DAY)
    phone.types(deadline="2020-04-21 18:00")
    phone.presses(NEXT)
    phone.reads("This cannot be done.", "at least a minute later")
    phone.types(deadline="in 9 days")
    phone.looks_ahead()
    phone.confirms()
    phone.sees_done()
    phone.follows("Take it back")
    phone.confirms()
    phone.sees_done("None of its emails was sent.")
    phone.goes_back()
    phone.reads("There is nothing that can still be taken back")
    phone.follows("Back")


def the_letter_changes_while_a_session_ends(stage: Stage, phone: Phone, watch: Organization) -> None:
    phone.opens(phone.place)
    phone.follows("Change the letter")
    text = phone.tab.locator("[name=letter-en]").input_value()
    phone.types(**{"letter-en": text.replace("ask for clean rivers", "ask for cleaner rivers")})
    later(stage, timedelta(hours=13))
    phone.presses(NEXT, heading="Log in")
    phone.reads("What you typed is not lost")
    phone.enters()
    phone.reads("It is not saved yet")
    assert "cleaner rivers" in phone.tab.locator("[name=letter-en]").input_value()
    phone.presses(NEXT)
    phone.reads("What would change")
    phone.presses(NEXT)
    phone.is_told_of(
        "Choose whether the meaning stays the same.",
        "Tick the box if this language says the same already. If not, change its words too.",
    )
    phone.chooses("Yes, it is a typo: answers stand, and those who signed are told.")
    phone.tab.locator("[name=same-fr]").check()
    phone.looks_ahead()
    phone.confirms(twice=True)
    phone.sees_done()
    had = len(watch.mails())
    a_minute_later(stage)
    assert eventually(lambda: watch.mails()[had:])


def it_is_held_and_goes_on(phone: Phone) -> None:
    phone.opens(phone.place)
    phone.follows("Hold the letter and all email")
    phone.confirms(twice=True)
    phone.sees_done()
    phone.opens("/desk")
    phone.follows("All email is held, except yours.")
    phone.confirms(twice=True)
    phone.sees_done()


def somebody_is_in_danger(phone: Phone) -> None:
    phone.follows("Panic: somebody is in danger")
    phone.confirms(twice=True)
    phone.sees_done()
    phone.opens("/desk")
    phone.reads("Panic since")
    phone.follows(phone.tab.locator("ul.todo a").first.inner_text())
    phone.follows("End the panic")
    phone.types(deadline="some day")
    phone.presses(NEXT)
    phone.is_told_of(NO_DAY)
    phone.types(deadline="")
    phone.looks_ahead()
    phone.confirms()
    phone.sees_done("stay held until you resume")
    phone.follows("Let it go on")
    phone.confirms()
    phone.sees_done()


def too_early(phone: Phone) -> None:
    phone.opens(f"{phone.place}/letter/dispatch")
    phone.reads("This cannot be done.", "It is not closed yet.")
    phone.follows("Back", heading="The letter")
    assert phone.tab.get_by_role("link", name="Send the letter now").count() == 0


def it_closes_by_itself(stage: Stage, phone: Phone, campaign: Story) -> None:
    campaign.reaches_its_deadline()
    phone.opens("/desk", heading="Log in")
    phone.enters()
    phone.opens(phone.place)
    phone.follows("Letter")
    phone.reads("Number 1")
    name, pdf = phone.takes("PDF, as it is sent")
    assert name.endswith("PUBLIC.en.pdf")
    assert pdf.startswith(b"%PDF")
    phone.opens(f"{phone.place}/extend")
    phone.types(deadline="in 3 days")
    phone.presses(NEXT)
    phone.reads("the deadline cannot be moved any more")


def the_letter_leaves(stage: Stage, phone: Phone, campaign: Story) -> None:
    phone.opens(f"{phone.place}/letter")
    phone.follows("Send the letter now")
    phone.confirms(twice=True)
    phone.sees_done()
    phone.goes_back()
    phone.reads("This cannot be done.")
    assert len(eventually(campaign.letters)) == 1
    campaign.is_dispatched()
    phone.opens(f"{phone.place}/letter")
    phone.follows("Note a reply of an addressee")
    phone.types(on="some day")
    phone.presses(NEXT)
    phone.is_told_of("Enter what was replied.", "Enter a day, such as 2030-04-21, or “today” or “yesterday”.")
    phone.types(on="today", text="We will look at it.")
    phone.looks_ahead()
    phone.confirms(twice=True)
    phone.sees_done()
    phone.reads("We will look at it.")
    name, sheet = phone.takes("Excel file (XLSX)")
    assert "CONFIDENTIAL" in name
    assert sheet.startswith(b"PK")
    phone.follows("Log", heading="Log")
    phone.reads("A reply of an addressee was noted.", "The panic ended", "The new deadline was taken back.")
    assert phone.text().count("A reply of an addressee was noted.") == 1, "pressed twice, done once"


def one_is_erased(phone: Phone) -> None:
    phone.follows("Partners")
    phone.follows("Clean Coast (CC), Spain")
    phone.follows("Erase its records")
    phone.types(name="Clean")
    phone.presses(NEXT)
    phone.is_told_of("Type the name of the organization as it stands above.")
    phone.types(name="clean coast")
    phone.looks_ahead()
    phone.confirms()
    phone.sees_done()
    phone.follows("To the partners")
    assert "Clean Coast" not in phone.text()


def she_leaves(phone: Phone) -> None:
    phone.presses("Log out")
    phone.tab.go_back()
    assert "Clean Coast" not in phone.text()
