"""The tables of one campaign from launch to report."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    campaign()
    letter()
    addressee()
    partner()
    answer()
    seal()
    mail()
    event()


def campaign() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("slug", sa.String(100), nullable=False),
        sa.Column("definition", sa.JSON, nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("launched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("dispatched_at", sa.DateTime(timezone=True)),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_campaign"),
        sa.UniqueConstraint("slug", name="uq_campaign_slug"),
    )


def letter() -> None:
    op.create_table(
        "letter",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("meaning", sa.Integer, nullable=False),
        sa.Column("texts", sa.JSON, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_letter_campaign_id"),
        sa.UniqueConstraint("campaign_id", "version", name="uq_letter_campaign_id_version"),
    )


def addressee() -> None:
    op.create_table(
        "addressee",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("letter_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("office", sa.JSON, nullable=False),
        sa.Column("salutation", sa.JSON, nullable=False),
        sa.Column("address", sa.JSON, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("copy", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_addressee"),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name="fk_addressee_letter_id"),
        sa.UniqueConstraint("letter_id", "position", name="uq_addressee_letter_id_position"),
    )


def partner() -> None:
    op.create_table(
        "partner",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("ref", sa.LargeBinary(8), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("organization", sa.Text, nullable=False),
        sa.Column("acronym", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("contact", sa.LargeBinary, nullable=False),
        sa.Column("email", sa.LargeBinary, nullable=False),
        sa.Column("email_hmac", sa.LargeBinary(32)),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_partner"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_partner_campaign_id"),
        sa.UniqueConstraint("campaign_id", "ref", name="uq_partner_campaign_id_ref"),
        sa.UniqueConstraint("ref", name="uq_partner_ref"),
    )
    op.create_index("ix_partner_campaign_id_email_hmac", "partner", ["campaign_id", "email_hmac"])


def answer() -> None:
    op.create_table(
        "answer",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("partner_id", sa.Integer, nullable=False),
        sa.Column("letter_id", sa.Integer, nullable=False),
        sa.Column("choice", sa.String(10), nullable=False),
        sa.Column("visibility", sa.String(10)),
        sa.Column("representative", sa.LargeBinary, nullable=False),
        sa.Column("role", sa.LargeBinary, nullable=False),
        sa.Column("reason", sa.LargeBinary, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("note", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_answer"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_answer_partner_id"),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"], name="fk_answer_letter_id"),
        sa.CheckConstraint("choice IN ('sign', 'decline', 'withdraw')", name=op.f("ck_answer_choice")),
        sa.CheckConstraint("(choice = 'sign') = (visibility IS NOT NULL)", name=op.f("ck_answer_visibility")),
        sa.CheckConstraint("visibility IN ('public', 'addressee', 'counted')", name=op.f("ck_answer_visibility_known")),
    )
    only_where("uq_answer_standing", "answer", ["partner_id"], "superseded_at IS NULL", unique=True)


def seal() -> None:
    op.create_table(
        "seal",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("rendition", sa.String(10), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_seal"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_seal_campaign_id"),
        sa.UniqueConstraint(
            "campaign_id",
            "number",
            "rendition",
            "language",
            "format",
            name="uq_seal_campaign_id_number_rendition_language_format",
        ),
        sa.CheckConstraint("rendition IN ('public', 'addressee')", name=op.f("ck_seal_rendition")),
    )


def mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("partner_id", sa.Integer),
        sa.Column("addressee_id", sa.Integer),
        sa.Column("answer_id", sa.Integer),
        sa.Column("seal_number", sa.Integer),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("dated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body_hash", sa.String(64)),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("lease_holder", sa.String(32)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("in_data_at", sa.DateTime(timezone=True)),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("refused_at", sa.DateTime(timezone=True)),
        sa.Column("uncertain_at", sa.DateTime(timezone=True)),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("reply", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_mail"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_mail_campaign_id"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_mail_partner_id"),
        sa.ForeignKeyConstraint(["addressee_id"], ["addressee.id"], name="fk_mail_addressee_id"),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name="fk_mail_answer_id"),
        sa.UniqueConstraint("key", name="uq_mail_key"),
        sa.CheckConstraint(
            "kind <> 'letter' OR (addressee_id IS NOT NULL AND seal_number IS NOT NULL)",
            name=op.f("ck_mail_letter"),
        ),
        sa.CheckConstraint(
            "due_at IS NULL OR (sent_at IS NULL AND refused_at IS NULL AND cancelled_at IS NULL)",
            name=op.f("ck_mail_due"),
        ),
    )
    living_letter = "kind = 'letter' AND cancelled_at IS NULL"
    only_where("uq_mail_living_letter", "mail", ["addressee_id"], living_letter, unique=True)
    only_where("ix_mail_due", "mail", ["urgency", "due_at"], "due_at IS NOT NULL")
    op.create_index("ix_mail_campaign_id_kind", "mail", ["campaign_id", "kind"])
    op.create_index("ix_mail_partner_id", "mail", ["partner_id"])


def event() -> None:
    op.create_table(
        "event",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("campaign_id", sa.Integer, nullable=False),
        sa.Column("partner_id", sa.Integer),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(20), nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_event_campaign_id"),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name="fk_event_partner_id"),
    )
    op.create_index("ix_event_campaign_id_at", "event", ["campaign_id", "at"])


def only_where(name: str, table: str, columns: list[str], condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=unique, sqlite_where=where, postgresql_where=where)
