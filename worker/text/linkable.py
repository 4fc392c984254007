"""Whether mail programs would make a link of something in a text: then it is not sent under our name."""

import re
import unicodedata

# An address within a text: a scheme, a mailbox, a name with a dot that is followed by letters and no space.
_SCHEME = re.compile(
    r"\w{2,}:[/\\]|\\\\\w|\b(?:mailto|tel|sms|callto|skype|whatsapp|facetime|sip|xmpp|magnet):\S|\bwww\b\W?\w",
    re.IGNORECASE,
)
_MAILBOX = re.compile(r"[^\s@]@[^\s@]")
_HOST = re.compile(
    r"[^\s.,;:!?…()\[\]{}\"'«»“”‘’។៖]\.(?=[^\W\d_]{2})|[a-z0-9-][\u3002\uff61](?=[a-z]{2})", re.IGNORECASE
)
# A telephone number: an international one, or a national one of nine digits and more, as it is written where the first
# is 0, in French pairs, or in groups of three, three and four; a date or an amount is none.
_PHONE = re.compile(
    r"(?:\+|\b00)[ ()-]*\d(?:[ ().-]*\d){5,}|(?<!\d)\(?0(?:[ ()-]*\d){8,}"
    r"|(?<!\d)0\d(?:[./ -]\d\d){4}(?!\d)|(?<!\d)\(?\d{3}(?:\) ?|[. -])\d{3}[. -]\d{4}(?!\d)"
)

_UNSEEN = {"\N{COMBINING GRAPHEME JOINER}", *map(chr, range(0xFE00, 0xFE10))}  # with the variation selectors


def has_link(text: str) -> bool:
    """Whether it has a web address, an email address or a telephone number in it, in whatever script."""
    plain = "".join(_plain(character) for character in unicodedata.normalize("NFKC", text))
    return any(pattern.search(plain) for pattern in (_SCHEME, _MAILBOX, _HOST, _PHONE))


def _plain(character: str) -> str:
    """A digit of any script as ASCII, and any dash; nothing for what nobody sees, as it would hide a link."""
    if unicodedata.category(character) == "Cf" or character in _UNSEEN:
        return ""
    if unicodedata.category(character) == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    digit = unicodedata.digit(character, None)
    return character if digit is None else str(digit)
