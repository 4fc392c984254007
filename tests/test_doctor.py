"""The doctor finds what would go wrong in the first campaign, says how to mend it, and gives no secret away."""

import asyncio
import contextlib
import http.server
import json
import os
import pty
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import psycopg
import pytest
import redis
from cryptography import x509
from sqlalchemy.exc import InternalError
from typer.testing import CliRunner

from tests import backups, imap_server, servers
from tests.conftest import A_SECRET_KEY, Clock, use_templates
from tests.scripted_smtp import ScriptedServer, pem_of
from tests.stage import eventually
from worker import key_check, settings
from worker.backup import make
from worker.cli import doctor, errors
from worker.cli.commands import app
from worker.cli.doctor import Finding, finding, running, system
from worker.cli.doctor import mail as mail_checks
from worker.cli.doctor.finding import Note
from worker.mail.catcher import Catcher
from worker.mail.relay_url import Relay

PASSWORD = "Zauberwort-4711"
YOU = "you@organizers.example"
TOP = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is not ill."""
    monkeypatch.setattr(doctor, "LIMIT", 60)


@pytest.fixture
def production(tmp_path: Path) -> None:
    """Settings of separate processes, as far as no test sets others."""
    settings.set_for_this_process(
        data_dir=tmp_path / "var", secret_key=A_SECRET_KEY, broker_url="redis://127.0.0.1:1/0"
    )


def found(check: Callable[..., Iterator[Note]], *arguments: Any, **options: Any) -> Finding:
    """What one check says, in its line."""
    return doctor._together(check.__name__, list(check(*arguments, **options)))


def types(*words: str, code: int = 0) -> dict[str, Finding]:
    """Type the command, and read its findings by check."""
    result = CliRunner().invoke(app, ["doctor", "--json", *words])
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return {one["check"]: Finding(**one) for one in json.loads(result.stdout)}


# --- The whole of it


def test_a_healthy_house_of_one_process_is_ok_throughout(tmp_path: Path) -> None:
    environment = os.environ | {"UNDERSIGNED_DATA_DIR": str(tmp_path / "var"), "COLUMNS": "120"}
    up = [sys.executable, "-m", "worker", "up", "--port", str(servers.free_port())]
    running = servers.Process(up, tmp_path / "log", env=environment, cwd=TOP)
    eventually(lambda: "is up" in running.log.read_text())
    typed = [sys.executable, "-m", "worker", "doctor"]
    done = subprocess.run(typed, env=environment, cwd=TOP, capture_output=True, text=True, timeout=120)
    running.end()

    verdicts = [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert set(verdicts) == {"ok"}, done.stdout
    assert len(verdicts) == 15
    assert "15 checks: 0 failed, 0 warnings." in done.stderr
    assert done.returncode == 0


def test_a_healthy_production_takes_the_test_mail(
    postgres_url: str, redis_url: str, zone: dict[str, list[str]], tmp_path: Path
) -> None:
    zone |= {
        "letters.example": ["v=spf1 include:relay.example ~all"],
        "_domainkey.letters.example": [],
        "_dmarc.letters.example": ["v=DMARC1; p=quarantine"],
    }
    catcher, port = Catcher(tmp_path / "inbox"), servers.free_port()
    settings.set_for_this_process(
        data_dir=tmp_path / "var",
        secret_key=A_SECRET_KEY,
        database_url=postgres_url,
        broker_url=redis_url,
        smtp_url=f"smtp://127.0.0.1:{catcher.start()}",
        mail_from="rivers@letters.example",
        public_url=f"http://127.0.0.1:{port}",
    )
    program, environment = [sys.executable, "-m", "worker"], os.environ.copy()
    assert "none has given a sign of life yet" in found(running.worker).found
    web = servers.Process([*program, "web", "--port", str(port)], tmp_path / "web.log", env=environment, cwd=TOP)
    worker = servers.Process([*program, "worker"], tmp_path / "worker.log", env=environment, cwd=TOP)
    servers.wait_for(lambda: not found(system.pages).mend, web)
    servers.wait_for(lambda: not found(running.worker).mend, worker)
    backups.has_its_key()
    make.make_backup(tmp_path / "all.backup")

    findings = types("--to", YOU)
    worker.end()
    web.end()
    catcher.stop()

    assert {finding.verdict for finding in findings.values()} == {"ok"}, findings
    assert "PostgreSQL 18" in findings["database"].found
    assert "Valkey 9" in findings["broker"].found
    [mail] = (tmp_path / "inbox").glob("*.eml")
    assert f"Delivered-To: {YOU}" in mail.read_text()
    assert "undersigned doctor --headers" in mail.read_text().replace("=\n", "")


def test_whoever_sits_at_a_terminal_is_asked_for_an_address(sqlite_dir: Path, tmp_path: Path) -> None:
    catcher = Catcher(tmp_path / "inbox")
    relay = f"smtp://127.0.0.1:{catcher.start()}"
    environment = os.environ | {"UNDERSIGNED_DATA_DIR": str(sqlite_dir), "UNDERSIGNED_SMTP_URL": relay}
    keyboard, terminal = pty.openpty()
    os.write(keyboard, f"{YOU}\n".encode())
    typed = [sys.executable, "-m", "worker", "doctor"]
    done = subprocess.run(typed, env=environment, cwd=TOP, stdin=terminal, capture_output=True, text=True, timeout=120)
    os.close(keyboard)
    os.close(terminal)
    catcher.stop()

    assert "Send a test email to" in done.stderr
    assert done.returncode == 0, done.stdout
    [mail] = (tmp_path / "inbox").glob("*.eml")
    assert f"Delivered-To: {YOU}" in mail.read_text()


def test_what_fails_is_said_with_its_mend_and_the_others_go_on(
    sqlite_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.set_for_this_process(data_dir=sqlite_dir)

    def fonts() -> Iterator[Note]:
        yield Note("ok", "one font")
        raise LookupError(PASSWORD)

    monkeypatch.setattr(system, "fonts", fonts)
    findings = types(code=1)

    assert findings["fonts"].verdict == "failed"
    assert findings["fonts"].found == "one font; it failed with LookupError"
    assert findings["fonts"].mend
    assert {findings[name].verdict for name in ("database", "templates", "secrets")} == {"ok"}


def test_a_check_that_hangs_is_given_up(sqlite_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.set_for_this_process(data_dir=sqlite_dir)
    over = threading.Event()

    def disk() -> Iterator[Note]:
        yield Note("ok", "one disk")
        over.wait(2 * servers.TIMEOUT_S)

    monkeypatch.setattr(system, "disk", disk)
    monkeypatch.setattr(doctor, "LIMIT", 1)
    begun = time.monotonic()
    findings = types(code=1)
    over.set()

    assert findings["disk"].found == "one disk; no answer within 1 s"
    assert time.monotonic() - begun < servers.TIMEOUT_S


def test_the_lines_come_in_one_order_with_what_to_do(sqlite_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.set_for_this_process(data_dir=sqlite_dir)
    (sqlite_dir / "secret_key").write_text("k" * 40)
    (sqlite_dir / "secret_key").chmod(0o644)

    printed = CliRunner().invoke(app, ["doctor"], env={"COLUMNS": "200"})

    lines = printed.stdout.splitlines()
    names = [line[9:24].strip() for line in lines if not line.startswith(" ")]
    assert names[:7] == ["settings", "database", "broker", "worker", "relay", "test mail", "sender"]
    assert names[7:] == ["pages", "mailbox", "clock", "disk", "backup", "fonts", "templates", "secrets"]
    assert lines[-2].startswith("failed   secrets")
    assert lines[-1].strip() == f"→ `chmod 600 {sqlite_dir / 'secret_key'}`"
    assert printed.exit_code == 1


def test_settings_that_cannot_be_used_are_all_that_is_said(tmp_path: Path) -> None:
    os.environ["UNDERSIGNED_LEASE"] = "-1"
    os.environ["UNDERSIGNED_PUBLIC_URL"] = f"https://ada:{PASSWORD}@letters.example"
    settings.current.cache_clear()

    [finding] = types(code=1).values()

    assert finding.verdict == "failed"
    assert "UNDERSIGNED_LEASE" in finding.found
    assert "https://letters.example" in finding.found
    assert PASSWORD not in finding.found


@pytest.mark.parametrize("words", [("--to", "nobody"), ("--headers", "/no/such/file"), ("--too", YOU)])
def test_what_is_typed_wrongly_ends_with_2(words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(app, ["doctor", *words]).exit_code == 2


def test_no_password_is_printed_when_nothing_answers(tmp_path: Path, own_redis: servers.Redis) -> None:
    dead = servers.free_port()
    secret = tmp_path / "secret"
    secret.write_text(f"redis://:{PASSWORD}@127.0.0.1:{own_redis.port}/0")
    os.environ["UNDERSIGNED_BROKER_URL_FILE"] = str(secret)
    with redis.Redis.from_url(own_redis.url()) as client:
        client.config_set("requirepass", "another one")
    settings.set_for_this_process(
        data_dir=tmp_path / "var",
        secret_key=f"{PASSWORD} and enough more to be a key",
        database_url=f"postgresql+psycopg://ada-lovelace:{PASSWORD}@127.0.0.1:{dead}/letters",
        smtp_url=f"smtp://ada-lovelace:{PASSWORD}@127.0.0.1:{dead}",
        imap_url=f"imap://ada-lovelace:{PASSWORD}@127.0.0.1:{dead}/INBOX",
    )

    findings = types("--to", YOU, code=1)

    for check in ("database", "broker", "relay", "mailbox"):
        assert findings[check].verdict == "failed", findings[check]
        assert findings[check].mend
    assert "refuses the login" in findings["broker"].found
    assert PASSWORD not in str(findings)
    assert "ada-lovelace" not in str(findings)


# --- Database


@pytest.mark.usefixtures("production")
def test_a_database_without_our_tables_fails(empty_postgres_url: str) -> None:
    settings.set_for_this_process(database_url=empty_postgres_url)

    finding = found(system.database)

    assert finding.verdict == "failed"
    assert "its tables do not belong to this version" in finding.found
    assert finding.mend == "`undersigned migrate`"


def test_a_checkout_without_a_database_gets_one_by_itself_and_none_by_the_doctor(tmp_path: Path) -> None:
    settings.set_for_this_process(data_dir=tmp_path / "var")

    assert {finding.verdict for finding in (found(system.database), found(system.clock))} == {"warning", "ok"}
    assert not (tmp_path / "var" / "undersigned.db").exists()


def test_a_file_that_is_no_database_fails(sqlite_dir: Path) -> None:
    (sqlite_dir / "undersigned.db").write_bytes(b"Dear all, " * 1000)
    settings.set_for_this_process(data_dir=sqlite_dir)

    finding = types(code=1)["database"]

    assert finding.verdict == "failed"
    assert "is not a database, or a damaged one" in finding.found


def test_a_file_in_which_nothing_can_be_written_fails(sqlite_dir: Path) -> None:
    settings.set_for_this_process(
        data_dir=sqlite_dir, database_url=f"sqlite:///file:{sqlite_dir}/undersigned.db?mode=ro&uri=true"
    )
    finding = types(code=1)["database"]

    assert finding.verdict == "failed"
    assert "cannot be opened for writing" in finding.found


@pytest.mark.usefixtures("production")
def test_a_postgresql_in_which_nothing_can_be_written_fails(postgres_url: str) -> None:
    with psycopg.connect(servers.plain(postgres_url), autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {postgres_url.rsplit('/', 1)[1]} SET default_transaction_read_only = on")
    settings.set_for_this_process(database_url=postgres_url)

    finding = found(system.database)

    assert finding.verdict == "failed"
    assert "it can only be read" in finding.found
    with pytest.raises(InternalError) as refused:
        key_check.check()  # as a command does, which writes down whose database it is
    assert str(errors.sentence(refused.value)).startswith("The database can only be read: set UNDERSIGNED_DATABASE_URL")


@pytest.mark.parametrize(("number", "verdict"), [(130022, "failed"), (140000, "ok"), (180001, "ok")])
def test_postgresql_is_new_enough(number: int, verdict: str) -> None:
    assert system.of_postgresql(number).verdict == verdict


@pytest.mark.parametrize(("used", "verdict"), [(5, "ok"), (80, "ok"), (81, "warning"), (100, "warning")])
def test_connections_are_left_for_one_more_process(used: int, verdict: str) -> None:
    assert system.of_connections(used, 100).verdict == verdict


# --- Broker


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    ("setting", "verdict", "said"),
    [
        ({}, "ok", "Valkey"),
        ({"appendonly": "no"}, "warning", "no append-only file"),
        ({"maxmemory-policy": "allkeys-lru"}, "failed", "allkeys-lru"),
        ({"maxmemory": "1"}, "failed", "it takes no keys (OutOfMemoryError)"),
    ],
)
def test_redis_keeps_what_it_is_given(
    setting: dict[str, str], verdict: str, said: str, own_redis: servers.Redis
) -> None:
    with redis.Redis.from_url(own_redis.url()) as client:
        for name, value in setting.items():
            client.config_set(name, value)
    settings.set_for_this_process(broker_url=own_redis.url())

    finding = found(system.broker)

    assert (finding.verdict, bool(finding.mend)) == (verdict, verdict != "ok")
    assert said in finding.found


@pytest.mark.usefixtures("production")
def test_a_replica_is_no_broker(own_redis: servers.Redis) -> None:
    with redis.Redis.from_url(own_redis.url()) as client:
        client.replicaof("127.0.0.1", 1)
    settings.set_for_this_process(broker_url=own_redis.url())

    assert found(system.broker).verdict == "failed"


@pytest.mark.usefixtures("production")
def test_a_redis_that_hangs_is_said_to(own_redis: servers.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "TIMEOUT_S", 0.3)
    settings.set_for_this_process(broker_url=own_redis.url())

    with own_redis.stop_cont():
        assert "does not answer (TimeoutError)" in found(system.broker).found


# --- Relay and test mail


@contextmanager
def serving(server: ScriptedServer) -> Iterator[ScriptedServer]:
    """Let a mail server work in a thread of its own."""
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with server:
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield server
    finally:
        over.set()
        thread.join()


def with_relay(server: ScriptedServer, scheme: str = "smtp", login: str = "") -> None:
    settings.set_for_this_process(smtp_url=f"{scheme}://{login}127.0.0.1:{server.port}")


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The relay is treated as one that is not on this machine: smtp:// demands STARTTLS."""
    monkeypatch.setattr("worker.mail.server_url._is_loopback", lambda _: False)


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
@pytest.mark.usefixtures("elsewhere")
def test_a_relay_shows_its_certificate_and_what_it_offers(scheme: str, certificate: ssl.SSLContext) -> None:
    offers = ("SIZE 52428800", "PIPELINING", "SMTPUTF8", "AUTH PLAIN", "STARTTLS")
    with serving(ScriptedServer(offers=offers, certificate=certificate, implicit_tls=scheme == "smtps")) as server:
        with_relay(server, scheme, f"ada:{PASSWORD}@")
        finding = found(mail_checks.relay)
        login = [line for visit in server.visits for line in visit.plaintext if line.startswith(b"AUTH")]

    assert (
        "accepts our login; TLSv1.3, its certificate expires in 0 days; accepts emails of up to 50.0 MB"
        in finding.found
    )
    assert "offers PIPELINING, no DSN, offers SMTPUTF8" in finding.found
    assert finding.verdict == "warning"  # for the certificate
    assert len(login) == (1 if scheme == "smtps" else 0)


