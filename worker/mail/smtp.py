"""The relay: connections, the phases of a mail on its way, and what truly became of it (RFC 5321).

A mail is in the relay's hands from the moment its last line was written, whatever we hear afterwards.
aiosmtplib raises the same error before and after that moment, so the phase is kept here.
"""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import aiosmtplib

from worker.mail.outcomes import Gibberish, Kind, OursToMend, Outcome, Phase, answered, broken_off, unreachable
from worker.mail.relay import Relay, ascii_domain, tls_context

_T = TypeVar("_T")


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
        self._client: aiosmtplib.SMTP | None = None
        self._transport: asyncio.BaseTransport | None = None
        self._phase = Phase.GREETING
        self._begun = self._busy = self._ready = False

    @property
    def usable(self) -> bool:
        """Whether the next mail may go this way."""
        return self._ready and self._client is not None and self._client.is_connected

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
        self._ready = True
        return None

    async def send(
        self,
        envelope_sender: str,
        recipient: str,
        message: bytes,
        before_data: Callable[[], Awaitable[bool]] | None = None,
    ) -> Outcome:
        """Offer one mail and return what became of it; network and relay raise nothing here.

        `before_data` is awaited when the recipient is accepted and before DATA: False calls the mail back.
        A cancellation, or an error in `before_data`, goes through and ends the connection; if the body was
        being written, whoever cancelled does not know what became of the mail.
        Raises ValueError for a message that is not 7-bit (we never ask for 8BITMIME).
        """
        if self._busy:
            raise RuntimeError("one mail at a time on a connection")
        if not message.isascii():
            raise ValueError("a message must be 7-bit")
        if not self.usable:
            self._discard()
            return Outcome(Kind.NOT_CONNECTED, Phase.MAIL, "the connection to the relay is not open")
        body = on_the_wire(message)
        envelope = self._envelope(envelope_sender, recipient, len(body))
        if isinstance(envelope, Outcome):
            return envelope
        self._busy = True
        try:
            outcome = await self._listening(self._offer(envelope, recipient))
            if outcome is not None:
                return outcome
            if before_data is not None and not await before_data():
                await self._reset()
                return Outcome(Kind.CANCELLED, Phase.RCPT, "called back before it left")
            return await self._listening(self._deliver(body, recipient))
        except BaseException:
            self._discard()
            raise
        finally:
            self._busy = False

    async def close(self) -> None:
        """Say QUIT if the relay still listens, and hang up; idempotent."""
        try:
            if self.usable and not self._busy and self._client is not None:
                with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                    await self._client.execute_command(b"QUIT", timeout=self._timeouts.reset)
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
        self._expect_silence()

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

    async def _listening(self, step: Awaitable[_T]) -> _T | Outcome:
        """Turn what the network does in this step into an outcome; errors of `before_data` stay errors."""
        try:
            return await step
        except (aiosmtplib.SMTPException, OSError) as error:
            self._discard()
            return broken_off(self._phase, error)

    async def _offer(self, envelope: "_Envelope", recipient: str) -> Outcome | None:
        for phase, command in ((Phase.MAIL, envelope.mail), (Phase.RCPT, envelope.rcpt)):
            self._phase = phase
            answer = await self._ask(2, *command)
            if answer.code // 100 != 2:
                return await self._turned_down(answer, recipient)
        return None

    async def _deliver(self, body: bytes, recipient: str) -> Outcome:
        self._phase = Phase.DATA
        answer = await self._ask(3, b"DATA")
        if answer.code // 100 != 3:
            return await self._turned_down(answer, recipient)
        return await self._hand_over(body, recipient)

    async def _hand_over(self, body: bytes, recipient: str) -> Outcome:
        """Write the body and wait for the answer that decides; from here on, silence is doubt.

        421 here is a refusal to take the mail, as any other 4xx: "the command was not accepted, and the
        requested action did not occur" (RFC 5321 section 4.2.1); only the connection is of no more use.
        """
        protocol = self._client.protocol if self._client else None
        if protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("lost")
        # execute_command takes one line, so the body goes by the protocol; a write that raises wrote nothing.
        protocol.write(body)
        self._phase = Phase.END_OF_DATA
        answer = await protocol.read_response(timeout=self._timeouts.end_of_data)
        if answer.code // 100 not in {2, 4, 5}:
            raise Gibberish("not an answer to the end of data")
        if answer.code == 421 or self._speaks_out_of_turn():
            self._discard()
        # No RSET: the end of data clears the buffers, whatever the answer (RFC 5321 section 4.1.1.4).
        return answered(self._phase, answer, recipient)

    async def _turned_down(self, answer: aiosmtplib.SMTPResponse, recipient: str) -> Outcome:
        await self._reset()
        return answered(self._phase, answer, recipient)

    async def _reset(self) -> None:
        """Clear the envelope; a relay that does not do so at once, or said 421, gets no other mail this way."""
        try:
            answer = await self._ask(2, b"RSET", timeout=self._timeouts.reset)
        except (aiosmtplib.SMTPException, OSError):
            self._discard()
        else:
            if answer.code // 100 != 2:
                self._discard()

    async def _ask(self, wanted: int, *command: bytes, timeout: float | None = None) -> aiosmtplib.SMTPResponse:
        """Return an answer that begins with `wanted`, 4 or 5: one digit decides (RFC 5321 section 4.2.1)."""
        if self._client is None:
            raise aiosmtplib.SMTPServerDisconnected("closed")
        answer = await self._client.execute_command(*command, timeout=timeout or self._timeouts.command)
        if answer.code // 100 not in {wanted, 4, 5}:
            raise Gibberish("not an answer to this command")
        self._expect_silence()
        return answer

    def _expect_silence(self) -> None:
        if self._speaks_out_of_turn():
            raise Gibberish("one answer too many")

    def _speaks_out_of_turn(self) -> bool:
        """Whether bytes are left behind the answer just read.

        aiosmtplib would take them for the answer to the next command: a 250 that came with the 354 would make
        a refused mail "sent". It has no public way to ask.
        """
        return bool(self._client and self._client.protocol and self._client.protocol._buffer)

    def _envelope(self, sender: str, recipient: str, octets: int) -> "_Envelope | Outcome":
        """The commands of a transaction, or why there can be none."""
        client = cast(aiosmtplib.SMTP, self._client)
        reverse, forward = _mailbox(sender) if sender else "", _mailbox(recipient)
        smtputf8 = client.supports_extension("smtputf8")
        if reverse is None or not (smtputf8 or reverse.isascii()):
            said = "our own sender is not an address that the relay can take"
            return Outcome(Kind.NOT_CONNECTED, Phase.MAIL, said, status="5.1.7", fault="relay")
        if forward is None:
            return Outcome(Kind.REFUSED, Phase.RCPT, "this is not a mail address", status="5.1.3")
        if not (smtputf8 or forward.isascii()):
            said = "the relay takes only unaccented Latin letters before the @ (it offers no SMTPUTF8)"
            return Outcome(Kind.REFUSED, Phase.RCPT, said, status="5.6.7")
        mail = [b"MAIL", f"FROM:<{reverse}>".encode()]
        if client.supports_extension("size"):
            mail.append(b"SIZE=%d" % octets)
        if not (reverse + forward).isascii():
            mail.append(b"SMTPUTF8")
        return _Envelope(mail, [b"RCPT", f"TO:<{forward}>".encode()])

    def _discard(self) -> None:
        """Hang up at once. A polite close would first flush its buffer, and a cancelled mail would go out."""
        self._ready = False
        transport = (self._client.transport if self._client else None) or self._transport
        if transport is not None:
            cast(asyncio.WriteTransport, transport).abort()
        if self._client is not None:
            self._client.close()
        self._client = self._transport = None


@dataclass(frozen=True)
class _Envelope:
    mail: Sequence[bytes]
    rcpt: Sequence[bytes]


def on_the_wire(message: bytes) -> bytes:
    """Write a message as DATA wants it: CRLF, leading dots doubled, a closing dot (RFC 5321 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..") + b".\r\n"


_ATOMS = re.compile(r'[^\s"<>@\\(),:;\[\]\x00-\x20\x7f-\x9f\ud800-\udfff]+')
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|\\[\x20-\x7e])*"')


def _mailbox(address: str) -> str | None:
    """The address as the envelope wants it, or None; nothing in it can end the command or add a parameter."""
    local, _, domain = address.rpartition("@")
    encoded = ascii_domain(domain)
    if encoded is None or not (_ATOMS.fullmatch(local) or _QUOTED.fullmatch(local)):
        return None
    return f"{local}@{encoded}"
