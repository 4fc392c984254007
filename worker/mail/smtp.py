"""The relay: connections, the phases of a mail on its way, and what truly became of it (RFC 5321).

A mail is in the relay's hands from the moment its last line was written, whatever we hear afterwards, so the
phase is kept here. aiosmtplib greets, encrypts and logs in; from then on the connection is ours: it would read a
stray answer as that to the next command, and knows no pipelining.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import aiosmtplib

from worker.mail import smtp_wire
from worker.mail.outcomes import Kind, Outcome, Phase
from worker.mail.relay_answers import (
    ProtocolError,
    RelayMisconfigured,
    answered,
    broken_off,
    outcome_unknown,
    unreachable,
)
from worker.mail.relay_url import Relay
from worker.mail.server_url import ascii_domain, tls_context
from worker.mail.smtp_pipeline import Pipeline
from worker.mail.smtp_wire import DATA, RSET, Broken, Offer, PreparedMail, Timeouts, Wire


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
        self._wire: Wire | None = None  # from then on
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

    @property
    def pipelines(self) -> bool:
        """Whether the next envelope rides behind a mail."""
        return "pipelining" in self._extensions

    async def send(
        self,
        offer: Offer,
        before_data: Callable[[], Awaitable[bool]] | None = None,
        *,
        begun: Callable[[], None] = lambda: None,
    ) -> Outcome:
        """Offer one mail and return what became of it; network and relay raise nothing here.

        `before_data` is awaited when the recipient is accepted and before DATA: False calls the mail back. `begun` is
        called as soon as the body is on its way.
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
            return await self._offer(wire, mail, before_data, begun)
        except Broken as broken:
            return broken_off(self._phase, broken.reason)
        except BaseException:
            wire.hang_up()
            raise
        finally:
            self._busy = False

    async def send_pipelined(
        self,
        take: Callable[[], Offer | None],
        done: Callable[[Offer, Outcome], None],
        begun: Callable[[], None] = lambda: None,
    ) -> None:
        """Send what `take` gives, until it gives None or the connection is of no more use.

        `done` is called once a mail, in order, as soon as its outcome is known. A mail that was taken and for
        which it was not called was never given a body: nothing of it travelled, whatever happened. Where the relay
        does not pipeline, `begun` is called as soon as a body is on its way.
        A cancellation, or an error in `done`, goes through and ends the connection; an error in `take`, and
        ValueError for a message that is not 7-bit, is raised when the mail under way is done.
        """
        if self._busy:
            raise RuntimeError("one mail at a time on a connection")
        if not self.pipelines:
            while self.usable and (offer := take()) is not None:
                await self._send_and_tell(offer, done, begun)
        elif self._wire is not None and self.usable:
            self._busy = True
            try:
                await Pipeline(self._wire, self._timeouts, self._prepare, take, done).run()
            finally:
                self._busy = False

    async def close(self) -> None:
        """Say QUIT if the relay still listens, and hang up; idempotent."""
        try:
            if self._wire is not None and not self._busy:
                await self._wire.ask(b"QUIT\r\n", self._timeouts.reset)
        except Broken:
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
            raise RelayMisconfigured("the relay offers no STARTTLS, so it got neither login nor mail")
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
            raise RelayMisconfigured("the relay offers no login that we know (PLAIN, LOGIN, CRAM-MD5)")

    def _take_over(self, client: aiosmtplib.SMTP) -> None:
        """Hear the relay ourselves from now on; aiosmtplib has done its part and is let go."""
        if client.transport is None or client.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("lost")
        # What it has not read would be taken for the answer to our next command. It has no public way to ask.
        if client.protocol._buffer:
            raise ProtocolError("one answer too many")
        known = ("dsn", "pipelining", "size", "smtputf8")
        self._extensions = frozenset(name for name in known if client.supports_extension(name))
        transport = cast(asyncio.Transport, client.transport)
        self._wire = Wire(transport)
        transport.set_protocol(self._wire)
        self._client = self._transport = None

    async def _send_and_tell(
        self, offer: Offer, done: Callable[[Offer, Outcome], None], begun: Callable[[], None]
    ) -> None:
        try:
            outcome = await self.send(offer, begun=begun)
        except BaseException:
            if self._phase is Phase.END_OF_DATA:
                done(offer, outcome_unknown())
            raise
        done(offer, outcome)

    async def _offer(
        self,
        wire: "Wire",
        mail: "PreparedMail",
        before_data: Callable[[], Awaitable[bool]] | None,
        begun: Callable[[], None],
    ) -> Outcome:
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
                return Outcome(Kind.CANCELLED, Phase.RCPT, "called back before it was sent")
        self._phase = Phase.DATA
        answer = await wire.ask(DATA, wait.command, wanted=3)
        if answer.code // 100 != 3:
            await self._reset(wire)
            return answered(Phase.DATA, answer, recipient)
        wire.write(mail.body)
        self._phase = Phase.END_OF_DATA
        begun()
        answer = await wire.answer(wait.end_of_data)
        # No RSET: the end of data clears the buffers, whatever the answer (RFC 5321 section 4.1.1.4).
        return answered(Phase.END_OF_DATA, answer, recipient)

    async def _reset(self, wire: "Wire") -> None:
        """Clear the envelope; a relay that does not do so at once, or said 421, gets no other mail this way."""
        try:
            answer = await wire.ask(RSET, self._timeouts.reset)
        except Broken:
            return
        if answer.code // 100 != 2:
            wire.hang_up()

    def _prepare(self, offer: Offer) -> "PreparedMail | Outcome":
        """The mail as the relay wants it, or why it cannot be offered to it."""
        content = offer.content
        if not content.isascii():
            raise ValueError("a message must be 7-bit")
        reverse = smtp_wire.mailbox(offer.envelope_sender) if offer.envelope_sender else ""
        forward = smtp_wire.mailbox(offer.recipient)
        smtputf8 = "smtputf8" in self._extensions
        if reverse is None or not (smtputf8 or reverse.isascii()):
            said = "our own sender is not an address that the relay can take"
            return Outcome(Kind.NOT_CONNECTED, Phase.MAIL, said, status="5.1.7", fault="relay")
        if forward is None:
            return Outcome(Kind.REFUSED, Phase.RCPT, "this is not an email address", status="5.1.3")
        if not (smtputf8 or forward.isascii()):
            said = "the relay takes only unaccented Latin letters before the @ (it offers no SMTPUTF8)"
            return Outcome(Kind.REFUSED, Phase.RCPT, said, status="5.6.7")
        body = smtp_wire.dot_stuffed(content)
        mail, rcpt = f"MAIL FROM:<{reverse}>", f"RCPT TO:<{forward}>"
        if "size" in self._extensions:
            mail += f" SIZE={len(body)}"
        if not (reverse.isascii() and forward.isascii()):
            mail += " SMTPUTF8"
        if offer.envid is not None and "dsn" in self._extensions:
            mail += f" RET=HDRS ENVID={smtp_wire.xtext(offer.envid)}"
            rcpt += " NOTIFY=FAILURE"
        return PreparedMail(offer, f"{mail}\r\n".encode(), f"{rcpt}\r\n".encode(), body)

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