def test_a_wrong_password_is_tried_once_and_no_test_mail_sent() -> None:
    with serving(ScriptedServer({"AUTH": "535 5.7.8 no: ada"}, offers=("AUTH PLAIN LOGIN CRAM-MD5",))) as server:
        with_relay(server, login=f"ada:{PASSWORD}@")
        findings = types("--to", YOU, code=1)
        tried = [verb for visit in server.visits for verb in visit.verbs if verb == "AUTH"]

    assert findings["relay"].verdict == "failed"
    assert "535 5.7.8 login refused" in findings["relay"].found
    assert "user and password in UNDERSIGNED_SMTP_URL" in findings["relay"].mend
    assert findings["test mail"].verdict == "warning"
    assert len(tried) == 1


@pytest.mark.usefixtures("elsewhere")
def test_a_relay_without_starttls_gets_no_login() -> None:
    with serving(ScriptedServer(offers=("AUTH PLAIN",))) as server:
        with_relay(server, login=f"ada:{PASSWORD}@")
        finding = found(mail_checks.relay)
        verbs = {verb for visit in server.visits for verb in visit.verbs}

    assert finding.verdict == "failed"
    assert "no STARTTLS" in finding.found
    assert "smtps://" in finding.mend
    assert verbs == {"EHLO"}


