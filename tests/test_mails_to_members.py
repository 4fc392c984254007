"""Mails to persons who add their voices are held and called back as all mail is, and are no partner's."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast, persons
from worker import db, tokens
from worker.acts import cancel, hold, invite, merge, unsubscribe
from worker.mail import circuit_breaker, claims
from worker.models import Campaign, Mail, Member
from worker.state.mail_status import load_mails_to
from worker.state.members import count_members
from worker.state.status import count_unreached, load_status


@pytest.fixture
def campaign(database: str) -> Campaign:
    """River Watch and Eau Vive were asked; one person's mail waits, and one's was refused."""
    with db.transaction() as session:
        made = cast.a_campaign(session, members="named", public_page="from launch")
        invite.enqueue_invitations(session, made.id)
        one, other = persons.adds_voice(session, made), persons.adds_voice(session, made, 1)
        persons.is_mailed(session, one, sent_at=None, attempts=0, reply=None, due_at=db.clock(session))
        persons.is_mailed(session, other, sent_at=None, refused_at=db.clock(session), reply="550 5.1.1 no")
        return made


def claimed(session: Session) -> set[str]:
    until = db.clock(session) + timedelta(minutes=1)
    ids = claims.lease_due(session, holder="a worker", until=until, limit=100)
    return set(session.scalars(select(Mail.kind).where(Mail.id.in_(ids))))


def test_a_hold_of_all_mail_keeps_them_and_one_of_the_letter_does_not(campaign: Campaign) -> None:
    with db.transaction() as session:
        hold.hold_letter(session, campaign.id, all_mail=True)
        assert claimed(session) == set()
        session.get_one(Campaign, campaign.id).mail_held_at = None
        session.flush()
        assert claimed(session) == {"invitation", "voice"}


def test_with_the_campaign_they_are_called_back_and_the_page_says_why(campaign: Campaign, browser: TestClient) -> None:
    with db.transaction() as session:
        member = session.scalars(select(Member).order_by(Member.id)).first()
        assert member is not None
        cancel.cancel_campaign(session, campaign.id)
        assert claimed(session) <= {"cancelled"}
        told = session.scalars(select(Mail).where(Mail.kind == "cancelled")).all()
        assert {one.member_id for one in told} <= {None}, "persons read it on their page"
    page = browser.get(f"/v/{tokens.token(member, 'voice')}?lang=en")
    assert page.status_code == 200
    assert "cancelled" in page.text


def test_no_partner_has_them_and_organizers_hear_of_none(campaign: Campaign) -> None:
    with db.reading() as session:
        found = session.get_one(Campaign, campaign.id)
        status = load_status(session, found)
        assert status.mails["voice"] == {"due": 1, "refused": 1}
        assert [[mail.kind for mail in one.mails] for one in status.partners] == [["invitation"]] * 2
        unreached = count_unreached(session, found)
        assert (unreached.lost, unreached.unknown, unreached.in_doubt) == (0, 0, 0)
        assert {mail.kind for one in found.partners for mail in load_mails_to(session, one)} == {"invitation"}


def test_one_that_a_relay_took_says_that_it_takes_mail_for_others(campaign: Campaign) -> None:
    with db.transaction() as session:
        before = db.clock(session) - timedelta(minutes=1)
        assert not circuit_breaker.took_mail_since(session, before)
        waits = session.scalars(select(Mail).where(Mail.kind == "voice", Mail.due_at.is_not(None))).one()
        waits.sent_at, waits.due_at = db.clock(session), None
        session.flush()
        assert circuit_breaker.took_mail_since(session, before)


def test_what_partners_do_changes_no_voice(campaign: Campaign) -> None:
    with db.transaction() as session:
        river_watch, eau_vive = (one.id for one in session.get_one(Campaign, campaign.id).partners)
        unsubscribe.silence_partner(session, river_watch)
        merge.merge_partners(session, river_watch, eau_vive)
    with db.transaction() as session:
        assert count_members(session, session.get_one(Campaign, campaign.id)) == 2
        assert "voice" in claimed(session)
