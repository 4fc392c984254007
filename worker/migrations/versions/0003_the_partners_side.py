"""A partner may ask for a change of the letter, and correct the row under which it is named."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BEFORE = "choice IN ('sign', 'decline', 'withdraw')"
AFTER = "choice IN ('sign', 'decline', 'withdraw', 'change')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        widen_on_sqlite()
    else:
        op.drop_constraint(op.f("ck_answer_choice"), "answer", type_="check")
        op.create_check_constraint(op.f("ck_answer_choice"), "answer", AFTER)
    op.add_column("answer", sa.Column("passage", sa.LargeBinary))
    op.add_column("partner", sa.Column("names", sa.JSON))
    op.add_column("partner", sa.Column("sort_as", sa.Text))
    op.add_column("partner", sa.Column("proposed", sa.JSON))


def widen_on_sqlite() -> None:
    """SQLite changes no constraint. A wider one needs no row rewritten, so its text alone is exchanged.

    To make the table anew would delete the answers under the mails that refer to them. See section 7 of
    https://www.sqlite.org/lang_altertable.html
    """
    connection = op.get_bind()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = 'answer'", (BEFORE, AFTER)
    )
    connection.exec_driver_sql("PRAGMA writable_schema=RESET")
