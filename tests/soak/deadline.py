"""Answers in the very second of the deadline, while workers die: one seal, one list, one letter, and doubt is shown."""

import email
import email.policy
import queue
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.soak import campaigns
from tests.soak.campaigns import Asked
from tests.soak.house import House, Missed, Told, eventually, furnished, sends
from tests.soak.relay import Relay
from tests.soak.rows import Extent, Row, tried
from worker import db
from worker.acts import answer
from worker.models import Answer, Campaign, Mail, Partner, Seal
from worker.state.letters import living, living_seal, load_letters
from worker.state.status import load_status

RUNNERS, EARLY = 7, 3  # partners, of whom some signed long before; the first of those withdraws in the race
AT_ONCE = 4  # campaigns that end at the same moment
LEAD = 1.5  # seconds from the making of a few campaigns to their deadline
SIGNING = (-0.4, 0.1)  # seconds around the deadline in which the others sign
WITHDRAWING = (-0.3, 1.2)
IN_DATA = 0.3  # seconds for which the addressee's server keeps a worker waiting after DATA, and after the last dot
NAMES = re.compile(r"Runner (\d+) of")


def run(extent: Extent) -> Iterator[Row]:
    """Three clocks, five workers, two web processes."""
    wanted = extent.wanted(100, 2)
    arriving: queue.Queue[int] = queue.Queue()
    slow = _keeps_waiting(arriving)
    relay = Relay(pause=slow, opening=slow)
    with tried("13 the deadline", wanted) as row:
        with furnished("PostgreSQL", relay=relay, lease=(lease := extent.wanted(4, 2)), sweep=1) as house:
            workers = [f"worker-{n}" for n in range(extent.wanted(5, 2))]
            beats = [f"beat-{n}" for n in range(extent.wanted(3, 1))]
            for name in workers + beats:
                house.start(name, name.partition("-")[0])
            for number in range(extent.wanted(2, 1)):
                house.start_web(f"web-{number}")
            house.wait_until_the_pages_are_up()
            _until_awake(house)
            seen, before = _Seen(), list[_Race]()
            while row.trials < wanted and extent.goes_on:
                killer = _Killer(house, workers, beats, arriving, extent.chance)
                races = _round(house, killer, extent.chance, min(AT_ONCE, wanted - row.trials))
                for race in races:
                    row.trials += 1
                    row.wrong += [f"{race.slug}: {sentence}" for sentence in _judge(house, race, seen)]
                seen.kills += killer.kills
                row.wrong += _nothing_more_went(house, before)
                _take_from_the_calendar(before)
                before = races
            time.sleep(lease + 1)
            row.wrong += _nothing_more_went(house, before)
        row.counted = seen.told()
    yield row


def _keeps_waiting(arriving: "queue.Queue[int]") -> Callable[[str, int], float]:
    def pause(to: str, port: int) -> float:
        if not to.startswith("rapporteur"):
            return 0.0
        arriving.put(port)
        return IN_DATA

    return pause


@dataclass
class _Race:
    """One campaign, what its partners tried, and what they were told."""

    id: int
    slug: str
    partners: list[Asked]
    told: dict[int, Told] = field(default_factory=dict)  # by the partner's number; the first one's is a withdrawal

    def in_the_seal(self) -> set[int]:
        """Who must be named: those who signed early, and whoever was told yes; without whom was told yes to leaving."""
        yes = {number for number, told in self.told.items() if told.yes}
        return ({0} - yes) | set(range(1, EARLY)) | (yes - {0})


class _Seen:
    """What happened over all rounds: a race that always ends the same way is no race."""

    def __init__(self) -> None:
        self.kills = self.yes = self.no = self.unavailable = self.withdrawn = self.sealed_anew = 0
        self.sent = self.doubt = self.doubt_with_copy = self.twice = 0

    def told(self) -> str:
        return (
            f"{self.kills} kills; signing: {self.yes} yes, {self.no} too late, {self.unavailable} busy; "
            f"{self.withdrawn} withdrew, {self.sealed_anew} sealed anew; letters: {self.sent} sent, {self.doubt} "
            f"uncertain ({self.doubt_with_copy} of them arrived), {self.twice or 'none'} twice"
        )


