"""Further contacts of a partner, wrong mail codes, changes of a listing, and what an answer replaces."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# A column with its reference in one statement, which SQLite takes too.
REFERENCE = "ALTER TABLE {0} ADD COLUMN {1} INTEGER CONSTRAINT fk_{0}_{1} REFERENCES {2} (id)"

# Whoever an invitation was passed on to shared the partner's own link, which goes on working. Where that mail has not
# left, it brings a link of its own.
WAITING = """
    FROM stranger JOIN mail ON mail.id = stranger.mail_id
    WHERE mail.kind = 'passed_on' AND mail.due_at IS NOT NULL AND stranger.partner_id IS NOT NULL
"""


def upgrade() -> None:
    contact()
    listing_change()
    op.execute(REFERENCE.format("answer", "contact_id", "contact"))
    op.execute(REFERENCE.format("answer", "replaces_id", "answer"))
    op.execute(REFERENCE.format("mail", "contact_id", "contact"))
    op.create_index("ix_answer_contact_id", "answer", ["contact_id"], **where("contact_id IS NOT NULL"))
    op.create_index("ix_mail_contact_id", "mail", ["contact_id"], **where("contact_id IS NOT NULL"))
    for column in ("silenced_at", "listing_changed_at"):
        op.add_column("partner", sa.Column(column, sa.DateTime(timezone=True)))
    for table in ("partner", "stranger"):
        op.add_column(table, sa.Column("wrong_codes", sa.Integer, nullable=False, server_default="0"))
    bring_waiting_ones_over()


def where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def bring_waiting_ones_over() -> None:
    op.execute(
        "INSERT INTO contact (partner_id, ref, generation, language, name, email, email_hmac, added_by, added_at)"
        " SELECT stranger.partner_id, stranger.ref, 1, stranger.language, stranger.contact, stranger.email,"
        f" stranger.email_hmac, 'partner', stranger.at {WAITING}"
    )
    op.execute(
        "UPDATE mail SET partner_id = (SELECT stranger.partner_id FROM stranger WHERE stranger.mail_id = mail.id),"
        " contact_id = (SELECT contact.id FROM contact JOIN stranger ON stranger.ref = contact.ref"
        " WHERE stranger.mail_id = mail.id), generation = 1"
        f" WHERE id IN (SELECT mail.id {WAITING})"
    )


def contact() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("partner_id", sa.Integer, nullable=False),
        sa.Column("ref", sa.LargeBinary(8), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("name", sa.LargeBinary, nullable=False),
        sa.Column("email", sa.LargeBinary, nullable=False),
        sa.Column("email_hmac", sa.LargeBinary(32)),
        sa.Column("added_by", sa.String(20), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("quiet_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_contact_partner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("ref", name="uq_contact_ref"),
    )
    op.create_index("ix_contact_partner_id", "contact", ["partner_id"])


def listing_change() -> None:
    op.create_table(
        "listing_change",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("partner_id", sa.Integer, nullable=False),
        sa.Column("contact_id", sa.Integer),
        sa.Column("generation", sa.Integer),
        sa.Column("mail_id", sa.Integer),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("stood", sa.JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_listing_change_partner_id"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_listing_change_contact_id"),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name="fk_listing_change_mail_id"),
        sa.PrimaryKeyConstraint("id", name="pk_listing_change"),
    )
    op.create_index("ix_listing_change_partner_id", "listing_change", ["partner_id"])
    op.create_index("ix_listing_change_mail_id", "listing_change", ["mail_id"])
