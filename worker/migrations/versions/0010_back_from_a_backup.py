"""What a database knows of itself, so that one that was put back from a backup is seen to be one."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    installation = op.create_table(
        "installation",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.LargeBinary(16), nullable=False),
        sa.Column("key_check", sa.LargeBinary(32)),
        sa.Column("home", sa.Text),
        sa.Column("drains", sa.Integer, nullable=False),
        sa.Column("backed_up_at", sa.DateTime(timezone=True)),
        sa.Column("restored_at", sa.DateTime(timezone=True)),
        sa.Column("restored_by", sa.String(20)),
        sa.Column("backup_of", sa.DateTime(timezone=True)),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.bulk_insert(installation, [{"id": 1, "number": secrets.token_bytes(16), "drains": 0}])
    _give_seeds()


def _give_seeds() -> None:
    """Each campaign gets a random number; a column that may not be null is added with a value for all."""
    connection = op.get_bind()
    op.add_column("campaign", sa.Column("seed", sa.LargeBinary(16), nullable=False, server_default=""))
    campaign = sa.table("campaign", sa.column("id", sa.Integer), sa.column("seed", sa.LargeBinary))
    for campaign_id in connection.scalars(sa.select(campaign.c.id)).all():
        given = sa.update(campaign).where(campaign.c.id == campaign_id).values(seed=secrets.token_bytes(16))
        connection.execute(given)
