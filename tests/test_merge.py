"""Two lines of the list were one organization: what stands, who hears of it, which links work, what is printed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from tests.sql import statements
from worker import db, tokens
from worker.acts import (
    answer,
    check_code,
    contacts,
    correct_listing,
    disown,
    invite,
    merge,
    pass_on,
    receipts,
    remind,
    unsubscribe,
)
from worker.acts.answer import AnswerInput, Statement
from worker.acts.correct_listing import Listing
from worker.acts.third_party_limits import Person
from worker.mail.mime import Message, NothingToSay
from worker.models import Answer, AuditEvent, Campaign, Contact, ListingChange, Mail, Partner, ThirdPartyAddress
from worker.state import links, recipients
from worker.state.answers import standing_answer
from worker.state.counts import load_counts
from worker.state.links import Link
from worker.state.partner_changes import Merged
from worker.state.refusals import Closed, Erased, Refused, SamePartner
from worker.state.signatories import load_renditions
from worker.state.status import load_status
from worker.wording import mails

FIRST, SECOND = "first@twins.example", "second@twins.example"
SAID = Statement(representative="Ada", role="Chair")
WAYS = ["silent", "public", "addressee", "counted", "decline", "withdraw", "change"]
SHOWS = {"silent": 9, "public": 4, "addressee": 3, "counted": 2, "change": 1, "decline": 0, "withdraw": 0}


@pytest.fixture
def campaign(database: str) -> Campaign:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=("River Watch",))
        for partner, email in ((campaign.partners[0], FIRST), (campaign.partners[2], SECOND)):
            partner.email, partner.email_hmac, partner.country = email, tokens.fingerprint(email), "USA"
        return campaign


@pytest.fixture
def twins(campaign: Campaign) -> tuple[int, int]:
    """Both were invited, and their invitations arrived."""
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign.id)
        session.execute(update(Mail).values(sent_at=db.clock(session), due_at=None))
    return campaign.partners[0].id, campaign.partners[2].id


@pytest.fixture
def browser(database: str, notified: list[Any]) -> TestClient:
    from worker.web.app import make_app

    return TestClient(make_app(), follow_redirects=False)


def act(do: Callable[[Session], Any]) -> Any:
    with db.transaction() as session:
        return do(session)


def gives(partner_id: int, way: str, link: Link | None = Link(1)) -> None:
    """Answer in one of the ways; who withdraws has signed before."""
    known: dict[str, list[tuple[Any, Any]]] = {
        "silent": [],
        "decline": [("decline", None)],
        "change": [("change", None)],
        "withdraw": [("sign", "public"), ("withdraw", None)],
    }
    for choice, visibility in known.get(way, [("sign", way)]):
        said = SAID if choice == "sign" else Statement(reason="no")
        given = [AnswerInput(partner_id, choice, visibility, said, link)]
        with db.transaction() as session:
            (result,) = answer.record_answers(session, given)
        assert not isinstance(result, Refused)


def merged(twins: tuple[int, int]) -> Merged:
    done: Merged = act(lambda s: merge.merge_partners(s, *twins))
    return done


def mail_leaves(campaign: Campaign) -> list[tuple[str, str, Message]]:
    """All that waits is worded: its kind, where it goes, what it says."""
    left = []
    with db.transaction() as session:
        receipts.put_receipts(session, campaign.id)
        for mail in session.scalars(select(Mail).where(Mail.due_at.is_not(None)).order_by(Mail.id)).all():
            mail.due_at = None
            try:
                message = mails.word_mail(session, mail)
            except NothingToSay:
                mail.cancelled_at = db.clock(session)
            else:
                mail.sent_at = db.clock(session)
                left.append((mail.kind, message.to, message))
    return left


def told(left: list[tuple[str, str, Message]], kind: str = "merged") -> list[str]:
    return sorted(to for its, to, _ in left if its == kind)


def holder_of(token: str) -> Any:
    return links.find_partners([tokens.read_token(token)])[0]


def token_of(partner_id: int) -> str:
    with db.reading() as session:
        return tokens.token(session.get_one(Partner, partner_id))


def only_contact(partner_id: int) -> Contact:
    with db.reading() as session:
        return session.scalars(select(Contact).where(Contact.partner_id == partner_id)).one()


@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("first", WAYS)
def test_the_answer_that_shows_less_stands_and_all_is_counted_and_printed_once(
    first: str, second: str, twins: tuple[int, int], campaign: Campaign
) -> None:
    kept_id, merged_id = twins
    old = [token_of(one) for one in twins]
    gives(kept_id, first)
    gives(merged_id, second)
    mail_leaves(campaign)

    done = merged(twins)

    expected = min((first, second), key=lambda way: SHOWS[way])
    with db.reading() as session:
        standing = standing_answer(session, kept_id)
        got = "silent" if standing is None else standing.visibility or standing.choice
        assert SHOWS[got] == SHOWS[expected]
        assert got in {first, second}
        now = session.get_one(Campaign, campaign.id)
        assert session.get(Partner, merged_id) is None
        for model in (Answer, Mail, Contact, AuditEvent, ThirdPartyAddress):
            left: Any = model
            assert not session.scalars(select(left).where(left.partner_id == merged_id)).all()
        printed = load_renditions(session, now)
        named = ["River Watch"] if expected == "public" else []
        assert [one.organization for one in printed["public"].named] == named
        assert printed["addressee"].count == (expected in {"public", "addressee", "counted"})
        status = load_status(session, now)
        assert len(status.partners) == load_counts(session, now).partners == 2
        assert status.counts == load_counts(session, now)
    assert (done.stands is None) == (expected == "silent")
    assert (done.falls is None) == ("silent" in {first, second})
    assert [holder_of(token).id for token in old] == [kept_id, kept_id]
    assert [holder_of(token).contact_id for token in old] == [None, only_contact(kept_id).id]

    left_mails = mail_leaves(campaign)
    assert told(left_mails) == [FIRST, SECOND]
    assert {to for _, to, _ in left_mails} == {FIRST, SECOND}, "nothing else goes out for it"
    assert len(left_mails) == 2
    for _, to, message in left_mails:
        assert old[to == SECOND] in message.text
        assert old[to == FIRST] not in message.text
        assert (FIRST if to == SECOND else SECOND) not in message.text


@pytest.mark.parametrize("whose", [0, 1])
@pytest.mark.parametrize("second", WAYS)
@pytest.mark.parametrize("first", ["silent", "public", "decline"])
def test_whoever_disowns_it_afterwards_by_either_link_ends_all_of_them(
    first: str, second: str, whose: int, twins: tuple[int, int], campaign: Campaign
) -> None:
    gives(twins[0], first)
    gives(twins[1], second)
    old = [token_of(one) for one in twins]
    merged(twins)
    mail_leaves(campaign)

    link = holder_of(old[whose]).link
    if first == second == "silent":
        return
    act(lambda s: disown.disown_answer(s, twins[0], link=link))

    assert [holder_of(token) for token in old] == [None, None]
    with db.reading() as session:
        assert standing_answer(session, twins[0]) is None
        now = session.get_one(Campaign, campaign.id)
        assert load_renditions(session, now)["addressee"].count == 0
    assert told(mail_leaves(campaign), "invitation") == [FIRST], "a new link comes to whom the organizers registered"


@pytest.mark.parametrize("whose", [0, 1])
def test_either_link_answers_for_the_one_that_is_left(
    whose: int, twins: tuple[int, int], campaign: Campaign, browser: TestClient
) -> None:
    old = [token_of(one) for one in twins]
    with db.reading() as session:
        codes = [tokens.mail_code(session.get_one(Partner, one)) for one in twins]
    gives(twins[1], "public")
    merged(twins)
    page = browser.get(f"/s/{old[whose]}")
    assert page.status_code == 200
    assert "River Watch" in page.text

    form = {"choice": "withdraw", "mail_code": codes[whose]}
    assert browser.post(f"/s/{old[whose]}", data=form).status_code in {200, 303}

    with db.reading() as session:
        standing = standing_answer(session, twins[0])
        assert standing is not None
        assert standing.choice == "withdraw"
        assert (standing.contact_id is None) == (whose == 0)


def test_wrong_codes_of_both_links_are_counted_together(twins: tuple[int, int]) -> None:
    with db.transaction() as session:
        session.get_one(Partner, twins[0]).wrong_codes = 3
        session.get_one(Partner, twins[1]).wrong_codes = 49
    merged(twins)
    contact = only_contact(twins[0])
    typed = check_code.SixDigits(twins[0], bytes(contact.ref), contact.generation, "not it")

    with db.transaction() as session:
        verdicts = check_code.compare_codes(session, Partner, [typed, typed])
        check_code.count_wrong(session, Partner, [typed, typed], verdicts)

    assert verdicts == ["last", "spent"]


def test_what_an_organizer_silenced_stays_silent_and_nobody_is_told(twins: tuple[int, int], campaign: Campaign) -> None:
    act(lambda s: unsubscribe.silence_partner(s, twins[1]))

    assert merged(twins).told == 0

    assert mail_leaves(campaign) == []
    with db.reading() as session:
        assert session.get_one(Partner, twins[0]).silenced_at is not None


def test_who_wanted_no_mail_is_told_of_this_and_of_nothing_else(twins: tuple[int, int], campaign: Campaign) -> None:
    for one in twins:
        with db.transaction() as session:
            unsubscribe.unsubscribe_reader(session, one, link=Link(1))
    mail_leaves(campaign)
    merged(twins)

    assert told(mail_leaves(campaign)) == [FIRST, SECOND]
    with db.reading() as session:
        kept = session.get_one(Partner, twins[0])
        assert kept.quiet_at is not None
    assert only_contact(twins[0]).quiet_at is not None


def test_only_one_of_them_is_reminded(twins: tuple[int, int], campaign: Campaign) -> None:
    merged(twins)
    mail_leaves(campaign)

    with db.transaction() as session:
        silent = session.scalars(recipients.select_silent(session.get_one(Campaign, campaign.id))).all()
        assert sorted(one.id for one in silent) == sorted({one.id for one in campaign.partners} - {twins[1]})
        remind.remind_now(session, campaign.id)
    assert SECOND not in told(mail_leaves(campaign), "reminder")


def test_an_invitation_that_never_left_is_put_for_the_one_that_is_left(campaign: Campaign) -> None:
    twins = campaign.partners[0].id, campaign.partners[2].id
    with db.transaction() as session:
        invite.enqueue_invitations(session, campaign.id)
        its = Mail.partner_id == twins[1]
        session.execute(update(Mail).where(its).values(sent_at=db.clock(session), due_at=None))
    with db.transaction() as session:
        session.execute(update(Mail).where(Mail.partner_id == twins[0]).values(key="gone", kind="silence", due_at=None))
    merged(twins)

    with db.reading() as session:
        asked = session.execute(recipients.select_not_yet_asked(session.get_one(Campaign, campaign.id))).all()
    assert [one.id for one in asked] == [twins[0]]


def test_mail_goes_to_whom_it_reaches(twins: tuple[int, int], campaign: Campaign) -> None:
    """The first has no address: the second's is the registered one, and each link stays whose it was."""
    with db.transaction() as session:
        first = session.get_one(Partner, twins[0])
        first.email, first.email_hmac = "", None
    gives(twins[1], "public")
    mail_leaves(campaign)
    old = [token_of(one) for one in twins]

    assert merged(twins).registered_is_merged

    with db.reading() as session:
        kept = session.get_one(Partner, twins[0])
        assert (kept.email, kept.organization) == (SECOND, "River Watch")
        standing = standing_answer(session, kept.id)
        assert standing is not None
        assert standing.contact_id is None
    assert [holder_of(token).contact_id for token in old] == [only_contact(twins[0]).id, None]
    assert told(mail_leaves(campaign)) == [SECOND]


