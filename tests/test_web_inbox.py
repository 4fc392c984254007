"""The inbox of a trial run: what is caught can be read and clicked, and nothing else of this machine."""

import email.policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from worker import embedded, settings, tokens
from worker.web import inbox
from worker.web.app import make_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "inbox"
    made.mkdir()
    (tmp_path / "secret_key").write_text("the key")
    return made


@pytest.fixture
def browser(database: str, folder: Path) -> TestClient:
    return TestClient(make_app(folder), base_url="http://127.0.0.1:8000", follow_redirects=False)


@pytest.fixture
def address(browser: TestClient) -> str:
    """Of the inbox, as who started it was told."""
    return f"/inbox/{tokens.inbox_token()}"


def below(address: str, name: str) -> list[str]:
    """The inbox, and all that is to be had of one mail in it."""
    return [address, *(f"{address}/{name}{end}" for end in ("", "/html", "/source", "/0"))]


def caught(folder: Path, number: int, subject: str = "Hello", to: str = "rw@partner.example") -> str:
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["To"], mail["Subject"], mail["Date"] = to, subject, "Fri, 14 Apr 2023 16:00:00 +0000"
    mail.set_content("See <b>here</b>: http://127.0.0.1:8000/s/abc_-1.\nMail code: 123 456\n")
    mail.add_alternative(
        "<html><head></head><body><script>x</script><a href='/s/abc'>é</a></body></html>", subtype="html"
    )
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename='let"ter\u202e.pdf')
    name = f"{number:06d}-abc123.eml"
    (folder / name).write_bytes(b"Delivered-To: " + to.encode() + b"\r\n" + mail.as_bytes())
    return name


def test_who_knows_the_port_and_no_more_learns_nothing(browser: TestClient, address: str, folder: Path) -> None:
    name = caught(folder, 1)
    unknown = browser.get("/unknown")
    right = address.removeprefix("/inbox/")
    guesses = ["", "0" * 32, right[:-1], right + "0", right.upper(), "é", "%ff", "a%2fb", "..", name]
    paths = ["/", "/inbox", *(path for guess in guesses for path in below(f"/inbox/{guess}", name))]
    for method, path in [(method, path) for path in paths for method in ("GET", "POST", "PUT", "OPTIONS")]:
        answer = browser.request(method, path)
        assert (answer.status_code, answer.content) == (404, unknown.content), (method, path)
        assert answer.headers.items() == unknown.headers.items(), (method, path)


def test_its_address_is_another_with_another_key_and_survives_a_restart(browser: TestClient, address: str) -> None:
    settings.current.cache_clear()
    assert browser.get(address).status_code == 200

    settings.set_for_this_process(secret_key="another key, which signs other links and codes")
    assert browser.get(address).status_code == 404
    assert browser.get(f"/inbox/{tokens.inbox_token()}").status_code == 200


def test_its_address_leaks_into_no_referrer_and_no_cache(browser: TestClient, address: str, folder: Path) -> None:
    for path in below(address, caught(folder, 1)):
        headers = browser.get(path).headers
        assert headers["referrer-policy"] == "no-referrer", path
        assert headers["cache-control"] == "no-store", path


def test_an_empty_inbox_says_so(browser: TestClient, address: str) -> None:
    assert "No mail here yet" in browser.get(address).text


def test_a_folder_that_is_not_there_yet_is_an_empty_inbox(address: str, tmp_path: Path) -> None:
    browser = TestClient(make_app(tmp_path / "later"), base_url="http://localhost")
    assert "No mail here yet" in browser.get(address).text


def test_mails_are_listed_the_newest_first(browser: TestClient, address: str, folder: Path) -> None:
    for number, subject in enumerate(["First", "Second <b>", "Troisième – été"], start=1):
        caught(folder, number, subject)
    (folder / ".000004-abc.eml.part").write_text("half received")
    (folder / "notes.txt").write_text("no mail")
    page = browser.get(address).text
    assert page.index("Troisième – été") < page.index("Second &lt;b&gt;") < page.index("First")
    assert page.count(f"{address}/0000") == 3
    assert "rw@partner.example" in page
    assert "2023-04-14 16:00:00" in page


