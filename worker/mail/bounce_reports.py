"""Bounces: what other servers report of our mail, believed only with a token of ours (RFC 3464).

A report can be written by anybody. It counts when it came to the signed return path of one mail, or names that
mail by its envelope id; both are made by tokens.envid(). What the network sends is parsed with limits, and
whatever cannot be read is nothing: it stays unread in the mailbox, for people.
"""

import contextlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Literal

from worker import tokens
from worker.mail import reply_text

MAX_READ = 256 * 1024  # octets of a message that are fetched and read: the report stands before the returned mail
MAX_PARTS = 50  # a report has three parts; who nests a thousand wants to hurt
MAX_HEADERS = 50  # of each kind that may hold the return path, and recipients in one report


@dataclass(frozen=True)
class Bounce:
    """What a report says of one mail of ours. It holds no address.

    hard: there is no such mailbox. soft: not delivered, for a reason that says little of the address.
    none: a report of something else (a delay, a delivery) or an automatic reply; ours, and no bounce.
    `about` are the fingerprints of the recipients it speaks of; empty where it names none.
    """

    mail_id: int
    kind: Literal["hard", "soft", "none"]
    status: str | None = None
    diagnostic: str = ""
    about: frozenset[bytes] = frozenset()


def parse_report(message: bytes) -> Bounce | None:
    """What a message reports of one of our mails (RFC 3464); None for all that people should look at.

    Raises nothing, whatever the bytes. More than the first 256 KiB are not looked at.
    """
    message = message[:MAX_READ]
    if len(re.findall(rb"boundary\s*=", message, re.IGNORECASE)) > MAX_PARTS:
        return None
    try:
        return _parse_report(message_from_bytes(message))
    except Exception:
        # Strangers choose these bytes: messages in messages, a thousand deep, end in a RecursionError, and what
        # else the library may raise on what is no mail changes from one Python to the next.
        return None


def masked(text: str, *addresses: str) -> str:
    """One line of at most 500 characters that repeats no address, the given ones in no form."""
    if len(text) > 4000:
        text = text[:4000].rpartition(" ")[0]  # no half of an address at the end
    for address in addresses:
        text = reply_text.without_recipient(text, address)
    return reply_text.redact(text)


def _parse_report(report: Message) -> Bounce | None:
    by_address = _named_by_address(report)
    if report.get_content_type() != "multipart/report":
        return _read_without_form(report, by_address.pop()) if len(by_address) == 1 else None
    status = _status_part(report)
    if status is None:
        return None
    about_all, *recipients = status
    named = by_address | _named_by_envelope_id(about_all)
    if len(named) != 1:
        return None  # nobody's, or of two minds
    return _verdict(named.pop(), recipients[:MAX_HEADERS])


# What the receiving mailbox writes down of the envelope, under the names that it has for that.
_ENVELOPE_RECIPIENT = (
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Delivered-To",
    "X-RCPT-To",
    "X-Real-To",
    "Apparently-To",
    "To",
)
_OUR_ADDRESS = re.compile(r"\+[A-Za-z2-7]{24}@")


def _named_by_address(report: Message) -> set[int]:
    """The mails whose return path this message was sent to."""
    lines = (line for name in _ENVELOPE_RECIPIENT for line in report.get_all(name, [])[:MAX_HEADERS])
    addresses = (address for line in lines for address in _OUR_ADDRESS.findall(str(line)[:5000]))
    return _valid(tokens.read_return_path, addresses)


def _named_by_envelope_id(about_all: Message) -> set[int]:
    """The mail whose ENVID the reporting server was given (RFC 3464 2.2.1)."""
    return _valid(tokens.read_envid, (str(line)[:200] for line in about_all.get_all("Original-Envelope-Id", [])[:1]))


def _valid(reading: Callable[[str], int], tokens_found: Iterable[str]) -> set[int]:
    named = set()
    for token in tokens_found:
        with contextlib.suppress(tokens.NotALink):
            named.add(reading(token))
    return named


def _status_part(report: Message) -> list[Message] | None:
    """The groups of fields of a delivery report, the one about the whole mail first; None in other reports."""
    if str(report.get_param("report-type", "delivery-status")).lower() != "delivery-status":
        return None
    for part in _messages(report.get_payload()):
        if part.get_content_type() == "message/delivery-status" and (groups := _messages(part.get_payload())):
            return groups
    return None


def _messages(payload: object) -> list[Message]:
    return [part for part in payload if isinstance(part, Message)] if isinstance(payload, list) else []


