"""Claim, send, record: one run through the outbox, with no transaction open while the network is waited for."""

import asyncio
import logging
import math
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import islice

from sqlalchemy.orm import Session

from worker import db, installation, settings
from worker.mail import circuit_breaker, claims, digests, kinds, results, undo_minutes
from worker.mail.digests import Told
from worker.mail.outcomes import Kind, Outcome, Phase, is_about_a_mailbox
from worker.mail.relay_url import Relay
from worker.mail.results import DeliveryResult
from worker.mail.smtp import Connection
from worker.mail.smtp_wire import Offer

log = logging.getLogger("delivery")

MAX_UNRECORDED = 200  # mails that were handed over and not written down yet: what a killed worker repeats
FLUSH_INTERVAL = 0.015  # seconds for a group to grow before it is written down: a commit costs as much as ten mails
RENEW_INTERVAL = 5  # seconds
LOOK_AHEAD = 50  # mails that are looked at again together, as they are the next to leave
LOOK_HOLDS = 0.5  # seconds from a look until a mail that has not left is looked at once more
LOOK_SHARED = 0.02  # seconds in which any number of mails that bring no letter leave by one look
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
    seal_number: int | None = None
    """That of the sealed letter which it brings attached, with its names; null where it brings none."""
    told: Told | None = None
    """Of which members it tells; null where of none."""

    @property
    def irrevocable(self) -> bool:
        """Whether it is noted before DATA that it leaves."""
        return kinds.is_irrevocable(self.kind)

    @property
    def names_somebody(self) -> bool:
        """Whether what it says may not hold any more a moment later."""
        return self.seal_number is not None or self.told is not None


@dataclass
class Tally:
    """What one run did: outcomes counted, and the campaigns whose letter, invitations or digests met a server."""

    outcomes: Counter[Kind]
    letters_of: set[int]
    invitations_of: set[int]
    digests_of: set[int]


Composer = Callable[[Session, Sequence[int]], list[Ready | DeliveryResult]]
Outdated = Callable[[set[tuple[int, int]]], set[tuple[int, int]]]


async def deliver_due(
    compose: Composer,
    stop_at: float,
    stopping: Callable[[], bool] = lambda: False,
    *,
    outdated: Outdated = lambda seals: set(),
) -> Tally:
    """Send what is due, the most urgent first, until nothing is, `stop_at` (monotonic seconds) or a stop.

    `compose` makes claimed mails ready, in their order; of one that cannot be sent it says what became of it.
    `outdated` says of seals, each a campaign's and a number, which say by now what does not hold: mails that bring
    them are composed anew. So is one that tells of members, once somebody withdrew.

    Owns its connections and closes them. A relay that cannot be reached ends the run at once.
    """
    run = DeliveryRun(compose, outdated, stop_at, stopping)
    await run.run()
    await asyncio.to_thread(_record_run)
    if run.tally.outcomes:
        log.info("drained: %s", ", ".join(f"{n} {kind.value}" for kind, n in run.tally.outcomes.most_common()))
    return run.tally


def _transaction() -> AbstractContextManager[Session]:
    """What became of mails is written down whatever else stands still; none is claimed then, nor leaves."""
    return db.transaction(even_restored=True)


def _record_run() -> None:
    with _transaction() as session:
        undo_minutes.restart_if_slept(session)
        circuit_breaker.record_run(session)


def _about(ready: Ready | None, result: DeliveryResult) -> dict[str, int | None]:
    """What a line of the log is about."""
    return {"campaign": ready.campaign_id if ready else None, "mail": result.mail_id}


def _now() -> float:
    return time.clock_gettime(_CLOCK)


@dataclass
class RelayConnection:
    """One connection, how many mails it has had an answer for, and when its last one began.

    Where the relay pipelines it begins as it is taken from the queue, and else with its body.
    """

    smtp: Connection | None = None
    answers: int = 0
    begun_at: float = 0

    @property
    def is_usable(self) -> bool:
        return self.smtp is not None and self.smtp.usable


