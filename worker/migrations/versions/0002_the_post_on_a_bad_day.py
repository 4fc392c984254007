"""Bounces, suppressed addresses, and what is known of the post as a whole."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("partner", sa.Column("bounced_at", sa.DateTime(timezone=True)))
    op.add_column("partner", sa.Column("quiet_at", sa.DateTime(timezone=True)))
    op.add_column("mail", sa.Column("blocked_at", sa.DateTime(timezone=True)))
    op.add_column("mail", sa.Column("bounced_at", sa.DateTime(timezone=True)))
    op.add_column("mail", sa.Column("generation", sa.Integer))
    sent = sa.text("sent_at IS NOT NULL")
    op.create_index("ix_mail_sent", "mail", ["sent_at"], sqlite_where=sent, postgresql_where=sent)
    suppression()
    post()


def suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("email_hmac", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suppression"),
        sa.UniqueConstraint("email_hmac", name="uq_suppression_email_hmac"),
    )


def post() -> None:
    op.create_table(
        "post",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("swept_at", sa.DateTime(timezone=True)),
        sa.Column("drained_at", sa.DateTime(timezone=True)),
        sa.Column("blocked_at", sa.DateTime(timezone=True)),
        sa.Column("mended_at", sa.DateTime(timezone=True)),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.Column("reply", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_post"),
        sa.CheckConstraint("id = 1", name=op.f("ck_post_only_one")),
    )
    op.execute("INSERT INTO post (id) VALUES (1)")
