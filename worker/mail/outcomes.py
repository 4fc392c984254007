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


class OursToMend(aiosmtplib.SMTPException):
    """The relay does not offer what our settings demand."""


class Gibberish(aiosmtplib.SMTPException):
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
    """Say why no mail can go; only the answers and certificates that a person must mend are called ours."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(error, OursToMend):
        return Outcome(Kind.NOT_CONNECTED, phase, error.message, fault="relay")
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        said = f"no TLS with the relay: {getattr(cause, 'verify_message', None) or cause.reason or 'refused'}"
        return Outcome(Kind.NOT_CONNECTED, phase, cleaned(said), fault="relay")
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
    elif isinstance(error, aiosmtplib.SMTPResponseException | Gibberish):
        said = f"an answer that is not SMTP ({phase.value})"
    elif isinstance(error, aiosmtplib.SMTPConnectError):
        said = "the relay cannot be reached"
    else:
        said = f"the connection was lost ({phase.value})"
    return Outcome(Kind.UNCERTAIN if phase is Phase.END_OF_DATA else Kind.NOT_CONNECTED, phase, said)


def left_in_doubt() -> Outcome:
    """Own up that we broke off ourselves, by a cancellation, while the answer to a written body was awaited."""
    return Outcome(Kind.UNCERTAIN, Phase.END_OF_DATA, "we hung up before the answer came (end of data)")


# What a refusal says, for people: by the whole enhanced status code, by its subject and detail in either class, by
# class and subject, by the basic code, by the class; the first that is found (RFC 3463, RFC 5321 section 4.2.3,
# https://www.iana.org/assignments/smtp-enhanced-status-codes). Two of one sentence stand together.
_LATER, _DOES_NOT_UNDERSTAND = "the relay asks to come back later", "the relay does not understand what we say"
_NO_SUCH_DOMAIN, _OUR_SENDER = "the domain does not exist or takes no mail", "the relay does not accept our sender"
_TOO_LARGE, _NOT_SUCH_A_ONE = "the message is too large", "the recipient's server does not take such a message"
_LATIN_ONLY = "the relay takes only unaccented Latin letters in an address"
_OUR_LOGIN, _ENCRYPTION = "the relay does not accept our login", "the relay demands encryption"
_MEANINGS = {
    "4.1.1": _LATER,
    "4.4.1": "the recipient's server does not answer for now",
    "4.7.0": _LATER,
    "4.7.1": _LATER,
    "x.1.1": "the mailbox does not exist",
    "x.1.2": _NO_SUCH_DOMAIN,
    "x.1.3": "this is not a mail address",
    "x.1.4": "the address fits more than one mailbox",
    "x.1.6": "the mailbox has moved and left no new address",
    "x.1.7": _OUR_SENDER,
    "x.1.8": _OUR_SENDER,
    "x.1.10": _NO_SUCH_DOMAIN,
    "x.2.1": "the mailbox is switched off",
    "x.2.2": "the mailbox is full",
    "x.2.3": _TOO_LARGE,
    "x.2.4": "the mailing list behind the address is broken",
    "x.3.1": "the recipient's server is full",
    "x.3.2": "the recipient's server takes no mail for now",
    "x.3.3": _NOT_SUCH_A_ONE,
    "x.3.4": _TOO_LARGE,
    "x.3.5": "the relay is not set up rightly",
    "x.4.1": "the recipient's server does not answer",
    "x.4.2": "the connection to the recipient's server broke",
    "x.4.3": "the recipient's domain cannot be looked up",
    "x.4.4": "the relay finds no way to the recipient's domain",
    "x.4.5": "the relay is overloaded",
    "x.4.6": "the mail goes round in circles between servers",
    "x.4.7": "the recipient's server was not reached in time",
    "x.5.1": _DOES_NOT_UNDERSTAND,
    "x.5.2": _DOES_NOT_UNDERSTAND,
    "x.5.3": "the relay takes fewer recipients at a time",
    "x.5.4": _DOES_NOT_UNDERSTAND,
    "x.5.5": _DOES_NOT_UNDERSTAND,
    "x.6.1": _NOT_SUCH_A_ONE,
    "x.6.2": _NOT_SUCH_A_ONE,
    "x.6.3": _NOT_SUCH_A_ONE,
    "x.6.6": _NOT_SUCH_A_ONE,
    "x.6.7": _LATIN_ONLY,
    "x.6.8": _LATIN_ONLY,
    "x.6.9": _LATIN_ONLY,
    "x.7.1": _OUR_SENDER,
    "x.7.2": "the mailing list takes no mail from us",
    "x.7.4": _ENCRYPTION,
    "x.7.5": _ENCRYPTION,
    "x.7.8": _OUR_LOGIN,
    "x.7.9": "our way to log in is too weak for the relay",
    "x.7.10": _ENCRYPTION,
    "x.7.11": _ENCRYPTION,
    "x.7.12": "the relay demands a new password",
    "x.7.13": "our account at the relay is switched off",
    "x.7.17": "the mailbox belongs to somebody else now",
    "x.7.18": "the domain belongs to somebody else now",
    "x.7.20": "the mail is not signed as the recipient's server demands",
    "x.7.21": "the mail is not signed as the recipient's server demands",
    "x.7.22": "the mail is not signed as the recipient's server demands",
    "x.7.23": "our domain does not name the relay as one that may send for it",
    "x.7.24": "our domain does not name the relay as one that may send for it",
    "x.7.25": "the relay's own name and address do not agree",
    "x.7.26": "the mail does not prove that it comes from our domain",
    "x.7.27": _OUR_SENDER,
    "x.7.28": "we sent too many mails in a short time",
    "x.7.30": _ENCRYPTION,
    "4.7.x": _LATER,
    "5.5.x": _DOES_NOT_UNDERSTAND,
    "5.6.x": _NOT_SUCH_A_ONE,
    "5.7.x": "the relay does not accept our mail",
    "421": _LATER,
    "450": _LATER,
    "451": "the relay has trouble of its own for now",
    "452": "the relay is short of room for now",
    "454": "the relay cannot check our login for now",
    "500": _DOES_NOT_UNDERSTAND,
    "501": _DOES_NOT_UNDERSTAND,
    "502": _DOES_NOT_UNDERSTAND,
    "503": _DOES_NOT_UNDERSTAND,
    "504": _DOES_NOT_UNDERSTAND,
    "521": _NO_SUCH_DOMAIN,
    "530": "the relay demands a login or encryption first",
    "534": "our way to log in is too weak for the relay",
    "535": _OUR_LOGIN,
    "538": _ENCRYPTION,
    "550": "the mailbox does not exist or takes no mail from us",
    "551": "the mailbox has moved",
    "552": "the mailbox is full or the message is too large",
    "553": "the relay does not accept the address",
    "555": _DOES_NOT_UNDERSTAND,
    "556": _NO_SUCH_DOMAIN,
    "2": "the relay took it",
    "4": "the relay put it off",
    "5": "the relay refused it",
}
_STORED = re.compile(r"(?P<code>(?P<kind>[245])\d\d)(?: (?P=kind)\.(?P<subject>\d{1,3})\.(?P<detail>\d{1,3}))?(?!\S)")


# Before the words of a delivery report that are kept as a mail's reply, so that nobody takes them for our relay's.
REPORT_PREFIX = "came back: "


def meaning(reply: str) -> str:
    """What a stored reply tells an organizer: one sentence without a full stop; our own sentences stay as they are."""
    found = _STORED.match(reply)
    if found is None:
        return reply
    code, kind, subject, detail = found["code"], found["kind"], found["subject"], found["detail"]
    if kind == "2":
        return _MEANINGS[kind]
    keys = (f"{kind}.{subject}.{detail}", f"x.{subject}.{detail}", f"{kind}.{subject}.x", code, kind)
    return next(_MEANINGS[key] for key in keys if key in _MEANINGS)


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
    text = answer.message
    if "\n" in text:
        first, *more = text.split("\n")
        text = " ".join([first, *(re.sub(r"^[245]\.\d{1,3}\.\d{1,3}(?!\S)", "", line) for line in more)])
    return cleaned(f"{answer.code} {without_recipient(text, recipient)}")


def without_recipient(text: str, recipient: str) -> str:
    if not recipient:
        return text
    name = recipient.rpartition("@")[0]
    if text.isascii() and name.isascii() and name.lower() not in text.lower():
        return text  # nearly always: a pattern for one recipient costs more than sending it a mail
    text = re.sub(rf"<?{re.escape(recipient)}>?", "<address>", text, flags=re.IGNORECASE)
    if len(name) < 3 or name.lower() in _COMMON_WORDS:
        return text
    return re.sub(rf"(?<![\w@]){re.escape(name)}(?![\w@])", "<address>", text, flags=re.IGNORECASE)


def cleaned(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    if "@" in text:
        text = _ADDRESS.sub("<address>", text)
    text = _LINK_OF_A_PARTNER.sub("/<link>", text)
    words = ("<address>" if "%40" in word else word for word in text.split())
    return " ".join(words)[:500]
