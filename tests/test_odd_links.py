"""A link has one spelling; what something has bent leads to it, and what is no link leads nowhere."""

import base64
import hmac
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from tests import cast
from tests.sql import statements
from worker import db, settings, tokens
from worker.models import Answer, Partner, ThirdPartyAddress
from worker.web import paths
from worker.web.app import make_app

BENT = ["=", "==", "%3D", "%3D%3D", ".", ",", ";", ":", "!", "%3E", ">", ")", "]", "%22", "'", "%20", "%09", "%0A"]
BENT += ["}", "*", "%C2%AD", "%E2%81%A0", "%EF%BB%BF", "%E2%80%8C", "%E2%80%9D", "=0D=0A", "=3D", "=%0D%0A", "%0A%20"]
BENT += [
    "%0D%0A%3E%20",
    "%253D",
    "%0D%0A",
    "%00",
    "%ff",
    "%E2%80%8B",
    "%C2%A0",
    "%E2%80%99",
    "%C2%BB",
    "/",
    "./",
    "%C3%A9",
    "%F0%9F%99%82",
]
FOLLOWED = [
    "&fbclid=Ab12",
    "%3Futm_source=mail",
    "%23answer",
    "%20Thank%20you",
    ".%0AKind%20regards",
    "%253E",
    "%25E2%2580%258B",
]
FOLLOWED += [",https://letters.example/s/" + "A" * 34, "%20http%3A//letters.example/u/B", "%3C/a%3E%3C/p%3E"]
FOLLOWED += [")%20and%20more", "//", "/./", "%3C/a%3E", "--", "__", "-_", "%20--", "-please", "_and_answer", "%3Cbr%3E"]
TRACKED = ["utm_source=mail&utm_medium=x", "fbclid=Ab1", "gclid", "mc_cid=1&mc_eid=2"]


@pytest.fixture
def partner(database: str) -> Partner:
    with db.transaction() as session:
        return cast.a_campaign(session, public_page="from launch", join="approved").partners[0]


@pytest.fixture
def asked(database: str) -> Iterator[list[str]]:
    """Every statement that the database is sent meanwhile, as `statements` counts them."""
    with statements() as sent:
        yield sent


def token_of(partner: Partner, place: str) -> str:
    return tokens.token(partner, {path: purpose for purpose, path in tokens.PATHS.items()}[place])


def former(partner: Partner, purpose: tokens.Purpose) -> str:
    """The token as it was mailed before: base64url(ref ‖ generation ‖ HMAC)."""
    named = partner.ref + partner.generation.to_bytes(tokens.GENERATION, "big")
    mac = hmac.digest(settings.current().key(f"link {purpose}"), named, "sha256")[: tokens.MAC]
    return base64.urlsafe_b64encode(named + mac).decode()


def test_a_token_is_as_long_as_a_path_expects(partner: Partner) -> None:
    assert {len(token_of(partner, place)) for place in "sju"} == {tokens.LENGTH} == {34}
    assert {len(former(partner, purpose)) for purpose in tokens.PATHS} == {tokens.FORMER_LENGTH} == {36}


