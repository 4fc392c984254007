"""Mails that are delayed or may not have arrived, and what people and machines answer to them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("mail", sa.Column("delayed_at", sa.DateTime(timezone=True)))
    reported = sa.text("reported_at IS NOT NULL")  # which few are
    op.create_index("ix_mail_reported", "mail", ["campaign_id"], sqlite_where=reported, postgresql_where=reported)
    op.create_table(
        "mail_response",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("mail_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name="fk_mail_response_mail_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mail_response"),
    )
    op.create_index("ix_mail_response_mail_id", "mail_response", ["mail_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE mail_response ALTER COLUMN words SET STATISTICS 0")
