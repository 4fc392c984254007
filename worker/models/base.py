"""What all tables share: column types, names of constraints, and encrypted texts that are bound to their row."""

import functools
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, MetaData, event, inspect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.attributes import flag_modified

from worker.column_types import BoundText, Encrypted, Moment


def new_seed() -> bytes:
    """A random number of 128 bits."""
    return secrets.token_bytes(16)


class Base(DeclarativeBase):
    type_annotation_map = {
        datetime: Moment,
        dict[str, Any]: JSON,
        dict[str, str]: JSON,
        list[str]: JSON,
        bytes: LargeBinary,
    }
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def bound(model: type[Base], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a new row, with each encrypted text bound to it, as an INSERT needs it that makes no object."""
    bindings = _encrypted(model)
    of_it = {name: _bound(values[name], values[by]) for name, by in bindings.items() if name in values}
    return {**values, **of_it}


def new_row(row: Base) -> dict[str, Any]:
    """The values of an object that is not written yet, as `bound` has them."""
    return bound(type(row), {name: value for name, value in inspect(row).dict.items() if not name.startswith("_")})


def _bound(text: str | None, binding: bytes | int) -> str | None:
    return BoundText(text, binding) if text else text


@functools.cache
def _encrypted(model: type[Base]) -> dict[str, str]:
    """Of a class the attributes that are encrypted, and by which other each is bound to its row."""
    columns = inspect(model).local_table.columns
    return {column.key: column.type.bound_by for column in columns if isinstance(column.type, Encrypted)}


def bind_to_row(row: Base) -> None:
    """Bind to its row what is new in it, or all of it where what binds it changes; a flush does so by itself."""
    attributes = inspect(row).attrs
    for name, by in _encrypted(type(row)).items():
        is_rebound = attributes[by].history.has_changes()
        if is_rebound or attributes[name].history.has_changes():
            setattr(row, name, _bound(getattr(row, name), getattr(row, by)))
        if is_rebound:
            flag_modified(row, name)


@event.listens_for(Base, "before_insert", propagate=True)
@event.listens_for(Base, "before_update", propagate=True)
def _bind_at_flush(_: object, __: object, row: Base) -> None:
    bind_to_row(row)
