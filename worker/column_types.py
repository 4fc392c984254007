"""Column types: instants in UTC, and text that a stolen database does not tell."""

import base64
import functools
import secrets
from datetime import UTC, datetime

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import DateTime, Dialect, LargeBinary, TypeDecorator

from worker import settings


class Moment(TypeDecorator[datetime]):
    """An instant, aware and in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Encrypted(TypeDecorator[str]):
    """Text that a stolen database does not tell: AES-256-GCM under a key derived from SECRET_KEY."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        nonce = secrets.token_bytes(_NONCE)
        return _GCM + nonce + _cipher(_key()).encrypt(nonce, value.encode(), None)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        kept = bytes(value)
        if kept[:1] != _GCM:  # written before there was this form
            return Fernet(base64.urlsafe_b64encode(_key())).decrypt(kept).decode()
        nonce, rest = kept[1 : _NONCE + 1], kept[_NONCE + 1 :]
        return _cipher(_key()).decrypt(nonce, rest, None).decode()


_GCM, _NONCE = b"\x01", 12


def _key() -> bytes:
    return settings.current().key("contacts at rest")


@functools.lru_cache(maxsize=2)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)
