"""How many SQL statements an act or a look takes: facts are read once, whatever the number of partners."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast, voices
from tests.definitions import a_definition
from tests.sql import statements
from worker import db, tokens
from worker.acts import add_partners, answer, close, dispatch, extend, invite, launch, receipts, report
from worker.acts.answer import Statement
from worker.acts.invite import BATCH
from worker.definition.additions import Additions
from worker.definition.partners import PartnerRow
from worker.mail import outbox
from worker.models import Answer, Campaign, Contact, Mail, Partner
from worker.state.disclosures import load_notices
from worker.state.letters import load_letters
from worker.state.status import load_status
from worker.web import key_gate
from worker.wording import export

pytestmark = pytest.mark.usefixtures("database")


def a_campaign_of(number: int, slug: str = "dam") -> int:
    """So many partners, a third of which signs in each way."""
    with db.transaction() as session:
        campaign = cast.a_campaign(
            session, slug=f"{slug}-{number}", partners=tuple(f"Organization {n}" for n in range(number - 2))
        )
        partners = list(campaign.partners)
        letter = campaign.letter
        now = db.clock(session)
        for place, partner in enumerate(partners):
            visibility = ("public", "addressee", "counted")[place % 3]
            session.add(
                Answer(
                    partner_id=partner.id,
                    letter_id=letter.id,
                    choice="sign",
                    visibility=visibility,
                    representative="B",
                    role="C",
                    reason="",
                    language="en",
                    channel="link",
                    note="",
                    at=now,
                    passage="",
                )
            )
        return campaign.id


def passes_its_deadline(campaign_id: int) -> None:
    with db.transaction() as session:
        cast.passes_its_deadline(session, session.get_one(Campaign, campaign_id), closed=False)


def test_closing_and_dispatching_read_the_facts_once() -> None:
    campaign_id = a_campaign_of(60)
    passes_its_deadline(campaign_id)

    with statements() as closing:
        assert close.close_and_seal(campaign_id)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        campaign.definition = campaign.definition | {"review": 0}
    with statements() as dispatching, db.transaction() as session:
        assert dispatch.dispatch_seal(session, campaign_id) == 1

    assert len(closing) <= 30  # three looks: one closes, one reads the list, one seals what was rendered
    assert len(dispatching) <= 13


def test_a_long_list_becomes_partners_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that neither a launch nor an addition holds all of it in memory once more, and for SQL yet again."""
    monkeypatch.setattr(launch, "_AT_ONCE", 3)
    rows = [PartnerRow(f"River {name}", email=f"{name}@rivers.example".lower()) for name in "ABCDEFG"]
    more = Additions("more.csv", [PartnerRow(f"Lake {name}") for name in "HIJK"], range(1, 5))

    with statements() as launching, db.transaction() as session:
        campaign = launch.launch_campaign(session, a_definition(rows, db.clock(session)))
        campaign_id = campaign.id
    with statements() as adding, db.transaction() as session:
        add_partners.add_new_partners(session, campaign_id, more)

    assert [sum("INTO partner " in one for one in seen) for seen in (launching, adding)] == [3, 2]
    with db.reading() as session:
        partners = session.scalars(select(Partner).order_by(Partner.id)).all()
        assert [one.organization for one in partners] == [one.organization for one in (*rows, *more.rows)]
        assert [one.email for one in partners[:2]] == ["a@rivers.example", "b@rivers.example"]
        assert [one.added_at is None for one in partners] == [True] * 7 + [False] * 4


def test_an_export_reads_no_more_than_it_prints() -> None:
    """No address and no note is decrypted for it."""
    campaign_id = a_campaign_of(8)

    with statements() as reading, db.reading() as session:
        assert len(export.signatures(session, session.get_one(Campaign, campaign_id))) == 8

    read = "".join(one for one in reading if "FROM answer" in one)
    assert "answer.representative" in read
    assert not any(one in read for one in ("partner.email", "partner.contact", "partner.note", "answer.reason"))


