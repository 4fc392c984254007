"""A long list of those who sign: over pages for everyone, its beginning on a partner's own page."""

import gzip
import html
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from tests import cast
from tests.sql import plans, statements
from worker import db, tokens
from worker.acts import answer
from worker.acts.answer import Statement
from worker.models import Campaign, Partner
from worker.state import public_list, signatories
from worker.text.languages import LANGUAGES
from worker.web import page_cache

OTHERS = ("Alpine Streams", "clean coast", "Évian", "Zambezi", "O'Hara & Sons", "ទន្លេស្អាត", "<b>bold</b>", "350")
sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A page of the list has four names, and a partner's own page two others; the order is kept for the whole test."""
    monkeypatch.setattr(public_list, "PAGE", 4)
    monkeypatch.setattr(public_list, "BEGINNING", 2)
    monkeypatch.setattr(public_list, "ORDER_HOLDS_S", 600.0)
    yield
    public_list._orders.clear()
    page_cache._worded.clear()


def all_sign(*, left: bool, who: str = "everyone") -> list[Partner]:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=OTHERS, public_page="from launch", show_signers=who)
        for partner in campaign.partners:
            cast.signs(session, partner)
        if left:
            cast.the_letter_leaves(session, campaign)
    with db.reading() as session:  # of whom an answer is recorded, not all is read
        return list(session.scalars(select(Partner).where(Partner.campaign_id == campaign.id).order_by(Partner.id)))


def in_order(partners: list[Partner]) -> list[str]:
    return [one.organization for one in signatories.in_order(partners)]


def names(page: str) -> list[str]:
    rows = re.findall(r"<li[^>]*><bdi>(.*?)</bdi>", page)
    return [re.sub(r" \(RW\), USA$|, France$|, États-Unis$", "", html.unescape(row)) for row in rows]


@pytest.mark.parametrize("left", [False, True])
def test_a_long_list_goes_on_over_pages_that_do_not_repeat_the_letter(
    left: bool, browser: TestClient, database: str
) -> None:
    partners = all_sign(left=left)
    pages = [browser.get("/c/dam", params={"page": number}).text for number in (1, 2, 3)]
    assert [name for page in pages for name in names(page)] == in_order(partners)
    assert [len(names(page)) for page in pages] == [4, 4, 2]
    assert ["ask you to <em>wait</em>" in page for page in pages] == [True, False, False]
    assert re.findall(r'<ol class="signatories"( start="\d+")?>', "".join(pages)) == (
        ["", ' start="5"', ' start="9"'] if left else []
    ), "before it has left the list has no numbers"
    for number, page in enumerate(pages, 1):
        assert f"This is page {number} of 3 of the list." in page
        assert re.findall(r'href="(/c/dam[^"]*)"(?: aria-current="page")?>Page', page) == [
            "/c/dam?lang=en",
            "/c/dam?lang=en&amp;page=2",
            "/c/dam?lang=en&amp;page=3",
        ]
        assert page.count('aria-current="page"') == 1
        assert 'content="noindex, nofollow"' in page
    assert browser.get("/c/dam?page=99").text == pages[2], "a list that became shorter"
    assert browser.get("/c/dam").text == browser.get("/c/dam?page=x").text == browser.get("/c/dam?page=0").text


@sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_another_language_keeps_the_page(language: str, browser: TestClient, database: str) -> None:
    all_sign(left=True)
    page = browser.get(f"/c/dam?lang={language}&page=2").text
    assert f'<html lang="{language}">' in page
    others = set(LANGUAGES) - {language}
    assert {f'href="/c/dam?lang={one}&amp;page=2" hreflang' in page for one in others} == {True}


