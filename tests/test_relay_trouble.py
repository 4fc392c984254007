"""A bad day of the relay: our fault or theirs, quotas, the first few, and what is held back."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.deliveries import definition, first_partner, mails, sealed_and_put, taken, word
from tests.scripted_smtp import ScriptedServer
from tests.servers import TIMEOUT_S
from worker import db, settings, tokens
from worker.acts import alert_unreached, answer, dispatch, invite, launch, receipts
from worker.acts.answer import Statement
from worker.cli import hints
from worker.mail import circuit_breaker, claims, delivery, outbox, quotas, results
from worker.mail.outcomes import Kind
from worker.models import Campaign, Mail, Partner, RelayHealth, Suppression
from worker.state.status import load_status
from worker.wording.composing import compose_batch

WELL: dict[str, str] = {}
PIPELINING = ("SIZE 35882577", "ENHANCEDSTATUSCODES", "PIPELINING")


@pytest.mark.parametrize(
    "fault",
    [
        {"MAIL": "550 5.7.1 sender not allowed"},
        {"RCPT": "550 5.7.1 relaying denied"},
        {"end of data": "554 5.7.1 policy"},
        {"MAIL": "530 5.7.0 authentication required"},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_our_fault_holds_everything_back_burns_no_attempt_and_is_told_once(
    database: str, clock: Clock, fault: dict[str, str]
) -> None:
    _all_asked(8)
    _drain(fault)
    asked = mails("invitation")
    assert [(mail.attempts, mail.refused_at) for mail in asked] == [(0, None)] * 8
    assert _post().is_blocked
    assert "5.7" in (_post().reply or "")

    tried = _drain(fault)
    assert tried.visits == [], "before its time nothing tries"
    for _ in range(5):
        clock.advance(minutes=20)
        tried = _drain(fault)
        assert sum(visit.phases["MAIL"] for visit in tried.visits) == 1, "one mail tries for all"
    assert [mail.attempts for mail in mails("invitation")] == [0] * 8
    assert len(mails("outage")) == 1

    clock.advance(minutes=20)
    server = _drain(WELL)
    clock.advance(minutes=1)
    server2 = _drain(WELL)
    assert not _post().is_blocked
    assert len(taken(server)) + len(taken(server2)) == 9
    (told,) = [mail for mail in [*taken(server), *taken(server2)] if "secretariat" in str(mail["To"])]
    assert "accepted nothing from" in " ".join(str(told.get_body(("plain",))).split())


def test_a_wrong_password_is_tried_by_one_and_mends_by_itself(database: str, clock: Clock) -> None:
    _all_asked(3)
    settings.set_for_this_process(smtp_connections=4)
    _drain({"greeting": "554 5.3.2 not accepting"})
    assert _post().is_blocked
    clock.advance(minutes=1)
    assert len(_drain({"greeting": "drop"}).visits) == 1
    clock.advance(minutes=1)
    assert len(taken(_drain(WELL))) >= 3
    assert not _post().is_blocked


def test_a_short_outage_nobody_hears_of_and_a_long_one_is_told_when_it_is_over(database: str, clock: Clock) -> None:
    _all_asked(2)
    _drain({"greeting": "drop"})
    clock.advance(minutes=2)
    _drain(WELL)
    assert mails("outage") == []

    _all_asked(2, "lakes")
    _drain({"greeting": "drop"})
    clock.advance(minutes=40)
    _drain({"greeting": "drop"})
    clock.advance(minutes=40)
    _drain(WELL)
    # Both campaigns had mail since: the first has nothing waiting any more, and only the second is told.
    with db.reading() as session:
        told = session.scalars(select(Campaign.slug).join(Mail).where(Mail.kind == "outage")).all()
    assert told == ["lakes"]


def test_a_policy_against_one_mail_holds_back_no_other(database: str, clock: Clock) -> None:
    _all_asked(6)
    _drain({"RCPT#3": "550 5.7.1 not from you"})
    assert sorted(word(mail) for mail in mails("invitation")) == ["due", "sent", "sent", "sent", "sent", "sent"]
    assert not _post().is_blocked

    clock.advance(minutes=1)
    _drain({"RCPT": "550 5.7.1 not from you"})
    assert [word(mail) for mail in mails("invitation")].count("refused") == 1


def test_a_relay_turned_against_us_amid_a_run_refuses_nobody(database: str, clock: Clock) -> None:
    """As when a provider suspends an account: hundreds of mails must not be given up for it."""
    _all_asked(30)
    suspended = {f"RCPT#{n}": "550 5.7.1 account suspended" for n in range(4, 40)}
    server = _drain(suspended, once=True)
    assert [word(mail) for mail in mails("invitation")].count("sent") == 3
    assert sum(visit.phases["RCPT"] for visit in server.visits) <= 3 + 3
    for _ in range(4):
        clock.advance(minutes=2)
        _drain({"RCPT": "550 5.7.1 account suspended"})
    assert _post().is_blocked
    clock.advance(minutes=20)
    _drain(WELL)
    clock.advance(minutes=1)
    _drain(WELL)
    assert [word(mail) for mail in mails("invitation")] == ["sent"] * 30


@pytest.mark.parametrize("offers", [(), PIPELINING], ids=["plain", "pipelined"])
@pytest.mark.parametrize("fault", ["421", "drop"])
def test_a_relay_that_hangs_up_after_a_few_mails_gets_the_rest_on_new_connections(
    database: str, fault: str, offers: tuple[str, ...]
) -> None:
    _all_asked(11)
    server = _drain({"MAIL#4": fault}, offers)
    assert [(word(mail), mail.attempts) for mail in mails("invitation")] == [("sent", 1)] * 11
    assert len(server.visits) == 4
    assert not _post().is_blocked


def test_a_mail_that_makes_the_relay_hang_up_keeps_no_other_from_leaving(database: str, clock: Clock) -> None:
    _all_asked(5)
    poison = mails("invitation")[2].id
    _drain_but({"MAIL": "drop"}, only=poison)
    assert [word(mail) for mail in mails("invitation")] == ["due"] * 5
    clock.advance(minutes=1)
    _drain_but(WELL, without=poison)
    assert [word(mail) for mail in mails("invitation")].count("sent") == 4
    _drain_but({"MAIL": "drop"}, only=poison)
    (mail,) = [mail for mail in mails("invitation") if mail.id == poison]
    assert (word(mail), mail.attempts) == ("deferred", 1), "it is its own fault now, and costs it an attempt"


def test_a_relay_that_takes_one_connection_gets_everything_through_it(database: str) -> None:
    _all_asked(40)
    settings.set_for_this_process(smtp_connections=4)

    class OneAtATime(ScriptedServer):
        def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if any(not visit.ended.is_set() for visit in self.visits):
                writer.write(b"421 4.7.0 too many connections\r\n")
                writer.close()
                return
            super()._welcome(reader, writer)

    server = _drain(WELL, server=OneAtATime(WELL, pace=0.01))
    assert [word(mail) for mail in mails("invitation")] == ["sent"] * 40
    assert len(server.visits) == 1


def test_no_more_leave_in_an_hour_than_the_relay_takes_and_the_rest_follow(database: str, clock: Clock) -> None:
    _all_asked(25)
    settings.set_for_this_process(smtp_per_hour=10)
    assert len(taken(_drain(WELL))) == 9, "one in ten is kept for what is urgent"
    clock.advance(minutes=30)
    assert taken(_drain(WELL)) == []
    clock.advance(minutes=31)
    assert len(taken(_drain(WELL))) == 9
    clock.advance(minutes=61)
    assert len(taken(_drain(WELL))) == 7


def test_a_days_quota_spreads_a_campaign_over_days_and_a_receipt_does_not_wait(database: str, clock: Clock) -> None:
    campaign = _all_asked(25)
    settings.set_for_this_process(smtp_per_day=10, smtp_per_hour=100)
    assert len(taken(_drain(WELL))) == 9
    with db.transaction() as session:
        answer.sign(session, first_partner(session), "public", Statement("The board", "Board"))
        assert receipts.put_receipts(session, campaign) == 1
    assert len(taken(_drain(WELL))) == 1
    assert [word(mail) for mail in mails("receipt")] == ["sent"]
    with db.transaction() as session:
        (hour, day) = quotas.load_quotas(session, db.clock(session))
    assert (hour.span, hour.used, day.span, day.used, day.room) == (
        timedelta(hours=1),
        10,
        timedelta(days=1),
        10,
        0,
    )
    clock.advance(hours=25)
    assert len(taken(_drain(WELL))) == 9


def test_quotas_hold_for_two_workers_at_once(database: str) -> None:
    """What one holds and has not sent yet counts for the other."""
    _all_asked(25)
    settings.set_for_this_process(smtp_per_hour=10)
    with db.transaction() as session:
        first = claims.claim(session, "one")
    with db.transaction() as session:
        second = claims.claim(session, "two")
    assert (len(first), len(second)) == (9, 0)


def test_the_first_five_go_alone_until_the_relay_took_one(database: str) -> None:
    campaign_id = _launched(12)
    assert _ask(campaign_id) == 5
    assert _ask(campaign_id) == 0, "nobody else while they are on their way"
    _drain({"RCPT": "550 5.7.1 relaying denied"})
    assert _ask(campaign_id) == 0, "nor while the relay does not take our mail"
    with db.transaction() as session:
        session.execute(update(RelayHealth).values(retry_at=db.clock(session)))
        session.execute(update(Mail).where(Mail.due_at.is_not(None)).values(due_at=db.clock(session)))
    _drain(WELL)
    assert _ask(campaign_id) == 7


def test_first_mails_in_doubt_hold_the_others_back_for_minutes_and_not_for_a_quarter_of_an_hour(
    database: str, clock: Clock
) -> None:
    """The doubtful go once more after 15 minutes; until then others try the relay, one after the other."""
    campaign_id = _launched(12)
    for _ in range(20):
        _ask(campaign_id)
        _drain({"end of data": "drop"}, once=True)
        clock.advance(seconds=15)
    doubtful = [word(mail) for mail in mails("invitation")].count("uncertain")
    assert 5 <= doubtful <= 8, "hardly more than the first few, for as long as it lasts"

    for _ in range(8):
        _ask(campaign_id)
        _drain(WELL)
        clock.advance(seconds=15)

    assert [word(mail) for mail in mails("invitation")].count("sent") == 12 - doubtful
    assert not _post().is_blocked
    clock.advance(minutes=15)
    _drain(WELL)
    assert [word(mail) for mail in mails("invitation")] == ["sent"] * 12


@pytest.mark.parametrize("reply", ["550 5.1.1 no such user", "450 4.2.2 mailbox full"])
def test_a_list_that_begins_with_dead_addresses_is_tried_by_fives(database: str, reply: str) -> None:
    campaign_id = _launched(12)
    assert _ask(campaign_id) == 5
    _drain({"RCPT": reply})
    assert _ask(campaign_id) == 5
    _drain(WELL)
    assert _ask(campaign_id) == 2


def test_a_list_of_thousands_is_asked_in_parts(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invite, "BATCH", 20)
    campaign_id = _launched(50)
    _ask(campaign_id)
    _drain(WELL)
    assert [_ask(campaign_id) for _ in range(4)] == [20, 20, 5, 0]


def test_a_mail_that_cannot_be_marked_lets_no_other_of_its_group_go_twice(
    database: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _all_asked(6)
    broken = mails("invitation")[2].id
    mark = results.record_results

    def fails_for_one(session: Session, holder: str, marks: Sequence[results.DeliveryResult]) -> set[int]:
        found = mark(session, holder, marks)
        if any(one.mail_id == broken for one in marks):
            raise RuntimeError
        return found

    monkeypatch.setattr(results, "record_results", fails_for_one)
    assert len(taken(_drain(WELL))) == 6
    clock.advance(minutes=20)
    assert taken(_drain(WELL)) == []
    assert sorted(word(mail) for mail in mails("invitation")) == ["sent"] * 5 + ["uncertain"]


def test_the_first_mail_leaves_when_the_undo_time_is_over(database: str, clock: Clock) -> None:
    settings.set_for_this_process(undo=60)
    campaign_id = _launched(2)
    _ask(campaign_id)
    assert taken(_drain(WELL)) == []
    clock.advance(seconds=40)
    assert taken(_drain(WELL)) == []
    clock.advance(seconds=21)
    assert len(taken(_drain(WELL))) == 2


def test_a_suppressed_address_gets_nothing_and_it_is_said_why(database: str) -> None:
    _all_asked(3)
    with db.transaction() as session:
        unwanted = session.get_one(Partner, first_partner(session))
        session.add(Suppression(email_hmac=tokens.fingerprint(unwanted.email), at=db.clock(session), reason="bounce"))
    assert len(taken(_drain(WELL))) == 2
    (mail,) = [mail for mail in mails("invitation") if mail.partner_id == unwanted.id]
    assert (word(mail), mail.reply) == ("cancelled", "the address is suppressed")


def test_the_organizers_hear_at_once_of_a_dead_address_and_then_once_an_hour(database: str, clock: Clock) -> None:
    _all_asked(3)
    first, second, third = (mail.id for mail in mails("invitation"))
    _drain_but({"RCPT": "550 5.1.1 no such user"}, only=first)
    assert _tell() == 1
    assert _tell() == 0
    clock.advance(minutes=10)
    _drain_but({"RCPT": "550 5.1.1 no such user"}, only=second)
    assert _tell() == 0
    clock.advance(minutes=55)
    assert _tell() == 1
    (told, again) = taken(_drain_but(WELL, without=third))
    assert "Our email did not reach 2 organizations" in " ".join(str(again.get_body(("plain",))).split())
    assert "Rivière" not in str(told)


def test_a_relay_that_takes_our_own_domains_mail_only_refuses_nobody_and_is_told_once(
    database: str, clock: Clock
) -> None:
    """The classic wrong setting: what is addressed abroad is "relaying denied", and the organizers are not abroad."""
    campaign_id = _launched(40)
    _ask(campaign_id)
    for _ in range(12):
        _drain(WELL, server=_denying())
        _ask(campaign_id)
        clock.advance(minutes=2)
    assert len(mails("invitation")) == 5
    assert [(mail.refused_at, mail.attempts) for mail in mails("invitation")] == [(None, 0)] * 5
    assert [word(mail) for mail in mails("outage")] == ["sent"]
    assert _post().is_blocked


@pytest.mark.parametrize(
    "said",
    [
        ("RCPT", "550 5.4.5 daily sending limit exceeded"),
        ("RCPT", "550 5.1.8 access denied, bad outbound sender"),
        ("end of data", "554 message rejected: the sender is not verified"),
        ("RCPT", "550 something that no table knows"),
        ("RCPT", "451 4.3.0 try again later"),
        ("end of data", "drop"),
    ],
    ids=lambda said: f"{said[0]} {said[1][:9]}",
)
def test_a_fault_that_hits_everyone_is_the_relays_in_whatever_words(
    database: str, clock: Clock, said: tuple[str, str]
) -> None:
    _all_asked(60)
    phase, reply = said
    _drain({f"{phase}#{n}": reply for n in range(4, 100)} if reply != "drop" else {phase: reply}, once=True)
    assert _post().is_blocked
    counted = Counter(word(mail) for mail in mails("invitation"))
    assert counted["due"] >= 60 - 3 - 10
    assert len(mails("outage")) == 1


def test_ten_dead_addresses_in_a_row_are_no_fault_of_the_relay(database: str) -> None:
    _all_asked(25)
    _drain({"RCPT": "550 5.1.1 no such user"})
    assert [word(mail) for mail in mails("invitation")] == ["refused"] * 25
    assert not _post().is_blocked


def test_a_row_that_cannot_be_read_keeps_no_other_from_leaving(database: str) -> None:
    _all_asked(4)
    with db.transaction() as session:
        session.execute(
            text("UPDATE partner SET email = :other WHERE id = :id"), {"other": b"\x01" + b"x" * 40, "id": 2}
        )
    assert len(taken(_drain(WELL))) == 3
    assert sorted(word(mail) for mail in mails("invitation")) == ["deferred", "sent", "sent", "sent"]


def test_what_is_called_back_while_it_waits_in_a_worker_is_not_sent(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address is corrected because somebody hostile reads the old one: seconds count."""
    monkeypatch.setattr(delivery, "RENEW_INTERVAL", 0.05)
    _all_asked(30)

    class CallsBack(ScriptedServer):
        def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with db.transaction() as session:
                outbox.cancel(session, Mail.kind == "invitation", Mail.id > 10)
            super()._welcome(reader, writer)

    server = _drain(WELL, server=CallsBack(WELL, pace=0.05))
    assert 10 <= len(taken(server)) < 20


