"""What `undersigned doctor` tries: each check a function that tells note by note what it found, and the mend."""

import asyncio
import contextlib
import http.client
import os
import re
import shutil
import smtplib
import ssl
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from email.utils import parseaddr, parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import dns.exception
import dns.resolver
import jinja2
import redis
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from worker import db, embedded, migrations, prose, render, settings, tokens
from worker.cli import talk
from worker.letter import pdf
from worker.letter.text import Sheet
from worker.mail import bounces, messages
from worker.mail.compose import Envelope, compose
from worker.mail.outcomes import Kind, Outcome, Phase
from worker.mail.relay import Relay, ascii_domain, tls_context
from worker.mail.smtp import Connection, Offer, Timeouts

Verdict = Literal["ok", "warning", "failed"]

PATIENCE = 4.0  # seconds for one answer; a check as a whole has ten
DNS_PATIENCE = 3.0
OLDEST_POSTGRESQL = 14
CONNECTIONS_OF_A_PROCESS = 20  # the most that db.engine() opens
LETTER_NEEDS = 2 * 1024**2  # octets on the wire: a letter with its PDF
DAYS_TO_RENEW = 14
GB = 10**9
RESERVED = (".example", ".test", ".invalid", ".localhost")  # RFC 6761: nobody is there
AUTHENTICATION = {  # what a receiving server tries, and the mend if that fails
    "spf": "publish the SPF record that the relay's provider gives you",
    "dkim": "ask the relay's provider to sign for your domain, and publish its key",
    "dmarc": "SPF or DKIM must pass for the very domain in From",
}
UNSURE = {"none", "neutral", "policy", "temperror"}  # results of RFC 8601 that are neither a pass nor a fail
IN_LATIN_AND_KHMER = "Every name is printed: Åsa Żółć, ភ្នំពេញ, កម្ពុជា."


@dataclass(frozen=True)
class Note:
    """One thing that a check found; the mend says what to type or whom to ask."""

    verdict: Verdict
    found: str
    mend: str = ""


def ok(found: str) -> Note:
    return Note("ok", found)


def warning(found: str, mend: str) -> Note:
    return Note("warning", found, mend)


def failed(found: str, mend: str) -> Note:
    return Note("failed", found, mend)


def database() -> Iterator[Note]:
    """Whether it can be reached and written to, and has the tables of this version."""
    file = _sqlite_file()
    if file is not None and not file.exists():
        yield warning(f"SQLite: {file} does not exist yet", f"`{talk.command('migrate')}` makes it")
        return
    with db.transaction() as session:
        yield from _postgresql(session) if file is None else _sqlite(session, file)
    if migrations.is_current():
        yield ok("its tables are those of this version")
    else:
        grave = warning if settings.current().embedded else failed
        yield grave("its tables are not those of this version", f"`{talk.command('migrate')}`")


def _sqlite_file() -> Path | None:
    url = make_url(settings.current().database)
    return Path((url.database or "").removeprefix("file:")) if url.get_backend_name() == "sqlite" else None


def _sqlite(session: Session, file: Path) -> Iterator[Note]:
    version, mode = (session.scalar(text(asked)) for asked in ("SELECT sqlite_version()", "PRAGMA journal_mode"))
    yield ok(f"SQLite {version} in {file}")
    stands = session.scalar(text("PRAGMA user_version"))
    session.execute(text(f"PRAGMA user_version = {stands}"))  # BEGIN IMMEDIATE alone lets a read-only file pass
    if mode != "wal":
        yield warning(f"journal mode {mode}, not WAL", "put DATA_DIR on a disk of this machine, not of the network")


def _postgresql(session: Session) -> Iterator[Note]:
    number, most, used, read_only = session.execute(
        text(
            "SELECT current_setting('server_version_num')::int, current_setting('max_connections')::int,"
            " (SELECT sum(numbackends) FROM pg_stat_database)::int, current_setting('transaction_read_only')::bool"
        )
    ).one()
    yield of_postgresql(number)
    if read_only:
        yield failed("it can only be read", "set UNDERSIGNED_DATABASE_URL to a primary, with rights to write")
    yield of_connections(used, most)


