"""The mail catcher takes real mail over real SMTP, and keeps each in a file."""

import asyncio
import email
import email.policy
import logging
import re
import smtplib
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import TIMEOUT_S
from worker.mail.catcher import Catcher
from worker.mail.outcomes import Kind, Outcome
from worker.mail.relay_url import Relay
from worker.mail.smtp import Connection
from worker.mail.smtp_wire import Offer

SENDER = "letters@undersigned.example"
SOPHEA = "sophea@river-watch.example"
LETTER = b"Subject: A joint letter\r\n\r\nDear friends,\r\n.\r\n..and a dot\r\n"


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[Catcher]:
    catcher = Catcher(tmp_path / "inbox")
    yield catcher
    catcher.stop()


def send(port: int, *mails: tuple[str, bytes], sender: str = SENDER) -> list[Outcome]:
    """Send mails over one connection."""

    async def send_all() -> list[Outcome]:
        connection = Connection(Relay("127.0.0.1", port, "plain"))
        assert await connection.open() is None
        outcomes = [await connection.send(Offer(sender, recipient, message)) for recipient, message in mails]
        await connection.close()
        return outcomes

    return asyncio.run(send_all())


def kept(catcher: Catcher) -> list[Path]:
    return sorted(catcher.folder.iterdir())


def test_a_mail_is_kept_as_it_was_with_its_envelope_in_front(catcher):
    [outcome] = send(catcher.start(), (SOPHEA, LETTER))
    assert (outcome.kind, outcome.reply) == (Kind.SENT, "250 2.0.0 kept as 1")
    [file] = kept(catcher)
    envelope = b"Return-Path: <letters@undersigned.example>\r\nDelivered-To: sophea@river-watch.example\r\n"
    assert file.read_bytes() == envelope + LETTER
    parsed = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert (parsed["Delivered-To"], parsed["Subject"]) == (SOPHEA, "A joint letter")


def test_names_tell_the_order_and_nobodys_address_also_after_a_restart(catcher):
    for number in range(3):
        send(
            catcher.start(), *[(f"p{number}{n}@example.org", b"Subject: %d%d\r\n\r\n" % (number, n)) for n in range(4)]
        )
        catcher.stop()
    files = kept(catcher)
    assert [re.sub("-[0-9a-f]{6}", "", file.name) for file in files] == [f"{n:06d}.eml" for n in range(1, 13)]
    subjects = [email.message_from_bytes(file.read_bytes())["Subject"] for file in files]
    assert subjects == [f"{number}{n}" for number in range(3) for n in range(4)]


def test_only_the_owner_can_read_them(catcher):
    catcher.folder.mkdir(mode=0o755)
    send(catcher.start(), (SOPHEA, LETTER))
    assert stat.S_IMODE(catcher.folder.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in kept(catcher)] == [0o600]


def test_whom_to_refuse_may_change_while_it_runs(catcher):
    catcher.refuse.add("Sophea@River-Watch.example")
    port = catcher.start()
    [refused, sent] = send(port, (SOPHEA, LETTER), ("dara@clean-coast.example", LETTER))
    assert (refused.kind, refused.reply) == (Kind.REFUSED, "550 5.1.1 no such user here")
    assert sent.kind is Kind.SENT
    catcher.refuse.clear()
    assert [outcome.kind for outcome in send(port, (SOPHEA, LETTER))] == [Kind.SENT]
    assert len(kept(catcher)) == 2


def test_it_is_told_whom_to_refuse_from_the_start(tmp_path):
    catcher = Catcher(tmp_path, refuse=[SOPHEA])
    try:
        assert [outcome.status for outcome in send(catcher.start(), (SOPHEA, LETTER))] == ["5.1.1"]
        assert kept(catcher) == []
    finally:
        catcher.stop()


@pytest.mark.parametrize("host", ["0.0.0.0", "", "192.168.1.2", "::", "mail.example.org"])
def test_it_listens_on_this_machine_only(host, tmp_path):
    with pytest.raises(ValueError, match="this machine only"):
        Catcher(tmp_path, host=host)