def test_two_workers_send_nothing_twice_when_the_databases_clock_jumps(
    database: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "RENEW_INTERVAL", 0.05)
    _all_asked(40)

    async def both() -> ScriptedServer:
        async with ScriptedServer(WELL, pace=0.02) as server:
            settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
            first = asyncio.create_task(delivery.deliver_due(compose_batch, time.monotonic() + TIMEOUT_S))
            await asyncio.sleep(0.3)
            await asyncio.to_thread(clock.advance, minutes=2)
            await delivery.deliver_due(compose_batch, time.monotonic() + TIMEOUT_S)
            await first
            return server

    recipients = Counter(str(mail["To"]) for mail in taken(asyncio.run(both())))
    assert len(recipients) == 40
    unrecorded = 2 * settings.current().smtp_connections  # on the wire, or taken while others were written down
    assert sum(recipients.values()) <= 40 + unrecorded, "what was unrecorded when the clock jumped"


def test_unfit_mail_behind_one_that_was_given_back_takes_no_other_mails_outcome(database: str) -> None:
    _all_asked(4)
    unfit = mails("invitation")[2].id
    with db.transaction() as session:
        partner = session.get_one(Mail, unfit).partner
        assert partner is not None
        partner.email = "no address"
    _drain({"end of data#2": "421 4.3.2 closing"}, PIPELINING)
    assert [word(mail) for mail in mails("invitation")] == ["sent", "sent", "refused", "sent"]


