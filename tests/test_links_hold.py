"""Links hold: looked at many times, pressed by scanners, posted to all at once, timed, and forged around."""

import contextlib
import html.parser
import http.client
import itertools
import os
import random
import secrets
import sqlite3
import statistics
import sys
import threading
import time
from base64 import urlsafe_b64encode
from collections import ChainMap, Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest
import sqlalchemy
from sqlalchemy import select
from starlette.testclient import TestClient

from tests import cast, servers, stage
from tests.conftest import A_SECRET_KEY
from tests.counts import times
from worker import db, settings, tokens
from worker.acts import join, third_party_limits
from worker.models import MAX_WRONG_CODES, Answer, AuditEvent, Campaign, Partner, ThirdPartyAddress
from worker.web.app import make_app

TOP = Path(__file__).resolve().parent.parent
LOOKS, FURTHER = times(1000, few=108), times(100, few=54)  # 108: each way of looking once at each link
LINKS, AT_ONCE, PAIRS, SAMPLES = times(200, few=50), 200, 50, times(1000, few=400)
on_sqlite = pytest.mark.parametrize("house", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("house", ["postgresql"], indirect=True)
Form = dict[str, str]


@dataclass
class Heard:
    status: int
    headers: Form
    page: str


@dataclass
class House:
    """Two web processes, as operators run them, on one database to which this process speaks too."""

    folder: Path
    values: dict[str, object]
    ports: list[int]

    def line(self, number: int = 0) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.ports[number % 2], timeout=60)

    def ask(self, method: str, link: str, form: Form | None = None, number: int = 0, **headers: str) -> Heard:
        with closing(self.line(number)) as line:
            return ask(line, method, link, form, **headers)

    def dump(self) -> list[str]:
        """All that lies in the SQLite database, as it lies there."""
        with closing(sqlite3.connect(f"file:{self.folder}/undersigned.db?mode=ro", uri=True)) as connection:
            return list(connection.iterdump())


def ask(line: http.client.HTTPConnection, method: str, link: str, form: Form | None = None, **headers: str) -> Heard:
    kind = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
    sent = kind | {name.replace("_", "-"): value for name, value in headers.items()}
    line.request(method, link, urlencode(form) if form is not None else None, sent)
    said = line.getresponse()
    kept = {name.lower(): value for name, value in said.getheaders() if name.lower() != "date"}
    return Heard(said.status, kept, said.read().decode())


@pytest.fixture(scope="module")
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with contextlib.ExitStack() as open:
        folder, url = tmp_path_factory.mktemp("house"), ""
        if request.param == "sqlite":
            servers.fresh_sqlite(folder)
        else:
            url = open.enter_context(servers.fresh_postgresql())
        values: dict[str, object] = {"data_dir": folder, "database_url": url, "secret_key": A_SECRET_KEY}
        environment = os.environ | {f"{settings.PREFIX}{name.upper()}": str(value) for name, value in values.items()}
        made = House(folder, values, [servers.free_port(), servers.free_port()])
        commands = [[sys.executable, "-m", "worker", "web", "--port", str(port)] for port in made.ports]
        processes = [servers.Process(one, folder / f"{one[-1]}.log", env=environment, cwd=TOP) for one in commands]
        for process, port in zip(processes, made.ports, strict=True):
            open.callback(process.end)
            servers.wait_for(lambda port=port: stage._answers(f"http://127.0.0.1:{port}/livez"), process)  # type: ignore
        yield made


@pytest.fixture(autouse=True)
def at_home(house: House) -> Iterator[None]:
    """This process speaks to the house's database; in the end, no web process has met an error."""
    settings.set_for_this_process(**house.values)
    before = {log: len(log.read_text()) for log in house.folder.glob("*.log")}
    yield
    db.dispose()
    logged = "".join(log.read_text()[length:] for log, length in before.items())
    assert " ERROR " not in logged, logged[-2000:]
    assert "Traceback" not in logged, logged[-2000:]


def a_campaign(slug: str, partners: int, signed: int = 0) -> list[Partner]:
    """So many partners of a campaign of its own, of whom the first have signed."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session, slug, tuple(f"{slug} {n}" for n in range(partners - 2)))
        for partner in campaign.partners[:signed]:
            cast.signs(session, partner)
        return list(campaign.partners)


def an_applicant(campaign_id: int) -> ThirdPartyAddress:
    """Somebody that asks to sign and has not confirmed it."""
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        campaign.definition = campaign.definition | {"public_page": "from launch", "join": "approved"}
        join.ask_to_join(session, campaign_id, third_party_limits.Person("x@lake.example", "en", "Kim", "Lake Friends"))
        return session.scalars(select(ThirdPartyAddress).where(ThirdPartyAddress.campaign_id == campaign_id)).one()


def links(partner: Partner) -> list[str]:
    """A partner's page, the page of “This was not us”, and that for no more mail."""
    own = f"/s/{tokens.token(partner)}"
    return [own, f"{own}/not-us", f"/u/{tokens.token(partner, 'quiet')}"]


