"""The limit of what one after the other can be made durable: single inserts behind the lock of a hash chain.

Each entry takes the last hash under a lock, and gives it back when its commit is on the disk. It knows nothing of
forms, names or letters.
"""

import asyncio
import time
from collections.abc import Iterator

import psycopg

from tests import servers
from tests.bench import visitors
from worker import settings

_TABLES = """
    CREATE TABLE IF NOT EXISTS chain_head (hash bytea NOT NULL);
    CREATE TABLE IF NOT EXISTS chain_entry (id bigserial PRIMARY KEY, hash bytea NOT NULL, body text NOT NULL);
    INSERT INTO chain_head SELECT '' WHERE NOT EXISTS (SELECT FROM chain_head);
"""
_APPEND = """
    WITH last AS (SELECT hash FROM chain_head FOR UPDATE),
         entry AS (
             INSERT INTO chain_entry (hash, body)
             SELECT sha256(last.hash || convert_to(%(body)s, 'UTF8')), %(body)s FROM last
             RETURNING hash
         )
    UPDATE chain_head SET hash = entry.hash FROM entry
"""
BODY = "sign, public, Sophea Chan, Secretary General"


def append(entries: int) -> float:
    """Append so many over as many connections as there are visitors; seconds each."""
    return asyncio.run(asyncio.wait_for(_all(entries), visitors.TIMEOUT_S))


async def _all(entries: int) -> float:
    url = servers.plain(settings.current().database)
    clients = [await psycopg.AsyncConnection.connect(url, autocommit=True) for _ in range(visitors.CONNECTIONS)]
    try:
        await clients[0].execute(_TABLES)
        left = iter(range(entries))
        begun = time.perf_counter()
        await asyncio.gather(*(_append(client, left) for client in clients))
        return (time.perf_counter() - begun) / entries
    finally:
        for client in clients:
            await client.close()


async def _append(client: "psycopg.AsyncConnection[tuple[object, ...]]", left: Iterator[int]) -> None:
    for _ in left:
        await client.execute(_APPEND, {"body": BODY})
