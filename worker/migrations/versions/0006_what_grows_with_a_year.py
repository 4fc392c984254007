"""Indexes for what the clock asks every few seconds, however many campaigns are over."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

INDEXES = {
    "ix_mail_in_data": (["lease_until"], "in_data_at IS NOT NULL AND sent_at IS NULL"),
    "ix_mail_failed": (["campaign_id"], "refused_at IS NOT NULL OR bounced_at IS NOT NULL OR uncertain_at IS NOT NULL"),
    "ix_mail_answer": (["answer_id", "kind"], "answer_id IS NOT NULL"),
}


def upgrade() -> None:
    op.create_index("ix_answer_partner_id", "answer", ["partner_id"])
    op.create_index("ix_mail_partner_id_kind", "mail", ["partner_id", "kind"])
    op.drop_index("ix_mail_partner_id", "mail")
    for name, (columns, where) in INDEXES.items():
        op.create_index(name, "mail", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
