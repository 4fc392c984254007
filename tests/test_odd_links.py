"""A link has one spelling; what something has bent leads to it, and what is no link leads nowhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import select
from starlette.testclient import TestClient

from tests import cast
from worker import db, tokens
from worker.models import Answer, Partner, ThirdPartyAddress
from worker.web import paths
from worker.web.app import make_app

BENT = ["=", "==", "%3D", "%3D%3D", ".", ",", ";", ":", "!", "%3E", ">", ")", "]", "%22", "'", "%20", "%09", "%0A"]
BENT += ["%0D%0A", "%00", "%ff", "%E2%80%8B", "%C2%A0", "%E2%80%99", "%C2%BB", "/", "./", "%C3%A9", "%F0%9F%99%82"]


@pytest.fixture
def partner(database: str) -> Partner:
    with db.transaction() as session:
        return cast.a_campaign(session, public_page="from launch", join="approved").partners[0]


@pytest.fixture
def asked(database: str) -> Iterator[list[str]]:
    """Every statement that the database is sent meanwhile."""
    sent: list[str] = []
    note = lambda *event: sent.append(event[2])
    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", note)
    yield sent
    sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", note)


def token_of(partner: Partner, place: str) -> str:
    return tokens.token(partner, {path: purpose for purpose, path in tokens.PATHS.items()}[place])


def test_a_token_is_as_long_as_a_path_expects(partner: Partner) -> None:
    assert {len(token_of(partner, place)) for place in "sju"} == {paths.TOKEN_LENGTH} == {36}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("bent", BENT)
def test_a_bent_link_leads_to_its_one_spelling_and_nothing_is_looked_up(
    bent: str, method: str, browser: TestClient, partner: Partner, asked: list[str]
) -> None:
    asked.clear()
    for place in "sju":
        for token in (token_of(partner, place), "A" * 36):
            for spelling in (f"{token}{bent}", f"{token[:20]}{bent}{token[20:]}", f"{bent}{token}"):
                if "/" in bent and not spelling.endswith(bent):
                    continue
                headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
                answer = browser.request(method, f"/{place}/{spelling}?lang=fr&x=%20y", headers=headers)
                assert (answer.status_code, answer.content) == (301, b"")
                assert answer.headers["location"] == f"/{place}/{token}?lang=fr&x=%20y"
                assert answer.headers["cache-control"] == "no-store"
    assert asked == []


@pytest.mark.parametrize("page", ["row", "pass-on", "not-us"])
def test_a_bent_link_leads_to_the_page_below_it(page: str, browser: TestClient, partner: Partner) -> None:
    link = f"/s/{tokens.token(partner)}"
    for bent in (
        f"{link}=/{page}",
        f"{link}./{page}?lang=km",
        f"{link}/{page}.",
        f"{link}/{page}%0A",
        f"{link}%0A/{page})",
    ):
        answer = browser.get(bent)
        assert answer.status_code == 301
        assert answer.headers["location"].removesuffix("?lang=km") == f"{link}/{page}"
    assert browser.get(f"{link}/{page}").status_code in {200, 303}


@pytest.mark.parametrize(
    "wrong", ["=" * 36, "x", "", "A" * 35, "A" * 37, "A" * 35 + "=", "A" * 36 + "=3D", "%00", "%ff"]
)
def test_what_is_no_link_is_answered_as_any_unknown_one(wrong: str, browser: TestClient, asked: list[str]) -> None:
    unknown = browser.get(f"/s/{'A' * 36}")
    assert unknown.status_code == 404
    asked.clear()
    for place in "sju":
        for answer in (browser.get(f"/{place}/{wrong}"), browser.post(f"/{place}/{wrong}", data={})):
            assert (answer.status_code, answer.content) == (404, unknown.content)
    assert asked == []


@pytest.mark.parametrize("bent", ["=", "%3D", ".", "%0A", "%E2%80%8B", ")", "/"])
def test_a_form_to_a_bent_address_is_not_lost(bent: str, browser: TestClient, partner: Partner) -> None:
    coded = {"mail_code": tokens.mail_code(partner)}
    answer = browser.post(f"/s/{tokens.token(partner)}{bent}", data={"choice": "decline"} | coded)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/s/{tokens.token(partner)}")
    with db.reading() as session:
        assert session.scalars(select(Answer.choice)).all() == ["decline"]


@pytest.mark.parametrize("bent", ["=", "%3D", ".", "%0A", "%3E"])
def test_one_click_is_understood_in_every_spelling_and_never_redirected(
    bent: str, browser: TestClient, partner: Partner
) -> None:
    link = f"/u/{tokens.token(partner, 'quiet')}{bent}"
    assert browser.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with db.reading() as session:
        assert session.get_one(Partner, partner.id).quiet_at is not None


def test_a_wish_is_confirmed_by_a_bent_link(browser: TestClient, partner: Partner) -> None:
    wish = {"organization": "Lake Friends", "contact": "Kim", "email": "office@lakes.example"}
    assert browser.post("/c/dam/join", data=wish).status_code == 200
    with db.reading() as session:
        stranger = session.scalars(select(ThirdPartyAddress)).one()
    link = f"/j/{tokens.token(stranger, 'join')}"
    assert browser.get(f"{link}=").headers["location"] == link
    assert browser.post(f"{link}=", data={"mail_code": tokens.mail_code(stranger)}).status_code == 200
    with db.reading() as session:
        assert session.scalars(select(ThirdPartyAddress)).one().confirmed_at is not None


def test_a_method_that_no_page_has_is_told_the_right_ones_in_every_spelling(
    browser: TestClient, partner: Partner
) -> None:
    assert browser.put(f"/s/{tokens.token(partner)}=").headers["allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("slug", ["%00", "dam%00", "dam%0A", "DAM", "dam.", "dam%20", "%ff", "d" * 101, "dam%E2%80%8B"])
def test_what_cannot_be_the_name_of_a_campaign_is_answered_as_any_unknown_one(
    slug: str, browser: TestClient, partner: Partner, asked: list[str]
) -> None:
    assert browser.get("/c/dam").status_code == browser.get("/c/dam/join").status_code == 200
    unknown = browser.get("/c/nobody-wrote-this")
    asked.clear()
    for path in (f"/c/{slug}", f"/c/{slug}/join"):
        assert browser.head(path).status_code == 404
        for answer in (browser.get(path), browser.post(path, data={})):
            assert (answer.status_code, answer.content) == (404, unknown.content)
    assert asked == []


def test_every_campaign_that_may_be_launched_has_an_address(database: str) -> None:
    slug = "-".join(["0a"] * 20)
    with db.transaction() as session:
        cast.a_campaign(session, slug, public_page="from launch")
    assert len(slug) == 59
    assert TestClient(make_app()).get(f"/c/{slug}").status_code == 200


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "odd", ["%00.eml", "a" * 5000 + ".eml", "a.eml/" + "9" * 5000, "a.eml/9", "a.eml/%D9%A1", "../a"]
)
def test_an_odd_address_in_the_inbox_leads_nowhere(odd: str, database: str, tmp_path: Path) -> None:
    here = TestClient(make_app(inbox=tmp_path), base_url="http://127.0.0.1")
    inbox = f"/inbox/{tokens.inbox_token()}"
    assert here.get(inbox).status_code == 200
    assert here.get(f"{inbox}/{odd}").status_code == 404
