"""Persons who added their voices are forgotten with their campaign, at their request, or where nobody confirmed."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast, persons
from tests.conftest import Clock
from tests.sql import plans
from worker import db, tasks, tokens
from worker.acts import alert_words, erase, erase_members, launch
from worker.models import Campaign, EndedLink, Mail, MailResponse, Member
from worker.state.members import count_members

A_DAY = timedelta(days=1)


def a_campaign(session: Session) -> Campaign:
    return cast.a_campaign(session, members="named", public_page="from launch")


def all_members() -> list[Member]:
    with db.reading() as session:
        return list(session.scalars(select(Member).order_by(Member.id)))


def ended() -> set[tuple[bytes, int]]:
    with db.reading() as session:
        return {(bytes(one.ref), one.generation) for one in session.scalars(select(EndedLink))}


def is_blank(member: Member) -> bool:
    return (member.name, member.email, member.country, member.words) == ("", "", "", "")


@pytest.mark.parametrize("how", ["by hand", "by the clock", "given up"])
def test_with_its_campaign_all_that_is_kept_of_a_person_goes_and_no_number_changes(
    database: str, clock: Clock, how: str
) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        stands = persons.adds_voice(session, campaign)
        waits = persons.adds_voice(session, campaign, 1, confirmed_at=None)
        gone = persons.adds_voice(session, campaign, email="c@home.example", withdrawn_at=db.clock(session))
        disowned = persons.adds_voice(
            session, campaign, email="", name="", words="", country="", confirmed_at=None, disowned_at=db.clock(session)
        )
        digest = persons.a_digest(session, campaign, stands)
        sent = persons.is_mailed(session, stands)
        session.add(MailResponse(mail_id=sent.id, kind="person", words="who are you?", at=db.clock(session)))
        persons.is_mailed(session, waits, sent_at=None, due_at=db.clock(session))
        if how != "given up":
            cast.is_sealed(session, campaign)
            cast.the_letter_leaves(session, campaign)
        before = count_members(session, campaign)
    assert before == 1
    if how == "by the clock":
        clock.advance(days=181)
        tasks.erase.run(campaign.id)
    else:
        with db.transaction() as session:
            erase.erase_campaign(session, campaign.id, give_up=how == "given up")

    kept = {one.id: one for one in all_members()}
    assert all(is_blank(one) and one.erased_at is not None for one in kept.values())
    assert {(one.email_hmac, one.mailbox_hmac) for one in kept.values()} == {(None, None)}
    assert not {one.ref for one in kept.values()} & {stands.ref, waits.ref, gone.ref, disowned.ref}
    assert ended() >= {(one.ref, 1) for one in (stands, waits, gone)}, "their pages say what became of the letter"
    assert (disowned.ref, 1) not in ended()
    assert (kept[stands.id].confirmed_at, kept[stands.id].digest_id) == (stands.confirmed_at, digest.id)
    with db.reading() as session:
        assert count_members(session, session.get_one(Campaign, campaign.id)) == before
        to_members = session.scalars(select(Mail).where(Mail.member_id.is_not(None))).all()
        assert {(one.due_at, one.reply) for one in to_members} == {(None, None)}
        everything = repr(cast.everything(session))
    assert not [secret for secret in (*persons.SECRETS, "who are you") if secret in everything]
    with db.transaction() as session:
        erase.erase_campaign(session, campaign.id)  # again
        assert len(session.scalars(select(Member)).all()) == 4


def test_who_asks_is_erased_at_once_and_nobody_else(database: str) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        one, other = persons.adds_voice(session, campaign), persons.adds_voice(session, campaign, 1)
        persons.is_mailed(session, one, sent_at=None, due_at=db.clock(session))
    for _ in range(2):
        with db.transaction() as session:
            erase_members.erase_member(session, one.id)
    gone, stays = all_members()
    assert is_blank(gone)
    assert (gone.email_hmac, gone.mailbox_hmac, gone.stands) == (None, None, False)
    assert (stays.name, stays.stands) == (persons.NAMES[1], True)
    assert ended() == {(one.ref, 1)}
    with db.reading() as session:
        assert count_members(session, session.get_one(Campaign, campaign.id)) == 1
        assert session.scalars(select(Mail.id).where(Mail.due_at.is_not(None))).all() == []
        told = cast.everything(session)
    assert len([row for row in told["event"] if "voice_erased" in row]) == 1
    assert persons.NAMES[0] not in repr(told)
    assert other.email in repr(told)


@pytest.mark.parametrize("how", ["sent", "cancelled", "alone"])
def test_the_link_of_who_was_erased_says_what_became_of_the_letter(browser: TestClient, how: str) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        member = persons.adds_voice(session, campaign, language="fr")
        if how == "sent":
            cast.is_sealed(session, campaign)
            cast.the_letter_leaves(session, campaign)
    link = f"/v/{tokens.token(member, 'voice')}"
    assert browser.get(link).status_code == 200
    with db.transaction() as session:
        if how == "alone":
            erase_members.erase_member(session, member.id)
        else:
            erase.erase_campaign(session, campaign.id, give_up=how == "cancelled")
    page = browser.get(f"{link}?lang=en")
    assert page.status_code == 410
    assert "What we kept about you was erased" in page.text
    assert "your organization" not in page.text
    assert ("The letter was sent on" in page.text, "The letter was cancelled" in page.text) == {
        "sent": (True, False),
        "cancelled": (False, True),
        "alone": (False, False),
    }[how]
    assert "Ce que nous conservions sur vous" in browser.get(link).text
    assert browser.post(link, data={"choice": "add", "mail_code": tokens.mail_code(member)}).status_code == 410


def test_wishes_that_nobody_confirmed_are_blank_after_a_week_and_are_found_all_the_same(
    database: str, clock: Clock
) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        now = db.clock(session)
        old = persons.adds_voice(session, campaign, confirmed_at=None, at=now - 6 * A_DAY)
        confirmed = persons.adds_voice(session, campaign, 1, at=now - 30 * A_DAY)
        typed_again = persons.adds_voice(session, campaign, email="new@home.example", confirmed_at=None, at=now)
    tasks.due_now()
    assert not [one for one in all_members() if is_blank(one)]
    clock.advance(days=1, minutes=1)
    for _ in range(2):
        tasks.due_now()
        assert [one.id for one in all_members() if is_blank(one)] == [old.id]
    blank, *others = all_members()
    assert blank.generation == 2, "its link is dead"
    assert (blank.mailbox_hmac, blank.email_hmac) == (old.mailbox_hmac, old.email_hmac), "so that limits hold"
    assert [one.generation for one in others] == [1, 1]
    assert (confirmed.name, typed_again.id) == (persons.NAMES[1], others[1].id)


def test_the_sweep_reads_neither_all_voices_nor_all_wishes(database: str) -> None:
    def blanks(session: Session) -> None:
        erase_members.blank_unconfirmed(session, db.clock(session))

    assert "ix_member_unconfirmed" in plans(blanks, "UPDATE member")
    assert "ix_member_words_wait" in plans(alert_words.tell_of_words, "SELECT campaign.id")


def test_many_wishes_are_blanked_bit_by_bit(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erase_members, "AT_ONCE", 2)
    with db.transaction() as session:
        campaign, long_ago = a_campaign(session), db.clock(session) - 8 * A_DAY
        for number in range(5):
            persons.adds_voice(session, campaign, email=f"p{number}@home.example", confirmed_at=None, at=long_ago)
    for left in (3, 1, 0, 0):
        with db.transaction() as session:
            erase_members.blank_unconfirmed(session, db.clock(session))
        assert sum(not is_blank(one) for one in all_members()) == left


def test_a_launch_is_taken_back_with_whoever_asked_within_the_minute(database: str) -> None:
    with db.transaction() as session:
        campaign = a_campaign(session)
        member = persons.adds_voice(session, campaign, confirmed_at=None)
        persons.is_mailed(session, member, sent_at=None, attempts=0, reply=None, due_at=db.clock(session))
        persons.a_digest(session, campaign, member)
    with db.transaction() as session:
        launch.undo_launch(session, campaign.id)
    assert all_members() == []
