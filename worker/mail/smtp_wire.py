"""SMTP on the wire: commands and whole answers in order, and the forms of a mail on its way (RFC 5321)."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass

import aiosmtplib

from worker.mail.relay_answers import ProtocolError
from worker.mail.server_url import ascii_domain


@dataclass(frozen=True, slots=True)
class Offer:
    """One mail for the relay."""

    envelope_sender: str
    recipient: str
    message: bytes | tuple[bytes, ...]  # parts may be shared by mails that wait; they are joined when it goes
    envid: str | None = None  # names the mail in a report of its failure, where the relay offers DSN (RFC 3461)

    @property
    def content(self) -> bytes:
        return self.message if isinstance(self.message, bytes) else b"".join(self.message)


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for a whole answer, however slowly it drips."""

    connect: float = 15  # TCP and TLS; then as long again for the greeting
    command: float = 60
    end_of_data: float = 300  # writing the body included
    reset: float = 5  # RSET and QUIT: courtesies, for which nobody waits


@dataclass(frozen=True, slots=True)
class PreparedMail:
    """A mail as the relay wants it: whole lines, the body with its closing dot."""

    offer: Offer
    mail: bytes
    rcpt: bytes
    body: bytes


DATA, RSET, LONE_DOT = b"DATA\r\n", b"RSET\r\n", b".\r\n"


class Broken(Exception):
    """The wire is of no more use."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


_MAX_ANSWER = 8192  # octets; a line may have 512 (RFC 5321 section 4.5.3.1.5)
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\r?", re.DOTALL)


class Wire(asyncio.BufferedProtocol):
    """Commands to the relay, and its answers in the same order (RFC 5321 section 4.2).

    It breaks for good, and hangs up, at the first thing that is not an answer we wait for: one that nobody asked
    for, one that is none, silence for too long, the end of the connection; and after 421, whose sender leaves.
    Answers that came whole before are still given out.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self.broken: Exception | None = None
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._inbox = memoryview(bytearray(4096))  # a plain Protocol gets a new quarter of a megabyte each time
        self._rest = b""  # of a line that has not come whole
        self._lines: list[bytes] = []  # of an answer that has not come whole
        self._code, self._octets = b"", 0  # of that answer
        self._answers: deque[aiosmtplib.SMTPResponse] = deque()  # that nobody read yet
        self._owed = 0  # answers to come
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def write(self, lines: bytes, answers: int = 1) -> None:
        """Write commands to which so many answers will come. Raises Broken, and has then written nothing."""
        self.raise_if_broken()
        self._owed += answers
        self._transport.write(lines)

    async def answer(self, within: float, wanted: int = 2) -> aiosmtplib.SMTPResponse:
        """The next answer, whole within so many seconds; its first digit is the one wanted, 4 or 5. Raises Broken."""
        if not self._answers:
            self.raise_if_broken()
            self._give_up_in(within)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
            if not self._answers:
                self.raise_if_broken()
        answer = self._answers.popleft()
        if answer.code // 100 not in {wanted, 4, 5}:
            raise self.confused("not an answer to this command")
        return answer

    async def ask(self, command: bytes, within: float, wanted: int = 2) -> aiosmtplib.SMTPResponse:
        """Write one command and return its answer. Raises Broken."""
        self.write(command)
        return await self.answer(within, wanted)

    def raise_if_broken(self) -> None:
        """Raise Broken if the relay hung up, or said anything that it should not have said."""
        if self.broken is not None:
            raise Broken(self.broken)

    def confused(self, why: str) -> Broken:
        """Break, and return the error to raise: this answer has no place here."""
        reason = ProtocolError(why)
        self._break(reason)
        return Broken(reason)

    def hang_up(self) -> None:
        """Drop what is not written yet: a polite close would flush it, and a cancelled mail would go out."""
        self._break(ConnectionAbortedError("we hung up"))

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._inbox

    def buffer_updated(self, nbytes: int) -> None:
        *lines, self._rest = (self._rest + self._inbox[:nbytes]).split(b"\n")
        for line in lines:
            if self.broken is None:
                self._hear(line)
        if len(self._rest) > _MAX_ANSWER:
            self._break(ProtocolError("a line too long"))
        if self._answers:
            self._wake_up()

    def eof_received(self) -> None:
        self._break(ConnectionResetError("the relay hung up"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._break(exc or ConnectionResetError("the connection was lost"))

    def _hear(self, line: bytes) -> None:
        found = _REPLY_LINE.fullmatch(line)
        if found is None:
            self._break(ProtocolError("not an answer"))
        elif self._owed == 0:
            self._break(ProtocolError("one answer too many"))
        elif self._lines and found[1] != self._code:
            self._break(ProtocolError("two codes in one answer"))
        else:
            self._code = found[1]
            self._lines.append((found[3] or b"").strip())
            self._octets += len(line) + 1
            if self._octets > _MAX_ANSWER:
                self._break(ProtocolError("an answer too long"))
            elif found[2] != b"-":
                self._end_of_answer()

    def _end_of_answer(self) -> None:
        message = b"\n".join(self._lines).decode("utf-8", "surrogateescape")
        self._lines.clear()
        self._octets = 0
        self._owed -= 1
        self._answers.append(aiosmtplib.SMTPResponse(int(self._code), message))
        if self._code == b"421":
            self._break(ConnectionResetError("the relay takes its leave"))

    def _wake_up(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _give_up_in(self, seconds: float) -> None:
        """Set the deadline; the timer follows it when it fires, and is touched before only to fire earlier."""
        self._deadline = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._timer_fired)
        else:
            self._break(TimeoutError("no answer in time"))

    def _break(self, reason: Exception) -> None:
        if self.broken is None:
            self.broken = reason
            self._transport.abort()
            if self._timer is not None:
                self._timer.cancel()
            self._wake_up()


def dot_stuffed(message: bytes) -> bytes:
    """Write a message as DATA wants it: CRLF, leading dots doubled, a closing dot (RFC 5321 4.5.2)."""
    # What we compose has its CRLF already, and counting is ten times as fast as a pattern.
    if not message.count(b"\n") == message.count(b"\r") == message.count(b"\r\n"):
        message = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    if message.startswith(b"."):
        message = b"." + message
    if b"\r\n." in message:
        message = message.replace(b"\r\n.", b"\r\n..")
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")


def xtext(text: str) -> str:
    """Any text as the value of a parameter (RFC 3461 section 4)."""
    return "".join(chr(o) if 33 <= o <= 126 and o not in b"+=" else f"+{o:02X}" for o in text.encode())


_ATOMS = re.compile(r'[^\s"<>@\\(),:;\[\]\x00-\x20\x7f-\x9f\ud800-\udfff]+')
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|\\[\x20-\x7e])*"')


def mailbox(address: str) -> str | None:
    """The address as the envelope wants it, or None; nothing in it can end the command or add a parameter."""
    local, _, domain = address.rpartition("@")
    encoded = ascii_domain(domain)
    if encoded is None or not (_ATOMS.fullmatch(local) or _QUOTED.fullmatch(local)):
        return None
    return f"{local}@{encoded}"
