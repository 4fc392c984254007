"""The mailbox that bounces arrive in: read over real IMAP, changed as little as possible, and safe to die at."""

import contextlib
import ipaddress
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from tests import delivery_reports as reports
from tests import sent_invitations as applied
from tests.imap_server import PASSWORD, USER, Mailserver, Wiretap
from tests.scripted_smtp import pem_of
from tests.sent_invitations import SOPHEA, audit_log, invitation, mail_of_kind, nothing_happened, partner_of, row
from tests.servers import free_port
from worker import db, settings, tokens
from worker.acts import bounce
from worker.mail import bounce_mailbox, bounce_reports
from worker.mail.bounce_mailbox import CannotCollect, Mailbox

only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PRIVATE = b"From: Dara <dara@clean-coast.example>\r\nTo: bounces@letters.example\r\nSubject: Lunch\r\n\r\nFriday?\r\n"


@pytest.fixture
def campaign(database: str) -> None:
    settings.set_for_this_process(bounces_to="bounces@letters.example")
    applied.launch_and_send()


@pytest.fixture
def server() -> Iterator[Mailserver]:
    server = Mailserver()
    settings.set_for_this_process(imap_url=server.url())
    yield server
    server.stop()


def came_back(name: str, mail_id: int = 0, recipient: str = SOPHEA) -> bytes:
    return reports.report(name, tokens.envid(mail_id or invitation()), recipient)


# What is read, and what is left.


def test_a_hard_bounce_is_applied_and_then_read(campaign: None, server: Mailserver) -> None:
    server.deliver(came_back("Postfix, no such user"))

    collected = bounce.collect_into_database()

    assert (collected.reports, collected.bounced, collected.letters_of) == (1, 1, set())
    assert row(invitation()).bounced_at is not None
    assert partner_of(SOPHEA).bounced_at is not None
    assert server.flags() == [{"\\Seen"}]
    assert bounce.collect_into_database().reports == 0


def test_a_letter_that_came_back_is_told_by_its_campaign(campaign: None, server: Mailserver) -> None:
    server.deliver(came_back("Gmail, not found", mail_of_kind("letter"), "rapporteur@office.example"))
    assert bounce.collect_into_database().letters_of == {row(mail_of_kind("letter")).campaign_id}


@only_sqlite
def test_what_is_no_failure_is_out_of_the_way(campaign: None, server: Mailserver) -> None:
    server.deliver(came_back("an out-of-office reply"))
    server.deliver(came_back("Postfix, relayed"))

    assert bounce.collect_into_database().bounced == 0

    assert row(invitation()).reported_at is None
    assert server.flags() == [{"\\Seen"}, {"\\Seen"}]


@only_sqlite
def test_what_is_forged_or_of_people_changes_nothing_and_stays_unread(campaign: None, server: Mailserver) -> None:
    forged = tokens.envid(invitation())[:8] + "a" * 16
    for message in (reports.report("Postfix, no such user", forged), reports.report("a person", forged), PRIVATE):
        server.deliver(message)

    assert bounce.collect_into_database().reports == 0

    assert nothing_happened()
    assert server.flags() == [set(), set(), set()]


@only_sqlite
def test_people_s_mail_is_fetched_once_and_comes_before_no_bounce(
    campaign: None, server: Mailserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounce_mailbox, "AT_ONCE", 3)
    server.deliver(came_back("Postfix, no such user"))
    for _ in range(5):
        server.deliver(PRIVATE)
    mailbox, offered = Mailbox.parse(server.url()), []

    def handle(message: bytes) -> bool:
        offered.append(message)
        return b"Final-Recipient" in message

    assert [bounce_mailbox.collect(mailbox, handle) for _ in range(3)] == [1, 0, 0]
    assert len(offered) == 6
    assert server.flags() == [{"\\Seen"}, *[set()] * 5]


