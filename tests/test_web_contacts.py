"""The registered contact sees which other links live, and ends one."""

import html
import re

import httpx2
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from tests import cast
from worker import db, tokens
from worker.acts import contacts, pass_on
from worker.acts.answer import AnswerInput, record_answers
from worker.acts.third_party_limits import Person
from worker.models import Answer, Contact, Mail, Partner
from worker.state.answers import standing_answer
from worker.state.links import Link
from worker.text.languages import LANGUAGES
from worker.wording import templates

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def river_watch(database: str) -> Partner:
    with db.transaction() as session:
        return cast.a_campaign(session).partners[0]


@pytest.fixture
def chair(river_watch: Partner) -> Contact:
    """Passed on, and not yet used."""
    with db.transaction() as session:
        to, link = Person("chair@river.example", "fr"), Link(river_watch.generation)
        return pass_on.pass_invitation_on(session, river_watch.id, to, link=link)


def url(linked: Partner | Contact) -> str:
    return f"/s/{tokens.token(linked)}/contacts"


def says(page: httpx2.Response) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<body>")[2])).split())


def marks(browser: TestClient, partner: Partner) -> list[str]:
    return re.findall(r'name="which" value="([^"]*)"', browser.get(url(partner)).text)


def ends(browser: TestClient, linked: Partner | Contact, which: str, **typed: str) -> httpx2.Response:
    return browser.post(url(linked), data={"which": which, "mail_code": tokens.mail_code(linked)} | typed)


def ended(contact: Contact) -> bool:
    with db.reading() as session:
        return session.get_one(Contact, contact.id).ended_at is not None


def signs_by(contact: Contact) -> Answer:
    link = Link(contact.generation, contact.id)
    with db.transaction() as session:
        record_answers(session, [AnswerInput(contact.partner_id, "sign", "public", cast.SOPHEA, link)])
        return cast.standing(session, contact.partner_id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_of_each_link_when_it_was_made_and_not_whose_it_is(
    language: str, browser: TestClient, river_watch: Partner, chair: Contact
) -> None:
    with db.transaction() as session:
        contacts.add_contact(session, river_watch.id, "lawyer@river.example", language="km", name="Dara")
    signs_by(chair)
    with db.reading() as session:
        rows = cast.everything(session)
    page = browser.get(url(river_watch), params={"lang": language})
    assert f'<html lang="{language}">' in page.text
    said = templates.page_words(language).gettext
    assert said("An answer was given with this link.") in says(page)
    assert said("No answer was given with this link.") in says(page)
    for secret in ("chair@", "lawyer@", "Dara", "Sophea"):
        assert secret not in page.text
    assert len(marks(browser, river_watch)) == 2
    with db.reading() as session:
        assert cast.everything(session) == rows, "looking changes nothing"


def test_a_link_that_was_ended_does_nothing_any_more_and_what_it_answered_stands(
    browser: TestClient, river_watch: Partner, chair: Contact
) -> None:
    signed = signs_by(chair)
    [which] = marks(browser, river_watch)
    sent = ends(browser, river_watch, which)
    assert (sent.status_code, sent.headers["location"]) == (303, url(river_watch))
    assert browser.get(sent.headers["location"]).headers["location"] == f"/s/{tokens.token(river_watch)}"
    assert browser.get(f"/s/{tokens.token(chair)}").status_code == 404
    assert browser.get(f"/s/{tokens.token(river_watch)}").status_code == 200
    with db.reading() as session:
        standing = standing_answer(session, river_watch.id)
        assert standing
        assert standing.id == signed.id
        waiting = select(Mail.kind).where(Mail.contact_id == chair.id, Mail.due_at.is_not(None))
        assert session.scalars(waiting).all() == [], "what waited for it is called back"


@pytest.mark.parametrize("code", ["", "wrong"])
def test_without_the_code_no_link_ends(code: str, browser: TestClient, river_watch: Partner, chair: Contact) -> None:
    wrong = f"{(int(tokens.mail_code(river_watch)) + 1) % 1_000_000:06d}" if code else ""
    [which] = marks(browser, river_watch)
    page = ends(browser, river_watch, which, mail_code=wrong)
    assert page.status_code == 422
    assert 'id="mail_code-problem"' in page.text
    assert f'value="{which}" checked' in page.text
    assert not ended(chair)


def test_who_chooses_no_link_is_asked_which(browser: TestClient, river_watch: Partner, chair: Contact) -> None:
    page = ends(browser, river_watch, "")
    assert page.status_code == 422
    assert "Choose the link that you want to end." in says(page)
    assert not ended(chair)


def test_a_link_that_is_none_or_was_ended_meanwhile_leads_to_those_that_are_left(
    browser: TestClient, river_watch: Partner, chair: Contact
) -> None:
    for which in ("none", "1.000000"):
        sent = ends(browser, river_watch, which)
        assert (sent.status_code, sent.headers["location"]) == (303, url(river_watch))
    assert not ended(chair)


def test_only_the_registered_contact_sees_the_others_or_ends_one(
    browser: TestClient, river_watch: Partner, chair: Contact
) -> None:
    [which] = marks(browser, river_watch)
    home = f"/s/{tokens.token(chair)}"
    assert browser.get(url(chair)).headers["location"] == home
    assert "See who, and how to end a link" not in browser.get(home).text
    assert "See who, and how to end a link" in browser.get(f"/s/{tokens.token(river_watch)}").text
    ends(browser, chair, which)
    assert not ended(chair)


def test_where_there_is_no_other_link_the_partners_page_is_shown(browser: TestClient, river_watch: Partner) -> None:
    assert browser.get(url(river_watch)).headers["location"] == f"/s/{tokens.token(river_watch)}"
    assert "See who, and how to end a link" not in browser.get(f"/s/{tokens.token(river_watch)}").text


def test_the_links_stand_in_the_order_in_which_they_were_made(
    browser: TestClient, river_watch: Partner, chair: Contact
) -> None:
    with db.transaction() as session:
        contacts.add_contact(session, river_watch.id, "lawyer@river.example", language="en")
    page = says(browser.get(url(river_watch)))
    assert page.index("Passed on:") < page.index("Added by the organizers:")
