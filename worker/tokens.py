"""Links and mail codes: made from the key and a partner's ref, so that nothing that can sign lies in the database."""

import base64
import binascii
import hashlib
import hmac
import secrets
import string
import unicodedata
from typing import Literal, Protocol

from worker import settings

Purpose = Literal["sign", "quiet", "join", "voice", "digest"]
CodeKind = Literal["mail code", "long code"]

PATHS: dict[Purpose, str] = {"sign": "s", "quiet": "u", "join": "j", "voice": "v", "digest": "d"}
REF, GENERATION, MAC = 8, 3, 16  # bytes
LENGTH, FORMER_LENGTH = 34, 36  # characters of a token: in base62, and as they were mailed before, in base64url
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_PAIRS = [first + second for first in _BASE62 for second in _BASE62]  # a token is made several times for each mail
_DIGITS = {character: value for value, character in enumerate(_BASE62)}
MAIL_CODE, LONG_CODE = 6, 16  # digits
LOGIN_CODE = 8  # digits
KEY = 32  # bytes
MARK = 16  # bytes of what is random in a browser's mark, and of its HMAC
MAIL_ID, MAIL_MAC = 5, 10  # bytes; together 24 letters and digits in base32, which stay whole in an address


class NotALink(Exception):
    """The token was not made by us, or is of another purpose."""


class Linked(Protocol):
    """Who has a link: a partner, as far as its link is concerned."""

    @property
    def ref(self) -> bytes: ...
    @property
    def generation(self) -> int: ...


class Url(str):
    """An address of ours, safe to stand in a mail as it is."""


def new_ref() -> bytes:
    """64 random bits that stand for a partner in its link."""
    return secrets.token_bytes(REF)


def link(partner: Linked, purpose: Purpose = "sign") -> Url:
    """The partner's own address; the same in every mail until its generation is raised."""
    base = settings.current().public_url.rstrip("/")
    return Url(f"{base}/{PATHS[purpose]}/{token(partner, purpose)}")