def test_the_organizers_hear_of_a_letter_that_no_server_takes(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)
    for _ in range(4):
        _drain({"RCPT": "451 4.3.0 later"})
        with db.transaction() as session:
            dispatch.dispatch_seal(session, campaign_id)
        clock.advance(minutes=40)
    assert len(mails("waiting")) == 1
    (told,) = [mail for mail in taken(_drain(WELL)) if "is waiting for you" in str(mail["Subject"])]
    assert "has not accepted the letter yet" in " ".join(str(told.get_body(("plain",))).split())


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        ({"MAIL": "552 5.3.4 too large"}, "refused"),
        ({"DATA": "552 5.3.4 too large"}, "refused"),
        ({"end of data": "552 5.3.4 too large"}, "refused"),
        ({"RCPT": "550 5.7.1 not allowed"}, "turned_down"),
        ({"end of data": "554 5.7.1 attachment not allowed"}, "turned_down"),
        ({"end of data": "550 rejected"}, "turned_down"),
    ],
)
def test_a_letter_that_the_relay_does_not_take_waits_for_a_person_whatever_the_code(
    database: str, clock: Clock, faults: dict[str, str], why: str
) -> None:
    campaign_id = sealed_and_put(clock)
    _drain(faults)
    for _ in range(2):
        with db.transaction() as session:
            dispatch.dispatch_seal(session, campaign_id)
    assert len(mails("waiting")) == 1
    with db.reading() as session:
        told = load_status(session, session.get_one(Campaign, campaign_id))
    assert (told.state, [blocker.code for blocker in told.blockers]) == ("waiting", [why])
    assert "--by-hand" in hints.blocker_with_command(told.blockers[0], "rivers")
    with db.transaction() as session:
        session.execute(update(Mail).where(Mail.kind == "letter").values(due_at=None))
        session.execute(update(RelayHealth).values(retry_at=db.clock(session)))
    assert any("is waiting for you" in str(mail["Subject"]) for mail in taken(_drain(WELL)))


