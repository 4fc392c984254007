"""Every form can be read in another language, with all that was typed, and nothing comes of it."""

import html
import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from tests import cast
from worker import broker, db, tokens
from worker.acts import join, third_party_limits
from worker.models import ThirdPartyAddress
from worker.text.languages import LANGUAGES
from worker.web.app import make_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

A_ROW = {"organization": "Rivière <b>", "acronym": "R", "country": "Narnia", "sort_as": "Z", "name_fr": "Eau"}
FORMS: dict[str, dict[str, str]] = {
    "row": A_ROW,
    "pass-on": {"email": "no address"},
    "join": {"organization": "សុភា", "acronym": "S", "country": "Chad", "contact": "Kim & Co", "email": "kim@"},
    "confirm": {},
    "not-us": {},
    "quiet": {},
}


@pytest.fixture
def addresses(database: str) -> dict[str, str]:
    """The page of each form, in a campaign in which all of them can be seen."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch", join="approved")
        partner = campaign.partners[0]
        cast.signs(session, partner)
        asked = third_party_limits.Person("x@lake.example", "en", "Kim", "Lake Friends")
        join.ask_to_join(session, campaign.id, asked)
        [stranger] = session.scalars(select(ThirdPartyAddress)).all()
        own = f"/s/{tokens.token(partner)}"
        quiet, confirm = f"/u/{tokens.token(partner, 'quiet')}", f"/j/{tokens.token(stranger, 'join')}"
    below = {f"{name}": f"{own}/{name}" for name in ("row", "pass-on", "not-us")}
    return below | {"join": "/c/dam/join", "confirm": confirm, "quiet": quiet}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_shown_in_another_language_with_all_that_was_typed(
    form: str, language: str, addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    notified: list[object] = []
    monkeypatch.setattr(broker, "notify", lambda *what: notified.append(what))
    with db.reading() as session:
        before = cast.everything(session)
    browser = TestClient(make_app(), follow_redirects=False)
    code = {} if form == "join" else {"mail_code": "12 34"}
    typed = FORMS[form] | code
    page = browser.post(addresses[form], data=typed | {"lang": "en", "wish": "no more mail", "switch": language})

    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    assert f'<input type="hidden" name="lang" value="{language}">' in page.text
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', page.text)}
    assert {name: fields[name] for name in typed} == typed
    assert re.findall(r'name="switch" value="(..)"', page.text) == [one for one in LANGUAGES if one != language]
    assert 'role="alert"' not in page.text
    assert notified == []
    with db.reading() as session:
        assert cast.everything(session) == before


def test_the_language_of_the_mail_that_is_passed_on_stays_chosen(addresses: dict[str, str]) -> None:
    browser = TestClient(make_app())
    page = browser.post(addresses["pass-on"], data={"email": "x", "language": "km", "switch": "fr"}).text
    assert re.findall(r'name="language" value="(..)" checked', page) == ["km"]


def test_a_dead_link_shows_no_form_in_any_language(addresses: dict[str, str]) -> None:
    browser = TestClient(make_app())
    for path in ("/s/x/row", "/s/x/pass-on", "/s/x/not-us", "/u/x", "/j/x", "/c/nothing/join"):
        assert browser.post(path, data={"switch": "fr"}).status_code == 404
