"""One mail on one connection: what its codes mean, what we write, TLS and the secrets. Faults: test_smtp_faults.py."""

import asyncio
import base64
import ipaddress
import ssl
from typing import Literal

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scripted_smtp import ScriptedServer, Visit, pem_of
from tests.servers import TIMEOUT_S
from worker.mail.outcomes import Kind, Outcome, Phase
from worker.mail.relay_url import Relay
from worker.mail.reply_text import explain_reply
from worker.mail.server_url import tls_context
from worker.mail.smtp import Connection
from worker.mail.smtp_wire import Offer, Timeouts, dot_stuffed

WORDS = {Kind.SENT: "sent", Kind.DEFERRED: "later", Kind.REFUSED: "no", Kind.UNCERTAIN: "doubt"}

SENDER = "letters@undersigned.example"
SOPHEA = "sophea.chan@river-watch.example"
DARA = "dara@clean-coast.example"
LETTER = b"Subject: A joint letter\r\n\r\nDear friends,\r\n.\r\n..and a dot\r\n"
ANOTHER = b"Subject: Another\r\n\r\nDear Dara,\r\n"
PATIENT = Timeouts(connect=10, command=10, end_of_data=10, reset=10)
USERNAME, PASSWORD = "postmaster@undersigned.example", "pa/ss:w@rd#é"


def relay_at(server: ScriptedServer, security: Literal["tls", "starttls", "plain"] = "plain") -> Relay:
    return Relay("127.0.0.1", server.port, security)


async def open_to(server: ScriptedServer, timeouts: Timeouts = PATIENT) -> Connection:
    connection = Connection(relay_at(server), timeouts=timeouts)
    assert await connection.open() is None
    return connection


def sending(*faults: tuple[str, str], recipient: str = SOPHEA) -> Outcome:
    """Send the letter to a server with these faults, and return what became of it."""

    async def send() -> Outcome:
        async with ScriptedServer(dict(faults)) as server:
            connection = Connection(relay_at(server), timeouts=PATIENT)
            outcome = await connection.open() or await connection.send(Offer(SENDER, recipient, LETTER))
            await connection.close()
            return outcome

    return asyncio.run(send())


# --- what it means


def word_for(outcome: Outcome) -> str:
    if outcome.kind is Kind.NOT_CONNECTED:
        return "ours" if outcome.fault == "relay" else "away"
    return WORDS[outcome.kind]


async def nothing_more_is_said(connection: Connection, visit: Visit) -> None:
    await asyncio.wait_for(visit.ended.wait(), TIMEOUT_S)
    heard = len(visit.verbs)
    assert (await connection.send(Offer(SENDER, DARA, ANOTHER))).kind is Kind.NOT_CONNECTED
    assert not connection.usable
    assert len(visit.verbs) == heard


