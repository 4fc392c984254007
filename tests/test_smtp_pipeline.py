"""Mails in a row: what is written in one go, who hears of what, and what a relay may do in between."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scripted_smtp import ScriptedServer, Visit, trusted_certificate
from tests.servers import TIMEOUT_S
from worker.mail import smtp_wire
from worker.mail.outcomes import Kind, Outcome, Phase
from worker.mail.relay_url import Relay
from worker.mail.smtp import Connection
from worker.mail.smtp_wire import Offer, Timeouts

PATIENT = Timeouts(connect=10, command=10, end_of_data=10, reset=10)
OFFERS = ("SIZE 1000000", "PIPELINING", "DSN")
SENDER = "letters@undersigned.example"


def offer(number: int, **more: str) -> Offer:
    message = b"Subject: %d\r\n\r\nDear partner,\r\n.\r\n" % number
    return Offer(SENDER, more.pop("recipient", f"p{number}@river-watch.example"), message, **more)


@dataclass
class Row:
    """Gives mails, and keeps what it is told of them."""

    offers: list[Offer]
    taken: int = 0
    told: list[tuple[Offer, Outcome]] = field(default_factory=list)

    def take(self) -> Offer | None:
        self.taken += 1
        return self.offers[self.taken - 1] if self.taken <= len(self.offers) else None

    def done(self, of: Offer, outcome: Outcome) -> None:
        self.told.append((of, outcome))

    @property
    def kinds(self) -> list[Kind]:
        return [outcome.kind for _, outcome in self.told]


async def connect(server: ScriptedServer, timeouts: Timeouts = PATIENT) -> Connection:
    connection = Connection(Relay("127.0.0.1", server.port, "plain"), timeouts=timeouts)
    assert await connection.open() is None
    return connection


def in_a_row(
    faults: dict[str, str] | None = None,
    offers: Iterable[Offer] = (),
    *,
    offered: tuple[str, ...] = OFFERS,
    gullible: bool = False,
    timeouts: Timeouts = PATIENT,
) -> tuple[Row, Visit, bool]:
    """Send two mails, or these, in a row; returns who was told what, what the server saw, and whether it goes on."""

    async def send() -> tuple[Row, Visit, bool]:
        row = Row(list(offers) or [offer(1), offer(2)])
        async with ScriptedServer(faults, offers=offered, gullible=gullible) as server:
            connection = await connect(server, timeouts)
            await connection.send_pipelined(row.take, row.done)
            usable = connection.usable
            await connection.close()
            await asyncio.wait_for(server.visits[0].ended.wait(), TIMEOUT_S)
            return row, server.visits[0], usable

    return asyncio.run(send())


def received(visit: Visit) -> list[bytes]:
    assert visit.mixed == []
    return [body for *_, body in visit.mails]


# --- what is written in one go


class Relay2920(asyncio.Protocol):
    """Answers nothing before a whole flight of commands is there: who does not pipeline waits for ever."""

    def __init__(self) -> None:
        self.flights: list[bytes] = []
        self.came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        transport.write(b"220 relay\r\n")

    def data_received(self, data: bytes) -> None:
        self.came += data
        if self.came.startswith(b"EHLO"):
            self.transport.write(b"250-relay\r\n250 PIPELINING\r\n")
        elif self.came.endswith((b"DATA\r\n", b"\r\n.\r\n")):
            behind_a_body = b"\r\n.\r\n" in self.came
            self.transport.write(b"250 2.0.0 queued\r\n" if behind_a_body else b"")
            self.transport.write(b"250 ok\r\n250 ok\r\n354 go on\r\n" if self.came.endswith(b"DATA\r\n") else b"")
        else:
            return
        self.flights.append(self.came)
        self.came = b""


def test_the_next_envelope_rides_behind_the_body_in_one_write_and_one_round_trip(monkeypatch):
    writes: list[bytes] = []
    write = smtp_wire.Wire.write

    def seen(wire: smtp_wire.Wire, lines: bytes, answers: int = 1) -> None:
        writes.append(lines)
        write(wire, lines, answers)

    monkeypatch.setattr(smtp_wire.Wire, "write", seen)

    async def send() -> tuple[Row, list[bytes]]:
        relay = Relay2920()
        server = await asyncio.get_running_loop().create_server(lambda: relay, "127.0.0.1", 0)
        connection = Connection(Relay("127.0.0.1", server.sockets[0].getsockname()[1], "plain"))
        assert await connection.open() is None
        row = Row([offer(1), offer(2), offer(3)])
        await asyncio.wait_for(connection.send_pipelined(row.take, row.done), TIMEOUT_S)
        server.close()
        return row, relay.flights[1:]

    row, flights = asyncio.run(send())
    envelope = b"MAIL FROM:<letters@undersigned.example>\r\nRCPT TO:<p%d@river-watch.example>\r\nDATA\r\n"
    body = b"Subject: %d\r\n\r\nDear partner,\r\n..\r\n.\r\n"
    assert writes == flights == [envelope % 1, body % 1 + envelope % 2, body % 2 + envelope % 3, body % 3]
    assert row.kinds == [Kind.SENT] * 3


def test_without_pipelining_one_command_waits_for_the_other():
    row, visit, usable = in_a_row({"RCPT#1": "5xx"}, offered=("SIZE 1000000",))
    assert row.kinds == [Kind.REFUSED, Kind.SENT]
    assert usable
    assert visit.verbs == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]


def test_the_same_connection_goes_on_with_single_mails_and_other_rows():
    async def send() -> tuple[list[Kind], Visit]:
        async with ScriptedServer(offers=OFFERS) as server:
            connection = await connect(server)
            first, second = Row([offer(1), offer(2)]), Row([offer(4)])
            await connection.send_pipelined(first.take, first.done)
            alone = await connection.send(offer(3))
            await connection.send_pipelined(second.take, second.done)
            await connection.send_pipelined(second.take, second.done)
            await connection.close()
            return [*first.kinds, alone.kind, *second.kinds], server.visits[0]

    kinds, visit = asyncio.run(send())
    assert kinds == [Kind.SENT] * 4
    assert received(visit) == [offer(n).message for n in (1, 2, 3, 4)]
    assert visit.verbs == ["EHLO", *["MAIL", "RCPT", "DATA"] * 4, "QUIT"]


def test_a_row_goes_under_tls():
    async def send() -> tuple[Row, Visit]:
        row = Row([offer(n) for n in range(20)])
        with trusted_certificate() as certificate:
            async with ScriptedServer(offers=(*OFFERS, "STARTTLS"), certificate=certificate) as server:
                connection = Connection(Relay("127.0.0.1", server.port, "starttls"), timeouts=PATIENT)
                assert await connection.open() is None
                await connection.send_pipelined(row.take, row.done)
                await connection.close()
                return row, server.visits[0]

    row, visit = asyncio.run(send())
    assert row.kinds == [Kind.SENT] * 20
    assert received(visit) == [offer(n).message for n in range(20)]
    assert b"MAIL" not in b"".join(visit.plaintext)


def test_a_large_body_goes_in_a_row():
    large = Offer(SENDER, "p1@river-watch.example", (b"x" * 998 + b"\r\n") * 3000)
    row, visit, _ = in_a_row(offers=[large, offer(2)])
    assert row.kinds == [Kind.SENT] * 2
    assert received(visit) == [large.message, offer(2).message]


# --- reports of failure (RFC 3461)


@pytest.mark.parametrize("path", ["plain", "pipelined"])
def test_a_mail_with_an_envid_asks_for_a_report_of_its_failure(path):
    offered = OFFERS if path == "pipelined" else ("SIZE 1000000", "DSN")
    _, visit, _ = in_a_row(offers=[offer(1, envid="AbC019"), offer(2)], offered=offered)
    size = len(offer(1).message) + 4  # a dot doubled, and the closing one
    assert [line for line in visit.plaintext if line[:4] in {b"MAIL", b"RCPT"}] == [
        b"MAIL FROM:<letters@undersigned.example> SIZE=%d RET=HDRS ENVID=AbC019\r\n" % size,
        b"RCPT TO:<p1@river-watch.example> NOTIFY=FAILURE\r\n",
        b"MAIL FROM:<letters@undersigned.example> SIZE=%d\r\n" % size,
        b"RCPT TO:<p2@river-watch.example>\r\n",
    ]


def test_a_relay_without_reports_is_not_asked_for_one():
    _, visit, _ = in_a_row(offers=[offer(1, envid="AbC019")], offered=("PIPELINING",))
    assert visit.plaintext[1:3] == [
        b"MAIL FROM:<letters@undersigned.example>\r\n",
        b"RCPT TO:<p1@river-watch.example>\r\n",
    ]


def test_an_envid_cannot_end_the_command_or_add_to_it():
    _, visit, _ = in_a_row(offers=[offer(1, envid="a b=c+d\r\nRSETé")], offered=("DSN",))
    assert visit.plaintext[1].endswith(b" ENVID=a+20b+3Dc+2Bd+0D+0ARSET+C3+A9\r\n")


# --- refusals in the middle


@pytest.mark.parametrize(
    ("faults", "gullible", "kind", "verbs"),
    [
        ({"RCPT#1": "5xx"}, False, Kind.REFUSED, ["MAIL", "RCPT", "DATA", "RSET"]),
        ({"RCPT#1": "4xx"}, False, Kind.DEFERRED, ["MAIL", "RCPT", "DATA", "RSET"]),
        ({"MAIL#1": "4xx"}, False, Kind.DEFERRED, ["MAIL", "RCPT", "DATA", "RSET"]),
        ({"MAIL#1": "5xx"}, False, Kind.NOT_CONNECTED, ["MAIL", "RCPT", "DATA", "RSET"]),
        ({"DATA#1": "5xx"}, False, Kind.NOT_CONNECTED, ["MAIL", "RCPT", "DATA", "RSET"]),
        ({"DATA#1": "4xx"}, False, Kind.DEFERRED, ["MAIL", "RCPT", "DATA", "RSET"]),
        ({"end of data#1": "5xx"}, False, Kind.NOT_CONNECTED, ["MAIL", "RCPT", "DATA"]),
        ({"RCPT#1": "5xx"}, True, Kind.REFUSED, ["MAIL", "RCPT", "DATA"]),
        ({"MAIL#1": "4xx"}, True, Kind.DEFERRED, ["MAIL", "RCPT", "DATA"]),
        # The lone dot is answered as if there had been a mail.
        ({"RCPT#1": "5xx", "end of data#1": "250 2.0.0 queued"}, True, Kind.REFUSED, ["MAIL", "RCPT", "DATA"]),
        ({"RCPT#1": "5xx", "end of data#1": "554 5.5.1 nobody"}, True, Kind.REFUSED, ["MAIL", "RCPT", "DATA"]),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_refused_mail_is_cleared_away_before_the_next(faults, gullible, kind, verbs, last):
    offers = [offer(1)] if last else [offer(1), offer(2)]
    row, visit, usable = in_a_row(faults, offers, gullible=gullible)
    assert row.kinds == [kind, Kind.SENT][: len(offers)]
    assert received(visit) == [offer(2).message][: len(offers) - 1]
    assert visit.phases["end of data"] == ("end of data#1" in faults or gullible) + (not last)
    assert visit.verbs == ["EHLO", *verbs, *([] if last else ["MAIL", "RCPT", "DATA"]), "QUIT"]
    assert usable


@pytest.mark.parametrize("fault", ["421", "hang", "drop", "garbage"])
def test_a_refusal_stands_whatever_becomes_of_the_lone_dot(fault):
    short = Timeouts(command=5, end_of_data=5, reset=0.5)
    row, visit, usable = in_a_row({"RCPT#1": "5xx", "end of data": fault}, gullible=True, timeouts=short)
    assert row.kinds == [Kind.REFUSED]
    assert received(visit) == []
    assert not usable


@pytest.mark.parametrize("answer", ["450 4.3.0 not now", "550 5.3.0 never", "421 closing", "354 go on"])
def test_behind_an_envelope_that_was_not_cleared_no_mail_is_given(answer):
    # The relay would take the next MAIL and RCPT into the same transaction.
    faults = {"RCPT#1": "250 ok", "DATA#1": "450 4.3.0 not now", "RSET": answer}
    row, visit, usable = in_a_row(faults, gullible=True)
    assert row.kinds == [Kind.DEFERRED]
    assert (received(visit), visit.begun, usable) == ([], [], False)


def test_no_dot_follows_a_recipient_that_was_taken_without_a_sender():
    # The dot would send this recipient an empty mail.
    row, visit, usable = in_a_row({"MAIL#1": "4xx", "RCPT#1": "250 taken all the same"}, gullible=True)
    assert row.kinds == [Kind.DEFERRED]
    assert (visit.mails, visit.begun, visit.phases["end of data"]) == ([], [], 0)
    assert not usable


FATES: dict[str, dict[str, str]] = {
    "sent": {},
    "no sender": {"MAIL": "450 4.1.8 later"},
    "no recipient": {"RCPT": "550 5.1.1 no such user"},
    "later": {"RCPT": "450 4.2.0 greylisted"},
    "no data": {"DATA": "451 4.3.0 not now"},
    "no body": {"end of data": "552 5.2.2 full"},
    "no address": {},
}
KINDS = {
    "sent": Kind.SENT,
    "no sender": Kind.DEFERRED,
    "no recipient": Kind.REFUSED,
    "later": Kind.DEFERRED,
    "no data": Kind.DEFERRED,
    "no body": Kind.REFUSED,
    "no address": Kind.REFUSED,
}


def faults_for(fates: list[str], pipelined: bool, gullible: bool) -> dict[str, str]:
    """The faults that bring these fates about; which one is the third RCPT depends on what was written before."""
    faults: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for fate in fates:
        refused = fate == "no address"
        opened = not refused and ((pipelined and gullible) or not FATES[fate].keys() & {"MAIL", "RCPT", "DATA"})
        for phase in ("MAIL", "RCPT", "DATA", "end of data"):
            written = fate != "no address" and (pipelined or not refused) if phase != "end of data" else opened
            seen[phase] += written
            if written and phase in FATES[fate]:
                faults[f"{phase}#{seen[phase]}"] = FATES[fate][phase]
                refused = True
                opened &= phase != "DATA"
    return faults


@given(st.lists(st.sampled_from(list(FATES)), min_size=1, max_size=12), st.booleans(), st.booleans())
@settings(max_examples=80, deadline=None)
def test_each_mail_of_any_row_has_its_own_outcome(fates, pipelined, gullible):
    offers = [offer(n, **({"recipient": "nobody"} if fate == "no address" else {})) for n, fate in enumerate(fates)]
    row, visit, usable = in_a_row(
        faults_for(fates, pipelined, gullible),
        offers,
        offered=OFFERS if pipelined else ("SIZE 1000000",),
        gullible=gullible,
    )
    assert [of for of, _ in row.told] == offers
    assert row.kinds == [KINDS[fate] for fate in fates]
    assert received(visit) == [of.message for of, fate in zip(offers, fates, strict=True) if fate == "sent"]
    assert usable


# --- the connection breaks


@pytest.mark.parametrize(
    ("faults", "kinds"),
    [
        ({"end of data#1": "drop"}, [Kind.UNCERTAIN]),
        ({"end of data#1": "cut"}, [Kind.UNCERTAIN]),
        ({"body": "drop"}, [Kind.UNCERTAIN]),
        ({"end of data#1": "garbage"}, [Kind.UNCERTAIN]),
        ({"end of data#1": "354 go on"}, [Kind.UNCERTAIN]),
        ({"end of data#1": "421 4.3.2 closing"}, [Kind.NOT_CONNECTED]),
        ({"MAIL#1": "421 4.7.0 closing"}, [Kind.NOT_CONNECTED]),
        ({"RCPT#1": "5xx", "RSET": "421 closing"}, [Kind.REFUSED]),
        ({"RCPT#1": "5xx", "RSET": "drop"}, [Kind.REFUSED]),
        ({"RCPT#1": "5xx", "DATA#1": "drop"}, [Kind.REFUSED]),
        ({"MAIL#2": "421 4.7.0 too many mails"}, [Kind.SENT, Kind.NOT_CONNECTED]),
        ({"MAIL#2": "drop"}, [Kind.SENT, Kind.NOT_CONNECTED]),
        ({"DATA#2": "drop"}, [Kind.SENT, Kind.NOT_CONNECTED]),
    ],
)
def test_what_happens_to_the_connection_happens_to_one_mail_and_not_to_the_one_behind(faults, kinds):
    row, visit, usable = in_a_row(faults, [offer(1), offer(2), offer(3)])
    assert row.kinds == kinds
    assert [outcome.fault for _, outcome in row.told] == [None] * len(kinds)
    assert not usable
    assert len(visit.begun) <= len(kinds)
    assert received(visit) == [offer(1).message][: kinds.count(Kind.SENT)]


def test_an_answer_too_many_keeps_the_body_back():
    # Were the body written behind it, the early 250 would make a refused mail "sent".
    row, visit, usable = in_a_row({"DATA#1": "354 go on\r\n250 2.0.0 queued", "end of data": "550 5.1.1 never"})
    assert row.kinds == [Kind.NOT_CONNECTED]
    assert (visit.begun, usable) == ([], False)


def test_an_answer_too_many_behind_a_mail_does_not_open_the_next():
    row, visit, usable = in_a_row({"end of data#1": "twice"})
    assert row.kinds == [Kind.SENT, Kind.NOT_CONNECTED]
    assert (len(visit.begun), usable) == (1, False)


@pytest.mark.parametrize(
    "answer",
    [
        "250-two\r\n251 codes",
        "250-" + "long" * 3000,
        "250-never\r\n" * 2000 + "250 ending",
        "250-\r\n" * 2000 + "250 all of it empty",
        "25 short",
        "2500 long",
        "250_odd",
        "650 of no class",
        "\r\n250 ok",
        " 250 ok",
    ],
)
@pytest.mark.parametrize("offered", [OFFERS, ("SIZE 1000000",)])
def test_what_is_no_answer_ends_the_connection(answer, offered):
    row, visit, usable = in_a_row({"RCPT#1": answer}, offered=offered)
    assert row.kinds == [Kind.NOT_CONNECTED]
    assert row.told[0][1].reply == "an answer that is not SMTP (RCPT)"
    assert (visit.begun, usable) == ([], False)


def test_a_line_without_end_is_not_listened_to():
    row, _, usable = in_a_row({"RCPT#1": "endless"})
    assert (row.kinds, row.told[0][1].reply) == ([Kind.NOT_CONNECTED], "an answer that is not SMTP (RCPT)")
    assert not usable


@pytest.mark.parametrize(
    "answer", ["250", "250 ", "250-\r\n250 ok", "250-a\r\n250-b\r\n250", "250-a\n250 b", "299 odd"]
)
def test_an_answer_may_have_several_lines_and_no_text(answer):
    row, _, usable = in_a_row({"RCPT": answer})
    assert row.kinds == [Kind.SENT] * 2
    assert usable


def test_a_word_out_of_turn_ends_an_idle_connection():
    async def idle() -> tuple[bool, Outcome]:
        async with ScriptedServer({"end of data": "250 ok"}, offers=OFFERS) as server:
            connection = await connect(server)
            row = Row([offer(1)])
            await connection.send_pipelined(row.take, row.done)
            assert connection.usable
            server.say("421 4.4.2 idle for too long")
            await asyncio.sleep(0.1)
            return connection.usable, await connection.send(offer(2))

    usable, outcome = asyncio.run(idle())
    assert (usable, outcome.kind) == (False, Kind.NOT_CONNECTED)


def test_the_time_for_an_envelope_is_not_that_for_a_body():
    # The timer fired while the first body was answered late, was set for the end of its time, and must fire earlier.
    times = Timeouts(connect=10, command=0.3, end_of_data=TIMEOUT_S, reset=10)
    begun = time.monotonic()
    row, _, usable = in_a_row({"end of data#1": "late", "MAIL#2": "hang"}, timeouts=times)
    assert row.kinds == [Kind.SENT, Kind.NOT_CONNECTED]
    assert row.told[1][1].reply == "no answer in time (MAIL)"
    assert time.monotonic() - begun < TIMEOUT_S
    assert not usable


def test_the_time_for_a_body_is_not_that_for_an_envelope():
    times = Timeouts(connect=10, command=0.3, end_of_data=60, reset=10)
    row, _, _ = in_a_row({"end of data": "late"}, timeouts=times)
    assert row.kinds == [Kind.SENT] * 2


# --- those who give and those who are told


def test_nothing_is_taken_for_a_connection_that_is_gone():
    row, _, usable = in_a_row({"MAIL#1": "421 closing"}, [offer(n) for n in range(9)])
    assert (row.taken, usable) == (1, False)


@pytest.mark.parametrize("message", [None, "Sophéa".encode()])
@pytest.mark.parametrize("offered", [OFFERS, ("SIZE 1000000",)])
def test_an_error_in_giving_is_raised_when_the_mail_under_way_is_done(message, offered):
    async def send() -> tuple[Row, bool]:
        row = Row([offer(1)])

        def take() -> Offer | None:
            if row.taken == 0:
                return row.take()
            if message is None:
                raise ValueError("the giver stumbled")
            return Offer(SENDER, "p2@river-watch.example", message)

        async with ScriptedServer(offers=offered) as server:
            connection = await connect(server)
            with pytest.raises(ValueError, match="7-bit" if message else "stumbled"):
                await connection.send_pipelined(take, row.done)
            return row, connection.usable

    row, usable = asyncio.run(send())
    assert row.kinds == [Kind.SENT]
    assert usable


@pytest.mark.parametrize("error", [LookupError, TimeoutError, ConnectionResetError])
@pytest.mark.parametrize("offered", [OFFERS, ("SIZE 1000000",)])
def test_an_error_in_being_told_goes_through_and_ends_the_row(error, offered):
    async def send() -> tuple[Visit, bool, int]:
        told: list[Offer] = []

        def done(of: Offer, _: Outcome) -> None:
            told.append(of)
            raise error("the database is away")

        async with ScriptedServer(offers=offered) as server:
            connection = await connect(server)
            with pytest.raises(error):
                await connection.send_pipelined(Row([offer(1), offer(2)]).take, done)
            usable = connection.usable
            await connection.close()
            await asyncio.wait_for(server.visits[0].ended.wait(), TIMEOUT_S)
            return server.visits[0], usable, len(told)

    visit, usable, told = asyncio.run(send())
    assert (received(visit), told) == ([offer(1).message], 1)
    assert usable == (offered != OFFERS)


@pytest.mark.parametrize(
    ("phase", "kinds"), [("DATA#1", []), ("end of data#1", [Kind.UNCERTAIN]), ("RCPT#2", [Kind.SENT])]
)
@pytest.mark.parametrize("offered", [OFFERS, ("SIZE 1000000",)])
def test_who_cancels_is_told_of_the_body_that_travels_and_of_no_other(phase, kinds, offered):
    async def cancel() -> tuple[Row, Visit, bool]:
        row = Row([offer(1), offer(2), offer(3)])
        async with ScriptedServer({phase: "hang"}, offers=offered) as server:
            connection = await connect(server)
            sending = asyncio.create_task(connection.send_pipelined(row.take, row.done))
            await asyncio.wait_for(server.at(phase).wait(), TIMEOUT_S)
            await asyncio.sleep(0.05)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            await asyncio.wait_for(server.visits[0].ended.wait(), TIMEOUT_S)
            return row, server.visits[0], connection.usable

    row, visit, usable = asyncio.run(cancel())
    assert row.kinds == kinds
    assert len(visit.begun) == len(kinds)
    assert not usable


def test_one_row_at_a_time():
    async def two_at_once() -> None:
        async with ScriptedServer({"MAIL": "hang"}, offers=OFFERS) as server:
            connection = await connect(server)
            row = Row([offer(1)])
            first = asyncio.create_task(connection.send_pipelined(row.take, row.done))
            await asyncio.wait_for(server.at("MAIL").wait(), TIMEOUT_S)
            with pytest.raises(RuntimeError):
                await connection.send(offer(2))
            with pytest.raises(RuntimeError):
                await connection.send_pipelined(row.take, row.done)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)

    asyncio.run(two_at_once())


def test_an_empty_row_says_nothing():
    row, visit, usable = in_a_row(offers=[offer(1, recipient="nobody")])
    assert (row.kinds, row.told[0][1].phase) == ([Kind.REFUSED], Phase.RCPT)
    assert (visit.verbs, usable) == (["EHLO", "QUIT"], True)
