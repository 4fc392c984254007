"""A mail server that does what it is told: one fault in one phase, everything else as RFC 5321 says."""

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field

# What a phase is answered with when nothing is wrong.
WELL = {
    "greeting": "220 scripted.example ESMTP",
    "STARTTLS": "220 2.0.0 go ahead",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 sender ok",
    "RCPT": "250 2.1.5 recipient ok",
    "DATA": "354 end with a dot",
    "end of data": "250 2.0.0 queued as 4XyZ",
    "RSET": "250 2.0.0 forgotten",
    "QUIT": "221 2.0.0 bye",
}


@dataclass
class Visit:
    """What one client did: its lines in plaintext and under TLS, the mails that it may count as accepted."""

    plaintext: list[bytes] = field(default_factory=list)
    under_tls: list[bytes] = field(default_factory=list)
    mails: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def verbs(self) -> list[str]:
        """The first words of all that was said."""
        return [line.split(b" ")[0].strip().decode("latin-1") for line in self.plaintext + self.under_tls]


class ScriptedServer:
    """`async with ScriptedServer({"RCPT": "hang"})`: faults are the words of `_Talk.misbehave`, or a reply."""

    def __init__(
        self,
        faults: dict[str, str] | None = None,
        *,
        offers: tuple[str, ...] = ("SIZE 35882577", "ENHANCEDSTATUSCODES", "8BITMIME"),
        certificate: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
    ) -> None:
        self.faults = faults or {}
        self.offers, self.certificate, self.implicit_tls = offers, certificate, implicit_tls
        self.visits: list[Visit] = []
        self.reached: dict[str, asyncio.Event] = {}
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "ScriptedServer":
        self._server = await asyncio.start_server(
            self._welcome, "127.0.0.1", 0, ssl=self.certificate if self.implicit_tls else None, limit=2**26
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def at(self, phase: str) -> asyncio.Event:
        """Set when a client has reached this phase."""
        return self.reached.setdefault(phase, asyncio.Event())

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = Visit()
        self.visits.append(visit)
        task = asyncio.create_task(_Talk(self, visit, reader, writer).run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@dataclass
class _Talk:
    server: ScriptedServer
    visit: Visit
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    encrypted: bool = False
    sender: bytes = b""
    recipient: bytes = b""

    async def run(self) -> None:
        try:
            with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
                await self.answer("greeting")
                while await self.obey(await self.line()):
                    pass
        finally:
            self.visit.ended.set()
            self.writer.transport.abort()

    async def line(self) -> bytes:
        line = await self.reader.readuntil(b"\r\n")
        (self.visit.under_tls if self.encrypted else self.visit.plaintext).append(line)
        return line

    async def obey(self, line: bytes) -> bool:
        verb = line.split(b" ")[0].strip().upper().decode("latin-1")
        if verb == "EHLO":
            offers = [offer for offer in self.server.offers if not (offer == "STARTTLS" and self.encrypted)]
            lines = ["scripted.example", *offers]
            await self.answer(
                "EHLO",
                "\r\n".join(f"250{'-' if i < len(lines) else ' '}{x}" for i, x in enumerate(lines, 1)),
            )
        elif verb == "STARTTLS":
            if await self.answer("STARTTLS") == 220:
                await self.encrypt()
        elif verb == "MAIL":
            self.sender = line
            await self.answer(verb)
        elif verb == "RCPT":
            self.recipient = line
            await self.answer(verb)
        elif verb == "DATA":
            if await self.answer("DATA") == 354:
                await self.take_the_body()
        elif verb in WELL:
            await self.answer(verb)
        return verb != "QUIT"

    async def encrypt(self) -> None:
        assert self.server.certificate is not None
        await self.writer.start_tls(self.server.certificate)
        self.encrypted = True

    async def take_the_body(self) -> None:
        if self.server.faults.get("body") == "drop":
            await self.line()
            self.writer.transport.abort()
            raise ConnectionError
        if self.server.faults.get("body") == "late":  # not a byte is read before the test says so
            self.writer.transport.pause_reading()  # type: ignore[attr-defined]
            await self.server.at("release").wait()
            self.writer.transport.resume_reading()  # type: ignore[attr-defined]
        body = b""
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            body += line[1:] if line.startswith(b".") else line
        if await self.answer("end of data") == 250:
            self.visit.mails.append((self.sender, self.recipient, body))

    async def answer(self, phase: str, well: str = "") -> int:
        """Reply in this phase, with its fault if it has one; returns the code that was meant."""
        well = well or WELL[phase]
        self.server.at(phase).set()
        fault = self.server.faults.get(phase)
        if fault == "slow":  # a byte at a time, and in time
            await self.drip(well + "\r\n")
            return int(well[:3])
        reply = well if fault is None else await self.misbehave(fault, phase, well)
        self.writer.write(reply.encode("utf-8", "surrogateescape") + b"\r\n")
        await self.writer.drain()
        return int(reply[:3]) if reply[:3].isdecimal() else 0

    async def misbehave(self, fault: str, phase: str, well: str) -> str:
        match fault:
            case "drop":
                self.writer.transport.abort()
                raise ConnectionError
            case "hang":
                await self.hear_no_more()
            case "drip":  # a byte at a time, and never a whole line
                await self.drip("250-" + "." * 8000)
            case "cut":  # half an answer, then gone
                self.writer.write(b"250-2.0.0 half of\r\n250")
                await self.writer.drain()
                self.writer.close()
                raise ConnectionError
            case "garbage":
                return "\x01\x02\udcff HTTP/1.1 nonsense"
            case "odd":  # well-formed, and no answer that this phase knows
                return {"DATA": "250 taken", "end of data": "190 wait"}.get(phase, "354 go on")
            case "twice":
                return f"{well}\r\n{well}"
            case "4xx":
                return "450 4.3.2 not now"
            case "5xx":
                return "550 5.3.0 never"
            case "421":  # and stays on the line, which is what makes it dangerous
                return "421 4.3.2 closing"
        return fault

    async def drip(self, text: str) -> None:
        for byte in text.encode():
            await asyncio.sleep(0.001)
            self.writer.write(bytes([byte]))
            await self.writer.drain()

    async def hear_no_more(self) -> None:
        while received := await self.reader.read(65536):
            (self.visit.under_tls if self.encrypted else self.visit.plaintext).append(received)
        raise ConnectionError