@pytest.mark.parametrize(
    ("phase", "reply", "word", "status"),
    [
        ("MAIL", "530 5.7.0 Authentication required", "ours", "5.7.0"),
        ("MAIL", "535 go away", "ours", None),
        ("MAIL", "550 5.7.1 sender not allowed", "ours", "5.7.1"),
        ("MAIL", "553 5.1.8 no such sender domain", "ours", "5.1.8"),
        ("MAIL", "552 5.3.4 larger than our limit", "no", "5.3.4"),
        ("MAIL", "452 4.3.1 disk full", "later", "4.3.1"),
        ("RCPT", "530 5.7.0 Must issue a STARTTLS command first", "ours", "5.7.0"),
        ("RCPT", "554 5.7.1 relay access denied", "ours", "5.7.1"),
        ("RCPT", "450 4.2.0 greylisted", "later", "4.2.0"),
        ("RCPT", "550 4.2.0 of two minds", "no", None),
        ("RCPT", "251 will forward", "sent", "2.0.0"),
        ("RCPT", "550 5.1.1 no such user", "no", "5.1.1"),
        ("RCPT", "550 5.70.1 of no such subject", "no", "5.70.1"),
        ("DATA", "554 5.5.1 no valid recipients", "ours", "5.5.1"),
        ("DATA", "550 5.7.26 unauthenticated mail", "ours", "5.7.26"),
        ("RCPT", "421 4.7.0 too many mails", "away", "4.7.0"),
        ("end of data", "421 4.7.0 try again later", "away", "4.7.0"),
        ("end of data", "451 4.7.1 greylisted", "later", "4.7.1"),
        ("end of data", "554 5.7.1 looks like spam", "ours", "5.7.1"),
        ("end of data", "250 ok", "sent", None),
    ],
)
def test_the_codes_tell_our_fault_from_theirs(phase, reply, word, status):
    outcome = sending((phase, reply))
    assert (word_for(outcome), outcome.status) == (word, status)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("550 5.1.1 <address> no such user", "the mailbox does not exist"),
        ("450 4.1.1 <address> unverified", "the relay asks to come back later"),
        ("550 5.1.2 host unknown", "the domain does not exist or takes no mail"),
        ("556 5.1.10 null MX", "the domain does not exist or takes no mail"),
        ("553 5.1.8 sender domain unknown", "the relay does not accept our sender"),
        ("452 4.2.2 over quota", "the mailbox is full"),
        ("552 5.2.2 over quota", "the mailbox is full"),
        ("552 5.3.4 limit is 10 MB", "the message is too large"),
        ("450 4.2.0 greylisted", "the relay asks to come back later"),
        ("451 4.7.1 greylisted", "the relay asks to come back later"),
        ("421 4.7.0 too many mails", "the relay asks to come back later"),
        ("421 closing", "the relay asks to come back later"),
        ("554 5.7.1 relay access denied", "the relay does not accept our mail"),
        ("550 5.7.99 of a later year", "the relay does not accept our mail"),
        ("550 5.7.26 unauthenticated", "the mail does not prove that it comes from our domain"),
        ("535 5.7.8 login refused", "the relay does not accept our login"),
        ("535 login refused", "the relay does not accept our login"),
        ("550 no such user", "the mailbox does not exist"),
        ("550", "the mailbox does not exist or takes no mail from us"),
        ("550 4.2.2 of two minds", "the mailbox does not exist or takes no mail from us"),
        ("550 5.1.11 of a later year", "the mailbox does not exist or takes no mail from us"),
        ("502 what", "the relay does not understand what we say"),
        ("554 no", "the relay refused it"),
        ("459 hm", "the relay put it off"),
        ("250 2.0.0 queued as 4.2.2", "the relay took it"),
        ("250 5.1.1 odd", "the relay took it"),
        ("no answer in time (RCPT)", "no answer in time (RCPT)"),
        ("5500 reasons", "5500 reasons"),
        ("1.1 of our own", "1.1 of our own"),
        ("", ""),
    ],
)
def test_a_stored_reply_has_a_meaning_for_people(reply, says):
    assert explain_reply(reply) == says


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("421 4.7.0 try again later", "the relay did not accept it in time"),
        ("450 4.2.1 busy", "the mailbox took no mail in that time"),
        ("452 4.2.2 full", "the mailbox is full"),
        ("550 5.1.1 no such user", "the mailbox does not exist"),
    ],
)
def test_once_given_up_no_reply_asks_to_come_back_later(reply, says):
    assert explain_reply(reply, given_up=True) == says
    assert explain_reply(reply, given_up=True, reported=True) == says.replace("the relay", "the recipient's server")


def test_every_refusal_has_a_sentence_without_a_full_stop():
    for kind in "45":
        for subject in range(10):
            for detail in range(35):
                says = explain_reply(f"{kind}50 {kind}.{subject}.{detail} why")
                assert says[0].islower()
                assert says[-1].isalpha()


def test_a_server_that_leaves_in_the_middle_of_the_body_leaves_doubt():
    outcome = sending(("body", "drop"))
    assert (outcome.kind, outcome.phase) == (Kind.UNCERTAIN, Phase.END_OF_DATA)


def test_a_refusal_is_not_hidden_by_a_250_that_came_too_early():
    # The 250 lies in the buffer when the body is written; the true answer would be read after it.
    outcome = sending(("DATA", "354 go on\r\n250 2.0.0 queued"), ("end of data", "550 5.7.1 never"))
    assert outcome.kind is Kind.NOT_CONNECTED


def test_a_relay_that_is_not_there_is_away():
    async def knock() -> Outcome | None:
        async with ScriptedServer() as server:
            port = server.port
        return await Connection(Relay("127.0.0.1", port, "plain"), timeouts=PATIENT).open()

    outcome = asyncio.run(knock())
    assert outcome == Outcome(Kind.NOT_CONNECTED, Phase.GREETING, "the relay cannot be reached")