def test_what_is_only_tried_counts_its_mails_and_writes_none() -> None:
    """Answers wait for whoever looks at what an act would do."""
    campaign_id = a_campaign_of(8)
    with db.transaction() as session:
        campaign, now = session.get_one(Campaign, campaign_id), db.clock(session)
        outbox.put(session, [outbox.to_partner("invitation", campaign, one, "1", now) for one in campaign.partners])
        session.execute(update(Mail).values(sent_at=now, due_at=None))
        deadline = campaign.deadline_at + timedelta(days=1)
    with statements() as seen, db.transaction() as session:
        session.info["trying"] = True
        told = extend.move_deadline(session, campaign_id, deadline)
        again = [outbox.to_partner("invitation", campaign, one, "1", now) for one in campaign.partners]
        new = outbox.to_partner("invitation", campaign, campaign.partners[0], "2", now)
        assert outbox.put_unless_tried(session, [*again, new, new]) == 1
        session.rollback()

    assert not any("INTO mail" in one for one in seen)
    with db.transaction() as session:
        assert extend.move_deadline(session, campaign_id, deadline) == told == 8


def test_receipts_and_copies_for_a_full_group_take_as_many_statements_as_for_one() -> None:
    """Nor does any of them read who a partner is, or who spoke for it, which would be decrypted."""
    campaign_id = a_campaign_of(BATCH + 1)
    puts = [lambda session: receipts.put_receipts(session, campaign_id)]
    puts += [lambda session: report.put_copies(session, campaign_id)]
    for put, besides in zip(puts, (0, 1), strict=True):
        (mails, full), (rest, last) = [counted(put) for _ in range(2)]
        assert (mails, rest) == (BATCH, 1 + besides)  # the organizers' report comes with the last copies
        assert full == last <= 10 + besides
        with db.transaction() as session:
            cast.the_letter_leaves(session, session.get_one(Campaign, campaign_id))


def counted(put: Callable[[Session], int]) -> tuple[int, int]:
    """How many mails were put, and by how many statements."""
    with statements() as seen, db.transaction() as session:
        mails = put(session)
    assert not any(column in one for one in seen for column in ("partner.email,", "partner.contact", "representative"))
    return mails, len(seen)


def looks_at_status(campaign_id: int) -> int:
    with statements() as seen, db.reading() as session:
        load_status(session, session.get_one(Campaign, campaign_id))
    return len(seen)


def half_step_back(session: Session, campaign: Campaign) -> None:
    signers = session.scalars(select(Partner.id).where(Partner.campaign_id == campaign.id).order_by(Partner.id)).all()
    for partner_id in signers[::2]:
        answer.withdraw(session, partner_id, Statement())


def have_contacts(session: Session, campaign: Campaign) -> None:
    """Each partner has one more contact, who has a mail."""
    now = db.clock(session)
    for partner in campaign.partners:
        contact = Contact(
            partner_id=partner.id,
            ref=tokens.new_ref(),
            generation=1,
            language="en",
            name="",
            email="chair@partner.example",
            added_by="organizer",
            added_at=now,
        )
        session.add(contact)
        session.flush()
        outbox.put(session, [outbox.to_contact("passed_on", campaign, contact, "1", now)])


@pytest.mark.parametrize("after_the_letter", [False, True])
def test_status_takes_as_many_statements_for_six_hundred_partners_as_for_six(after_the_letter: bool) -> None:
    counted = {}
    for number in (6, 600):
        campaign_id = a_campaign_of(number)
        with db.transaction() as session:
            invite.enqueue_invitations(session, campaign_id)
            have_contacts(session, session.get_one(Campaign, campaign_id))
            if after_the_letter:
                campaign = session.get_one(Campaign, campaign_id)
                cast.the_letter_leaves(session, campaign)
        if after_the_letter:
            with db.transaction() as session:
                half_step_back(session, session.get_one(Campaign, campaign_id))
        counted[number] = looks_at_status(campaign_id)

    assert counted[6] == counted[600] <= 28


