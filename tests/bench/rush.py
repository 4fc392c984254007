"""The last minute before a deadline: thousands answer, each on a connection of its own, while receipts go out."""

import asyncio
import random
import time
from collections.abc import Iterator, Sequence

from sqlalchemy import func, select

from tests.bench import databases, fetched, pages, postfix, processes, visitors, workers
from tests.bench.rounds import Comparison, Extent
from worker import db, settings
from worker.models import Answer, Mail, Partner

A_MINUTE = 60  # seconds in which all of a full rush come, at random
LIMIT = 1.0  # seconds
GIVE_UP = 60  # seconds for one answer


def measure(extent: Extent) -> Iterator[Comparison]:
    """Two `undersigned web` and a worker on PostgreSQL; the relay is the sink of the drain."""
    tools, _ = fetched.if_there(lambda: postfix.programs(may_fetch=extent.fetches))
    with databases.in_use("PostgreSQL") as folder, postfix.sink_or_ours(tools, folder) as relay:
        settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{relay}")
        with (
            workers.at_work(folder, 1),
            processes.serving(folder, "worker", "web", "--port") as one,
            processes.serving(folder, "worker", "web", "--port") as other,
        ):
            partners = pages.asked(extent.rush)
            taken = asyncio.run(_all(partners, (one, other), A_MINUTE * extent.rush / 5_000))
        with db.reading() as session:
            recorded = session.scalar(select(func.count()).select_from(Answer)) or 0
            receipts = session.scalar(select(func.count()).where(Mail.kind == "receipt", Mail.sent_at.is_not(None)))
    assert recorded == len(partners), f"{recorded} of {len(partners)} were recorded"
    slowest = sorted(taken)
    yield Comparison(
        "answer in a rush, 95%",
        [slowest[int(len(slowest) * 0.95)]],
        "the limit, a second",
        [LIMIT],
        "seconds",
        f"{recorded:,} answers, none lost; half of them within {slowest[len(slowest) // 2]:.3f} s, "
        f"the last one within {slowest[-1]:.3f} s; {receipts:,} receipts had left by then",
    )


async def _all(partners: Sequence[Partner], ports: Sequence[int], seconds: float) -> list[float]:
    """Seconds that each waited for its answer; raises AssertionError if one was refused."""
    begin = time.perf_counter() + 0.5
    coming = [
        _one(
            visitors.a_form(pages.path(partner), pages.signature(partner)), ports[n % len(ports)], begin + seconds * at
        )
        for n, (partner, at) in enumerate(zip(partners, _moments(len(partners)), strict=True))
    ]
    return await asyncio.gather(*coming)


def _moments(count: int) -> list[float]:
    """When each comes, from 0 to 1; the same in every run."""
    come = random.Random(56)
    return [come.random() for _ in range(count)]


async def _one(form: bytes, port: int, at: float) -> float:
    await asyncio.sleep(max(0, at - time.perf_counter()))
    begun = time.perf_counter()
    async with asyncio.timeout(GIVE_UP):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(form)
        head = await reader.readuntil(b"\r\n\r\n")
        writer.close()
    assert head.startswith(b"HTTP/1.1 303 "), head
    return time.perf_counter() - begun