def test_a_connection_that_the_relay_closed_while_idle_burns_no_attempt():
    async def idle() -> Outcome:
        async with ScriptedServer() as server:
            connection = await open_to(server)
        await asyncio.sleep(0.05)
        return await connection.send(Offer(SENDER, SOPHEA, LETTER))

    assert asyncio.run(idle()).kind is Kind.NOT_CONNECTED


# --- one connection, several mails


def test_many_mails_go_over_one_connection():
    async def send_ten() -> list[Visit]:
        async with ScriptedServer() as server:
            connection = await open_to(server)
            for number in range(10):
                body = b"Subject: %d\r\n\r\n.\r\n" % number
                assert (await connection.send(Offer(SENDER, f"p{number}@example.org", body))).kind is Kind.SENT
            await connection.close()
            return server.visits

    [visit] = asyncio.run(send_ten())
    assert [recipient for _, recipient, _ in visit.mails] == [
        b"RCPT TO:<p%d@example.org>\r\n" % number for number in range(10)
    ]
    assert [body for *_, body in visit.mails] == [b"Subject: %d\r\n\r\n.\r\n" % n for n in range(10)]
    assert visit.verbs == ["EHLO", *["MAIL", "RCPT", "DATA"] * 10, "QUIT"]


def test_a_mail_that_is_called_back_is_not_sent_and_the_connection_goes_on():
    async def call_back() -> tuple[Outcome, Outcome, Visit]:
        async def no() -> bool:
            return False

        async def yes() -> bool:
            return True

        async with ScriptedServer() as server:
            connection = await open_to(server)
            first = await connection.send(Offer(SENDER, SOPHEA, LETTER), before_data=no)
            second = await connection.send(Offer(SENDER, DARA, ANOTHER), before_data=yes)
            await connection.close()
            return first, second, server.visits[0]

    first, second, visit = asyncio.run(call_back())
    assert (first.kind, second.kind) == (Kind.CANCELLED, Kind.SENT)
    assert visit.verbs == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "QUIT"]
    assert [body for *_, body in visit.mails] == [ANOTHER]


@pytest.mark.parametrize("fault", ["4xx", "5xx"])
@pytest.mark.parametrize("phase", ["MAIL", "RCPT"])
def test_before_data_is_not_asked_for_a_recipient_that_is_not_accepted(phase, fault):
    async def never() -> bool:
        raise AssertionError("asked")

    async def refuse() -> None:
        async with ScriptedServer({phase: fault}) as server:
            connection = await open_to(server)
            await connection.send(Offer(SENDER, SOPHEA, LETTER), before_data=never)
            assert connection.usable

    asyncio.run(refuse())


@pytest.mark.parametrize("fault", ["twice", "250 ok\r\n421 closing", "250 ok\r\nnonsense"])
def test_before_data_is_not_asked_where_the_relay_is_confused(fault):
    async def never() -> bool:
        raise AssertionError("asked")

    async def send() -> Outcome:
        async with ScriptedServer({"RCPT": fault}) as server:
            return await (await open_to(server)).send(Offer(SENDER, SOPHEA, LETTER), before_data=never)

    assert asyncio.run(send()).kind is Kind.NOT_CONNECTED


@pytest.mark.parametrize("error", [LookupError, TimeoutError, ConnectionError])
def test_an_error_before_data_goes_through_and_ends_the_connection(error):
    async def fail() -> bool:
        raise error("the database is away")

    async def send() -> Visit:
        async with ScriptedServer() as server:
            connection = await open_to(server)
            with pytest.raises(error):
                await connection.send(Offer(SENDER, SOPHEA, LETTER), before_data=fail)
            await nothing_more_is_said(connection, server.visits[0])
            return server.visits[0]

    assert asyncio.run(send()).verbs == ["EHLO", "MAIL", "RCPT"]


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA", "end of data", "RSET"])
def test_a_cancelled_connection_is_never_used_again(phase):
    async def cancel() -> None:
        faults = {phase: "hang"} | ({"RCPT": "5xx"} if phase == "RSET" else {})
        async with ScriptedServer(faults) as server:
            connection = await open_to(server)
            sending = asyncio.create_task(connection.send(Offer(SENDER, SOPHEA, LETTER)))
            await asyncio.wait_for(server.at(phase).wait(), TIMEOUT_S)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            await nothing_more_is_said(connection, server.visits[0])
            assert server.visits[0].mails == []

    asyncio.run(cancel())


