"""Run by Alembic, inside the transaction that `upgrade` opened."""

from alembic import context

from worker.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
)
context.run_migrations()
