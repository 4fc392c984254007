"""Whom mails of the organizers' own reach beside the campaign's one address: an organizer, or a former address."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE mail ADD COLUMN organizer_id INTEGER CONSTRAINT fk_mail_organizer_id REFERENCES organizer (id)"
    )
    op.execute("ALTER TABLE mail ADD COLUMN former_address TEXT")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE mail ALTER COLUMN former_address SET STATISTICS 0")
