"""What goes over the wire is clean, whatever was typed (RFC 5321, 5322, 2045, 2047); and is read back."""

import email
import email.policy
import random
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.counts import times
from worker.mail.mime import Attachment, Envelope, Message, compose
from worker.mail.smtp_wire import dot_stuffed

FRENCH = "Ligue des droits de l’homme « Espérance » : à bientôt, Œuvre n° 7 ? "
KHMER = "សម្ព័ន្ធខ្មែរជំរឿន និងការពារសិទ្ធិមនុស្ស លីកាដូ ១២៣ "
HARD = (
    '😀🇰🇭👩‍👩‍👧 =?utf-8?q?x?= "\\<>@,;:.()[] \r\n\t\v\x00\x07\x1b\x7f\x85\xa0\u2028\u202e\u200b\ufeff'
    " =3D=\n.\n..\nBcc: a@b.example\n\n"
)
LONG = ["a" * 1200, "ខ" * 400, "é" * 999, "x " * 700, "=?", "From: x\r\nTo: y", ".", "\r", "\n", " ", "", "\x00"]


@st.composite
def _texts(draw: st.DrawFn) -> str:
    alphabet = draw(st.sampled_from([FRENCH, KHMER, HARD, FRENCH + KHMER + HARD]))
    return draw(st.one_of(st.text(alphabet, max_size=200), st.text(max_size=60), st.sampled_from(LONG)))


@settings(max_examples=300, deadline=None)
@given(_texts(), _texts(), _texts(), _texts())
@example("Joint letters", "Réponse demandée pour le 14 avril ខ្មែរ", "Bonjour", "<p>Bonjour</p>")
def test_whatever_was_typed_arrives_as_it_was_and_nothing_else_does(
    name: str, subject: str, text: str, html: str
) -> None:
    check(name, subject, text, html)


def test_generated_mails_arrive_as_they_were() -> None:
    assert trial(times(1_000, few=200)) == 0


@pytest.mark.parametrize("length", [10, 60, 61, 62, 78, 200, 900])
def test_a_mail_program_reads_the_address_to_unsubscribe_at_any_length(length: int) -> None:
    address = "https://" + ("letters." * 200)[: length - 20] + "x.example/u/" + "A" * 36
    sent = _sent(_message("Joint letters", "Hello", "Hello", "<p>Hello</p>", unsubscribe=address))
    (line,) = [
        line for line in sent.content.replace(b"\r\n ", b" ").split(b"\r\n") if line.startswith(b"List-Unsubscribe:")
    ]
    assert line.split() == [b"List-Unsubscribe:", f"<{address}>".encode()]
    assert str(_read(sent)["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"


def trial(count: int, seed: int = 0) -> int:
    """Compose and read back so many generated mails; returns in how many something was not as it went in."""
    chance = random.Random(seed)
    failures = 0
    for _ in range(count):
        words = ["".join(chance.choices(FRENCH + KHMER + HARD, k=chance.randrange(120))) for _ in range(4)]
        if chance.random() < 0.1:
            words[chance.randrange(4)] = chance.choice(LONG)
        try:
            check(*words)
        except AssertionError:
            failures += 1
    return failures


def check(name: str, subject: str, text: str, html: str) -> None:
    """Compose a mail of these and look at each octet, and at what the standard library reads in it."""
    sent = _sent(_message(name, subject, text, html))
    _is_clean(dot_stuffed(sent.content))
    mail = _read(sent)
    assert mail.defects == []
    assert [header.lower() for header in mail] == [
        *("from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "auto-submitted"),
        "content-type",
    ]
    assert mail["From"].addresses[0].addr_spec == "letters@undersigned.example"
    assert len(mail["From"].addresses) == 1
    assert _name_in(sent) == _one_line(name)
    assert str(mail["Subject"]) == _one_line(subject)
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert _lines(plain) == _as_sent(text)
    assert _lines(page) == _as_sent(html)
    (attached,) = mail.iter_attachments()
    assert attached.get_content() == b"%PDF\x00\r\n.\r\n" + bytes(range(256))


def _name_in(sent: Envelope) -> str:
    """The name in From. The newer parser of 3.11 leaves a space between encoded words there, against RFC 2047 6.2."""
    phrase = email.message_from_bytes(sent.content)["From"].rpartition("<")[0].strip()
    if phrase.startswith('"'):
        return re.sub(r"\\(.)", r"\1", phrase[1:-1])
    return str(make_header(decode_header(phrase)))


def _is_clean(wire: bytes) -> None:
    assert wire.endswith(b"\r\n.\r\n")
    assert wire.isascii()
    assert b"\x00" not in wire
    assert b"\r" not in wire.replace(b"\r\n", b"")
    assert b"\n" not in wire.replace(b"\r\n", b"")
    assert max(map(len, wire.split(b"\r\n"))) <= 998
    assert b"\r\n.\r\n" not in wire[:-5]
    head = wire.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 998


def _one_line(value: str) -> str:
    """A header is one line: spaces and control characters between words are one space."""
    return " ".join("".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in value).split())


def _as_sent(value: str) -> list[str]:
    return value.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd").split("\n")


def _lines(part: MIMEPart) -> list[str]:
    decoded = part.get_payload(decode=True)
    assert isinstance(decoded, bytes)
    return decoded.decode().replace("\r\n", "\n").split("\n")


def _message(name: str, subject: str, text: str, html: str, unsubscribe: str = "") -> Message:
    pdf = Attachment("letter.pdf", "application/pdf", b"%PDF\x00\r\n.\r\n" + bytes(range(256)))
    return Message(
        to="people@rivers.example",
        subject=subject,
        text=text,
        html=html,
        from_name=name,
        reply_to="secretariat@rivers.example",
        attachments=[pdf],
        unsubscribe=unsubscribe,
    )


def _sent(message: Message) -> Envelope:
    return compose(message, "<0123456789abcdef@letters.example>", datetime(2026, 11, 24, 12, tzinfo=UTC))


def _read(sent: Envelope) -> EmailMessage:
    mail = email.message_from_bytes(sent.content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail
