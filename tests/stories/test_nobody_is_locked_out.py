"""Somebody has the link and not the code, and guesses: whoever has the code is heard at once, by every process."""

import itertools
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest
from sqlalchemy import select

from tests import servers
from tests.holder import Holder, codes_in
from tests.promises import soon
from tests.servers import TIMEOUT_S
from tests.stage import Organization, ProductionStage, Story, eventually, post
from worker import db, tokens
from worker.models import MAX_WRONG_CODES, Partner

AT_ONCE = 200
MANY_GUESSES = 60  # ten more than may ever be compared
HANDS = 16  # that guess at the same time
HALF_A_REQUEST_LASTS = 15.0  # seconds at most
HALVES = {
    "its head": b"GET /livez HTTP/1.1\r\nHost: here.example\r\n",
    "its body": b"POST /s/nobody HTTP/1.1\r\nHost: here.example\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nchoice=",
}
SIGNING = {"choice": "sign", "visibility": "public", "representative": "Ada", "role": "Chair", "authorised": "yes"}

HalfRequests: TypeAlias = tuple[dict[str, socket.socket], float]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def two_webs(tmp_path_factory: pytest.TempPathFactory, worker_number: int) -> Iterator[ProductionStage]:
    """Two processes that serve the pages, on PostgreSQL."""
    folder = tmp_path_factory.mktemp("two-webs")
    with servers.fresh_postgresql() as url:
        stage = ProductionStage(folder, url, servers.shared_redis(worker_number), workers=1, webs=2)
        yield stage
        stage.end()


@pytest.fixture
def campaign(two_webs: ProductionStage) -> Iterator[Story]:
    yield Story(two_webs, f"guessed-{next(_numbers)}")
    print(two_webs.logs())  # shown when the story failed


@pytest.fixture(scope="module")
def guessed(two_webs: ProductionStage) -> tuple[Organization, list[int]]:
    """An organization whose six digits were guessed at for a while, and how each guess was answered."""
    campaign = Story(two_webs, "guessed-for-long")
    river_watch = campaign.joined_by("River Watch", "RW", "Canada")
    campaign.launches()
    guesser = Guesser(two_webs, river_watch.link(), river_watch.code())
    with guesser.at_work():
        eventually(lambda: len(guesser.answers) >= MANY_GUESSES)
    return river_watch, guesser.answers


@pytest.fixture(scope="module", autouse=True)
def half_requests(two_webs: ProductionStage) -> Iterator[HalfRequests]:
    """Connections on which half a request was sent, before everything else here."""
    lines = {half: socket.create_connection(("127.0.0.1", two_webs.web_ports[0])) for half in HALVES}
    for half, line in lines.items():
        line.sendall(HALVES[half])
        line.setblocking(False)
    yield lines, time.monotonic()
    for line in lines.values():
        line.close()


def was_hung_up_on(line: socket.socket) -> bool:
    try:
        while line.recv(4096):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        pass
    return True


@dataclass
class Guesser:
    """Sends one wrong code after the other to all processes, with many hands, each waiting for its answer."""

    stage: ProductionStage
    link: str
    right: str
    sent: int = 0
    answers: list[int] = field(default_factory=list)
    _tired: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        hands = [threading.Thread(target=self._guesses_on, args=(number,)) for number in range(HANDS)]
        for hand in hands:
            hand.start()
        try:
            yield
        finally:
            self._tired.set()
            for hand in hands:
                hand.join()

    def _guesses_on(self, number: int) -> None:
        while not self._tired.is_set():
            self.sent += 1
            wrong = f"{(int(self.right.replace(' ', '')) + self.sent) % 1_000_000:06d}"
            form = {"choice": "decline", "mail_code": wrong}
            self.answers.append(post(at(self.stage, number, self.link), form)[0])
            self._tired.wait(0.02)


def guesses_counted(stage: ProductionStage, link: str) -> int:
    """What the database says of the partner of this link."""
    with stage.here(), db.reading() as session:
        ref, _ = tokens.read_token(link.rpartition("/")[2])
        return session.scalars(select(Partner.wrong_codes).where(Partner.ref == ref)).one()


def at(stage: ProductionStage, number: int, link: str) -> str:
    """The same link, at one of the processes."""
    return link.replace(f":{stage.web_ports[0]}/", f":{stage.web_ports[number % len(stage.web_ports)]}/")