def of_postgresql(number: int) -> Note:
    """Judge `server_version_num`, such as 180001."""
    said = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number // 10_000 < OLDEST_POSTGRESQL:
        return failed(f"{said} is too old", f"use PostgreSQL {OLDEST_POSTGRESQL} or newer")
    return ok(said)


def of_connections(used: int, most: int) -> Note:
    """Judge how many connections are left: each of our processes may open several."""
    said = f"{used} of {most} connections are used"
    if most - used < CONNECTIONS_OF_A_PROCESS:
        mend = f"raise max_connections: each process of ours opens up to {CONNECTIONS_OF_A_PROCESS}"
        return warning(said, mend)
    return ok(said)


def broker() -> Iterator[Note]:
    """Whether Redis takes keys, keeps them when memory is short, and writes them down."""
    conf = settings.current()
    if conf.embedded:
        yield ok("none needed: everything runs in one process")
        return
    url = conf.broker_url
    try:
        with redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
            yield from _redis(client, f"{conf.redis_prefix}doctor")
    except redis.AuthenticationError:
        yield failed("it refuses the login", "look at the password in UNDERSIGNED_BROKER_URL")
    except (redis.ConnectionError, redis.TimeoutError) as error:
        mend = "look whether it runs, and at UNDERSIGNED_BROKER_URL"
        yield failed(f"it does not answer ({type(error).__name__})", mend)


def _redis(client: redis.Redis, key: str) -> Iterator[Note]:
    info = client.info()
    name, version = ("Valkey", info["valkey_version"]) if "valkey_version" in info else ("Redis", info["redis_version"])
    begun = time.perf_counter()
    client.ping()
    yield ok(f"{name} {version}, answers in {(time.perf_counter() - begun) * 1000:.1f} ms")
    try:
        client.set(key, "", px=1000)
    except redis.ResponseError as error:
        yield failed(
            f"it takes no keys ({type(error).__name__})",
            "set UNDERSIGNED_BROKER_URL to a primary, with rights to write",
        )
    if (policy := info.get("maxmemory_policy")) != "noeviction":
        mend = "give us a Redis of our own, and set maxmemory-policy noeviction there"
        yield failed(f"maxmemory-policy is {policy}: when memory is short, rings are lost without a word", mend)
    if not info.get("aof_enabled"):
        yield warning("no append-only file: rings are lost when it restarts", "set appendonly yes there")


def relay() -> Iterator[Note]:
    """Whether the relay lets us in as it will let a worker in, and what it offers."""
    conf = settings.current()
    if not conf.smtp_url:
        yield _without_a_relay(conf)
        return
    try:
        there = Relay.parse(conf.smtp_url)
    except ValueError as error:  # a sentence that repeats nothing of the URL
        yield failed(str(error), "mend UNDERSIGNED_SMTP_URL")
        return
    if (outcome := asyncio.run(_log_in(there))) is not None:
        yield failed(f"{there.host}:{there.port}: {outcome.reply}", _mend_of(outcome))
        return
    yield ok(f"{there.host}:{there.port} " + ("takes our login" if there.username else "asks for no login"))
    try:
        yield from _what_it_offers(there)
    except (smtplib.SMTPException, OSError) as error:
        said = f"it did not answer a second time ({type(error).__name__})"
        yield warning(said, "try again; if it stays so, ask the relay's provider how many connections it allows")


def _without_a_relay(conf: settings.Settings) -> Note:
    if conf.embedded:
        return ok("the built-in mail catcher: no mail leaves this machine")
    return failed("UNDERSIGNED_SMTP_URL is not set here", "set it, or run this where `undersigned worker` runs")


async def _log_in(relay: Relay) -> Outcome | None:
    connection = _connection(relay)
    try:
        return await connection.open()
    finally:
        await connection.close()


def _connection(relay: Relay) -> Connection:
    timeouts = Timeouts(connect=PATIENCE, command=PATIENCE, end_of_data=2 * PATIENCE, reset=1)
    return Connection(relay, helo_name=settings.current().mail_domain, timeouts=timeouts)