def test_a_certificate_that_nobody_knows_fails(tmp_path: Path) -> None:
    _, unknown = pem_of([x509.DNSName("relay.example")], tmp_path)
    with serving(ScriptedServer(certificate=unknown, implicit_tls=True)) as server:
        with_relay(server, "smtps")
        finding = found(mail_checks.relay)

    assert finding.verdict == "failed"
    assert "no TLS with the relay: self-signed certificate" in finding.found
    assert "certificate" in finding.mend


def test_a_relay_that_takes_no_letter_with_a_pdf_fails() -> None:
    with serving(ScriptedServer(offers=("SIZE 1000000",))) as server:
        with_relay(server)
        finding = found(mail_checks.relay)

    assert finding.verdict == "failed"
    assert "up to 1.0 MB; a letter with its PDF needs 2 MB" in finding.found


@pytest.mark.parametrize(
    ("limit", "verdict"), [(None, "ok"), ("0", "ok"), ("2097151", "failed"), ("2097152", "ok"), ("", "ok")]
)
def test_the_size_of_a_letter_fits(limit: str | None, verdict: str) -> None:
    assert mail_checks.of_size(limit).verdict == verdict


@pytest.mark.parametrize(("days", "verdict"), [(0, "warning"), (13, "warning"), (14, "ok"), (90, "ok")])
def test_a_certificate_is_renewed_in_time(days: int, verdict: str) -> None:
    assert finding.of_certificate(days, "it").verdict == verdict


