"""By which page at the desk a line of the audit log was written, so that a second press of its button is known."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("event", sa.Column("page_key", sa.String(24)))
