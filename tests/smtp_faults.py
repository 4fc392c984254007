"""Every fault in every phase of a conversation with a relay, on every path, and what becomes of the mail."""

import asyncio
import contextlib
import random
from collections.abc import Iterator
from typing import Literal

from tests.scripted_smtp import ScriptedServer, Visit, trusted_certificate
from tests.servers import TIMEOUT_S
from worker.mail.outcomes import Kind, Outcome
from worker.mail.relay_url import Relay
from worker.mail.smtp import Connection
from worker.mail.smtp_wire import Offer, Timeouts, dot_stuffed

# What becomes of the mail that meets a fault, and *: the connection is good for the next one.
#   away   not connected: the relay's trouble, which passes; no attempt is burnt
#   ours   not connected, fault "relay": a person must mend sender, login or settings
#   later  deferred      no  refused      doubt  uncertain
# In the row RSET, the recipient was refused before. In the row QUIT, the mail was accepted before.
_TABLE = """
             drop   cut    hang   drip   garbage odd    4xx    5xx    421    twice  slow
greeting     away   away   away   away   away    away   away   ours   away   away   sent*
EHLO         away   away   away   away   away    away   away   ours   away   away   sent*
STARTTLS     away   away   away   away   away    away   away   ours   away   sent*  sent*
AUTH         away   away   away   away   away    away   away   ours   away   away   sent*
MAIL         away   away   away   away   away    away   later* ours*  away   away   sent*
RCPT         away   away   away   away   away    away   later* no*    away   away   sent*
DATA         away   away   away   away   away    away   later* ours*  away   away   sent*
end-of-data  doubt  doubt  doubt  doubt  doubt   doubt  later* ours*  away   sent   sent*
RSET         no     no     no     no     no      no     no     no     no     no     no*
QUIT         sent*  sent*  sent*  sent*  sent*   sent*  sent*  sent*  sent*  sent*  sent*
"""
# drip: a byte at a time, and never a whole answer     cut: half an answer, then gone    slow: a byte at a time, in time
# odd: an answer that this phase does not know    twice: an answer too many    421: and stays on the line

Path = Literal["plain", "pipelined", "riding", "gullible"]

# pipelined: the first of a row     riding: its envelope rides behind the mail before it
# gullible: riding, and the relay opens DATA for nobody, so that no RSET is needed
PATHS: tuple[Path, ...] = ("plain", "pipelined", "riding", "gullible")

PATIENT = Timeouts(connect=10, command=10, end_of_data=10, reset=10)
HASTY = Timeouts(connect=1.5, command=1.5, end_of_data=1.5, reset=1.5)
WORDS = {Kind.SENT: "sent", Kind.DEFERRED: "later", Kind.REFUSED: "no", Kind.UNCERTAIN: "doubt"}
SENDER = "letters@undersigned.example"

LEADER = Offer(SENDER, "first@river-watch.example", b"Subject: First\r\n\r\nDear first,\r\n")
SUBJECT = Offer(SENDER, "sophea@river-watch.example", b"Subject: A letter\r\n\r\nDear friends,\r\n.\r\n..and a dot\r\n")
FOLLOWER = Offer(SENDER, "dara@clean-coast.example", b"Subject: Another\r\n\r\nDear Dara,\r\n")
LAST = Offer(SENDER, "last@clean-coast.example", b"Subject: The last\r\n\r\nDear last,\r\n")


def _cells() -> Iterator[tuple[tuple[str, str, Path], str]]:
    head, *rows = _TABLE.strip("\n").split("\n")
    for row in rows:
        name, *words = row.split()
        phase = name.replace("-", " ")
        for fault, word in zip(head.split(), words, strict=True):
            for path in PATHS:
                opening = phase in {"greeting", "EHLO", "STARTTLS", "AUTH"}
                if path == "plain" or not (opening or (path == "gullible" and phase == "RSET")):
                    yield (phase, fault, path), word


TABLE: dict[tuple[str, str, Path], str] = dict(_cells())


async def trial(phase: str, fault: str, path: Path) -> str:
    """Meet one fault in one phase on one path; returns the word that the table has for what happened.

    Raises AssertionError where mails were mixed, reported wrongly, or anything was said after the end.
    """
    faults = {_nth(phase, path): fault}
    if phase == "RSET":
        faults |= {_nth("RCPT", path): "5xx"}
    security: Literal["starttls", "plain"] = "starttls" if phase == "STARTTLS" else "plain"
    offers = ["SIZE 1000000", "AUTH PLAIN"]
    offers += ["STARTTLS"] if security == "starttls" else []
    offers += ["PIPELINING"] if path != "plain" else []
    with trusted_certificate() as certificate:
        async with ScriptedServer(
            faults, offers=tuple(offers), certificate=certificate, gullible=path == "gullible"
        ) as server:
            relay = Relay("127.0.0.1", server.port, security, "postmaster", "a password")
            connection = Connection(relay, timeouts=HASTY if fault in {"hang", "drip"} else PATIENT)
            outcome = await connection.open()
            if outcome is None and path == "plain":
                outcome = await connection.send(SUBJECT)
            elif outcome is None:
                outcome = await _in_a_row(
                    connection, [LEADER, SUBJECT, FOLLOWER][path == "pipelined" :], server.visits[0]
                )
            kept = connection.usable
            visit = server.visits[0]
            if kept:
                await _the_next_mail_is_unmixed(connection, visit)
            else:
                await _nothing_more_is_said(connection, visit)
            await connection.close()
            await asyncio.wait_for(visit.ended.wait(), TIMEOUT_S)
    assert visit.mixed == []
    if security == "starttls":
        assert not [line for line in visit.plaintext if line.startswith((b"AUTH", b"MAIL"))]
    assert outcome is not None
    return _word_for(outcome) + ("*" if kept else "")


