"""Claim, send, mark: the drain of the outbox, with no transaction open while the network is waited for."""

import asyncio
import logging
import math
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.orm import Session

from worker import db, settings
from worker.mail import circuit_breaker, claims, results
from worker.mail.outcomes import Kind, Outcome, Phase, is_about_a_mailbox
from worker.mail.relay_url import Relay
from worker.mail.results import DeliveryResult
from worker.mail.smtp import Connection
from worker.mail.smtp_wire import Offer

log = logging.getLogger("delivery")

MAX_UNRECORDED = 200  # mails that were handed over and not written down yet: what a killed worker repeats
FLUSH_INTERVAL = 0.015  # seconds for a group to grow before it is written down: a commit costs as much as ten mails
RENEW_INTERVAL = 5  # seconds; so soon is what was called back no longer sent
DATABASE_AWAY = 600  # seconds for which a mail that was sent is kept to be written down
RETRY_INTERVAL = 0.5  # seconds, when the database goes away behind a mail that was sent
# So many alike, with none taken between, say that the relay is at fault, whatever it says of each: mails turned down
# for our sake; mails handed over without an answer; mails refused or put off in the same words, not for the mailbox.
_IN_A_ROW = {Kind.NOT_CONNECTED: 3, Kind.UNCERTAIN: 3, Kind.REFUSED: 10, Kind.DEFERRED: 10}
# A clock that also counts while this machine sleeps: a lease does.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


@dataclass(frozen=True)
class Ready:
    """A claimed mail, composed, on its way to a connection."""

    id: int
    kind: str
    campaign_id: int
    body_hash: str
    offer: Offer


@dataclass
class Tally:
    """What one drain did: outcomes counted, and the campaigns whose letter or invitations met a server."""

    outcomes: Counter[Kind]
    letters_of: set[int]
    invitations_of: set[int]


Composer = Callable[[Session, Sequence[int]], list[Ready | DeliveryResult]]


async def deliver_due(compose: Composer, stop_at: float, stopping: Callable[[], bool] = lambda: False) -> Tally:
    """Send what is due, the most urgent first, until nothing is, `stop_at` (monotonic seconds) or a stop.

    `compose` makes claimed mails ready, in their order; of one that cannot be sent it says what became of it.

    Owns its connections and closes them. A relay that cannot be reached ends the drain at once.
    """
    drain = DeliveryRun(compose, stop_at, stopping)
    await drain.run()
    await asyncio.to_thread(_record_run)
    if drain.tally.outcomes:
        log.info("drained: %s", ", ".join(f"{n} {kind.value}" for kind, n in drain.tally.outcomes.most_common()))
    return drain.tally


def _record_run() -> None:
    with db.transaction() as session:
        circuit_breaker.record_run(session)


def _now() -> float:
    return time.clock_gettime(_CLOCK)