def test_suppressed_mails_use_up_no_try_of_a_relay_at_fault(database: str, clock: Clock) -> None:
    _all_asked(8)
    _drain({"greeting": "drop"})
    with db.transaction() as session:
        for partner in list(session.scalars(select(Partner).order_by(Partner.id)))[:6]:
            session.add(
                Suppression(email_hmac=tokens.fingerprint(partner.email), at=db.clock(session), reason="bounce")
            )
    clock.advance(minutes=1)
    assert len(taken(_drain(WELL))) == 2
    assert not _post().is_blocked


def _denying() -> ScriptedServer:
    """Takes mail for rivers.example, where the organizers are, and for nobody else."""

    class Denying(ScriptedServer):
        @property
        def faults(self) -> dict[str, str]:
            said = self.visits[-1].plaintext[-1] if self.visits and self.visits[-1].plaintext else b""
            denied = said.startswith(b"RCPT") and b"@rivers.example" not in said
            return {"RCPT": "550 5.7.1 relaying denied"} if denied else {}

        @faults.setter
        def faults(self, _: dict[str, str]) -> None: ...

    return Denying(WELL)


def _tell() -> int:
    with db.transaction() as session:
        return alert_unreached.alert_organizers(session)


def _launched(partners: int, slug: str = "rivers") -> int:
    settings.set_for_this_process(smtp_connections=1)
    with db.transaction() as session:
        made = replace(definition(partners, db.clock(session)), slug=slug)
        return launch.launch_campaign(session, made).id


