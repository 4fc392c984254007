"""The letter for everyone: when it is there, what it says, and what nothing on it tells."""

import asyncio
import html
import re

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from worker import db
from worker.acts import answer
from worker.acts.answer import Statement
from worker.models import Campaign, Partner, ThirdPartyAddress
from worker.text.languages import LANGUAGES
from worker.web import public_page
from worker.web.app import make_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OTHERS = ("Clean Coast", "Alpine Streams")


def a_campaign(slug: str, when: str, who: str = "nobody") -> list[Partner]:
    with db.transaction() as session:
        return cast.a_campaign(session, slug, OTHERS, public_page=when, show_signers=who).partners


def leaves(session: Session, partner: Partner) -> None:
    cast.the_letter_leaves(session, session.get_one(Campaign, partner.campaign_id))


def names(page: str) -> list[str]:
    return re.findall(r"<li[^>]*><bdi>([^<]*)</bdi></li>", page)


@pytest.mark.parametrize(
    ("when", "before", "after"), [("never", 404, 404), ("after dispatch", 404, 200), ("from launch", 200, 200)]
)
def test_it_is_there_when_the_campaign_says_so(when: str, before: int, after: int, browser: TestClient) -> None:
    partners = a_campaign("dam", when)
    unknown = browser.get("/c/nothing")
    assert unknown.status_code == 404
    page = browser.get("/c/dam")
    assert page.status_code == before
    if before == 404:
        assert page.content == unknown.content, "nobody learns that there is such a campaign"
        assert dict(page.headers) | {"date": ""} == dict(unknown.headers) | {"date": ""}
    with db.transaction() as session:
        leaves(session, partners[0])
    assert browser.get("/c/dam").status_code == after
    with db.transaction() as session:
        session.get_one(Campaign, partners[0].campaign_id).cancelled_at = db.clock(session)
    assert browser.get("/c/dam").status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_reads_in_every_language_and_asks_nothing_of_others(language: str, browser: TestClient) -> None:
    a_campaign("dam", "from launch")
    page = browser.get("/c/dam", params={"lang": language})
    assert f'<html lang="{language}">' in page.text
    assert ("Le barrage doit attendre" if language == "fr" else "The dam must wait") in page.text
    assert page.headers["cache-control"] == "no-store", "a name that goes is gone"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert "set-cookie" not in page.headers
    assert "<script" not in page.text
    assert not re.search(r"(src|href|action)=\"(?!/|#|mailto:)", page.text)
    assert browser.get("/c/dam?lang=tlh").text == browser.get("/c/dam").text


def test_before_it_has_left_nothing_tells_of_those_who_are_withheld(browser: TestClient) -> None:
    """Not the list, not a number, not a byte: whether they come, go or change, the page is the same."""
    rw, ev, cc, alps = a_campaign("dam", "from launch", "everyone")
    with db.transaction() as session:
        cast.signs(session, cc)
    page = browser.get("/c/dam").content
    assert names(page.decode()) == ["Clean Coast"]
    for act in (
        lambda session: cast.signs(session, rw, "counted"),
        lambda session: cast.signs(session, ev, "addressee"),
        lambda session: cast.signs(session, rw, "addressee"),
        lambda session: answer.withdraw(session, rw.id, Statement()),
        lambda session: answer.decline(session, alps.id, Statement()),
        lambda session: cast.asks_for_a_change(session, alps.id, Statement(reason="x")),
    ):
        with db.transaction() as session:
            act(session)
        assert browser.get("/c/dam").content == page


def test_nobody_is_named_before_it_has_left_unless_everyone_may_see(browser: TestClient) -> None:
    for slug, who in (("one", "nobody"), ("two", "partners")):
        partners = a_campaign(slug, "from launch", who)
        with db.transaction() as session:
            cast.signs(session, partners[0])
        page = browser.get(f"/c/{slug}").text
        assert names(page) == []
        assert "River Watch" not in page


def test_after_it_has_left_no_number_tells_who_stepped_back(browser: TestClient) -> None:
    rw, ev, cc, alps = a_campaign("dam", "after dispatch")
    with db.transaction() as session:
        cast.signs(session, rw)
        cast.signs(session, ev)
        cast.signs(session, cc, "counted")
        cast.signs(session, alps, "addressee")
        leaves(session, rw)
    page = browser.get("/c/dam").text
    assert names(page) == ["Eau Vive, France", "River Watch (RW), USA"]
    assert "sent in the name of 4 organizations. Named here today:" in page
    assert "not named" not in page, "no number of those who are withheld"
    with db.transaction() as session:
        cast.signs(session, rw, "counted")
    counted = browser.get("/c/dam").content
    assert "We, the 4 undersigned" in counted.decode()
    with db.transaction() as session:
        answer.withdraw(session, rw.id, Statement())
        answer.withdraw(session, cc.id, Statement())
        cast.signs(session, alps, "counted")
    assert browser.get("/c/dam").content == counted, "one who went and one who stays unnamed look alike"


