"""What `undersigned doctor` tries but for the mail: each check a function that tells note by note what it found."""

import contextlib
import http.client
import os
import shutil
import ssl
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
import redis
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from worker import db, embedded, installation, key_check, migrations, mirror, settings, vacuum
from worker.cli import console, errors
from worker.cli.doctor.finding import TIMEOUT_S, Note, days_left, failed, of_certificate, ok, warning
from worker.mail import kinds
from worker.mail.server_url import tls_context
from worker.state.key_change import load_key_change
from worker.text import glyphs, markdown
from worker.text.languages import LANGUAGES
from worker.wording import letter_pdf
from worker.wording.sheet import Sheet
from worker.wording.templates import mail

OLDEST_POSTGRESQL = 14
CONNECTIONS_OF_A_PROCESS = 20  # the most that db.engine() opens
GB = 10**9
IN_LATIN_AND_KHMER = "Every name is printed: Åsa Żółć, ភ្នំពេញ, កម្ពុជា."


def database() -> Iterator[Note]:
    """Whether it can be reached and written to, and has the tables of this version."""
    file = sqlite_file()
    if file is not None and not file.exists():
        yield warning(f"SQLite: {file} does not exist yet", f"`{console.command('migrate')}` creates it")
        return
    with db.transaction(even_restored=True) as session:
        yield from _postgresql(session) if file is None else _sqlite(session, file)
    yield (tables := _tables())
    if tables.verdict == "ok":
        yield from _key()
    yield from _back_from_a_backup()


def _back_from_a_backup() -> Iterator[Note]:
    """Whether everything stands still, and whether a database that is put back would be noticed."""
    with contextlib.suppress(SQLAlchemyError):  # of tables that are not of this version it was said
        remembered = installation.is_remembered()
        if stands := installation.stands_still():
            yield failed(
                "it was put back from a backup, and everything stands still",
                f"`{console.command('resume', '--restored')}`",
            )
        if not mirror.is_writable():
            found = f"{settings.current().data_dir} cannot be written: a restored database may not be noticed"
            yield warning(found, "give each process a data folder that it may write to, and keep it")
        elif not remembered and not stands:
            found = "the data folder remembered nothing of it: if it was put back from a backup, nobody knows"
            yield warning(found, "keep the data folder with the database, and run this again")


def _tables() -> Note:
    try:
        migrations.check_tables()
    except migrations.WrongSchema as error:
        found, fix = errors.explain_schema(error)
        if isinstance(error, migrations.OlderSchema):
            grave = warning if settings.current().embedded else failed
            return grave("its tables do not belong to this version", fix)
        return failed(f"its tables do not belong to this version: it {found}", fix)
    return ok("its tables belong to this version")


def _key() -> Iterator[Note]:
    """Whether its rows were written under our key, and what still depends on the one before."""
    try:
        key_check.check(claims=False)
    except key_check.WrongKey:
        yield failed(*errors.explain_key())
        return
    with db.reading() as session:
        change = load_key_change(session)
    if change.lost:
        fix = f"look for that key, and set {settings.PREFIX}SECRET_KEY_OLD to it; if it is lost, enter the data again"
        yield warning(f"{console.count(change.lost, 'row')} cannot be read: written under another key", fix)
    if not settings.current().secret_key_old:
        return
    if change.rows or not change.is_done:
        yield warning(
            f"the key is being changed: {console.count(change.rows, 'row')} under SECRET_KEY_OLD",
            f"once every process was restarted: `{console.command('rekey')}`",
        )
    elif change.running:
        yield ok(f"links of running campaigns depend on SECRET_KEY_OLD: {console.some(change.running)}")
    elif change.ended:
        yield ok(f"only links of campaigns that ended depend on SECRET_KEY_OLD: {console.some(change.ended)}")
    else:
        yield warning("nothing depends on SECRET_KEY_OLD any more", "remove it, and restart everything")


def sqlite_file() -> Path | None:
    url = make_url(settings.current().database)
    return Path((url.database or "").removeprefix("file:")) if url.get_backend_name() == "sqlite" else None


