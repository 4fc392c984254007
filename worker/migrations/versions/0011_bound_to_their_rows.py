"""What is encrypted is bound to its row and column, so that nobody who can write here gives one the address of another.

`key_since`: when the rows were last brought under another SECRET_KEY.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from worker.column_types import CannotBeRead, encrypt
from worker.migrations.unbound import decrypt

revision = "0011"
down_revision = "0010"

_BOUND_BY = {
    "partner": ("ref", ("contact", "email", "note")),
    "contact": ("ref", ("name", "email")),
    "answer": ("partner_id", ("representative", "role", "reason", "note", "passage")),
    "mail_response": ("mail_id", ("words",)),
    "stranger": ("ref", ("organization", "acronym", "country", "contact", "email")),
}
_AT_ONCE = 500


def upgrade() -> None:
    op.add_column("installation", sa.Column("key_since", sa.DateTime(timezone=True)))
    read = 0
    lost: list[CannotBeRead] = []
    for table, (bound_by, names) in _BOUND_BY.items():
        for page in _pages(table, bound_by, names):
            new = []
            for row in page:
                number, by, *texts = row
                binding = by if isinstance(by, int) else bytes(by)
                values: dict[str, Any] = {"which": number}
                for name, kept in zip(names, texts, strict=True):
                    values[f"new_{name}"] = kept
                    try:
                        values[f"new_{name}"] = _bound(f"{table}.{name}", binding, kept)
                        read += kept is not None
                    except CannotBeRead as error:
                        lost.append(error)
                new.append(values)
            op.get_bind().execute(_written(table, names), new)
    if lost and not read:
        raise lost[0]  # a key that reads nothing is another; of a key that was lost long ago, some rows are left


def _pages(table: str, bound_by: str, names: tuple[str, ...]) -> Iterator[Sequence[tuple[Any, ...]]]:
    kept = sa.table(table, sa.column("id"), sa.column(bound_by), *(sa.column(one) for one in names))
    last = 0
    page = sa.select(kept).where(kept.c.id > sa.bindparam("last")).order_by(kept.c.id).limit(_AT_ONCE)
    while rows := op.get_bind().execute(page, {"last": last}).all():
        yield [tuple(row) for row in rows]
        last = rows[-1][0]


def _written(table: str, names: tuple[str, ...]) -> sa.Update:
    kept = sa.table(table, sa.column("id"), *(sa.column(one) for one in names))
    values = {one: sa.bindparam(f"new_{one}", type_=sa.LargeBinary) for one in names}
    return sa.update(kept).where(kept.c.id == sa.bindparam("which")).values(values)


def _bound(name: str, binding: bytes | int, kept: bytes | None) -> bytes | None:
    return None if kept is None else encrypt(name, binding, decrypt(name, bytes(kept)))
