"""The steps that bring a database to the tables of `models.py`, whatever version made it."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, select

from worker import db

if TYPE_CHECKING:
    from alembic.config import Config

UPGRADING = 1  # the key of our advisory lock; campaigns are locked with two keys, which never meet one


def upgrade() -> bool:
    """Bring the database to the newest revision; returns whether anything was to do.

    All or nothing, and safe to run twice at once: the second waits and then finds nothing to do.
    """
    from alembic import command

    with db.engine().execution_options(writing=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.set_config("lock_timeout", "0", True)))
            connection.execute(select(func.pg_advisory_xact_lock(UPGRADING)))
        if _revision(connection) == _newest():
            return False
        command.upgrade(_config(connection), "head")
    return True


def is_current() -> bool:
    """Whether the database has exactly the tables that this version of the program expects."""
    with db.engine().connect() as connection:
        return _revision(connection) == _newest()


def _revision(connection: Connection) -> str | None:
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _newest() -> str | None:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config()).get_current_head()


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "worker:migrations")
    return config
