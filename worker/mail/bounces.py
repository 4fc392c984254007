"""Bounces: what other servers report of our mail, believed only with a token of ours, and read from a mailbox.

A report can be written by anybody. It counts when it came to the signed return path of one mail, or names that
mail by its envelope id; both are made by tokens.envid(). What the network sends is parsed with limits, and
whatever cannot be read is nothing: it stays unread in the mailbox, for people.
"""

import contextlib
import imaplib
import re
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Literal
from urllib.parse import unquote, urlsplit

import imap_tools

from worker import tokens
from worker.mail import outcomes
from worker.mail.relay import ascii_domain, tls_context
from worker.settings import LOOPBACK

LARGEST_READ = 256 * 1024  # octets of a message that are fetched and read: the report stands before the returned mail
MOST_PARTS = 50  # a report has three parts; who nests a thousand wants to hurt
MOST_HEADERS = 50  # of each kind that may hold the return path, and recipients in one report
AT_ONCE = 100  # messages offered in one collection
A_COLLECTION = 60  # seconds after which a collection ends by itself; the next one goes on
PATIENCE = 20  # seconds to wait for the mailbox


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


def read(message: bytes) -> Bounce | None:
    """What a message reports of one of our mails (RFC 3464); None for all that people should look at.

    Raises nothing, whatever the bytes. More than the first 256 KiB are not looked at.
    """
    message = message[:LARGEST_READ]
    if len(re.findall(rb"boundary\s*=", message, re.IGNORECASE)) > MOST_PARTS:
        return None
    try:
        return _read(message_from_bytes(message))
    except Exception:
        # Strangers choose these bytes: messages in messages, a thousand deep, end in a RecursionError, and what
        # else the library may raise on what is no mail changes from one Python to the next.
        return None


def masked(text: str, *addresses: str) -> str:
    """One line of at most 500 characters that repeats no address, the given ones in no form."""
    if len(text) > 4000:
        text = text[:4000].rpartition(" ")[0]  # no half of an address at the end
    for address in addresses:
        text = outcomes.without_recipient(text, address)
    return outcomes.cleaned(text)


def _read(report: Message) -> Bounce | None:
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
    return _verdict(named.pop(), recipients[:MOST_HEADERS])


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
    lines = (line for name in _ENVELOPE_RECIPIENT for line in report.get_all(name, [])[:MOST_HEADERS])
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


class CannotCollect(Exception):
    """The mailbox for bounces cannot be read; the message says why, and holds nothing of its URL."""


@dataclass(frozen=True)
class Mailbox:
    """Where bounces arrive, and how the way there is protected."""

    host: str
    port: int
    security: Literal["tls", "starttls", "plain"]
    folder: str
    username: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> "Mailbox":
        """Read `imaps://`, `imap://` or `imap+plain://` `user:password@host:port/Folder`.

        `imap://` demands STARTTLS unless the host is this machine; the folder is INBOX unless one is named.
        Raises ValueError with a sentence that repeats nothing of the URL: the password may be in any part.
        """
        try:
            parts = urlsplit(url.strip())
            host, port = _host(parts.hostname or ""), parts.port
        except ValueError:
            raise ValueError(f"not a URL with a host; expected {_EXAMPLE}") from None
        if parts.scheme not in _PORTS:
            raise ValueError("expected a URL that begins with imaps://, imap:// or imap+plain://")
        if not host or port == 0:
            raise ValueError(f"expected a host, as in {_EXAMPLE}")
        if parts.query or parts.fragment:
            raise ValueError("nothing may follow the folder; write / ? # in a password as %2F %3F %23")
        username, password = _decoded(parts.username), _decoded(parts.password)
        if not (username and password):
            raise ValueError(f"expected a user name and a password, as in {_EXAMPLE}")
        security = _SECURITY[parts.scheme]
        if security == "starttls" and port == 993:
            raise ValueError("port 993 is encrypted from the first byte: write imaps://")
        if security == "starttls" and host in LOOPBACK:
            security = "plain"
        folder = _decoded(parts.path.strip("/")) or "INBOX"
        return cls(host, port or _PORTS[parts.scheme], security, folder, username, password)


_EXAMPLE = "imaps://user:password@imap.example.org/INBOX"
_PORTS = {"imaps": 993, "imap": 143, "imap+plain": 143}
_SECURITY: dict[str, Literal["tls", "starttls", "plain"]] = {
    "imaps": "tls",
    "imap": "starttls",
    "imap+plain": "plain",
}


def _host(name: str) -> str | None:
    return name if ":" in name else ascii_domain(name)


def _decoded(text: str | None) -> str:
    decoded = unquote(text or "", errors="replace")
    if re.search(r"[\x00-\x1f\x7f\ufffd]", decoded):
        raise ValueError("user, password and folder must be UTF-8 without control characters")
    return decoded


