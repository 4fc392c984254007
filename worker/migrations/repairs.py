"""What revisions made otherwise when they first landed, and the steps from those tables to the ones they make today.

Revisions 0001 to 0003 were edited after databases had been made with them. This is closed: a revision that has landed
is edited no more, and every further change is a revision of its own.
"""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from alembic import op
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from worker.migrations.tables import Difference, Part, config
from worker.migrations.unbound import Unbound


def are_known(found: Sequence[Difference]) -> bool:
    """Whether there is a step for each of these differences."""
    return all(one in _STEPS for one in found)


def repair(connection: sa.Connection, found: Sequence[Difference]) -> None:
    """Take the step for each difference, all of which must be known; rows are kept."""
    with Operations.context(MigrationContext.configure(connection)):
        for one in found:
            _STEPS[one]()


def _encrypt_notes() -> None:
    """A partner's note was plain text; on SQLite the type that the table declares is exchanged, as 0003 does it."""
    connection = op.get_bind()
    partner = sa.table("partner", sa.column("id", sa.Integer), sa.column("note", Unbound))
    notes = connection.execute(sa.select(partner.c.id, sa.type_coerce(partner.c.note, sa.Text))).all()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA writable_schema=ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'note TEXT NOT NULL', 'note BLOB NOT NULL')"
            " WHERE type = 'table' AND name = 'partner'"
        )
        connection.exec_driver_sql("PRAGMA writable_schema=RESET")
    else:  # emptied at once, so that no old version of a row keeps the plain text
        connection.exec_driver_sql("ALTER TABLE partner ALTER COLUMN note TYPE bytea USING ''::bytea")
    plain = [{"which": number, "to": note} for number, note in notes if isinstance(note, str)]
    if plain:  # later versions wrote encrypted notes into the same column of SQLite
        wanted = sa.update(partner).where(partner.c.id == sa.bindparam("which"))
        connection.execute(wanted.values(note=sa.bindparam("to", type_=Unbound)), plain)


def _add_quiet_at() -> None:
    op.add_column("partner", sa.Column("quiet_at", sa.DateTime(timezone=True)))


def _add_mended_at() -> None:
    op.add_column("post", sa.Column("mended_at", sa.DateTime(timezone=True)))


def _drop_failures() -> None:
    op.drop_column("post", "failures")


def _create_stranger() -> None:
    ScriptDirectory.from_config(config()).get_revision("0003").module.stranger()


_STEPS: dict[Difference, Callable[[], None]] = {
    Difference(Part("column", "partner", "note"), "text not null", "binary not null"): _encrypt_notes,  # 0001
    Difference(Part("column", "partner", "quiet_at"), None, "time nullable"): _add_quiet_at,  # 0002
    Difference(Part("column", "post", "mended_at"), None, "time nullable"): _add_mended_at,
    Difference(Part("column", "post", "failures"), "integer not null", None): _drop_failures,
    Difference(Part("table", "stranger"), None, ""): _create_stranger,  # 0003
}