@only_sqlite
def test_a_report_is_read_however_much_junk_comes_after_it(
    campaign: None, server: Mailserver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As much as is looked at in one collection comes before each: a report may not wait behind it for ever."""
    monkeypatch.setattr(bounce_mailbox, "AT_ONCE", 4)
    for _ in range(4):
        server.deliver(PRIVATE)
    server.deliver(came_back("Postfix, no such user"))
    read = []
    for _ in range(4):
        for _ in range(4):
            server.deliver(PRIVATE)
        read.append(bounce.collect_into_database().reports)
    assert sum(read) == 1


@only_sqlite
def test_nothing_is_deleted_not_even_what_somebody_else_will_delete(campaign: None, server: Mailserver) -> None:
    """imap-tools expunges whenever it sets a flag."""
    server.deliver(PRIVATE, flags="\\Deleted")
    server.deliver(PRIVATE, flags="\\Flagged")
    server.deliver(came_back("Postfix, no such user"))

    bounce.collect_into_database()

    assert server.flags() == [{"\\Deleted"}, {"\\Flagged"}, {"\\Seen"}]


@only_sqlite
def test_of_a_large_message_the_beginning_is_fetched_and_read(campaign: None, server: Mailserver) -> None:
    server.deliver(came_back("Postfix, no such user") + b"x" * 5_000_000)
    sizes: list[int] = []

    def weigh(said: bytes) -> bytes:
        sizes.append(len(said))
        return said

    wiretap = Wiretap(server, weigh)
    settings.set_for_this_process(imap_url=server.url(port=wiretap.port))

    assert bounce.collect_into_database().bounced == 1

    assert sum(sizes) < bounce_reports.MAX_READ + 10_000
    wiretap.close()


@only_sqlite
def test_another_folder_is_read_and_the_inbox_left_alone(campaign: None, server: Mailserver) -> None:
    server.deliver(came_back("Postfix, no such user"))
    server.deliver(came_back("Postfix, no such user"), folder="&AMk-t&AOk-/2026")
    settings.set_for_this_process(imap_url=server.url(folder="%C3%89t%C3%A9/2026"))

    assert bounce.collect_into_database().reports == 1

    assert server.flags() == [set()]
    assert server.flags("&AMk-t&AOk-/2026") == [{"\\Seen"}]


@only_sqlite
def test_a_stop_comes_between_two_messages(campaign: None, server: Mailserver) -> None:
    for _ in range(3):
        server.deliver(came_back("Postfix, full"))
    asked = iter([False, True])
    assert bounce.collect_into_database(lambda: next(asked)).reports == 1
    assert server.flags() == [set(), set(), {"\\Seen"}]


def test_without_a_mailbox_nothing_is_done() -> None:
    assert bounce.collect_into_database().reports == 0


# Dying in between.


def test_killed_between_commit_and_mark_it_is_applied_again_without_harm(campaign: None, server: Mailserver) -> None:
    server.deliver(came_back("Postfix, no such user"))
    die = (
        "import os, signal\n"
        "from worker.acts import bounce\n"
        "from worker.mail import bounce_mailbox\n"
        "bounce_mailbox._mark_read = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "bounce.collect_into_database()\n"
    )
    killed = subprocess.run([sys.executable, "-c", die], cwd=Path(__file__).parent.parent, check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert server.flags() == [set()]
    after_the_kill = (row(invitation()).bounced_at, row(invitation()).reply, audit_log(), applied.suppressed())
    assert after_the_kill[0] is not None

    collected = bounce.collect_into_database()

    assert (collected.reports, collected.bounced) == (1, 0)
    assert server.flags() == [{"\\Seen"}]
    assert (row(invitation()).bounced_at, row(invitation()).reply, audit_log(), applied.suppressed()) == after_the_kill


@only_sqlite
def test_what_was_not_committed_is_not_marked(campaign: None, server: Mailserver) -> None:
    server.deliver(came_back("Postfix, no such user"))

    def no_commit(_: object) -> None:
        raise OperationalError("COMMIT", None, Exception("the database is away"))

    event.listen(db.engine(), "commit", no_commit)
    try:
        with pytest.raises(OperationalError):
            bounce.collect_into_database()
    finally:
        event.remove(db.engine(), "commit", no_commit)
    assert server.flags() == [set()]
    assert nothing_happened()

    assert bounce.collect_into_database().bounced == 1


@only_sqlite
def test_a_report_that_cannot_be_applied_keeps_no_other_from_being_read(
    campaign: None, server: Mailserver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = applied.invitation(applied.DARA)
    server.deliver(came_back("Postfix, no such user"))
    server.deliver(came_back("Postfix, no such user", other, applied.DARA))
    really = bounce.apply_report

    def apply(session, bounce):
        if bounce.mail_id == other:
            raise ValueError(SOPHEA)
        return really(session, bounce)

    monkeypatch.setattr(bounce, "apply_report", apply)

    assert bounce.collect_into_database().bounced == 1

    assert server.flags() == [{"\\Seen"}, set()]
    [told] = [record for record in caplog.records if "could not be applied (ValueError)" in record.getMessage()]
    assert (told.mail, told.campaign) == (other, row(other).campaign_id)  # type: ignore[attr-defined]
    assert SOPHEA not in caplog.text


# A mailbox that does not answer as it should.


def refusal() -> str:
    """The one sentence in which a look into the mailbox fails."""
    with pytest.raises(CannotCollect) as refused:
        bounce.collect_into_database()
    said = str(refused.value)
    assert PASSWORD not in said
    assert USER not in said
    return said


@only_sqlite
def test_a_wrong_password_a_missing_folder_and_a_server_that_is_away_are_told(
    campaign: None, server: Mailserver
) -> None:
    server.deliver(came_back("Postfix, no such user"))
    settings.set_for_this_process(imap_url=server.url(password="wrong"))
    assert refusal() == "the mailbox for bounces refused the login"
    settings.set_for_this_process(imap_url=server.url(folder="Nowhere"))
    assert refusal() == "the mailbox for bounces has no folder of this name that we may write to"
    settings.set_for_this_process(imap_url=server.url(port=free_port()))
    assert refusal() == "the mailbox for bounces cannot be reached"
    settings.set_for_this_process(imap_url="imap://somebody@127.0.0.1")
    assert refusal().startswith("UNDERSIGNED_IMAP_URL: expected a user name and a password")

    server.stop()
    settings.set_for_this_process(imap_url=server.url())
    assert refusal() == "the mailbox for bounces cannot be reached"
    server.start()
    assert bounce.collect_into_database().bounced == 1


@pytest.mark.parametrize("patience", [0.5])
def test_a_server_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch, patience: float) -> None:
    longer = bounce_mailbox.TIMEOUT_S
    monkeypatch.setattr(bounce_mailbox, "TIMEOUT_S", patience)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.set_for_this_process(imap_url=f"imap://u:p@127.0.0.1:{silent.getsockname()[1]}")
        begun = time.monotonic()
        assert refusal() == "the mailbox for bounces does not answer in time"
        assert time.monotonic() - begun < longer


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n",
        b"220 mx.example ESMTP\r\n",
        b"* OK ready\r\n",
        b"* OK ready\r\n* CAPABILITY IMAP4rev1\r\n* BYE overloaded\r\n",
        b"* OK ready\r\n* CAPABILITY \xff\xfe\r\nAAAA0 OK {9999999999\r\n",
        b"* PREAUTH ready\r\n",
        b"\x16\x03\x01" * 50,
    ],
)
def test_a_server_that_speaks_otherwise_is_told(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as odd:
        threading.Thread(target=_say, args=(odd, said), daemon=True).start()
        settings.set_for_this_process(imap_url=f"imap://u:p@127.0.0.1:{odd.getsockname()[1]}")
        assert refusal().startswith("the mailbox for bounces ")


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        (b"SEARCH", b"* SEARCH \xff\xfe {x}\r\n"),
        (b"SEARCH", b"* SEARCH 1 2 99999999999999999999\r\n"),
        (b"BODY[", b"* 1 FETCH (UID 1 BODY[] NIL)\r\n"),
    ],
)
@only_sqlite
def test_an_odd_answer_in_the_middle_does_no_harm(
    campaign: None, server: Mailserver, step: bytes, answer: bytes
) -> None:
    server.deliver(came_back("Postfix, no such user"))
    wiretap = Wiretap(server, lambda said: answer + said if said.startswith(b"*") and step in said else said)
    settings.set_for_this_process(imap_url=server.url(port=wiretap.port))
    with contextlib.suppress(CannotCollect):
        bounce.collect_into_database()
    wiretap.close()
    settings.set_for_this_process(imap_url=server.url())
    bounce.collect_into_database()
    assert partner_of(SOPHEA).bounced_at is not None


# Encryption and the login.


def far_away(server: Mailserver, port: int = 0) -> Mailbox:
    """The mailbox as one is read that is not on this machine: STARTTLS is demanded."""
    return Mailbox("127.0.0.1", port or server.port, "starttls", "INBOX", USER, PASSWORD)


def test_starttls_comes_before_the_login(certificate: ssl.SSLContext) -> None:
    server = Mailserver(certificate)
    server.deliver(PRIVATE)
    wiretap = Wiretap(server)

    assert bounce_mailbox.collect(far_away(server, wiretap.port), lambda message: message == PRIVATE) == 1

    plain = wiretap.heard[: wiretap.heard.index(b"STARTTLS\r\n")]
    assert b"LOGIN" not in plain
    assert b"AUTH" not in plain
    assert b"bounces@" not in wiretap.heard
    wiretap.close()
    server.stop()


def test_imaps_is_encrypted_from_the_first_byte(certificate: ssl.SSLContext) -> None:
    server = Mailserver(certificate, implicit_tls=True)
    server.deliver(PRIVATE)
    assert bounce_mailbox.collect(Mailbox.parse(server.url("imaps")), lambda _: True) == 1
    server.stop()


STRIPPED = {
    "removed from what is offered": lambda said: said.replace(b" STARTTLS", b""),
    "refused": lambda said: said.replace(b" OK Ready to handshake", b" NO not now, log in"),
    "a server that calls us logged in": lambda said: said.replace(b"* OK", b"* PREAUTH"),
}


@pytest.mark.parametrize("way", STRIPPED)
def test_who_strips_starttls_gets_no_login(certificate: ssl.SSLContext, way: str) -> None:
    server = Mailserver(certificate)
    wiretap = Wiretap(server, STRIPPED[way])
    with pytest.raises(CannotCollect) as refused:
        bounce_mailbox.collect(far_away(server, wiretap.port), lambda _: True)
    time.sleep(0.2)  # whatever else would be said
    assert str(refused.value) == "the mailbox for bounces offers no STARTTLS, so it got no login"
    assert b"LOGIN" not in wiretap.heard
    assert b"AUTHENTICATE" not in wiretap.heard
    assert b"bounces@" not in wiretap.heard
    wiretap.close()
    server.stop()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for_gets_no_login(tmp_path: Path, security: str) -> None:
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    server = Mailserver(pem_of(names, tmp_path)[1], implicit_tls=security == "tls")
    mailbox = Mailbox("127.0.0.1", server.port, security, "INBOX", USER, PASSWORD)  # type: ignore[arg-type]
    with pytest.raises(CannotCollect, match="no TLS with the mailbox for bounces: self-signed certificate"):
        bounce_mailbox.collect(mailbox, lambda _: True)
    server.stop()


def test_a_certificate_for_another_name_gets_no_login(certificate: ssl.SSLContext) -> None:
    server = Mailserver(certificate, implicit_tls=True)
    with pytest.raises(CannotCollect, match="no TLS with the mailbox for bounces: Hostname mismatch"):
        bounce_mailbox.collect(Mailbox("localhost", server.port, "tls", "INBOX", USER, PASSWORD), lambda _: True)
    server.stop()


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("imaps://u:p@imap.example", ("imap.example", 993, "tls", "INBOX", "u", "p")),
        (
            "imaps://u%40x:p%2Fw%C3%A9@imap.example:1993/Bounces",
            ("imap.example", 1993, "tls", "Bounces", "u@x", "p/wé"),
        ),
        ("imap://u:p@imap.example/A/B%20c/", ("imap.example", 143, "starttls", "A/B c", "u", "p")),
        ("imap://u:p@rivière.example", ("xn--rivire-6ua.example", 143, "starttls", "INBOX", "u", "p")),
        ("imap://u:p@127.0.0.1:1143", ("127.0.0.1", 1143, "plain", "INBOX", "u", "p")),
        ("imap://u:p@[::1]:1143", ("::1", 1143, "plain", "INBOX", "u", "p")),
        ("imap://u:p@127.8.8.8:1143/A B", ("127.8.8.8", 1143, "plain", "A B", "u", "p")),
        ("imap+plain://u:p@imap.example", ("imap.example", 143, "plain", "INBOX", "u", "p")),
    ],
)
def test_a_mailbox_is_read_from_its_url(url: str, read: tuple[object, ...]) -> None:
    box = Mailbox.parse(url)
    assert (box.host, box.port, box.security, box.folder, box.username, box.password) == read
    assert "p/wé" not in repr(box)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "imap.example",
        "pop3://u:p4ssw0rd@imap.example",
        "imaps://u@imap.example/p4ssw0rd",
        "imaps://:p4ssw0rd@imap.example",
        "imaps://u:p4ssw0rd@",
        "imaps://u:p4ssw0rd@imap.example:0",
        "imaps://u:p4ssw0rd@imap.example:99999",
        "imaps://u:p4ss/w0rd@imap.example",
        "imaps://u:p4ssw0rd?@imap.example",
        "imaps://u:p4ssw0rd#@imap.example",
        "imaps://u:p4ssw0rd@[::1",
        "imaps://u:p4ssw0rd%0d%0aA1 LOGOUT@imap.example",
        "imaps://u:p4ssw0rd@imap.example/%0d%0aA1",
        "imaps://u:p4ssw0rd%ff@imap.example",
        "imap://u:p4ssw0rd@imap.example:993",
        "imaps://u:p4ss w0rd@imap.example",
        "imaps://u:p4ss\tw0rd@imap.example",
    ],
)
def test_a_url_that_cannot_work_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        Mailbox.parse(url)
    assert "p4ss" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("url", ["pop3://u:p4ssw0rd@host", "imaps://u:p4ssw0rd@[host", "imaps://u:p4ssw0rd@h:port"])
def test_the_settings_refuse_it_without_its_password(url: str) -> None:
    settings.set_for_this_process(imap_url=url)
    with pytest.raises(settings.BadSettings, match="UNDERSIGNED_IMAP_URL: expected an address") as refused:
        settings.current()
    assert "p4ss" not in str(refused.value)


def test_the_password_of_the_mailbox_is_not_shown() -> None:
    settings.set_for_this_process(imap_url="imaps://u:p4ssw0rd@imap.example")
    assert "p4ss" not in repr(settings.current())


def _say(listener: socket.socket, said: bytes) -> None:
    with contextlib.suppress(OSError), listener.accept()[0] as client:
        client.sendall(said)
