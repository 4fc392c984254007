"""Whom mails to organizers reach beside the campaign's one address; email domains whose voices are kept out."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE mail ADD COLUMN organizer_id INTEGER CONSTRAINT fk_mail_organizer_id REFERENCES organizer (id)"
    )
    op.execute("ALTER TABLE mail ADD COLUMN former_address TEXT")
    op.add_column("campaign", sa.Column("dropped_domains", sa.JSON))
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE mail ALTER COLUMN former_address SET STATISTICS 0")
