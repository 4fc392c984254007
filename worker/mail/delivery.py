"""Claim, send, mark: the drain of the outbox, with no transaction open while the network is waited for."""

import asyncio
import logging
import secrets
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, joinedload

from worker import db, settings
from worker.mail import messages, outbox
from worker.mail.compose import Envelope, compose
from worker.mail.outcomes import Kind, Outcome, Phase
from worker.mail.relay import Relay
from worker.mail.smtp import Connection
from worker.models import Mail

log = logging.getLogger("delivery")


@dataclass(frozen=True)
class Ready:
    """A claimed mail, composed, on its way to a connection."""

    mail_id: int
    kind: str
    campaign_id: int
    envelope: Envelope


@dataclass
class Tally:
    """What one drain did: outcomes counted, and the campaigns whose letter met its addressee's server."""

    outcomes: Counter[Kind]
    letters_of: set[int]


async def deliver_due(stop_at: float, stopping: Callable[[], bool] = lambda: False) -> Tally:
    """Send what is due, the most urgent first, until nothing is, `stop_at` (monotonic seconds) or a stop.

    Owns its connections and closes them. A relay that cannot be reached ends the drain at once.
    """
    drain = _Drain(stop_at, stopping)
    try:
        while drain.goes_on() and await drain.batch():
            pass
    finally:
        await drain.close()
    if drain.tally.outcomes:
        log.info("drained: %s", ", ".join(f"{n} {kind.value}" for kind, n in drain.tally.outcomes.most_common()))
    return drain.tally


class _Drain:
    def __init__(self, stop_at: float, stopping: Callable[[], bool]) -> None:
        conf = settings.current()
        self.holder = secrets.token_hex(16)
        self.tally = Tally(Counter(), set())
        self._stop_at, self._stopping = stop_at, stopping
        self._relay = Relay.parse(conf.smtp_url)
        self._helo_name = conf.mail_domain
        self._connections: list[Connection | None] = [None] * conf.smtp_connections
        self._ours: set[int] = set()
        self._relay_away = False

    def goes_on(self) -> bool:
        return not (self._relay_away or self._stopping() or time.monotonic() > self._stop_at)

    async def batch(self) -> bool:
        """Claim, compose and send one batch; False when nothing was due."""
        ready = await asyncio.to_thread(self._claim)
        if not ready:
            return False
        keeper = asyncio.create_task(self._keep_lease())
        queue = deque(ready)
        try:
            lanes = (self._lane(n, queue) for n in range(min(len(self._connections), len(ready))))
            # Each lane ends by itself, whatever happened in another: a mail on the wire must still be marked.
            ends = await asyncio.gather(*lanes, return_exceptions=True)
        finally:
            keeper.cancel()
            if self._ours:
                await asyncio.to_thread(self._give_back)
        for failure in ends:
            if failure is not None:
                raise failure
        return True

    async def close(self) -> None:
        for connection in self._connections:
            if connection is not None:
                await connection.close()

    async def _lane(self, number: int, queue: deque[Ready]) -> None:
        """One connection works through the batch; each mail is marked before the next is begun."""
        while queue and self.goes_on():
            ready = queue.popleft()
            if ready.mail_id not in self._ours:
                continue  # the lease was lost while it waited
            outcome = await self._send(number, ready)
            await asyncio.to_thread(self._mark, ready, outcome)
            self._relay_away |= outcome.kind is Kind.NOT_CONNECTED

    async def _send(self, number: int, ready: Ready) -> Outcome:
        connection = self._connections[number]
        if connection is None or not connection.usable:
            connection = self._connections[number] = Connection(self._relay, helo_name=self._helo_name)
            if (failure := await connection.open()) is not None:
                return failure
        before_data: Callable[[], Awaitable[bool]] | None = None
        if ready.kind == "letter":
            before_data = lambda: asyncio.to_thread(self._enter_data, ready.mail_id)
        envelope = ready.envelope
        return await connection.send(envelope.sender, envelope.recipient, envelope.content, before_data)

    async def _keep_lease(self) -> None:
        with suppress(asyncio.CancelledError):
            while True:
                await asyncio.sleep(settings.current().lease / 3)
                self._ours &= await asyncio.to_thread(self._renew)

    def _claim(self) -> list[Ready]:
        with db.transaction() as session:
            ids = outbox.claim(session, self.holder)
        self._ours = set(ids)
        with db.reading() as session:
            mails = {mail.id: mail for mail in session.scalars(_WITH_ALL_IT_SAYS.where(Mail.id.in_(ids)))}
            composed = [self._composed_or_set_aside(session, mails[mail_id]) for mail_id in ids]
        return [ready for ready in composed if ready is not None]

    def _composed_or_set_aside(self, session: Session, mail: Mail) -> Ready | None:
        """One mail that cannot be worded waits for its next try; it must not keep the others from leaving."""
        try:
            return self._compose(session, mail)
        except messages.NothingToSay:
            outcome = Outcome(Kind.CANCELLED, Phase.MAIL, "nobody to send it to")
        except OperationalError:
            raise  # the database is away: no mail can be worded, and none is to blame
        except Exception as error:
            outcome = Outcome(Kind.DEFERRED, Phase.MAIL, f"it could not be composed ({type(error).__name__})")
        log.warning("mail %d: %s", mail.id, outcome.reply)
        self._mark_as(mail.id, outcome)
        return None

    def _compose(self, session: Session, mail: Mail) -> Ready:
        envelope = compose(messages.message(session, mail), mail.message_id, mail.dated_at)
        if mail.body_hash not in {None, envelope.hash}:
            log.warning("mail %d (%s) is tried again with another body than before", mail.id, mail.kind)
        return Ready(mail.id, mail.kind, mail.campaign_id, envelope)

    def _mark(self, ready: Ready, outcome: Outcome) -> None:
        if not self._mark_as(ready.mail_id, outcome, ready.envelope.hash):
            log.warning("mail %d: the lease was lost, %s is not written down", ready.mail_id, outcome.kind.value)
        if ready.kind == "letter":
            self.tally.letters_of.add(ready.campaign_id)

    def _mark_as(self, mail_id: int, outcome: Outcome, body_hash: str | None = None) -> bool:
        with db.transaction() as session:
            marked = outbox.mark(session, mail_id, self.holder, outcome, body_hash)
        self._ours.discard(mail_id)
        self.tally.outcomes[outcome.kind] += 1
        return marked

    def _enter_data(self, mail_id: int) -> bool:
        with db.transaction() as session:
            return outbox.enter_data(session, mail_id, self.holder)

    def _renew(self) -> set[int]:
        with db.transaction() as session:
            return outbox.renew(session, self.holder, list(self._ours))

    def _give_back(self) -> None:
        with db.transaction() as session:
            outbox.release(session, self.holder, list(self._ours))
        self._ours.clear()


_WITH_ALL_IT_SAYS = select(Mail).options(
    joinedload(Mail.campaign), joinedload(Mail.partner), joinedload(Mail.addressee), joinedload(Mail.answer)
)