@pytest.mark.parametrize(
    ("faults", "verdict", "mend"),
    [
        ({}, "ok", ""),
        ({"MAIL": "550 5.7.1 not you"}, "failed", "send as UNDERSIGNED_MAIL_FROM"),
        ({"RCPT": "550 5.1.1 no such user"}, "failed", "the address after --to"),
        ({"RCPT": "451 4.7.1 greylisted"}, "warning", "try again"),
        ({"end of data": "drop"}, "warning", "check whether it arrives"),
    ],
)
def test_the_test_mail_is_judged_by_what_became_of_it(faults: dict[str, str], verdict: str, mend: str) -> None:
    with serving(ScriptedServer(faults)) as server:
        with_relay(server)
        finding = found(mail_checks.a_test_mail, YOU, relay_is_ready=True)
        mails = [mail for visit in server.visits for mail in visit.mails]

    assert finding.verdict == verdict
    assert mend in finding.mend
    assert [recipient for _, recipient, _ in mails] == ([b"RCPT TO:<%s>\r\n" % YOU.encode()] if not faults else [])
    assert YOU not in finding.found


def test_without_an_address_no_test_mail_is_sent() -> None:
    with serving(ScriptedServer()) as server:
        with_relay(server)
        finding = types(code=0)["test mail"]
        verbs = {verb for visit in server.visits for verb in visit.verbs}

    assert (finding.verdict, finding.found) == ("warning", "no test email sent")
    assert finding.mend == "`undersigned doctor --to you@your.org`"
    assert "MAIL" not in verbs


