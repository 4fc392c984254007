"""Delivery reports changed at random, and what is believed of them."""

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests import delivery_reports as reports
from worker import tokens
from worker.mail import bounce_reports


@dataclass
class Trial:
    """What came of so many mutated reports; `crashes` and `forgeries` must be empty, they tell how to repeat them."""

    reports: int = 0
    read_as: Counter[str] = field(default_factory=Counter)
    crashes: list[str] = field(default_factory=list)
    forgeries: list[str] = field(default_factory=list)
    slowest: float = 0  # seconds of one reading


def trial(count: int, seed: int = 0) -> Trial:
    """Mutate and read so many reports: half of them with a valid token, half with one that is forged.

    A forgery is believed if a report is read that has no valid token left in its bytes, or about another mail, or
    as a hard bounce where nothing says "failed". Needs SECRET_KEY and BOUNCES_TO to be set.
    """
    found = Trial()
    for number in range(seed, seed + count):
        chance = random.Random(number)
        valid = number % 2 == 0
        token = reports.token() if valid else chance.choice([reports.forged, reports.signed_for_something_else])()
        name = chance.choice(list(reports.REPORTS))
        message = reports.report(name, token)
        for _ in range(chance.choice([1, 1, 2, 3, 5, 8, 30])):
            message = chance.choice(MUTATIONS)(message, chance, token)
        found.reports += 1
        read_into(found, message, f"{name}, number {number}")
    return found


def read_into(found: Trial, message: bytes, label: str) -> None:
    begun = time.process_time()
    try:
        bounce = bounce_reports.parse_report(message)
    except BaseException as error:
        found.crashes.append(f"{label}: {type(error).__name__}")
        return
    found.slowest = max(found.slowest, time.process_time() - begun)
    found.read_as[bounce.kind if bounce else "nothing"] += 1
    if bounce is None:
        return
    lower = message.lower()
    genuine = bounce.mail_id == reports.OURS and tokens.envid(bounce.mail_id).encode() in lower
    if not genuine or (bounce.kind == "hard" and b"failed" not in lower):
        found.forgeries.append(label)
    assert "@" not in bounce.diagnostic, label


def _cut(message: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(message) + 1)
    return start, min(len(message), start + int(chance.expovariate(1 / 40)))


def _flip_bits(message: bytes, chance: random.Random, _: str) -> bytes:
    changed = bytearray(message)
    for _i in range(chance.randint(1, 20)):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _remove(message: bytes, chance: random.Random, _: str) -> bytes:
    start, end = _cut(message, chance)
    return message[:start] + message[end:]


def _repeat(message: bytes, chance: random.Random, _: str) -> bytes:
    start, end = _cut(message, chance)
    return message[:end] + message[start:end] * chance.randint(1, 30) + message[end:]


def _insert(message: bytes, chance: random.Random, _: str) -> bytes:
    start, _end = _cut(message, chance)
    return message[:start] + chance.choice(AWKWARD) + message[start:]


def _graft(message: bytes, chance: random.Random, token: str) -> bytes:
    """A piece of another report, with the same token."""
    other = reports.report(chance.choice(list(reports.REPORTS)), token)
    (start, _), (first, last) = _cut(message, chance), sorted(chance.randrange(len(other)) for _i in range(2))
    return message[:start] + other[first:last] + message[start:]


def _truncate(message: bytes, chance: random.Random, _: str) -> bytes:
    return message[: chance.randrange(len(message) + 1)]


def _change_lines(message: bytes, chance: random.Random, _: str) -> bytes:
    lines = message.split(b"\r\n")
    for _i in range(chance.randint(1, 4)):
        at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines.insert(to, lines[at] if chance.random() < 0.3 else lines.pop(at))
    return chance.choice([b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n\r\n"]).join(lines)


def _change_words(message: bytes, chance: random.Random, _: str) -> bytes:
    """What a report is made of, exchanged for something near it."""
    old, new = chance.choice(NEAR)
    return re.sub(re.escape(old), lambda _m: new, message, count=chance.choice([0, 1]), flags=re.IGNORECASE)


def _change_token(message: bytes, chance: random.Random, token: str) -> bytes:
    """One or more characters of the token, everywhere or once."""
    letters = list(token)
    for _i in range(chance.randint(1, 3)):
        letters[chance.randrange(len(letters))] = chance.choice("abcdefghijklmnopqrstuvwxyz234567018=+ABC")
    return message.replace(token.encode(), "".join(letters).encode(), chance.choice([1, 2, 99]))


Mutation = Callable[[bytes, random.Random, str], bytes]

MUTATIONS: list[Mutation] = [
    _flip_bits,
    _remove,
    _repeat,
    _insert,
    _graft,
    _truncate,
    _change_lines,
    _change_words,
    _change_token,
]

AWKWARD = [
    b"\0",
    b"\xff\xfe",
    b"\r",
    b"\r\n\r\n",
    b"--",
    b"=?utf-8?b?",
    b"=?none?q?=FF?=",
    b"\xf0\x9f",
    b";;",
    b'"',
    b"(((((",
    b"<" * 50,
    b"@" * 50,
    b"charset=\xffnone;",
    b"boundary=",
    b'\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=""\r\n',
    b"\r\nContent-Type: message/delivery-status\r\n\r\n",
    b"\r\nContent-Type: message/rfc822\r\n\r\n",
    b"\r\nContent-Transfer-Encoding: base64\r\n",
    b"\r\nContent-Type: text/plain; charset*=''''; name*0*=x'y'%FF; name*1=z\r\n",
    b"\r\nFinal-Recipient: rfc822;\r\n",
    b"\r\nAction: failed\r\nStatus: 5.1.1\r\n",
]

NEAR = [
    (b"delivery-status", b"disposition-notification"),
    (b"multipart/report", b"multipart/mixed"),
    (b"multipart/report", b"text/plain"),
    (b"text/plain", b"message/delivery-status"),
    (b"boundary=", b"boundary*0="),
    (b"boundary=", b"boundary*=utf-8''%FF%00"),
    (b"charset=", b"charset*=unknown'x'"),
    (b"rfc822;", b"x400;"),
    (b"rfc822;", b""),
    (b"failed", b"delayed"),
    (b"delayed", b"failed"),
    (b"5.1.1", b"5." + b"1" * 500),
    (b"5.1.1", b"4.2.2"),
    (b": ", b":"),
    (b": ", b""),
    (b"\r\n", b"\r\n "),
    (b"@", b""),
    (b"@", b" at "),
    (b"river-watch", b"r\xc3\xafver"),
    (b"7bit", b"uuencode"),
]