def coded(partner: Partner, **form: str) -> Form:
    return form | {"mail_code": tokens.mail_code(partner)}


def signature(partner: Partner, **other: str) -> Form:
    said = {"choice": "sign", "visibility": "public", "representative": "Sophea Chan", "role": "Secretary"}
    return coded(partner, authorised="yes", **said) | other


def history(partner: Partner) -> list[Answer]:
    with db.reading() as session:
        return list(session.scalars(select(Answer).where(Answer.partner_id == partner.id).order_by(Answer.id)))


def everything_but_guesses() -> dict[str, list[Any]]:
    """All rows, without how often codes were wrong, and who was told that a code was guessed at."""
    with db.reading() as session:
        found = cast.everything(session, but="wrong_codes")
    told = {"code_guessed", "guessing"}
    return {table: [row for row in rows if not told.intersection(map(str, row))] for table, rows in found.items()}


VISITORS: tuple[Form, ...] = (
    {},
    {"User_Agent": "Mozilla/5.0 (compatible; link scanner)", "Accept": "*/*"},
    {"Purpose": "prefetch", "Sec_Purpose": "prefetch;prerender"},
    {"Range": "bytes=0-99", "If_None_Match": "*", "If_Modified_Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"Content_Type": "application/x-www-form-urlencoded", "X_HTTP_Method_Override": "POST"},
    {"Origin": "https://mail.example", "Access_Control_Request_Method": "POST"},
)


@on_sqlite
def test_looks_at_each_link_change_no_row(house: House) -> None:
    [partner, _] = a_campaign("looked-at", 2, signed=1)
    further = behind(house, partner).keys() - {*links(partner)}
    asked = an_applicant(partner.campaign_id)
    confirming = f"/j/{tokens.token(asked, 'join')}"
    looked_at = [*links(partner), confirming] * LOOKS + sorted(further) * FURTHER
    queries = ["", "?lang=fr", "?switch=km", "?List-Unsubscribe=One-Click"]
    queries += ["?" + urlencode(form) for form in (signature(partner), coded(partner, wish="no more mail"))]
    before = house.dump()

    def look(number: int) -> tuple[str, Heard]:
        method, nth = ("GET", "HEAD", "OPTIONS")[number // 3 % 3], number // 9
        link = looked_at[number] + queries[nth // len(VISITORS) % len(queries)]
        return method, house.ask(method, link, None, nth, **VISITORS[nth % len(VISITORS)])

    with ThreadPoolExecutor(4) as visitors:
        looks = list(visitors.map(look, range(len(looked_at))))

    assert house.dump() == before
    for method, seen in looks:
        assert seen.status in ({200, 204, 405} if method == "OPTIONS" else {200})
        assert {"GET", "HEAD", "POST"} <= set(seen.headers.get("allow", "").split(", ")) or method != "OPTIONS"
        assert not (seen.page and method == "HEAD")
    for link in set(looked_at):
        whole, head = house.ask("GET", link), house.ask("HEAD", link)
        assert (head.status, head.headers) == (whole.status, whole.headers)
        assert int(head.headers["content-length"]) == len(whole.page.encode())
    page, not_us, quiet = links(partner)
    assert house.ask("POST", page, signature(partner, visibility="counted")).status == 303
    assert house.ask("POST", quiet, coded(partner, wish="no more mail")).status == 303
    assert house.ask("POST", not_us, coded(partner)).status == 200
    assert house.ask("POST", confirming, {"mail_code": tokens.mail_code(asked)}).status == 200
    with db.reading() as session:
        assert session.get_one(ThirdPartyAddress, asked.id).confirmed_at is not None
    assert house.dump() != before, "the links still work, and a change would be seen"


class Found(html.parser.HTMLParser):
    """What a scanner finds on a page: where it leads, and its forms with all that can be chosen in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.leads: list[str] = []
        self.forms: list[SimpleNamespace] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        name, value, kind = got.get("name", ""), got.get("value", ""), got.get("type", "text")
        if tag == "a":
            self.leads.append(got.get("href", ""))
        elif tag == "form":
            self.forms.append(SimpleNamespace(to=got["action"], hidden={}, choices={}, texts=[], buttons=[]))
        elif tag == "button" and name:
            self.forms[-1].buttons.append({name: value})
        elif tag == "input" and kind == "hidden":
            self.forms[-1].hidden[name] = value
        elif tag == "input" and kind in ("radio", "checkbox"):
            self.forms[-1].choices.setdefault(name, [{}]).append({name: value})
        elif tag in ("input", "textarea"):
            self.forms[-1].texts.append(name)


def behind(house: House, partner: Partner, number: int = 0) -> dict[str, Found]:
    """Each page behind a partner's links, and those to which they lead."""
    waiting, found = links(partner), dict[str, Found]()
    while waiting:
        link = waiting.pop()
        found[link] = page = Found(house.ask("GET", link, None, number).page)
        leads = {lead.partition("?")[0] for lead in page.leads if lead[:3] in ("/s/", "/u/")}
        waiting += leads - {*found, *waiting}
    return found


def all_of(form: SimpleNamespace, wrong: Iterator[str]) -> list[Form]:
    """All that can be sent: each choice or none of each, and each text empty or filled with a guess."""
    return [
        form.hidden | dict.fromkeys(form.texts, next(wrong) if filled else "") | dict(ChainMap(*chosen))
        for *chosen, filled in itertools.product(*form.choices.values(), (True, False))
    ]


def scan(house: House, partner: Partner, number: int) -> list[tuple[int, str, Form]]:
    """Open each page behind a partner's links, and take what to send: all of it, or a share that differs by number."""
    guesses = (f"{secrets.randbelow(10**6):06d}" for _ in itertools.count())
    wrong = (code for code in guesses if code != tokens.mail_code(partner))
    taken = []
    for form in itertools.chain.from_iterable(page.forms for page in behind(house, partner, number).values()):
        every = all_of(form, wrong)
        stride = len(every) // 3 | 1 if number % 25 else 1
        sent = every[number % stride :: stride]
        sent += [random.choice(every) | form.buttons[number % len(form.buttons)]] if form.buttons else []
        taken += [(number, form.to, one) for one in sent]
    return taken


@on_sqlite
def test_a_scanner_that_presses_everything_answers_nothing_and_keeps_nobody_out(house: House) -> None:
    partners = a_campaign("scanned", LINKS, signed=LINKS // 2)
    before = everything_but_guesses()
    with ThreadPoolExecutor(250) as scanners:
        taken = scanners.map(lambda number: scan(house, partners[number], number), range(LINKS))
        sent = list(itertools.chain.from_iterable(taken))
        heard = list(scanners.map(lambda one: house.ask("POST", one[1], one[2], one[0]), sent))

    assert everything_but_guesses() == before, "nothing is recorded"
    assert {one.status for one in heard} <= {200, 422}
    assert sum("That code is not right." in one.page for one in heard) > 2 * LINKS
    with db.reading() as session:
        guessed = [session.get_one(Partner, one.id).wrong_codes for one in partners]
    assert sum(guessed) > 2 * LINKS
    assert max(guessed) < MAX_WRONG_CODES, "to press everything once is not enough"

    choices = ["withdraw"] * (LINKS // 2) + ["decline"] * (LINKS // 2)

    def answers(number: int) -> int:
        form = coded(partners[number], choice=choices[number])
        return house.ask("POST", links(partners[number])[0], form, number).status

    with ThreadPoolExecutor(8) as people:
        assert Counter(people.map(answers, range(LINKS))) == {303: LINKS}, "each answers at the first try"
    assert [history(partner)[-1].choice for partner in partners] == choices


def at_once(house: House, posts: list[tuple[str, Form]]) -> list[Heard]:
    """Send each form from a thread of its own in the same moment."""
    starting = threading.Barrier(len(posts))

    def sends(number: int) -> Heard:
        with closing(house.line(number)) as line:
            line.connect()
            starting.wait()
            return ask(line, "POST", *posts[number])

    with ThreadPoolExecutor(len(posts)) as people:
        return list(people.map(sends, range(len(posts))))


@on_postgresql
def test_one_form_sent_two_hundred_times_at_once_is_one_signature(house: House) -> None:
    [partner, _] = a_campaign("at-once", 2)

    told = at_once(house, [(links(partner)[0], signature(partner))] * AT_ONCE)

    assert {one.headers["location"] for one in told if one.status == 303} == {links(partner)[0]}
    refused = [one for one in told if one.status != 303]
    assert {one.status for one in refused} <= {503}
    assert all("so nothing was recorded" in one.page for one in refused)
    [signed] = history(partner)
    assert (signed.choice, signed.superseded_at) == ("sign", None)
    with db.reading() as session:
        assert len(session.scalars(select(AuditEvent).where(AuditEvent.partner_id == partner.id)).all()) == 1


@on_postgresql
def test_of_two_answers_at_once_one_stands_and_both_are_kept(house: House) -> None:
    partners = a_campaign("pairs", PAIRS)
    others = [{"choice": "decline"}, {"visibility": "counted"}, {"visibility": "addressee"}, {"role": "Chair"}]
    ended = Counter[bool]()
    for start in range(0, PAIRS, 5):
        pairs = {p.id: [signature(p), signature(p, **others[p.id % 4])] for p in partners[start : start + 5]}
        posts = [(links(p)[0], form) for p in partners[start : start + 5] for form in pairs[p.id][:: 1 - p.id % 2 * 2]]
        assert {one.status for one in at_once(house, posts)} == {303}
        for partner in partners[start : start + 5]:
            first, second = history(partner)
            assert (first.superseded_at, second.superseded_at) == (second.at, None)
            kept = [(one.choice, one.visibility or "", one.role) for one in (first, second)]
            sent = [(f["choice"], f["visibility"] * (f["choice"] == "sign"), f["role"]) for f in pairs[partner.id]]
            assert sorted(kept) == sorted(sent)
            ended[kept == sent] += 1
    assert len(ended) == 2, "a race that always ends the same way is no race"


def dead_tokens(slug: str) -> dict[str, str]:
    """Tokens that open no partner's page, of every kind."""
    [revoked, erased] = a_campaign(slug, 2)
    with db.transaction() as session:
        session.get_one(Partner, revoked.id).generation += 1
        session.delete(session.get_one(Partner, erased.id))
    return {
        "unknown": urlsafe_b64encode(secrets.token_bytes(tokens.REF + tokens.GENERATION + tokens.MAC)).decode(),
        "revoked": tokens.token(revoked),
        "foreign": tokens.token(SimpleNamespace(ref=revoked.ref, generation=2), "quiet"),
        "erased": tokens.token(erased),
    }


@on_sqlite
def test_unknown_revoked_and_foreign_links_look_the_same_however_they_are_asked(house: House) -> None:
    dead = [*dead_tokens("dead").values(), "x", "%00", "%C3%A9", "%2e%2e", "a" * 2000]
    asked: list[tuple[str, Form | None]] = [("GET", None), ("HEAD", None), ("POST", {}), ("POST", {"switch": "fr"})]
    for method, form in asked:
        addresses = [path.replace("-", one) for one in dead for path in ("/s/-", "/s/-/not_us", "/s/-/row", "/j/-")]
        looks = [house.ask(method, link.replace("_", "-"), form, n) for n, link in enumerate(addresses)]
        assert all(look == looks[0] for look in looks)
        assert looks[0].status == 404


PLACES = (
    *("/s/-", "/s/-/row", "/s/-/not-us", "/s/-/pass-on", "/s/-/nothing", "/j/-", "/u/-", "/c/-", "/c/-/join"),
    *("/-", "/livez-", "/readyz/-", "/style.css-", "/inbox/-", "/inbox/-/html", "/inbox/-/9"),
)
ODD = (
    *("", "/", "//", ".", "..", "../..", "%2e%2e", "%2e%2e%2f", "..%5c", "%2F%2Fevil.example", "%", "%zz", "%25"),
    *("%00", "a%00", "%00a", "%01", "%0A", "%0D%0A", "a%0A", "%7F", "%ff", "%fe%ff", "%C0%80", "%ED%A0%80", "%F0%9F"),
    *("%E2%80%8B", "%E2%80%AE", "%D9%A1%D9%A2", "%E1%9F%A1", "%C3%A9", "e%CC%81", "%EF%BF%BF", "%F4%8F%BF%BF"),
    *("A-Slug", "DAM", "dam_", "-", "--", "a" * 101, "a" * 5000, "9" * 5000, "-1", "1e9", "nan", "null", "'", '"', "*"),
    *("{slug}", "$%7Bx%7D", "%27%20OR%201=1--", "<b>", "a;b", "a,b", "a=b", "a|b", "%3F", "%23", "\\", "~", "@", ":"),
)


@pytest.mark.parametrize("house", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_no_address_that_nobody_would_type_breaks_anything(method: str, house: House) -> None:
    nowhere = house.ask(method, "/nobody-wrote-this", {} if method == "POST" else None).page
    with closing(house.line()) as line:
        for place in PLACES:
            for odd in ODD:
                path = place.replace("-", odd, 1) if place.startswith("/-") else place.replace("/-", f"/{odd}", 1)
                heard = ask(line, method, path, {} if method == "POST" else None)
                assert heard.status in {404, 405} or path in {"/livez", "/style.css", "/readyz/"}, path
                assert heard.page == nowhere or heard.status != 404, path


def statements(link: str) -> int:
    """How many the database is sent for one look."""
    sent: list[str] = []
    note = lambda *event: sent.append(event[2])
    sqlalchemy.event.listen(sqlalchemy.Engine, "before_cursor_execute", note)
    TestClient(make_app()).get(link)
    sqlalchemy.event.remove(sqlalchemy.Engine, "before_cursor_execute", note)
    return len(sent)


@on_sqlite
def test_unknown_revoked_and_foreign_links_take_the_same_time(house: House) -> None:
    """The medians are no further apart than the halves of what one and the same kind took, with much to spare."""
    dead = {kind: one for kind, one in dead_tokens("timed").items() if kind != "erased"}
    assert len({statements(f"/s/{one}") for one in dead.values()}) == 1
    for _ in range(3):
        took: dict[str, list[float]] = {kind: [] for kind in dead}
        with closing(house.line()) as line:
            for kind in random.sample([*dead] * SAMPLES, SAMPLES * len(dead)):
                began = time.perf_counter()
                ask(line, "GET", f"/s/{dead[kind]}")
                took[kind].append(time.perf_counter() - began)
        medians = {kind: statistics.median(times) for kind, times in took.items()}
        noise = max(abs(statistics.median(t[::2]) - statistics.median(t[1::2])) for t in took.values())
        if max(medians.values()) - min(medians.values()) <= max(3 * noise, 0.04 * min(medians.values())):
            return
    pytest.fail(f"the halves are {noise:.6f} s apart at most, and the kinds took {medians}")


EVIL = "evil.example"
FORGED: tuple[Form, ...] = (
    {"Host": EVIL},
    {"Host": f"{EVIL}:443@127.0.0.1", "X_Forwarded_For": EVIL, "Via": EVIL},
    {"Origin": f"https://{EVIL}", "Referer": f"https://{EVIL}/s/x", "Cookie": f"next=https://{EVIL}"},
    {"X_Forwarded_Host": EVIL, "X_Forwarded_Proto": "https", "X_Forwarded_Prefix": f"//{EVIL}"},
    {"Forwarded": f"host={EVIL};proto=https", "X_Host": EVIL, "X_Forwarded_Server": EVIL},
    {"X_Original_URL": f"//{EVIL}/", "X_Rewrite_URL": f"//{EVIL}/", "User_Agent": EVIL, "Accept_Language": EVIL},
)
NAMES = ("redirect", "next", "url", "return", "return_to", "continue", "host", "base", "location", "action", "lang")
ELSEWHERE = (f"https://{EVIL}", f"//{EVIL}", f"/\\{EVIL}", f"fr\r\nLocation: https://{EVIL}", f"javascript:{EVIL}")


@on_sqlite
def test_what_is_forged_is_in_no_answer_and_leads_nobody_astray(house: House) -> None:
    [partner, fresh] = a_campaign("forged", 2, signed=1)
    page, _, quiet = links(partner)
    forms = {page: signature(partner), quiet: coded(partner, wish="no more mail"), links(fresh)[1]: coded(fresh)}
    honest = {link: house.ask("GET", link) for link in (*links(partner), links(fresh)[1], "/s/x", "/style.css")}
    forged = [(n, headers, dict.fromkeys(NAMES, ELSEWHERE[n % 5])) for n, headers in enumerate(FORGED)]
    for number, headers, elsewhere in forged:
        for link, expected in honest.items():
            for query in ("", "?" + urlencode(elsewhere)):
                assert house.ask("GET", link + query, None, number, **headers) == expected, headers
            for method, other in (("GET", f"http://{EVIL}{link}"), ("GET", f"{link}/"), ("OPTIONS", link)):
                assert EVIL not in str(house.ask(method, other, None, number, **headers))
    for number, headers, elsewhere in forged:
        for link, form in forms.items():
            sent = house.ask("POST", f"{link}?{urlencode(elsewhere)}", elsewhere | form, number, **headers)
            assert (sent.status, sent.headers["location"]) == (303, link.removesuffix("/not-us")), headers
            assert EVIL not in str(sent)