def test_the_port_is_the_one_asked_for_and_a_taken_one_is_said(catcher, tmp_path):
    port = catcher.start()
    with pytest.raises(OSError):
        Catcher(tmp_path / "other", port=port).start()
    catcher.stop()
    again = Catcher(catcher.folder, host="localhost", port=port)
    assert again.start() == port
    again.stop()


def test_a_stop_is_quick_and_silent_with_people_on_the_line(catcher, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    port = catcher.start()
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    for client in clients:
        client.recv(100)
    clients[0].sendall(b"EHLO x\r\n")
    clients[1].sendall(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nSubject: half")
    time.sleep(0.05)
    before = time.monotonic()
    catcher.stop()
    catcher.stop()
    assert time.monotonic() - before < TIMEOUT_S, "it waits for nobody on the line"
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    for client in clients:
        client.settimeout(TIMEOUT_S)
        while client.recv(1000):
            pass
        client.close()
    assert kept(catcher) == []
    assert capfd.readouterr() == ("", "")
    assert [record for record in caplog.records if record.name != "asyncio"] == []


def test_no_address_and_no_word_of_a_mail_is_logged(catcher, caplog):
    caplog.set_level(logging.DEBUG)
    send(catcher.start(), (SOPHEA, LETTER))
    assert "sophea" not in caplog.text
    assert "undersigned.example" not in caplog.text
    assert "Dear" not in caplog.text


def test_a_folder_that_is_gone_defers_the_mail(catcher):
    port = catcher.start()
    catcher.folder.rmdir()
    assert [outcome.kind for outcome in send(port, (SOPHEA, LETTER))] == [Kind.DEFERRED]


def test_a_mail_appears_whole_and_what_a_killed_catcher_left_is_swept(catcher):
    catcher.folder.mkdir()
    (catcher.folder / ".000007-abcdef.eml.part").write_bytes(b"half")
    port = catcher.start()
    assert kept(catcher) == []
    sizes: set[int] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            sizes.update(file.stat().st_size for file in catcher.folder.glob("*.eml"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    send(port, *[(SOPHEA, (b"x" * 998 + b"\r\n") * 10_000)] * 3)
    stop.set()
    watcher.join()
    assert sizes <= {file.stat().st_size for file in kept(catcher)}
    assert len(sizes) == 1


def test_several_recipients_of_one_mail_are_all_written_down(catcher):
    with smtplib.SMTP("127.0.0.1", catcher.start()) as client:
        client.sendmail(SENDER, [SOPHEA, "dara@clean-coast.example"], LETTER)
    [file] = kept(catcher)
    delivered = email.message_from_bytes(file.read_bytes()).get_all("Delivered-To")
    assert delivered == [SOPHEA, "dara@clean-coast.example"]


def test_a_mail_of_thirty_megabytes_is_taken(catcher):
    large = b"Subject: large\r\n\r\n" + (b"x" * 998 + b"\r\n") * 30_000
    [outcome] = send(catcher.start(), (SOPHEA, large))
    assert outcome.kind is Kind.SENT
    assert kept(catcher)[0].read_bytes().endswith(large)


def test_twenty_connections_at_once_lose_nothing(catcher):
    port = catcher.start()

    async def lane(number: int) -> None:
        connection = Connection(Relay("127.0.0.1", port, "plain"))
        assert await connection.open() is None
        for mail in range(10):
            outcome = await connection.send(Offer(SENDER, SOPHEA, b"Subject: %d-%d\r\n\r\n" % (number, mail)))
            assert outcome.kind is Kind.SENT
        await connection.close()

    async def all_lanes() -> None:
        await asyncio.gather(*(lane(number) for number in range(20)))

    asyncio.run(all_lanes())
    subjects = {email.message_from_bytes(file.read_bytes())["Subject"] for file in kept(catcher)}
    assert subjects == {f"{number}-{mail}" for number in range(20) for mail in range(10)}


def test_a_mailbox_in_khmer_is_taken(catcher):
    [outcome] = send(catcher.start(), ("សុភា@river.example", LETTER))
    assert outcome.kind is Kind.SENT
    assert "Delivered-To: សុភា@river.example\r\n".encode() in kept(catcher)[0].read_bytes()