def _sqlite(session: Session, file: Path) -> Iterator[Note]:
    version, mode = (session.scalar(text(asked)) for asked in ("SELECT sqlite_version()", "PRAGMA journal_mode"))
    yield ok(f"SQLite {version} in {file}")
    stands = session.scalar(text("PRAGMA user_version"))
    session.execute(text(f"PRAGMA user_version = {stands}"))  # BEGIN IMMEDIATE alone lets a read-only file pass
    if mode != "wal":
        yield warning(f"journal mode {mode}, not WAL", "put DATA_DIR on a disk of this machine, not on a network disk")


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
    yield from _samples(session)


def _samples(session: Session) -> Iterator[Note]:
    """Whether names that were erased may stand in what PostgreSQL sampled of our columns."""
    sampled = vacuum.sampled_columns(session)
    if sampled:
        fix = "for each: ALTER TABLE … ALTER COLUMN … TYPE (the same), ALTER COLUMN … SET STATISTICS 0"
        yield warning(f"PostgreSQL keeps samples of names, erased ones too: {', '.join(sampled)}", fix)
    if not vacuum.may_rewrite_samples(session) and not vacuum.samples_were_rewritten(session):
        fix = f"the owner of the database should run once: VACUUM FULL {vacuum.SAMPLES}"
        yield warning(f"names erased long ago may still be in the file of {vacuum.SAMPLES}", fix)


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
        fix = f"raise max_connections: each process of ours opens up to {CONNECTIONS_OF_A_PROCESS}"
        return warning(said, fix)
    return ok(said)


def broker() -> Iterator[Note]:
    """Whether Redis takes keys, keeps them when memory is short, and writes them down."""
    conf = settings.current()
    if conf.embedded:
        yield ok("none needed: everything runs in one process")
        return
    url = conf.broker_url
    try:
        with redis.Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S) as client:
            yield from _redis(client, f"{conf.redis_prefix}doctor")
    except redis.AuthenticationError:
        yield failed("it refuses the login", "check the password in UNDERSIGNED_BROKER_URL")
    except (redis.ConnectionError, redis.TimeoutError) as error:
        fix = "check whether it is running, and UNDERSIGNED_BROKER_URL"
        yield failed(f"it does not answer ({type(error).__name__})", fix)


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
        fix = "use a Redis for this program alone, and set maxmemory-policy noeviction there"
        yield failed(f"maxmemory-policy is {policy}: when memory is short, task messages are lost silently", fix)
    if not info.get("aof_enabled"):
        yield warning("no append-only file: task messages are lost when it restarts", "set appendonly yes there")


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
        yield warning("nothing is running, so no page answers", f"`{console.command('up')}`")
        return
    try:
        answer = _get_livez(url)
    except ssl.SSLCertVerificationError as error:
        fix = (
            "get a certificate for it: Caddy does so automatically if the name leads here and ports 80 and 443 are open"
        )
        yield failed(f"{url}: {error.verify_message}", fix)
    except (OSError, http.client.HTTPException) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        fix = "check UNDERSIGNED_PUBLIC_URL, and whether `undersigned web` and its proxy are running"
        yield failed(f"{url} does not answer: {said}", fix)
    else:
        yield _of_livez(url, answer)
        if answer.days_left is not None:
            yield of_certificate(answer.days_left, "its certificate")
        elif urlsplit(url).hostname not in settings.LOOPBACK:
            yield warning("links are not protected by TLS", "let UNDERSIGNED_PUBLIC_URL begin with https://")


def _of_livez(url: str, answer: Answer) -> Note:
    if 300 <= answer.status < 400:
        return warning(f"{url} redirects visitors to another address", "set UNDERSIGNED_PUBLIC_URL to that one")
    if (answer.status, answer.body.strip()) != (200, b"ok"):
        fix = "check UNDERSIGNED_PUBLIC_URL, and where its proxy leads"
        return failed(f"{url} answers {answer.status}, but not as our pages do", fix)
    return ok(f"{url} answers")


def _address_of_pages() -> str | None:
    """PUBLIC_URL; where it is not set, the address that `undersigned up` has told. None if nothing runs."""
    conf = settings.current()
    if not conf.embedded:
        return conf.public_url
    address = embedded.running_at(conf.data_dir)
    return address if address is None or "public_url" not in conf.given else conf.public_url


