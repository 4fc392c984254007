"""A partner that should not have been asked is in no list and no count any more, and its link says so."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from worker import db, settings, tokens
from worker.acts import contacts, erase, extend, merge, remind, undo, unsubscribe
from worker.acts.answer import AnswerInput, Statement, record_answers, sign
from worker.acts.invite import enqueue_invitations
from worker.acts.join import confirm_wish, decide_applicant
from worker.acts.take_out import put_back_partner, take_out_partner
from worker.acts.third_party_limits import Person, write_to
from worker.mail.mime import NothingToSay
from worker.models import Answer, AuditEvent, Campaign, Contact, Letter, Mail, Partner, Seal
from worker.state import board, counts, refusals, status
from worker.state.answers import standing_answer
from worker.state.links import Link
from worker.state.positions import load_position
from worker.state.recipients import load_to_ask_again, select_to_tell_of_end
from worker.state.signatories import load_signatories
from worker.text.languages import LANGUAGES
from worker.web.app import make_app
from worker.wording import mails

pytestmark = pytest.mark.usefixtures("notified", "database")
TITLES = {
    "en": "Your organization is no longer asked to sign this letter",
}


@pytest.fixture
def session() -> Iterator[Session]:
    with db.transaction() as session:
        yield session


def _all_mail_left(session: Session) -> None:
    session.execute(update(Mail).where(Mail.due_at.is_not(None)).values(sent_at=db.clock(session), due_at=None))
    session.expire_all()


def _asked(session: Session, **definition: Any) -> Campaign:
    campaign = cast.a_campaign(session, partners=("Hill Friends", "Lake Friends", "Sea Friends"), **definition)
    enqueue_invitations(session, campaign.id)
    _all_mail_left(session)
    return campaign


def _mails(session: Session, kind: str) -> list[Mail]:
    of_it = select(Mail).where(Mail.kind == kind, Mail.cancelled_at.is_(None)).order_by(Mail.id)
    return list(session.scalars(of_it))


def test_is_in_no_list_count_reminder_or_signature(session: Session) -> None:
    campaign = _asked(session)
    out, other = campaign.partners[:2]
    cast.signs(session, out)
    cast.signs(session, other)
    done = take_out_partner(session, out.id)
    assert (done.told, done.answered, done.voids) == (1, True, False)
    assert counts.load_counts(session, campaign).partners == 4
    assert counts.load_counts(session, campaign).signed == 1
    assert out.id not in [one.number for one in status.load_status(session, campaign).partners]
    shown = board.load_board(session, campaign)
    assert (shown.partners, sum(row.number == out.id for row in shown.rows)) == (4, 0)
    assert sum(shown.by_country.values()) == 4
    assert board.load_public_board(session, campaign).partners == 4
    assert [one.id for one in load_signatories(session, campaign, "addressee").named] == [other.id]
    assert out not in load_to_ask_again(session, campaign)
    assert out.id not in [one.id for one in session.execute(select_to_tell_of_end(campaign))]
    assert standing_answer(session, out.id) is None
    assert remind.remind_now(session, campaign.id) == 3
    assert extend.move_deadline(session, campaign.id, campaign.deadline_at + timedelta(days=9)) == 4
    assert {mail.partner_id for mail in session.scalars(select(Mail).where(Mail.due_at.is_not(None)))} >= {other.id}
    waiting = session.scalars(select(Mail.kind).where(Mail.partner_id == out.id, Mail.due_at.is_not(None))).all()
    assert waiting == ["taken_out"]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_is_told_once_in_its_language(session: Session, language: str) -> None:
    settings.set_for_this_process(undo=60)
    campaign = _asked(session)
    out = campaign.partners[0]
    out.language = language
    take_out_partner(session, out.id)
    with pytest.raises(refusals.TakenOut):
        take_out_partner(session, out.id)
    [mail] = _mails(session, "taken_out")
    assert mail.language == language
    assert mail.due_at is not None
    assert mail.due_at > db.clock(session)  # there is a minute to think again
    message = mails.word_mail(session, mail)
    assert message.to == out.email
    assert tokens.link(out) in message.text


def test_who_had_no_mail_or_wants_none_is_told_nothing(session: Session) -> None:
    campaign = cast.a_campaign(session)
    never, quiet = campaign.partners
    enqueue_invitations(session, campaign.id)
    assert take_out_partner(session, never.id).told == 0
    assert {mail.partner_id for mail in _mails(session, "invitation")} == {quiet.id}
    _all_mail_left(session)
    unsubscribe.silence_partner(session, quiet.id)
    assert take_out_partner(session, quiet.id).told == 0
    assert _mails(session, "taken_out") == []


def test_what_was_put_for_it_says_nothing_any_more(session: Session) -> None:
    campaign = _asked(session)
    out = campaign.partners[0]
    remind.remind_now(session, campaign.id)
    [reminder] = [mail for mail in _mails(session, "reminder") if mail.partner_id == out.id]
    take_out_partner(session, out.id)
    assert reminder.cancelled_at is not None
    with pytest.raises(NothingToSay):  # a worker that holds it words it only now
        mails.word_mail(session, reminder)


def test_voids_a_seal_that_counts_it_and_the_next_one_is_without_it(
    session: Session,
) -> None:
    campaign = _asked(session, quorum=1)
    out, other = campaign.partners[:2]
    for one in (out, other):
        cast.signs(session, one)
    cast.passes_its_deadline(session, campaign)
    cast.is_sealed(session, campaign)
    assert take_out_partner(session, out.id).voids
    assert all(seal.voided_at for seal in session.scalars(select(Seal)))


def test_is_refused_once_the_letter_has_left_or_may_have(session: Session) -> None:
    campaign = _asked(session)
    cast.is_sealed(session, campaign)
    cast.the_letter_leaves(session, campaign, accepted=False)
    with pytest.raises(refusals.CannotBeTakenOut):
        take_out_partner(session, campaign.partners[0].id)
    assert campaign.partners[0].taken_out_at is None


def test_nothing_is_done_for_one_that_is_out_but_erasing(session: Session) -> None:
    campaign = _asked(session)
    out, other = campaign.partners[:2]
    take_out_partner(session, out.id)
    position = load_position(session, out)
    assert position.offered() == {"unsubscribe"}
    with pytest.raises(refusals.TakenOut):
        sign(session, out.id, "public", cast.SOPHEA)
    with pytest.raises(refusals.TakenOut):
        merge.merge_partners(session, other.id, out.id)
    with pytest.raises(refusals.TakenOut):
        unsubscribe.allow_mail(session, out.id)
    erase.erase_partner(session, out.id)
    assert out.email == ""


def test_an_amended_letter_that_is_taken_back_brings_no_answer_of_it_back(session: Session) -> None:
    settings.set_for_this_process(undo=60)
    campaign = _asked(session)
    out, other = campaign.partners[:2]
    for one in (out, other):
        cast.signs(session, one)
    now, answers = db.clock(session), list(session.scalars(select(Answer)))
    amended = Letter(version=2, meaning=2, texts=campaign.letter.texts, hash="1" * 64, made_at=now, addressees=[])
    campaign.letters.append(amended)
    for answer in answers:
        answer.superseded_at = now
    undo.remember(campaign, "amend", now, answers=[answer.id for answer in answers], called_back=[])
    session.flush()
    take_out_partner(session, out.id)
    undo.undo_act(session, campaign.id, "amend")
    assert standing_answer(session, out.id) is None
    assert standing_answer(session, other.id) is not None


def test_who_answered_by_a_link_of_its_own_is_told_too(session: Session) -> None:
    campaign = _asked(session)
    out = campaign.partners[0]
    contacts.add_contact(session, out.id, "chair@river.example", language="fr", name="The chair")
    chair = session.scalars(select(Contact)).one()
    said = Statement(representative="A B", role="chair")
    record_answers(session, [AnswerInput(out.id, "sign", "public", said, Link(chair.generation, chair.id))])
    _all_mail_left(session)
    assert take_out_partner(session, out.id).told == 2
    told = _mails(session, "taken_out")
    assert [mail.contact_id for mail in told] == [None, chair.id]
    assert all(mails.word_mail(session, mail).subject for mail in told)
    with pytest.raises(refusals.TakenOut):
        contacts.add_contact(session, out.id, "kim@river.example", language="fr")


def test_one_that_is_out_and_asks_to_sign_is_not_admitted_as_another(session: Session) -> None:
    campaign = _asked(session, join="approved", public_page="from launch")
    out = campaign.partners[0]
    take_out_partner(session, out.id)
    who = Person("office@river.example", "en", organization="River Watch", country="USA")
    one = write_to(session, "confirm", campaign, who, db.clock(session))
    confirm_wish(session, one.id)
    with pytest.raises(refusals.TakenOut):
        decide_applicant(session, one.id, admitted=True)
    assert decide_applicant(session, one.id, admitted=True, namesake=True) is not None


def test_put_back_before_anybody_was_told_is_as_if_nothing_had_been(session: Session) -> None:
    campaign = _asked(session)
    out = campaign.partners[0]
    signed = cast.signs(session, out)
    take_out_partner(session, out.id)
    assert put_back_partner(session, out.id) is False
    assert standing_answer(session, out.id) == signed
    assert _mails(session, "taken_out") == []
    assert len(_mails(session, "invitation")) == 5
    assert counts.load_counts(session, campaign).signed == 1


def test_put_back_after_it_was_told_is_asked_once_more(session: Session) -> None:
    campaign = _asked(session)
    out = campaign.partners[0]
    cast.signs(session, out)
    take_out_partner(session, out.id)
    _all_mail_left(session)
    assert put_back_partner(session, out.id) is True
    assert standing_answer(session, out.id) is None
    assert [mail.partner_id for mail in _mails(session, "invitation") if mail.due_at] == [out.id]
    assert load_position(session, out).allows("sign")
    with pytest.raises(refusals.TakenOut):
        put_back_partner(session, out.id)


def test_put_back_after_the_letter_changed_it_is_asked_about_that(session: Session) -> None:
    campaign = _asked(session)
    signed, silent = campaign.partners[:2]
    cast.signs(session, signed)
    for one in (signed, silent):
        unsubscribe.unsubscribe_reader(session, one.id, link=Link(1))  # so that neither is told
        assert take_out_partner(session, one.id).told == 0
        one.quiet_at = None
    now = db.clock(session)
    texts = campaign.letter.texts
    campaign.letters.append(Letter(version=2, meaning=2, texts=texts, hash="1" * 64, made_at=now, addressees=[]))
    session.flush()
    session.expire(campaign)
    assert [put_back_partner(session, one.id) for one in (signed, silent)] == [True, True]
    assert standing_answer(session, signed.id) is None


def test_it_cannot_be_put_back_after_the_deadline(session: Session) -> None:
    campaign = _asked(session)
    take_out_partner(session, campaign.partners[0].id)
    cast.passes_its_deadline(session, campaign)
    with pytest.raises(refusals.Closed):
        put_back_partner(session, campaign.partners[0].id)


def test_the_log_says_who_was_taken_out(session: Session) -> None:
    campaign = _asked(session)
    take_out_partner(session, campaign.partners[0].id)
    event = session.scalars(select(AuditEvent).where(AuditEvent.what == "taken_out")).one()
    assert (event.partner_id, event.detail, event.actor) == (campaign.partners[0].id, "1", "organizer")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_its_page_says_so_in_its_language_and_takes_no_answer() -> None:
    with db.transaction() as session:
        campaign = _asked(session)
        out = campaign.partners[0]
        cast.signs(session, out)
        token, code, number = tokens.token(out), tokens.printed_code(out), out.id
    browser = TestClient(make_app(), follow_redirects=False)
    assert "no longer asked" not in browser.get(f"/s/{token}").text
    with db.transaction() as session:
        take_out_partner(session, number)
    page = browser.get(f"/s/{token}")
    assert (page.status_code, TITLES["en"] in page.text) == (200, True)
    assert "The dam must wait" not in page.text
    form = {"choice": "sign", "visibility": "public", "representative": "A B", "role": "chair", "authorised": "yes"}
    pressed = browser.post(f"/s/{token}", data=form | {"mail_code": code})
    assert TITLES["en"] in pressed.text
    for below in ("pass-on", "row", "not-us", "contacts"):
        assert browser.get(f"/s/{token}/{below}").status_code == 303, below
    with db.reading() as session:
        assert standing_answer(session, number) is None
        quiet = tokens.token(session.get_one(Partner, number), "quiet")
    assert f"/u/{quiet}" in page.text
    stopped = browser.post(f"/u/{quiet}", data={"List-Unsubscribe": "One-Click"})
    assert stopped.status_code == 200
    with db.reading() as session:
        assert session.get_one(Partner, number).quiet_at is not None