class _Killer:
    """Kills workers and clocks at random, and sometimes the very one that hands over a letter."""

    def __init__(
        self, house: House, workers: list[str], beats: list[str], arriving: "queue.Queue[int]", chance: random.Random
    ) -> None:
        self._house, self._workers, self._beats, self._arriving = house, workers, beats, arriving
        self._chance = chance
        self.kills = 0
        self._over = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> "_Killer":
        while not self._arriving.empty():
            self._arriving.get()
        self._threads = [threading.Thread(target=one) for one in (self._kill_at_random, self._kill_who_hands_over)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _kill_at_random(self) -> None:
        self._over.wait(self._chance.uniform(LEAD - 0.2, LEAD + 1.5))
        self._kill(*self._chance.sample(self._workers, min(2, len(self._workers) - 1)))
        if self._chance.random() < 0.3:
            self._kill(self._chance.choice(self._beats))

    def _kill_who_hands_over(self) -> None:
        """Once a round: before the first byte of the letter, or between the last dot and the answer."""
        passes = self._chance.randrange(4)
        while not self._over.is_set():
            try:
                port = self._arriving.get(timeout=0.1)
            except queue.Empty:
                continue
            if passes == 0:
                self._over.wait(self._chance.uniform(0, 0.05))
                holders = [name for name in self._workers if port in self._house.ports_to_the_relay(name)]
                self._kill(*holders)
            passes -= 1

    def _kill(self, *names: str) -> None:
        with self._lock:
            self._house.kill(*names)
            self.kills += len(names)
            for name in names:
                self._house.restart(name)


def _until_awake(house: House) -> None:
    first = campaigns.launched(1)
    eventually(lambda: campaigns.sent_of(first) == 1, "the first mail did not leave")


def _round(house: House, killer: _Killer, chance: random.Random, count: int) -> list[_Race]:
    with db.transaction() as session:
        made = [campaigns.in_session(session, RUNNERS, deadline_in=LEAD) for _ in range(count)]
        deadline = time.monotonic() + LEAD
        for campaign in made:
            session.flush()
            early = session.scalars(select(Partner.id).where(Partner.campaign_id == campaign.id).order_by(Partner.id))
            for partner_id in early.all()[:EARLY]:
                answer.sign(session, partner_id, "public", answer.Statement("The board", "board"))
    races = [_Race(campaign.id, campaign.slug, campaigns.asked(campaign.id)) for campaign in made]
    with killer, ThreadPoolExecutor(count * RUNNERS) as people:
        running = [
            people.submit(_runs, house, race, number, chance, deadline) for race in races for number in _racing()
        ]
        _all(running)
        for race in races:
            _until_it_is_over(race)
    return races


def _racing() -> list[int]:
    return [0, *range(EARLY, RUNNERS)]


def _all(running: "list[Future[None]]") -> None:
    for one in running:
        one.result()


def _runs(house: House, race: _Race, number: int, chance: random.Random, deadline: float) -> None:
    """The first one withdraws around the deadline, the others sign, at one of two servers."""
    partner = race.partners[number]
    at = deadline + chance.uniform(*(SIGNING if number else WITHDRAWING))
    time.sleep(max(0.0, at - time.monotonic()))
    form = partner.signature() if number else partner.withdrawal()
    race.told[number] = sends(chance.choice(house.web_ports), partner.token, form)


def _until_it_is_over(race: _Race) -> None:
    try:
        eventually(lambda: _is_over(race.id), "it was not over")
    except Missed:
        return  # the judge says what is missing


def _is_over(campaign_id: int) -> bool:
    """Sealed, and the letter that counts is sent or of doubtful fate."""
    with db.reading() as session:
        campaign = session.get_one(Campaign, campaign_id)
        if living_seal(session, campaign) is None:
            return False
        letters = living(load_letters(session, campaign))
        return bool(letters) and all(letter.sent_at or letter.uncertain_at for letter in letters)


def _judge(house: House, race: _Race, seen: _Seen) -> Iterator[str]:
    for number, told in race.told.items():
        if not (told.yes or told.calmly_no or told.status == 409):
            yield f"partner {number} was answered with {told.status}"
        seen.yes += number > 0 and told.yes
        seen.no += number > 0 and told.status == 409
        seen.unavailable += told.calmly_no
        seen.withdrawn += number == 0 and told.yes
    with db.reading() as session:
        campaign = session.get_one(Campaign, race.id)
        yield from _about_answers(session, campaign)
        yield from _about_seals(session, campaign, race, seen)
        letters = living(load_letters(session, campaign))
        copies = house.relay.by_recipient()[f"rapporteur@{race.slug}.example"]
        if len(letters) != 1:
            yield f"{len(letters)} letters that count"
            return
        yield from _about_the_letter(session, campaign, letters[0], [copy.content for copy in copies], seen)


def _about_answers(session: Session, campaign: Campaign) -> Iterator[str]:
    late = select(Answer.at).join(Partner).where(Partner.campaign_id == campaign.id, Answer.choice == "sign")
    for at in session.scalars(late.where(Answer.at > campaign.deadline_at)):
        by = (at - campaign.deadline_at).total_seconds()
        yield f"a signature was taken {by * 1000:.0f} ms after the deadline, as the database has it"


def _about_seals(session: Session, campaign: Campaign, race: _Race, seen: _Seen) -> Iterator[str]:
    seals = session.scalars(
        select(Seal).where(Seal.campaign_id == campaign.id, Seal.format.in_(["text", "html"]))
    ).all()
    living = {seal.number for seal in seals if seal.voided_at is None}
    if len(living) != 1:
        yield f"living seals: {sorted(living)}"
        return
    numbers = {seal.number for seal in seals}
    seen.sealed_anew += len(numbers) > 1
    if len(numbers) > 1 + race.told[0].yes:
        yield f"{len(numbers)} seals, and {int(race.told[0].yes)} withdrew"
    for number in numbers:
        for rendition in ("public", "addressee"):
            lists = {
                frozenset(_names(s.content.decode())) for s in seals if (s.number, s.rendition) == (number, rendition)
            }
            if len(lists) != 1:
                yield f"{len(lists)} lists in the {rendition} rendition of seal {number}"
    named = {n for s in seals if s.number in living for n in _names(s.content.decode())}
    if missing := race.in_the_seal() - named:
        yield f"accepted, and not in the seal: {sorted(missing)}"
    if more := named - race.in_the_seal():
        yield f"in the seal, and not accepted or withdrawn: {sorted(more)}"


def _about_the_letter(
    session: Session, campaign: Campaign, letter: Mail, copies: list[bytes], seen: _Seen
) -> Iterator[str]:
    sealed = session.scalars(
        select(Seal).where(
            Seal.campaign_id == campaign.id,
            Seal.number == letter.seal_number,
            Seal.rendition == "addressee",
            Seal.format == "text",
            Seal.language == "en",
        )
    ).one()
    for copy in copies:
        if _names(_text_of(copy)) != _names(sealed.content.decode()):
            yield "the addressee got another list than the one sealed"
    seen.twice += len(copies) > 1
    if len(copies) > 1:
        yield f"the addressee got {len(copies)} copies"
    seen.sent += letter.sent_at is not None
    if letter.sent_at is not None and not copies:
        yield "marked sent, and nothing arrived"
    if letter.sent_at is None:
        shown = load_status(session, campaign).letters[-1].state
        if letter.uncertain_at is None or shown != "uncertain":
            yield f"not sent, and shown as {shown}"
        seen.doubt += 1
        seen.doubt_with_copy += bool(copies)
        if letter.due_at is not None:
            yield "uncertain, and due again by itself"


def _nothing_more_went(house: House, races: list[_Race]) -> Iterator[str]:
    """A whole round later, the addressees have what they had."""
    arrived = house.relay.by_recipient()
    for race in races:
        if len(arrived[f"rapporteur@{race.slug}.example"]) > 1:
            yield f"{race.slug}: a second letter went by itself"


def _take_from_the_calendar(races: list[_Race]) -> None:
    """A letter of unknown fate is looked at in every sweep: here a hundred of them, by three clocks, each second."""
    with db.transaction() as session:
        ids = [race.id for race in races]
        session.execute(update(Campaign).where(Campaign.id.in_(ids)).values(cancelled_at=db.clock(session)))


def _names(text: str) -> set[int]:
    return {int(number) for number in NAMES.findall(text)}


def _text_of(content: bytes) -> str:
    message = email.message_from_bytes(content, policy=email.policy.default)
    part = message.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""
