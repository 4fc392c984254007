"""What became of a mail, in true words: the relay's answers read, judged, and made fit to be stored and shown."""

import enum
import re
import ssl
import unicodedata
from dataclasses import dataclass
from typing import Literal

import aiosmtplib


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


BEFORE_MAIL = {Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.AUTH}


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


class OursToMend(aiosmtplib.SMTPException):
    """The relay does not offer what our settings demand."""


class Gibberish(aiosmtplib.SMTPException):
    """The relay answered something that RFC 5321 does not know at this point."""


# RFC 4954 sections 4.1 and 6: authentication wanted, too weak, wrong, or only under encryption.
_LOGIN_CODES = {530, 534, 535, 538}


def answered(phase: Phase, answer: aiosmtplib.SMTPResponse, recipient: str = "") -> Outcome:
    code, status = answer.code, _enhanced_status(answer)
    kind, fault = _verdict(phase, code, status)
    return Outcome(kind, phase, _fit_to_show(answer, recipient), code, status, fault)


def _verdict(phase: Phase, code: int, status: str | None) -> tuple[Kind, Literal["relay"] | None]:
    if code // 100 == 2:
        return Kind.SENT, None
    if phase in BEFORE_MAIL:
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


def unreachable(phase: Phase, error: Exception) -> Outcome:
    """Say why no mail can go; only the answers and certificates that a person must mend are called ours."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(error, OursToMend):
        return Outcome(Kind.NOT_CONNECTED, phase, error.message, fault="relay")
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        said = f"no TLS with the relay: {getattr(cause, 'verify_message', None) or cause.reason or 'refused'}"
        return Outcome(Kind.NOT_CONNECTED, phase, _cleaned(said), fault="relay")
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code // 100 in {4, 5}:
        answer = aiosmtplib.SMTPResponse(error.code, error.message)
        if phase is Phase.AUTH:
            answer = _without_echo(answer)
        return answered(phase, answer)
    return broken_off(phase, error)


def broken_off(phase: Phase, error: Exception) -> Outcome:
    if isinstance(error, TimeoutError):
        said = f"no answer in time ({phase.value})"
    elif isinstance(error, aiosmtplib.SMTPResponseException | Gibberish):
        said = f"an answer that is not SMTP ({phase.value})"
    elif isinstance(error, aiosmtplib.SMTPConnectError):
        said = "the relay cannot be reached"
    else:
        said = f"the connection was lost ({phase.value})"
    if phase in BEFORE_MAIL:
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
