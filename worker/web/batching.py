"""What many ask for at once is done for all of them at once: one thread, one statement, one commit for a whole group.

Nobody waits for others to come: who comes alone is served alone. Who comes while a group is under way is in the next.
"""

import asyncio
import weakref
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from starlette.concurrency import run_in_threadpool

T = TypeVar("T")
R = TypeVar("R")
MAX_BATCH = 50


class Batcher(Generic[T, R]):
    """Does `do` for a group in a thread; no two of a group have the same `key`, so that order stays what it was.

    `do` returns one result for each, in order; one that is an exception is raised to whom it belongs.
    """

    def __init__(self, do: Callable[[Sequence[T]], Sequence[R | Exception]], key: Callable[[T], Hashable] = id) -> None:
        self._do, self._key = do, key
        self._queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue[T, R]] = weakref.WeakKeyDictionary()

    async def ask(self, what: T) -> R:
        """The result for one; raises what it had for it, or what it raised for the whole group."""
        loop = asyncio.get_running_loop()
        queue = self._queues.setdefault(loop, _Queue())
        answer: asyncio.Future[R] = loop.create_future()
        queue.waiting.append((what, answer))
        if queue.worker is None:
            queue.worker = loop.create_task(self._work(queue))
        return await answer

    async def _work(self, queue: "_Queue[T, R]") -> None:
        try:
            while queue.waiting:
                await self._serve(self._group(queue))
        finally:
            queue.worker = None

    def _group(self, queue: "_Queue[T, R]") -> "list[tuple[T, asyncio.Future[R]]]":
        """The first that wait, as far as they can be served together; the others keep their place."""
        chosen: dict[Hashable, tuple[T, asyncio.Future[R]]] = {}
        left = []
        for one in queue.waiting:
            key = self._key(one[0])
            if key in chosen or len(chosen) == MAX_BATCH:
                left.append(one)
            else:
                chosen[key] = one
        queue.waiting = left
        return list(chosen.values())

    async def _serve(self, group: "list[tuple[T, asyncio.Future[R]]]") -> None:
        try:
            results = await run_in_threadpool(self._do, [what for what, _ in group])
        except Exception as error:
            results = [error] * len(group)
        for (_, answer), result in zip(group, results, strict=True):
            if answer.done():
                continue  # its visitor has gone
            if isinstance(result, Exception):
                answer.set_exception(result)
            else:
                answer.set_result(result)


class _Queue(Generic[T, R]):
    """Those who wait in one event loop, and the task that serves them."""

    def __init__(self) -> None:
        self.waiting: list[tuple[T, asyncio.Future[R]]] = []
        self.worker: asyncio.Task[None] | None = None
