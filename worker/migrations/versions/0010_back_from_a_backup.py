"""What a database knows of itself, so that one that was put back from a backup is seen to be one."""

import re
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
    op.add_column("campaign", sa.Column("doubted_at", sa.DateTime(timezone=True)))
    if op.get_bind().dialect.name == "sqlite":
        _never_give_a_number_twice()


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


def _never_give_a_number_twice() -> None:
    """Make SQLite remember the highest number of each table, which PostgreSQL's sequences do.

    AUTOINCREMENT changes nothing of how rows are stored, so it is put into the stored text of each table.
    """
    connection = op.get_bind()
    run = connection.exec_driver_sql
    run("CREATE TABLE makes_sqlite_sequence (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    run("DROP TABLE makes_sqlite_sequence")
    run("PRAGMA writable_schema = ON")
    for name in _NUMBERED:
        stored = run("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)).scalar_one()
        sql, keys = re.subn(r",\s*(?:CONSTRAINT \w+ )?PRIMARY KEY \(id\)", "", stored, count=1)
        sql, columns = re.subn(r"\bid INTEGER NOT NULL\b", r"\g<0> PRIMARY KEY AUTOINCREMENT", sql, count=1)
        if (keys, columns) != (1, 1):
            raise RuntimeError(f"the table {name} is not as an earlier revision makes it")
        run("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", (sql, name))
        run(f"INSERT INTO sqlite_sequence (name, seq) SELECT '{name}', coalesce(max(id), 0) FROM {name}")
    cookie = run("PRAGMA schema_version").scalar_one()
    run(f"PRAGMA schema_version = {cookie + 1}")  # so that every connection reads the tables anew
    run("PRAGMA writable_schema = RESET")
    if (found := run("PRAGMA integrity_check").scalars().all()) != ["ok"]:
        raise RuntimeError(f"SQLite's integrity check found {len(found)} faults: nothing was changed")


_NUMBERED = (
    *("campaign", "letter", "addressee", "partner", "contact", "ended_link", "answer", "listing_change", "seal"),
    *("mail", "mail_response", "stranger", "suppression", "event"),
)
