"""Everything an operator may set, each declared once, with a sentence, and refused loudly when it is wrong."""

import base64
import contextlib
import difflib
import fcntl
import functools
import hashlib
import hmac
import os
import re
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "UNDERSIGNED_"
CHECKOUT = Path(__file__).resolve().parent.parent
SHIPPED = Path(__file__).resolve().parent / "shipped"  # in an installed wheel: what a checkout has beside the package
INSTALLED = SHIPPED.is_dir()
EXAMPLES = (SHIPPED if INSTALLED else CHECKOUT) / "campaigns"
_HERE = Path() if INSTALLED else CHECKOUT  # below which a person's files are: who installs has a folder of their own
_OF_THE_SYSTEM = {"/", "/etc", "/home", "/opt", "/root", "/tmp", "/usr", "/var", "/var/lib", "/var/tmp"}
MIN_KEY = 32  # characters
MAX_NUMBER = 10**9  # in a setting
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class BadSettings(Exception):
    """The environment cannot be used as it is; the message lists every problem, by variable."""


class BadKey(BadSettings):
    """Among what cannot be used is SECRET_KEY: it is missing, too short, or lost while what it encrypted is there."""


def _setting(default: object, *, description: str, secret: bool = False, **bounds: int) -> Any:
    """A field with its sentence for operators; a number is `above` something, or `at_least` and perhaps `at_most`."""
    return field(default=default, repr=not secret, metadata={"description": description} | bounds)


