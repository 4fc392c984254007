"""A partner's place in the printed order, and what its name is looked for by: kept with its row."""

import sqlalchemy as sa
from alembic import op

from worker.models.partner import Partner, as_listed

revision = "0014"
down_revision = "0013"

_A_BATCH = 1_000  # rows in memory


def upgrade() -> None:
    op.add_column("partner", sa.Column("sort_key", sa.LargeBinary, nullable=False, server_default=""))
    op.add_column("partner", sa.Column("folded", sa.Text, nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        for name in ("sort_key", "folded"):
            op.execute(f"ALTER TABLE partner ALTER COLUMN {name} SET STATISTICS 0")
    _fill()


def _fill() -> None:
    printed = [sa.column(name, Partner.__table__.c[name].type) for name in _PRINTED]
    kept = (sa.column("sort_key", sa.LargeBinary), sa.column("folded", sa.Text))
    partner = sa.table("partner", sa.column("id", sa.Integer), *printed, *kept)
    write = sa.update(partner).where(partner.c.id == sa.bindparam("of_id"))
    write = write.values(sort_key=sa.bindparam("key"), folded=sa.bindparam("words"))
    last = 0
    while True:
        some = sa.select(partner).where(partner.c.id > last).order_by(partner.c.id).limit(_A_BATCH)
        rows = op.get_bind().execute(some).all()
        if not rows:
            return
        last = rows[-1].id
        listed = [(row.id, as_listed(**{name: getattr(row, name) for name in _PRINTED})) for row in rows]
        filled = [{"of_id": id, "key": one["sort_key"], "words": one["folded"]} for id, one in listed]
        op.get_bind().execute(write, filled)


_PRINTED = ("organization", "acronym", "country", "names", "sort_as")
