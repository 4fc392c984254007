"""Invitations through outbox, worker and SMTP, against a plain loop that sends the same bytes, ready made."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import aiosmtplib
from sqlalchemy import select

from tests.bench import campaign, databases, processes
from tests.bench.rounds import Comparison, Extent, interleaved
from worker import db, settings
from worker.mail import delivery, smtp_wire
from worker.mail.mime import Envelope, compose
from worker.models import Mail
from worker.wording.composing import compose_batch
from worker.wording.mails import word_mail

TIMEOUT_S = 60  # seconds after which a drain is given up
AT_ONCE = 20  # mails in one write to the sink, when the sink itself is measured


def measure(extent: Extent) -> Iterator[Comparison]:
    """On both databases, and the plain loop against bare sockets: as long as those are faster, the sink is no limit."""
    for which in databases.BOTH:
        with databases.in_use(which) as folder, processes.serving(folder, "tests.bench.sink") as port:
            settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{port}")
            taken = _rounds(extent, port)
        yield _compared(f"invitation sent, {which}", taken["drain"], "aiosmtplib loop, ready bytes", taken["loop"])
    yield _compared("the loop itself", taken["loop"], "ready bytes on a bare socket", taken["bare"])


def _compared(name: str, ours: list[float], peer: str, theirs: list[float]) -> Comparison:
    return Comparison(name, ours, peer, theirs, "a second")


def _rounds(extent: Extent, port: int) -> dict[str, list[float]]:
    sent = ready(extent.mails)
    return interleaved(
        extent,
        drain=lambda: _asked_and_sent(extent.mails),
        loop=lambda: _each(_loop, port, sent),
        bare=lambda: _each(_bare, port, sent),
    )


def _asked_and_sent(mails: int) -> float:
    """Seconds for each invitation of a fresh campaign, from the moment it is put to the mark that it was sent."""
    launched = campaign.launched(mails)
    begun = time.perf_counter()
    with db.transaction() as session:
        asked = campaign.put_invitations(session, launched)
    tally = asyncio.run(delivery.deliver_due(compose_batch, time.monotonic() + TIMEOUT_S))
    taken = time.perf_counter() - begun
    assert asked == mails
    assert {kind.value: number for kind, number in tally.outcomes.items()} == {"sent": mails}, tally.outcomes
    return taken / mails


def ready(mails: int) -> list[Envelope]:
    """The bytes of such a campaign's invitations; the rows are never committed, so that no drain sends them."""
    launched = campaign.launched(mails)
    with db.reading() as session:
        campaign.put_invitations(session, launched)
        found = session.scalars(select(Mail).where(Mail.campaign_id == launched)).all()
        return [compose(word_mail(session, mail), mail.message_id, mail.dated_at) for mail in found]


def _each(send: Callable[[int, list[Envelope]], Coroutine[Any, Any, None]], port: int, ready: list[Envelope]) -> float:
    """Seconds for each mail that is ready."""
    begun = time.perf_counter()
    asyncio.run(asyncio.wait_for(send(port, ready), TIMEOUT_S))
    return (time.perf_counter() - begun) / len(ready)


async def _loop(port: int, ready: list[Envelope]) -> None:
    """As many connections as our worker opens, and nothing but sending."""
    queue = deque(ready)
    await asyncio.gather(*(_lane(port, queue) for _ in range(settings.current().smtp_connections)))


async def _lane(port: int, queue: deque[Envelope]) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
        while queue:
            mail = queue.popleft()
            await client.sendmail(mail.sender, [mail.recipient], mail.content)


async def _bare(port: int, ready: list[Envelope]) -> None:
    """All that the sink can take over one connection: many mails in one write, and only replies counted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    for first in range(0, len(ready), AT_ONCE):
        mails = ready[first : first + AT_ONCE]
        writer.writelines(map(_on_the_wire, mails))
        for _ in range(4 * len(mails)):
            await reader.readline()
    writer.close()


def _on_the_wire(mail: Envelope) -> bytes:
    commands = f"MAIL FROM:<{mail.sender}>\r\nRCPT TO:<{mail.recipient}>\r\nDATA\r\n"
    return commands.encode() + smtp_wire.dot_stuffed(mail.content)
