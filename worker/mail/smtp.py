"""The relay: connections, the phases of a mail on its way, and what truly became of it (RFC 5321).

A mail is in the relay's hands from the moment its last line was written, whatever we hear afterwards.
aiosmtplib raises the same error before and after that moment, so the phase is kept here.
"""

import asyncio
import contextlib
import enum
import ipaddress
import re
import ssl
import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar, cast
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib
import idna

_T = TypeVar("_T")


class Kind(enum.Enum):
    """What became of a mail."""

    SENT = "sent"  # the relay took it: 2xx after the end of data
    DEFERRED = "deferred"  # not now: 4xx, or the connection broke before the body was written
    REFUSED = "refused"  # never: 5xx about this recipient or this message
    UNCERTAIN = "uncertain"  # the body was written and no answer came: the relay may have it
    NOT_CONNECTED = "not connected"  # nothing to do with this mail: no attempt is burnt
    CANCELLED = "cancelled"  # `before_data` said no; nothing was sent


class Phase(enum.Enum):
    """The step of RFC 5321 (3207, 4954) that was under way."""

    GREETING = "greeting"
    EHLO = "EHLO"
    STARTTLS = "STARTTLS"
    AUTH = "AUTH"
    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END_OF_DATA = "end of data"


_BEFORE_MAIL = {Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.AUTH}


@dataclass(frozen=True)
class Outcome:
    """What became of a mail, and the relay's answer, fit to be stored and shown: it holds no address.

    `code` and `status` (RFC 3463, such as "5.1.1") are None where the relay did not speak.
    `fault` is "relay" where our sender, login or settings are to blame, and no partner.
    """

    kind: Kind
    phase: Phase
    reply: str
    code: int | None = None
    status: str | None = None
    fault: Literal["relay"] | None = None


@dataclass(frozen=True)
class Timeouts:
    """Seconds to wait for a whole answer, however slowly it drips."""

    connect: float = 15  # TCP and TLS; then as long again for the greeting
    command: float = 60
    end_of_data: float = 300  # writing the body included
    reset: float = 5  # RSET and QUIT: courtesies, for which nobody waits


@dataclass(frozen=True)
class Relay:
    """Where mail goes, and how it is protected on the way there."""

    host: str
    port: int
    security: Literal["tls", "starttls", "plain"]
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "Relay":
        """Read `smtps://`, `smtp://` or `smtp+plain://` `user:password@host:port`.

        `smtp://` demands STARTTLS unless the host is this machine; plaintext to anywhere else is asked for
        by name. User and password are percent-decoded. Raises ValueError with a sentence that repeats
        nothing of the URL: in a malformed one the password may be in any part.
        """
        url = url.strip()
        parts = _split(url)
        if parts is None or re.search(r"[\s\x00-\x1f\x7f]", url):
            raise ValueError("not a URL; expected for example smtps://user:password@smtp.example.org:465")
        if parts.scheme not in _PORTS:
            raise ValueError("expected a URL that begins with smtps://, smtp:// or smtp+plain://")
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ValueError("nothing may follow host and port; write / ? # in a password as %2F %3F %23")
        host, port = _host_and_port(parts)
        username, password = _decoded(parts.username), _decoded(parts.password)
        if bool(username) != bool(password):
            raise ValueError("a user name and a password come together, as user:password@host")
        security = _SECURITY[parts.scheme]
        if security == "starttls" and _is_loopback(host):
            security = "plain"
        return cls(host, port or _PORTS[parts.scheme], security, username, password)


_PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}
_SECURITY: dict[str, Literal["tls", "starttls", "plain"]] = {
    "smtps": "tls",
    "smtp": "starttls",
    "smtp+plain": "plain",
}


