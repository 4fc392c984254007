"""The relay's answers, and what goes wrong with a connection to it, read and judged: what became of a mail."""

import re
import ssl
from typing import Literal

import aiosmtplib

from worker.mail import reply_text
from worker.mail.outcomes import BEFORE_MAIL, OF_THE_SENDER, Kind, Outcome, Phase, is_about_a_mailbox


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
    if phase is not Phase.MAIL and status is not None and (status.startswith("5.7.") or status in OF_THE_SENDER):
        # Security or policy (RFC 3463 section 3.8): we are refused, or our sender, whoever the recipient is.
        return Kind.NOT_CONNECTED, "relay"
    if phase in {Phase.DATA, Phase.END_OF_DATA} and not _too_large(code, status) and not is_about_a_mailbox(status):
        # The recipient was taken before: this is about us, or about this mail alone.
        return Kind.NOT_CONNECTED, "relay"
    return Kind.REFUSED, None


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