@dataclass(frozen=True)
class Settings:
    data_dir: Path = _setting(
        _HERE / "var", description="Folder for the data of this machine: database, keys, caught emails."
    )
    campaigns_dir: Path = _setting(_HERE / "campaigns", description="Folder with one folder per campaign definition.")
    templates_dir: Path = _setting(
        (SHIPPED if INSTALLED else CHECKOUT) / "templates",
        description="Folder with the templates of all emails, pages and letters.",
    )
    out_dir: str = _setting(
        "", description="Folder for what commands write for you to open, such as previews; unset: DATA_DIR."
    )
    database_url: str = _setting(
        "",
        secret=True,
        description="SQLAlchemy URL of PostgreSQL (postgresql+psycopg://…) or SQLite; unset: SQLite in DATA_DIR.",
    )
    broker_url: str = _setting(
        "memory://localhost//",
        secret=True,
        description="Celery's broker, a Redis for this program alone (redis://…); unset: everything in one process.",
    )
    smtp_url: str = _setting(
        "",
        secret=True,
        description="Relay: smtps://user:password@host, smtp://host:587 (STARTTLS), smtp+plain://host; "
        "unset: the built-in catcher.",
    )
    public_url: str = _setting(
        "http://127.0.0.1:8000",
        description="Address at which partners reach the pages; links in emails begin with it.",
    )
    secret_key: str = _setting(
        "",
        secret=True,
        description="At least 32 random characters; signs links and encrypts contacts. If you lose it, no link "
        "works any more.",
    )
    secret_key_old: str = _setting(
        "",
        secret=True,
        description="The key before SECRET_KEY, while it is changed: what was made under it is still taken and read.",
    )
    mail_from: str = _setting(
        "letters@undersigned.example", description="Email address in From, and envelope sender of every email."
    )
    bounces_to: str = _setting(
        "",
        description="Email address for bounces, of a mailbox that also accepts name+anything; unset: MAIL_FROM.",
    )
    imap_url: str = _setting(
        "",
        secret=True,
        description="Mailbox in which bounces are read: imaps://user:password@host/Folder, imap://host (STARTTLS), "
        "imap+plain://host; unset: nowhere.",
    )
    redis_prefix: str = _setting("undersigned:", description="Prefix of every key in Redis.")
    lease: float = _setting(
        60, above=0, description="Seconds for which emails that a worker has claimed are reserved for it."
    )
    batch: int = _setting(200, at_least=1, at_most=1000, description="Emails that a worker claims at once.")
    sweep: float = _setting(
        15, above=0, description="Seconds between two searches for what is due and has no task waiting."
    )
    smtp_connections: int = _setting(
        4, at_least=1, at_most=50, description="Connections to the relay that a worker process opens at once."
    )
    smtp_per_hour: int = _setting(
        0, at_least=0, description="Emails that the relay accepts from us in an hour; 0: no limit."
    )
    smtp_per_day: int = _setting(
        0, at_least=0, description="Emails that the relay accepts from us in a day; 0: no limit."
    )
    undo: float = _setting(
        60,
        at_least=0,
        description="Seconds for which the emails of launch, amend, remind and extend wait, so that these can "
        "be taken back.",
    )
    backup_dir: str = _setting(
        "", description="Folder in which the workers make backups by themselves; unset: none is made by itself."
    )
    backup_every: str = _setting("1d", description="Time from one backup in BACKUP_DIR to the next, such as 12h or 1d.")
    backup_keep: str = _setting(
        "30d", description="Time for which a backup in BACKUP_DIR is kept, such as 30d; the newest is never deleted."
    )

    given: frozenset[str] = field(default=frozenset(), repr=False)  # which of these the environment or a file says

    @property
    def embedded(self) -> bool:
        """Whether everything runs in one process, with nothing to install beside it."""
        return self.broker_url.startswith("memory:")

    @property
    def previews(self) -> Path:
        return Path(self.out_dir or self.data_dir) / "preview"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'undersigned.db'}"

    @property
    def mail_domain(self) -> str:
        """The domain that Message-IDs and the EHLO greeting carry: the public one, never this machine's."""
        return urlsplit(self.public_url).hostname or "localhost"

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose, derived from SECRET_KEY (HKDF-Expand with one block, RFC 5869)."""
        return _derived(self.secret_key, purpose)

    def keys(self, purpose: str) -> tuple[bytes, ...]:
        """The same of each key whose links and rows are taken: the present one, then the one before."""
        return tuple(_derived(key, purpose) for key in (self.secret_key, self.secret_key_old) if key)


FIELDS: Mapping[str, Field[Any]] = {one.name: one for one in fields(Settings) if one.name != "given"}


@functools.lru_cache(maxsize=40)
def _derived(secret_key: str, purpose: str) -> bytes:
    root = hashlib.sha256(secret_key.encode()).digest()
    return hmac.digest(root, purpose.encode() + b"\x01", "sha256")


@functools.lru_cache(maxsize=1)
def current() -> Settings:
    """The settings of this process, read once from the environment; raises BadSettings with every problem."""
    written, problems = _written()
    found: dict[str, Any] = {}
    for name, value in written.items():
        try:
            found[name] = _read(FIELDS[name], value)
        except ValueError as error:
            problems.append(f"{PREFIX}{name.upper()}: expected {error}, found {value!r}")
    problems += _misspelled()
    settings = Settings(given=frozenset(found), **found)
    if (folder := str(settings.data_dir.absolute())) in _OF_THE_SYSTEM:  # before we write there, and close it to others
        problems.append(f"{PREFIX}DATA_DIR: expected a folder for this program alone, found {folder}")
        raise BadSettings("\n".join([*problems, *_unusable(settings)]))
    of_key = []
    if not settings.secret_key and not _needs_a_key_of_its_own(settings):
        if found_key := _key_of_this_checkout(settings):
            settings = replace(settings, secret_key=found_key)
        else:
            of_key = [_LOST.format(file=settings.data_dir / "secret_key", database=_sqlite_file(settings))]
    of_key = of_key or _problems_of_keys(settings)
    if problems := [*problems, *_problems(settings), *of_key]:
        raise (BadKey if of_key else BadSettings)("\n".join(problems))
    return settings


def set_for_this_process(**values: object) -> None:
    """Put settings into the environment, for this process and its children, and read all again."""
    for name, value in values.items():
        if name not in FIELDS:
            raise KeyError(name)
        os.environ[PREFIX + name.upper()] = str(value)
    current.cache_clear()


def is_set(name: str) -> bool:
    """Whether the environment says what this setting is, itself or by a file."""
    return any(os.environ.get(f"{PREFIX}{name.upper()}{end}") for end in ("", "_FILE"))


def give_to_folders_owner(handle: int) -> None:
    """Let a new file of DATA_DIR belong to whose the folder is: what root made could not be written by the service."""
    if os.geteuid() == 0:
        folder = current().data_dir.stat()
        os.fchown(handle, folder.st_uid, folder.st_gid)


def only_for_this_process(**values: object) -> None:
    """Forget what the environment says, but for the folders, and set these instead."""
    kept = {f"{PREFIX}{folder}_DIR" for folder in ("CAMPAIGNS", "TEMPLATES", "DATA", "OUT")}
    for variable in [name for name in os.environ if name.startswith(PREFIX) and name not in kept]:
        del os.environ[variable]
    set_for_this_process(**values)


def _misspelled() -> list[str]:
    """A variable that nothing reads: most likely one that somebody believes to be set."""
    known = [PREFIX + name.upper() + end for name in FIELDS for end in ("", "_FILE")]
    found = []
    for variable in sorted(os.environ):
        if variable.upper().startswith(PREFIX) and variable not in known:
            close = difflib.get_close_matches(variable.upper(), known, n=1)
            found.append(f"{variable}: no such setting" + (f"; did you mean {close[0]}?" if close else ""))
    return found


def _written() -> tuple[dict[str, str], list[str]]:
    """What the environment says, by setting; and what could not be read.

    Values whose variable ends in _FILE are read from that file, as container secrets come.
    """
    found, problems = {}, []
    for name in FIELDS:
        variable = f"{PREFIX}{name.upper()}"
        if variable in os.environ:
            found[name] = os.environ[variable]
        if path := os.environ.get(f"{variable}_FILE"):
            try:
                found[name] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                problems.append(f"{variable}_FILE: cannot read {path}: {error.strerror}")
            except UnicodeError:
                problems.append(f"{variable}_FILE: expected UTF-8 text in {path}")
    return found, problems


def _read(setting: Field[Any], written: str) -> object:
    """Raises ValueError with what was expected."""
    kind: Any = setting.type
    if kind not in {int, float}:
        return kind(written)
    above, least = setting.metadata.get("above"), setting.metadata.get("at_least")
    most = setting.metadata.get("at_most", MAX_NUMBER)
    with contextlib.suppress(ValueError):
        read = kind(written)
        if (above is None or read > above) and (least is None or read >= least) and read <= most:
            return read
    bounds = f"greater than {above}, up to {most}" if least is None else f"from {least} to {most}"
    raise ValueError(f"{'a whole number' if kind is int else 'a number'} {bounds}")


def _problems(settings: Settings) -> list[str]:
    return [*_unusable(settings), *_unfit_for_real_mail(settings)]


def _unusable(settings: Settings) -> list[str]:
    """What cannot be understood. Addresses with a password in them are not repeated."""
    found = []
    for name, url, known in (
        ("DATABASE_URL", settings.database, ["postgresql+psycopg://", "sqlite://"]),
        ("BROKER_URL", settings.broker_url, ["redis://", "rediss://", "memory://"]),
        ("SMTP_URL", settings.smtp_url or "smtp://localhost", ["smtps://", "smtp://", "smtp+plain://"]),
        ("IMAP_URL", settings.imap_url or "imap://localhost", ["imaps://", "imap://", "imap+plain://"]),
    ):
        if not url.startswith(tuple(known)) or _host_of(url) is None:
            found.append(f"{PREFIX}{name}: expected an address that begins with {' or '.join(known)}")
    if not _is_origin(settings.public_url):
        found.append(
            f"{PREFIX}PUBLIC_URL: expected https://host without a path, the host in ASCII (xn--…), "
            f"found {settings.public_url!r}"
        )
    if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", settings.mail_from) or not settings.mail_from.isascii():
        found.append(f"{PREFIX}MAIL_FROM: expected one address such as letters@host, found {settings.mail_from!r}")
    for name, written in (("BACKUP_EVERY", settings.backup_every), ("BACKUP_KEEP", settings.backup_keep)):
        if not re.fullmatch(_A_DURATION, written):
            found.append(
                f"{PREFIX}{name}: expected a number and one of m, h, d, weeks, months, such as 12h or 30d, "
                f"found {written!r}"
            )
    # A local part has 64 octets (RFC 5321 4.5.3.1.1), and a plus with 24 letters is added to this one.
    if settings.bounces_to and not re.fullmatch(r"[A-Za-z0-9.+=_-]{1,39}@[A-Za-z0-9.-]+", settings.bounces_to):
        found.append(
            f"{PREFIX}BOUNCES_TO: expected one address such as bounces@host, with at most 39 letters, "
            f"digits and .+=_- before the @, found {settings.bounces_to!r}"
        )
    return found


_A_DURATION = "[1-9][0-9]{0,2} ?(m|h|d|weeks|months)"  # part of what `text/durations.py` reads, which is above us


def _unfit_for_real_mail(settings: Settings) -> list[str]:
    """What must not run: above all real mails with links that only work on this machine."""
    found = []
    if _sends_real_mail(settings):
        if not settings.public_url.startswith("https://"):
            found.append(f"{PREFIX}PUBLIC_URL: a real SMTP server is set, so links must begin with https://")
        if "mail_from" not in settings.given:
            found.append(f"{PREFIX}MAIL_FROM: a real SMTP server is set, so set the address that emails come from")
    return found


def _problems_of_keys(settings: Settings) -> list[str]:
    found = []
    if len(settings.secret_key) < MIN_KEY:
        found.append(
            f"{PREFIX}SECRET_KEY: expected at least {MIN_KEY} random characters, for example from: openssl rand -hex 32"
        )
    if settings.secret_key_old and settings.secret_key_old == settings.secret_key:
        found.append(f"{PREFIX}SECRET_KEY_OLD: expected the key before this one, found the same; leave it unset")
    elif 0 < len(settings.secret_key_old) < MIN_KEY:
        found.append(f"{PREFIX}SECRET_KEY_OLD: expected the key before this one, at least {MIN_KEY} characters")
    return found


def _needs_a_key_of_its_own(settings: Settings) -> bool:
    """Whether a key made on this machine would not do: others share it, or real links depend on it."""
    return not settings.embedded or _sends_real_mail(settings)


def _sends_real_mail(settings: Settings) -> bool:
    return bool(settings.smtp_url) and _host_of(settings.smtp_url) not in LOOPBACK


def _is_origin(url: str) -> bool:
    if not _host_of(url) or not url.isascii():
        return False
    parts = urlsplit(url)
    plain = parts.path in {"", "/"} and not parts.query and not parts.fragment and "@" not in parts.netloc
    return plain and parts.scheme in {"http", "https"}


def _host_of(url: str) -> str | None:
    """The host that an address names, "" where it names none; None for what is no address."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname or ""


