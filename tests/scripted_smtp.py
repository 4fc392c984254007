"""A mail server that does what it is told: one fault in one phase, everything else as RFC 5321 says."""

import asyncio
import contextlib
import datetime
import functools
import ipaddress
import os
import random
import ssl
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
    """What one client did: its lines in plaintext and under TLS, the mails that it may count as accepted.

    `begun` are the recipients for whom any octet of a body came; `mixed` are lines that fell into the transaction of
    another mail, if a body came into it all the same.
    """

    plaintext: list[bytes] = field(default_factory=list)
    under_tls: list[bytes] = field(default_factory=list)
    mails: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)
    begun: list[bytes] = field(default_factory=list)
    mixed: list[bytes] = field(default_factory=list)
    phases: Counter[str] = field(default_factory=Counter)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def verbs(self) -> list[str]:
        """The first words of all that was said."""
        return [line.split(b" ")[0].strip().decode("latin-1") for line in self.plaintext + self.under_tls]


class ScriptedServer:
    """`async with ScriptedServer({"RCPT": "hang"})`: faults are the words of `_Talk.misbehave`, or a reply.

    "RCPT" has its fault each time, "RCPT#2" only the second time on a connection. An answer takes up to `pace`
    seconds; while `gate` is cleared, none comes to the end of a mail, or in the phase `gate_at`. `gullible` opens DATA
    where no recipient was taken, as RFC 2920 section 3.1 allows.
    """

    def __init__(
        self,
        faults: dict[str, str] | None = None,
        *,
        offers: tuple[str, ...] = ("SIZE 35882577", "ENHANCEDSTATUSCODES", "8BITMIME"),
        certificate: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        pace: float = 0,
        gullible: bool = False,
        gate_at: str = "end of data",
    ) -> None:
        self.faults = faults or {}
        self.pace, self.gullible = pace, gullible
        self.offers, self.certificate, self.implicit_tls = offers, certificate, implicit_tls
        self.visits: list[Visit] = []
        self.reached: dict[str, asyncio.Event] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.gate_at = gate_at
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

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

    def say(self, line: str) -> None:
        """Say something that nobody asked for, on every connection."""
        for writer in self._writers:
            writer.write(line.encode() + b"\r\n")

    def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = Visit()
        self.visits.append(visit)
        self._writers.append(writer)
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
    strangers: list[bytes] = field(default_factory=list)

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
            self.strangers += [line] if self.sender else []
            nested = "503 5.5.1 nested MAIL" if self.sender and not self.server.gullible else ""
            if await self.answer(verb, nested) // 100 == 2:
                self.sender = line
        elif verb == "RCPT":
            self.strangers += [line] if self.recipient else []
            if await self.answer(verb, "" if self.sender else "503 5.5.1 MAIL first") // 100 == 2:
                self.recipient = line
        elif verb == "DATA":
            opens = self.recipient or self.server.gullible
            if await self.answer("DATA", "" if opens else "554 5.5.1 no valid recipients") == 354:
                await self.take_the_body()
        elif verb == "RSET":
            if await self.answer(verb) == 250:
                self.clear()
        elif verb in WELL:
            await self.answer(verb)
        return verb != "QUIT"

    def clear(self) -> None:
        self.sender = self.recipient = b""
        self.strangers.clear()

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
        sender, recipient = self.sender, self.recipient
        while (line := await self.reader.readuntil(b"\r\n")) != b".\r\n":
            if not body:
                self.visit.begun.append(recipient)
                self.visit.mixed += self.strangers
            body += line[1:] if line.startswith(b".") else line
        self.clear()
        if await self.answer("end of data") == 250 and (recipient or body):
            self.visit.mails.append((sender, recipient, body))

    async def answer(self, phase: str, well: str = "") -> int:
        """Reply in this phase, with its fault if it has one; returns the code that was meant."""
        well = well or WELL[phase]
        self.visit.phases[phase] += 1
        numbered = f"{phase}#{self.visit.phases[phase]}"
        self.server.at(phase).set()
        self.server.at(numbered).set()
        fault = self.server.faults.get(numbered, self.server.faults.get(phase))
        if self.server.pace:
            await asyncio.sleep(random.uniform(0, self.server.pace))
        if phase == self.server.gate_at:
            await self.server.gate.wait()
        if fault == "late":  # longer than the other answers
            await asyncio.sleep(0.6)
            fault = None
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
            case "endless":  # a line that goes on and on
                self.writer.write(b"250-" + b"." * 20_000)
                await self.hear_no_more()
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


def pem_of(names: list[x509.GeneralName], folder: Path) -> tuple[Path, ssl.SSLContext]:
    """An authority of its own (its PEM file) and a server's context with a certificate for these names."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


@functools.cache
def _loopback() -> tuple[tempfile.TemporaryDirectory[str], Path, ssl.SSLContext]:
    folder = tempfile.TemporaryDirectory()
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return folder, *pem_of(names, Path(folder.name))


_trusting: list[str | None] = []  # what was trusted before, for each that entered


@contextlib.contextmanager
def trusted_certificate() -> Iterator[ssl.SSLContext]:
    """A server's certificate for 127.0.0.1, by an authority that this process trusts meanwhile, and no other.

    May be entered many times at once.
    """
    _, authority, context = _loopback()
    _trusting.append(os.environ.get("SSL_CERT_FILE") if not _trusting else _trusting[0])
    os.environ["SSL_CERT_FILE"] = str(authority)
    try:
        yield context
    finally:
        before = _trusting.pop()
        if not _trusting:
            del os.environ["SSL_CERT_FILE"]
            os.environ |= {"SSL_CERT_FILE": before} if before is not None else {}
