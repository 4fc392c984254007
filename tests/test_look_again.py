"""What was composed is looked at again before it leaves: withdrawn names, called-back and held mail stay."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.deliveries import definition, mails, taken, word
from tests.scripted_smtp import ScriptedServer
from tests.servers import TIMEOUT_S
from tests.sql import plans, statements
from worker import db, settings
from worker.acts import answer, close, disown, dispatch, hold, invite, report, unsubscribe
from worker.acts.answer import Statement
from worker.acts.launch import launch_campaign
from worker.mail import claims, delivery, outbox
from worker.mail.holds import is_held
from worker.mail.outcomes import Kind
from worker.models import AuditEvent, Campaign, Mail, Partner
from worker.state.held import count_held_mails
from worker.state.relay_status import load_relay_status
from worker.state.signatories import name_too_many
from worker.state.status import load_status
from worker.wording.composing import compose_batch

pytestmark = pytest.mark.usefixtures("database")

PARTNERS, CONNECTIONS = 16, 2
AWAITED = {"MAIL": "MAIL", "RCPT": "RCPT", "DATA": "DATA", "end of data": "DATA"}  # what was said as a gate holds
RELAYS = {"plain": ("8BITMIME",), "pipelining": ("PIPELINING", "8BITMIME")}
AT_MOST = {"plain": 1, "pipelining": 2}  # mails on each connection that may still begin


def launched() -> int:
    settings.set_for_this_process(smtp_connections=CONNECTIONS)
    with db.transaction() as session:
        return launch_campaign(session, definition(PARTNERS, db.clock(session))).id


def all_are_invited() -> int:
    """Every invitation is due: the relay took some for this campaign before, and was not asked for these."""
    campaign_id = launched()
    with db.transaction() as session:
        campaign, now = session.get_one(Campaign, campaign_id), db.clock(session)
        outbox.put(session, [outbox.to_partner("invitation", campaign, one, "1", now) for one in campaign.partners])
    return campaign_id


def copies_are_put(clock: Clock) -> int:
    campaign_id = launched()
    with db.transaction() as session:
        for partner_id in partners():
            answer.sign(session, partner_id, "public", Statement("The board", "Board"))
    clock.advance(days=15)
    assert close.close_and_seal(campaign_id)
    clock.advance(hours=3)
    dispatched(campaign_id)
    deliver(ScriptedServer())
    dispatched(campaign_id)
    with db.transaction() as session:
        assert report.put_copies(session, campaign_id) == PARTNERS + 1
    return campaign_id


def dispatched(campaign_id: int) -> None:
    with db.transaction() as session:
        dispatch.dispatch_seal(session, campaign_id)


def partners() -> list[int]:
    with db.reading() as session:
        return list(session.scalars(select(Partner.id).order_by(Partner.id)))


def deliver(server: ScriptedServer, meanwhile: Callable[[], object] | None = None, workers: int = 1) -> int:
    """Deliver until nothing is due; `meanwhile` happens while a mail waits on each connection for its last answer.

    Returns how many mails waited so.
    """
    return asyncio.run(_deliver(server, meanwhile, workers))


async def _deliver(server: ScriptedServer, meanwhile: Callable[[], object] | None, workers: int) -> int:
    waited = 0
    if meanwhile is not None:
        server.gate.clear()
    async with server:
        settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
        at_work = [asyncio.create_task(_until_nothing_is_due()) for _ in range(workers)]
        if meanwhile is not None:
            until = time.monotonic() + TIMEOUT_S
            while sum(visit.phases[AWAITED[server.gate_at]] for visit in server.visits) < CONNECTIONS * workers:
                if all(task.done() for task in at_work) or time.monotonic() > until:
                    break
                await asyncio.sleep(0.01)
            await asyncio.sleep(delivery.LOOK_SHARED)
            waited = sum(len(visit.begun) for visit in server.visits)
            await asyncio.to_thread(meanwhile)
            server.gate.set()
        await asyncio.gather(*at_work)
    return waited


async def _until_nothing_is_due() -> None:
    until = time.monotonic() + TIMEOUT_S
    while (await delivery.deliver_due(compose_batch, until, outdated=name_too_many)).outcomes[Kind.SENT]:
        pass


def names(mail: EmailMessage, organization: str) -> bool:
    attached = [part for part in mail.iter_attachments() if part.get_content_type() == "text/plain"]
    return any(organization in str(part.get_content()) for part in attached)


def copies(server: ScriptedServer) -> list[EmailMessage]:
    return [mail for mail in taken(server) if "as it was sent" in str(mail["Subject"])]


def withdraws(partner_id: int) -> None:
    with db.transaction() as session:
        answer.withdraw(session, partner_id, Statement())


def is_only_counted(partner_id: int) -> None:
    with db.transaction() as session:
        answer.sign(session, partner_id, "counted", Statement("The board", "Board"))


def disowns(partner_id: int) -> None:
    with db.transaction() as session:
        disown.disown_answer(session, partner_id)


@pytest.mark.parametrize("steps_back", [withdraws, is_only_counted, disowns])
@pytest.mark.parametrize("relay", RELAYS)
def test_a_name_that_is_to_go_leaves_in_no_further_copy(
    relay: str, steps_back: Callable[[int], None], clock: Clock
) -> None:
    copies_are_put(clock)
    first, server = partners()[0], ScriptedServer(offers=RELAYS[relay])

    before = deliver(server, lambda: steps_back(first))

    naming = [mail for mail in taken(server) if names(mail, "n° 0")]  # the organizers' report may be one
    assert 0 < before <= len(naming) <= before + CONNECTIONS * AT_MOST[relay]
    assert len(copies(server)) in {PARTNERS - 1, PARTNERS}  # its own was called back, or had left
    assert not any(mail.due_at for mail in mails())
    assert {mail.attempts for mail in mails("copy") if mail.sent_at} == {1}


@pytest.mark.parametrize("phase", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("relay", RELAYS)
def test_so_it_is_where_no_body_was_begun(relay: str, phase: str, clock: Clock) -> None:
    copies_are_put(clock)
    first, server = partners()[0], ScriptedServer(offers=RELAYS[relay], gate_at=phase)

    assert deliver(server, lambda: withdraws(first)) == 0

    naming = [mail for mail in taken(server) if names(mail, "n° 0")]  # the organizers' report may be one
    assert len(naming) <= CONNECTIONS * AT_MOST[relay]


@pytest.mark.parametrize("relay", RELAYS)
def test_so_do_two_workers(relay: str, clock: Clock) -> None:
    copies_are_put(clock)
    settings.set_for_this_process(batch=4)  # or one of them has all
    first, server = partners()[0], ScriptedServer(offers=RELAYS[relay])

    before = deliver(server, lambda: withdraws(first), workers=2)

    naming = [mail for mail in taken(server) if names(mail, "n° 0")]  # the organizers' report may be one
    assert len(naming) <= before + 2 * CONNECTIONS * AT_MOST[relay]
    assert len({str(mail["To"]) for mail in copies(server)}) == len(copies(server)) >= PARTNERS - 1


@pytest.mark.parametrize("fault", ["450 4.2.0 greylisted", "drop"])
def test_a_copy_that_is_tried_again_is_worded_anew(fault: str, clock: Clock) -> None:
    """Put off, or of unknown fate: the second one does not say what the first said, if that does not hold any more."""
    copies_are_put(clock)
    deliver(ScriptedServer({"end of data": fault}))
    assert not any(mail.sent_at for mail in mails("copy"))

    withdraws(partners()[0])
    both = []
    for _ in range(4):  # a relay that was at fault is tried with one mail at first
        clock.advance(hours=1)
        deliver(server := ScriptedServer())
        both += copies(server)

    assert len(both) == PARTNERS - 1
    assert not any(names(mail, "n° 0") for mail in both)


def test_the_organizers_report_brings_the_letter_until_it_names_somebody_too_many(clock: Clock) -> None:
    copies_are_put(clock)
    withdraws(partners()[0])
    server = ScriptedServer()

    deliver(server)

    (reported,) = [mail for mail in taken(server) if "The letter has been sent" in str(mail["Subject"])]
    assert not list(reported.iter_attachments())
    assert "not attached any more" in " ".join(str(reported.get_body(("plain",))).split())


def test_what_was_called_back_stays(clock: Clock) -> None:
    """An organizer's silence, while mails are composed and the relay takes its time."""
    all_are_invited()
    server = ScriptedServer(offers=RELAYS["pipelining"])

    def are_silenced() -> None:
        for partner_id in partners():
            with db.transaction() as session:
                unsubscribe.silence_partner(session, partner_id)

    before = deliver(server, are_silenced)

    assert len(taken(server)) <= before + CONNECTIONS * AT_MOST["pipelining"]
    assert [word(mail) for mail in mails("invitation")].count("cancelled") == PARTNERS - len(taken(server))


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("relay", RELAYS)
def test_all_mail_is_held_at_any_minute_and_none_is_lost(relay: str, workers: int, clock: Clock) -> None:
    campaign_id = all_are_invited()
    settings.set_for_this_process(batch=PARTNERS // workers)
    server = ScriptedServer(offers=RELAYS[relay])

    before = deliver(server, lambda: holds(campaign_id, all_mail=True), workers)

    assert before <= len(taken(server)) <= before + workers * CONNECTIONS * AT_MOST[relay]
    left = [mail for mail in mails("invitation") if mail.sent_at is None]
    assert {(mail.attempts, mail.lease_holder, word(mail)) for mail in left} == {(0, None, "due")}
    clock.advance(days=6)
    afterwards = ScriptedServer()
    deliver(afterwards)
    assert not taken(afterwards)

    with db.transaction() as session:
        assert hold.resume_letter(session, campaign_id) == len(left)
    deliver(ScriptedServer({"end of data": "450 4.2.0 greylisted"}))
    clock.advance(hours=1)
    deliver(afterwards := ScriptedServer())

    assert len(taken(afterwards)) == len(left)  # put off once after six days, and not given up
    assert {word(mail) for mail in mails("invitation")} == {"sent"}


def holds(campaign_id: int, *, all_mail: bool = False) -> hold.Held:
    with db.transaction() as session:
        return hold.hold_letter(session, campaign_id, all_mail=all_mail)


def test_before_anything_left_a_hold_is_one_of_all_mail(clock: Clock) -> None:
    campaign_id = launched()
    with db.transaction() as session:
        assert invite.enqueue_invitations(session, campaign_id) == 5

    assert holds(campaign_id) == hold.Held(changed=True, all_mail=True, unasked=True)
    assert holds(campaign_id) == hold.Held(changed=False, all_mail=True, unasked=False)

    deliver(server := ScriptedServer())
    assert not server.visits


def test_a_hold_of_the_letter_can_be_widened_to_all_mail(clock: Clock) -> None:
    campaign_id = launched()
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign_id)
    deliver(ScriptedServer())

    assert holds(campaign_id) == hold.Held(changed=True, all_mail=False, unasked=False)
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign_id)
    deliver(server := ScriptedServer())
    assert len(taken(server)) == PARTNERS - 5  # the letter alone was held
    assert holds(campaign_id, all_mail=True) == hold.Held(changed=True, all_mail=True, unasked=False)

    with db.reading() as session:
        told = session.scalars(select(AuditEvent.detail).where(AuditEvent.what == "held").order_by(AuditEvent.id)).all()
    assert told == [None, "all mail"]