@pytest.mark.parametrize("phase", ["greeting", "EHLO", "STARTTLS", "AUTH"])
def test_a_connection_cancelled_while_it_opens_is_gone(phase, certificate):
    async def cancel() -> None:
        offers = ("STARTTLS", "AUTH PLAIN")
        async with ScriptedServer({phase: "hang"}, offers=offers, certificate=certificate) as server:
            relay = Relay("127.0.0.1", server.port, "starttls", USERNAME, PASSWORD)
            connection = Connection(relay, timeouts=PATIENT)
            opening = asyncio.create_task(connection.open())
            await asyncio.wait_for(server.at(phase).wait(), TIMEOUT_S)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            await nothing_more_is_said(connection, server.visits[0])

    asyncio.run(cancel())


def test_a_large_body_that_is_cancelled_half_way_does_not_go_out_afterwards():
    async def cancel() -> Visit:
        async with ScriptedServer({"body": "late"}) as server:
            connection = await open_to(server)
            large = (b"x" * 998 + b"\r\n") * 30_000
            sending = asyncio.create_task(connection.send(Offer(SENDER, SOPHEA, large)))
            await asyncio.wait_for(server.at("DATA").wait(), TIMEOUT_S)
            await asyncio.sleep(0.2)
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            server.at("release").set()
            await asyncio.wait_for(server.visits[0].ended.wait(), TIMEOUT_S)
            return server.visits[0]

    assert asyncio.run(cancel()).mails == []


def test_one_mail_at_a_time():
    async def two_at_once() -> None:
        async with ScriptedServer({"MAIL": "hang"}) as server:
            connection = await open_to(server)
            first = asyncio.create_task(connection.send(Offer(SENDER, SOPHEA, LETTER)))
            await asyncio.wait_for(server.at("MAIL").wait(), TIMEOUT_S)
            with pytest.raises(RuntimeError):
                await connection.send(Offer(SENDER, DARA, ANOTHER))
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)

    asyncio.run(two_at_once())


def test_close_is_idempotent_and_needs_no_open():
    async def close_twice() -> None:
        connection = Connection(Relay("127.0.0.1", 1, "plain"))
        await connection.close()
        await connection.close()
        assert not connection.usable

    asyncio.run(close_twice())


# --- the wire

MESSAGES = st.lists(st.sampled_from([b".", b"..", b"\r\n", b"\n", b"\r", b"a", b"word ", b"\r\n.\r\n"]))


def as_lines(message: bytes) -> bytes:
    """The message with CRLF at each line's end, as a server would keep it."""
    text = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") else text + b"\r\n"


@given(MESSAGES.map(b"".join))
@settings(max_examples=200, deadline=None)
def test_a_server_that_undoes_the_dots_reads_the_message(message):
    lines = dot_stuffed(message).split(b"\r\n")
    assert lines[-2:] == [b".", b""]
    assert b"." not in lines[:-2]
    assert b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:-2]) == as_lines(message)
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)


