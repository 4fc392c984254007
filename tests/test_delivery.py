"""What becomes of a mail: true words for it, the same bytes again, and one letter to the addressee."""

import asyncio
import email.policy
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.deliveries import first_partner, launched, mails, sealed_and_put, taken, word
from tests.scripted_smtp import ScriptedServer
from tests.servers import TIMEOUT_S
from worker import db, settings
from worker.acts import answer, close, dispatch, hold, receipts, report
from worker.acts.answer import Statement
from worker.mail import claims, delivery, mime, outbox, results
from worker.mail.outcomes import Kind, Outcome, Phase
from worker.models import Campaign, Mail, Partner, Seal
from worker.state import letters
from worker.state.disclosures import Notice, load_notices
from worker.state.refusals import Blocked
from worker.wording.composing import compose_batch
from worker.wording.mails import word_mail
from worker.wording.refusals import sentence

WELL: dict[str, str] = {}


def test_what_the_relay_takes_is_sent(database: str) -> None:
    launched(2)

    server = _drain(WELL)

    assert [word(mail) for mail in mails()] == ["sent", "sent"]
    assert len(taken(server)) == 2
    assert all(mail.reply == "250 2.0.0 queued as 4XyZ" for mail in mails())


def test_what_is_deferred_goes_later_as_the_same_bytes(database: str, clock: Clock) -> None:
    launched(1)
    _drain({"RCPT": "450 4.2.0 greylisted, come back later"})
    (mail,) = mails()
    assert word(mail) == "deferred"

    clock.advance(minutes=4)
    assert taken(_drain(WELL)) == []
    first = _body_hash()
    clock.advance(minutes=4)
    server = _drain(WELL)

    assert [word(mail) for mail in mails()] == ["sent"]
    assert len(taken(server)) == 1
    assert _body_hash() == first


def test_what_is_refused_is_not_tried_again(database: str, clock: Clock) -> None:
    launched(1)
    _drain({"RCPT": "550 5.1.1 no such user"})
    clock.advance(days=1)

    assert taken(_drain(WELL)) == []
    assert [word(mail) for mail in mails()] == ["refused"]


def test_a_relay_that_is_away_burns_no_attempt(database: str, clock: Clock) -> None:
    launched(3)
    _drain({"greeting": "drop"})

    assert [(mail.attempts, word(mail)) for mail in mails()] == [(0, "due")] * 3
    clock.advance(minutes=1)
    assert len(taken(_drain(WELL))) == 3


def test_a_partners_uncertain_mail_goes_once_more_the_same_and_then_never(database: str, clock: Clock) -> None:
    launched(1)
    first = _drain({"end of data": "drop"})
    assert [word(mail) for mail in mails()] == ["uncertain"]
    clock.advance(minutes=14)
    assert _drain(WELL).visits == []

    clock.advance(minutes=2)
    second = _drain({"end of data": "drop"})
    clock.advance(days=3)
    third = _drain(WELL)

    assert first.visits[0].verbs.count("DATA") == second.visits[0].verbs.count("DATA") == 1
    assert third.visits == []
    assert [word(mail) for mail in mails()] == ["uncertain"]


def test_a_mail_that_cannot_be_worded_keeps_no_other_from_leaving(database: str) -> None:
    launched(3)
    with db.transaction() as session:
        broken = session.scalars(select(Partner.id).order_by(Partner.id)).first()
        session.execute(
            update(Mail).where(Mail.partner_id == broken).values(language="xx")  # no template speaks it
        )

    server = _drain(WELL)

    assert len(taken(server)) == 2
    assert sorted(word(mail) for mail in mails()) == ["deferred", "sent", "sent"]


def test_the_letter_is_sent_as_it_was_sealed(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)

    server = _drain(WELL)

    (letter,) = [m for m in taken(server) if str(m["To"]) == "rapporteur@office.example"]
    with db.reading() as session:
        sealed = {
            (seal.rendition, seal.format): seal.content
            for seal in session.scalars(select(Seal).where(Seal.campaign_id == campaign_id, Seal.language == "en"))
        }
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_payload(decode=True) == sealed["addressee", "text"]
    assert html.get_payload(decode=True) == sealed["addressee", "html"].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert [p.get_payload(decode=True) for p in letter.iter_attachments()] == [sealed["addressee", "pdf"]]


