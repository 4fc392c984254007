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
    op.add_column("campaign", sa.Column("restored_of", sa.DateTime(timezone=True)))
    _give_seeds()
    _number_mail_keys()


def _give_seeds() -> None:
    """Each campaign gets a random number; a column that may not be null is added with a value for all."""
    connection = op.get_bind()
    op.add_column("campaign", sa.Column("seed", sa.LargeBinary(16), nullable=False, server_default=""))
    campaign = sa.table("campaign", sa.column("id", sa.Integer), sa.column("seed", sa.LargeBinary))
    for campaign_id in connection.scalars(sa.select(campaign.c.id)).all():
        given = sa.update(campaign).where(campaign.c.id == campaign_id).values(seed=secrets.token_bytes(16))
        connection.execute(given)


def _number_mail_keys() -> None:
    """Mails are known by their campaign's number in place of its name, which a cancelled one loses to another.

    In two steps, as a campaign may be called `campaign-2`: no name begins with a slash, so no key is there already.
    """
    connection = op.get_bind()
    campaign = sa.table("campaign", sa.column("id", sa.Integer), sa.column("slug", sa.Text))
    mail = sa.table("mail", sa.column("campaign_id", sa.Integer), sa.column("key", sa.Text))
    for campaign_id, slug in connection.execute(sa.select(campaign.c.id, campaign.c.slug)).all():
        named = sa.func.substr(mail.c.key, 1, len(slug) + 1) == f"{slug}/"
        rest = sa.case((named, sa.func.substr(mail.c.key, len(slug) + 2)), else_=mail.c.key)
        numbered = sa.literal(f"/campaign-{campaign_id}/").op("||")(rest)
        connection.execute(sa.update(mail).where(mail.c.campaign_id == campaign_id).values(key=numbered))
    connection.execute(sa.update(mail).values(key=sa.func.substr(mail.c.key, 2)))