@given(st.lists(MESSAGES.map(b"".join), min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_messages_full_of_dots_arrive_as_they_were(messages):
    async def send() -> list[bytes]:
        async with ScriptedServer() as server:
            connection = await open_to(server)
            for message in messages:
                await connection.send(Offer(SENDER, SOPHEA, message))
            await connection.close()
            return [body for *_, body in server.visits[0].mails]

    assert asyncio.run(send()) == [as_lines(message) for message in messages]


def envelope_of(recipient: str, sender: str = SENDER, offers: tuple[str, ...] = ()) -> tuple[Outcome, list[bytes]]:
    async def send() -> tuple[Outcome, list[bytes]]:
        async with ScriptedServer(offers=offers) as server:
            connection = await open_to(server)
            outcome = await connection.send(Offer(sender, recipient, LETTER))
            assert connection.usable
            await connection.close()
            return outcome, server.visits[0].plaintext[1:-1]

    return asyncio.run(send())


def test_the_envelope_says_size_and_sender_and_nothing_else():
    _, lines = envelope_of(SOPHEA, offers=("SIZE 1000000", "8BITMIME", "SMTPUTF8", "PIPELINING"))
    assert lines == [
        b"MAIL FROM:<letters@undersigned.example> SIZE=%d\r\n" % len(dot_stuffed(LETTER)),
        b"RCPT TO:<sophea.chan@river-watch.example>\r\n",
        b"DATA\r\n",
    ]


@pytest.mark.parametrize(
    ("recipient", "line"),
    [
        ("dara@bücher.example", "RCPT TO:<dara@xn--bcher-kva.example>"),
        ('"dara sok"@river.example', 'RCPT TO:<"dara sok"@river.example>'),
        ("dara+list@[127.0.0.1]", "RCPT TO:<dara+list@[127.0.0.1]>"),
        ("សុភា@river.example", "RCPT TO:<សុភា@river.example>"),
    ],
)
def test_addresses_are_written_as_the_relay_can_read_them(recipient, line):
    outcome, lines = envelope_of(recipient, offers=("SMTPUTF8", "8BITMIME"))
    assert outcome.kind is Kind.SENT
    assert lines[1].decode() == line + "\r\n"
    assert lines[0].endswith(b" SMTPUTF8\r\n") == (not line.isascii())


def test_a_khmer_mailbox_is_refused_by_a_relay_without_smtputf8():
    outcome, lines = envelope_of("សុភា@river.example")
    assert (outcome.kind, outcome.status, lines) == (Kind.REFUSED, "5.6.7", [])


@pytest.mark.parametrize(
    "address",
    ["", "dara", "@river.example", "dara@", "dara@river example", "a> SIZE=1 <b@river.example", "a\r\nDATA@x.example",
     "dara@river.example>", "da ra@river.example", "dara@-\u2024.example", "\ud800@river.example", '"a"b"@x.example'],
)  # fmt: skip
def test_what_is_no_address_is_never_written(address):
    outcome, lines = envelope_of(address, offers=("SMTPUTF8",))
    assert (outcome.kind, outcome.status, lines) == (Kind.REFUSED, "5.1.3", [])
    if address:
        outcome, lines = envelope_of(SOPHEA, sender=address, offers=("SMTPUTF8",))
        assert (word_for(outcome), lines) == ("ours", [])


def test_a_khmer_sender_is_ours_to_mend_where_the_relay_has_no_smtputf8():
    outcome, lines = envelope_of(SOPHEA, sender="សុភា@river.example")
    assert (word_for(outcome), lines) == ("ours", [])


def test_the_empty_sender_is_one():
    outcome, lines = envelope_of(SOPHEA, sender="")
    assert (outcome.kind, lines[0]) == (Kind.SENT, b"MAIL FROM:<>\r\n")


def test_a_message_beyond_seven_bits_is_a_mistake_of_ours():
    async def send() -> None:
        async with ScriptedServer() as server:
            connection = await open_to(server)
            with pytest.raises(ValueError, match="7-bit") as raised:
                await connection.send(Offer(SENDER, SOPHEA, "Sophéa".encode()))
            assert "Soph" not in str(raised.value)
            assert connection.usable

    asyncio.run(send())


def test_ehlo_tells_the_name_we_are_given_and_no_other():
    async def greet(**name: str) -> bytes:
        async with ScriptedServer() as server:
            connection = Connection(relay_at(server), timeouts=PATIENT, **name)
            await connection.open()
            await connection.close()
            return server.visits[0].plaintext[0]

    assert asyncio.run(greet()) == b"EHLO localhost.localdomain\r\n"
    assert asyncio.run(greet(helo_name="letters.example.org")) == b"EHLO letters.example.org\r\n"
    assert asyncio.run(greet(helo_name="bücher.example")) == b"EHLO xn--bcher-kva.example\r\n"


# --- what the relay says is kept, and tells no address


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <sophea.chan@river-watch.example>: no such user", "550 5.1.1 <address>: no such user"),
        ("550 5.1.1 SOPHEA.CHAN@River-Watch.Example... unknown", "550 5.1.1 <address>... unknown"),
        ("550 5.1.1 user sophea.chan is unknown", "550 5.1.1 user <address> is unknown"),
        ("550 mail from letters+b=river@undersigned.example", "550 mail from <address>"),
        ('550 "dara sok"@x.example, x@y@z (a@b)', '550 <address>, <address> (<address>)'),
        ("550 see http://x.example/why?id=dara%40river.example&ip=1", "550 see <address>"),
        ("554 5.7.1 listed: https://u.example/s/AbCdEfGhIjKlMnOpQrStUv_-12", "554 5.7.1 listed: https://u.example/<link>"),
        ("550-5.1.1 no such\r\n550-5.1.1 user,\r\n550 5.1.1 try again", "550 5.1.1 no such user, try again"),
        ("550 5.1.1 bell\x07 tab\tesc\x1b[31m bidi\u202e nul\x00 end", "550 5.1.1 bell tab esc[31m bidi nul end"),
        ("550 5.1.1 bell\x07 esc\x1b[31m nul\x00 end", "550 5.1.1 bell esc[31m nul end"),
        ("550 " + "x" * 600, "550 " + "x" * 496),
        ("550 " + "x" * 485 + " sophea.chan@river-watch.example", "550 " + "x" * 485 + " <address>"),
    ],
)  # fmt: skip
def test_a_reply_is_one_short_line_without_addresses(said, kept):
    assert sending(("RCPT", said)).reply == kept