def test_the_relay_of_the_tests_is_the_relay_of_the_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `elsewhere` replaces decides what it is meant to decide."""
    monkeypatch.setattr("worker.mail.server_url._is_loopback", lambda _: False)
    assert Relay.parse("smtp://127.0.0.1").security == "starttls"


# --- DNS


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """A name server on this machine with the TXT records that a test puts in; reserved names may be asked for."""
    import socket

    records: dict[str, list[str]] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    asked, sender = line.recvfrom(4096)
                    if asked == b"end":
                        return
                    line.sendto(reply(dns.message.from_wire(asked)).to_wire(), sender)

        def reply(asked: dns.message.Message) -> dns.message.Message:
            answered, name = dns.message.make_response(asked), asked.question[0].name
            texts = records.get(name.to_text(omit_final_dot=True))
            if texts is None:
                answered.set_rcode(dns.rcode.NXDOMAIN)
            elif texts:
                answered.answer.append(dns.rrset.from_text_list(name, 60, "IN", "TXT", [f'"{t}"' for t in texts]))
            return answered

        thread = threading.Thread(target=answer)
        thread.start()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], line.getsockname()[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
        monkeypatch.setattr(mail_checks, "RESERVED", ())
        settings.set_for_this_process(smtp_url="smtp://127.0.0.1:1", mail_from="rivers@mail.letters.example")
        yield records
        line.sendto(b"end", line.getsockname())
        thread.join()


def test_a_domain_that_is_ready_is_ok_also_by_its_parents_dmarc(zone: dict[str, list[str]]) -> None:
    zone |= {
        "mail.letters.example": ["another record", "v=spf1 include:relay.example -all"],
        "_domainkey.mail.letters.example": [],
        "_dmarc.letters.example": ["v=DMARC1; p=reject"],
    }

    finding = found(mail_checks.sender)

    assert finding.verdict == "ok", finding
    assert "DMARC policy reject" in finding.found


def test_what_a_domain_misses_is_said_and_how_to_publish_it(zone: dict[str, list[str]]) -> None:
    zone["mail.letters.example"] = ["another record"]

    finding = found(mail_checks.sender)

    assert finding.verdict == "warning"
    for said in ("has no SPF record", "no DKIM keys found", "no DMARC record"):
        assert said in finding.found
    assert "publish at _dmarc.mail.letters.example: v=DMARC1; p=none" in finding.mend


@pytest.mark.usefixtures("zone")
def test_a_domain_that_does_not_exist_fails() -> None:
    finding = found(mail_checks.sender)

    assert (finding.verdict, finding.found) == ("failed", "there is no domain mail.letters.example")


@pytest.mark.usefixtures("zone")
def test_offline_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dns.resolver.default_resolver, "port", servers.free_port())
    monkeypatch.setattr(mail_checks, "DNS_TIMEOUT_S", 0.3)

    finding = found(mail_checks.sender)

    assert finding.verdict == "warning"
    assert "could not ask the DNS" in finding.found


def test_a_reserved_domain_is_not_asked_for() -> None:
    settings.set_for_this_process(smtp_url="smtp://127.0.0.1:1")

    finding = found(mail_checks.sender)

    assert (finding.verdict, finding.found) == ("warning", "undersigned.example only exists in examples")


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ([], "warning"),
        (["v=spf10 -all"], "warning"),
        (["V=SPF1 mx -all"], "ok"),
        (["v=spf1 -all", "v=spf1 mx ~all"], "warning"),
        (["v=spf1 +all"], "warning"),
        (["v=spf1 mx all"], "warning"),
    ],
)
def test_spf_is_one_record_that_does_not_let_everybody_send(texts: list[str], verdict: str) -> None:
    assert mail_checks.of_spf("letters.example", texts).verdict == verdict


# --- A received mail

ALL_PASS = {"spf": "pass", "dkim": "pass", "dmarc": "pass"}


@pytest.mark.parametrize(
    ("headers", "results"),
    [
        (["mx.example; spf=pass smtp.mailfrom=a@b.example; dkim=pass header.d=b.example; dmarc=pass"], ALL_PASS),
        (['mx.example 1; SPF = Pass; dkim/1=pass (2048-bit key; "x"); dmarc=pass (p=NONE)'], ALL_PASS),
        # Folded over lines, with comments that nest and hide what looks like another result.
        (["mx.example;\r\n\tspf=pass (a (b; dmarc=fail) \\) ;spf=fail);\r\n dkim=pass; dmarc=pass"], ALL_PASS),
        (["mx.example; spf=fail (not (b; dmarc=pass) \\) ;spf=pass); dkim=none"], {"spf": "fail", "dkim": "none"}),
        (
            ['mx.example; spf=fail reason="not (; dkim=pass \\"; dmarc=pass"; dkim=none'],
            {"spf": "fail", "dkim": "none"},
        ),
        # Microsoft leaves the server out.
        (["spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=b.example; dkim=pass; dmarc=pass action=none"], ALL_PASS),
        (["mx.example; none"], {}),
        ([], {}),
        (["mx.example; iprev=pass; auth=pass; spf=softfail"], {"spf": "softfail"}),
        # One signature that passes is enough, in whatever order.
        (["mx.example; dkim=fail header.d=a.example; dkim=pass header.d=b.example"], {"dkim": "pass"}),
        (["mx.example; dkim=pass header.d=b.example; dkim=fail header.d=a.example"], {"dkim": "pass"}),
        # A header for each method is the same server's; one below by another server may be anybody's.
        (["mx.example; spf=fail", "mx.example; dkim=pass"], {"spf": "fail", "dkim": "pass"}),
        (["mx.example; spf=fail", "forged.example; spf=pass; dkim=pass; dmarc=pass"], {"spf": "fail"}),
        (["mx.example"], {}),
        ([";;=;(;"], {}),
        (['mx.example; spf=pass "'], {"spf": "pass"}),
    ],
)
def test_authentication_results_are_read(headers: list[str], results: dict[str, str]) -> None:
    assert mail_checks.authentication_results(headers) == results


@pytest.mark.parametrize(
    ("results", "verdict"),
    [
        ("spf=pass; dkim=pass; dmarc=pass", "ok"),
        ("spf=fail; dkim=pass; dmarc=pass", "warning"),  # as with a mailing list
        ("spf=pass; dkim=pass", "warning"),
        ("spf=pass; dkim=pass; dmarc=none", "warning"),
        ("spf=pass; dkim=pass; dmarc=fail", "failed"),
        ("spf=softfail; dkim=none; dmarc=none", "failed"),
        ("none", "warning"),
    ],
)
def test_a_received_mail_is_judged(results: str, verdict: str, tmp_path: Path) -> None:
    mail = tmp_path / "test-mail.eml"
    mail.write_text(
        f"Authentication-Results: mx.example; {results}\n"
        'From: "Undersigned" <letters@undersigned.example>\n\nAuthentication-Results: mx.example; dmarc=fail\n'
    )
    finding = types("--headers", str(mail), code=int(verdict == "failed"))["received mail"]

    assert (finding.verdict, bool(finding.mend)) == (verdict, verdict != "ok")


def test_a_received_mail_is_read_from_standard_input() -> None:
    mail = "Authentication-Results: mx.example; spf=pass; dkim=pass; dmarc=pass\nFrom: letters@undersigned.example\n\n"
    said = CliRunner().invoke(app, ["doctor", "--json", "--headers", "-"], input=mail)

    (judged,) = [one for one in json.loads(said.stdout) if one["check"] == "received mail"]
    assert judged["verdict"] == "ok", judged


def test_a_mail_of_somebody_else_tells_nothing_of_us() -> None:
    mail = b"Authentication-Results: mx.example; spf=pass; dkim=pass; dmarc=pass\nFrom: a@other.example\n\n"

    finding = found(mail_checks.received_mail, mail)

    assert finding.verdict == "warning"
    assert "it comes from other.example, but our emails come from undersigned.example" in finding.found


# --- Pages


@contextmanager
def website(status: int, body: bytes, *, context: ssl.SSLContext | None = None, later: float = 0) -> Iterator[str]:
    """A web server that answers everything alike; its clock goes `later` by so many seconds."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Location", "https://www.letters.example/livez")
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string(time.time() + later)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [(200, b"ok", "ok"), (200, b"Welcome to nginx!", "failed"), (502, b"ok", "failed"), (308, b"", "warning")],
)
def test_pages_are_ours_only_if_they_answer_as_ours(status: int, body: bytes, verdict: str) -> None:
    with website(status, body) as url:
        settings.set_for_this_process(public_url=url)
        finding = found(system.pages)

    assert (finding.verdict, bool(finding.mend)) == (verdict, verdict != "ok")
    assert url in finding.found


