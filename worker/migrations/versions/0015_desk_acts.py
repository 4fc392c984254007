"""What organizers do at the desk: panic, partners taken out, notes, a second person’s yes, addressees who reply."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

REFERENCE = "ALTER TABLE {0} ADD COLUMN {1} INTEGER CONSTRAINT fk_{0}_{1} REFERENCES {2} (id)"


def upgrade() -> None:
    op.add_column("campaign", _moment("panic_at"))
    op.add_column("partner", _moment("taken_out_at"))
    op.add_column("addressee", _moment("told_at"))
    op.execute(REFERENCE.format("partner", "organizer_id", "organizer"))
    op.add_column("partner", _moment("added_at"))
    op.create_table(
        "partner_note",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("partner_id", sa.Integer, nullable=False),
        sa.Column("organizer_id", sa.Integer),
        sa.Column("text", sa.LargeBinary, nullable=False),
        _moment("at", nullable=False),
        _moment("due_at"),
        _moment("done_at"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_partner_note_partner_id"),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizer.id"], name="fk_partner_note_organizer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_partner_note"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_partner_note_partner_id", "partner_note", ["partner_id"])
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("fields", sa.LargeBinary, nullable=False),
        sa.Column("asked_by", sa.Integer),
        _moment("asked_at", nullable=False),
        sa.Column("decided_by", sa.Integer),
        _moment("decided_at"),
        _moment("agreed_at"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_approval_campaign_id"),
        sa.ForeignKeyConstraint(["asked_by"], ["organizer.id"], name="fk_approval_asked_by"),
        sa.ForeignKeyConstraint(["decided_by"], ["organizer.id"], name="fk_approval_decided_by"),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_approval_campaign_id", "approval", ["campaign_id"])
    op.create_table(
        "reply",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("addressee_id", sa.Integer),
        sa.Column("organizer_id", sa.Integer),
        sa.Column("text", sa.LargeBinary, nullable=False),
        _moment("came_at", nullable=False),
        _moment("noted_at", nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_reply_campaign_id"),
        sa.ForeignKeyConstraint(["addressee_id"], ["addressee.id"], name="fk_reply_addressee_id"),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizer.id"], name="fk_reply_organizer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reply"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reply_campaign_id", "reply", ["campaign_id"])
    if op.get_bind().dialect.name == "postgresql":
        for table, column in (("partner_note", "text"), ("approval", "fields"), ("reply", "text")):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
