"""All mail held, an act that can be taken back, letters brought by hand to one addressee, and links that ended."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for column in ("mail_held_at", "undo_until"):
        op.add_column("campaign", sa.Column(column, sa.DateTime(timezone=True)))
    op.add_column("campaign", sa.Column("undo", sa.JSON))
    op.add_column("letter", sa.Column("made_at", sa.DateTime(timezone=True)))
    op.add_column("addressee", sa.Column("brought_at", sa.DateTime(timezone=True)))
    ended_link()


def ended_link() -> None:
    op.create_table(
        "ended_link",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("ref", sa.LargeBinary(8), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_ended_link_campaign_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ended_link"),
        sa.UniqueConstraint("ref", name="uq_ended_link_ref"),
    )
    op.create_index("ix_ended_link_campaign_id", "ended_link", ["campaign_id"])