class DeliveryRun:
    """Lanes, one a connection, take from one queue; what became of the mails is marked behind them, in groups.

    A killed worker repeats the mails that it handed over and had not marked yet: MAX_UNRECORDED of them, and
    at a usual relay's pace one or two, since a group is marked as soon as the last one is.
    """

    def __init__(self, compose: Composer, stop_at: float, stopping: Callable[[], bool]) -> None:
        conf = settings.current()
        self._compose = compose
        self.holder = secrets.token_hex(16)
        self.tally = Tally(Counter(), set(), set())
        self._stop_at, self._stopping = stop_at, stopping
        self._relay = Relay.parse(conf.smtp_url)
        self._helo_name = conf.mail_domain
        self._lease, self._batch = conf.lease, conf.batch
        self._lanes = [RelayConnection() for _ in range(conf.smtp_connections)]
        self._queue: deque[Ready] = deque()
        self._ours: dict[int, float] = {}  # until when, on this machine's monotonic clock, a lease is surely ours
        self._claiming: asyncio.Task[None] | None = None
        self._marked_meanwhile: set[int] = set()
        self._dry = self._relay_away = False
        self._since_sent: list[Outcome] = []  # the last outcomes, as long as none was sent
        self._to_mark: list[tuple[Ready | None, DeliveryResult]] = []
        self._opening = 0  # lanes that wait for their connection, each for a mail
        self._unmarked = 0  # mails on the wire, or behind it and not written down yet
        self._broken: Exception | None = None
        self._news, self._marked = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        behind = [asyncio.create_task(self._keep_lease()), asyncio.create_task(self._mark_as_it_comes())]
        try:
            # Each lane ends by itself, whatever happened in another: a mail on the wire must still be marked.
            ends = await asyncio.gather(*map(self._work, self._lanes), return_exceptions=True)
            while self._unmarked and self._broken is None:
                await self._until_marked()
        finally:
            for task in behind:
                task.cancel()
            for lane in self._lanes:
                if lane.connection is not None:
                    await lane.connection.close()
            if self._claiming is not None:
                await asyncio.wait([self._claiming])
            if self._queue:
                await asyncio.to_thread(self._give_back)
        for failure in [*ends, self._broken]:
            if failure is not None:
                raise failure

    def _goes_on(self) -> bool:
        return not (self._relay_away or self._broken or self._stopping() or time.monotonic() > self._stop_at)

    async def _work(self, lane: "RelayConnection") -> None:
        """One connection works until nothing is due, the relay is at fault, or a stop."""
        while await self._has_work():
            if not lane.is_usable and not await self._open(lane):
                return
            assert lane.connection is not None
            if self._queue and self._queue[0].kind == "letter":
                await self._send_the_letter(lane, lane.connection)
            elif not await self._send_pipelined(lane):
                return

    async def _open(self, lane: "RelayConnection") -> bool:
        """Connect, and wait for it together with as many others as there are mails; False if it cannot be."""
        lane.connection, lane.answers = Connection(self._relay, helo_name=self._helo_name), 0
        self._opening += 1
        try:
            failure = await lane.connection.open()
        finally:
            self._opening -= 1
        if failure is not None and not self._opening and not self._another_works(lane):
            self._note(None, failure)
        return failure is None

    async def _has_work(self) -> bool:
        while self._goes_on():
            if self._unmarked >= MAX_UNRECORDED:
                await self._until_marked()
            elif len(self._queue) > self._opening:
                return True
            elif self._dry:
                return False
            else:
                await self._more()
        return False

    async def _more(self) -> None:
        await asyncio.shield(self._claiming_now())

    def _claiming_now(self) -> "asyncio.Task[None]":
        """The claim that is under way, for all lanes together; one that failed is kept for them to hear of it."""
        self._claiming = self._claiming or asyncio.create_task(self._refill())
        return self._claiming

    async def _refill(self) -> None:
        before = _now()
        self._marked_meanwhile.clear()
        ids, ready, set_aside = await asyncio.to_thread(self._claim)
        # A lease that ran out while its mail was on the wire can come back to us: the mail must not go twice.
        ours = self._ours.keys() | self._marked_meanwhile
        self._queue.extend(one for one in ready if one.id not in ours)
        self._ours |= dict.fromkeys(ids, before + self._lease)
        self._dry = not ids
        for mark in set_aside:
            self._mark_later(None, mark)
        self._claiming = None

    async def _send_pipelined(self, lane: "RelayConnection") -> bool:
        """Send over one connection until there is a reason to look up; False if the lane is of no more use."""
        assert lane.connection is not None
        taken: deque[Ready] = deque()
        given_back: list[Ready] = []
        goes_on = True

        def take() -> Offer | None:
            while self._goes_on() and self._queue and self._unmarked < MAX_UNRECORDED:
                if self._queue[0].kind == "letter":
                    return None
                ready = self._queue.popleft()
                if self._ours.get(ready.id, 0) > _now():  # else its lease ran out while it waited
                    taken.append(ready)
                    self._unmarked += 1
                    self._look_ahead()
                    return ready.offer
            return None

        def done(offer: Offer, outcome: Outcome) -> None:
            nonlocal goes_on
            ready = taken.popleft()
            assert ready.offer is offer
            if outcome.kind is Kind.NOT_CONNECTED and outcome.fault is None:
                # Some relays hang up after so many mails, or take fewer connections than we would open.
                if lane.answers or self._another_works(lane):
                    goes_on = lane.answers > 0
                    given_back.append(ready)
                    return
            else:
                lane.answers += 1
            self._note(ready, outcome)

        try:
            await lane.connection.send_pipelined(take, done)
        finally:
            # What was taken and has no outcome was given no body.
            untouched = [*given_back, *taken]
            self._unmarked -= len(untouched)
            self._queue.extendleft(reversed(untouched))
        return goes_on

    async def _send_the_letter(self, lane: "RelayConnection", connection: Connection) -> None:
        ready = self._queue.popleft()
        if self._ours.get(ready.id, 0) <= _now():
            return
        self._unmarked += 1
        try:
            outcome = await connection.send(ready.offer, lambda: asyncio.to_thread(self._begin_data, ready.id))
        except BaseException:
            self._unmarked -= 1  # its fate is left to its lease, and then to a person
            raise
        if outcome.kind is Kind.NOT_CONNECTED and outcome.phase in {Phase.MAIL, Phase.RCPT} and lane.answers:
            self._unmarked -= 1  # it hung up after so many mails; a new connection is tried
            self._queue.appendleft(ready)
            return
        lane.answers += 1
        self._note(ready, outcome)

    def _another_works(self, lane: "RelayConnection") -> bool:
        return any(other is not lane and other.is_usable for other in self._lanes)

    def _look_ahead(self) -> None:
        """Claim and compose the next batch while this one is sent."""
        if not self._dry and len(self._queue) < self._batch // 2:
            self._claiming_now()

    def _note(self, ready: Ready | None, outcome: Outcome) -> None:
        """Keep an outcome for the next group of marks, and see whether the relay is at fault."""
        if outcome.kind is Kind.SENT:
            self._since_sent.clear()
        else:
            self._since_sent.append(outcome)
            self._look_for_a_fault(ready is None, outcome)
        if ready is None:
            self._mark_later(None, DeliveryResult(None, outcome))
        else:
            self._unmarked -= 1
            self._mark_later(ready, DeliveryResult(ready.id, outcome, ready.body_hash))

    def _look_for_a_fault(self, before_any_mail: bool, outcome: Outcome) -> None:
        """End the drain where the relay is at fault; also where no answer says so, but all of them together do."""
        if outcome.kind is Kind.NOT_CONNECTED and (
            before_any_mail or outcome.fault is None or outcome.phase is Phase.MAIL
        ):
            self._relay_away = True
            return
        alike = [one for one in self._since_sent if one.kind is outcome.kind]
        if outcome.kind is not Kind.NOT_CONNECTED:
            alike = [one for one in alike if one.reply == outcome.reply]
        if self._relay_away or is_about_a_mailbox(outcome.status) or len(alike) < _IN_A_ROW.get(outcome.kind, math.inf):
            return
        self._relay_away = True
        of_the_relay = Outcome(Kind.NOT_CONNECTED, Phase.EHLO, outcome.reply, outcome.code, outcome.status, "relay")
        self._mark_later(None, DeliveryResult(None, of_the_relay))

    def _mark_later(self, ready: Ready | None, mark: DeliveryResult) -> None:
        self._unmarked += 1
        self._to_mark.append((ready, mark))
        self._news.set()

    async def _until_marked(self) -> None:
        self._marked.clear()
        await self._marked.wait()

    async def _mark_as_it_comes(self) -> None:
        """Write down in one transaction whatever came while the last one was written."""
        try:
            while True:
                await self._news.wait()
                if self._unmarked < MAX_UNRECORDED:
                    await asyncio.sleep(FLUSH_INTERVAL)
                self._news.clear()
                group, self._to_mark = self._to_mark, []
                await self._mark_group(group)
                self._unmarked -= len(group)
                self._marked.set()
        except Exception as error:
            self._broken = error
            self._marked.set()

    async def _mark_group(self, group: list[tuple[Ready | None, DeliveryResult]]) -> None:
        marks = [mark for _, mark in group]
        marked = await self._written_down(marks)
        for ready, mark in group:
            if mark.mail_id is not None:
                self._ours.pop(mark.mail_id, None)
                self._marked_meanwhile.add(mark.mail_id)
            self.tally.outcomes[mark.outcome.kind] += 1
            if mark.mail_id is not None and mark.mail_id not in marked:
                log.warning(
                    "mail %d: its lease was lost, %s is not written down", mark.mail_id, mark.outcome.kind.value
                )
            if ready is not None and ready.kind == "letter":
                self.tally.letters_of.add(ready.campaign_id)
            if ready is not None and ready.kind == "invitation":
                self.tally.invitations_of.add(ready.campaign_id)

    async def _written_down(self, marks: list[DeliveryResult]) -> set[int]:
        """Mark, and try again while the database is away: what was sent must not go twice.

        Also when the leases have run out: nobody else could claim meanwhile, and who comes first is open.
        """
        give_up_at = time.monotonic() + DATABASE_AWAY
        while True:
            try:
                return await asyncio.to_thread(self._mark, marks)
            except db.DATABASE_UNAVAILABLE:
                give_up_at = min(give_up_at, time.monotonic() + self._lease) if self._stopping() else give_up_at
                if time.monotonic() > give_up_at:
                    raise
                await asyncio.sleep(RETRY_INTERVAL)

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(min(self._lease / 3, RENEW_INTERVAL))
            before, asked = _now(), list(self._ours)
            with suppress(*db.DATABASE_UNAVAILABLE):  # then they run out, and what waits here is not sent
                kept = await asyncio.to_thread(self._renew, asked)
                for mail_id in asked:
                    if mail_id not in kept:
                        self._ours.pop(mail_id, None)  # another has it, or it was called back: it is not sent
                    elif mail_id in self._ours:
                        self._ours[mail_id] = before + self._lease

    def _claim(self) -> tuple[list[int], list[Ready], list[DeliveryResult]]:
        """The ids claimed, the mails composed, and what is to be said of those that cannot be sent."""
        with db.transaction() as session:
            ids = claims.claim(session, self.holder)
        if not ids:
            return [], [], []
        with db.reading() as session:
            composed = self._compose(session, ids)
        ready = [one for one in composed if isinstance(one, Ready)]
        if not ready:
            with db.transaction() as session:
                circuit_breaker.release_probe(session)
        return ids, ready, [one for one in composed if isinstance(one, DeliveryResult)]

    def _mark(self, marks: list[DeliveryResult]) -> set[int]:
        try:
            with db.transaction() as session:
                return results.record_results(session, self.holder, marks)
        except db.DATABASE_UNAVAILABLE:
            raise
        except Exception as error:
            if len(marks) == 1:
                log.error("mail %s cannot be written down (%s)", marks[0].mail_id, type(error).__name__)
                self._set_aside(marks[0])
                return set()
            # One that cannot be marked must not let all the others of its group go twice.
            return set().union(*(self._mark([mark]) for mark in marks))

    def _set_aside(self, mark: DeliveryResult) -> None:
        """So that it is not sent again and again; if not even this can be written, the drain ends."""
        if mark.mail_id is not None and mark.outcome.kind in {Kind.SENT, Kind.UNCERTAIN}:
            with db.transaction() as session:
                claims.set_aside(session, mark.mail_id)

    def _begin_data(self, mail_id: int) -> bool:
        with db.transaction() as session:
            return claims.begin_data(session, mail_id, self.holder)

    def _renew(self, ids: list[int]) -> set[int]:
        with db.transaction() as session:
            return claims.renew(session, self.holder, ids)

    def _give_back(self) -> None:
        with db.transaction() as session:
            claims.release(session, self.holder, [ready.id for ready in self._queue])


@dataclass
class RelayConnection:
    """One connection, and how many mails it has had an answer for."""

    connection: Connection | None = None
    answers: int = 0

    @property
    def is_usable(self) -> bool:
        return self.connection is not None and self.connection.usable