def test_the_letter_cannot_be_put_twice(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)

    with db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign_id) == 0
        campaign = session.get_one(Campaign, campaign_id)
        row = outbox.to_addressee(campaign, campaign.letter.addressees[0], 2, 1, db.clock(session))
    with pytest.raises(IntegrityError), db.transaction() as session:
        outbox.put(session, [row])
    with db.reading() as session:
        assert len(letters.load_letters(session, session.get_one(Campaign, campaign_id))) == 1


def test_an_uncertain_letter_waits_for_a_person_who_is_told(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)
    _drain({"end of data": "drop"}, only="letter")
    for _ in range(3):
        clock.advance(hours=5)
        with db.transaction() as session:
            dispatch.dispatch_seal(session, campaign_id)
        assert "letter" not in {mail.kind for mail in mails() if mail.due_at is not None}

    assert [word(mail) for mail in mails("letter")] == ["uncertain"]
    assert len(mails("doubt")) == 1
    assert mails("copy") == []


def test_a_worker_killed_between_data_and_its_answer_leaves_doubt(database: str, clock: Clock) -> None:
    sealed_and_put(clock)
    (letter,) = mails("letter")
    with db.transaction() as session:
        assert letter.id in claims.claim(session, "killed")
    with db.transaction() as session:
        assert claims.begin_data(session, letter.id, "killed")

    clock.advance(minutes=2)
    with db.transaction() as session:
        assert claims.mark_lost_leases_uncertain(session) == 1
    _drain(WELL)

    assert [word(mail) for mail in mails("letter")] == ["uncertain"]


def test_a_letter_that_is_refused_for_now_can_still_be_called_back(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)
    _drain({"end of data": "451 4.3.0 try later"}, only="letter")
    assert mails("letter")[0].in_data_at is None

    with db.transaction() as session:
        signer = session.scalars(select(Partner.id).order_by(Partner.id)).first()
        answer.withdraw(session, signer or 0, Statement())
        assert letters.living_seal(session, session.get_one(Campaign, campaign_id)) is None
    clock.advance(hours=1)

    assert not any("rapporteur" in str(mail["To"]) for mail in taken(_drain(WELL)))
    assert [word(mail) for mail in mails("letter")] == ["cancelled"]


def test_a_letter_that_left_cannot_be_called_back(database: str, clock: Clock) -> None:
    """Whoever withdraws then is believed, and the addressee is to be told; the seal that was sent stands."""
    campaign_id = sealed_and_put(clock)
    _drain(WELL, only="letter")

    with db.transaction() as session:
        signer = session.scalars(select(Partner.id).order_by(Partner.id)).first()
        answer.withdraw(session, signer or 0, Statement())
        campaign = session.get_one(Campaign, campaign_id)
        assert letters.living_seal(session, campaign) == 1
        assert len(_notices(session, campaign_id)) == 1
    assert [word(mail) for mail in mails("letter")] == ["sent"]
    assert len(mails("notice")) == 1


def test_a_held_letter_is_called_back_and_goes_after_the_hold(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)
    with db.transaction() as session:
        hold.hold_letter(session, campaign_id)
    with db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign_id) == 0
    assert not any("rapporteur" in str(mail["To"]) for mail in taken(_drain(WELL)))

    with db.transaction() as session:
        hold.resume_letter(session, campaign_id)
        assert dispatch.dispatch_seal(session, campaign_id) == 1
    assert any("rapporteur" in str(mail["To"]) for mail in taken(_drain(WELL)))


def test_a_refused_letter_goes_again_when_a_person_says_so(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)
    _drain({"RCPT": "550 5.1.1 no such user"}, only="letter")
    with db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign_id) == 0
    assert len(mails("waiting")) == 1

    with db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign_id, by_person=True) == 1

    assert sum("rapporteur" in str(mail["To"]) for mail in taken(_drain(WELL))) == 1