def collect(mailbox: Mailbox, handle: Callable[[bytes], bool], stopping: Callable[[], bool] = lambda: False) -> int:
    """Offer unread messages to `handle`, the newest first; returns how many it dealt with, which are now read.

    `handle` gets the first 256 KiB, and returns only when what it did is safe: a message is marked afterwards,
    and comes again if we die in between. What it does not deal with stays unread, and is not offered again by
    this process. Nothing is deleted. One call ends after a hundred messages or a minute.
    Raises CannotCollect; what `handle` raises goes through.
    """
    client = _open(mailbox)
    dealt_with, stop_at = 0, time.monotonic() + A_COLLECTION
    try:
        for_people = _left_for_people.setdefault(_folder_as_it_is(mailbox, client), set())
        unread = _unread(client)
        for_people &= set(unread)
        for uid in [uid for uid in reversed(unread) if uid not in for_people][:AT_ONCE]:
            if stopping() or time.monotonic() > stop_at:
                break
            message = _fetch(client, uid)
            if message is not None and handle(message):
                _mark_read(client, uid)
                dealt_with += 1
            else:
                for_people.add(uid)
    finally:
        _hang_up(client)
    return dealt_with


# What was offered and is nobody's bounce, by folder; forgetting it costs a second look.
_left_for_people: dict[tuple[Mailbox, bytes], set[str]] = {}


def _open(mailbox: Mailbox) -> imap_tools.BaseMailBox:
    with _in_words("cannot be reached"):
        client = _connect(mailbox)
    try:
        with _in_words("refused the login"):
            _log_in(client, mailbox)
        with _in_words("has no folder of this name that we may write to"):
            client.folder.set(mailbox.folder)
    except BaseException:
        _hang_up(client)
        raise
    return client


def _connect(mailbox: Mailbox) -> imap_tools.BaseMailBox:
    """Connect, and encrypt before anything is said where encryption is demanded."""
    if mailbox.security == "tls":
        return imap_tools.MailBox(mailbox.host, mailbox.port, timeout=PATIENCE, ssl_context=tls_context())
    client = imap_tools.MailBoxUnencrypted(mailbox.host, mailbox.port, timeout=PATIENCE)
    if mailbox.security == "starttls":
        try:
            _encrypt(client)
        except BaseException:
            _hang_up(client)
            raise
    return client


_NO_STARTTLS = "the mailbox for bounces offers no STARTTLS, so it got no login"


def _encrypt(client: imap_tools.BaseMailBox) -> None:
    # A server that calls us logged in before we are encrypted could be anybody (RFC 9051 11.4).
    if "STARTTLS" not in client.client.capabilities or client.client.state != "NONAUTH":
        raise CannotCollect(_NO_STARTTLS)
    try:
        client.client.starttls(tls_context())
    except imaplib.IMAP4.abort:
        raise  # the connection broke
    except imaplib.IMAP4.error:
        raise CannotCollect(_NO_STARTTLS) from None


def _log_in(client: imap_tools.BaseMailBox, mailbox: Mailbox) -> None:
    if "LOGINDISABLED" in client.client.capabilities:
        raise CannotCollect("the mailbox for bounces takes no login on this connection: imaps:// may be needed")
    ascii_only = mailbox.username.isascii() and mailbox.password.isascii()
    log_in = client.login if ascii_only else client.login_utf8
    log_in(mailbox.username, mailbox.password, initial_folder=None)


def _folder_as_it_is(mailbox: Mailbox, client: imap_tools.BaseMailBox) -> tuple[Mailbox, bytes]:
    """Numbers of messages hold only as long as this validity (RFC 3501 2.3.1.1)."""
    _, validity = client.client.response("UIDVALIDITY")
    return mailbox, bytes(validity[0] or b"")


def _unread(client: imap_tools.BaseMailBox) -> list[str]:
    with _in_words("does not say what is unread"):
        return client.uids("UNSEEN UNDELETED", charset=None)


def _fetch(client: imap_tools.BaseMailBox, uid: str) -> bytes | None:
    """The beginning of a message, left unread; None if it is gone."""
    with _in_words("does not hand out a message"):
        _, items = client.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST_READ}>)")
        return next((item[1] for item in items if isinstance(item, tuple) and b"BODY[" in item[0].upper()), None)


def _mark_read(client: imap_tools.BaseMailBox, uid: str) -> None:
    """Not by imap-tools' flag(), which expunges too: what somebody else marked as deleted would be gone."""
    with _in_words("does not let us mark a message as read"):
        answer, _ = client.client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")
        if answer != "OK":
            raise imaplib.IMAP4.error


def _hang_up(client: imap_tools.BaseMailBox) -> None:
    """LOGOUT and not CLOSE, which expunges."""
    with contextlib.suppress(imaplib.IMAP4.error, imap_tools.ImapToolsError, OSError, ValueError):
        client.client.sock.settimeout(2)
        client.logout()
    with contextlib.suppress(OSError):
        client.client.shutdown()


@contextlib.contextmanager
def _in_words(step: str) -> Iterator[None]:
    """Turn what the network and the libraries raise into one sentence; servers repeat commands, so none of theirs."""
    try:
        yield
    except ssl.SSLError as error:
        said = getattr(error, "verify_message", None) or error.reason or "refused"
        raise CannotCollect(f"no TLS with the mailbox for bounces: {said}") from None
    except TimeoutError:
        raise CannotCollect("the mailbox for bounces does not answer in time") from None
    except (imaplib.IMAP4.error, imap_tools.ImapToolsError, OSError, ValueError, LookupError, TypeError):
        # The last three: what imaplib does with an answer that is not IMAP.
        raise CannotCollect(f"the mailbox for bounces {step}") from None