class Connection:
    """One connection to the relay: opened once, one mail at a time, never used again after any confusion."""

    def __init__(
        self, relay: Relay, *, helo_name: str = "localhost.localdomain", timeouts: Timeouts | None = None
    ) -> None:
        """Prepare; nothing connects before `open`. EHLO tells `helo_name`, and never this machine's name."""
        self._relay = relay
        self._helo_name = _ascii_domain(helo_name) or "localhost.localdomain"
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
            return _unreachable(self._phase, error)
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
        context = None if relay.security == "plain" else await asyncio.to_thread(_tls_context)
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
            raise _OursToMend("the relay offers no STARTTLS, so it got neither login nor mail")
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
            raise _OursToMend("the relay offers no login that we know (PLAIN, LOGIN, CRAM-MD5)")

    async def _listening(self, step: Awaitable[_T]) -> _T | Outcome:
        """Turn what the network does in this step into an outcome; errors of `before_data` stay errors."""
        try:
            return await step
        except (aiosmtplib.SMTPException, OSError) as error:
            self._discard()
            return _broken_off(self._phase, error)

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
            raise _Gibberish("not an answer to the end of data")
        if answer.code == 421 or self._speaks_out_of_turn():
            self._discard()
        # No RSET: the end of data clears the buffers, whatever the answer (RFC 5321 section 4.1.1.4).
        return _answered(self._phase, answer, recipient)

    async def _turned_down(self, answer: aiosmtplib.SMTPResponse, recipient: str) -> Outcome:
        await self._reset()
        return _answered(self._phase, answer, recipient)

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
            raise _Gibberish("not an answer to this command")
        self._expect_silence()
        return answer

    def _expect_silence(self) -> None:
        if self._speaks_out_of_turn():
            raise _Gibberish("one answer too many")

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


class _OursToMend(aiosmtplib.SMTPException):
    """The relay does not offer what our settings demand."""


class _Gibberish(aiosmtplib.SMTPException):
    """The relay answered something that RFC 5321 does not know at this point."""


def on_the_wire(message: bytes) -> bytes:
    """Write a message as DATA wants it: CRLF, leading dots doubled, a closing dot (RFC 5321 4.5.2)."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    if lines.startswith(b"."):
        lines = b"." + lines
    return lines.replace(b"\r\n.", b"\r\n..") + b".\r\n"


# RFC 4954 sections 4.1 and 6: authentication wanted, too weak, wrong, or only under encryption.
_LOGIN_CODES = {530, 534, 535, 538}


def _answered(phase: Phase, answer: aiosmtplib.SMTPResponse, recipient: str = "") -> Outcome:
    code, status = answer.code, _enhanced_status(answer)
    kind, fault = _verdict(phase, code, status)
    return Outcome(kind, phase, _fit_to_show(answer, recipient), code, status, fault)


def _verdict(phase: Phase, code: int, status: str | None) -> tuple[Kind, Literal["relay"] | None]:
    if code // 100 == 2:
        return Kind.SENT, None
    if phase in _BEFORE_MAIL:
        return Kind.NOT_CONNECTED, "relay" if code // 100 == 5 else None
    if code // 100 == 4:
        return Kind.DEFERRED, None
    if code in _LOGIN_CODES or (phase is Phase.MAIL and not _too_large(code, status)):
        # At MAIL the relay does not know the recipient yet: what it refuses there is us.
        return Kind.NOT_CONNECTED, "relay"
    return Kind.REFUSED, None


def _too_large(code: int, status: str | None) -> bool:
    """Whether MAIL was refused for the SIZE it announced (RFC 1870), which only this message has."""
    return code == 552 or status in {"5.3.4", "5.2.3"}


def _unreachable(phase: Phase, error: Exception) -> Outcome:
    """Say why no mail can go; only the answers and certificates that a person must mend are called ours."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(error, _OursToMend):
        return Outcome(Kind.NOT_CONNECTED, phase, error.message, fault="relay")
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        said = f"no TLS with the relay: {getattr(cause, 'verify_message', None) or cause.reason or 'refused'}"
        return Outcome(Kind.NOT_CONNECTED, phase, _cleaned(said), fault="relay")
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code // 100 in {4, 5}:
        answer = aiosmtplib.SMTPResponse(error.code, error.message)
        if phase is Phase.AUTH:
            answer = _without_echo(answer)
        return _answered(phase, answer)
    return _broken_off(phase, error)


def _broken_off(phase: Phase, error: Exception) -> Outcome:
    if isinstance(error, TimeoutError):
        said = f"no answer in time ({phase.value})"
    elif isinstance(error, aiosmtplib.SMTPResponseException | _Gibberish):
        said = f"an answer that is not SMTP ({phase.value})"
    elif isinstance(error, aiosmtplib.SMTPConnectError):
        said = "the relay cannot be reached"
    else:
        said = f"the connection was lost ({phase.value})"
    if phase in _BEFORE_MAIL:
        return Outcome(Kind.NOT_CONNECTED, phase, said)
    return Outcome(Kind.UNCERTAIN if phase is Phase.END_OF_DATA else Kind.DEFERRED, phase, said)