def test_status_takes_as_many_statements_for_six_hundred_persons_as_for_six() -> None:
    """Nor does it read any of them, or the mails to them, one by one."""
    counted = {}
    for number in (6, 600):
        campaign_id = a_campaign_of(number=6, slug=f"persons-{number}")
        with db.transaction() as session:
            campaign = session.get_one(Campaign, campaign_id)
            campaign.definition = campaign.definition | {"members": "named", "public_page": "from launch"}
            voices.many(session, campaign, number, words="Our well", appearance="named")
            cast.the_letter_leaves(session, campaign)
        with statements() as seen, db.reading() as session:
            status = load_status(session, session.get_one(Campaign, campaign_id))
        counted[number] = len(seen)
        assert status.members.counts.words_waiting == number
        assert not any("|| member." in one for one in seen), "what is encrypted"

    assert counted[6] == counted[600] <= 33


def test_notices_take_as_many_statements_for_two_hundred_as_for_two() -> None:
    counted = {}
    for number in (4, 400):
        campaign_id = a_campaign_of(number)
        with db.transaction() as session:
            cast.the_letter_leaves(session, session.get_one(Campaign, campaign_id))
        with db.transaction() as session:
            half_step_back(session, session.get_one(Campaign, campaign_id))
        with statements() as seen, db.reading() as session:
            campaign = session.get_one(Campaign, campaign_id)
            assert load_notices(session, campaign, load_letters(session, campaign))
        counted[number] = len(seen)

    assert counted[4] == counted[400] <= 7


def test_an_answer_takes_eight_statements() -> None:
    campaign_id = a_campaign_of(3)
    with db.reading() as session:
        partner_id = session.scalars(select(Partner.id).where(Partner.campaign_id == campaign_id)).first()
    assert partner_id is not None

    with statements() as seen, db.transaction() as session:
        answer.decline(session, partner_id, Statement())

    assert len([one for one in seen if not one.startswith("BEGIN")]) <= 9
    with db.reading() as session:
        assert session.scalars(select(Mail)).all() == []


@pytest.mark.parametrize(
    ("path", "open", "closed", "again"),
    [("", 6, 11, 5), ("/not-us", 4, 7, 7), ("/row", 5, 7, 7), ("/pass-on", 4, 7, 7)],
)
def test_a_page_behind_a_link_reads_once_where_its_partner_stands(
    path: str, open: int, closed: int, again: int, browser: TestClient
) -> None:
    campaign_id = a_campaign_of(3)
    with db.reading() as session:
        partner = session.scalars(select(Partner).where(Partner.campaign_id == campaign_id)).first()
    assert partner is not None

    def counts_a_look() -> int:
        with statements() as seen:
            assert browser.get(f"/s/{tokens.token(partner)}{path}").status_code in {200, 303}
        return len([one for one in seen if not one.startswith("BEGIN")])

    key_gate.require_key()  # which a process asks once a minute
    assert counts_a_look() <= open
    passes_its_deadline(campaign_id)
    assert close.close_and_seal(campaign_id)
    assert counts_a_look() <= closed
    assert counts_a_look() <= again


def test_the_public_page_takes_as_many_statements_for_six_hundred_names_as_for_six(browser: TestClient) -> None:
    counted = {}
    for number in (6, 600):
        campaign_id = a_campaign_of(number)
        with db.transaction() as session:
            campaign = session.get_one(Campaign, campaign_id)
            campaign.definition = campaign.definition | {"public_page": "after dispatch"}
            cast.the_letter_leaves(session, campaign)
            slug = campaign.slug
        with statements() as seen:
            assert browser.get(f"/c/{slug}").status_code == 200
        counted[number] = len([one for one in seen if not one.startswith("BEGIN")])

    assert counted[6] == counted[600] <= 4