def test_a_recipients_common_word_stays_readable():
    outcome = sending(("RCPT", "550 5.1.1 no mail for info@x.example"), recipient="mail@river.example")
    assert outcome.reply == "550 5.1.1 no mail for <address>"


@given(st.binary(max_size=300))
@settings(max_examples=25, deadline=None)
def test_no_bytes_of_a_relay_make_us_stumble(noise):
    outcome = sending(("RCPT", "550 " + noise.decode("utf-8", "surrogateescape")))
    assert outcome.kind in {Kind.REFUSED, Kind.NOT_CONNECTED}
    assert outcome.reply.isprintable()
    assert len(outcome.reply) <= 500
    outcome.reply.encode()


# --- TLS and the login


def logging_in(server: ScriptedServer, security: Literal["tls", "starttls", "plain"]) -> Outcome:
    """Log in and send the letter; returns what became of it."""

    async def send() -> Outcome:
        async with server:
            relay = Relay("127.0.0.1", server.port, security, USERNAME, PASSWORD)
            connection = Connection(relay, timeouts=PATIENT)
            outcome = await connection.open() or await connection.send(Offer(SENDER, SOPHEA, LETTER))
            await connection.close()
            return outcome

    return asyncio.run(send())


def test_starttls_comes_before_login_and_mail(certificate):
    server = ScriptedServer(offers=("STARTTLS", "AUTH PLAIN LOGIN CRAM-MD5"), certificate=certificate)
    assert logging_in(server, "starttls").kind is Kind.SENT
    [visit] = server.visits
    assert [line.split()[0] for line in visit.plaintext] == [b"EHLO", b"STARTTLS"]
    assert [line.split()[0] for line in visit.under_tls] == [b"EHLO", b"AUTH", b"MAIL", b"RCPT", b"DATA", b"QUIT"]
    [login] = [line for line in visit.under_tls if line.startswith(b"AUTH PLAIN ")]
    assert base64.b64decode(login.split()[2]).decode().split("\0") == ["", USERNAME, PASSWORD]


def test_smtps_is_encrypted_from_the_first_byte(certificate):
    server = ScriptedServer(offers=("AUTH PLAIN",), certificate=certificate, implicit_tls=True)
    assert logging_in(server, "tls").kind is Kind.SENT


@pytest.mark.parametrize("offers", [("AUTH PLAIN LOGIN",), (), ("STARTTLSX", "AUTH=PLAIN")])
def test_a_server_that_strips_starttls_hears_ehlo_and_nothing_more(offers, certificate):
    server = ScriptedServer(offers=offers, certificate=certificate)
    assert word_for(logging_in(server, "starttls")) == "ours"
    assert server.visits[0].plaintext == [b"EHLO localhost.localdomain\r\n"]


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("name", ["another authority", "another host"])
def test_a_certificate_that_is_not_the_relays_ends_it(security, name, certificate, tmp_path, monkeypatch):
    wrong = "10.0.0.1" if name == "another host" else "127.0.0.1"
    authority, context = pem_of([x509.IPAddress(ipaddress.ip_address(wrong))], tmp_path)
    if name == "another host":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    server = ScriptedServer(offers=("STARTTLS", "AUTH PLAIN"), certificate=context, implicit_tls=security == "tls")
    outcome = logging_in(server, security)
    assert (word_for(outcome), outcome.reply[:21]) == ("ours", "no TLS with the relay")
    assert not [visit for visit in server.visits if "AUTH" in visit.verbs]