def token(partner: Linked, purpose: Purpose = "sign") -> str:
    """base62(generation ‖ ref ‖ 128-bit HMAC over purpose, ref and generation), in a fixed width.

    Letters and digits only: mail programs cut a link that ends in anything else. A generation too large for that
    width (from 1,391 on) is spelled as links were before.
    """
    named = partner.ref + partner.generation.to_bytes(GENERATION, "big")
    mac = _mac(f"link {purpose}", named)[:MAC]
    number = int.from_bytes(named[REF:] + named[:REF] + mac, "big")
    if number >= len(_BASE62) ** LENGTH:
        return base64.urlsafe_b64encode(named + mac).decode()
    pairs = []
    for _ in range(LENGTH // 2):
        number, pair = divmod(number, len(_PAIRS))
        pairs.append(_PAIRS[pair])
    return "".join(reversed(pairs))


def read_token(token: str, purpose: Purpose = "sign") -> tuple[bytes, int]:
    """The ref and generation that a token names, in either spelling; raises NotALink.

    Whether that generation still lives is for the caller to look up.
    """
    named, mac = _read_base62(token) if len(token) == LENGTH else _read_base64(token)
    if not _is_mac(mac, f"link {purpose}", named):
        raise NotALink
    return named[:REF], int.from_bytes(named[REF:], "big")


def _read_base62(token: str) -> tuple[bytes, bytes]:
    number = 0
    for character in token:
        if (digit := _DIGITS.get(character)) is None:
            raise NotALink
        number = number * len(_BASE62) + digit
    raw = number.to_bytes(GENERATION + REF + MAC, "big")
    return raw[GENERATION : GENERATION + REF] + raw[:GENERATION], raw[GENERATION + REF :]


def _read_base64(token: str) -> tuple[bytes, bytes]:
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise NotALink from None
    if len(raw) != REF + GENERATION + MAC:
        raise NotALink
    return raw[: REF + GENERATION], raw[REF + GENERATION :]


def mail_code(partner: Linked) -> str:
    """Six digits printed in the mail and not in the link: they stop robots, they authenticate nobody."""
    return _mail_codes(partner)[0]


def _mail_codes(partner: Linked) -> list[str]:
    named = partner.ref + partner.generation.to_bytes(GENERATION, "big")
    return [f"{int.from_bytes(mac[:8], 'big') % 1_000_000:06d}" for mac in _macs("mail code", named)]


def printed_code(partner: Linked) -> str:
    """The mail code as people read it: three digits and three."""
    code = mail_code(partner)
    return f"{code[:3]} {code[3:]}"


def long_code(partner: Linked) -> str:
    """Sixteen digits printed below the mail code: too many to be guessed, so they are taken at any time."""
    return _long_codes(partner)[0]


def _long_codes(partner: Linked) -> list[str]:
    named = partner.ref + partner.generation.to_bytes(GENERATION, "big")
    return [f"{int.from_bytes(mac[:16], 'big') % 10**LONG_CODE:0{LONG_CODE}d}" for mac in _macs("long code", named)]


def printed_long_code(partner: Linked) -> str:
    """The long code as people read it: four groups of four."""
    code = long_code(partner)
    return " ".join(code[at : at + 4] for at in range(0, LONG_CODE, 4))


def kind_of_code(typed: str) -> CodeKind | None:
    """Which of the two codes a typed text may be, by its number of digits; null for what is neither."""
    kinds: dict[int, CodeKind] = {MAIL_CODE: "mail code", LONG_CODE: "long code"}
    return kinds.get(len(digits_of(typed)))


def is_mail_code(partner: Linked, typed: str) -> bool:
    """Whether these are the six digits of the partner's mail, in whatever script and spacing they were typed."""
    return any(hmac.compare_digest(digits_of(typed), code) for code in _mail_codes(partner))


def is_long_code(partner: Linked, typed: str) -> bool:
    """Whether this is the long code of the partner's mail, likewise."""
    return any(hmac.compare_digest(digits_of(typed), code) for code in _long_codes(partner))


def login_code(ref: bytes) -> str:
    """Eight digits that open the organizers' desk, made of what is kept of one request for a code."""
    return _login_codes(ref)[0]


def printed_login_code(ref: bytes) -> str:
    """The login code as people read it: four digits and four."""
    code = login_code(ref)
    return f"{code[:4]} {code[4:]}"


def is_login_code(ref: bytes, typed: str) -> bool:
    """Whether this is that code, in whatever script and spacing it was typed."""
    return any(hmac.compare_digest(digits_of(typed), code) for code in _login_codes(ref))


def _login_codes(ref: bytes) -> list[str]:
    return [f"{int.from_bytes(mac[:16], 'big') % 10**LOGIN_CODE:0{LOGIN_CODE}d}" for mac in _macs("login code", ref)]


def browser_mark(organizer: Linked) -> bytes:
    """What a browser keeps of a login: it says to nobody whose it was, and to us only of a person we think of."""
    drawn = secrets.token_bytes(MARK)
    return drawn + _mac("known browser", _marked(organizer, drawn))[:MARK]


def is_marked(organizer: Linked, mark: bytes) -> bool:
    """Whether a browser that shows this mark had logged in as this organizer."""
    drawn, mac = mark[:MARK], mark[MARK:]
    return len(mark) == 2 * MARK and _is_mac(mac, "known browser", _marked(organizer, drawn))


def _marked(organizer: Linked, drawn: bytes) -> bytes:
    return organizer.ref + organizer.generation.to_bytes(GENERATION, "big") + drawn


def new_key() -> str:
    """256 random bits for a cookie or a link; only its `key_hash` is kept."""
    return secrets.token_urlsafe(KEY)


def key_hash(key: str) -> bytes:
    """What is kept of a random key: too many bits to be guessed, so that a plain hash tells nothing."""
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()


def digits_of(typed: str) -> str:
    """The digits of a text, of any script, as ASCII."""
    return "".join(str(unicodedata.digit(c)) for c in typed if unicodedata.digit(c, None) is not None)


def fingerprint(email: str) -> bytes:
    """What an address is found by, without being kept in clear (HMAC-SHA-256)."""
    return fingerprints(email)[0]


def fingerprints(email: str) -> list[bytes]:
    """All that an address may be found by: under SECRET_KEY, and under SECRET_KEY_OLD until all rows are rewritten."""
    return _macs("address", email.strip().casefold().encode())


def message_id() -> str:
    """The Message-ID of a mail that is in no outbox: 128 random bits at the public domain (RFC 5322 3.6.4)."""
    return f"<{secrets.token_hex(16)}@{settings.current().mail_domain}>"


def content_mark(content: bytes) -> str:
    """64 bits that tell one mail from another under the same Message-ID, and nothing of what either says."""
    return _mac("content of a mail", content)[:8].hex()


def derived_message_id(facts: bytes) -> str:
    """The Message-ID of a mail, made from what it says: 128 bits of an HMAC, from which nothing can be read."""
    return f"<{_mac('message id', facts)[:MAC].hex()}@{settings.current().mail_domain}>"


def return_path(mail_id: int) -> str:
    """The envelope sender of one mail, to which its bounces come; MAIL_FROM where BOUNCES_TO is not set.

    `bounces@letters.example` becomes `bounces+<token>@letters.example` (VERP): whoever reports that a mail
    bounced shows by the token that the mail was ours. A plus that is there already stays.
    """
    conf = settings.current()
    if not conf.bounces_to:
        return conf.mail_from
    local, _, domain = conf.bounces_to.rpartition("@")
    return f"{local}+{envid(mail_id)}@{domain}"


def read_return_path(address: str) -> int:
    """The mail that an envelope sender of ours names, in whatever letter case it came back; raises NotALink."""
    local, at, _ = address.strip().strip("<>").rpartition("@")
    _, plus, token = local.rpartition("+")
    if not (at and plus):
        raise NotALink
    return read_envid(token)


def envid(mail_id: int) -> str:
    """What names a mail to other servers: base32(mail id ‖ 80-bit HMAC), lower case (also ENVID, RFC 3461 4.4)."""
    named = mail_id.to_bytes(MAIL_ID, "big")
    return base64.b32encode(named + _mac("return path", named)[:MAIL_MAC]).decode().lower()


def read_envid(token: str) -> int:
    """The mail that a token of `envid` names, in whatever letter case it came back; raises NotALink."""
    try:
        raw = base64.b32decode(token.strip().encode("ascii").upper())
    except (ValueError, binascii.Error):
        raise NotALink from None
    named, mac = raw[:MAIL_ID], raw[MAIL_ID:]
    if len(raw) != MAIL_ID + MAIL_MAC or not _is_mac(mac, "return path", named):
        raise NotALink
    return int.from_bytes(named, "big")


def inbox_token() -> str:
    """What stands in the address of the inbox of caught mails: 128 bits, the same after a restart."""
    return _mac("inbox", b"")[:MAC].hex()


def _mac(purpose: str, message: bytes) -> bytes:
    """What is made today, under SECRET_KEY."""
    return hmac.digest(settings.current().key(purpose), message, "sha256")


def _macs(purpose: str, message: bytes) -> list[bytes]:
    """What is taken: the same, and what was made under SECRET_KEY_OLD while there is one."""
    return [hmac.digest(key, message, "sha256") for key in settings.current().keys(purpose)]


def _is_mac(mac: bytes, purpose: str, message: bytes) -> bool:
    """Whether this is the beginning of one that is taken."""
    taken = _macs(purpose, message)
    return len(mac) >= MAIL_MAC and any(hmac.compare_digest(mac, made[: len(mac)]) for made in taken)
