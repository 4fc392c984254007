"""A relay that is 100 ms away: what one connection of ours sends, against one of aiosmtplib."""

import asyncio
import time
from collections.abc import Iterator
from email import message_from_bytes, policy

import aiosmtplib

from tests.bench import databases, invitations, processes
from tests.bench.rounds import Comparison, Extent, interleaved
from worker.mail.mime import Envelope
from worker.mail.outcomes import Kind
from worker.mail.relay_url import Relay
from worker.mail.smtp import Connection
from worker.mail.smtp_wire import Offer

TIMEOUT_S = 60  # seconds for one side of a round


def measure(extent: Extent) -> Iterator[Comparison]:
    """The connections are open before the clock runs: only mails are compared."""
    with (
        databases.in_use("SQLite") as folder,
        processes.serving(folder, "tests.bench.sink") as sink,
        processes.serving(folder, "tests.bench.delay", str(sink)) as port,
    ):
        ready = invitations.ready(extent.far_away)
        taken = interleaved(
            extent,
            ours=lambda: asyncio.run(asyncio.wait_for(_ours(port, ready), TIMEOUT_S)),
            theirs=lambda: asyncio.run(asyncio.wait_for(_theirs(port, ready), TIMEOUT_S)),
        )
    note = f"{extent.far_away} mails a round"
    yield Comparison(
        "mail, 100 ms away", taken["ours"], "aiosmtplib send_message", taken["theirs"], "a second", note, goal=3
    )


async def _ours(port: int, ready: list[Envelope]) -> float:
    offers = iter([Offer(mail.sender, mail.recipient, mail.content) for mail in ready])
    outcomes: list[Kind] = []
    connection = Connection(Relay.parse(f"smtp://127.0.0.1:{port}"))
    assert await connection.open() is None
    begun = time.perf_counter()
    await connection.send_pipelined(lambda: next(offers, None), lambda _, outcome: outcomes.append(outcome.kind))
    taken = time.perf_counter() - begun
    assert outcomes == [Kind.SENT] * len(ready), outcomes
    await connection.close()
    return taken / len(ready)


async def _theirs(port: int, ready: list[Envelope]) -> float:
    mails = [(mail, message_from_bytes(mail.content, policy=policy.SMTP)) for mail in ready]
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        await client.ehlo()
        begun = time.perf_counter()
        for mail, message in mails:
            await client.send_message(message, sender=mail.sender, recipients=[mail.recipient])
        return (time.perf_counter() - begun) / len(ready)
