"""A partner may ask for a change of the letter, correct its row, and pass on; others may ask to sign."""

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
    stranger()


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


def stranger() -> None:
    op.create_table(
        "stranger",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("mail_id", sa.Integer, nullable=False),
        sa.Column("partner_id", sa.Integer),
        sa.Column("ref", sa.LargeBinary(8), nullable=False),
        sa.Column("organization", sa.LargeBinary, nullable=False),
        sa.Column("acronym", sa.LargeBinary, nullable=False),
        sa.Column("country", sa.LargeBinary, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("contact", sa.LargeBinary, nullable=False),
        sa.Column("email", sa.LargeBinary, nullable=False),
        sa.Column("email_hmac", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_stranger_campaign_id"),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name="fk_stranger_mail_id"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_stranger_partner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stranger"),
        sa.UniqueConstraint("mail_id", name="uq_stranger_mail_id"),
        sa.UniqueConstraint("ref", name="uq_stranger_ref"),
    )
    op.create_index("ix_stranger_email_hmac_at", "stranger", ["email_hmac", "at"])
    op.create_index("ix_stranger_campaign_id_at", "stranger", ["campaign_id", "at"])
