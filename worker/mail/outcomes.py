"""What became of a mail, in true words: the relay's answers read and judged."""

import enum
import re
import ssl
from dataclasses import dataclass
from typing import Literal

import aiosmtplib

from worker.mail import reply_text


class Kind(enum.Enum):
    """What became of a mail."""

    SENT = "sent"  # the relay took it: 2xx after the end of data
    DEFERRED = "deferred"  # not now: 4xx
    REFUSED = "refused"  # never: 5xx about this recipient or this message
    UNCERTAIN = "uncertain"  # the body was written and no answer came: the relay may have it
    NOT_CONNECTED = "not connected"  # the relay's trouble or ours, not this mail's: no attempt is burnt
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
    `fault` is "relay" where our sender, login, settings or reputation are to blame, and no partner.
    """

    kind: Kind
    phase: Phase
    reply: str
    code: int | None = None
    status: str | None = None
    fault: Literal["relay"] | None = None


class RelayMisconfigured(aiosmtplib.SMTPException):
    """The relay does not offer what our settings demand."""


class ProtocolError(aiosmtplib.SMTPException):
    """The relay answered something that RFC 5321 does not know at this point."""


# RFC 4954 sections 4.1 and 6: authentication wanted, too weak, wrong, or only under encryption.
_LOGIN_CODES = {530, 534, 535, 538}


def answered(phase: Phase, answer: aiosmtplib.SMTPResponse, recipient: str = "") -> Outcome:
    """Judge an answer that came whole: 2xx to the end of data, or a refusal in any phase."""
    code, status = answer.code, _enhanced_status(answer)
    kind, fault = _verdict(phase, code, status)
    return Outcome(kind, phase, _fit_to_show(answer, recipient), code, status, fault)


def _verdict(phase: Phase, code: int, status: str | None) -> tuple[Kind, Literal["relay"] | None]:
    if code // 100 == 2:
        return Kind.SENT, None
    if code == 421:
        # The relay leaves, and took nothing: "the command was not accepted, and the requested action did not
        # occur" (RFC 5321 section 4.2.1). At the end of data that is an answer like any other, and no doubt.
        return Kind.NOT_CONNECTED, None
    if phase in BEFORE_MAIL:
        return Kind.NOT_CONNECTED, "relay" if code // 100 == 5 else None
    if code // 100 == 4:
        return Kind.DEFERRED, None
    if code in _LOGIN_CODES or (phase is Phase.MAIL and not _too_large(code, status)):
        # At MAIL the relay does not know the recipient yet: what it refuses there is us.
        return Kind.NOT_CONNECTED, "relay"
    if phase is not Phase.MAIL and status is not None and (status.startswith("5.7.") or status in _OF_THE_SENDER):
        # Security or policy (RFC 3463 section 3.8): we are refused, or our sender, whoever the recipient is.
        return Kind.NOT_CONNECTED, "relay"
    if phase in {Phase.DATA, Phase.END_OF_DATA} and not _too_large(code, status) and not is_about_a_mailbox(status):
        # The recipient was taken before: this is about us, or about this mail alone.
        return Kind.NOT_CONNECTED, "relay"
    return Kind.REFUSED, None


_OF_THE_SENDER = {"5.1.7", "5.1.8", "5.4.5"}  # its address, its domain, more mail than it may send


def is_about_a_mailbox(status: str | None) -> bool:
    """Whether an enhanced status code speaks of the recipient's mailbox (RFC 3463 sections 3.2 and 3.3)."""
    return status is not None and status not in _OF_THE_SENDER and status[1:].startswith((".1.", ".2."))


def _too_large(code: int, status: str | None) -> bool:
    """Whether MAIL was refused for the SIZE it announced (RFC 1870), which only this message has."""
    return code == 552 or status in {"5.3.4", "5.2.3"}


def unreachable(phase: Phase, error: Exception) -> Outcome:
    """Say why no mail can go; only the answers and certificates that a person must fix are called ours."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(error, RelayMisconfigured):
        return Outcome(Kind.NOT_CONNECTED, phase, error.message, fault="relay")
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        said = f"no TLS with the relay: {getattr(cause, 'verify_message', None) or cause.reason or 'refused'}"
        return Outcome(Kind.NOT_CONNECTED, phase, reply_text.redact(said), fault="relay")
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code // 100 in {4, 5}:
        answer = aiosmtplib.SMTPResponse(error.code, error.message)
        if phase is Phase.AUTH:
            answer = _without_echo(answer)
        return answered(phase, answer)
    return broken_off(phase, error)


def broken_off(phase: Phase, error: BaseException) -> Outcome:
    """Say what a connection that was lost, hung or confused in this phase means: doubt after the body, else nothing."""
    if isinstance(error, TimeoutError):
        said = f"no answer in time ({phase.value})"
    elif isinstance(error, aiosmtplib.SMTPResponseException | ProtocolError):
        said = f"an answer that is not SMTP ({phase.value})"
    elif isinstance(error, aiosmtplib.SMTPConnectError):
        said = "the relay cannot be reached"
    else:
        said = f"the connection was lost ({phase.value})"
    return Outcome(Kind.UNCERTAIN if phase is Phase.END_OF_DATA else Kind.NOT_CONNECTED, phase, said)


def outcome_unknown() -> Outcome:
    """What we broke off ourselves, by a cancellation, while the answer to a written body was awaited: uncertain."""
    return Outcome(Kind.UNCERTAIN, Phase.END_OF_DATA, "we hung up before the answer came (end of data)")


# Before the words of a delivery report that are kept as a mail's reply, so that nobody takes them for our relay's.
REPORT_PREFIX = "came back: "
NOT_UNDERSTOOD = "a message that could not be understood; it is in the mailbox for bounces"


def _without_echo(answer: aiosmtplib.SMTPResponse) -> aiosmtplib.SMTPResponse:
    """Keep the codes only: some servers repeat the command they refuse, and this one holds the password."""
    status = _enhanced_status(answer)
    return aiosmtplib.SMTPResponse(answer.code, f"{status or ''} login refused".strip())


def _enhanced_status(answer: aiosmtplib.SMTPResponse) -> str | None:
    """The code of RFC 3463 in front of the text, if its class is that of the reply (RFC 2034)."""
    found = re.match(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)", answer.message)
    return found[1] if found and found[1][0] == str(answer.code)[0] else None


def _fit_to_show(answer: aiosmtplib.SMTPResponse, recipient: str) -> str:
    """One line of at most 500 characters without addresses: relays repeat them, and replies are stored."""
    text = answer.message
    if "\n" in text:
        first, *more = text.split("\n")
        text = " ".join([first, *(re.sub(r"^[245]\.\d{1,3}\.\d{1,3}(?!\S)", "", line) for line in more)])
    return reply_text.redact(f"{answer.code} {reply_text.without_recipient(text, recipient)}")