class DeliveryRun:
    """Connections take from one queue; what became of the mails is recorded behind them, in groups.

    A killed worker repeats the mails that it handed over and had not recorded yet: MAX_UNRECORDED of them, and
    at a usual relay's pace one or two, since a group is recorded as soon as the last one is.

    What was composed is looked at again before it leaves, for it may have been called back, held or outdated since.
    Each mail that a connection takes was looked at after the body of the one before was on its way, so that of what is
    not to leave any more one goes on each connection at most (two where the next envelope rides behind a mail, since
    it is looked at after that one was taken). Mails that bring no
    letter share a look for LOOK_SHARED: of those, no more than a relay takes in that time.
    """

    def __init__(self, compose: Composer, outdated: Outdated, stop_at: float, stopping: Callable[[], bool]) -> None:
        conf = settings.current()
        self._compose, self._outdated = compose, outdated
        self.holder = secrets.token_hex(16)
        self.tally = Tally(Counter(), set(), set(), set())
        self._stop_at, self._stopping = stop_at, stopping
        self._relay = Relay.parse(conf.smtp_url)
        self._helo_name = conf.mail_domain
        self._lease, self._batch = conf.lease, conf.batch
        self._connections = [RelayConnection() for _ in range(conf.smtp_connections)]
        self._queue: deque[Ready] = deque()
        self._ours: dict[int, float] = {}  # until when, on this machine's monotonic clock, a lease is surely ours
        self._claiming: asyncio.Task[None] | None = None
        self._passed: dict[int, float] = {}  # when the last look began by which a mail may leave
        self._looking: asyncio.Task[None] | None = None
        self._look_wanted = False
        self._recorded_meanwhile: set[int] = set()
        self._dry = self._relay_away = False
        self._since_sent: list[Outcome] = []  # the last outcomes, as long as none was sent
        self._to_record: list[tuple[Ready | None, DeliveryResult]] = []
        self._opening = 0  # connections that are waited for, each for a mail
        self._unrecorded = 0  # mails on the wire, or behind it and not written down yet
        self._broken: Exception | None = None
        self._news, self._recorded, self._looked = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._leases = asyncio.Lock()  # so that a lease is not renewed while it is given back

    async def run(self) -> None:
        behind = [asyncio.create_task(self._keep_lease()), asyncio.create_task(self._record_as_it_comes())]
        try:
            # Each connection ends by itself, whatever happened on another: a mail on the wire must still be recorded.
            ends = await asyncio.gather(*map(self._work, self._connections), return_exceptions=True)
            while self._unrecorded and self._broken is None:
                await self._until_recorded()
        finally:
            for task in behind:
                task.cancel()
            for connection in self._connections:
                if connection.smtp is not None:
                    await connection.smtp.close()
            for under_way in (self._claiming, self._looking):
                if under_way is not None:
                    await asyncio.wait([under_way])
            if self._queue:
                await asyncio.to_thread(self._give_back, [ready.id for ready in self._queue])
        for failure in [*ends, self._broken]:
            if failure is not None:
                raise failure

    def _goes_on(self) -> bool:
        return not (self._relay_away or self._broken or self._stopping() or time.monotonic() > self._stop_at)

    async def _work(self, connection: RelayConnection) -> None:
        """One connection works until nothing is due, the relay is at fault, or a stop."""
        while await self._has_work():
            if not connection.is_usable and not await self._open(connection):
                return
            assert connection.smtp is not None
            if self._queue and self._queue[0].irrevocable:
                await self._send_noted_before(connection, connection.smtp)
                continue
            await self._until_next_may_leave(connection)
            if not await self._send_pipelined(connection):
                return

    async def _open(self, connection: RelayConnection) -> bool:
        """Connect, and wait for it together with as many others as there are mails; False if it cannot be."""
        connection.smtp, connection.answers = Connection(self._relay, helo_name=self._helo_name), 0
        self._opening += 1
        try:
            failure = await connection.smtp.open()
        finally:
            self._opening -= 1
        if failure is not None and not self._opening and not self._another_works(connection):
            self._note(None, failure)
        return failure is None

    async def _has_work(self) -> bool:
        while self._goes_on():
            if self._unrecorded >= MAX_UNRECORDED:
                await self._until_recorded()
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
        """The claim that is under way, for all connections together; one that failed is kept for them to hear of it."""
        self._claiming = self._claiming or asyncio.create_task(self._refill())
        return self._claiming

    async def _refill(self) -> None:
        before = _now()
        self._recorded_meanwhile.clear()
        ids, ready, set_aside = await asyncio.to_thread(self._claim)
        # A lease that ran out while its mail was on the wire can come back to us: the mail must not go twice.
        ours = self._ours.keys() | self._recorded_meanwhile
        self._queue.extend(one for one in ready if one.id not in ours)
        self._ours |= dict.fromkeys(ids, before + self._lease)
        self._dry = not ids
        for result in set_aside:
            self._record_later(None, result)
        self._claiming = None

    async def _send_pipelined(self, connection: RelayConnection) -> bool:
        """Send over one connection until there is a reason to look up; False if it is of no more use."""
        assert connection.smtp is not None
        taken: deque[Ready] = deque()
        given_back: list[Ready] = []
        goes_on, pipelines = True, connection.smtp.pipelines

        def take() -> Offer | None:
            while self._goes_on() and self._queue and self._unrecorded < MAX_UNRECORDED:
                if self._queue[0].irrevocable:
                    return None
                if self._ours.get(self._queue[0].id, 0) <= _now():  # its lease ran out while it waited
                    self._queue.popleft()
                    continue
                if not self._may_leave(self._queue[0], connection):
                    return None
                ready = self._queue.popleft()
                taken.append(ready)
                self._unrecorded += 1
                self._claim_ahead()
                if pipelines:
                    begun()
                return ready.offer
            return None

        def begun() -> None:
            connection.begun_at = _now()
            self._look_ahead(connection)

        def done(offer: Offer, outcome: Outcome) -> None:
            nonlocal goes_on
            ready = taken.popleft()
            assert ready.offer is offer
            if outcome.kind is Kind.NOT_CONNECTED and outcome.fault is None:
                # Some relays hang up after so many mails, or take fewer connections than we would open.
                if connection.answers or self._another_works(connection):
                    goes_on = connection.answers > 0
                    given_back.append(ready)
                    return
            else:
                connection.answers += 1
            self._note(ready, outcome)

        try:
            await connection.smtp.send_pipelined(take, done, begun)
        finally:
            # What was taken and has no outcome was given no body.
            untouched = [*given_back, *taken]
            self._unrecorded -= len(untouched)
            self._queue.extendleft(reversed(untouched))
        return goes_on

    async def _send_noted_before(self, connection: RelayConnection, smtp: Connection) -> None:
        """Send what goes to an addressee, by itself; that it leaves is committed before DATA."""
        ready = self._queue.popleft()
        if self._ours.get(ready.id, 0) <= _now():
            return
        self._unrecorded += 1
        try:
            outcome = await smtp.send(ready.offer, lambda: asyncio.to_thread(self._begin_data, ready))
        except BaseException:
            self._unrecorded -= 1  # its fate is left to its lease, and then to a person
            raise
        if outcome.kind is Kind.NOT_CONNECTED and outcome.phase in {Phase.MAIL, Phase.RCPT} and connection.answers:
            self._unrecorded -= 1  # it hung up after so many mails; a new connection is tried
            self._queue.appendleft(ready)
            return
        connection.answers += 1
        if outcome.kind is Kind.CANCELLED and ready.told is not None:
            self._unrecorded -= 1
            await self._stop({ready.id})  # held by now, or to be worded anew
            return
        self._note(ready, outcome)

    def _another_works(self, connection: RelayConnection) -> bool:
        return any(other is not connection and other.is_usable for other in self._connections)

    def _claim_ahead(self) -> None:
        """Claim and compose the next batch while this one is sent."""
        if not self._dry and len(self._queue) < self._batch // 2:
            self._claiming_now()

    def _may_leave(self, ready: Ready, connection: RelayConnection) -> bool:
        """Whether a look said so that is recent, and began after this connection's last mail did."""
        looked_at, now = self._passed.get(ready.id, 0.0), _now()
        if looked_at <= now - LOOK_HOLDS:
            return False
        return looked_at >= connection.begun_at or (looked_at > now - LOOK_SHARED and not ready.names_somebody)

    def _look_ahead(self, connection: RelayConnection) -> None:
        """Look at the next mails while this one is sent, so that none of them has to wait for it."""
        if not self._queue or self._queue[0].irrevocable:
            return
        upcoming, recently = self._queue[0], _now() - LOOK_SHARED * 3 / 4
        is_shared = not upcoming.names_somebody and self._passed.get(upcoming.id, 0.0) > recently
        if not is_shared:
            self._look_soon()

    async def _until_next_may_leave(self, connection: RelayConnection) -> None:
        while self._goes_on() and self._queue and not self._queue[0].irrevocable:
            if self._may_leave(self._queue[0], connection):
                return
            self._look_soon()
            self._looked.clear()
            await self._looked.wait()

    def _look_soon(self) -> None:
        """Begin a look, or another one behind that which is under way: what it saw may have changed."""
        self._look_wanted = True
        self._looking = self._looking or asyncio.create_task(self._look_while_wanted())

    async def _look_while_wanted(self) -> None:
        try:
            while self._look_wanted and self._goes_on():
                self._look_wanted = False
                await self._look()
                self._looked.set()
        except Exception as error:
            self._broken = error
        finally:
            self._looking = None
            self._looked.set()

    async def _look(self) -> None:
        """Ask of the next mails whether they may still leave; what may not is given back, and claimed when it may."""
        ahead, began = [ready for ready in islice(self._queue, LOOK_AHEAD) if not ready.irrevocable], _now()
        try:
            may = await asyncio.to_thread(self._still_to_leave, ahead)
        except db.DATABASE_UNAVAILABLE:  # nothing leaves by an old look: leases run out, if this lasts
            await asyncio.sleep(RETRY_INTERVAL)
            return
        self._passed |= dict.fromkeys(may, began)
        stopped = {ready.id for ready in ahead} - may
        if stopped := stopped & {ready.id for ready in self._queue}:
            await self._stop(stopped)

    async def _stop(self, ids: set[int]) -> None:
        remaining = [ready for ready in self._queue if ready.id not in ids]
        self._queue.clear()
        self._queue.extend(remaining)
        for mail_id in ids:
            self._ours.pop(mail_id, None)
            self._passed.pop(mail_id, None)
        tried_nothing = not (self._queue or self._unrecorded or self.tally.outcomes)
        with suppress(*db.DATABASE_UNAVAILABLE):  # then their leases run out
            async with self._leases:
                await asyncio.to_thread(self._give_back, list(ids), tried_nothing=tried_nothing)
        self._dry = False  # one that is to be composed anew is due at once

    def _note(self, ready: Ready | None, outcome: Outcome) -> None:
        """Keep an outcome for the next group to be recorded, and see whether the relay is at fault."""
        if outcome.kind is Kind.SENT:
            self._since_sent.clear()
        else:
            self._since_sent.append(outcome)
            self._look_for_a_fault(ready is None, outcome)
        if ready is None:
            self._record_later(None, DeliveryResult(None, outcome))
        else:
            self._unrecorded -= 1
            self._record_later(ready, DeliveryResult(ready.id, outcome, ready.body_hash))

    def _look_for_a_fault(self, before_any_mail: bool, outcome: Outcome) -> None:
        """End the run where the relay is at fault; also where no answer says so, but all of them together do."""
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
        self._record_later(None, DeliveryResult(None, of_the_relay))

    def _record_later(self, ready: Ready | None, result: DeliveryResult) -> None:
        self._unrecorded += 1
        self._to_record.append((ready, result))
        self._news.set()

    async def _until_recorded(self) -> None:
        self._recorded.clear()
        await self._recorded.wait()

    async def _record_as_it_comes(self) -> None:
        """Write down in one transaction whatever came while the last one was written."""
        try:
            while True:
                await self._news.wait()
                if self._unrecorded < MAX_UNRECORDED:
                    await asyncio.sleep(FLUSH_INTERVAL)
                self._news.clear()
                group, self._to_record = self._to_record, []
                await self._record_group(group)
                self._unrecorded -= len(group)
                self._recorded.set()
        except Exception as error:
            self._broken = error
            self._recorded.set()

    async def _record_group(self, group: list[tuple[Ready | None, DeliveryResult]]) -> None:
        written = await self._written_down(group)
        for ready, result in group:
            if result.mail_id is not None:
                self._ours.pop(result.mail_id, None)
                self._passed.pop(result.mail_id, None)
                self._recorded_meanwhile.add(result.mail_id)
            self.tally.outcomes[result.outcome.kind] += 1
            if result.mail_id is not None and result.mail_id not in written:
                said = "its lease was lost, %s is not written down"
                log.warning(said, result.outcome.kind.value, extra=_about(ready, result))
            if ready is not None and ready.kind == "letter":
                self.tally.letters_of.add(ready.campaign_id)
            if ready is not None and ready.kind == "invitation":
                self.tally.invitations_of.add(ready.campaign_id)
            if ready is not None and ready.irrevocable and ready.told is not None:
                self.tally.digests_of.add(ready.campaign_id)

    async def _written_down(self, group: list[tuple[Ready | None, DeliveryResult]]) -> set[int]:
        """Record, and try again while the database is away: what was sent must not go twice.

        Also when the leases have run out: nobody else could claim meanwhile, and who comes first is open.
        """
        give_up_at = time.monotonic() + DATABASE_AWAY
        while True:
            try:
                return await asyncio.to_thread(self._record, group)
            except db.DATABASE_UNAVAILABLE:
                give_up_at = min(give_up_at, time.monotonic() + self._lease) if self._stopping() else give_up_at
                if time.monotonic() > give_up_at:
                    raise
                await asyncio.sleep(RETRY_INTERVAL)

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(min(self._lease / 3, RENEW_INTERVAL))
            # If the database is away they run out, and what waits here is not sent.
            with suppress(*db.DATABASE_UNAVAILABLE):
                async with self._leases:
                    before, asked = _now(), list(self._ours)
                    kept = await asyncio.to_thread(self._renew, asked)
                    for mail_id in kept & self._ours.keys():
                        self._ours[mail_id] = before + self._lease
                # Another has it, or it was called back: it is not sent, and given back, as it did not leave.
                if lost := self._ours.keys() & set(asked) - kept:
                    for mail_id in lost:
                        self._ours.pop(mail_id, None)
                    if waiting := lost & {ready.id for ready in self._queue}:
                        await self._stop(waiting)

    def _claim(self) -> tuple[list[int], list[Ready], list[DeliveryResult]]:
        """The ids claimed, the mails composed, and what is to be said of those that cannot be sent."""
        try:
            with _transaction() as session:
                ids = claims.claim(session, self.holder)
                look = installation.count_drain(session) if ids else None
        except db.Restored:
            installation.stands_still()  # which tells all others
            return [], [], []
        if look is None:
            return [], [], []
        installation.keep_mirror(look)
        with db.reading() as session:
            composed = self._compose(session, ids)
        ready = [one for one in composed if isinstance(one, Ready)]
        if not ready:
            with _transaction() as session:
                circuit_breaker.release_probe(session)
        return ids, ready, [one for one in composed if isinstance(one, DeliveryResult)]

    def _record(self, group: list[tuple[Ready | None, DeliveryResult]]) -> set[int]:
        try:
            with _transaction() as session:
                return results.record_results(session, self.holder, [result for _, result in group])
        except db.DATABASE_UNAVAILABLE:
            raise
        except Exception as error:
            if len(group) == 1:
                [(ready, result)] = group
                log.error("cannot be written down (%s)", type(error).__name__, extra=_about(ready, result))
                self._set_aside(result)
                return set()
            # One that cannot be recorded must not let all the others of its group go twice.
            return set().union(*(self._record([one]) for one in group))

    def _set_aside(self, result: DeliveryResult) -> None:
        """So that it is not sent again and again; if not even this can be written, the run ends."""
        if result.mail_id is not None and result.outcome.kind in {Kind.SENT, Kind.UNCERTAIN}:
            with _transaction() as session:
                claims.set_aside(session, result.mail_id)

    def _begin_data(self, ready: Ready) -> bool:
        with _transaction() as session:
            return claims.begin_data(session, ready.id, self.holder, ready.told)

    def _renew(self, ids: list[int]) -> set[int]:
        with _transaction() as session:
            return claims.renew(session, self.holder, ids)

    def _still_to_leave(self, ahead: Sequence[Ready]) -> set[int]:
        if not ahead:
            return set()
        may = claims.still_to_leave(self.holder, [ready.id for ready in ahead])
        brought = {one.id: (one.campaign_id, one.seal_number) for one in ahead if one.seal_number and one.id in may}
        outdated = self._outdated(set(brought.values())) if brought else set()
        may = {mail_id for mail_id in may if brought.get(mail_id) not in outdated}
        tell_of = [one for one in ahead if one.told is not None and one.id in may]
        return may - {one.id for one in tell_of if one.told is not None and not digests.still_says(one.told)}

    def _give_back(self, ids: list[int], *, tried_nothing: bool = False) -> None:
        with _transaction() as session:
            claims.release(session, self.holder, ids)
            if tried_nothing:
                circuit_breaker.release_probe(session)