def test_no_tls_before_1_2_and_no_certificate_unchecked():
    context = tls_context()  # a server of old is refused by OpenSSL's own defaults too: no test would turn red
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_a_wrong_password_is_tried_once():
    server = ScriptedServer({"AUTH": "535 5.7.8 wrong"}, offers=("AUTH PLAIN LOGIN CRAM-MD5X",))
    outcome = logging_in(server, "plain")
    assert (word_for(outcome), outcome.reply) == ("ours", "535 5.7.8 login refused")
    assert server.visits[0].verbs.count("AUTH") == 1


def test_a_relay_that_takes_no_login_gets_none():
    server = ScriptedServer(offers=("AUTH XOAUTH2",))
    assert word_for(logging_in(server, "plain")) == "ours"
    assert server.visits[0].verbs == ["EHLO"]


def test_a_relay_that_repeats_our_login_is_not_quoted():
    secret = base64.b64encode(f"\0{USERNAME}\0{PASSWORD}".encode()).decode()
    server = ScriptedServer({"AUTH": f"500 unknown: AUTH PLAIN {secret} {PASSWORD}"}, offers=("AUTH PLAIN",))
    outcome = logging_in(server, "plain")
    assert (outcome.reply, outcome.code) == ("500 login refused", 500)
    assert secret not in repr(outcome)


# --- the relay's URL


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtps://u:p@smtp.example.org", Relay("smtp.example.org", 465, "tls", "u", "p")),
        ("smtps://u:p@smtp.example.org:4650", Relay("smtp.example.org", 4650, "tls", "u", "p")),
        ("smtps://127.0.0.1:4650", Relay("127.0.0.1", 4650, "tls")),
        ("smtp://smtp.example.org", Relay("smtp.example.org", 587, "starttls")),
        ("smtp://u%40x.org:p%2F%3A%40%23%C3%A9@h.example", Relay("h.example", 587, "starttls", "u@x.org", "p/:@#é")),
        ("smtp://127.0.0.1:1025/", Relay("127.0.0.1", 1025, "plain")),
        ("smtp://127.8.8.8:1025", Relay("127.8.8.8", 1025, "plain")),
        ("smtp://[::1]:1025", Relay("::1", 1025, "plain")),
        ("smtp://LOCALHOST:1025\n", Relay("localhost", 1025, "plain")),
        ("smtp://localhost.evil.example:1025", Relay("localhost.evil.example", 1025, "starttls")),
        ("smtp://[2001:db8::1]:587", Relay("2001:db8::1", 587, "starttls")),
        ("smtp+plain://mail.local", Relay("mail.local", 25, "plain")),
        ("smtps://bücher.example", Relay("xn--bcher-kva.example", 465, "tls")),
    ],
)  # fmt: skip
def test_a_url_says_host_and_protection(url, relay):
    assert Relay.parse(url) == relay


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hunter2",
        "http://u:hunter2@h.example",
        "u:hunter2@h.example:587",
        "smtps://u:hunter2@",
        "smtps://hunter2@h.example",
        "smtps://:hunter2@h.example",
        "smtps://u:@h.example",
        "smtps://u:1/hunter2@h.example",
        "smtps://u:hunter2/@h.example",
        "smtps://u:#hunter2@h.example",
        "smtps://u:p?hunter2@h.example",
        "smtps://u:hunter2@h.example:0",
        "smtps://u:hunter2@h.example:99999",
        "smtps://u:p@h.example:hunter2",
        "smtps://u:p@h.example/hunter2",
        "smtps://u:p@[hunter2",
        "smtps://u:hunter2\u2100@h.example",
        "smtps://u:hun\tter2@h.example",
        "smtps://u:hunter2 @h.example",
        "smtps://u:hunter2%ff@h.example",
        "smtps://u:p@hunter2!.example",
        "smtps://u:hunter2%0d%0aQUIT@h.example",
        "smtp://u:hunter2@h.example:465",
    ],
)
def test_a_wrong_url_is_refused_without_repeating_any_of_it(url):
    with pytest.raises(ValueError, match=r"\w+ \w+ \w+") as raised:
        Relay.parse(url)
    error: BaseException | None = raised.value
    while error is not None:
        assert "hunter2" not in f"{error!r}{error}"
        error = error.__cause__ or error.__context__


def test_a_relay_shows_neither_user_nor_password():
    relay = Relay.parse("smtps://user-name:hunter2@h.example")
    assert repr(relay) == "Relay(host='h.example', port=465, security='tls')"
    assert "hunter2" not in repr(Connection(relay)) + str(relay)