_LOST = (
    f"{PREFIX}SECRET_KEY: {{file}} is missing, and {{database}} was written with the key in it. Put that file back "
    "from a copy; a backup that you made has it too: restore that into a new folder. If you have neither, every link "
    "is dead and no address can be read: then move the database away, and begin anew"
)


def _key_of_this_checkout(settings: Settings) -> str | None:
    """The key that is made on first use, readable by its owner only, so that links outlive a restart.

    None where it is lost: none is made beside a database that needs another.
    """
    folder = settings.data_dir
    file = folder / "secret_key"
    if not (file.exists() and file.stat().st_size) and _was_written_with_a_key(_sqlite_file(settings)):
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)  # two processes that start at once must not make two keys
        if key := opened.read().strip():
            return key
        key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        opened.write(key)
        opened.flush()
        os.fsync(opened)
    return key


def _sqlite_file(settings: Settings) -> Path | None:
    name = settings.database.removeprefix("sqlite:///")
    return Path(name) if name != settings.database else None


def _was_written_with_a_key(database: Path | None) -> bool:
    """Whether rows of this SQLite file belong to a key, as far as can be seen before anything else is known."""
    if database is None or not database.exists():
        return False
    # Of a database before there was a check, partners say it.
    for asked in ("SELECT count(key_check) FROM installation", "SELECT count(*) FROM partner"):
        with contextlib.suppress(sqlite3.Error):  # what is wrong with the file is said when it is used
            connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True)
            try:
                if connection.execute(asked).fetchone()[0]:
                    return True
            finally:
                connection.close()
    return False