def told_at(stage: ProductionStage, number: int, link: str, form: dict[str, str]) -> tuple[int, float]:
    """The status of a form at one of the processes, and after how many seconds it was told.

    Less those that the same process takes meanwhile to say that it lives: they are the machine's, which may be busy.
    """
    seconds: list[float] = []

    def is_asked_whether_it_lives() -> None:
        began = time.monotonic()
        urllib.request.urlopen(at(stage, number, f"{link.partition('/s/')[0]}/livez"), timeout=TIMEOUT_S).close()
        seconds.append(time.monotonic() - began)

    beside = threading.Thread(target=is_asked_whether_it_lives)
    began = time.monotonic()
    beside.start()
    status, _ = post(at(stage, number, link), form)
    took = time.monotonic() - began
    beside.join()
    return status, took - seconds[0]


def test_a_right_code_is_taken_within_a_second_while_somebody_guesses(
    two_webs: ProductionStage, campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()
    code = codes_in(river_watch.invitation())[-1]
    acts = [*[("", SIGNING), ("", {"choice": "withdraw"})] * 10, ("", SIGNING), ("/not-us", {})]
    guesser, taken = Guesser(two_webs, river_watch.link(), river_watch.code()), []

    with guesser.at_work():
        eventually(lambda: len(guesser.answers) > 2 * MANY_GUESSES)
        for number, (below, form) in enumerate(acts):
            status, took = told_at(two_webs, number, river_watch.link() + below, form | {"mail_code": code})
            taken.append(status == 200 and took < 1)
            time.sleep(0.1)

    assert 200 not in guesser.answers
    assert taken.count(False) == 0, "signing, withdrawing, signing again, disowning"


def test_the_partner_and_the_organizers_hear_once_that_its_code_was_guessed_at(
    guessed: tuple[Organization, list[int]],
) -> None:
    river_watch, answers = guessed
    assert len(answers) >= MANY_GUESSES

    eventually(lambda: [len(river_watch.mails()[1:]), len(river_watch.campaign.organizers_mails())] == [1, 1])


@pytest.mark.parametrize("half", HALVES)
def test_who_sends_half_a_request_is_hung_up_on(half: str, half_requests: HalfRequests) -> None:
    lines, since = half_requests
    left = since + HALF_A_REQUEST_LASTS - time.monotonic()
    assert soon(lambda: was_hung_up_on(lines[half]), seconds=left)


def test_after_so_many_guesses_the_six_digits_are_dead_for_every_process_and_after_a_restart(
    two_webs: ProductionStage, guessed: tuple[Organization, list[int]]
) -> None:
    river_watch, answers = guessed
    assert len(answers) >= MANY_GUESSES
    assert 200 not in answers
    two_webs.kill("web-2")
    two_webs.restart("web-2")
    two_webs.wait_until_up()
    invitation = river_watch.invitation()

    def signing_by(code: str) -> list[int]:
        return [post(at(two_webs, number, river_watch.link()), SIGNING | {"mail_code": code})[0] for number in (0, 1)]

    assert 200 not in signing_by(Holder(invitation).code)
    assert river_watch.campaign.status()["counts"]["signed"] == 0
    assert signing_by(codes_in(invitation)[-1]) == [200, 200], "the long code, which no guess can end"


def test_two_hundred_guesses_at_once_end_the_six_digits_and_delay_the_long_code_a_hundred_times_never(
    two_webs: ProductionStage, campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()
    invitation, link = river_watch.invitation(), river_watch.link()
    code, right = codes_in(invitation)[-1], int(Holder(invitation).code.replace(" ", ""))
    starting, answered = threading.Barrier(AT_ONCE), []

    def guesses(number: int) -> None:
        wrong = {"choice": "decline", "mail_code": f"{(right + number) % 1_000_000:06d}"}
        starting.wait()
        answered.append(post(at(two_webs, number, link), wrong)[0])

    hands = [threading.Thread(target=guesses, args=(number,)) for number in range(1, AT_ONCE + 1)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert set(answered) == {422}
    assert guesses_counted(two_webs, link) == MAX_WRONG_CODES
    two_webs.kill("web-2")
    two_webs.restart("web-2")
    two_webs.wait_until_up()
    assert {post(at(two_webs, number, link), SIGNING | {"mail_code": f"{right:06d}"})[0] for number in (0, 1)} == {422}

    acts = [*[("", SIGNING), ("", {"choice": "withdraw"})] * 49, ("", SIGNING), ("/not-us", {})]
    taken, slowest = 0, 0.0
    for number, (below, form) in enumerate(acts):
        status, took = told_at(two_webs, number, link + below, form | {"mail_code": code})
        taken += status == 200
        slowest = max(slowest, took)

    assert taken == len(acts) == 100
    assert slowest < 1