@pytest.mark.parametrize("all_mail", [False, True])
def test_copies_that_are_composed_wait_while_held_and_organizers_read_on(all_mail: bool, clock: Clock) -> None:
    campaign_id = copies_are_put(clock)
    server = ScriptedServer(offers=RELAYS["pipelining"])

    before = deliver(server, lambda: holds(campaign_id, all_mail=all_mail))

    assert len(copies(server)) <= before + CONNECTIONS * AT_MOST["pipelining"]
    assert [word(mail) for mail in mails("report")] == ["sent"]
    with db.reading() as session:
        found = load_status(session, session.get_one(Campaign, campaign_id))
    assert found.held_mails == PARTNERS - len(copies(server))


def test_what_is_held_alarms_nobody(clock: Clock) -> None:
    campaign_id = all_are_invited()
    holds(campaign_id)
    clock.advance(hours=2)

    with db.reading() as session:
        relay = load_relay_status(session)
        found = load_status(session, session.get_one(Campaign, campaign_id))
    assert (relay.due, relay.overdue, relay.stuck) == (0, 0, False)
    assert found.held_mails == PARTNERS
    assert {mail.state for one in found.partners for mail in one.mails} == {"held back"}


def test_of_what_waited_beyond_the_deadline_nothing_asks_any_more(clock: Clock) -> None:
    campaign_id = all_are_invited()
    holds(campaign_id)
    clock.advance(days=30)

    with db.transaction() as session:
        assert hold.resume_letter(session, campaign_id) == 0
    deliver(server := ScriptedServer())
    assert not server.visits