def _mend_of(outcome: Outcome) -> str:
    if outcome.phase is Phase.AUTH:
        return "look at user and password in UNDERSIGNED_SMTP_URL; ask the relay's provider"
    if outcome.phase is Phase.MAIL:
        return "ask the relay's provider to let you send as UNDERSIGNED_MAIL_FROM"
    if outcome.phase in {Phase.RCPT, Phase.DATA, Phase.END_OF_DATA}:
        return "look at the address after --to; ask the relay's provider"
    if outcome.phase is Phase.STARTTLS or "TLS" in outcome.reply:
        return "use the host name that its certificate names, or smtps://; ask the relay's provider"
    return "look at host and port in UNDERSIGNED_SMTP_URL, and whether a firewall lets them through"


def _what_it_offers(relay: Relay) -> Iterator[Note]:
    """Read the certificate and EHLO on a second connection without a login, for ours shows neither."""
    with _introduced(relay) as line:
        if isinstance(line.sock, ssl.SSLSocket):
            yield of_certificate(_days_left(line.sock), f"{line.sock.version()}, its certificate")
        elif relay.host not in settings.LOOPBACK:
            yield warning("no TLS: mails and password can be read on the way", "use smtps:// or smtp://")
        yield of_size(line.esmtp_features.get("size") if line.has_extn("size") else None)
        known = ("pipelining", "dsn", "smtputf8")
        noted = [f"{'offers' if line.has_extn(name) else 'no'} {name.upper()}" for name in known]
        yield ok(", ".join(noted))


@contextlib.contextmanager
def _introduced(relay: Relay) -> Iterator[smtplib.SMTP]:
    name = ascii_domain(settings.current().mail_domain) or "localhost.localdomain"
    implicit = partial(smtplib.SMTP_SSL, context=tls_context())
    client = implicit if relay.security == "tls" else smtplib.SMTP
    with client(relay.host, relay.port, local_hostname=name, timeout=PATIENCE) as line:
        line.ehlo()
        if relay.security == "starttls":
            line.starttls(context=tls_context())
            line.ehlo()
        yield line


def of_size(limit: str | None) -> Note:
    """Judge the largest mail that EHLO announces, in octets; 0 is no fixed limit (RFC 1870)."""
    if limit is None or not limit.isdecimal() or int(limit) == 0:
        return ok("no limit to a mail's size")
    said = f"takes mails of up to {int(limit) / 1024**2:.1f} MB"
    if int(limit) < LETTER_NEEDS:
        return failed(f"{said}; a letter with its PDF needs 2 MB", "ask the relay's provider for a higher limit")
    return ok(said)


def of_certificate(days: int, whose: str) -> Note:
    if days < DAYS_TO_RENEW:
        return warning(f"{whose} runs out in {talk.count(days, 'day')}", "ask who runs that server to renew it")
    return ok(f"{whose} is good for {days} days")


def _days_left(line: ssl.SSLSocket) -> int:
    certificate = line.getpeercert() or {}
    return int(ssl.cert_time_to_seconds(str(certificate["notAfter"])) - time.time()) // 86_400


def a_test_mail(to: str, *, relay_is_ready: bool) -> Iterator[Note]:
    """Whether the relay takes a mail of ours for the organizer's own address."""
    conf = settings.current()
    if not conf.smtp_url:
        yield ok("none needed: there is no relay")
    elif not relay_is_ready:
        yield warning("no test mail sent: the relay is not ready", "mend the relay first")
    elif not to:
        yield warning("no test mail sent", f"`{talk.command('doctor', '--to', 'you@your.org')}`")
    else:
        outcome = asyncio.run(_send(_worded(to)))
        yield _of_test_mail(outcome)


