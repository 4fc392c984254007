"""Seals that were voided keep no document: it may name who stepped back before the letter left."""

from alembic import op

revision = "0017"
down_revision = "0016"

MAY_HAVE_LEFT = (
    "SELECT 1 FROM mail WHERE mail.campaign_id = seal.campaign_id AND mail.seal_number = seal.number"
    " AND mail.kind = 'letter' AND mail.cancelled_at IS NULL"
    " AND (mail.in_data_at IS NOT NULL OR mail.sent_at IS NOT NULL)"
)
NAMES_TOO_MANY = (
    "SELECT 1 FROM answer JOIN partner ON partner.id = answer.partner_id"
    " WHERE partner.campaign_id = seal.campaign_id AND answer.visibility = 'public'"
    " AND answer.superseded_at > seal.sealed_at AND NOT EXISTS (SELECT 1 FROM answer AS still"
    " WHERE still.partner_id = answer.partner_id AND still.superseded_at IS NULL AND still.visibility = 'public')"
)


def upgrade() -> None:
    """Of one that an addressee may have, copies still bring the public rendition, if nobody in it stepped back."""
    empty = "''::bytea" if op.get_bind().dialect.name == "postgresql" else "x''"
    op.execute(
        f"UPDATE seal SET content = {empty} WHERE voided_at IS NOT NULL AND length(content) > 0"
        f" AND NOT (rendition = 'public' AND EXISTS ({MAY_HAVE_LEFT}) AND NOT EXISTS ({NAMES_TOO_MANY}))"
    )
