"""Who may enter the organizers' desk; a mail with a login code belongs to no campaign."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

REFERENCE = "ALTER TABLE {0} ADD COLUMN {1} INTEGER CONSTRAINT fk_{0}_{1} REFERENCES {2} (id)"
_ENCRYPTED = ("name", "email", "totp_secret")


def upgrade() -> None:
    op.create_table(
        "organizer",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("ref", sa.LargeBinary(8), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in _ENCRYPTED[:2]),
        sa.Column("email_hmac", sa.LargeBinary(32)),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("is_local", sa.Boolean(create_constraint=False), nullable=False),
        _moment("added_at", nullable=False),
        _moment("removed_at"),
        sa.Column("totp_secret", sa.LargeBinary, nullable=False),
        _moment("totp_at"),
        sa.Column("totp_step", sa.Integer),
        sa.Column("recovery_codes", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organizer"),
        sa.UniqueConstraint("ref", name="uq_organizer_ref"),
        sa.UniqueConstraint("email_hmac", name="uq_organizer_email_hmac"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "seat",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("organizer_id", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("may_send", sa.Boolean(create_constraint=False), nullable=False),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizer.id"], name="fk_seat_organizer_id"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_seat_campaign_id"),
        sa.PrimaryKeyConstraint("id", name="pk_seat"),
        sa.UniqueConstraint("organizer_id", "campaign_id", name="uq_seat_organizer_id_campaign_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_seat_campaign_id", "seat", ["campaign_id"])
    op.create_table(
        "login",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("ref", sa.LargeBinary(8), nullable=False),
        sa.Column("email_hmac", sa.LargeBinary(32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("browser_mark", sa.LargeBinary(32)),
        sa.Column("language", sa.String(8), nullable=False),
        _moment("at", nullable=False),
        _moment("looked_up_at"),
        sa.Column("organizer_id", sa.Integer),
        sa.Column("is_known", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        _moment("used_at"),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizer.id"], name="fk_login_organizer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_login"),
        sa.UniqueConstraint("ref", name="uq_login_ref"),
        sqlite_autoincrement=True,
    )
    waits = sa.text("looked_up_at IS NULL")
    op.create_index("ix_login_waiting", "login", ["at"], sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_login_at", "login", ["at"])
    op.create_index("ix_login_browser_hash", "login", ["browser_hash"])
    op.create_index("ix_login_organizer_id_at", "login", ["organizer_id", "at"])
    op.create_table(
        "desk_session",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("organizer_id", sa.Integer, nullable=False),
        sa.Column("is_known", sa.Boolean(create_constraint=False), nullable=False),
        *(_moment(name, nullable=False) for name in ("created_at", "seen_at", "ends_at")),
        _moment("ended_at"),
        _moment("factor_at"),
        sa.Column("wrong_factors", sa.Integer, nullable=False),
        _moment("wrong_factor_at"),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizer.id"], name="fk_desk_session_organizer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_session"),
        sa.UniqueConstraint("key_hash", name="uq_desk_session_key_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_session_organizer_id", "desk_session", ["organizer_id"])
    op.create_table(
        "desk_link",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("organizer_id", sa.Integer, nullable=False),
        _moment("ends_at", nullable=False),
        _moment("used_at"),
        sa.ForeignKeyConstraint(["organizer_id"], ["organizer.id"], name="fk_desk_link_organizer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_desk_link"),
        sa.UniqueConstraint("key_hash", name="uq_desk_link_key_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_desk_link_organizer_id", "desk_link", ["organizer_id"])
    op.execute(REFERENCE.format("event", "organizer_id", "organizer"))
    op.execute(REFERENCE.format("mail", "login_id", "login"))
    of_a_login = sa.text("login_id IS NOT NULL")
    op.create_index("ix_mail_login_id", "mail", ["login_id"], sqlite_where=of_a_login, postgresql_where=of_a_login)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("mail", "campaign_id", nullable=True)
        for name in _ENCRYPTED:
            op.execute(f"ALTER TABLE organizer ALTER COLUMN {name} SET STATISTICS 0")
    else:
        _let_a_mail_have_no_campaign()


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _let_a_mail_have_no_campaign() -> None:
    """NOT NULL changes nothing of how SQLite stores rows, so it is taken out of the stored text of the table."""
    run = op.get_bind().exec_driver_sql
    run("PRAGMA writable_schema = ON")
    stored = run("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'mail'").scalar_one()
    sql, found = re.subn(r"\bcampaign_id INTEGER NOT NULL\b", "campaign_id INTEGER", stored)
    if found != 1:
        raise RuntimeError("the table mail is not as an earlier revision makes it")
    run("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = 'mail'", (sql,))
    cookie = run("PRAGMA schema_version").scalar_one()
    run(f"PRAGMA schema_version = {cookie + 1}")  # so that every connection reads the tables anew
    run("PRAGMA writable_schema = RESET")
    if (faults := run("PRAGMA integrity_check").scalars().all()) != ["ok"]:
        raise RuntimeError(f"SQLite's integrity check found {len(faults)} faults: nothing was changed")
