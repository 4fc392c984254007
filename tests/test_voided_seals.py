"""What was sealed before somebody stepped back is kept by nobody: numbers, moments and hashes stay, its bytes go."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests import cast
from tests.two_addressees import a_campaign_with_two_addressees, a_letter_goes
from worker import db, migrations
from worker.acts import answer, close, correct_address, disown, dispatch, take_out
from worker.acts.answer import Statement
from worker.acts.report import put_copies
from worker.mail import outbox
from worker.migrations import tables
from worker.models import AuditEvent, Campaign, Mail, Partner, Seal, Visibility
from worker.state.letters import load_seals
from worker.wording.mails import word_mail

pytestmark = pytest.mark.usefixtures("database")
PUBLIC, NAMED, COUNTED, LEAVING = "Alder", "Birch", "Cedar", "Willow"
VISIBILITIES: dict[str, Visibility] = {PUBLIC: "public", NAMED: "addressee", COUNTED: "counted", LEAVING: "public"}
BOTH, NONE = {"public", "addressee"}, set[str]()


@pytest.fixture
def campaign_id() -> int:
    """Two addressees, and a letter that is sealed and nobody has."""
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session, partners=tuple(VISIBILITIES))
        for partner in campaign.partners:
            if partner.organization in VISIBILITIES:
                cast.signs(session, partner, VISIBILITIES[partner.organization])
        cast.passes_its_deadline(session, campaign, closed=False)
    assert close.close_and_seal(campaign.id) == 1
    return campaign.id


def partner_id(session: Session, name: str) -> int:
    return session.scalars(select(Partner.id).where(Partner.organization == name)).one()


def withdraws(name: str) -> None:
    with db.transaction() as session:
        answer.withdraw(session, partner_id(session, name), Statement())


def goes(campaign_id: int, to: int, state: str, seal: int = 1) -> None:
    with db.transaction() as session:
        a_letter_goes(session, session.get_one(Campaign, campaign_id), to, state, seal=seal)


def kept(number: int) -> set[str]:
    """Which renditions of a seal still have bytes, all of them alike."""
    with db.reading() as session:
        rows = session.execute(select(Seal.rendition, Seal.content != b"").where(Seal.number == number)).all()
    of_each = {rendition: {has for one, has in rows if one == rendition} for rendition, _ in rows}
    assert all(len(has) == 1 for has in of_each.values())
    return {rendition for rendition, has in of_each.items() if has == {True}}


def copied(campaign_id: int) -> list[list[str]]:
    """What each copy brings to who signed."""
    with db.transaction() as session:
        put_copies(session, campaign_id)
        found = session.scalars(select(Mail).where(Mail.kind == "copy")).all()
        return [[one.name for one in word_mail(session, mail).attachments] for mail in found]


@pytest.mark.parametrize("name", [NAMED, COUNTED, LEAVING])
def test_a_name_that_was_taken_back_before_the_letter_left_stands_in_no_seal(campaign_id: int, name: str) -> None:
    with db.reading() as session:
        sealed = session.execute(select(Seal.id, Seal.sha256, Seal.sealed_at).order_by(Seal.id)).all()

    withdraws(name)

    assert kept(1) == NONE
    with db.reading() as session:
        assert session.execute(select(Seal.id, Seal.sha256, Seal.sealed_at).order_by(Seal.id)).all() == sealed
        assert [(one.number, one.voided_at is not None) for one in load_seals(session, [campaign_id])] == [(1, True)]
        assert session.scalars(select(AuditEvent.detail).where(AuditEvent.what == "seal_voided")).all() == ["1"]
    assert close.close_and_seal(campaign_id) == 2
    assert kept(2) == BOTH


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("act", [disown.disown_answer, take_out.take_out_partner])
def test_so_it_is_whoever_takes_it_back(campaign_id: int, act: object) -> None:
    with db.transaction() as session:
        act(session, partner_id(session, LEAVING))  # type: ignore[operator]

    assert kept(1) == NONE


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_act_that_fails_leaves_the_seal_whole(campaign_id: int) -> None:
    class Fails(Exception):
        pass

    def withdraws_and_fails() -> None:
        with db.transaction() as session:
            answer.withdraw(session, partner_id(session, LEAVING), Statement())
            raise Fails

    with pytest.raises(Fails):
        withdraws_and_fails()

    assert kept(1) == BOTH


@pytest.mark.parametrize("state", ["in data", "uncertain", "sent"])
def test_what_an_addressee_has_is_kept_for_the_copies_in_public_until_it_names_somebody_too_many(
    campaign_id: int, state: str
) -> None:
    goes(campaign_id, 0, state)

    withdraws(COUNTED)
    assert kept(1) == {"public"}
    assert close.close_and_seal(campaign_id) == 2
    assert kept(2) == BOTH

    withdraws(LEAVING)
    assert kept(1) == kept(2) == NONE


def test_copies_bring_what_the_first_has_although_it_was_voided_for_the_second(campaign_id: int) -> None:
    goes(campaign_id, 0, "sent")
    withdraws(NAMED)

    assert copied(campaign_id) == [["letter.pdf", "letter.en.txt"]] * 3


def test_copies_go_without_it_once_nobody_keeps_it(campaign_id: int) -> None:
    goes(campaign_id, 0, "sent")
    withdraws(LEAVING)

    assert copied(campaign_id) == [[]] * 3


def test_who_steps_back_after_all_have_the_letter_is_in_no_voided_seal_either(campaign_id: int) -> None:
    goes(campaign_id, 0, "sent")
    withdraws(COUNTED)
    assert close.close_and_seal(campaign_id) == 2
    goes(campaign_id, 1, "sent", seal=2)
    assert kept(1) == {"public"}

    withdraws(LEAVING)

    assert kept(1) == NONE
    assert kept(2) == BOTH, "what left is erased with its campaign"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_mail_about_a_seal_that_was_voided_says_its_words_without_it(campaign_id: int) -> None:
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        outbox.put(session, [outbox.to_organizers("waiting", campaign, "seal-1", db.clock(session), seal_number=1)])
    withdraws(COUNTED)

    with db.reading() as session:
        [mail] = session.scalars(select(Mail).where(Mail.kind == "waiting"))
        assert word_mail(session, mail).attachments == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_address_that_is_corrected_leaves_nothing_of_what_was_printed_otherwise(campaign_id: int) -> None:
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        correct_address._void_what_is_printed_otherwise(session, campaign, db.clock(session))

    assert kept(1) == NONE


@pytest.mark.parametrize("state", ["due", "uncertain"])
def test_seals_that_were_voided_before_are_emptied_by_the_upgrade(campaign_id: int, state: str) -> None:
    """As a database had them: voided, with all their bytes."""
    goes(campaign_id, 0, state)
    with db.reading() as session:
        whole = {one.id: one.content for one in session.scalars(select(Seal))}
    withdraws(COUNTED)
    assert close.close_and_seal(campaign_id) == 2
    as_before(whole)
    assert kept(1) == BOTH

    migrations.upgrade()

    assert kept(1) == ({"public"} if state == "uncertain" else NONE)
    assert kept(2) == BOTH
    withdraws(LEAVING)
    as_before(whole)

    migrations.upgrade()

    assert kept(1) == NONE
    with db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign_id) == 0


def as_before(whole: dict[int, bytes]) -> None:
    """Put the bytes back, in a database of the revision before."""
    from alembic import command

    with db.transaction() as session:
        for seal_id, content in whole.items():
            session.get_one(Seal, seal_id).content = content
    with migrations.alone() as connection:
        connection.execute(text("ALTER TABLE event DROP COLUMN page_key"))  # of 0018
        command.stamp(tables.config(connection), "0016")