@pytest.mark.parametrize("page", ["", "?page=2"])
def test_who_steps_back_is_gone_at_once_from_an_order_that_is_kept(
    page: str, browser: TestClient, database: str
) -> None:
    partners = all_sign(left=True)
    browser.get("/c/dam")
    going = signatories.in_order(partners)[5 if page else 0]
    assert going.organization in names(browser.get("/c/dam" + page).text)
    with db.transaction() as session:
        answer.withdraw(session, going.id, Statement())
    with statements() as seen:
        after = browser.get("/c/dam" + page).text
    assert html.escape(going.organization) not in after, "nor as the first of a page"
    assert len(names(after)) == 3
    assert "in the name of 10 organizations" in after or page, "the number stays"
    assert len([one for one in seen if not one.startswith("BEGIN")]) <= 3
    assert re.search(r"partner.id (IN|= ANY) ", "".join(seen)), "the rows of one page alone are read"
    for key, (_, ids) in list(public_list._orders.items()):
        public_list._orders[key] = 0.0, ids
    assert len(names(browser.get("/c/dam" + page).text)) == 4, "two seconds later the order is read anew"


@sqlite
def test_the_rows_of_a_page_are_found_by_their_numbers(database: str) -> None:
    """Not by their campaign: of 10,000 partners all would be read for each page."""
    partners = all_sign(left=False)
    read = lambda session: signatories.load_public_of(session, partners[0].campaign_id, [one.id for one in partners])
    plan = plans(read, "SELECT partner.id")
    assert "SEARCH partner USING INTEGER PRIMARY KEY" in plan
    assert "campaign_id_email" not in plan


def test_no_page_of_the_list_tells_of_those_who_are_withheld(browser: TestClient, database: str) -> None:
    partners = all_sign(left=False)
    with db.transaction() as session:
        for partner in partners[:3]:
            answer.withdraw(session, partner.id, Statement())
    public_list._orders.clear()
    before = [browser.get(f"/c/dam?page={number}").content for number in (1, 2)]
    link = f"/s/{tokens.token(partners[5])}/names"
    before.append(browser.get(link).content)
    with db.transaction() as session:
        cast.signs(session, partners[0], "counted")
        cast.signs(session, partners[1], "addressee")
    public_list._orders.clear()
    after = [browser.get(f"/c/dam?page={number}").content for number in (1, 2)]
    assert [*after, browser.get(link).content] == before


async def _no_page(*_: object) -> None:
    """As where the page is not so simple."""


