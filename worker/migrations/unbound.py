"""Encrypted columns as they were before revision 0011: their values could be moved from row to row."""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Dialect, LargeBinary, TypeDecorator

from worker import settings
from worker.column_types import CannotBeRead

_GCM, _NONCE = b"\x01", 12


class Unbound(TypeDecorator[str]):
    """Text encrypted under SECRET_KEY, and bound to nothing."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        nonce = secrets.token_bytes(_NONCE)
        return _GCM + nonce + AESGCM(_keys()[0]).encrypt(nonce, value.encode(), None)


def decrypt(name: str, kept: bytes) -> str:
    """The text of such a value under one of our keys, in this form or the one before it. Raises CannotBeRead."""
    for key in _keys():
        try:
            if kept[:1] == _GCM:
                return AESGCM(key).decrypt(kept[1 : _NONCE + 1], kept[_NONCE + 1 :], None).decode()
            return Fernet(base64.urlsafe_b64encode(key)).decrypt(kept).decode()
        except (InvalidTag, InvalidToken, ValueError):
            continue
    raise CannotBeRead(name)


def _keys() -> tuple[bytes, ...]:
    return settings.current().keys("contacts at rest")
