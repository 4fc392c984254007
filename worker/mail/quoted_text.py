"""The text of a mail as quoted-printable (RFC 2045 6.7) and as JSON; what many mails share becomes either once."""

import binascii
import functools
import json
from collections.abc import Sequence


class Shared(str):
    """Whole lines that stand in many mails, and are encoded once for all of them."""

    @functools.cached_property
    def quoted(self) -> bytes:
        return _quoted(self)

    @functools.cached_property
    def in_json(self) -> str:
        return _in_json(self)


class Pieced(str):
    """A text with the pieces that it was put together from: each begins a line, and some are Shared."""

    pieces: Sequence[str]

    def __new__(cls, pieces: Sequence[str]) -> "Pieced":
        made = super().__new__(cls, "".join(pieces))
        made.pieces = pieces
        return made


def quoted(words: str) -> bytes:
    """Quoted-printable, so that the words survive every relay and a person can read the source."""
    if isinstance(words, Pieced):
        return b"".join([piece.quoted if isinstance(piece, Shared) else _quoted(piece) for piece in words.pieces])
    return _quoted(words)


def in_json(words: str) -> str:
    """The same as `json.dumps`."""
    if isinstance(words, Pieced):
        inside = [piece.in_json if isinstance(piece, Shared) else _in_json(piece) for piece in words.pieces]
        return f'"{"".join(inside)}"'
    return _json(words)


def _quoted(words: str) -> bytes:
    words = words.replace("\x00", "\ufffd")  # as Markdown and HTML have it
    lines = words.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    # It breaks lines as the first one ends: that is an empty one before the words, which is cut off again.
    return binascii.b2a_qp(b"\r\n" + lines.encode(), istext=True)[2:]


def _in_json(words: str) -> str:
    return _json(words)[1:-1]


_json = json.JSONEncoder().encode