# Statuses (RFC 3463) that say of the address itself that mail cannot reach it: no such mailbox, no such domain, a
# domain without mail, a mailbox that moved or was closed. A full one, a policy or a quarrel about us says nothing.
_NO_SUCH_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"}
_SAYS_NOTHING = {"5.0.0", "5.1.0", "5.2.0", "5.3.0", "5.4.1", "5.5.0"}  # then the words of the server decide
_NO_SUCH_USER = re.compile(
    r"no such (user|recipient|mailbox|address|person)|unknown (user|recipient|mailbox|address)|invalid recipient"
    r"|(user|recipient|mailbox|address|account)( address)? (is )?(unknown|not found|(does not|doesn't) exist)"
    r"|no mailbox (here )?by that name"
    # Microsoft's words for it, under statuses that mean something else.
    r"|5\.4\.1 recipient address rejected: access denied|5\.5\.0 requested action not taken: mailbox unavailable",
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")


def _verdict(mail_id: int, recipients: list[Message]) -> Bounce:
    """The gravest of what is said of the recipients; one of our mails has one, unless it was passed on to many."""
    found = [_about_one(mail_id, fields) for fields in recipients]
    for kind in ("hard", "soft"):
        if of_this_kind := [bounce for bounce in found if bounce.kind == kind]:
            first = of_this_kind[0]
            about = frozenset[bytes]().union(*(bounce.about for bounce in of_this_kind))
            return Bounce(mail_id, first.kind, first.status, first.diagnostic, about)
    return Bounce(mail_id, "none")


def _about_one(mail_id: int, fields: Message) -> Bounce:
    if _field(fields, "Action").lower().split()[:1] != ["failed"]:
        return Bounce(mail_id, "none")  # delayed, delivered, relayed, expanded: RFC 3464 2.3.3
    addresses = [_address(fields, name) for name in ("Final-Recipient", "Original-Recipient")]
    said = _field(fields, "Diagnostic-Code").partition(";")[2].strip()
    status = _status(_field(fields, "Status"), said)
    kind: Literal["hard", "soft"] = "hard" if _is_hard(status, said) else "soft"
    about = frozenset(tokens.fingerprint(address) for address in addresses[:1] if address)
    return Bounce(mail_id, kind, status, masked(said or status or "no reason given", *filter(None, addresses)), about)


def _status(given: str, said: str) -> str | None:
    """The status of the report, or the finer one that the refusing server gave in its words."""
    status = found[1] if (found := _STATUS.match(given)) else None
    finer = found[1] if (found := _STATUS.search(said[:100])) else None
    return finer if finer and (status is None or status in _SAYS_NOTHING) else status


def _is_hard(status: str | None, said: str) -> bool:
    if status is None or status in _SAYS_NOTHING:
        return bool(re.match(r"55[013](?!\d)", said) and _NO_SUCH_USER.search(said[:1000]))
    return status in _NO_SUCH_ADDRESS


def _address(fields: Message, name: str) -> str:
    """The mail address in a field such as `rfc822; somebody@host`, or nothing."""
    kind, _, address = _field(fields, name).partition(";")
    return address.strip().strip("<>") if kind.strip().lower() == "rfc822" and "@" in address else ""


def _field(fields: Message, name: str) -> str:
    return " ".join(str(fields.get(name, ""))[:5000].split())


def _read_without_form(letter: Message, mail_id: int) -> Bounce | None:
    """Out-of-office replies are told apart from the plain words of old mail servers; all else is for people.

    Such words are shown and never believed: nothing in them says surely of whom they speak.
    """
    if _is_automatic_reply(letter):
        return Bounce(mail_id, "none")
    from_a_server = re.search(r"(?<![\w.+-])(mailer-daemon|postmaster)@", _field(letter, "From").lower())
    if not from_a_server or _field(letter, "Return-Path") not in {"", "<>"}:
        return None
    reason = _reason(_first_text(letter))
    return Bounce(mail_id, "soft", _status("", reason), masked(reason)) if reason else None


def _is_automatic_reply(letter: Message) -> bool:
    """By RFC 3834, and by what was written before it."""
    automatic = _field(letter, "Auto-Submitted").lower().startswith("auto-replied")
    older = any(name in letter for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder"))
    failed = "X-Failed-Recipients" in letter  # Exim calls its reports automatic replies too
    return not failed and (automatic or older or _field(letter, "Precedence").lower() == "auto_reply")


def _first_text(letter: Message) -> str:
    part = next((part for part in letter.walk() if part.get_content_type() == "text/plain"), None)
    payload = part.get_payload(decode=True) if part else None
    return payload[:8000].decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _reason(text: str) -> str:
    """The line in which a mail server says why: one with a reply code of RFC 5321 or a status of RFC 3463."""
    code = re.compile(r"(?<![\d.])(?:[45]\d\d[ -](?=\D)|[45]\.\d{1,3}\.\d{1,3}(?![\d.]))")
    return next((line.strip() for line in text.splitlines() if code.search(line)), "")
