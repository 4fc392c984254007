"""Voices by the thousand while processes die: each counts once, and the addressee has one mail a day about them."""

import itertools
import random
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import exists, func, select

from tests import servers
from tests.counts import times
from tests.stage import ProductionStage, Story, eventually
from worker import db
from worker.cli.demo import partner as player
from worker.models import Digest, Mail, Member

PERSONS, KILLS = times(10_000, few=150), times(50, few=6)
AT_ONCE = 8
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)
LINK = re.compile(r"http://[^\s<>\"]+/v/[A-Za-z0-9_-]+")
LETTER = "# Clean rivers\n\nFor {{ count }} organizations and {{ members }} of their members.\n\nRespectfully,\n"


@dataclass(frozen=True)
class Person:
    """One of many; its number says what it does."""

    number: int

    @property
    def email(self) -> str:
        return f"person-{self.number}@homes.example"

    @property
    def name(self) -> str:
        return f"Person {_in_letters(self.number)}"

    @property
    def is_named(self) -> bool:
        return self.number % 3 == 0

    @property
    def confirms(self) -> bool:
        return self.number % 10 != 9

    @property
    def withdraws(self) -> bool:
        return self.number % 10 == 8

    @property
    def presses_twice(self) -> bool:
        return self.number % 7 == 0

    @property
    def stands(self) -> bool:
        return self.confirms and not self.withdraws


def _in_letters(number: int) -> str:
    """A word that is in no other one, so that a name that is found is this person's."""
    return "x".join("abcdefghij"[int(digit)] for digit in f"{number:05d}").title()


@pytest.fixture
def stage(tmp_path: Path, redis_url: str) -> Iterator[ProductionStage]:
    with servers.fresh_postgresql() as url:
        stage = ProductionStage(tmp_path / "stage", url, redis_url, webs=2)
        yield stage
        stage.end()
        print(stage.logs())


