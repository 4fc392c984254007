"""Connections to the pages: who is slow is waited for, and who never ends is hung up on."""

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
import uvicorn

from tests import cast
from tests.promises import soon
from worker import broker, db, tokens
from worker.models import Partner
from worker.web import forms, serving
from worker.web.app import make_app

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

PATIENCE_S = 15  # seconds until whoever should be hung up on is missed
GET = b"GET /livez HTTP/1.1\r\nHost: here.example\r\n\r\n"
HALF_A_HEAD = GET[:-2]
KIND = b"Content-Type: application/x-www-form-urlencoded\r\n"

NOBODY = b"a" * 36  # a token as ours are, of nobody


@pytest.fixture
def site(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The pages on a port of their own, served as `undersigned web` serves them."""
    monkeypatch.setattr(broker, "notify", lambda *_: None)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(), **serving.OPTIONS))
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def hasty(site: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """The same with less patience, so that tests need less too."""
    monkeypatch.setattr(serving, "HEAD_TIMEOUT_S", 0.5)
    monkeypatch.setattr(forms, "BODY_TIMEOUT_S", 0.5)
    return site


@pytest.fixture
def partner(database: str) -> Partner:
    with db.transaction() as session:
        return cast.a_campaign(session).partners[0]


def form(partner: Partner, **fields: str) -> tuple[bytes, bytes]:
    """A request that declines, head and body."""
    body = urlencode({"choice": "decline", **fields}).encode()
    head = f"POST /s/{tokens.token(partner)} HTTP/1.1\r\nHost: here.example\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + KIND + b"\r\n", body


def connect(port: int) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port))
    line.settimeout(PATIENCE_S)
    return line


def all_from(line: socket.socket) -> bytes:
    """What comes until the other side hangs up; TimeoutError if it does not."""
    came = b""
    try:
        while chunk := line.recv(65536):
            came += chunk
    except ConnectionError:  # it hung up while we were sending
        pass
    return came


def answer_from(line: socket.socket) -> bytes:
    """The first answer on a connection that is kept."""
    came = b""
    while b"\r\n\r\n" not in came:
        came += line.recv(65536)
    head, _, body = came.partition(b"\r\n\r\n")
    [length] = [int(field[15:]) for field in head.lower().split(b"\r\n") if field.startswith(b"content-length:")]
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


def trickle(line: socket.socket, pieces: Iterator[bytes]) -> bytes:
    """Send a little now and then until the other side hangs up; what it said comes back."""
    came: list[bytes] = []
    reader = threading.Thread(target=lambda: came.append(all_from(line)))
    reader.start()
    until = time.monotonic() + PATIENCE_S
    while reader.is_alive() and time.monotonic() < until:
        try:
            line.sendall(next(pieces))
        except ConnectionError:
            break
        reader.join(0.1)
    assert soon(lambda: not reader.is_alive()), "it listens on"
    return came[0]


def letters(before: bytes) -> Iterator[bytes]:
    return itertools.chain([before], itertools.repeat(b"a"))


@pytest.mark.parametrize(
    "sends",
    [
        pytest.param(lambda line: line.sendall(HALF_A_HEAD) or all_from(line), id="half a head"),
        pytest.param(lambda line: trickle(line, letters(HALF_A_HEAD + b"X-Long: ")), id="a head that trickles"),
        pytest.param(lambda line: trickle(line, letters(b"GET /")), id="an address that trickles"),
    ],
)
def test_a_head_that_does_not_end_is_answered_408(sends: Callable[[socket.socket], bytes], hasty: int) -> None:
    with connect(hasty) as line:
        assert sends(line).startswith(b"HTTP/1.1 408 Request Timeout\r\n")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda line: all_from(line), id="none"),
        pytest.param(lambda line: trickle(line, letters(b"choice=")), id="one that trickles"),
    ],
)
@pytest.mark.parametrize("length", [b"Content-Length: 1000\r\n", b"Transfer-Encoding: chunked\r\n"])
@pytest.mark.parametrize("path", [b"/s/" + NOBODY, b"/s/" + NOBODY + b"/row", b"/u/" + NOBODY, b"/c/nothing/join"])
def test_a_body_that_does_not_end_is_answered_by_a_calm_page(
    path: bytes, length: bytes, body: Callable[[socket.socket], bytes], hasty: int
) -> None:
    if b"chunked" in length:
        length += b"\r\nffff\r\n"  # the head ends, and a chunk begins
    else:
        length += b"\r\n"
    with connect(hasty) as line:
        line.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: here.example\r\n" + KIND + length)
        answer = body(line)

    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"The form did not arrive completely" in answer
    assert b"\r\nconnection: close\r\n" in answer.lower()
    assert b"\r\nreferrer-policy: no-referrer\r\n" in answer.lower()


def test_who_connects_and_says_nothing_is_hung_up_on_without_a_word(hasty: int) -> None:
    with connect(hasty) as line:
        assert all_from(line) == b""


@pytest.mark.parametrize("rest", [b"\r\n", b"a"])
def test_nothing_that_belongs_to_no_request_keeps_a_connection_open(rest: bytes, hasty: int) -> None:
    """Empty lines before a request; and the rest of a form that was refused before it was read."""
    too_large = b"POST /s/" + NOBODY + b" HTTP/1.1\r\nHost: here.example\r\nContent-Length: 9999999\r\n\r\n"
    with connect(hasty) as line:
        if rest == b"a":
            line.sendall(too_large)
            assert answer_from(line).startswith(b"HTTP/1.1 413 ")
        assert trickle(line, itertools.repeat(rest)) == b""


def test_a_head_has_a_length_that_it_may_have(site: int) -> None:
    with connect(site) as line:
        answer = trickle(line, itertools.chain([HALF_A_HEAD], itertools.repeat(b"X-Long: " + b"a" * 9000 + b"\r\n")))

    assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_connection_that_was_kept_is_used_again_after_a_while(hasty: int) -> None:
    with connect(hasty) as line:
        for _ in range(3):
            line.sendall(GET)
            assert answer_from(line).endswith(b"ok")
            time.sleep(2 * serving.HEAD_TIMEOUT_S)
        line.sendall(HALF_A_HEAD)
        assert all_from(line).startswith(b"HTTP/1.1 408 ")


def test_who_waits_for_an_answer_is_not_hung_up_on(hasty: int, partner: Partner) -> None:
    """A wrong code is answered after a second; half of the next request is sent before that, and ended after it."""
    head, body = form(partner, mail_code=f"{(int(tokens.mail_code(partner).replace(' ', '')) + 1) % 1_000_000:06d}")
    with connect(hasty) as line:
        line.sendall(head + body + HALF_A_HEAD)
        assert answer_from(line).startswith(b"HTTP/1.1 422 ")
        line.sendall(b"\r\n")
        assert answer_from(line).endswith(b"ok")


def test_a_form_over_a_slow_line_arrives(site: int, partner: Partner) -> None:
    """Ten thousand bytes at 50 kbit/s, as a phone at the edge of its network sends them."""
    head, body = form(partner, mail_code=tokens.mail_code(partner), reason="Rivers. " * 20, more="x" * 9_700)
    with connect(site) as line:
        for start in range(0, len(head + body), 625):
            line.sendall((head + body)[start : start + 625])
            time.sleep(0.1)
        assert answer_from(line).startswith(b"HTTP/1.1 303 ")