def _nth(phase: str, path: Path) -> str:
    """The phase of the mail that shall meet the fault, as ScriptedServer counts; a row has mails around it."""
    if phase not in {"MAIL", "RCPT", "DATA", "end of data"}:
        return phase
    return f"{phase}#{1 if path in {'plain', 'pipelined'} else 2}"


async def _in_a_row(connection: Connection, offers: list[Offer], visit: Visit) -> Outcome:
    """Send these; returns what became of the mail that met the fault. Those around it must not suffer from it."""
    outcomes: dict[Offer, Outcome] = {}
    to_take = iter(offers)

    def done(offer: Offer, outcome: Outcome) -> None:
        assert offer not in outcomes
        outcomes[offer] = outcome

    await connection.send_pipelined(lambda: next(to_take, None), done)
    assert list(outcomes) == offers[: len(outcomes)]
    assert all(outcomes[offer].kind is Kind.SENT for offer in offers[: offers.index(SUBJECT)])
    behind = outcomes.get(FOLLOWER)
    if connection.usable:
        assert behind is not None
        assert behind.kind is Kind.SENT
    else:
        assert behind is None or behind.kind is Kind.NOT_CONNECTED
        assert not [recipient for recipient in visit.begun if b"dara" in recipient]
    sent = [offer for offer, outcome in outcomes.items() if outcome.kind is Kind.SENT]
    assert visit.mails == [_as_received(offer) for offer in sent]
    return outcomes[SUBJECT]


def _as_received(offer: Offer) -> tuple[bytes, bytes, bytes]:
    mail = f"MAIL FROM:<{offer.envelope_sender}> SIZE={len(dot_stuffed(offer.content))}\r\n"
    return mail.encode(), f"RCPT TO:<{offer.recipient}>\r\n".encode(), offer.content


def _word_for(outcome: Outcome) -> str:
    if outcome.kind is Kind.NOT_CONNECTED:
        return "ours" if outcome.fault == "relay" else "away"
    return WORDS[outcome.kind]


async def _the_next_mail_is_unmixed(connection: Connection, visit: Visit) -> None:
    already = len(visit.mails)
    assert (await connection.send(LAST)).kind is Kind.SENT
    assert visit.mails[already:] == [_as_received(LAST)]


async def _nothing_more_is_said(connection: Connection, visit: Visit) -> None:
    await asyncio.wait_for(visit.ended.wait(), TIMEOUT_S)
    heard = len(visit.verbs)
    assert (await connection.send(LAST)).kind is Kind.NOT_CONNECTED
    await connection.send_pipelined(_never, _never)
    assert not connection.usable
    assert len(visit.verbs) == heard


def _never(*_: object) -> None:
    raise AssertionError("asked for a mail, or told of one, on a connection that is gone")


async def cancellations(times: int, path: Literal["plain", "pipelined"]) -> list[str]:
    """Cancel so many rows, each at a random moment; returns what went wrong, a sentence each."""
    wrong: list[str] = []
    for first in range(0, times, 20):
        together = (_cancel_one(path) for _ in range(min(20, times - first)))
        wrong += [sentence for one in await asyncio.gather(*together) for sentence in one]
    return wrong


async def _cancel_one(path: Literal["plain", "pipelined"]) -> list[str]:
    """One row of eight, of which the relay refuses some in each phase; cancelled while it is under way."""
    offers = [
        Offer(SENDER, f"partner{n}@river-watch.example", b"Subject: %d\r\n\r\nDear %d,\r\n" % (n, n)) for n in range(8)
    ]
    refused = {f"{random.choice(['MAIL', 'RCPT', 'DATA', 'end of data'])}#{random.randint(1, 7)}": "4xx"}
    extensions = ("SIZE 1000000", *(["PIPELINING"] if path == "pipelined" else []))
    outcomes: dict[Offer, Outcome] = {}
    to_take = iter(offers)
    async with ScriptedServer(refused, offers=extensions, pace=0.002, gullible=random.random() < 0.5) as server:
        connection = Connection(Relay("127.0.0.1", server.port, "plain"), timeouts=PATIENT)
        assert await connection.open() is None
        row = asyncio.create_task(connection.send_pipelined(lambda: next(to_take, None), outcomes.__setitem__))
        reached = random.choice(["MAIL", "RCPT", "DATA", "end of data"])
        await asyncio.wait_for(server.at(f"{reached}#{random.randint(1, 6)}").wait(), TIMEOUT_S)
        await asyncio.sleep(random.uniform(0, 0.003))
        row.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await row
        [visit] = server.visits
        wrong = ["it was not cancelled"] if not row.cancelled() else []
        wrong += ["the connection is still usable"] if connection.usable else []
        await _nothing_more_is_said(connection, visit)
    sent = [_as_received(offer) for offer, outcome in outcomes.items() if outcome.kind is Kind.SENT]
    doubt = [_as_received(offer) for offer, outcome in outcomes.items() if outcome.kind is Kind.UNCERTAIN]
    begun = {recipient for recipient in visit.begun if recipient}
    told = {_as_received(offer)[1] for offer in outcomes}
    wrong += ["mails were mixed"] if visit.mixed or visit.mails not in (sent, sent + doubt) else []
    wrong += ["a body travelled of which nobody was told"] if not begun <= told else []
    wrong += ["more than one mail is in doubt"] if len(doubt) > 1 else []
    wrong += ["told out of order"] if list(outcomes) != offers[: len(outcomes)] else []
    return wrong