def _get_livez(url: str) -> Answer:
    """GET /livez with the certificate checked; redirections are not followed."""
    parts = urlsplit(url)
    secure = partial(http.client.HTTPSConnection, context=tls_context())
    client = secure if parts.scheme == "https" else http.client.HTTPConnection
    line = client(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    with contextlib.closing(line):
        line.connect()
        days = days_left(line.sock) if isinstance(line.sock, ssl.SSLSocket) else None
        line.request("GET", "/livez")
        answer = line.getresponse()
        return Answer(answer.status, answer.read(1000), answer.headers, days)


def clock() -> Iterator[Note]:
    """Whether this machine, the database and the pages agree about the time; the database's decides deadlines."""
    file = sqlite_file()
    if file is None or file.exists():
        try:
            yield of_clock(_database_ahead(), "the database")
        except SQLAlchemyError:
            yield warning("the database could not be asked", "repair the database first")
    if (ahead := _pages_ahead()) is not None:
        yield of_clock(ahead, "the pages")
    elif file is not None and not file.exists():
        yield ok(f"here it is {datetime.now(UTC):%H:%M:%S} UTC; nothing to compare with")


def of_clock(ahead: float, whose: str) -> Note:
    """Judge by how many seconds another clock is ahead of this machine's."""
    if abs(ahead) <= 2:
        return ok(f"the same as for {whose}")
    said = f"for {whose} it is {abs(ahead):.0f} s {'later' if ahead > 0 else 'earlier'} than here"
    fix = "synchronize both clocks over the network: `timedatectl set-ntp true`"
    return (failed if abs(ahead) > 60 else warning)(said, fix)


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
    file = sqlite_file()
    folders = [settings.current().data_dir, *([] if file is None else [file.parent])]
    for folder in dict.fromkeys(found.resolve() for found in folders):
        existing = next(parent for parent in [folder, *folder.parents] if parent.exists())
        yield of_space(shutil.disk_usage(existing).free, folder)


def of_space(free: int, folder: Path) -> Note:
    """Judge the bytes that are free."""
    said = f"{free / GB:.1f} GB free in {folder}"
    fix = "free some space, or set UNDERSIGNED_DATA_DIR to a larger disk"
    if free < GB / 10:
        return failed(said, fix)
    return warning(said, fix) if free < GB else ok(said)


def fonts() -> Iterator[Note]:
    """Whether a letter can be set, in Latin and in Khmer."""
    page = letter_pdf.as_written(_sheet(IN_LATIN_AND_KHMER), datetime.now(UTC))
    missing = glyphs.unprintable([IN_LATIN_AND_KHMER])
    embedded_fonts = all(name in page for name in (b"LibertinusSerif", b"NotoSansKhmer"))
    if page.startswith(b"%PDF") and embedded_fonts and not missing:
        yield ok(f"a page in Latin and Khmer was made: {len(page) // 1000} kB of PDF")
    else:
        yield failed("a page in Latin and Khmer was made, but a font was missing", "install the program again")


def _sheet(words: str) -> Sheet:
    return Sheet(
        language="en",
        sender=["Undersigned"],
        addressee=["The doctor"],
        date="1 May 2027",
        salutation="Dear doctor,",
        subject="A page for trying out",
        body=markdown.blocks(words),
        list_heading="Signatories",
        signatories=[words],
    )


def templates() -> Iterator[Note]:
    """Whether every mail can be worded in every language, as far as its template decides."""
    worded, broken = kinds.names(lambda kind: kind.has_template), []
    for kind, language in ((kind, language) for kind in worded for language in LANGUAGES):
        try:
            mail(kind, language)
        except jinja2.UndefinedError:
            pass  # it was loaded, and misses only the campaign that it is about
        except jinja2.TemplateError as error:
            broken.append(f"mail/{kind}.{language}.md ({type(error).__name__})")
    if broken:
        yield failed(console.some(broken, 3), "check UNDERSIGNED_TEMPLATES_DIR, and compare it with the original")
    else:
        yield ok(f"{console.count(len(worded), 'email')} in {console.count(len(LANGUAGES), 'language')}")


def secrets() -> Iterator[Note]:
    """Whether the files that hold secrets are closed to other users of this machine."""
    own = settings.current().data_dir / "secret_key"
    given = [f"{settings.PREFIX}{name.upper()}" for name, field in settings.FIELDS.items() if not field.repr]
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
        note: Note = grave(f"other users of this machine may read {file} (mode {mode:04o})", f"`chmod 600 {file}`")
        return note
    return ok(f"{file} can only be read by its owner")
