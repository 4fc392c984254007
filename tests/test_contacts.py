"""Further contacts of a partner: who hears of what, whose links live, and what a mail that waited may still bring."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import cast
from worker import db, tokens
from worker.acts import (
    answer,
    close,
    contacts,
    correct_address,
    correct_listing,
    disown,
    erase,
    extend,
    pass_on,
    receipts,
    report,
    unsubscribe,
)
from worker.acts.answer import AnswerInput, Statement
from worker.acts.correct_listing import Listing
from worker.acts.third_party_limits import Person
from worker.mail import kinds, outbox
from worker.mail.delivery import Ready
from worker.mail.mime import Message, NothingToSay
from worker.models import Campaign, Contact, ListingChange, Mail, Partner, Seal, Suppression
from worker.state import links
from worker.state.answers import standing_answer
from worker.state.links import Link
from worker.state.refusals import LinkRevoked, NoSuchContact, Refused, SameAddress, Silenced
from worker.text import names
from worker.wording import mails
from worker.wording.composing import compose_batch as compose

CHAIR, COLLEAGUE = "chair@partner.example", "colleague@partner.example"
SAID = Statement(representative="Ada", role="Chair")
REGISTERED = Link(1)
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def campaign(database: str) -> Campaign:
    with db.transaction() as session:
        return cast.a_campaign(session)


@pytest.fixture
def river_watch(campaign: Campaign) -> Partner:
    return campaign.partners[0]


@pytest.fixture
def browser(database: str, notified: list[Any]) -> TestClient:
    from worker.web.app import make_app

    return TestClient(make_app(), follow_redirects=False)


def act(do: Callable[[Session], Any]) -> Any:
    with db.transaction() as session:
        return do(session)


def gives(link: Link | None, choice: Any, visibility: Any = None, partner_id: int = 1) -> Callable[[Session], Any]:
    def give(session: Session) -> None:
        said = SAID if choice == "sign" else Statement(reason="no")
        (result,) = answer.record_answers(session, [AnswerInput(partner_id, choice, visibility, said, link)])
        if isinstance(result, Refused):
            raise result

    return give


def is_passed_on(link: Link = REGISTERED, to: str = CHAIR, language: str = "en") -> Link:
    contact = act(lambda s: pass_on.pass_invitation_on(s, 1, Person(to, language), link=link))
    return Link(contact.generation, contact.id)


def is_added(email: str = COLLEAGUE, language: str = "fr") -> Link:
    contact = act(lambda s: contacts.add_contact(s, 1, email, language=language, name="Kim Ray"))
    return Link(contact.generation, contact.id)


def mail_leaves() -> list[tuple[str, str, Message]]:
    """Everything that waits for somebody of the first partner is worded: its kind, where it goes, what it says."""
    left = []
    with db.transaction() as session:
        receipts.put_receipts(session, 1)
        waiting = select(Mail).where(Mail.partner_id == 1, Mail.due_at.is_not(None)).order_by(Mail.id)
        for mail in session.scalars(waiting).all():
            mail.due_at = None
            try:
                message = mails.word_mail(session, mail)
            except NothingToSay:
                mail.cancelled_at = db.clock(session)
            else:
                mail.sent_at = db.clock(session)
                left.append((mail.kind, message.to, message))
    return left


def told(left: list[tuple[str, str, Message]]) -> list[tuple[str, str]]:
    return sorted((kind, "registered" if to.startswith("box") else to) for kind, to, _ in left)


def living(link: Link) -> bool:
    with db.reading() as session:
        owner: Any = session.get_one(Contact, link.contact_id) if link.contact_id else session.get_one(Partner, 1)
        holder = links.find_partners([(bytes(owner.ref), link.generation)])[0]
    return isinstance(holder, links.Holder) and holder.link == link


# Silence. The rows: what is done; the columns: who asked for silence; the cells: what the registered contact is told.

ACTS: dict[str, tuple[Callable[[Session], Any], list[str]]] = {
    "signs publicly": (gives(REGISTERED, "sign", "public"), ["receipt"]),
    "signs for the addressee": (gives(REGISTERED, "sign", "addressee"), ["receipt"]),
    "signs uncounted": (gives(REGISTERED, "sign", "counted"), ["receipt"]),
    "declines": (gives(REGISTERED, "decline"), []),
    "wishes a change": (gives(REGISTERED, "change"), []),
    "is printed otherwise": (
        lambda s: correct_listing.change_listing(s, 1, Listing("River Watch", "SHAM", "USA"), link=REGISTERED),
        ["listing"],
    ),
    "passes on": (
        lambda s: pass_on.pass_invitation_on(s, 1, Person(CHAIR, "en"), link=REGISTERED),
        ["was_passed_on"],
    ),
}
SIGNED: dict[str, tuple[Callable[[Session], Any], list[str]]] = {
    "signs more visibly": (gives(REGISTERED, "sign", "public"), ["receipt"]),
    "signs less visibly": (gives(REGISTERED, "sign", "counted"), []),
    "withdraws": (gives(REGISTERED, "withdraw"), []),
    "declines after all": (gives(REGISTERED, "decline"), []),
}
EXPOSING = {"signs publicly", "signs for the addressee", "signs uncounted", "is printed otherwise", "passes on"}


def unsubscribes(session: Session) -> None:
    unsubscribe.unsubscribe_reader(session, 1, link=REGISTERED)


def is_silenced(session: Session) -> None:
    unsubscribe.silence_partner(session, 1)


@pytest.mark.parametrize("what", ACTS)
def test_what_exposes_more_is_told_whatever_silence_the_link_asked_for(river_watch: Partner, what: str) -> None:
    do, expected = ACTS[what]
    act(unsubscribes)
    assert told(mail_leaves()) == [("silence", "registered")]

    act(do)

    left = told(mail_leaves())
    assert [kind for kind, to in left if to == "registered"] == expected
    assert [to for _, to in left if to != "registered"] == ([CHAIR] if what == "passes on" else [])


@pytest.mark.parametrize("what", SIGNED)
def test_of_a_signature_that_stands_only_what_exposes_more_is_told(river_watch: Partner, what: str) -> None:
    do, expected = SIGNED[what]
    act(gives(REGISTERED, "sign", "addressee"))
    mail_leaves()
    act(unsubscribes)
    mail_leaves()

    act(do)

    assert [kind for kind, _ in told(mail_leaves())] == expected


@pytest.mark.parametrize("what", [*ACTS, *SIGNED])
def test_where_an_organizer_sends_nothing_a_link_exposes_nothing(river_watch: Partner, what: str) -> None:
    do, _ = (ACTS | SIGNED)[what]
    if what in SIGNED:
        act(gives(REGISTERED, "sign", "addressee"))
        mail_leaves()
    act(is_silenced)

    if what in EXPOSING | {"signs more visibly"}:
        with pytest.raises(Silenced):
            act(do)
    else:
        act(do)
    assert mail_leaves() == []
    if what in ACTS and what.startswith("signs"):
        act(gives(None, "sign", "public"))  # an organizer enters what it heard by another way
        assert mail_leaves() == []


def test_who_signs_less_openly_before_the_receipt_left_is_told_all_the_same(river_watch: Partner) -> None:
    act(unsubscribes)
    mail_leaves()
    act(gives(REGISTERED, "sign", "public"))
    act(lambda s: receipts.put_receipts(s, 1))
    act(gives(REGISTERED, "sign", "addressee"))
    assert told(mail_leaves()) == [("receipt", "registered")]

    act(gives(REGISTERED, "sign", "counted"))
    assert mail_leaves() == [], "less than what it heard of"
    act(gives(REGISTERED, "sign", "addressee"))
    assert told(mail_leaves()) == [("receipt", "registered")], "more than what stood"


def test_whoever_floods_before_the_deadline_does_not_put_the_receipt_off_beyond_it(river_watch: Partner) -> None:
    for given in [gives(REGISTERED, "sign", "public"), gives(REGISTERED, "withdraw")] * 2:
        act(given)
        mail_leaves()
    act(lambda s: setattr(s.get_one(Campaign, 1), "deadline_at", db.clock(s) + timedelta(minutes=2)))
    act(gives(REGISTERED, "sign", "public"))
    act(lambda s: receipts.put_receipts(s, 1))
    with db.reading() as session:
        (waiting,) = session.scalars(select(Mail).where(Mail.due_at.is_not(None)))
        assert waiting.due_at == session.get_one(Campaign, 1).deadline_at


def test_that_silence_was_asked_for_is_told_once_for_each_link(river_watch: Partner) -> None:
    for _ in range(2):
        act(unsubscribes)
        act(lambda s: unsubscribe.resubscribe_reader(s, 1, link=REGISTERED))
    assert [kind for kind, _ in told(mail_leaves())] == ["silence"]


def test_that_its_code_was_guessed_at_is_told_whatever_silence_the_link_asked_for(river_watch: Partner) -> None:
    act(unsubscribes)
    mail_leaves()
    act(Waiting("code_guessed", REGISTERED).put)
    assert told(mail_leaves()) == [("code_guessed", "registered")]


def test_a_contact_that_unsubscribes_silences_itself_alone(river_watch: Partner) -> None:
    chair = is_passed_on()
    act(gives(chair, "sign", "public"))
    mail_leaves()
    act(lambda s: unsubscribe.unsubscribe_reader(s, 1, link=chair))

    act(gives(chair, "sign", "counted"))

    assert told(mail_leaves()) == [("receipt", "registered")]


# Mails that waited.


@dataclass(frozen=True)
class Waiting:
    """A mail of one kind, to one contact, that was put and did not leave yet."""

    kind: str
    to: Link

    def put(self, session: Session) -> None:
        partner = session.get_one(Partner, 1)
        campaign, now = partner.campaign, db.clock(session)
        standing = standing_answer(session, 1)
        about = outbox.MailOptions(answer_id=standing.id if standing else None)
        if self.kind == "copy":
            about["seal_number"] = 1
        if self.to.contact_id is None:
            row = outbox.to_partner(self.kind, campaign, partner, "waits", now, **about)
        else:
            contact = session.get_one(Contact, self.to.contact_id)
            row = outbox.to_contact(self.kind, campaign, contact, "waits", now, **about)
        outbox.put(session, [row])
        if self.kind == "listing":
            mail_id = session.scalars(select(Mail.id).where(Mail.key == row["key"])).one()
            change = session.scalars(select(ListingChange).where(ListingChange.mail_id.is_(None))).first()
            if change is not None:
                change.mail_id = mail_id


RESCUES: dict[str, Callable[[Session], Any]] = {
    "disowned": lambda s: disown.disown_answer(s, 1, link=REGISTERED),
    "address corrected": lambda s: correct_address.change_address(s, 1, "right@partner.example"),
    "erased": lambda s: erase.erase_partner(s, 1),
    "unsubscribed": unsubscribes,
    "contact ended": lambda s: contacts.end_contact(s, 1, 1, link=REGISTERED),
    "silenced": is_silenced,
}
WITH_LINKS = kinds.names(lambda kind: kind.audience == "partner")


@on_sqlite
@pytest.mark.parametrize("called_back", [True, False], ids=["", "put at that very moment"])
@pytest.mark.parametrize("rescue", RESCUES)
@pytest.mark.parametrize("kind", WITH_LINKS)
def test_a_mail_that_waited_brings_no_living_link_but_to_whom_it_is_due(
    river_watch: Partner, kind: str, rescue: str, called_back: bool
) -> None:
    chair, colleague = is_passed_on(), is_added()
    act(gives(REGISTERED, "sign", "public") if kind == "copy" else gives(REGISTERED, "decline"))
    act(lambda s: correct_listing.change_listing(s, 1, Listing("River Watch", "SHAM", "USA"), link=REGISTERED))
    if kind == "copy":
        act(lambda s: cast.the_letter_leaves(s, s.get_one(Partner, 1).campaign))
    act(lambda s: cast.is_sealed(s, s.get_one(Partner, 1).campaign))
    mail_leaves()
    for link in (REGISTERED, chair, colleague):
        act(Waiting(kind, link).put)

    act(RESCUES[rescue])
    if not called_back:
        act(_are_put_at_that_very_moment)
    left = mail_leaves()

    entitled = {CHAIR: chair, COLLEAGUE: colleague}
    for _, to, message in left:
        for token in _tokens_in(message):
            (holder,) = links.find_partners([tokens.read_token(token)])
            if isinstance(holder, links.Holder):
                assert holder.contact_id == entitled.get(to, REGISTERED).contact_id
    dead = {"disowned": [REGISTERED, chair, colleague], "address corrected": [REGISTERED, chair]}
    ended = {"contact ended": [chair], "erased": [REGISTERED, chair, colleague]}
    for link in (dead | ended).get(rescue, []):
        assert not living(link)
    gone = {"disowned": {CHAIR}, "address corrected": {CHAIR, "box11@partner.example"}, "contact ended": {CHAIR}}
    everybody = {CHAIR, COLLEAGUE, "box11@partner.example"}
    assert not {to for _, to, _ in left} & (gone | {"erased": everybody, "silenced": everybody}).get(rescue, set())


def _are_put_at_that_very_moment(session: Session) -> None:
    """As if they had been put while what calls them back was under way."""
    for mail in session.scalars(select(Mail).where(Mail.key.like("%/waits"))):
        mail.cancelled_at, mail.due_at = None, mail.dated_at


def _tokens_in(message: Message) -> list[str]:
    from worker.cli.demo.partner import LINK

    return [url.rpartition("/")[2] for url in LINK.findall(message.text + message.html)]


# Whose answer it was, and who hears of it.


def test_whoever_answered_by_its_own_link_hears_what_follows(river_watch: Partner, campaign: Campaign) -> None:
    chair = is_passed_on()
    assert told(mail_leaves()) == [("passed_on", CHAIR), ("was_passed_on", "registered")]
    act(gives(chair, "sign", "public"))
    assert told(mail_leaves()) == [("receipt", CHAIR), ("receipt", "registered")]
    act(lambda s: extend.move_deadline(s, 1, s.get_one(Partner, 1).campaign.deadline_at + timedelta(days=9_999)))
    assert ("extended", CHAIR) in told(mail_leaves())

    act(gives(REGISTERED, "withdraw"))

    left = mail_leaves()
    assert told(left) == [("receipt", CHAIR), ("receipt", "registered")]
    assert all("It replaces the answer of" in " ".join(message.text.split()) for _, _, message in left)
    with db.reading() as session:
        standing = cast.standing(session, 1)
        assert (standing.contact_id, standing.replaces and standing.replaces.contact_id) == (None, chair.contact_id)


def test_whoever_only_got_the_invitation_hears_nothing_more(river_watch: Partner) -> None:
    is_passed_on()
    mail_leaves()
    act(gives(REGISTERED, "sign", "public"))
    assert told(mail_leaves()) == [("receipt", "registered")]


def test_the_receipt_says_by_which_link_the_answer_came(river_watch: Partner) -> None:
    chair, colleague = is_passed_on(), is_added()
    mail_leaves()
    act(gives(chair, "sign", "public"))
    texts = {to: " ".join(message.text.split()) for _, to, message in mail_leaves()}
    assert "The answer was given with a link that was passed on (" in texts["box11@partner.example"]
    assert "The answer was given with" not in texts[CHAIR]
    act(gives(colleague, "sign", "counted"))
    texts = {to: " ".join(message.text.split()) for _, to, message in mail_leaves()}
    assert "a link that the organizers gave to another person" in texts["box11@partner.example"]
    assert "un lien" not in texts[COLLEAGUE]


def test_a_copy_goes_to_both_and_to_the_contact_alone_where_the_other_is_silent(river_watch: Partner) -> None:
    chair = is_passed_on()
    act(gives(chair, "sign", "public"))
    act(lambda s: cast.the_letter_leaves(s, s.get_one(Partner, 1).campaign))
    mail_leaves()
    act(unsubscribes)
    mail_leaves()
    act(lambda s: cast.is_sealed(s, s.get_one(Partner, 1).campaign))
    act(lambda s: report.put_copies(s, 1))
    assert told(mail_leaves()) == [("copy", CHAIR)]


# Ending a link.


def test_the_registered_contact_or_an_organizer_ends_a_link_and_nobody_else(river_watch: Partner) -> None:
    chair, colleague = is_passed_on(), is_added()
    with pytest.raises(NoSuchContact):
        act(lambda s: contacts.end_contact(s, 1, colleague.contact_id or 0, link=chair))
    act(lambda s: contacts.end_contact(s, 1, chair.contact_id or 0, link=REGISTERED))
    act(lambda s: contacts.end_contact(s, 1, colleague.contact_id or 0))
    assert [living(link) for link in (REGISTERED, chair, colleague)] == [True, False, False]
    for link in (chair, colleague):
        with pytest.raises(LinkRevoked):
            act(gives(link, "decline"))
    with pytest.raises(NoSuchContact):
        act(lambda s: contacts.end_contact(s, 1, chair.contact_id or 0))
    with pytest.raises(NoSuchContact):
        act(lambda s: contacts.end_contact(s, 2, colleague.contact_id or 0))


def test_an_address_that_answers_already_gets_no_second_link(river_watch: Partner) -> None:
    is_added()
    for email in (COLLEAGUE, river_watch.email):
        with pytest.raises(SameAddress):
            is_added(email)


def test_the_organizers_hear_where_a_link_ended_another(river_watch: Partner) -> None:
    chair, colleague = is_passed_on(), is_added()
    act(lambda s: contacts.end_contact(s, 1, chair.contact_id or 0))
    act(lambda s: contacts.end_contact(s, 1, colleague.contact_id or 0, link=REGISTERED))
    with db.reading() as session:
        (mail,) = session.scalars(select(Mail).where(Mail.kind == "contact_ended"))
        assert "River Watch" not in mails.word_mail(session, mail).text


def test_after_the_deadline_whoever_is_disowned_gets_a_new_link_all_the_same(river_watch: Partner) -> None:
    act(gives(REGISTERED, "sign", "public"))
    mail_leaves()
    act(lambda s: cast.passes_its_deadline(s, s.get_one(Partner, 1).campaign))
    act(lambda s: disown.disown_answer(s, 1, link=REGISTERED))
    ((kind, _, message),) = mail_leaves()
    assert kind == "renewed"
    (token,) = _tokens_in(message)[:1]
    assert links.find_partners([tokens.read_token(token)])[0] is not None


def test_shortly_before_the_deadline_the_new_link_comes_by_a_mail_that_the_close_does_not_call_back(
    river_watch: Partner,
) -> None:
    act(gives(REGISTERED, "sign", "public"))
    mail_leaves()
    act(lambda s: setattr(s.get_one(Campaign, 1), "deadline_at", db.clock(s) + timedelta(seconds=5)))
    act(lambda s: disown.disown_answer(s, 1, link=REGISTERED))
    act(lambda s: outbox.cancel(s, Mail.kind.in_(kinds.cancelled_by("close"))))
    assert told(mail_leaves()) == [("renewed", "registered")]


def test_a_contact_whose_link_was_kept_back_gets_it_once_mail_goes_again(river_watch: Partner) -> None:
    act(lambda s: contacts.add_contact(s, 1, COLLEAGUE, language="en"))
    act(is_silenced)
    assert mail_leaves() == []
    act(lambda s: unsubscribe.allow_mail(s, 1))
    assert told(mail_leaves()) == [("passed_on", COLLEAGUE)]
    act(is_silenced)
    act(lambda s: unsubscribe.allow_mail(s, 1))
    assert mail_leaves() == []


def test_a_partner_that_was_disowned_while_it_got_no_mail_is_asked_once_it_gets_it_again(river_watch: Partner) -> None:
    act(
        lambda s: outbox.put(
            s, [outbox.to_partner("invitation", s.get_one(Campaign, 1), river_watch, "1", db.clock(s))]
        )
    )
    mail_leaves()
    act(gives(REGISTERED, "decline"))
    act(is_silenced)
    act(lambda s: disown.disown_answer(s, 1, link=REGISTERED))
    assert mail_leaves() == []
    act(lambda s: unsubscribe.allow_mail(s, 1))
    assert told(mail_leaves()) == [("invitation", "registered")]


def test_an_alert_goes_to_an_address_from_which_something_came_back(river_watch: Partner) -> None:
    act(lambda s: s.add(Suppression(email_hmac=river_watch.email_hmac, at=db.clock(s), reason="bounce")))
    act(gives(REGISTERED, "sign", "public"))
    act(lambda s: receipts.put_receipts(s, 1))
    with db.transaction() as session:
        (waits,) = session.scalars(select(Mail.id).where(Mail.due_at.is_not(None)))
        (composed,) = compose(session, [waits])
    assert isinstance(composed, Ready)
    act(gives(REGISTERED, "decline"))
    act(lambda s: receipts.put_receipts(s, 1))
    with db.transaction() as session:
        (waits,) = session.scalars(select(Mail.id).where(Mail.due_at.is_not(None)))
        (dropped,) = compose(session, [waits])
    assert not isinstance(dropped, Ready)


def test_the_page_ends_a_link_and_shows_no_address(browser: TestClient, river_watch: Partner) -> None:
    chair = is_passed_on()
    act(gives(chair, "sign", "public"))
    home = f"/s/{tokens.token(river_watch)}"
    assert f'href="{home}/contacts"' in browser.get(home).text
    page = browser.get(f"{home}/contacts")
    assert page.status_code == 200
    assert CHAIR not in page.text
    assert "An answer was given with this link." in page.text
    which = page.text.split('name="which" value="')[1].split('"')[0]
    form = {"which": which, "mail_code": tokens.mail_code(river_watch)}

    wrong = [{}, {"which": which}, {"mail_code": form["mail_code"]}, form | {"mail_code": "not it"}]
    assert [browser.post(f"{home}/contacts", data=sent).status_code for sent in wrong] == [422] * 4
    assert living(chair)
    assert browser.post(f"{home}/contacts", data=form).status_code == 303
    assert not living(chair)
    assert browser.get(f"{home}/contacts").headers["location"] == home
    assert "contacts" not in browser.get(home).text


def test_a_contact_cannot_see_or_end_the_links_of_others(browser: TestClient, river_watch: Partner) -> None:
    chair, colleague = is_passed_on(), is_added()
    with db.reading() as session:
        theirs = f"/s/{tokens.token(session.get_one(Contact, chair.contact_id))}"
        code = tokens.mail_code(session.get_one(Contact, chair.contact_id))
    assert "/contacts" not in browser.get(theirs).text
    assert browser.get(f"{theirs}/contacts").headers["location"] == theirs
    sent = browser.post(f"{theirs}/contacts", data={"which": "1", "mail_code": code})
    assert sent.headers["location"].startswith(theirs)
    assert living(colleague)


# What a thief did is undone.


def printed(session: Session) -> tuple[str, str, Any]:
    partner = session.get_one(Partner, 1)
    return partner.acronym, partner.country, partner.proposed


def changes(link: Link, acronym: str, country: str = "USA", name: str = "River Watch") -> None:
    act(lambda s: correct_listing.change_listing(s, 1, Listing(name, acronym, country), link=link))


def test_what_was_changed_before_the_disowned_link_was_used_stays(river_watch: Partner) -> None:
    changes(REGISTERED, "RWI")
    thief = is_passed_on()
    changes(thief, "SHAM", "Chad", "Ministry")
    changes(REGISTERED, "RWX", "Chad", "Ministry")
    act(gives(thief, "sign", "public"))

    act(lambda s: disown.disown_answer(s, 1, link=REGISTERED))

    with db.reading() as session:
        assert printed(session) == ("RWI", "USA", None)
        assert session.get_one(Partner, 1).listing_changed_at is not None


def test_what_is_undone_is_told_with_before_and_after_and_no_alarm_is_lost(river_watch: Partner) -> None:
    colleague = is_added()
    act(gives(REGISTERED, "sign", "public"))
    mail_leaves()
    changes(colleague, "TRAITOR")

    act(lambda s: disown.disown_answer(s, 1, link=colleague))  # before the mail about it has left

    texts = {kind: " ".join(message.text.split()) for kind, _, message in mail_leaves()}
    assert "those changes are undone" in texts["listing"]
    assert "Acronym: “TRAITOR” before, “RW” now" in texts["listing"]
    assert "passed_on" not in texts, "who changed the listing gets no new link"
    assert not living(colleague)


def test_the_honest_change_that_stays_is_told_though_its_mail_was_called_back(river_watch: Partner) -> None:
    changes(REGISTERED, "RWI")
    thief = is_passed_on()
    act(gives(thief, "sign", "public"))

    act(lambda s: disown.disown_answer(s, 1, link=REGISTERED))

    assert "listing" in [kind for kind, _, _ in mail_leaves()]
    with db.reading() as session:
        assert printed(session)[0] == "RWI"


def test_a_name_that_an_organizer_agreed_to_is_told_though_its_mail_still_waits(river_watch: Partner) -> None:
    changes(REGISTERED, "RW", name="River Watch International")
    act(lambda s: correct_listing.decide_name(s, 1, agreed=True))
    ((_, _, message),) = mail_leaves()
    assert "“River Watch” before, “River Watch International” now" in " ".join(message.text.split())


def test_a_name_to_which_an_organizer_agreed_stays(river_watch: Partner) -> None:
    changes(REGISTERED, "SHAM", name="River Watch International")
    act(lambda s: correct_listing.decide_name(s, 1, agreed=True))
    act(gives(REGISTERED, "sign", "public"))

    act(lambda s: disown.disown_answer(s, 1, link=REGISTERED))

    with db.reading() as session:
        partner = session.get_one(Partner, 1)
        assert (partner.organization, partner.acronym) == ("River Watch International", "RW")


def test_what_was_changed_without_an_answer_can_be_disowned(browser: TestClient, river_watch: Partner) -> None:
    changes(REGISTERED, "SHAM")
    home = f"/s/{tokens.token(river_watch)}"
    assert f'href="{home}/not-us"' in browser.get(home).text
    assert browser.post(f"{home}/not-us", data={"mail_code": tokens.mail_code(river_watch)}).status_code == 200
    with db.reading() as session:
        assert printed(session) == ("RW", "USA", None)
    assert not living(REGISTERED)


def test_a_seal_that_prints_what_a_thief_wrote_is_voided_when_the_address_is_corrected(river_watch: Partner) -> None:
    changes(REGISTERED, "SHAM")
    act(gives(REGISTERED, "sign", "public"))
    act(lambda s: cast.passes_its_deadline(s, s.get_one(Partner, 1).campaign, closed=False))
    close.close_and_seal(1)
    of_it = (Seal.format == "text") & (Seal.rendition == "public") & (Seal.language == "en")
    with db.reading() as session:
        assert b"(SHAM)" in session.scalars(select(Seal.content).where(of_it)).one()
    act(lambda s: correct_address.change_address(s, 1, "right@partner.example"))
    close.close_and_seal(1)
    with db.reading() as session:
        voided, living = session.scalars(select(Seal.content).where(of_it).order_by(Seal.number))
    assert voided == b""
    assert living
    assert b"(SHAM)" not in living


def test_the_mail_about_a_listing_tells_before_and_after_and_gives_no_link_to_follow(river_watch: Partner) -> None:
    changes(REGISTERED, "EVIL.EXAMPLE")
    changes(REGISTERED, "www.evil.example")
    ((_, to, message),) = [one for one in mail_leaves() if one[0] == "listing"]
    assert to == river_watch.email
    text = " ".join(message.text.split())
    assert "Acronym: “RW” before, “www. evil. example” now" in text
    assert "evil.example" not in message.text + message.html
    changes(REGISTERED, "RW")
    ((_, _, message),) = mail_leaves()
    assert "“www. evil. example” before, “RW” now" in " ".join(message.text.split())


def test_who_floods_a_partner_with_changes_is_slowed_down(river_watch: Partner) -> None:
    for number in range(3):
        changes(REGISTERED, f"A{number}")
        assert told(mail_leaves()) == [("listing", "registered")]
    for number in range(3, 6):
        changes(REGISTERED, f"A{number}")
    with db.reading() as session:
        (waiting,) = session.scalars(select(Mail).where(Mail.kind == "listing", Mail.due_at.is_not(None)))
        assert waiting.due_at is not None
        assert waiting.due_at > waiting.dated_at
    ((_, _, message),) = mail_leaves()
    assert "“A2” before, “A5” now" in " ".join(message.text.split())


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("evil.example", "evil. example"),
        ("https://evil.example/x", "https: //evil. example/x"),
        ("a@evil.example", "a@ evil. example"),
        ("evil。example", "evil。 example"),
        ("N.G.O. Forum, Ms. A. Chea", "N.G.O. Forum, Ms. A. Chea"),
        ("ភ្នំពេញ", "ភ្នំពេញ"),
    ],
)
def test_no_mail_program_makes_a_link_of_what_somebody_typed(typed: str, shown: str) -> None:
    assert names.unlinked(typed) == shown


def test_who_answered_is_told_without_a_link_to_follow(river_watch: Partner) -> None:
    def sign(session: Session) -> None:
        answer.sign(session, 1, "public", Statement(representative="see evil.example", role="http://evil.example"))

    act(sign)
    ((_, _, message),) = mail_leaves()
    assert "Answered by see evil. example, http: //evil. example." in " ".join(message.text.split())
