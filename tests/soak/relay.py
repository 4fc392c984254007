"""A mail server that remembers what came whole, and how often; it can be slow, and turn recipients down."""

import asyncio
import hashlib
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

_MESSAGE_ID = re.compile(rb"(?im)^message-id:\s*(<[^>\s]+>)")
_END = b"\r\n.\r\n"


@dataclass(frozen=True)
class Copy:
    """One mail whose last dot was read: from then on the server has it, whatever its client heard."""

    to: str
    message_id: bytes
    digest: str
    at: float  # monotonic seconds
    content: bytes  # of the addressee's letter only


class Relay:
    """In a thread of its own, inside a `with`.

    For each recipient and port of a client: `rcpt` is the answer to RCPT, `opening` the seconds between DATA and its
    answer, `pause` those between the last dot and its answer.
    """

    def __init__(
        self,
        *,
        pause: Callable[[str, int], float] = lambda to, port: 0.0,
        opening: Callable[[str, int], float] = lambda to, port: 0.0,
        rcpt: Callable[[str, int], str] = lambda to, port: "250 2.1.5 ok",
    ) -> None:
        self.port = 0
        self.copies: list[Copy] = []
        self._pause, self._opening, self._rcpt = pause, opening, rcpt

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def by_recipient(self) -> dict[str, list[Copy]]:
        """Every copy, in the order in which they came."""
        found = defaultdict(list)
        for copy in list(self.copies):
            found[copy.to].append(copy)
        return found

    def __enter__(self) -> "Relay":
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="relay", daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    async def _serve(self, ready: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._welcome, "127.0.0.1", 0, limit=2**24)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stopping.wait()
        server.close()

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # a mail half received is not kept
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port, to = writer.get_extra_info("peername")[1], ""
        writer.write(b"220 soak ESMTP\r\n")
        while line := await reader.readline():
            verb, reply = line[:4].upper(), b"250 2.0.0 ok\r\n"
            if verb == b"EHLO":
                reply = b"250-soak\r\n250-PIPELINING\r\n250 SIZE 40000000\r\n"
            elif verb == b"RCPT":
                answer = self._rcpt(address := line.decode().partition("<")[2].partition(">")[0], port)
                to, reply = (address if answer[0] == "2" else ""), f"{answer}\r\n".encode()
            elif verb == b"DATA" and not to:
                reply = b"554 5.5.1 no valid recipients\r\n"
            elif verb == b"DATA":
                await asyncio.sleep(self._opening(to, port))
                writer.write(b"354 go on\r\n")
                self._keep(to, await reader.readuntil(_END))
                await asyncio.sleep(self._pause(to, port))
                to = ""
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 bye\r\n")
                return
            writer.write(reply)

    def _keep(self, to: str, content: bytes) -> None:
        found = _MESSAGE_ID.search(content)
        named, digest = found[1] if found else b"", hashlib.sha256(content).hexdigest()
        self.copies.append(Copy(to, named, digest, time.monotonic(), content if to.startswith("rapporteur") else b""))
