"""All mail held, an act that can be taken back, letters brought by hand to one addressee, and links that ended."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


# PostgreSQL keeps samples of what stands in a column, and erased names among them.
HOLDING_NAMES = {
    "partner": ("organization", "acronym", "country", "contact", "email", "note", "names", "sort_as", "proposed"),
    "contact": ("name", "email"),
    "listing_change": ("before", "stood"),
    "answer": ("representative", "role", "reason", "note", "passage"),
    "seal": ("content",),
    "mail": ("reply",),
    "stranger": ("organization", "acronym", "country", "contact", "email"),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, columns in HOLDING_NAMES.items():
            take_no_samples(table, columns)
    for column in ("mail_held_at", "undo_until", "erase_by"):
        op.add_column("campaign", sa.Column(column, sa.DateTime(timezone=True)))
    op.add_column("campaign", sa.Column("undo", sa.JSON))
    op.add_column("letter", sa.Column("made_at", sa.DateTime(timezone=True)))
    op.add_column("addressee", sa.Column("brought_at", sa.DateTime(timezone=True)))
    brought_before()
    ended_link()
    then = sa.text("superseded_at IS NOT NULL")  # so that copies look again before they leave, at no cost
    op.create_index("ix_answer_superseded", "answer", ["superseded_at"], sqlite_where=then, postgresql_where=then)


def take_no_samples(table: str, columns: tuple[str, ...]) -> None:
    """What was sampled goes with the column's old type, though the type stays: only a superuser may delete it."""
    types = {column["name"]: column["type"] for column in sa.inspect(op.get_bind()).get_columns(table)}
    quoted = op.get_bind().dialect.identifier_preparer.quote
    for column in columns:
        changed = f"ALTER COLUMN {quoted(column)}"
        kept = types[column].compile(op.get_bind().dialect)
        op.execute(f"ALTER TABLE {table} {changed} TYPE {kept}, {changed} SET STATISTICS 0")


def brought_before() -> None:
    """A letter that had been dispatched, and by no mail, was brought to each addressee."""
    op.execute("""
        UPDATE addressee SET brought_at = (
            SELECT campaign.dispatched_at FROM letter JOIN campaign ON campaign.id = letter.campaign_id
            WHERE letter.id = addressee.letter_id)
        WHERE letter_id IN (
            SELECT letter.id FROM letter JOIN campaign ON campaign.id = letter.campaign_id
            WHERE campaign.dispatched_at IS NOT NULL
            AND letter.version = (SELECT max(version) FROM letter latest WHERE latest.campaign_id = campaign.id)
            AND NOT EXISTS (SELECT 1 FROM mail WHERE mail.campaign_id = campaign.id AND mail.kind = 'letter'
                AND mail.sent_at IS NOT NULL AND mail.cancelled_at IS NULL))
    """)


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
