"""A corrected address: the old link dies at once, and the right people are asked anew."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from tests import cast
from tests.definitions import a_definition
from tests.servers import TIMEOUT_S
from worker import db, settings, tokens
from worker.acts import amend_letter, answer, correct_address, extend, invite, receipts, resend
from worker.acts.answer import Statement
from worker.mail import outbox
from worker.models import Answer, AuditEvent, Campaign, Mail, Partner, Suppression
from worker.state import recipients
from worker.state.partner_changes import Corrected
from worker.state.refusals import NotAnAddress, SameAddress
from worker.text.languages import LANGUAGES

RIGHT = "right@partner.example"


@pytest.fixture
def campaign(database: str) -> Campaign:
    with db.transaction() as session:
        made = cast.a_campaign(session)
    with db.transaction() as session:
        invite.enqueue_invitations(session, made.id)
    return made


@pytest.fixture
def river_watch(campaign: Campaign) -> Partner:
    return campaign.partners[0]


def correct(partner: Partner, email: str = RIGHT) -> Corrected:
    with db.transaction() as session:
        return correct_address.change_address(session, partner.id, email)


def now_of(partner: Partner) -> Partner:
    with db.reading() as session:
        return session.get_one(Partner, partner.id)


def mails(partner: Partner, kind: str = "invitation") -> list[Mail]:
    with db.reading() as session:
        which = select(Mail).where(Mail.partner_id == partner.id, Mail.kind == kind)
        return list(session.scalars(which.order_by(Mail.id)))


def marks(partner: Partner, *moments: str, kind: str = "invitation", **values: Any) -> None:
    """Write into a partner's mails of this kind that these things happened now."""
    with db.transaction() as session:
        which = update(Mail).where(Mail.partner_id == partner.id, Mail.kind == kind)
        now = dict.fromkeys(moments, db.clock(session))
        session.execute(which.values(due_at=None, **now, **values))


def a_form(partner: Partner, **form: str) -> dict[str, str]:
    said = {"choice": "sign", "visibility": "public", "representative": "Ada", "role": "chair", "authorised": "yes"}
    return said | {"mail_code": tokens.mail_code(partner)} | form


def answers() -> int:
    with db.reading() as session:
        return len(session.scalars(select(Answer)).all())


def test_the_address_is_changed_and_asked_anew_with_another_link(campaign: Campaign, river_watch: Partner) -> None:
    corrected = correct(river_watch, "  Right@partner.example ")

    renewed = now_of(river_watch)
    assert (renewed.email, renewed.generation) == ("Right@partner.example", 2)
    assert renewed.email_hmac == tokens.fingerprint(RIGHT)
    old, new = mails(river_watch)
    assert old.cancelled_at is not None
    assert old.due_at is None
    assert (new.key, new.generation) == (f"campaign-{river_watch.campaign_id}/invitation/partner-{river_watch.id}/2", 2)
    assert new.due_at is not None
    assert (corrected.goes, corrected.was_suppressed) == (["invitation"], False)
    with db.reading() as session:
        last = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert last is not None
        assert (last.actor, last.what, last.partner_id) == ("organizer", "address_corrected", river_watch.id)


@pytest.mark.parametrize("kind", ["extended", "amended"])
def test_what_was_asked_elsewhere_is_no_news_at_an_address_that_was_not_asked_yet(
    campaign: Campaign, river_watch: Partner, kind: str
) -> None:
    """The invitation that waits says it all; a mail about a letter "that we wrote to you about" comes from nowhere."""

    def happens() -> None:
        with db.transaction() as session:
            if kind == "extended":
                deadline = session.get_one(Campaign, campaign.id).deadline_at
                extend.move_deadline(session, campaign.id, deadline + timedelta(days=1))
            else:
                changed = a_definition([], db.clock(session))
                amend_letter.change_letter(session, campaign.id, changed, meaning=True, unchanged=LANGUAGES)

    for partner in campaign.partners:
        marks(partner, "sent_at")
    correct(river_watch)
    happens()
    assert [len(mails(partner, kind)) for partner in campaign.partners] == [0, 1]

    marks(river_watch, "sent_at")
    if kind == "extended":
        happens()
        assert [len(mails(partner, kind)) for partner in campaign.partners] == [1, 2]