@pytest.mark.usefixtures("production")
def test_the_certificate_of_the_pages_is_checked(certificate: ssl.SSLContext, tmp_path: Path) -> None:
    _, unknown = pem_of([x509.DNSName("letters.example")], tmp_path)
    with website(200, b"ok", context=certificate) as known, website(200, b"ok", context=unknown) as stranger:
        settings.set_for_this_process(public_url=known)
        good = found(system.pages)
        settings.set_for_this_process(public_url=stranger)
        bad = found(system.pages)

    assert good.found == f"{known} answers; its certificate expires in 0 days"
    assert bad.verdict == "failed"
    assert "self-signed certificate" in bad.found


@pytest.mark.usefixtures("production")
def test_pages_that_do_not_answer_fail() -> None:
    settings.set_for_this_process(public_url=f"http://127.0.0.1:{servers.free_port()}")

    finding = found(system.pages)

    assert finding.verdict == "failed"
    assert "does not answer: Connection refused" in finding.found


def test_a_checkout_where_nothing_runs_is_told_how_to_start(sqlite_dir: Path) -> None:
    settings.set_for_this_process(data_dir=sqlite_dir)

    finding = found(system.pages)

    assert (finding.verdict, finding.mend) == ("warning", "`undersigned up`")


def test_two_checks_that_look_at_once_whether_something_runs_do_not_see_each_other(sqlite_dir: Path) -> None:
    settings.set_for_this_process(data_dir=sqlite_dir)
    settings.current()

    with ThreadPoolExecutor(8) as pool:
        addresses = set(pool.map(lambda _: system._address_of_pages(), range(400)))

    assert addresses == {None}


