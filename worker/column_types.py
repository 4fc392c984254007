"""Column types: instants in UTC, and text that a stolen database does not tell."""

import functools
import hmac
import secrets
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, DateTime, Dialect, Integer, LargeBinary, TypeDecorator
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

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


class CannotBeRead(Exception):
    """An encrypted value is not the one that was written to this row, or its SECRET_KEY is not here.

    The message names the column, as `table.column`, and nothing of what is in it.
    """


class BoundText(str):
    """A text together with what binds it to its row, as it has to be to be written to an encrypted column."""

    binding: bytes

    def __new__(cls, text: str, binding: bytes | int) -> "BoundText":
        made = super().__new__(cls, text)
        made.binding = _as_bytes(binding)
        return made


class Encrypted(TypeDecorator[str]):
    """Text that a stolen database does not tell: AES-256-GCM under a key derived from SECRET_KEY.

    It is bound to its column and its row, and readable nowhere else. `name` is `table.column`; the column `bound_by`
    of the same row is what binds it. Each SELECT brings that along. What is written has to be a BoundText, which
    `models.py` makes of every text that belongs to an object; an empty text is kept as it is.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, name: str, bound_by: str) -> None:
        super().__init__()
        self.name, self.bound_by = name, bound_by

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if not value:
            return None if value is None else b""
        if not isinstance(value, BoundText):
            raise TypeError(f"{self.name}: a text is written bound to its row, or not at all")
        return encrypt(self.name, value.binding, value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        value = bytes(value)
        return decrypt(self.name, value[:_BINDING], value[_BINDING:])

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return _WithBinding(self, getattr(column, "table").c[self.bound_by], column)  # noqa: B009


class _WithBinding(FunctionElement[str]):
    """An encrypted value behind what binds it: of its row, as it stands in the database at this moment."""

    inherit_cache = True

    def __init__(self, kind: Encrypted, binding: ColumnElement[Any], value: ColumnElement[Any]) -> None:
        super().__init__(binding, value)
        self.type = kind


@compiles(_WithBinding, "sqlite")
def _with_binding_on_sqlite(element: _WithBinding, compiler: SQLCompiler, **kw: Any) -> str:
    binding, value = (compiler.process(one, **kw) for one in element.clauses)
    if _is_number(element):
        binding = f"printf('%08x', {binding})"
    return f"CAST({binding} || {value} AS BLOB)"


@compiles(_WithBinding, "postgresql")
def _with_binding_on_postgresql(element: _WithBinding, compiler: SQLCompiler, **kw: Any) -> str:
    binding, value = (compiler.process(one, **kw) for one in element.clauses)
    if _is_number(element):
        binding = f"convert_to(lpad(to_hex({binding}), {_BINDING}, '0'), 'SQL_ASCII')"
    return f"({binding} || {value})"


def _is_number(element: _WithBinding) -> bool:
    return isinstance(next(iter(element.clauses)).type, Integer)


_GCM, _TAG, _NONCE = b"\x02", 4, 12
_BINDING = 8  # bytes: a ref, or the number of a row in hexadecimal


def encrypt(name: str, binding: bytes | int, text: str) -> bytes:
    """What is kept of a text in this column (`table.column`) of the row that `binding` stands for.

    A form, a tag of the key, a nonce, and the text as AES-GCM makes it with the column and the row as associated data.
    """
    if not text:
        return b""
    prefix, cipher = next(iter(_ciphers().items()))
    nonce = secrets.token_bytes(_NONCE)
    return prefix + nonce + cipher.encrypt(nonce, text.encode(), _associated(name, binding))


def decrypt(name: str, binding: bytes | int, kept: bytes) -> str:
    """The text that `encrypt` kept under one of our keys. Raises CannotBeRead."""
    if not kept:
        return ""
    if (cipher := _ciphers().get(kept[:PREFIX])) is None:
        raise CannotBeRead(name)
    try:
        return cipher.decrypt(kept[PREFIX:HEAD], kept[HEAD:], _associated(name, binding)).decode()
    except (InvalidTag, ValueError):
        raise CannotBeRead(name) from None


def prefixes() -> list[bytes]:
    """How everything begins that is encrypted under each of our keys, the present one first: statements count it."""
    return list(_ciphers())


PREFIX = 1 + _TAG  # bytes
HEAD = PREFIX + _NONCE


def _associated(name: str, binding: bytes | int) -> bytes:
    return name.encode() + b"\0" + _as_bytes(binding)


def _as_bytes(binding: bytes | int) -> bytes:
    return b"%08x" % binding if isinstance(binding, int) else binding


def _ciphers() -> dict[bytes, AESGCM]:
    conf = settings.current()
    return _ciphers_of(conf.secret_key, conf.secret_key_old)


@functools.lru_cache(maxsize=4)
def _ciphers_of(*_: str) -> dict[bytes, AESGCM]:
    """For each key how that begins which is encrypted under it, and its cipher."""
    keys = settings.current().keys("contacts at rest")
    return {_GCM + hmac.digest(key, b"tag", "sha256")[:_TAG]: AESGCM(key) for key in keys}