def test_a_seal_voided_while_its_letter_travelled_is_never_sent_again(database: str, clock: Clock) -> None:
    """Two addressees: one letter is of doubtful fate, the other is turned down after somebody withdrew."""
    campaign_id = sealed_and_put(clock, copies=1)
    (doubtful, travelling) = mails("letter")
    with db.transaction() as session:
        for letter, holder in ((doubtful, "one"), (travelling, "two")):
            session.execute(
                update(Mail)
                .where(Mail.id == letter.id)
                .values(lease_holder=holder, lease_until=db.clock(session) + timedelta(minutes=1))
            )
            assert claims.begin_data(session, letter.id, holder)
        assert _marked(session, doubtful, "one", Kind.UNCERTAIN)
    with db.transaction() as session:
        answer.withdraw(session, first_partner(session), Statement())
    with db.transaction() as session:
        assert _marked(session, travelling, "two", Kind.DEFERRED)
    assert close.close_and_seal(campaign_id)  # the next seal, without the one who withdrew
    with db.transaction() as session:
        dispatch.dispatch_seal(session, campaign_id)
    clock.advance(hours=1)

    (next_seal,) = [mail for mail in taken(_drain(WELL)) if "copy-1" in str(mail["To"])]

    assert "Rivi=C3=A8re n=C2=B0 1" in str(next_seal.get_body(("plain",)))
    assert "Rivi=C3=A8re n=C2=B0 0" not in str(next_seal.get_body(("plain",)))
    assert [word(mail) for mail in mails("letter")] == ["uncertain", "cancelled", "sent"]


def test_a_letter_held_while_it_travelled_stays_when_it_comes_back(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)
    (letter,) = mails("letter")
    with db.transaction() as session:
        claims.claim(session, "one")
        assert claims.begin_data(session, letter.id, "one")
        hold.hold_letter(session, campaign_id)
        assert _delivery(session, campaign_id) == "sending"
    with db.transaction() as session:
        assert _marked(session, letter, "one", Kind.DEFERRED)
    clock.advance(hours=1)
    assert not any("rapporteur" in str(mail["To"]) for mail in taken(_drain(WELL)))

    with db.transaction() as session:
        hold.resume_letter(session, campaign_id)
        assert dispatch.dispatch_seal(session, campaign_id) == 1
    assert any("rapporteur" in str(mail["To"]) for mail in taken(_drain(WELL)))


def test_copies_wait_while_held(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)
    _drain(WELL)
    with db.transaction() as session:
        dispatch.dispatch_seal(session, campaign_id)
        hold.hold_letter(session, campaign_id)
        assert report.put_copies(session, campaign_id) == 0
        hold.resume_letter(session, campaign_id)
        assert report.put_copies(session, campaign_id) == 4  # three who signed, and the organizers


def test_a_letter_brought_by_hand_is_not_mailed_and_cannot_be_called_back(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)
    with db.transaction() as session:
        dispatch.note_brought_by_hand(session, campaign_id)
    with db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign_id) == 0
        assert report.put_copies(session, campaign_id) == 4
        answer.withdraw(session, first_partner(session), Statement())
        assert letters.living_seal(session, session.get_one(Campaign, campaign_id)) == 1
        assert len(_notices(session, campaign_id)) == 1

    assert not any("rapporteur" in str(mail["To"]) for mail in taken(_drain(WELL)))


def test_a_letter_of_doubtful_fate_goes_again_the_same_when_a_person_says_so(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock)
    _drain({"end of data": "drop"}, only="letter")
    before = mails("letter")[0]
    with db.transaction() as session:
        with pytest.raises(Blocked) as refused:
            dispatch.dispatch_seal(session, campaign_id, by_person=True)
        assert "The letter may have arrived" in sentence(refused.value)
        assert dispatch.resend_letter(session, campaign_id) == 1

    (again,) = [mail for mail in taken(_drain(WELL)) if "rapporteur" in str(mail["To"])]

    with db.reading() as session:
        tried = mime.compose(word_mail(session, session.merge(before)), before.message_id, before.dated_at)
    assert tried.hash == before.body_hash
    assert again["Message-ID"] == email.message_from_bytes(tried.content, policy=email.policy.default)["Message-ID"]
    assert mails("letter")[0].body_hash == before.body_hash
    assert [word(mail) for mail in mails("letter")] == ["sent"]