def _without_echo(answer: aiosmtplib.SMTPResponse) -> aiosmtplib.SMTPResponse:
    """Keep the codes only: some servers repeat the command they refuse, and this one holds the password."""
    status = _enhanced_status(answer)
    return aiosmtplib.SMTPResponse(answer.code, f"{status or ''} login refused".strip())


def _enhanced_status(answer: aiosmtplib.SMTPResponse) -> str | None:
    """The code of RFC 3463 in front of the text, if its class is that of the reply (RFC 2034)."""
    found = re.match(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)", answer.message)
    return found[1] if found and found[1][0] == str(answer.code)[0] else None


# A relay's own words, which may also be the name of a mailbox: hiding them would turn its meaning.
_COMMON_WORDS = {
    "address",
    "admin",
    "contact",
    "host",
    "info",
    "mail",
    "mailbox",
    "office",
    "recipient",
    "user",
}
_PART = r"""[^\s<>()\[\],;:"'@]"""
_ADDRESS = re.compile(rf"""<?(?:"[^"]{{0,64}}"|(?<!{_PART}){_PART}*+)(?:@{_PART}*+)++>?""")
_LINK_OF_A_PARTNER = re.compile(r"/[su]/[\w-]{20,}")


def _fit_to_show(answer: aiosmtplib.SMTPResponse, recipient: str) -> str:
    """One line of at most 500 characters without addresses: relays repeat them, and replies are stored."""
    first, *more = answer.message.split("\n")
    text = " ".join([first, *(re.sub(r"^[245]\.\d{1,3}\.\d{1,3}(?!\S)", "", line) for line in more)])
    return _cleaned(f"{answer.code} {_without_recipient(text, recipient)}")


def _without_recipient(text: str, recipient: str) -> str:
    if not recipient:
        return text
    text = re.sub(rf"<?{re.escape(recipient)}>?", "<address>", text, flags=re.IGNORECASE)
    name = recipient.rpartition("@")[0]
    if len(name) < 3 or name.lower() in _COMMON_WORDS:
        return text
    return re.sub(rf"(?<![\w@]){re.escape(name)}(?![\w@])", "<address>", text, flags=re.IGNORECASE)


def _cleaned(text: str) -> str:
    text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    text = _LINK_OF_A_PARTNER.sub("/<link>", _ADDRESS.sub("<address>", text))
    words = ("<address>" if "%40" in word else word for word in text.split())
    return " ".join(words)[:500]


_ATOMS = re.compile(r'[^\s"<>@\\(),:;\[\]\x00-\x20\x7f-\x9f\ud800-\udfff]+')
_QUOTED = re.compile(r'"(?:[^"\\\x00-\x1f\x7f-\x9f\ud800-\udfff]|\\[\x20-\x7e])*"')
_DOMAIN = re.compile(r"[A-Za-z0-9._-]+|\[[A-Za-z0-9:.]+\]")


def _mailbox(address: str) -> str | None:
    """The address as the envelope wants it, or None; nothing in it can end the command or add a parameter."""
    local, _, domain = address.rpartition("@")
    ascii_domain = _ascii_domain(domain)
    if ascii_domain is None or not (_ATOMS.fullmatch(local) or _QUOTED.fullmatch(local)):
        return None
    return f"{local}@{ascii_domain}"


def _ascii_domain(domain: str) -> str | None:
    try:
        encoded = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        return None
    return encoded if _DOMAIN.fullmatch(encoded) else None


def _tls_context() -> ssl.SSLContext:
    """Check certificates against this machine's authorities (or SSL_CERT_FILE), TLS 1.2 at least."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult | None:
    """None for what is no URL: urlsplit's own error repeats the password, also as the cause of ours."""
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _host_and_port(parts: SplitResult) -> tuple[str, int | None]:
    host = _ascii_domain(parts.hostname or "") if ":" not in (parts.hostname or "") else parts.hostname
    if not host:
        raise ValueError("expected a host, as in smtps://user:password@smtp.example.org:465")
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("expected a port from 1 to 65535 after the host; write : / @ in a password as %3A %2F %40")
    return host, port


def _decoded(text: str | None) -> str | None:
    if not text:
        return None
    decoded = unquote(text, errors="replace")
    if "\ufffd" in decoded:
        raise ValueError("user name and password must be UTF-8 where they are percent-encoded")
    return decoded