# --- Mailbox for bounces


@pytest.mark.parametrize(
    ("folder", "password", "verdict", "said"),
    [
        ("INBOX", imap_server.PASSWORD, "ok", "accepts our login and has the folder INBOX"),
        ("INBOX", PASSWORD, "failed", "refused the login"),
        ("Nowhere", imap_server.PASSWORD, "failed", "has no folder of this name"),
    ],
)
def test_the_mailbox_is_opened_and_nothing_in_it_is_read(folder: str, password: str, verdict: str, said: str) -> None:
    server = imap_server.Mailserver()
    server.deliver(b"Subject: for people\r\n\r\nHello\r\n")
    settings.set_for_this_process(
        imap_url=server.url(folder=folder, password=password), bounces_to="bounces@letters.example"
    )

    finding = found(mail_checks.mailbox)
    flags = server.flags()
    server.stop()

    assert (finding.verdict, bool(finding.mend)) == (verdict, verdict != "ok")
    assert said in finding.found
    assert flags == [set()]


# --- Clock


@pytest.mark.parametrize(("moved", "verdict"), [(0, "ok"), (30, "warning"), (-30, "warning"), (90, "failed")])
def test_the_databases_clock_is_compared_with_ours(database: str, clock: Clock, moved: int, verdict: str) -> None:
    clock.advance(seconds=moved)

    finding = found(system.clock)

    assert finding.verdict == verdict
    assert (f"for the database it is {abs(moved)} s " in finding.found) == (moved != 0)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize(("later", "verdict"), [(0, "ok"), (-20, "warning"), (300, "failed")])