def test_nobody_else_is_touched(campaign: Campaign, river_watch: Partner) -> None:
    correct(river_watch)

    other = now_of(campaign.partners[1])
    assert (other.generation, other.email) == (1, campaign.partners[1].email)
    assert [mail.cancelled_at for mail in mails(other)] == [None]


def test_the_old_link_is_dead_and_the_new_one_works(
    browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    link = f"/s/{tokens.token(river_watch)}"
    assert browser.get(link).status_code == 200
    correct(river_watch)

    assert browser.get(link).status_code == 404
    assert browser.post(link, data=a_form(river_watch)).status_code == 404
    renewed = now_of(river_watch)
    assert browser.post(f"/s/{tokens.token(renewed)}", data=a_form(renewed)).status_code == 303
    assert answers() == 1


@pytest.mark.parametrize("choice", ["sign", "decline", "withdraw"])
def test_a_link_that_was_read_before_the_correction_speaks_for_nobody_after_it(
    browser: TestClient,
    campaign: Campaign,
    river_watch: Partner,
    choice: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = f"/s/{tokens.token(river_watch)}"
    if choice == "withdraw":
        assert browser.post(link, data=a_form(river_watch)).status_code == 303
    before, transaction, waits = answers(), db.transaction, threading.Event()

    def tells_that_it_waits(*words: Any) -> Any:
        waits.set()
        return transaction(*words)

    form = a_form(river_watch, choice=choice, mail_code=tokens.long_code(river_watch))  # which is compared at any time
    with ThreadPoolExecutor(1) as somebody:
        with db.transaction() as session:
            correct_address.change_address(session, river_watch.id, RIGHT)
            monkeypatch.setattr(db, "transaction", tells_that_it_waits)
            answering = somebody.submit(browser.post, link, data=form)
            assert waits.wait(TIMEOUT_S)  # the link was read and the form found good: it is the act that waits now
            time.sleep(0.3)
        page = answering.result(TIMEOUT_S)

    assert (page.status_code, page.content) == (404, browser.get("/s/x").content)
    assert answers() == before


def test_what_is_recorded_by_hand_names_no_link(campaign: Campaign, river_watch: Partner) -> None:
    correct(river_watch)
    with db.transaction() as session:
        answer.sign(session, river_watch.id, "public", Statement("Ada", "chair", channel="by hand", note="call"))
    assert answers() == 1


def test_a_bounce_is_forgotten_with_its_address(campaign: Campaign, river_watch: Partner) -> None:
    marks(river_watch, "sent_at", "bounced_at")
    with db.transaction() as session:
        session.get_one(Partner, river_watch.id).bounced_at = db.clock(session)

    correct(river_watch)

    assert now_of(river_watch).bounced_at is None
    old, new = mails(river_watch)
    assert old.bounced_at is not None  # history is kept
    assert new.due_at is not None


@pytest.mark.parametrize("suppressed", [RIGHT, "box11@partner.example"])
def test_a_person_vouches_for_the_new_address_only(campaign: Campaign, river_watch: Partner, suppressed: str) -> None:
    with db.transaction() as session:
        row = Suppression(email_hmac=tokens.fingerprint(suppressed), at=db.clock(session), reason="bounce")
        session.add(row)

    assert correct(river_watch).was_suppressed == (suppressed == RIGHT)

    with db.reading() as session:
        assert len(session.scalars(select(Suppression)).all()) == (suppressed != RIGHT)


@pytest.mark.parametrize("email", ["", "right@", "right partner.example", "a@b@c.example", "right@partner..example"])
def test_what_is_no_address_is_refused_with_a_sentence(campaign: Campaign, river_watch: Partner, email: str) -> None:
    with pytest.raises(NotAnAddress) as refused:
        correct(river_watch, email)
    assert " " in refused.value.facts["reason"]
    assert now_of(river_watch).generation == 1


def test_the_same_address_is_asked_again_only_if_no_mail_reached_it(campaign: Campaign, river_watch: Partner) -> None:
    with pytest.raises(SameAddress):
        correct(river_watch, river_watch.email)
    marks(river_watch, "sent_at")
    with pytest.raises(SameAddress):
        correct(river_watch, river_watch.email)
    assert now_of(river_watch).generation == 1

    marks(river_watch, "refused_at", sent_at=None)
    assert correct(river_watch, river_watch.email).goes == ["invitation"]


def test_a_partner_that_has_answered_gets_the_receipt_of_its_answer(campaign: Campaign, river_watch: Partner) -> None:
    with db.transaction() as session:
        cast.signs(session, session.get_one(Partner, river_watch.id))
        receipts.put_receipts(session, campaign.id)

    assert correct(river_watch).goes == ["receipt"]

    assert [mail.cancelled_at is None for mail in mails(river_watch, "receipt")] == [False, True]
    assert len(mails(river_watch)) == 1
    assert mails(river_watch, "receipt")[1].answer_id == mails(river_watch, "receipt")[0].answer_id


def test_after_the_deadline_the_address_alone_is_changed(campaign: Campaign, river_watch: Partner) -> None:
    with db.transaction() as session:
        cast.passes_its_deadline(session, session.get_one(Campaign, campaign.id))

    assert correct(river_watch).goes == []

    assert now_of(river_watch).email == RIGHT
    assert len(mails(river_watch)) == 1


@pytest.mark.parametrize("arrived", [False, True])
def test_a_copy_that_did_not_arrive_goes_to_the_new_address(
    campaign: Campaign, river_watch: Partner, arrived: bool
) -> None:
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        cast.signs(session, session.get_one(Partner, river_watch.id))
        now = cast.passes_its_deadline(session, campaign)
        outbox.put(session, [outbox.to_partner("copy", campaign, campaign.partners[0], "seal-3", now, seal_number=3)])
    marks(river_watch, "sent_at" if arrived else "refused_at", kind="copy")

    assert correct(river_watch).goes == ([] if arrived else ["copy"])

    copies = mails(river_watch, "copy")
    assert [(mail.seal_number, mail.generation) for mail in copies] == [(3, 1), (3, 2)][: 1 if arrived else 2]


def test_the_new_invitation_waits_for_the_minute_after_a_launch(campaign: Campaign, river_watch: Partner) -> None:
    settings.set_for_this_process(undo=60)
    correct(river_watch)

    due = mails(river_watch)[1].due_at
    assert due is not None
    assert (due - campaign.launched_at).total_seconds() == 60


def test_a_silent_partner_of_an_old_address_is_not_reminded_at_the_new_one(
    campaign: Campaign, river_watch: Partner
) -> None:
    marks(river_watch, "sent_at")
    correct(river_watch)

    with db.transaction() as session:
        assert session.scalars(recipients.select_silent(session.get_one(Campaign, campaign.id))).all() == []


def test_a_doubtful_mail_goes_once_more_the_same(campaign: Campaign, river_watch: Partner) -> None:
    marks(river_watch, "uncertain_at")
    (before,) = mails(river_watch)

    with db.transaction() as session:
        assert resend.resend_to_partner(session, river_watch.id) == 1
        assert resend.resend_to_partner(session, river_watch.id) == 0

    (after,) = mails(river_watch)
    assert after.due_at is not None
    assert (after.message_id, after.key) == (before.message_id, before.key)


@pytest.mark.parametrize("what", ["sent_at", "refused_at", "cancelled_at", "bounced_at"])
def test_only_what_is_doubtful_goes_once_more(campaign: Campaign, river_watch: Partner, what: str) -> None:
    marks(river_watch, "uncertain_at", what)

    with db.transaction() as session:
        assert resend.resend_to_partner(session, river_watch.id) == 0
    assert mails(river_watch)[0].due_at is None
