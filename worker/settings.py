"""Everything an operator may set, each declared once, with a sentence, and refused loudly when it is wrong."""

import base64
import functools
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "UNDERSIGNED_"
CHECKOUT = Path(__file__).resolve().parent.parent
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class BadSettings(Exception):
    """The environment cannot be used as it is; the message lists every problem, by variable."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    data_dir: Path = Field(
        CHECKOUT / "var", description="Folder for what this machine keeps: database, keys, caught mail."
    )
    campaigns_dir: Path = Field(CHECKOUT / "campaigns", description="Folder with one folder per campaign definition.")
    templates_dir: Path = Field(CHECKOUT / "templates", description="Folder with every mail, page and letter template.")
    database_url: str = Field(
        "",
        description="SQLAlchemy URL of PostgreSQL (postgresql+psycopg://…) or SQLite; unset: SQLite in DATA_DIR.",
    )
    broker_url: str = Field(
        "memory://localhost//",
        description="Celery's broker, a Redis of its own (redis://…); unset: within one process.",
    )
    smtp_url: str = Field(
        "",
        description="Relay: smtps://user:password@host, smtp://host:587 (STARTTLS), smtp+plain://host; unset: the built-in catcher.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        description="Address under which partners reach the pages; links in mails begin with it.",
    )
    secret_key: str = Field(
        "",
        repr=False,
        description="At least 32 random characters; signs links and encrypts contacts. Losing it kills every link.",
    )
    mail_from: str = Field(
        "letters@undersigned.example", description="Address in From and envelope sender of every mail."
    )
    redis_prefix: str = Field("undersigned:", description="Prefix of every key in Redis.")
    lease: float = Field(60, gt=0, description="Seconds for which a worker that claimed mails has them to itself.")
    batch: int = Field(50, ge=1, le=1000, description="Mails claimed at once by a worker.")
    sweep: float = Field(15, gt=0, description="Seconds between two looks at what is due and nobody rang for.")
    smtp_connections: int = Field(
        4, ge=1, le=50, description="Connections a worker process opens to the relay at once."
    )

    @property
    def embedded(self) -> bool:
        """Whether everything runs in one process, with nothing to install beside it."""
        return self.broker_url.startswith("memory:")

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'undersigned.db'}"

    @property
    def mail_domain(self) -> str:
        """The domain that Message-IDs and the EHLO greeting carry: the public one, never this machine's."""
        return urlsplit(self.public_url).hostname or "localhost"

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose, derived from SECRET_KEY (HKDF-Expand with one block, RFC 5869)."""
        root = hashlib.sha256(self.secret_key.encode()).digest()
        return hmac.new(root, purpose.encode() + b"\x01", hashlib.sha256).digest()


@functools.lru_cache(maxsize=1)
def current() -> Settings:
    """The settings of this process, read once from the environment; raises BadSettings."""
    try:
        settings = Settings(**_from_files())
    except ValidationError as error:
        lines = [f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']} (found {e['input']!r})" for e in error.errors()]
        raise BadSettings("\n".join(lines)) from None
    if not settings.secret_key and settings.embedded:
        settings = settings.model_copy(update={"secret_key": _key_of_this_checkout(settings.data_dir)})
    if problems := _problems(settings):
        raise BadSettings("\n".join(problems))
    return settings


def set_for_this_process(**values: object) -> None:
    """Put settings into the environment, for this process and its children, and read all again."""
    for name, value in values.items():
        if name not in Settings.model_fields:
            raise KeyError(name)
        os.environ[PREFIX + name.upper()] = str(value)
    current.cache_clear()


def only_for_this_process(**values: object) -> None:
    """Forget what the environment says, but for the folders, and set these instead."""
    kept = {f"{PREFIX}{folder}_DIR" for folder in ("CAMPAIGNS", "TEMPLATES", "DATA")}
    for variable in [name for name in os.environ if name.startswith(PREFIX) and name not in kept]:
        del os.environ[variable]
    set_for_this_process(**values)


def _from_files() -> dict[str, Any]:
    """Values whose variable ends in _FILE are read from that file, as container secrets come."""
    found: dict[str, Any] = {}
    for name in Settings.model_fields:
        variable = f"{PREFIX}{name.upper()}_FILE"
        if path := os.environ.get(variable):
            try:
                found[name] = Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise BadSettings(f"{variable}: cannot read {path}: {error.strerror}") from None
    return found


def _problems(settings: Settings) -> list[str]:
    """What must not run: above all real mails with links that only work on this machine."""
    found = []
    host = urlsplit(settings.smtp_url).hostname or "localhost"
    public = urlsplit(settings.public_url)
    if public.scheme not in {"http", "https"} or not public.hostname or public.path not in {"", "/"} or public.query:
        found.append(f"{PREFIX}PUBLIC_URL: expected https://host without a path, found {settings.public_url!r}")
    if len(settings.secret_key) < 32:
        found.append(
            f"{PREFIX}SECRET_KEY: expected at least 32 random characters, for example from: openssl rand -hex 32"
        )
    if host not in LOOPBACK:
        if public.scheme != "https":
            found.append(f"{PREFIX}PUBLIC_URL: a real SMTP server is set, so links must begin with https://")
        if "mail_from" not in settings.model_fields_set:
            found.append(f"{PREFIX}MAIL_FROM: a real SMTP server is set, so it needs the address that mails come from")
    return found


def _key_of_this_checkout(folder: Path) -> str:
    """Make a key on first use, readable by its owner only, so that links outlive a restart."""
    path = folder / "secret_key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        file.write(key)
    return key
