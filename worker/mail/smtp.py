"""The relay: connections, the phases of a mail on its way, and what truly became of it (RFC 5321).

A mail is in the relay's hands from the moment its last line was written, whatever we hear afterwards, so the
phase is kept here. aiosmtplib greets, encrypts and logs in; from then on the connection is ours: it would read a
stray answer as that to the next command, and knows no pipelining.
"""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import aiosmtplib

from worker.mail.outcomes import (
    Gibberish,
    Kind,
    OursToMend,
    Outcome,
    Phase,
    answered,
    broken_off,
    left_in_doubt,
    unreachable,
)
from worker.mail.relay import Relay, ascii_domain, tls_context


@dataclass(frozen=True, slots=True)
class Offer:
    """One mail for the relay."""

    envelope_sender: str
    recipient: str
    message: bytes
    envid: str | None = None  # names the mail in a report of its failure, where the relay offers DSN (RFC 3461)


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for a whole answer, however slowly it drips."""

    connect: float = 15  # TCP and TLS; then as long again for the greeting
    command: float = 60
    end_of_data: float = 300  # writing the body included
    reset: float = 5  # RSET and QUIT: courtesies, for which nobody waits


class Connection:
    """One connection to the relay: opened once, one mail at a time, never used again after any confusion."""

    def __init__(
        self, relay: Relay, *, helo_name: str = "localhost.localdomain", timeouts: Timeouts | None = None
    ) -> None:
        """Prepare; nothing connects before `open`. EHLO tells `helo_name`, and never this machine's name."""
        self._relay = relay
        self._helo_name = ascii_domain(helo_name) or "localhost.localdomain"
        self._timeouts = timeouts or Timeouts()
        self._client: aiosmtplib.SMTP | None = None  # until the login is over
        self._transport: asyncio.BaseTransport | None = None
        self._wire: _Wire | None = None  # from then on
        self._extensions: frozenset[str] = frozenset()
        self._phase = Phase.GREETING
        self._begun = self._busy = False

    @property
    def usable(self) -> bool:
        """Whether the next mail may go this way."""
        return self._wire is not None and self._wire.broken is None

    async def open(self) -> Outcome | None:
        """Greet, encrypt and log in; None when ready, else the outcome of each mail that waits for it.

        A server without STARTTLS, where it is demanded, gets EHLO and nothing more: no login and no mail.
        """
        if self._begun:
            raise RuntimeError("a connection is opened once; make a new one")
        self._begun = True
        try:
            await self._introduce_ourselves()
        except (aiosmtplib.SMTPException, OSError, UnicodeError) as error:
            self._discard()
            return unreachable(self._phase, error)
        except BaseException:
            self._discard()
            raise
        return None

    async def send(self, offer: Offer, before_data: Callable[[], Awaitable[bool]] | None = None) -> Outcome:
        """Offer one mail and return what became of it; network and relay raise nothing here.

        `before_data` is awaited when the recipient is accepted and before DATA: False calls the mail back.
        A cancellation, or an error in `before_data`, goes through and ends the connection; if the body was
        being written, whoever cancelled does not know what became of the mail.
        Raises ValueError for a message that is not 7-bit (we never ask for 8BITMIME).
        """
        if self._busy:
            raise RuntimeError("one mail at a time on a connection")
        self._phase, wire = Phase.MAIL, self._wire
        mail = self._prepare(offer)
        if wire is None or wire.broken is not None:
            return Outcome(Kind.NOT_CONNECTED, Phase.MAIL, "the connection to the relay is not open")
        if isinstance(mail, Outcome):
            return mail
        self._busy = True
        try:
            return await self._offer(wire, mail, before_data)
        except _Broken as broken:
            return broken_off(self._phase, broken.reason)
        except BaseException:
            wire.hang_up()
            raise
        finally:
            self._busy = False

    async def send_in_a_row(self, take: Callable[[], Offer | None], done: Callable[[Offer, Outcome], None]) -> None:
        """Send what `take` gives, until it gives None or the connection is of no more use.

        `done` is called once a mail, in order, as soon as its outcome is known. A mail that was taken and for
        which it was not called was never given a body: nothing of it travelled, whatever happened.
        A cancellation, or an error in `done`, goes through and ends the connection; an error in `take`, and
        ValueError for a message that is not 7-bit, is raised when the mail under way is done.
        """
        if self._busy:
            raise RuntimeError("one mail at a time on a connection")
        if "pipelining" not in self._extensions:
            while self.usable and (offer := take()) is not None:
                await self._send_and_tell(offer, done)
        elif self._wire is not None and self.usable:
            self._busy = True
            try:
                await _Row(self._wire, self._timeouts, self._prepare, take, done).run()
            finally:
                self._busy = False

    async def close(self) -> None:
        """Say QUIT if the relay still listens, and hang up; idempotent."""
        try:
            if self._wire is not None and not self._busy:
                await self._wire.ask(b"QUIT\r\n", self._timeouts.reset)
        except _Broken:
            pass
        finally:
            self._discard()

    async def _introduce_ourselves(self) -> None:
        relay, wait = self._relay, self._timeouts
        # Loading the authorities reads files for some 20 ms: not on the loop that other connections share.
        context = None if relay.security == "plain" else await asyncio.to_thread(tls_context)
        self._client = client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=self._helo_name,
            use_tls=relay.security == "tls",
            start_tls=False,
            tls_context=context,
            timeout=wait.command,
        )
        await client.connect(timeout=wait.connect)
        self._transport = client.transport
        await self._say_hello(client)
        if relay.security == "starttls":
            await self._encrypt(client)
            # What was said in plaintext counts no more (RFC 3207 section 4.2).
            await self._say_hello(client)
        if relay.username is not None:
            await self._log_in(client)
        self._take_over(client)

    async def _say_hello(self, client: aiosmtplib.SMTP) -> None:
        self._phase = Phase.EHLO
        await client.ehlo()

    async def _encrypt(self, client: aiosmtplib.SMTP) -> None:
        self._phase = Phase.STARTTLS
        if not client.supports_extension("starttls"):
            raise OursToMend("the relay offers no STARTTLS, so it got neither login nor mail")
        await client.starttls()
        self._transport = client.transport

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        """Try one mechanism, once: a wrong password tried in three ways locks an account thrice as fast."""
        self._phase = Phase.AUTH
        username, password = self._relay.username or "", self._relay.password or ""
        offered = set(client.supported_auth_methods)
        in_clear = self._relay.security == "plain"
        if "cram-md5" in offered and (in_clear or offered == {"cram-md5"}):
            await client.auth_crammd5(username, password)
        elif "plain" in offered:
            await client.auth_plain(username, password)
        elif "login" in offered:
            await client.auth_login(username, password)
        else:
            raise OursToMend("the relay offers no login that we know (PLAIN, LOGIN, CRAM-MD5)")

    def _take_over(self, client: aiosmtplib.SMTP) -> None:
        """Hear the relay ourselves from now on; aiosmtplib has done its part and is let go."""
        if client.transport is None or client.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("lost")
        # What it has not read would be taken for the answer to our next command. It has no public way to ask.
        if client.protocol._buffer:
            raise Gibberish("one answer too many")
        known = ("dsn", "pipelining", "size", "smtputf8")
        self._extensions = frozenset(name for name in known if client.supports_extension(name))
        transport = cast(asyncio.Transport, client.transport)
        self._wire = _Wire(transport)
        transport.set_protocol(self._wire)
        self._client = self._transport = None

    async def _send_and_tell(self, offer: Offer, done: Callable[[Offer, Outcome], None]) -> None:
        try:
            outcome = await self.send(offer)
        except BaseException:
            if self._phase is Phase.END_OF_DATA:
                done(offer, left_in_doubt())
            raise
        done(offer, outcome)

    async def _offer(self, wire: "_Wire", mail: "_Mail", before_data: Callable[[], Awaitable[bool]] | None) -> Outcome:
        recipient, wait = mail.offer.recipient, self._timeouts
        for phase, command in ((Phase.MAIL, mail.mail), (Phase.RCPT, mail.rcpt)):
            self._phase = phase
            answer = await wire.ask(command, wait.command)
            if answer.code // 100 != 2:
                await self._reset(wire)
                return answered(phase, answer, recipient)
        if before_data is not None:
            wire.raise_if_broken()
            if not await before_data():
                await self._reset(wire)
                return Outcome(Kind.CANCELLED, Phase.RCPT, "called back before it left")
        self._phase = Phase.DATA
        answer = await wire.ask(_DATA, wait.command, wanted=3)
        if answer.code // 100 != 3:
            await self._reset(wire)
            return answered(Phase.DATA, answer, recipient)
        wire.write(mail.body)
        self._phase = Phase.END_OF_DATA
        answer = await wire.answer(wait.end_of_data)
        # No RSET: the end of data clears the buffers, whatever the answer (RFC 5321 section 4.1.1.4).
        return answered(Phase.END_OF_DATA, answer, recipient)

    async def _reset(self, wire: "_Wire") -> None:
        """Clear the envelope; a relay that does not do so at once, or said 421, gets no other mail this way."""
        try:
            answer = await wire.ask(_RSET, self._timeouts.reset)
        except _Broken:
            return
        if answer.code // 100 != 2:
            wire.hang_up()

    def _prepare(self, offer: Offer) -> "_Mail | Outcome":
        """The mail as the relay wants it, or why it cannot be offered to it."""
        if not offer.message.isascii():
            raise ValueError("a message must be 7-bit")
        reverse = _mailbox(offer.envelope_sender) if offer.envelope_sender else ""
        forward = _mailbox(offer.recipient)
        smtputf8 = "smtputf8" in self._extensions
        if reverse is None or not (smtputf8 or reverse.isascii()):
            said = "our own sender is not an address that the relay can take"
            return Outcome(Kind.NOT_CONNECTED, Phase.MAIL, said, status="5.1.7", fault="relay")
        if forward is None:
            return Outcome(Kind.REFUSED, Phase.RCPT, "this is not a mail address", status="5.1.3")
        if not (smtputf8 or forward.isascii()):
            said = "the relay takes only unaccented Latin letters before the @ (it offers no SMTPUTF8)"
            return Outcome(Kind.REFUSED, Phase.RCPT, said, status="5.6.7")
        body = on_the_wire(offer.message)
        mail, rcpt = f"MAIL FROM:<{reverse}>", f"RCPT TO:<{forward}>"
        if "size" in self._extensions:
            mail += f" SIZE={len(body)}"
        if not (reverse.isascii() and forward.isascii()):
            mail += " SMTPUTF8"
        if offer.envid is not None and "dsn" in self._extensions:
            mail += f" RET=HDRS ENVID={_xtext(offer.envid)}"
            rcpt += " NOTIFY=FAILURE"
        return _Mail(offer, f"{mail}\r\n".encode(), f"{rcpt}\r\n".encode(), body)

    def _discard(self) -> None:
        """Hang up at once. A polite close would first flush its buffer, and a cancelled mail would go out."""
        if self._wire is not None:
            self._wire.hang_up()
        transport = (self._client.transport if self._client else None) or self._transport
        if transport is not None:
            cast(asyncio.WriteTransport, transport).abort()
        if self._client is not None:
            self._client.close()
        self._client = self._transport = self._wire = None


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail as the relay wants it: whole lines, the body with its closing dot."""

    offer: Offer
    mail: bytes
    rcpt: bytes
    body: bytes


_DATA, _RSET, _LONE_DOT = b"DATA\r\n", b"RSET\r\n", b".\r\n"


class _Row:
    """Mails one behind the other, each in one round trip, where the relay offers PIPELINING (RFC 2920).

        one write of ours                         the relay's answers to it
        MAIL RCPT DATA                            250 250 354
        body, dot, and MAIL RCPT DATA             250, and 250 250 354
        body, dot                                 250

    The envelope of the next mail rides behind whatever ends the one before: its body and dot; a lone dot, if DATA
    was opened though the envelope was refused (section 3.1); RSET, if DATA was refused too. A body is written only
    after the three answers to its own envelope were read, were good, and nothing came behind them.

    What happens to the connection happens to the mail whose answer is awaited. Of the one that rides behind
    it, nothing was told and nothing has travelled but its envelope: its giver will not hear of it.
    """

    def __init__(
        self,
        wire: "_Wire",
        timeouts: Timeouts,
        prepare: Callable[[Offer], _Mail | Outcome],
        take: Callable[[], Offer | None],
        done: Callable[[Offer, Outcome], None],
    ) -> None:
        self._wire, self._timeouts = wire, timeouts
        self._prepare, self._take, self._done = prepare, take, done
        self._under_way: Offer | None = None  # whose answers are awaited, until its outcome is known
        self._unfit: list[tuple[Offer, Outcome]] = []  # taken behind it and not to be offered: they wait their turn
        self._no_more: Exception | None = None  # an error of `take`, kept until the mail under way is done
        self._phase = Phase.MAIL

    async def run(self) -> None:
        try:
            mail = self._next_mail()
            if mail is not None:
                self._write_envelope_behind(b"", mail)
            while mail is not None:
                mail = await self._finish(mail)
        except _Broken as broken:
            if self._under_way is not None:
                self._tell(broken_off(self._phase, broken.reason))
        except BaseException:
            self._wire.hang_up()
            if self._under_way is not None and self._phase is Phase.END_OF_DATA:
                self._tell(left_in_doubt())
            raise
        if self._no_more is not None:
            raise self._no_more

    async def _finish(self, mail: _Mail) -> _Mail | None:
        """Lead a mail, whose envelope was written, to its end; returns the next, whose envelope then is."""
        self._under_way = mail.offer
        opened = await self._hear_envelope(mail)
        if self._under_way is None:
            return await self._clear_away(opened)
        following = self._next_mail()
        self._write_envelope_behind(mail.body, following)
        self._phase = Phase.END_OF_DATA
        answer = await self._wire.answer(self._timeouts.end_of_data)
        self._tell(answered(Phase.END_OF_DATA, answer, mail.offer.recipient))
        return following if answer.code != 421 else None

    async def _hear_envelope(self, mail: _Mail) -> bool:
        """Read the answers to MAIL, RCPT and DATA, tell of the first refusal; returns whether DATA was opened."""
        opened = False
        for phase, wanted in ((Phase.MAIL, 2), (Phase.RCPT, 2), (Phase.DATA, 3)):
            self._phase = phase
            answer = await self._wire.answer(self._timeouts.command, wanted)
            opened = answer.code // 100 == wanted
            if not opened and self._under_way is not None:
                self._tell(answered(phase, answer, mail.offer.recipient))
            elif opened and phase is Phase.RCPT and self._under_way is None:
                # A dot would now send this recipient an empty mail.
                raise self._wire.confused("a recipient was taken, and no sender")
        return opened

    async def _clear_away(self, opened: bool) -> _Mail | None:
        """Leave nothing of a refused mail behind; returns the next, whose envelope rides along."""
        following = self._next_mail()
        self._write_envelope_behind(_LONE_DOT if opened else _RSET, following)
        answer = await self._wire.answer(self._timeouts.reset)
        if not opened and answer.code // 100 != 2:
            raise self._wire.confused("the envelope was not cleared")
        return following if answer.code != 421 else None

    def _next_mail(self) -> _Mail | None:
        try:
            while self._no_more is None and (offer := self._take()) is not None:
                mail = self._prepare(offer)
                if isinstance(mail, _Mail):
                    return mail
                self._unfit.append((offer, mail))
                if self._under_way is None:
                    self._tell_unfit()
        except Exception as error:
            self._no_more = error
        return None

    def _write_envelope_behind(self, ending: bytes, mail: _Mail | None) -> None:
        commands = (ending,) if mail is None else (ending, mail.mail, mail.rcpt, _DATA)
        self._wire.write(b"".join(commands), answers=bool(ending) + (3 if mail else 0))

    def _tell(self, outcome: Outcome) -> None:
        offer, self._under_way = self._under_way, None
        if offer is not None:
            self._done(offer, outcome)
        self._tell_unfit()

    def _tell_unfit(self) -> None:
        while self._unfit:
            self._done(*self._unfit.pop(0))


class _Broken(Exception):
    """The wire is of no more use."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