def _ask(campaign_id: int) -> int:
    with db.transaction() as session:
        return invite.enqueue_invitations(session, campaign_id)


def _all_asked(partners: int, slug: str = "rivers") -> int:
    """A campaign whose invitations are all due, as after the first few."""
    campaign_id = _launched(partners, slug)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        now = db.clock(session)
        outbox.put(session, [outbox.to_partner("invitation", campaign, p, "1", now) for p in campaign.partners])
    return campaign_id


def _post() -> RelayHealth:
    with db.reading() as session:
        return circuit_breaker.relay_health(session)


def _drain(
    faults: dict[str, str],
    offers: tuple[str, ...] = (),
    server: ScriptedServer | None = None,
    once: bool = False,
) -> ScriptedServer:
    """Deliver what is due, as the task does, to a server that answers so."""

    async def drain() -> ScriptedServer:
        async with server or ScriptedServer(faults, offers=offers or PIPELINING[:2]) as scripted:
            settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{scripted.port}")
            while (await delivery.deliver_due(compose_batch, time.monotonic() + TIMEOUT_S)).outcomes[
                Kind.SENT
            ] and not once:
                pass
            return scripted

    return asyncio.run(drain())


def _drain_but(faults: dict[str, str], only: int = 0, without: int = 0) -> ScriptedServer:
    """The same, while other mails are not due."""
    which = Mail.id != only if only else Mail.id == without
    with db.transaction() as session:
        later = {mail.id: mail.due_at for mail in session.scalars(select(Mail).where(which, Mail.due_at.is_not(None)))}
        session.execute(update(Mail).where(Mail.id.in_(later)).values(due_at=db.clock(session) + timedelta(days=99)))
        session.execute(update(Mail).where(~which, Mail.due_at.is_not(None)).values(due_at=db.clock(session)))
    server = _drain(faults)
    with db.transaction() as session:
        for mail_id, due_at in later.items():
            session.execute(update(Mail).where(Mail.id == mail_id).values(due_at=due_at))
    return server
