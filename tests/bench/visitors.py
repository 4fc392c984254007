"""Visitors: a few connections that are kept, each with one request under way, and as little work as can be."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from urllib.parse import urlencode

CONNECTIONS = 32
TIMEOUT_S = 60  # seconds for all of them together


def a_look(path: str) -> bytes:
    """A request that only looks."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def a_form(path: str, fields: dict[str, str]) -> bytes:
    """A request that sends a form."""
    body = urlencode(fields)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def visit(port: int, requests: Sequence[bytes], status: int) -> tuple[float, float]:
    """Send all of them; seconds each, and the share of the time that this client was busy itself.

    Raises AssertionError for an answer with another status.
    """
    begun, worked = time.perf_counter(), time.process_time()
    asyncio.run(asyncio.wait_for(_all(port, requests, status), TIMEOUT_S))
    taken = time.perf_counter() - begun
    return taken / len(requests), (time.process_time() - worked) / taken


async def _all(port: int, requests: Sequence[bytes], status: int) -> None:
    waiting = deque(requests)
    expected = f"HTTP/1.1 {status} ".encode()
    await asyncio.gather(*(_one(port, waiting, expected) for _ in range(CONNECTIONS)))


async def _one(port: int, waiting: deque[bytes], expected: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while waiting:
        writer.write(waiting.popleft())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(expected), head
        await reader.readexactly(_length(head))
    writer.close()


def _length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0])
