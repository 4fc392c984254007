"""What every response carries, whatever was asked; health; and calm words when something is wrong."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import cast
from worker import broker, db, settings, tokens
from worker.mail import outbox
from worker.models import Mail, Partner, RelayHealth
from worker.web import forms, health, page_cache, partner_page

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture
def partner(database: str) -> Partner:
    with db.transaction() as session:
        return cast.a_campaign(session).partners[0]


def breaks(*_: object) -> Any:
    raise RuntimeError("Sophea Chan <sophea@partner.example>")


@pytest.fixture
def responses(browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    link = f"/s/{tokens.token(partner)}"
    a_worker_gives_signs_of_life()
    found = {
        "page": browser.get(link),
        "head": browser.head(link),
        "form with mistakes": browser.post(link, data={}),
        "refusal": browser.post(link, data={"choice": "withdraw", "mail_code": tokens.mail_code(partner)}),
        "answer": browser.post(link, data={"choice": "decline", "mail_code": tokens.mail_code(partner)}),
        "wrong link": browser.get("/s/x"),
        "cut link": browser.get("/s/abcdefghijkl"),
        "nothing there": browser.get("/nothing/../there"),
        "wrong method": browser.put(link),
        "options": browser.options(link),
        "too large": browser.post(link, content=b"x" * (forms.MAX_FORM + 1)),
        "no form": browser.post(link, content=b"\xff\xfe"),
        "alive": browser.get("/livez"),
        "ready": browser.get("/readyz"),
        "style": browser.get("/style.css"),
    }
    monkeypatch.setattr(page_cache, "page", breaks)
    return found | {"broken": browser.get(link)}


def test_every_response_is_guarded(responses: dict[str, Any]) -> None:
    statuses = {what: response.status_code for what, response in responses.items()}
    assert statuses == {
        "page": 200,
        "head": 200,
        "form with mistakes": 422,
        "refusal": 409,
        "answer": 303,
        "wrong link": 404,
        "cut link": 404,
        "nothing there": 404,
        "wrong method": 405,
        "options": 405,
        "too large": 413,
        "no form": 400,
        "alive": 200,
        "ready": 200,
        "style": 200,
        "broken": 500,
    }
    for what, response in responses.items():
        headers = response.headers
        assert headers["content-security-policy"] == POLICY, what
        assert headers["referrer-policy"] == "no-referrer", what
        assert headers["x-content-type-options"] == "nosniff", what
        assert headers["x-robots-tag"] == "noindex, nofollow", what
        assert headers["cache-control"] == ("max-age=3600" if what == "style" else "no-store"), what
        assert headers["cross-origin-opener-policy"] == "same-origin", what
        assert "set-cookie" not in headers, what


@pytest.mark.parametrize(
    ("path", "kind", "seconds"),
    [("/style.css", "text/css; charset=utf-8", 3600), ("/khmer.woff2", "font/woff2", 2592000)],
)
def test_a_file_of_the_pages_is_kept_by_browsers_for_a_while(
    path: str, kind: str, seconds: int, browser: TestClient
) -> None:
    answer = browser.get(path)
    assert answer.content == (settings.current().templates_dir / "pages" / path.lstrip("/")).read_bytes()
    assert answer.headers["content-type"] == kind
    assert answer.headers["cache-control"] == f"max-age={seconds}"


@pytest.mark.parametrize(
    "path", ["/_base.html", "/quiet.html", "/khmer.OFL.txt", "/pages/style.css", "/partner/page.html", "//style.css"]
)
def test_no_other_file_of_the_templates_is_to_be_had(path: str, browser: TestClient) -> None:
    assert browser.get("http://testserver" + path).status_code == 404


def test_a_wrong_method_is_told_the_right_ones(responses: dict[str, Any]) -> None:
    assert responses["wrong method"].headers["allow"] == "GET, HEAD, POST"
    assert "That is not possible here" in responses["wrong method"].text


def test_what_breaks_is_said_without_details_and_logged_without_values(
    browser: TestClient, partner: Partner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(partner_page.PartnerPage, "take", breaks)
    with caplog.at_level(logging.DEBUG):
        page = browser.post(f"/s/{tokens.token(partner)}", data={"representative": "Sophea"})
    assert page.status_code == 500
    assert "Nothing was recorded." in page.text
    assert "Rien n’a été enregistré." in page.text
    logged = "".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    assert "Sophea" not in page.text + caplog.text
    assert "RuntimeError" not in page.text
    assert "RuntimeError at" in logged
    assert tokens.token(partner) not in logged


@pytest.mark.parametrize("size", [forms.MAX_FORM, forms.MAX_FORM + 1])
@pytest.mark.parametrize("announced", [True, False])
def test_a_form_is_read_up_to_its_limit(size: int, announced: bool, browser: TestClient, partner: Partner) -> None:
    def in_pieces() -> Iterator[bytes]:
        yield from (b"x" * len(range(start, min(start + 10_000, size))) for start in range(0, size, 10_000))

    content = b"x" * size if announced else in_pieces()
    page = browser.post(f"/s/{tokens.token(partner)}", content=content)
    assert page.status_code == (413 if size > forms.MAX_FORM else 422)


@pytest.mark.parametrize("content", [b"&".join([b"a=1"] * 60), b"&" * 60, "choice=é".encode(), b"\x00\xff"])
def test_what_is_no_form_is_said_calmly(content: bytes, browser: TestClient, partner: Partner) -> None:
    page = browser.post(f"/s/{tokens.token(partner)}", content=content)
    assert page.status_code == 400
    assert "The form did not arrive completely" in page.text


def test_a_forged_host_is_nowhere_in_the_answer(browser: TestClient, partner: Partner) -> None:
    link = f"/s/{tokens.token(partner)}"
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"}
    form = {"choice": "decline", "mail_code": tokens.mail_code(partner), "redirect": "https://evil.example"}
    for answer in (
        browser.get(link, headers=forged),
        browser.post(link, data={}, headers=forged),
        browser.post(link + "?redirect=https://evil.example&next=//evil.example", data=form, headers=forged),
        browser.get(link + "/", headers=forged),
        browser.get("/", headers=forged),
    ):
        assert "evil" not in answer.text + str(answer.headers)


def test_without_a_folder_of_caught_mails_there_is_no_inbox(browser: TestClient) -> None:
    for path in ("/", "/inbox", "/inbox/000001-a.eml"):
        assert browser.get(path).status_code == 404


def test_it_says_that_it_lives_without_asking_anybody(browser: TestClient, tmp_path: Path) -> None:
    db.dispose()
    settings.set_for_this_process(database_url=f"sqlite:///{tmp_path}/no/such/folder.db")
    answer = browser.get("/livez")
    assert (answer.status_code, answer.text) == (200, "ok")


def test_it_says_that_it_is_ready_and_how_long_mail_has_waited(browser: TestClient, partner: Partner) -> None:
    a_worker_gives_signs_of_life()
    assert browser.get("/readyz").json() == {
        "ready": True,
        "database": True,
        "broker": True,
        "relay": "ok",
        "restored": False,
        "stuck": False,
        "worker": True,
        "beat": True,
        "overdue": [],
        "oldest_due_mail_seconds": 0.0,
        "failing": [],
    }
    with db.transaction() as session:
        now = cast.passes_its_deadline(session, partner.campaign)
        outbox.put(session, [outbox.to_partner("reminder", partner.campaign, partner, "1", now)])
        session.query(Mail).update({"due_at": partner.campaign.deadline_at})
    assert 3600 <= browser.get("/readyz").json()["oldest_due_mail_seconds"] < 3700


def a_worker_gives_signs_of_life() -> None:
    with db.transaction() as session:
        now = db.clock(session)
        session.query(RelayHealth).update({"swept_at": now, "drained_at": now})


def a_mail_waits(partner: Partner, *, minutes: float, **the_post: Any) -> None:
    with db.transaction() as session:
        now = db.clock(session)
        outbox.put(session, [outbox.to_partner("reminder", partner.campaign, partner, "1", now)])
        session.query(Mail).update({"due_at": now - timedelta(minutes=minutes)})
        session.query(RelayHealth).update({name: now - timedelta(minutes=ago) for name, ago in the_post.items()})


def test_it_is_not_ready_when_nobody_takes_the_mail_that_is_due(browser: TestClient, partner: Partner) -> None:
    a_mail_waits(partner, minutes=6, drained_at=7, swept_at=1)

    answer = browser.get("/readyz")

    assert (answer.status_code, answer.json()["failing"]) == (503, ["stuck"])
    assert (answer.json()["stuck"], answer.json()["beat"]) == (True, True)


def test_it_is_not_ready_while_the_clock_stands_still(browser: TestClient, partner: Partner) -> None:
    a_mail_waits(partner, minutes=6, drained_at=1, swept_at=7)

    answer = browser.get("/readyz")

    assert (answer.status_code, answer.json()["failing"]) == (503, ["beat"])
    assert (answer.json()["stuck"], answer.json()["worker"], answer.json()["beat"]) == (False, True, False)


def test_a_relay_that_takes_no_mail_is_told_and_the_pages_are_ready(browser: TestClient, partner: Partner) -> None:
    a_mail_waits(partner, minutes=60, drained_at=1, swept_at=1, blocked_at=30)
    with db.transaction() as session:
        session.query(RelayHealth).update({"reply": "535 5.7.8 login of <address> refused"})
        since = session.get_one(RelayHealth, 1).blocked_at
    assert since is not None

    answer = browser.get("/readyz")

    assert (answer.status_code, answer.json()["stuck"]) == (200, False)
    relay = answer.json()["relay"]
    assert relay["blocked"] == since.isoformat(timespec="seconds")
    assert relay["reply"] == "535 5.7.8 login of <address> refused"


def test_it_names_the_database_when_that_does_not_answer(browser: TestClient, tmp_path: Path) -> None:
    db.dispose()
    settings.set_for_this_process(database_url=f"sqlite:///{tmp_path}/no/such/folder.db")
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["failing"] == ["database"]
    assert answer.json()["oldest_due_mail_seconds"] is None
    assert answer.json()["stuck"] is None


def test_it_names_the_broker_when_that_does_not_answer(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    a_worker_gives_signs_of_life()
    monkeypatch.setattr(broker, "answers", lambda seconds: False)
    answer = browser.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (503, ["broker"])


def test_a_broker_that_hangs_does_not_hang_the_answer(browser: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    a_worker_gives_signs_of_life()
    released = threading.Event()
    monkeypatch.setattr(health, "WAIT_FOR_BROKER", 0.2)
    monkeypatch.setattr(broker, "answers", lambda seconds: [released.wait(20), True][1])
    try:
        answer = browser.get("/readyz")
    finally:
        released.set()
    assert (answer.status_code, answer.json()["failing"]) == (503, ["broker"])