def _worded(to: str) -> Envelope:
    conf = settings.current()
    words = (
        "This mail was sent by `undersigned doctor`. If you read it, mail from this program reaches you.\n\n"
        "If it lay among the junk, or to be sure: save it as a file with all its headers (*Show original*, "
        "*Download*), and let the program read there what your mail server thinks of it:\n\n"
        "`undersigned doctor --headers test-mail.eml`\n"
    )
    tree = prose.blocks(words)
    subject = "Test mail from Undersigned"
    page = f'<!doctype html>\n<html lang="en">\n<title>{subject}</title>\n{prose.to_html(tree)}</html>\n'
    message = messages.Message(
        to=to, subject=subject, text=prose.to_text(tree), html=page, from_name="Undersigned", reply_to=conf.mail_from
    )
    # The envelope sender is as in every other mail, and names a mail that never exists.
    return compose(message, tokens.message_id(), datetime.now(UTC), tokens.return_path(0))


async def _send(envelope: Envelope) -> Outcome:
    connection = _connection(Relay.parse(settings.current().smtp_url))
    try:
        failure = await connection.open()
        return failure or await connection.send(Offer(envelope.sender, envelope.recipient, envelope.content))
    finally:
        await connection.close()


def _of_test_mail(outcome: Outcome) -> Note:
    if outcome.kind is Kind.SENT:
        return ok(f"the relay took it ({outcome.reply}): look whether it arrives, and read it with --headers")
    if outcome.kind is Kind.UNCERTAIN:
        return warning(f"nobody knows whether it left: {outcome.reply}", "look whether it arrives, and try again")
    if outcome.kind is Kind.DEFERRED:
        return warning(f"put off: {outcome.reply}", "try again in ten minutes; then ask the relay's provider")
    return failed(outcome.reply, _mend_of(outcome))


def sender() -> Iterator[Note]:
    """What the DNS tells receivers of the domain that mails come from (RFC 7208, 6376, 7489)."""
    conf = settings.current()
    domain, envelopes = _domain_of(conf.mail_from), _domain_of(conf.bounces_to or conf.mail_from)
    if not conf.smtp_url:
        yield ok(f"{domain} is not asked for: there is no relay")
    elif domain.endswith(RESERVED):
        yield warning(f"{domain} exists in examples only", "set UNDERSIGNED_MAIL_FROM to an address of yours")
    else:
        try:
            yield from _what_the_dns_tells(domain, envelopes)
        except dns.exception.DNSException as error:
            mend = "try again where the DNS can be asked"
            yield warning(f"could not ask the DNS about {domain} ({type(error).__name__})", mend)


def _domain_of(address: str) -> str:
    domain = address.rpartition("@")[2].lower()
    return ascii_domain(domain) or domain


def _what_the_dns_tells(domain: str, envelopes: str) -> Iterator[Note]:
    """SPF is asked of the domain in the envelope, the others of the one in From."""
    if _texts(domain) is None:
        yield failed(f"there is no domain {domain}", "look at UNDERSIGNED_MAIL_FROM")
        return
    yield of_spf(envelopes, _texts(envelopes) or [])
    if _texts(f"_domainkey.{domain}") is None:
        yield warning("no DKIM keys to be seen", "publish the key that the relay's provider gives you")
    else:
        yield ok("there may be DKIM keys (a received mail tells: --headers)")
    yield of_dmarc(domain)


def of_spf(domain: str, texts: list[str]) -> Note:
    """Judge the records that say which servers may send for the domain."""
    records = [found for found in texts if found.lower().split(" ")[0] == "v=spf1"]
    if not records:
        return warning(f"{domain} has no SPF record", "publish the one that the relay's provider gives you")
    if len(records) > 1:
        return warning(f"{domain} has {len(records)} SPF records: none of them counts", "make one record of them")
    if {"+all", "all"} & set(records[0].lower().split()):
        return warning(f"the SPF record of {domain} lets everybody send", "end it in ~all or -all")
    return ok(f"{domain} has an SPF record")


def of_dmarc(domain: str) -> Note:
    """Judge what receivers shall do with what fails; asked of the domain, then of each parent."""
    labels = domain.split(".")
    for parent in [".".join(labels[n:]) for n in range(max(1, len(labels) - 1))]:
        for record in _texts(f"_dmarc.{parent}") or []:
            tags = dict(tag.strip().partition("=")[::2] for tag in record.split(";"))
            if tags.get("v") == "DMARC1":
                return ok(f"DMARC policy {tags.get('p', 'none')}")
    return warning("no DMARC record", f"publish at _dmarc.{domain}: v=DMARC1; p=none")