def test_a_huge_inbox_comes_in_pages(browser: TestClient, address: str, folder: Path) -> None:
    for number in range(1, inbox.SHOWN_AT_ONCE + 6):
        caught(folder, number, f"Mail-{number}.")
    first, second = browser.get(address).text, browser.get(f"{address}?page=2").text
    assert first.count("Mail-") == inbox.SHOWN_AT_ONCE
    assert f'href="{address}?page=2"' in first
    assert second.count("Mail-") == 5
    assert "Mail-1." in second
    for odd in ("0", "-1", "999999", "x", "²", "9" * 30):
        assert browser.get(address, params={"page": odd}).status_code == 200


def test_a_mail_is_read_and_its_link_can_be_clicked(browser: TestClient, address: str, folder: Path) -> None:
    page = browser.get(f"{address}/{caught(folder, 1)}").text
    assert '<a href="http://127.0.0.1:8000/s/abc_-1">http://127.0.0.1:8000/s/abc_-1</a>.' in page
    assert "See &lt;b&gt;here&lt;/b&gt;" in page
    assert "Mail code: 123 456" in page
    assert "rw@partner.example" in page


def test_the_html_of_a_mail_is_shown_in_a_cage(browser: TestClient, address: str, folder: Path) -> None:
    name = caught(folder, 1)
    assert f'<iframe class="mail-html" src="{address}/{name}/html"' in browser.get(f"{address}/{name}").text
    shown = browser.get(f"{address}/{name}/html")
    assert "é</a>" in shown.text
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy


def test_what_is_attached_can_be_kept(browser: TestClient, address: str, folder: Path) -> None:
    name = caught(folder, 1)
    assert f'href="{address}/{name}/0"' in browser.get(f"{address}/{name}").text
    kept = browser.get(f"{address}/{name}/0")
    assert kept.content == b"%PDF-1.7"
    assert kept.headers["content-disposition"] == 'attachment; filename="let_ter_.pdf"'
    assert browser.get(f"{address}/{name}/1").status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "nothing.eml",
        "../secret_key",
        "..%2fsecret_key",
        "%2e%2e%2fsecret_key",
        "..%2F..%2Fetc%2Fpasswd",
        ".eml",
        "a%00.eml",
    ],
)
@pytest.mark.parametrize("end", ["", "/html", "/source", "/0"])
def test_there_is_no_way_out_of_the_folder(name: str, end: str, browser: TestClient, address: str) -> None:
    assert browser.get(f"{address}/{name}{end}").status_code == 404


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"Subject: =?utf-8?b?/////w==?=\r\nDate: no\r\n\r\n\xff", b"To: x\r\n"]
)
def test_a_mail_that_is_none_is_shown_all_the_same(
    content: bytes, browser: TestClient, address: str, folder: Path
) -> None:
    (folder / "000001-odd.eml").write_bytes(content)
    for path in below(address, "000001-odd.eml")[:-1]:
        assert browser.get(path).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Via"])
def test_what_comes_through_a_proxy_reads_nothing(header: str, browser: TestClient, address: str, folder: Path) -> None:
    name = caught(folder, 1)
    for path in below(address, name):
        assert browser.get(path, headers={header: "127.0.0.1"}).status_code == 404


def test_the_name_under_which_partners_reach_us_reads_nothing(browser: TestClient, address: str) -> None:
    settings.set_for_this_process(public_url="https://letters.example.org")
    assert browser.get(address, headers={"Host": "letters.example.org"}).status_code == 404


@pytest.mark.parametrize("host", ["[::1", "[", "[::1]x]:80", "", "127.0.0.1.evil.example", "localhost@evil.example"])
def test_a_host_that_is_none_reads_nothing(host: str, browser: TestClient, address: str) -> None:
    assert browser.get(address, headers={"Host": host}).status_code == 404


@pytest.mark.parametrize("relay", ["", "smtp://127.0.0.1:2525"])
def test_where_a_relay_takes_the_mail_there_is_no_inbox(relay: str, database: str) -> None:
    settings.set_for_this_process(smtp_url=relay)
    with embedded._catcher(settings.current(), ()) as (inbox, _):
        browser = TestClient(make_app(inbox), base_url="http://127.0.0.1:8000", follow_redirects=False)
        status = browser.get(f"/inbox/{tokens.inbox_token()}").status_code
        assert status == (404 if relay else 200)


def test_another_name_for_this_machine_reads_nothing(browser: TestClient, address: str, folder: Path) -> None:
    name = caught(folder, 1)
    for path in below(address, name):
        assert browser.get(path, headers={"Host": "evil.example:8000"}).status_code == 404
        assert browser.get(path, headers={"Host": "[::1]:8000"}).status_code == 200
        assert browser.get(path, headers={"Host": "localhost:8000"}).status_code == 200