def test_links_that_were_mailed_before_go_on_working(browser: TestClient, partner: Partner) -> None:
    old = former(partner, "sign")
    assert tokens.read_token(old) == tokens.read_token(tokens.token(partner)) == (partner.ref, partner.generation)
    page = browser.get(f"/s/{old}")
    assert (page.status_code, f'action="/s/{old}"' in page.text) == (200, True)
    form = {"choice": "decline", "mail_code": tokens.mail_code(partner)}
    assert browser.post(f"/s/{old}", data=form).headers["location"] == f"/s/{old}"
    assert browser.post(f"/u/{former(partner, 'quiet')}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert browser.get(f"/u/{old}").status_code == browser.get(f"/s/{former(partner, 'quiet')}").status_code == 404


@pytest.mark.parametrize("end", ["-", "_"])
def test_a_former_link_that_ends_in_a_sign_keeps_it(end: str, browser: TestClient, partner: Partner) -> None:
    while not (old := former(partner, "sign")).endswith(end):
        partner.ref = tokens.new_ref()
    with db.transaction() as session:
        session.get_one(Partner, partner.id).ref = partner.ref
    assert browser.get(f"/s/{old}").status_code == 200
    assert browser.get(f"/s/{old}.").headers["location"] == f"/s/{old}"


@pytest.mark.parametrize("end", ["--", "-_", "__"])
def test_a_former_link_that_ends_in_two_signs_is_no_new_one(end: str, browser: TestClient, partner: Partner) -> None:
    """Of 34 letters and digits, and two signs: which of the two it is, the key says."""
    while not ((old := former(partner, "sign")).endswith(end) and old[:34].isalnum()):
        partner.ref = tokens.new_ref()
    with db.transaction() as session:
        session.get_one(Partner, partner.id).ref = partner.ref
    assert browser.get(f"/s/{old}").status_code == 200
    assert browser.get(f"/s/{old[:34]}%0A{old[34:]}.").headers["location"] == f"/s/{old}"


def test_a_token_has_one_spelling_and_no_other(partner: Partner) -> None:
    token = tokens.token(partner)
    wrong = [
        token[:-1],
        f"{token}0",
        f"0{token}",
        f"{token[:-1]}=",
        f"{token[:-1]}é",
        "z" * 34,
        "0" * 34,
        "",
        token[::-1],
    ]
    wrong += [token[:at] + ("1" if token[at] == "0" else "0") + token[at + 1 :] for at in range(34)]
    wrong += [token[:at] + token[at].swapcase() + token[at + 1 :] for at in range(34) if token[at].isalpha()]
    for one in wrong:
        with pytest.raises(tokens.NotALink):
            tokens.read_token(one)


@pytest.mark.parametrize("generation", [1, 2, 61, 1390, 1392, 65_536, 2**24 - 1])
def test_a_link_can_be_renewed_however_often(generation: int, database: str) -> None:
    linked = SimpleNamespace(ref=b"\xff" * tokens.REF, generation=generation)
    token = tokens.token(linked)
    assert len(token) == (34 if generation < 1391 else 36)
    assert tokens.read_token(token) == (linked.ref, generation)


# What the programs of readers take for the address in a text, and in what texts it stands.
LINKIFIERS = {
    "Gmail": r"https?://[^\s<>\"]*[A-Za-z0-9/]",
    "Outlook": r"https?://[^\s<>\"')\]]+(?<![.,;:!?\-_*~])",
    "Thunderbird": r"https?://[^\s<>\"`}{\]|]*[^\s<>\"`}{\]|.,;!?\-_':)]",
    "Signal": r"https?://\S*[\w/](?<!_)",
    "WhatsApp": r"https?://[A-Za-z0-9./:]+[A-Za-z0-9]",
}
AROUND = ["{}", "{}.", "<{}>", "({}),", "*{}*", "“{}”", "see {}; thanks", "{}\nnext", "{}…", "{}--", "{}។"]


def test_all_links_survive_what_takes_them_out_of_a_text(database: str) -> None:
    for number in range(10_000):
        link = tokens.link(SimpleNamespace(ref=tokens.new_ref(), generation=1 + number % 9), "sign")
        around = AROUND[number % len(AROUND)]
        for program, address in LINKIFIERS.items():
            assert re.findall(address, f"Your page:\n\n{link}\n\nMail code: 123 456") == [link], program
            [found] = re.findall(address, around.format(link))
            assert paths.straight(unquote(urlsplit(found).path)) == urlsplit(link).path, (program, around)


@pytest.mark.parametrize("place", ["s", "j", "u"])
@pytest.mark.parametrize("followed", FOLLOWED)
def test_what_follows_a_link_is_left_out(
    followed: str, place: str, browser: TestClient, partner: Partner, asked: list[str]
) -> None:
    asked.clear()
    for token in (token_of(partner, place), "A" * 36):
        answer = browser.get(f"/{place}/{token}{followed}")
        assert (answer.status_code, answer.headers["location"]) == (301, f"/{place}/{token}")
    assert asked == []


@pytest.mark.parametrize("page", ["", "/row", "/contacts"])
def test_a_path_in_other_letters_or_with_more_slashes_leads_to_the_one(
    page: str, browser: TestClient, partner: Partner, asked: list[str]
) -> None:
    token = tokens.token(partner)
    link = f"/s/{token}{page}"
    asked.clear()
    escaped = "".join(f"%{ord(one):02X}" for one in token)
    for bent in (
        f"/S/{token}{page}",
        f"/s//{token}{page}",
        f"/s/{token}{page}/",
        f"/s/{escaped}{page}",
        link.replace("/", "//")[1:],
    ):
        answer = browser.get(bent)
        assert (answer.status_code, answer.headers["location"]) == (301, link), bent
    assert browser.get(f"http://testserver//s/{token}{page}").headers["location"] == link
    assert browser.get(f"/s/{token}{page.upper()}.").headers["location"] == link
    assert asked == []


@pytest.mark.parametrize("tracked", TRACKED)
def test_what_is_added_to_follow_readers_is_left_out(tracked: str, browser: TestClient, partner: Partner) -> None:
    link = f"/s/{tokens.token(partner)}"
    assert browser.get(f"{link}?{tracked}").headers["location"] == link
    assert browser.get(f"{link}.?lang=fr&{tracked}").headers["location"] == f"{link}?lang=fr"
    assert browser.get(f"{link}?lang=fr&x=1").status_code == 200
    form = {"choice": "decline", "mail_code": tokens.mail_code(partner)}
    assert browser.post(f"{link}?{tracked}", data=form).headers["location"] == link


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "/%2F%2Fevil.example", "//evil.example/s", "/%5C%5Cevil.example"]
)
def test_no_spelling_leads_to_another_host(elsewhere: str, browser: TestClient, partner: Partner) -> None:
    token = tokens.token(partner)
    for path in (f"{elsewhere}/s/{token}", f"/s/{token}{elsewhere}", f"/s{elsewhere}/{token}", f"{elsewhere}{token}"):
        answer = browser.get(f"http://testserver{path}")
        lead = answer.headers.get("location", "/")
        assert answer.status_code in {301, 404}
        assert re.fullmatch(r"/(s/[a-zA-Z0-9]{34}(/[a-z-]+)?)?", lead), lead