_LONGEST_ANSWER = 8192  # octets; a line may have 512 (RFC 5321 section 4.5.3.1.5)
_REPLY_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\r?", re.DOTALL)


class _Wire(asyncio.BufferedProtocol):
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
        self._alarm: asyncio.TimerHandle | None = None

    def write(self, lines: bytes, answers: int = 1) -> None:
        """Write commands to which so many answers will come. Raises _Broken, and has then written nothing."""
        self.raise_if_broken()
        self._owed += answers
        self._transport.write(lines)

    async def answer(self, within: float, wanted: int = 2) -> aiosmtplib.SMTPResponse:
        """The next answer, whole within so many seconds; its first digit is the one wanted, 4 or 5. Raises _Broken."""
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
        """Write one command and return its answer. Raises _Broken."""
        self.write(command)
        return await self.answer(within, wanted)

    def raise_if_broken(self) -> None:
        """Raise _Broken if the relay hung up, or said anything that it should not have said."""
        if self.broken is not None:
            raise _Broken(self.broken)

    def confused(self, why: str) -> _Broken:
        """Break, and return the error to raise: this answer has no place here."""
        reason = Gibberish(why)
        self._break(reason)
        return _Broken(reason)

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
        if len(self._rest) > _LONGEST_ANSWER:
            self._break(Gibberish("a line too long"))
        if self._answers:
            self._wake_up()

    def eof_received(self) -> None:
        self._break(ConnectionResetError("the relay hung up"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._break(exc or ConnectionResetError("the connection was lost"))

    def _hear(self, line: bytes) -> None:
        found = _REPLY_LINE.fullmatch(line)
        if found is None:
            self._break(Gibberish("not an answer"))
        elif self._owed == 0:
            self._break(Gibberish("one answer too many"))
        elif self._lines and found[1] != self._code:
            self._break(Gibberish("two codes in one answer"))
        else:
            self._code = found[1]
            self._lines.append((found[3] or b"").strip())
            self._octets += len(line) + 1
            if self._octets > _LONGEST_ANSWER:
                self._break(Gibberish("an answer too long"))
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
        """Set the deadline; the alarm follows it when it rings, and is touched before only to ring earlier."""
        self._deadline = self._loop.time() + seconds
        if self._alarm is None or self._alarm.when() > self._deadline:
            if self._alarm is not None:
                self._alarm.cancel()
            self._alarm = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._deadline:
            self._alarm = self._loop.call_at(self._deadline, self._ring)
        else:
            self._break(TimeoutError("no answer in time"))

    def _break(self, reason: Exception) -> None:
        if self.broken is None:
            self.broken = reason
            self._transport.abort()
            if self._alarm is not None:
                self._alarm.cancel()
            self._wake_up()


def on_the_wire(message: bytes) -> bytes:
    """Write a message as DATA wants it: CRLF, leading dots doubled, a closing dot (RFC 5321 4.5.2)."""
    # What we compose has its CRLF already, and counting is ten times as fast as a pattern.
    if not message.count(b"\n") == message.count(b"\r") == message.count(b"\r\n"):
        message = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    if message.startswith(b"."):
        message = b"." + message
    if b"\r\n." in message:
        message = message.replace(b"\r\n.", b"\r\n..")
    return message + (b".\r\n" if message.endswith(b"\r\n") else b"\r\n.\r\n")


def _xtext(text: str) -> str:
    """Any text as the value of a parameter (RFC 3461 section 4)."""
    return "".join(chr(o) if 33 <= o <= 126 and o not in b"+=" else f"+{o:02X}" for o in text.encode())


_ATOMS = re.compile(r'[^\s"<>@\\(),:;\[\]\x00-\x20\x7f-\x9f\ud800-\udfff]+')
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|\\[\x20-\x7e])*"')


def _mailbox(address: str) -> str | None:
    """The address as the envelope wants it, or None; nothing in it can end the command or add a parameter."""
    local, _, domain = address.rpartition("@")
    encoded = ascii_domain(domain)
    if encoded is None or not (_ATOMS.fullmatch(local) or _QUOTED.fullmatch(local)):
        return None
    return f"{local}@{encoded}"