def test_the_clock_of_the_pages_is_compared_with_ours(database: str, later: float, verdict: str) -> None:
    with website(200, b"ok", later=later) as url:
        settings.set_for_this_process(public_url=url, broker_url="redis://127.0.0.1:1/0")
        finding = found(system.clock)

    assert finding.verdict == verdict, finding
    assert ("for the pages it is" in finding.found) == (later != 0)


@pytest.mark.parametrize(
    ("ahead", "verdict"), [(0, "ok"), (2, "ok"), (-2, "ok"), (2.1, "warning"), (-60, "warning"), (60.1, "failed")]
)
def test_clocks_may_differ_by_two_seconds(ahead: float, verdict: str) -> None:
    assert system.of_clock(ahead, "the database").verdict == verdict


# --- This machine

MB, GB = 10**6, 10**9


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(0, "failed"), (100 * MB - 1, "failed"), (100 * MB, "warning"), (GB - 1, "warning"), (GB, "ok")],
)
def test_a_disk_has_room(free: int, verdict: str) -> None:
    note = system.of_space(free, Path("/var/undersigned"))

    assert note.verdict == verdict
    assert "/var/undersigned" in note.found


def test_both_disks_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    settings.set_for_this_process(
        data_dir=tmp_path / "var", database_url=f"sqlite:///{tmp_path / 'elsewhere' / 'letters.db'}"
    )

    finding = found(system.disk)

    assert str(tmp_path / "var") in finding.found
    assert str(tmp_path / "elsewhere") in finding.found


def test_a_missing_font_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    import typst

    assert found(system.fonts).verdict == "ok"
    only_latin = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[])
    monkeypatch.setattr("worker.wording.typesetting._fonts", lambda: only_latin)

    assert found(system.fonts).verdict == "failed"


def test_a_mail_that_cannot_be_loaded_fails(tmp_path: Path) -> None:
    folder = shutil.copytree(settings.current().templates_dir, tmp_path / "templates")
    (folder / "mail" / "invitation.fr.md").unlink()
    (folder / "mail" / "closed.en.md").write_text("{% if %}")
    use_templates(folder)

    finding = found(system.templates)

    assert finding.verdict == "failed"
    assert "mail/invitation.fr.md (TemplateNotFound)" in finding.found
    assert "mail/closed.en.md (TemplateSyntaxError)" in finding.found


@pytest.mark.parametrize(("mode", "verdict"), [(0o600, "ok"), (0o400, "ok"), (0o640, "failed"), (0o604, "failed")])
def test_the_key_is_its_owners_only(mode: int, verdict: str, tmp_path: Path) -> None:
    settings.set_for_this_process(data_dir=tmp_path)
    settings.current()
    (tmp_path / "secret_key").chmod(mode)

    assert found(system.secrets).verdict == verdict


def test_a_secret_out_of_a_readable_file_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(A_SECRET_KEY)
    (tmp_path / "key").chmod(0o644)
    os.environ["UNDERSIGNED_SECRET_KEY_FILE"] = str(tmp_path / "key")

    finding = found(system.secrets)

    assert finding.verdict == "warning"
    assert A_SECRET_KEY not in str(finding)