def _texts(name: str) -> list[str] | None:
    """The TXT records of a name; None where there is no such name."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=DNS_PATIENCE)
    except dns.resolver.NXDOMAIN:
        return None
    except dns.resolver.NoAnswer:
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def received_mail(mail: bytes) -> Iterator[Note]:
    """What the receiving server wrote into a mail of ours: whether it believed that it comes from us (RFC 8601)."""
    headers = BytesHeaderParser().parsebytes(mail)
    theirs = _domain_of(parseaddr(str(headers.get("From", "")))[1])
    ours = _domain_of(settings.current().mail_from)
    if theirs != ours:
        yield warning(f"it comes from {theirs or 'nobody'}, and our mails from {ours}", "save the test mail")
    results = authentication_results(str(found) for found in headers.get_all("Authentication-Results", []))
    if not results:
        yield warning("no Authentication-Results in it", "save it with all headers, from the mailbox it came to")
        return
    for method in AUTHENTICATION:
        yield of_result(method, results.get(method, "none"), dmarc=results.get("dmarc"))


def of_result(method: str, result: str, *, dmarc: str | None) -> Note:
    """Judge one result; what failed beside a DMARC that passed did not matter to that server."""
    said, mend = f"{method.upper()} {result}", AUTHENTICATION[method]
    if result == "pass":
        return ok(said)
    return (warning if result in UNSURE or dmarc == "pass" else failed)(said, mend)


_RESULT = re.compile(r"\s*([a-z0-9-]+)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)\b", re.IGNORECASE)


def authentication_results(headers: Iterable[str]) -> dict[str, str]:
    """`{"spf": "pass", …}` out of Authentication-Results, the topmost first; methods that were not tried are left out.

    Only the server that wrote the topmost one is believed: what stands below may be anybody's. Of several
    signatures one that passes is enough.
    """
    found: dict[str, str] = {}
    believed = None
    for header in headers:
        server, *statements = _without_comments(header).split(";")
        if _RESULT.match(server):  # Microsoft leaves the server's name out
            server, statements = "", [server, *statements]
        server = server.strip().partition(" ")[0].lower()
        believed = server if believed is None else believed
        for method, result in (said.groups() for said in map(_RESULT.match, statements) if said):
            if server == believed and method.lower() in AUTHENTICATION and found.get(method.lower()) != "pass":
                found[method.lower()] = result.lower()
    return found


def _without_comments(header: str) -> str:
    """Leave out comments, which nest, and make quoted text harmless: a `;` or `=` in it means nothing."""
    kept = []
    depth, quoted, escaped = 0, False, False
    for character in header:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"' and not depth:
            quoted = not quoted
        elif character == "(" and not quoted:
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(character if not quoted or character.isalnum() or character in ".-" else "_")
    return "".join(kept)


@dataclass(frozen=True)
class Answer:
    """What a server said to GET /livez."""

    status: int
    body: bytes
    headers: http.client.HTTPMessage
    days_left: int | None


def pages() -> Iterator[Note]:
    """Whether partners reach the pages, under the address that is in their mails."""
    url = _address_of_pages()
    if url is None:
        yield warning("nothing is running, so no page answers", f"`{talk.command('up')}`")
        return
    try:
        answer = _get_livez(url)
    except ssl.SSLCertVerificationError as error:
        mend = "get it a certificate: Caddy does so by itself if the name leads here and ports 80 and 443 are open"
        yield failed(f"{url}: {error.verify_message}", mend)
    except (OSError, http.client.HTTPException) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        mend = "look at UNDERSIGNED_PUBLIC_URL, whether `undersigned web` runs, and whether its proxy does"
        yield failed(f"{url} does not answer: {said}", mend)
    else:
        yield _of_livez(url, answer)
        if answer.days_left is not None:
            yield of_certificate(answer.days_left, "its certificate")
        elif urlsplit(url).hostname not in settings.LOOPBACK:
            yield warning("links go without TLS", "begin UNDERSIGNED_PUBLIC_URL with https://")


def _of_livez(url: str, answer: Answer) -> Note:
    if 300 <= answer.status < 400:
        return warning(f"{url} sends visitors on to another address", "set UNDERSIGNED_PUBLIC_URL to that one")
    if (answer.status, answer.body.strip()) != (200, b"ok"):
        mend = "look at UNDERSIGNED_PUBLIC_URL, and what its proxy passes on"
        return failed(f"{url} answers {answer.status}, and not as our pages do", mend)
    return ok(f"{url} answers")


def _address_of_pages() -> str | None:
    """PUBLIC_URL; where it is not set, the address that `undersigned up` has told. None if nothing runs."""
    conf = settings.current()
    if not conf.embedded:
        return conf.public_url
    try:
        with _one_looks, embedded.only_one(conf.data_dir):
            return None
    except embedded.RunningAlready as other:
        return conf.public_url if "public_url" in conf.model_fields_set else str(other) or conf.public_url


_one_looks = threading.Lock()  # whoever looks holds for a moment what a running server holds


def _get_livez(url: str) -> Answer:
    """GET /livez with the certificate checked; redirections are not followed."""
    parts = urlsplit(url)
    secure = partial(http.client.HTTPSConnection, context=tls_context())
    client = secure if parts.scheme == "https" else http.client.HTTPConnection
    line = client(parts.hostname or "", parts.port, timeout=PATIENCE)
    with contextlib.closing(line):
        line.connect()
        days_left = _days_left(line.sock) if isinstance(line.sock, ssl.SSLSocket) else None
        line.request("GET", "/livez")
        answer = line.getresponse()
        return Answer(answer.status, answer.read(1000), answer.headers, days_left)


def mailbox() -> Iterator[Note]:
    """Whether we get into the mailbox and the folder to which bounces come; no message is touched."""
    conf = settings.current()
    if not conf.imap_url:
        yield ok("none: bounces are read by you")
        return
    try:
        there = bounces.Mailbox.parse(conf.imap_url)
        bounces.collect(there, handle=lambda _: False, stopping=lambda: True)
    except ValueError as error:  # a sentence that repeats nothing of the URL
        yield failed(str(error), "mend UNDERSIGNED_IMAP_URL")
    except bounces.CannotCollect as error:
        yield failed(str(error), "look at UNDERSIGNED_IMAP_URL; ask the mailbox's provider")
    else:
        yield ok(f"{there.host}:{there.port} takes our login and has the folder {there.folder}")
    if not conf.bounces_to:
        yield warning("bounces go to MAIL_FROM, without a token", "set UNDERSIGNED_BOUNCES_TO to this mailbox")


def clock() -> Iterator[Note]:
    """Whether this machine, the database and the pages agree about the time; the database's decides deadlines."""
    file = _sqlite_file()
    if file is None or file.exists():
        try:
            yield of_clock(_database_ahead(), "the database")
        except SQLAlchemyError:
            yield warning("the database could not be asked", "mend the database first")
    if (ahead := _pages_ahead()) is not None:
        yield of_clock(ahead, "the pages")
    elif file is not None and not file.exists():
        yield ok(f"here it is {datetime.now(UTC):%H:%M:%S} UTC; nobody to compare with")


