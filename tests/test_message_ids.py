"""Message-IDs: a mail that is put again after a restore has the ID it had, and whatever says something else another."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tests import cast
from worker import db
from worker.acts import answer, close, dispatch, extend, hold, invite, receipts, remind, report
from worker.acts.answer import Statement
from worker.mail import mime, outbox
from worker.models import Campaign, Mail, Partner, Seal
from worker.wording import mails

pytestmark = pytest.mark.usefixtures("database")


def a_launch(session: Session) -> Campaign:
    """Everybody was asked a moment after the launch, and River Watch has signed."""
    campaign = cast.a_campaign(session, review=0)
    invite.enqueue_invitations(session, campaign.id)
    cast.signs(session, campaign.partners[0])
    receipts.put_receipts(session, campaign.id)
    return campaign


def all_put(session: Session) -> dict[str, tuple[str, str]]:
    """Each mail by its key: its Message-ID, and the hash of its bytes."""
    session.flush()
    found = session.scalars(select(Mail).order_by(Mail.id).execution_options(populate_existing=True))
    return {
        one.key: (one.message_id, mime.compose(mails.word_mail(session, one), one.message_id, one.dated_at).hash)
        for one in found
    }


def test_what_a_backup_did_not_have_is_put_again_as_the_same_mail_to_the_byte() -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, review=0)
        invite.enqueue_invitations(session, campaign.id)
        cast.signs(session, campaign.partners[0])
        cast.passes_its_deadline(session, campaign, closed=False)
        receipts.put_receipts(session, campaign.id)
    close.close_and_seal(campaign.id)
    with db.transaction() as session:
        dispatch.dispatch_seal(session, campaign.id)
        session.get_one(Campaign, campaign.id).dispatched_at = db.clock(session)
        session.execute(update(Mail).where(Mail.kind == "letter").values(sent_at=db.clock(session), due_at=None))
    with db.transaction() as session:
        report.put_copies(session, campaign.id)
        before = all_put(session)
        assert len(before) == 7  # invitations, receipt, letter, copy, and two for the organizers
        lost = Mail.kind.in_(("receipt", "letter", "copy", "report"))
        session.execute(delete(Mail).where(lost))
    with db.transaction() as session:
        since = session.get_one(Campaign, campaign.id).dispatched_at
        session.get_one(Campaign, campaign.id).dispatched_at = None
        receipts.put_receipts(session, campaign.id)
        dispatch.dispatch_seal(session, campaign.id)
        session.execute(update(Mail).where(Mail.kind == "letter").values(sent_at=since, due_at=None))
        session.get_one(Campaign, campaign.id).dispatched_at = since
        report.put_copies(session, campaign.id)
        assert all_put(session) == before


def another_answer(session: Session, campaign: Campaign) -> None:
    """What a database says that was put back, in which the number of an answer was given to another."""
    answers = cast.standing(session, campaign.partners[0].id)
    answers.at -= timedelta(seconds=1)


def another_seal(session: Session, campaign: Campaign) -> None:
    session.execute(update(Seal).values(sha256="f" * 64))


def another_generation(session: Session, campaign: Campaign) -> None:
    campaign.partners[0].generation += 1


def another_language(session: Session, campaign: Campaign) -> None:
    campaign.partners[0].language = "fr"


def another_deadline(session: Session, campaign: Campaign) -> None:
    campaign.deadline_at += timedelta(days=1)


def another_letter(session: Session, campaign: Campaign) -> None:
    campaign.letter.hash = "a" * 64


def another_campaign_of_that_number(session: Session, campaign: Campaign) -> None:
    campaign.seed = bytes(16)


@pytest.mark.parametrize(
    "change",
    [
        another_answer,
        another_seal,
        another_generation,
        another_language,
        another_deadline,
        another_letter,
        another_campaign_of_that_number,
    ],
)
def test_a_mail_that_says_something_else_has_another_id(change: Callable[[Session, Campaign], None]) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        given, now = cast.signs(session, campaign.partners[0]), db.clock(session)
        cast.is_sealed(session, campaign)

        def put() -> str:
            session.flush()
            about = outbox.MailOptions(answer_id=given.id, seal_number=1)
            outbox.put(session, [outbox.to_partner("receipt", campaign, campaign.partners[0], "1", now, **about)])
            found = session.scalars(select(Mail.message_id).where(Mail.kind == "receipt")).one()
            session.execute(delete(Mail).where(Mail.kind == "receipt"))
            return found

        before = put()
        assert put() == before
        change(session, campaign)
        assert put() != before


def test_no_two_mails_of_a_campaign_share_an_id() -> None:
    with db.transaction() as session:
        campaign = a_launch(session)
        river_watch, eau_vive = campaign.partners
        session.execute(update(Mail).values(sent_at=Mail.dated_at, due_at=None))
    with db.transaction() as session:
        remind.remind_now(session, campaign.id)
        extend.move_deadline(session, campaign.id, campaign.deadline_at + timedelta(days=1))
        cast.signs(session, river_watch, "counted")
        answer.decline(session, eau_vive.id, Statement())
        receipts.put_receipts(session, campaign.id)
        cast.signs(session, river_watch)
        receipts.put_receipts(session, campaign.id)
        cast.passes_its_deadline(session, session.get_one(Campaign, campaign.id), closed=False)
    close.close_and_seal(campaign.id)
    with db.transaction() as session:
        dispatch.dispatch_seal(session, campaign.id)
        hold.hold_letter(session, campaign.id)
        hold.resume_letter(session, campaign.id)
        dispatch.dispatch_seal(session, campaign.id)
        ids = [one for one, _ in all_put(session).values()]
        assert len(ids) == len(set(ids)) >= 11


def test_what_waited_for_a_hold_to_end_is_dated_anew_and_is_another_mail() -> None:
    with db.transaction() as session:
        campaign = a_launch(session)
        hold.hold_letter(session, campaign.id, all_mail=True)
        before = all_put(session)
    with db.transaction() as session:
        hold.resume_letter(session, campaign.id)
        after = all_put(session)
        assert before.keys() == after.keys()
        dates = set(session.scalars(select(Mail.dated_at).where(Mail.due_at.is_not(None))))
        assert len(dates) == 1
        waited = session.scalars(select(Mail.key).where(Mail.due_at.is_not(None))).all()
        assert len(waited) == 2
        assert all((before[key][0] != after[key][0]) == (key in waited) for key in before)


def test_a_date_does_not_lie_by_much() -> None:
    """Whoever is asked a week after the launch, because mail stood still, has no mail from last week."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        campaign.launched_at = campaign.deadline_set_at = db.clock(session) - timedelta(days=7)
        session.flush()
        now = db.clock(session)
        invite.enqueue_invitations(session, campaign.id)
        assert min(session.scalars(select(Mail.dated_at))) >= now
        assert session.scalar(select(Partner.id).where(Partner.generation > 1)) is None
