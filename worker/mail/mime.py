"""A message becomes bytes: 7-bit, CRLF, and the same bytes whenever it is composed again (RFC 5322, 2045, 2047)."""

import base64
import functools
import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from worker import settings, tokens
from worker.mail.quoted_text import in_json, quoted

_MAX_QUOTED = 100  # characters of a name that stands as it is
_MAX_FILE_NAME = 78 - len('Content-Disposition: attachment; filename=""')  # that stands on one line with its header
_ENCODED_WORD = 45  # bytes of UTF-8 that fit into one encoded word of at most 75 characters


@dataclass(frozen=True)
class Attachment:
    """A file; one that many mails carry is encoded once for all of them."""

    name: str
    content_type: str
    content: bytes

    @functools.cached_property
    def digest(self) -> bytes:
        return hashlib.sha256(self.content).digest()

    @functools.cached_property
    def part(self) -> bytes:
        """The file as it stands in a mail (RFC 2183, RFC 2045 6.8)."""
        fold = "\r\n" if len(self.name) > _MAX_FILE_NAME else ""
        head = (
            f"Content-Type: {self.content_type}\r\n"
            f'Content-Disposition: attachment;{fold} filename="{self.name}"\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n"
        )
        return head.encode() + base64.encodebytes(self.content).replace(b"\n", b"\r\n")


@dataclass(frozen=True)
class Message:
    """One mail in words, before it becomes bytes; `text` and `html` are final."""

    to: str
    subject: str
    text: str
    html: str
    from_name: str
    reply_to: str
    attachments: list[Attachment] = field(default_factory=list)
    automatic: bool = True
    unsubscribe: str = ""
    one_click: bool = True
    """Whether a mail program may unsubscribe by itself, without the page (RFC 8058)."""


class NothingToSay(Exception):
    """The mail has no recipient any more, or one that wants no mail."""


@dataclass(frozen=True)
class Envelope:
    """What the relay is given: envelope sender, recipient and the bytes, with their hash.

    `parts` are the bytes in their order; an attachment is one of them, and the same object in every mail with it.
    """

    sender: str
    recipient: str
    parts: tuple[bytes, ...]

    @property
    def content(self) -> bytes:
        return b"".join(self.parts)

    @functools.cached_property
    def hash(self) -> str:
        hashed = hashlib.sha256()
        for part in self.parts:
            hashed.update(part)
        return hashed.hexdigest()

    @property
    def is_7bit(self) -> bool:
        return all(map(bytes.isascii, self.parts))


def compose(message: Message, message_id: str, dated_at: datetime, return_path: str = "") -> Envelope:
    """Set a message as bytes; everything that varies comes in as an argument.

    The Message-ID is `message_id` with a mark of what the mail says and to whom: whatever else is said has another.
    `return_path` is the envelope sender, MAIL_FROM unless bounces come back elsewhere; it is in no header.
    """
    sender = settings.current().mail_from
    message_id = _marked(message_id, message, dated_at)
    seed = hashlib.sha256(message_id.encode()).hexdigest()[:24]
    headers = [
        ("From", _mailbox(message.from_name, sender)),
        ("To", message.to),
        ("Reply-To", message.reply_to),
        ("Subject", _words(message.subject, len("Subject: "))),
        ("Date", _date(dated_at)),
        ("Message-ID", message_id),
        ("MIME-Version", "1.0"),
    ]
    if message.automatic:
        headers.append(("Auto-Submitted", "auto-generated"))  # RFC 3834: no out-of-office, please
    if message.unsubscribe:
        headers.append(("List-Unsubscribe", _address(message.unsubscribe, len("List-Unsubscribe: "))))
        if message.one_click:
            headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))  # RFC 8058
    body = _multipart("alternative", f"a-{seed}", [_text("plain", message.text), _text("html", message.html)])
    if message.attachments:
        attached = [attachment.part for attachment in message.attachments]
        body = _multipart("mixed", f"m-{seed}", [b"".join(body), *attached])
    head = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in headers).encode()
    first, *rest = body
    return Envelope(return_path or sender, message.to, (head + first, *rest))


def _marked(message_id: str, message: Message, dated_at: datetime) -> str:
    words = (message.to, message.subject, message.text, message.html, message.from_name, message.reply_to)
    said = [*words, message.unsubscribe, dated_at.isoformat(), *(one.name for one in message.attachments)]
    content = [f"[{', '.join(map(in_json, said))}]".encode(), *(one.digest for one in message.attachments)]
    local, at, domain = message_id.rpartition("@")
    return f"{local}.{tokens.content_mark(b''.join(content))}{at}{domain}"


def _multipart(subtype: str, boundary: str, parts: list[bytes]) -> list[bytes]:
    """The parts between their boundaries, each as it was given."""
    opening = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'
    between = f"--{boundary}\r\n".encode()
    pieces = [opening.encode()]
    for part in parts:
        pieces[-1] += between
        pieces += [part, b"\r\n"]
    pieces[-1] += f"--{boundary}--\r\n".encode()
    return pieces


def _text(subtype: str, words: str) -> bytes:
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + quoted(words)


_date = functools.lru_cache(maxsize=1000)(format_datetime)


@functools.lru_cache(maxsize=1000)
def _mailbox(name: str, address: str) -> str:
    """`"Name" <address>`, the name quoted or in encoded words."""
    name = _on_one_line(name)
    if not name:
        return address
    if name.isascii() and len(name) <= _MAX_QUOTED and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_encoded(name, len('From: '))}\r\n <{address}>"


@functools.lru_cache(maxsize=1000)
def _words(text: str, column: int) -> str:
    """Header text: as it is where ASCII fits one line, else encoded words (RFC 2047)."""
    text = _on_one_line(text)
    if text.isascii() and len(text) + column <= 78 and "=?" not in text:
        return text
    return _encoded(text, column)


def _encoded(text: str, column: int) -> str:
    """Encoded words, folded between characters."""
    chunks: list[bytes] = []
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > (_ENCODED_WORD if chunks else _ENCODED_WORD - column):
            chunks.append(chunk)
            chunk = b""
        chunk += encoded
    chunks.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(chunk).decode()}?=" for chunk in chunks)


def _on_one_line(text: str) -> str:
    """Spaces, ends of lines and control characters between words are one space."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _address(url: str, column: int) -> str:
    """`<url>`, raw and in one piece on whatever line it fits (RFC 2369 2); the longest host leaves it far below 998."""
    return f"<{url}>" if column + len(url) + 2 <= 78 else f"\r\n <{url}>"


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def _one_line(value: str) -> str:
    """No control character gets into a header, except the folds that we put there ourselves."""
    if not _CONTROL.search(value):
        return value
    return "\r\n ".join(_CONTROL.sub(" ", line) for line in value.split("\r\n "))