def test_one_address_gets_every_mail_once(twins: tuple[int, int], campaign: Campaign) -> None:
    with db.transaction() as session:
        second = session.get_one(Partner, twins[1])
        second.email, second.email_hmac = FIRST, tokens.fingerprint(FIRST)
    gives(twins[1], "public")
    mail_leaves(campaign)
    old = [token_of(one) for one in twins]
    merged(twins)

    assert told(mail_leaves(campaign)) == [FIRST]
    assert [holder_of(token).id for token in old] == [twins[0], twins[0]]
    gives(twins[0], "counted")
    assert told(mail_leaves(campaign), "receipt") == [FIRST]


def test_further_contacts_and_what_was_passed_on_come_along(twins: tuple[int, int], campaign: Campaign) -> None:
    chair = act(lambda s: pass_on.pass_invitation_on(s, twins[1], Person("chair@t.example", "fr"), link=Link(1)))
    act(lambda s: contacts.add_contact(s, twins[0], "kim@t.example", language="en"))
    gives(twins[1], "public", Link(chair.generation, chair.id))
    mail_leaves(campaign)
    act(lambda s: pass_on.pass_invitation_on(s, twins[1], Person("more@t.example", "fr"), link=Link(1)))

    merged(twins)

    left = mail_leaves(campaign)
    assert told(left) == ["chair@t.example", FIRST, SECOND], "whoever answered hears of it too"
    assert told(left, "was_passed_on") == [SECOND], "an alert that waited is not lost"
    assert told(left, "passed_on") == ["more@t.example"]
    with db.reading() as session:
        assert len(contacts.load_living(session, twins[0])) == 4
        kept = session.get_one(Partner, twins[0])
        assert kept.passed_on_at is not None