def of_clock(ahead: float, whose: str) -> Note:
    """Judge by how many seconds another clock is ahead of this machine's."""
    if abs(ahead) <= 2:
        return ok(f"the same as for {whose}")
    said = f"for {whose} it is {abs(ahead):.0f} s {'later' if ahead > 0 else 'earlier'} than here"
    mend = "set both clocks by the network: `timedatectl set-ntp true`"
    return (failed if abs(ahead) > 60 else warning)(said, mend)


def _database_ahead() -> float:
    with db.reading() as session:
        db.clock(session)  # connecting takes its time, asking does not
        before = datetime.now(UTC)
        there = db.clock(session)
        return _ahead(there, before)


def _pages_ahead() -> float | None:
    url = _address_of_pages()
    if url is None:
        return None
    before = datetime.now(UTC)
    try:
        there = parsedate_to_datetime(_get_livez(url).headers["Date"])
    except (OSError, http.client.HTTPException, TypeError, ValueError):
        return None
    return _ahead(there + timedelta(seconds=0.5), before)  # the header has whole seconds, rounded down


def _ahead(there: datetime, before: datetime) -> float:
    """Compare with the middle of the time that the question took."""
    here = before + (datetime.now(UTC) - before) / 2
    return (there - here).total_seconds()


def disk() -> Iterator[Note]:
    """Whether there is room where we write."""
    file = _sqlite_file()
    folders = [settings.current().data_dir, *([] if file is None else [file.parent])]
    for folder in dict.fromkeys(found.resolve() for found in folders):
        existing = next(parent for parent in [folder, *folder.parents] if parent.exists())
        yield of_space(shutil.disk_usage(existing).free, folder)