def test_a_cancelled_campaign_holds_nothing_back(clock: Clock) -> None:
    """Whoever was asked is told that nothing comes of it."""
    campaign_id = all_are_invited()
    holds(campaign_id)

    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        assert count_held_mails(session, [campaign]) == {campaign_id: PARTNERS}
        assert is_held(campaign, "receipt")
        campaign.cancelled_at = db.clock(session)
        session.flush()
        assert count_held_mails(session, [campaign]) == {}
        assert not is_held(campaign, "receipt")


def test_a_relay_at_fault_is_tried_with_no_held_mail_and_works_again_for_others(clock: Clock) -> None:
    campaign_id = all_are_invited()
    deliver(ScriptedServer({"greeting": "drop"}))
    holds(campaign_id)
    with db.transaction() as session:
        campaign, now = session.get_one(Campaign, campaign_id), db.clock(session)
        outbox.put(session, [outbox.to_organizers("flood", campaign, "1", now)])
    clock.advance(minutes=10)

    deliver(server := ScriptedServer())

    assert {str(mail["To"]) for mail in taken(server)} == {campaign.reply_to}
    with db.reading() as session:
        assert sorted(session.scalars(select(Mail.kind).where(Mail.sent_at.is_not(None)))) == ["flood", "outage"]
        assert load_relay_status(session).blocked_at is None


def test_many_invitations_share_a_look(clock: Clock) -> None:
    all_are_invited()
    with statements() as seen:
        deliver(server := ScriptedServer(offers=RELAYS["pipelining"]))
    assert len(taken(server)) == PARTNERS
    looks = [one for one in seen if "lease_holder =" in one and one.startswith("SELECT mail.id")]
    assert len(looks) < PARTNERS


def test_the_claim_of_what_is_due_reads_the_index_of_what_is_due(database: str) -> None:
    all_are_invited()

    def claim(session: Session) -> None:
        claims.lease_due(session, holder="x", until=db.clock(session) + timedelta(minutes=1), limit=10)

    assert "ix_mail_due" in plans(claim, "UPDATE mail")
