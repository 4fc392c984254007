"""Persons who add their voices to a letter, and the mails that bring those voices to its addressee."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

REFERENCE = "ALTER TABLE {0} ADD COLUMN {1} INTEGER CONSTRAINT fk_{0}_{1} REFERENCES {2} (id)"
_ENCRYPTED = ("name", "email", "country", "words")


def upgrade() -> None:
    op.create_table(
        "digest",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("addressee_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("ref", sa.LargeBinary(8), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_digest_campaign_id"),
        sa.ForeignKeyConstraint(["addressee_id"], ["addressee.id"], name="fk_digest_addressee_id"),
        sa.PrimaryKeyConstraint("id", name="pk_digest"),
        sa.UniqueConstraint("campaign_id", "number", name="uq_digest_campaign_id_number"),
        sa.UniqueConstraint("ref", name="uq_digest_ref"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "member",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("ref", sa.LargeBinary(8), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in _ENCRYPTED[:2]),
        sa.Column("email_hmac", sa.LargeBinary(32)),
        sa.Column("mailbox_hmac", sa.LargeBinary(32)),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in _ENCRYPTED[2:]),
        sa.Column("appearance", sa.String(10), nullable=False),
        sa.Column("letter_id", sa.Integer),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *(_moment(name) for name in ("confirmed_at", "withdrawn_at", "disowned_at", "erased_at")),
        *(_moment(name) for name in ("words_at", "words_agreed_at", "words_refused_at", "named_at")),
        sa.Column("digest_id", sa.Integer),
        sa.Column("mails", sa.Integer, nullable=False),
        _moment("mailed_at"),
        sa.Column("wrong_codes", sa.Integer, nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_member_campaign_id"),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name="fk_member_letter_id"),
        sa.ForeignKeyConstraint(["digest_id"], ["digest.id"], name="fk_member_digest_id"),
        sa.PrimaryKeyConstraint("id", name="pk_member"),
        sa.UniqueConstraint("campaign_id", "mailbox_hmac", name="uq_member_campaign_id_mailbox_hmac"),
        sa.UniqueConstraint("ref", name="uq_member_ref"),
        sqlite_autoincrement=True,
    )
    standing = sa.text("confirmed_at IS NOT NULL AND withdrawn_at IS NULL")
    op.create_index("ix_member_mailbox_hmac", "member", ["mailbox_hmac"])
    op.create_index("ix_member_digest_id", "member", ["digest_id"])
    op.create_index("ix_member_campaign_id_at", "member", ["campaign_id", "at"])
    op.create_index(
        "ix_member_standing",
        "member",
        ["campaign_id", "confirmed_at"],
        sqlite_where=standing,
        postgresql_where=standing,
    )
    waits = f"{standing} AND words_at IS NOT NULL AND words_agreed_at IS NULL AND words_refused_at IS NULL"
    _partial_index("ix_member_words_wait", "campaign_id", waits)
    _partial_index("ix_member_unconfirmed", "at", "confirmed_at IS NULL AND length(email) > 0")
    for column, table in (("member_id", "member"), ("digest_id", "digest")):
        op.execute(REFERENCE.format("mail", column, table))
        named = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_mail_{column}", "mail", [column], sqlite_where=named, postgresql_where=named)
    op.add_column("stranger", sa.Column("mailbox_hmac", sa.LargeBinary(32)))
    op.create_index("ix_stranger_mailbox_hmac", "stranger", ["mailbox_hmac"])
    for name in ("voices_stopped_at", "digests_held_at", "digests_stopped_at"):
        op.add_column("campaign", _moment(name))
    op.add_column("campaign", sa.Column("digests_stopped_by", sa.String(20)))
    if op.get_bind().dialect.name == "postgresql":
        for name in _ENCRYPTED:
            op.execute(f"ALTER TABLE member ALTER COLUMN {name} SET STATISTICS 0")


def _partial_index(name: str, column: str, which: str) -> None:
    op.create_index(name, "member", [column], sqlite_where=sa.text(which), postgresql_where=sa.text(which))


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))
