"""What is erased: contacts, and the names of those who are not publicly under the letter."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("campaign", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.add_column("partner", sa.Column("erased_at", sa.DateTime(timezone=True)))