def test_a_link_that_was_cut_gets_a_page_that_helps_and_nothing_is_looked_up(
    browser: TestClient, partner: Partner, asked: list[str]
) -> None:
    unknown = browser.get(f"/s/{'A' * 36}")
    cut = browser.get(f"/s/{'A' * 20}")
    for words in ("This link seems to be cut off", "Ce lien semble incomplet", "តំណនេះហាក់ដូចជាត្រូវបានកាត់ខ្លី"):
        assert words in cut.text
        assert words not in unknown.text
    asked.clear()
    for place in "sju":
        for token in (token_of(partner, place), "B" * 34):  # the beginning of one that lives, and of none
            for length in range(paths.SHORTEST_BEGINNING, 34):
                for path in (token[:length], f"{token[:length]}=", f"{token[:length]}%20"):
                    for answer in (browser.get(f"/{place}/{path}"), browser.post(f"/{place}/{path}", data={})):
                        assert (answer.status_code, answer.content) == (404, cut.content)
                        assert answer.headers == cut.headers
            for length in range(paths.SHORTEST_BEGINNING):
                assert browser.get(f"/{place}/{token[:length]}").content == unknown.content
    assert asked == []


def test_a_path_of_any_length_is_read_at_once() -> None:
    for piece in ("=AA", "%AA", "=", "/", "&", " ", "é", "A", "=3D", "_", "-"):
        begun = time.process_time()
        path = "/s/" + piece * 60_000
        paths.straight(path), paths.is_cut(path)
        assert time.process_time() - begun < 1, piece


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
    "wrong", ["=" * 36, "x", "", "A" * 37, "A" * 38, "A" * 37 + "=", "A" * 37 + "=3D", "%00", "%ff", "A" * 2000]
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