def of_space(free: int, folder: Path) -> Note:
    """Judge the bytes that are free."""
    said = f"{free / GB:.1f} GB free in {folder}"
    mend = "make room, or set UNDERSIGNED_DATA_DIR to a larger disk"
    if free < GB / 10:
        return failed(said, mend)
    return warning(said, mend) if free < GB else ok(said)


def fonts() -> Iterator[Note]:
    """Whether a letter can be set, in Latin and in Khmer."""
    page = pdf.as_pdf(_sheet(IN_LATIN_AND_KHMER), datetime.now(UTC))
    missing = pdf.unprintable([IN_LATIN_AND_KHMER])
    embedded_fonts = all(name in page for name in (b"LibertinusSerif", b"NotoSansKhmer"))
    if page.startswith(b"%PDF") and embedded_fonts and not missing:
        yield ok(f"a page in Latin and Khmer was set: {len(page) // 1000} kB of PDF")
    else:
        yield failed("a page in Latin and Khmer was set, and a font was missing", "install the program again")


def _sheet(words: str) -> Sheet:
    return Sheet(
        language="en",
        sender=["Undersigned"],
        addressee=["The doctor"],
        date="1 May 2027",
        salutation="Dear doctor,",
        subject="A page for trying out",
        body=prose.blocks(words),
        list_heading="Signatories",
        signatories=[words],
    )


def templates() -> Iterator[Note]:
    """Whether every mail can be worded in every language, as far as its template decides."""
    kinds = [kind for kind in messages.KINDS if kind != "letter"]  # which is the seal itself
    broken = []
    for kind, language in ((kind, language) for kind in kinds for language in render.LANGUAGES):
        try:
            render.mail(kind, language)
        except jinja2.UndefinedError:
            pass  # it was loaded, and misses only the campaign that it is about
        except jinja2.TemplateError as error:
            broken.append(f"mail/{kind}.{language}.md ({type(error).__name__})")
    if broken:
        yield failed(talk.some(broken, 3), "look at UNDERSIGNED_TEMPLATES_DIR, and compare with the original")
    else:
        yield ok(f"{talk.count(len(kinds), 'mail')} in {talk.count(len(render.LANGUAGES), 'language')}")


def secrets() -> Iterator[Note]:
    """Whether the files that hold secrets are closed to other users of this machine."""
    own = settings.current().data_dir / "secret_key"
    given = [
        f"{settings.PREFIX}{name.upper()}" for name, field in settings.Settings.model_fields.items() if not field.repr
    ]
    for variable in given:
        if path := os.environ.get(f"{variable}_FILE"):
            yield _of_mode(Path(path), warning)  # a container's secrets are often mounted so
    if own.exists():
        yield _of_mode(own, failed)
    elif f"{settings.PREFIX}SECRET_KEY" in os.environ:
        yield ok("SECRET_KEY comes from the environment")


def _of_mode(file: Path, grave: Any) -> Note:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        note: Note = grave(f"others on this machine may read {file} (mode {mode:04o})", f"`chmod 600 {file}`")
        return note
    return ok(f"{file} is its owner's only")