def test_how_the_second_was_to_be_printed_is_forgotten(twins: tuple[int, int], campaign: Campaign) -> None:
    wanted = Listing("River Watchers", "SHAM", "France")
    act(lambda s: correct_listing.change_listing(s, twins[1], wanted, link=Link(1)))
    gives(twins[1], "public")

    merged(twins)

    assert told(mail_leaves(campaign), "listing") == []
    with db.reading() as session:
        kept = session.get_one(Partner, twins[0])
        assert (kept.organization, kept.acronym, kept.country, kept.proposed) == ("River Watch", "RW", "USA", None)
        assert session.scalars(select(ListingChange)).all() == []
    act(lambda s: disown.disown_answer(s, twins[0], link=Link(1)))
    with db.reading() as session:
        assert session.get_one(Partner, twins[0]).acronym == "RW"


def test_after_the_deadline_nothing_becomes_one(twins: tuple[int, int], campaign: Campaign) -> None:
    with db.transaction() as session:
        cast.passes_its_deadline(session, session.get_one(Campaign, campaign.id), closed=False)
    with pytest.raises(Closed) as refused:
        merged(twins)
    assert refused.value.facts["number"] == twins[1]


def test_one_does_not_become_one_with_itself_or_with_what_was_erased(twins: tuple[int, int]) -> None:
    with pytest.raises(SamePartner):
        merged((twins[0], twins[0]))
    with db.transaction() as session:
        session.get_one(Partner, twins[1]).erased_at = db.clock(session) - timedelta(hours=1)
    with pytest.raises(Erased):
        merged(twins)


def test_three_become_one_one_after_the_other(twins: tuple[int, int], campaign: Campaign) -> None:
    third = campaign.partners[1].id
    for one, way in ((twins[0], "counted"), (twins[1], "public"), (third, "addressee")):
        gives(one, way)
    mail_leaves(campaign)
    merged(twins)
    merged((third, twins[0]))

    with db.reading() as session:
        standing = standing_answer(session, third)
        assert standing is not None
        assert standing.visibility == "counted"
        assert len(contacts.load_living(session, third)) == 2
        assert load_renditions(session, session.get_one(Campaign, campaign.id))["public"].count == 1


def test_it_takes_a_bounded_number_of_statements(twins: tuple[int, int], campaign: Campaign) -> None:
    gives(twins[0], "public")
    gives(twins[1], "counted")
    with statements() as made, db.transaction() as session:
        merge.merge_partners(session, *twins)
    assert len(made) <= 36
