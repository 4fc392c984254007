"""The mailbox for bounces: unread messages are offered once, and nothing is deleted."""

import contextlib
import imaplib
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import imap_tools

from worker.mail.bounce_reports import MAX_READ
from worker.mail.server_url import Scheme, Security, parse_server_url, tls_context

AT_ONCE = 100  # messages offered in one collection
A_COLLECTION = 60  # seconds after which a collection ends by itself; the next one goes on
TIMEOUT_S = 20  # seconds to wait for the mailbox


class CannotCollect(Exception):
    """The mailbox for bounces cannot be read; the message says why, and holds nothing of its URL."""


@dataclass(frozen=True)
class Mailbox:
    """Where bounces arrive, and how the way there is protected."""

    host: str
    port: int
    security: Security
    folder: str
    username: str = field(repr=False)
    password: str = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> "Mailbox":
        """Read `imaps://`, `imap://` or `imap+plain://` `user:password@host:port/Folder`.

        `imap://` demands STARTTLS unless the host is this machine; the folder is INBOX unless one is named.
        Raises ValueError with a sentence that repeats nothing of the URL.
        """
        read = parse_server_url(url, _SCHEMES, _EXAMPLE, path="the folder")
        if not (read.username and read.password):
            raise ValueError(f"expected a user name and a password, as in {_EXAMPLE}")
        return cls(read.host, read.port, read.security, read.path or "INBOX", read.username, read.password)


_EXAMPLE = "imaps://user:password@imap.example.org/INBOX"
_SCHEMES = {"imaps": Scheme(993, "tls"), "imap": Scheme(143, "starttls"), "imap+plain": Scheme(143, "plain")}


def collect(mailbox: Mailbox, handle: Callable[[bytes], bool], stopping: Callable[[], bool] = lambda: False) -> int:
    """Offer unread messages to `handle`, and return how many it dealt with, which are now read.

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
        for uid in _from_both_ends([uid for uid in unread if uid not in for_people])[:AT_ONCE]:
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


def _from_both_ends(uids: list[str]) -> list[str]:
    """The newest, then the oldest, and so on: nothing waits for ever behind junk, however much of it comes."""
    return list(dict.fromkeys(uid for pair in zip(reversed(uids), uids, strict=True) for uid in pair))


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
        return imap_tools.MailBox(mailbox.host, mailbox.port, timeout=TIMEOUT_S, ssl_context=tls_context())
    client = imap_tools.MailBoxUnencrypted(mailbox.host, mailbox.port, timeout=TIMEOUT_S)
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
        _, items = client.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAX_READ}>)")
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
