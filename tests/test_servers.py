"""A database is lent to one test after the other, and nothing of one is found by the next."""

import psycopg
import pytest

from tests import servers

ADDED = "INSERT INTO suppression (email_hmac, at, reason) VALUES (%s, now(), 'hard') RETURNING id"
FIRST_ROWS = "SELECT * FROM post ORDER BY id"
CHANGES = {
    "a column more": "ALTER TABLE suppression ADD COLUMN more text",
    "a column less": "ALTER TABLE suppression DROP COLUMN reason",
    "a condition less": "ALTER TABLE suppression ALTER COLUMN reason DROP NOT NULL",
    "an index": "CREATE INDEX ON suppression (at)",
    "a function": "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "another table instead": "DROP TABLE post; CREATE TABLE post ()",
    "a setting": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone TO UTC', current_database()); END $$",
}


def test_a_database_whose_rows_were_changed_is_lent_again_as_it_was() -> None:
    with servers.fresh_postgresql() as url, psycopg.connect(servers.plain(url)) as connection:
        was, first_rows = oid(connection), connection.execute(FIRST_ROWS).fetchall()
        [added] = connection.execute(ADDED, [b"somebody"])
        connection.execute("UPDATE post SET reply = 'no'")
        connection.commit()

    with servers.fresh_postgresql() as url, psycopg.connect(servers.plain(url)) as connection:
        assert oid(connection) == was
        assert connection.execute("SELECT * FROM suppression").fetchall() == []
        assert connection.execute(FIRST_ROWS).fetchall() == first_rows
        assert [*connection.execute(ADDED, [b"another"])] == [added], "it counts anew"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_database_of_which_more_was_changed_is_lent_to_nobody(change: str) -> None:
    with servers.fresh_postgresql() as url, psycopg.connect(servers.plain(url)) as connection:
        was = oid(connection)
        connection.execute(change)
        connection.commit()

    with servers.fresh_postgresql() as url, psycopg.connect(servers.plain(url)) as connection:
        assert oid(connection) != was


def test_whoever_kept_the_address_of_an_earlier_database_finds_nothing_there() -> None:
    with servers.fresh_postgresql() as earlier:
        idle = psycopg.connect(servers.plain(earlier))
    with pytest.raises(psycopg.OperationalError):
        idle.execute("SELECT 1")
    with servers.fresh_postgresql(), pytest.raises(psycopg.OperationalError):
        psycopg.connect(servers.plain(earlier))


def oid(connection: psycopg.Connection) -> object:
    return connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
