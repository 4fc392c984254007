"""What became of a mail, as those know it who send none: `mail/relay_answers.py` reads and judges what a relay says."""

import enum
from dataclasses import dataclass
from typing import Literal


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


OF_THE_SENDER = {"5.1.7", "5.1.8", "5.4.5"}  # its address, its domain, more mail than it may send


def is_about_a_mailbox(status: str | None) -> bool:
    """Whether an enhanced status code speaks of the recipient's mailbox (RFC 3463 sections 3.2 and 3.3)."""
    return status is not None and status not in OF_THE_SENDER and status[1:].startswith((".1.", ".2."))


# Before the words of a delivery report that are kept as a mail's reply, so that nobody takes them for our relay's.
REPORT_PREFIX = "came back: "
NOT_UNDERSTOOD = "a message that could not be understood; it is in the mailbox for bounces"