def test_the_letters_before_and_after_are_those_that_everyone_may_read(browser: TestClient) -> None:
    for slug, when in (
        ("one", "from launch"),
        ("hidden", "never"),
        ("two", "from launch"),
        ("later", "after dispatch"),
    ):
        a_campaign(slug, when)
    first, second = browser.get("/c/one?lang=fr").text, browser.get("/c/two").text
    assert re.findall(r'href="/c/([^"?]*)\?', first) == ["one", "one", "two"], "its languages, then the next"
    assert 'href="/c/two?lang=fr"' in first
    assert re.findall(r'href="/c/([^"?]*)\?', second) == ["two", "two", "one"]
    assert "hidden" not in first + second
    assert "later" not in second


def test_those_who_come_together_read_one_page_and_who_comes_later_reads_it_anew(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    partners = a_campaign("dam", "from launch", "everyone")
    with db.transaction() as session:
        cast.signs(session, partners[0])
    make, made = public_page._page, list[public_page.Wanted]()

    def noting(session: Session, wanted: public_page.Wanted) -> bytes | None:
        made.append(wanted)
        return make(session, wanted)

    monkeypatch.setattr(public_page, "_page", noting)
    addresses = [f"/c/{slug}?lang={language}" for slug in ("dam", "nothing") for language in ("en", "fr")] * 20
    addresses += [f"/c/dam?lang={number}" for number in range(40)]

    async def look() -> list[tuple[int, bytes]]:
        transport = httpx2.ASGITransport(app=make_app())
        async with httpx2.AsyncClient(transport=transport, base_url="http://letters.example", timeout=60) as everybody:
            pages = await asyncio.gather(*map(everybody.get, addresses))
            return [(page.status_code, page.content) for page in pages]

    together = asyncio.run(look())
    assert len(made) < len(addresses) / 2
    assert {wanted.language for wanted in made} == {"en", "fr", ""}
    alone = {address: browser.get(address) for address in set(addresses)}
    for address, given in zip(addresses, together, strict=True):
        assert given == (alone[address].status_code, alone[address].content), address

    with db.transaction() as session:
        answer.withdraw(session, partners[0].id, Statement())
    assert b"River Watch" in alone["/c/dam?lang=en"].content
    assert b"River Watch" not in browser.get("/c/dam?lang=en").content


def test_one_page_that_breaks_takes_no_other_with_it(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    for slug in ("dam", "broken"):
        a_campaign(slug, "from launch")
    make = public_page._page

    def breaking(session: Session, wanted: public_page.Wanted) -> bytes | None:
        if wanted.slug == "broken":
            raise ValueError
        return make(session, wanted)

    monkeypatch.setattr(public_page, "_page", breaking)
    dam, broken = (public_page.Wanted(slug, "") for slug in ("dam", "broken"))

    read = public_page._read([broken, dam, broken])

    assert [type(one) for one in read] == [ValueError, bytes, ValueError]


@pytest.mark.parametrize("typed", [None, {"organization": "Lake", "contact": "Kim", "email": "kim@lake.example"}])
def test_whoever_comes_too_late_to_ask_reads_that(browser: TestClient, typed: dict[str, str] | None) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, "late", public_page="from launch", join="approved")
        cast.passes_its_deadline(session, campaign)
    page = browser.post("/c/late/join", data=typed) if typed else browser.get("/c/late/join")
    assert page.status_code == 410
    assert "The deadline has passed" in page.text
    assert "<form" not in page.text
    with db.reading() as session:
        assert session.scalars(select(ThirdPartyAddress)).all() == []


def test_whoever_mistyped_its_address_reads_it_and_corrects_it_with_all_else_kept(browser: TestClient) -> None:
    with db.transaction() as session:
        cast.a_campaign(session, public_page="from launch", join="approved")
    typed = {"organization": "Lake <Friends>", "country": "Chad", "acronym": "LF", "contact": "Kim", "lang": "fr"}
    asked = browser.post("/c/dam/join", data={**typed, "email": "kim@lkae.example"})
    assert asked.status_code == 200
    assert "<bdi>kim@lkae.example</bdi>" in asked.text
    kept = {name: html.unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', asked.text)}
    assert kept.items() >= {**typed, "email": "kim@lkae.example"}.items()
    form = browser.post("/c/dam/join", data=kept).text
    assert all(f'value="{html.escape(value)}"' in form for value in (*typed.values(), "kim@lkae.example"))
    known = browser.post("/c/dam/join", data={**typed, "email": "box11@partner.example"}).text
    assert known == asked.text.replace("kim@lkae.example", "box11@partner.example"), "it tells nothing of an address"


def test_who_may_not_ask_learns_nothing_of_a_deadline(browser: TestClient) -> None:
    with db.transaction() as session:
        cast.a_campaign(session, "shut", public_page="from launch")
        hidden = cast.a_campaign(session, "hidden", public_page="never", join="closed")
        cast.passes_its_deadline(session, hidden)
    for slug in ("shut", "hidden", "nothing"):
        assert browser.get(f"/c/{slug}/join").status_code == 404
