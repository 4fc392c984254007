"""What was read out of sentences becomes times and codes of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# The sentences as versions before this one wrote them.
LAST = {
    "disowned_at": "disowned its answer",
    "handed_out_at": "carried the invitation",
    "passed_on_at": "passed the invitation on",
}
CANCELLED = {"suppressed": "the address is suppressed", "no_recipient": "nobody to send it to"}


def upgrade() -> None:
    for column in LAST:
        op.add_column("partner", sa.Column(column, sa.DateTime(timezone=True)))
    op.add_column("mail", sa.Column("reported_at", sa.DateTime(timezone=True)))
    op.add_column("mail", sa.Column("cancel_reason", sa.String(20)))
    op.add_column("event", sa.Column("detail", sa.Text))
    for column, sentence in LAST.items():
        last = "SELECT max(event.at) FROM event WHERE event.partner_id = partner.id AND event.what = :sentence"
        op.execute(sa.text(f"UPDATE partner SET {column} = ({last})").bindparams(sentence=sentence))
    for code, sentence in CANCELLED.items():
        cancelled = "UPDATE mail SET cancel_reason = :code WHERE cancelled_at IS NOT NULL AND reply = :sentence"
        op.execute(sa.text(cancelled).bindparams(code=code, sentence=sentence))
    # When the report came was not kept: the moment at which the relay took the mail stands for it.
    op.execute(
        "UPDATE mail SET reported_at = coalesce(sent_at, dated_at)"
        " WHERE bounced_at IS NULL AND reply LIKE 'came back: %'"
    )