def test_each_voice_counts_once_whatever_dies(stage: ProductionStage) -> None:
    story = Story(stage, "many-voices")
    asked = story.joined_by("River Group", "RG", "Canada")
    story.writes_its_folder(more='members = "named"\npublic_page = "from launch"\n')
    for language in ("en", "fr"):
        (story.folder / f"letter.{language}.md").write_text(LETTER)
    story.launches(write=False)
    asked.signs()
    persons = [Person(number) for number in range(PERSONS)]
    before, after, late = persons[: PERSONS // 2], persons[PERSONS // 2 : -PERSONS // 5], persons[-PERSONS // 5 :]

    with _killing(stage, KILLS) as killed:
        _all_write(story, before)
        for address in (f"rapporteur@{story.slug}.example", asked.email):
            _types(story, address, "Somebody Else")
        _all_confirm(story, before)
        _all_press(story, [one for one in before if one.withdraws], "withdraw")
        story.reaches_its_deadline()
        story.passes_its_review()
        story.is_dispatched_whatever_dies()
        _all_write(story, after)
        _all_confirm(story, after)
    assert len(killed) == KILLS
    first = _next_digest(story)
    _all_press(story, [one for one in after if one.withdraws], "withdraw")
    _all_write(story, late)
    _all_confirm(story, late)
    _all_press(story, [one for one in late if one.withdraws], "withdraw")
    second = _next_digest(story)

    stands = [one for one in persons if one.stands]
    with stage.here(), db.reading() as session:
        members = session.scalars(select(Member)).all()
    assert sum(one.stands for one in members) == len(stands)
    assert {one.email for one in members if one.stands} == {one.email for one in stands}
    assert not {one.email for one in members} & {f"rapporteur@{story.slug}.example", asked.email}
    (letter,) = story.letters()[:1]
    assert f"1 organizations and {sum(one.stands for one in before)} of their members" in player.text_of(letter)

    told = [player.text_of(mail) for mail in story.letters()]
    for one in persons:
        times_told = sum(one.name in text for text in told)
        assert times_told <= 1, f"{one.name} was told {times_told} times"
        assert not times_told or (one.is_named and one.confirms)
        assert times_told or not (one.is_named and one.stands), f"{one.name} was not told"
    assert not [one.name for one in [*before, *late] if one.withdraws and one.name in "".join(told)]
    assert len({str(mail["Message-ID"]) for mail in story.letters()}) == len(told)
    with stage.here(), db.reading() as session:
        to_addressee = select(Mail.sent_at).where(Mail.addressee_id.is_not(None)).order_by(Mail.id)
        left = [moment for moment in session.scalars(to_addressee) if moment is not None]
    assert len(left) == len(told)
    assert all(later - earlier >= A_DAY for earlier, later in itertools.pairwise(left))
    assert len(told) == 3
    assert sum(one.confirms for one in after) + sum(one.stands for one in before) in first
    assert len(stands) in second
    pages = story.public_page()[1] + "".join(path.read_text() for path in stage.folder.glob("*.log"))
    assert not [one.name for one in persons if one.name in pages or one.email in pages]


def _next_digest(story: Story) -> list[int]:
    """A day goes by, in which one is drawn and leaves; the numbers that it says come back."""
    had, drawn = len(story.letters()), _drawn(story)
    _hours_go_by(story, 23)
    eventually(lambda: _drawn(story) > drawn)
    _hours_go_by(story, 3)
    eventually(lambda: len(story.letters()) > had)
    return [int(found) for found in re.findall(r"\d+", player.text_of(story.letters()[-1]))]


def _hours_go_by(story: Story, hours: int) -> None:
    with story.stage.here(), db.reading() as session:
        later = db.clock(session) + hours * AN_HOUR
    story.stage.moves_the_clock(later)


def _drawn(story: Story) -> int:
    with story.stage.here(), db.reading() as session:
        return session.scalar(select(func.count()).select_from(Digest)) or 0


class _killing:
    """Processes are killed at random, one after the other, and started again at once."""

    def __init__(self, stage: ProductionStage, kills: int) -> None:
        self._stage, self._left, self.killed = stage, kills, list[str]()
        self._over, self._thread = threading.Event(), threading.Thread(target=self._kill)

    def __enter__(self) -> list[str]:
        self._thread.start()
        return self.killed

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._stage.wait_until_up()

    def _kill(self) -> None:
        chance = random.Random(17)
        while self._left:
            if not self._over.is_set():
                self._over.wait(chance.uniform(0.5, 2.5))
            name = chance.choice(sorted(self._stage.processes))
            self._stage.kill(name)
            self._stage.restart(name)
            self.killed.append(name)
            self._left -= 1


def _each(do: Callable[[Person], None], persons: Sequence[Person]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(do, persons))


def _all_write(story: Story, persons: Sequence[Person]) -> None:
    _each(lambda one: _types(story, one.email, one.name, "named" if one.is_named else "counted", one.number), persons)
    _each(lambda one: _types(story, one.email, one.name, number=one.number), [p for p in persons if p.presses_twice])


def _all_confirm(story: Story, persons: Sequence[Person]) -> None:
    """The mails leave in the course of a day; whoever means it confirms."""
    until = time.monotonic() + 1_200
    while missing := {one.email for one in persons} - set(story.stage.recipients()):
        assert time.monotonic() < until, f"{len(missing)} have no mail"
        with story.stage.here(), db.reading() as session:
            now = db.clock(session)
            is_due = session.scalar(select(exists().where(Mail.kind == "voice", Mail.due_at <= now)))
        if not is_due:  # or leases end under those who hand over what is
            story.stage.set_clock(now + timedelta(minutes=10))
        time.sleep(0.5)
    _all_press(story, [one for one in persons if one.confirms], "add")
    _all_press(story, [one for one in persons if one.confirms and one.presses_twice], "add")


def _types(story: Story, email: str, name: str, appearance: str = "counted", number: int = 0) -> None:
    """The public form, from an address of one's own."""
    origin = f"203.{number // 250 % 250}.{number % 250}.7"
    form = {"name": name, "email": email, "appearance": appearance}
    assert _posted(story, f"/c/{story.slug}/voice", form, {"X-Forwarded-For": origin}) == 200


def _all_press(story: Story, persons: Sequence[Person], choice: str) -> None:
    mails = {one: story.stage.mails(one.email)[0] for one in persons}  # a stage is of one thread
    _each(lambda one: _presses(story, one, mails[one], choice), persons)


def _presses(story: Story, one: Person, mail: EmailMessage, choice: str) -> None:
    found = LINK.search(player.text_of(mail))
    assert found
    code = player.CODE.search(LINK.sub("", player.text_of(mail)))
    assert code
    form = {"choice": choice, "name": one.name, "appearance": "named" if one.is_named else "counted"}
    form |= {"authorised": "yes", "mail_code": code[0]}
    assert _posted(story, urllib.parse.urlsplit(found[0]).path, form) == 200


def _posted(story: Story, path: str, form: dict[str, str], headers: dict[str, str] | None = None) -> int:
    """The status of the page in the end; whoever sees an error of its browser sends the form again."""
    until, turn = time.monotonic() + 60, random.randrange(2)
    while True:
        turn += 1
        url = f"http://127.0.0.1:{story.stage.web_ports[turn % 2]}{path}"
        request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            if refused.code != 503:
                return refused.code
        except OSError:
            assert time.monotonic() < until
        time.sleep(0.2)
