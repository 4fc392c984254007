"""What many mails share is encoded once, and each mail is the same to the byte as if it were encoded by itself."""

import binascii
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.mail import quoted_text
from worker.mail.mime import Message, compose
from worker.mail.quoted_text import Pieced, Shared

A_MOMENT = datetime(2026, 11, 30, tzinfo=UTC)
LINES = st.text("ab =.\t\x00\r\xe9\u1781\U0001f41f\u2028", max_size=160)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.lists(LINES, min_size=1, max_size=4)), min_size=2, max_size=5))
def test_a_text_in_pieces_is_encoded_as_the_same_text_in_one(drawn: list[tuple[bool, list[str]]]) -> None:
    last = len(drawn) - 1
    ended = [(shared, "\n".join(lines) + "\n" * (at < last)) for at, (shared, lines) in enumerate(drawn)]
    pieced = Pieced([Shared(words) if shared else words for shared, words in ended])
    whole = "".join(words for _, words in ended)
    assert pieced == whole
    assert quoted_text.quoted(pieced) == quoted_text.quoted(whole) == _by_the_library(whole)
    assert quoted_text.in_json(pieced) == quoted_text.in_json(whole) == json.dumps(whole)
    in_one, in_pieces = (compose(_says(words), "<1@letters.example>", A_MOMENT) for words in (whole, pieced))
    assert in_one == in_pieces


def test_what_is_shared_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[bytes] = []
    b2a_qp = binascii.b2a_qp

    def noting(words: bytes, *, istext: bool) -> bytes:
        encoded.append(words)
        return b2a_qp(words, istext=istext)

    monkeypatch.setattr(binascii, "b2a_qp", noting)
    shared = Shared("To all of you,\n")
    for reader in ("Ana", "Bob"):
        assert quoted_text.quoted(Pieced([f"Dear {reader},\n", shared])).count(b"To all of you") == 1
    assert sum(b"To all of you" in words for words in encoded) == 1


def _by_the_library(words: str) -> bytes:
    lines = words.replace("\x00", "\ufffd").replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    return binascii.b2a_qp(lines.encode(), istext=True)


def _says(words: str) -> Message:
    return Message("a@partner.example", "Hello", words, words, "Rivers", "rivers@organizers.example")