def test_a_letter_of_doubtful_fate_that_arrived_is_noted_by_hand(database: str, clock: Clock) -> None:
    campaign_id = sealed_and_put(clock, copies=1)
    _drain({"end of data": "drop"}, only="letter")
    with db.transaction() as session:
        dispatch.note_brought_by_hand(session, campaign_id)
        assert _delivery(session, campaign_id) == "sent"
        assert report.put_copies(session, campaign_id) == 4
    assert [word(mail) for mail in mails("letter")] == ["sent", "sent"]


def test_a_receipt_reaches_a_reader_of_a_language_that_the_letter_has_not(database: str) -> None:
    campaign_id = launched(1)
    with db.transaction() as session:
        session.get_one(Campaign, campaign_id).letter.texts = {"en": "# Clean rivers\n\nWe ask.\n"}
        answer.sign(session, first_partner(session), "public", Statement("The board", "Board", language="fr"))
        assert receipts.put_receipts(session, campaign_id) == 1

    assert len(taken(_drain(WELL))) == 1
    assert [word(mail) for mail in mails("receipt")] == ["sent"]


def test_whoever_answers_without_end_floods_nobody(database: str, clock: Clock) -> None:
    campaign_id = launched(1)
    _drain(WELL)
    for number in range(20):
        with db.transaction() as session:
            answer.sign(session, first_partner(session), "public", Statement(f"Person {number}", "Board"))
        with db.transaction() as session:
            receipts.put_receipts(session, campaign_id)
        _drain(WELL)
    assert [word(mail) for mail in mails("receipt")].count("sent") == 3

    clock.advance(minutes=11)
    (last,) = taken(_drain(WELL))
    assert "Person 19" in str(last.get_body(("plain",)))


@pytest.mark.parametrize(
    ("attempts", "minutes"),
    [(1, 6), (2, 25), (3, 60), (4, 120), (5, 180), (6, 240), (7, 240), (40, 240)],
)
def test_the_next_try_comes_later_and_later(attempts: int, minutes: int) -> None:
    assert results.retry_delay(attempts, 0.5) == timedelta(minutes=minutes)
    assert results.retry_delay(attempts, 0.0) == timedelta(minutes=minutes) * 0.9
    assert results.retry_delay(attempts, 1.0) == timedelta(minutes=minutes) * 1.1


def test_after_five_days_a_deferred_mail_is_given_up(database: str, clock: Clock) -> None:
    launched(1)
    tries = 0
    while mails()[0].due_at is not None:
        _drain({"RCPT": "450 4.2.2 mailbox full"})
        clock.advance(hours=4.5)
        tries += 1
        assert tries < 50

    assert [word(mail) for mail in mails()] == ["refused"]
    assert 25 < tries < 40


def _marked(session: Session, mail: Mail, holder: str, kind: Kind) -> bool:
    outcome = Outcome(kind, Phase.END_OF_DATA, "451 4.3.0 try later")
    return mail.id in results.record_results(session, holder, [results.DeliveryResult(mail.id, outcome)])


def _drain(faults: dict[str, str], only: str = "") -> ScriptedServer:
    """Deliver what is due to a server that answers so; `only` leaves other kinds for later."""

    async def drain() -> ScriptedServer:
        async with ScriptedServer(faults) as server:
            settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
            while (await delivery.deliver_due(compose_batch, time.monotonic() + TIMEOUT_S)).outcomes[Kind.SENT]:
                pass  # as the task does
            return server

    put_off = [mail.id for mail in mails() if only and mail.kind != only and mail.due_at is not None]
    due = {mail.id: mail.due_at for mail in mails()}
    with db.transaction() as session:
        session.execute(update(Mail).where(Mail.id.in_(put_off)).values(due_at=datetime(2999, 1, 1, tzinfo=UTC)))
    server = asyncio.run(drain())
    with db.transaction() as session:
        for mail_id in put_off:
            session.execute(update(Mail).where(Mail.id == mail_id).values(due_at=due[mail_id]))
    return server


def _body_hash() -> str | None:
    return mails()[0].body_hash


def _delivery(session: Session, campaign_id: int) -> str:
    campaign = session.get_one(Campaign, campaign_id)
    return letters.delivery_state(campaign, letters.load_letters(session, campaign))


def _notices(session: Session, campaign_id: int) -> list[Notice]:
    campaign = session.get_one(Campaign, campaign_id)
    return load_notices(session, campaign, letters.load_letters(session, campaign))