@pytest.mark.parametrize("stage", ["open", "in review"])
def test_a_partner_sees_the_first_of_the_others_itself_and_a_way_to_all(
    stage: str, browser: TestClient, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    partners = all_sign(left=False, who="partners")
    silent = partners.pop()
    with db.transaction() as session:
        answer.withdraw(session, silent.id, Statement())
        if stage == "in review":
            cast.passes_its_deadline(session, session.get_one(Campaign, silent.campaign_id))
    public_list._orders.clear()
    listed = in_order(partners)
    for partner in [*partners, silent]:
        link = f"/s/{tokens.token(partner)}"
        given = browser.get(link).text
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(page_cache, "page", _no_page)
            assert given == browser.get(link).text
        lines = re.findall(r'<li class="more">|<li class="own">|<li><bdi>', given)
        others = [one for one in listed if one != partner.organization]
        shown = [one for one in names(given) if one != partner.organization]
        assert shown == others[:2]
        place = in_order([*partners, silent] if partner is silent else partners).index(partner.organization)
        itself = ['<li class="own">'] if partner is not silent or stage == "open" else []
        row = ["<li><bdi>"]
        if place <= 2:
            expected = row * place + itself + row * (2 - place) + ['<li class="more">']
        else:
            expected = row * 2 + ['<li class="more">'] + itself
        assert lines == expected, partner.organization
        assert f'href="{link}/names' in given

    link = f"/s/{tokens.token(partners[0])}/names"
    pages = [browser.get(f"{link}?page={number}") for number in (1, 2, 3)]
    assert [name for page in pages for name in names(page.text)] == listed
    assert "".join(page.text for page in pages).count('class="own"') == 1
    assert {page.headers["cache-control"] for page in pages} == {"no-store"}


@sqlite
def test_the_whole_list_is_for_partners_that_may_see_each_other_now(browser: TestClient, database: str) -> None:
    partners = all_sign(left=False, who="partners")
    link = f"/s/{tokens.token(partners[0])}"

    def looks() -> tuple[int, str]:
        page = browser.get(f"{link}/names", follow_redirects=False)
        return page.status_code, page.headers.get("location", "")

    assert looks() == (200, "")
    campaign_id = partners[0].campaign_id
    for change, undone in (
        ({"definition": {"show_signers": "nobody"}}, None),
        ({"cancelled_at": True}, {"cancelled_at": None}),
        ({"panic_at": True}, {"panic_at": None}),
    ):
        with db.transaction() as session:
            campaign = session.get_one(Campaign, campaign_id)
            was = campaign.definition
            for column, value in change.items():
                setattr(campaign, column, was | value if isinstance(value, dict) else db.clock(session))
        assert looks() == ((503, "") if "panic_at" in change else (303, f"{link}?lang=en"))
        with db.transaction() as session:
            campaign = session.get_one(Campaign, campaign_id)
            campaign.definition = was
            for column in undone or {}:
                setattr(campaign, column, None)
    with db.transaction() as session:
        session.get_one(Partner, partners[0].id).taken_out_at = db.clock(session)
    assert looks() == (303, f"{link}?lang=en")
    assert browser.get(f"/s/{tokens.token(partners[1])[:-2]}ab/names").status_code == 404
    with db.transaction() as session:
        cast.the_letter_leaves(session, session.get_one(Campaign, campaign_id))
    assert browser.get(f"/s/{tokens.token(partners[1])}/names", follow_redirects=False).status_code == 303


@sqlite
def test_the_page_for_everyone_is_compressed_for_who_takes_it_and_no_page_with_a_token_is(
    browser: TestClient, database: str
) -> None:
    partners = all_sign(left=False)
    zipped, plain = (browser.get("/c/dam", headers={"Accept-Encoding": one}) for one in ("gzip, br", "identity"))
    assert zipped.content == plain.content
    assert (zipped.headers["content-encoding"], plain.headers.get("content-encoding")) == ("gzip", None)
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert zipped.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert zipped.headers["cache-control"] == "no-store"
    assert zipped.headers["content-type"] == plain.headers["content-type"] == "text/html; charset=utf-8"

    own = f"/s/{tokens.token(partners[0])}"
    held = (own, f"{own}/names", f"{own}/row", f"/u/{tokens.token(partners[0], 'quiet')}", "/c/nothing", "/desk/login")
    for path in held:
        assert "content-encoding" not in browser.get(path, headers={"Accept-Encoding": "gzip"}).headers, path


@sqlite
@pytest.mark.parametrize(
    ("asked", "compressed"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("br, *", True),
        ("*;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("br", False),
        ("", False),
        ("xgzip, ;;;, q=1", False),
    ],
)
def test_a_style_sheet_is_compressed_for_who_takes_it(
    asked: str, compressed: bool, browser: TestClient, database: str
) -> None:
    with browser.stream("GET", "/style.css", headers={"Accept-Encoding": asked}) as answered:
        content = b"".join(answered.iter_raw())
    assert (answered.headers.get("content-encoding") == "gzip") is compressed
    assert int(answered.headers["content-length"]) == len(content)
    text = gzip.decompress(content) if compressed else content
    assert text == browser.get("/style.css", headers={"Accept-Encoding": "identity"}).content
    assert answered.headers["vary"] == "Accept-Encoding"


@sqlite
@pytest.mark.parametrize("path", ["/style.css", "/desk.css", "/khmer.woff2"])
def test_a_file_that_a_browser_has_is_not_sent_again(path: str, browser: TestClient, database: str) -> None:
    first = browser.get(path)
    again = browser.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == first.headers["cache-control"]
    assert browser.get(path, headers={"If-None-Match": '"another"'}).status_code == 200
    assert ("content-encoding" in first.headers) is path.endswith(".css")
